"""What this machine can give to runs, and what each of them takes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ....errors import Problem
from ....machine import gpus_of_machine, memory_of_machine, shared_cpu
from ....spec import ExperimentSpec
from ....spec.resources import parse_resources

_GIB = 1024**3
_MIB = 1024**2


@dataclass(frozen=True)
class Claim:
    """What a run takes: cores, bytes of memory, GPUs."""

    cpu: float = 0.0
    memory: int = 0
    gpus: int = 0

    @classmethod
    def of_spec(cls, spec: ExperimentSpec) -> Claim:
        """Return what all replicas of a spec ask for together."""
        claim = cls()
        for task in spec.spec.values():
            asked = parse_resources(task.resources or "")
            count = task.replica_count
            claim += cls(count * asked.cpu, count * (asked.memory or 0), count * asked.gpu)
        return claim

    @classmethod
    def of_launch(cls, launch: dict[str, Any]) -> Claim:
        """Return what the pods of a launch take that are wanted."""
        wanted = (plan for plan in launch["pods"] if not plan["retired"])
        return sum(
            (cls(plan["cpu"], plan["memory"], len(plan["gpus"])) for plan in wanted), start=cls()
        )

    def __add__(self, other: Claim) -> Claim:
        return Claim(self.cpu + other.cpu, self.memory + other.memory, self.gpus + other.gpus)

    def __sub__(self, other: Claim) -> Claim:
        return Claim(self.cpu - other.cpu, self.memory - other.memory, self.gpus - other.gpus)


@dataclass(frozen=True)
class Capacity:
    """What runs may take of the machine at one time.

    Memory and GPUs are given out once. The processor is shared, so it gates only far beyond its
    cores.

    Attributes
    ----------
    cpu
        Cores, times the overcommitment.
    memory
        Bytes.
    gpus
        Their indices, as CUDA_VISIBLE_DEVICES names them.
    """

    cpu: float = field(default_factory=shared_cpu)
    memory: int = field(default_factory=memory_of_machine)
    gpus: tuple[str, ...] = field(default_factory=gpus_of_machine)

    def refusals(self, claim: Claim) -> Iterator[Problem]:
        """Yield what makes a run too large for this machine, however long it waited."""
        if claim.memory > self.memory:
            yield Problem(
                "spec",
                f"its replicas ask for {in_gib(claim.memory)} of memory in all; this machine has "
                f"{in_gib(self.memory)}; ask for less in resources, or for fewer replicas",
            )
        if claim.gpus > len(self.gpus):
            has = f"has {len(self.gpus)}" if self.gpus else "has none"
            yield Problem(
                "spec", f"its replicas ask for {claim.gpus} GPUs in all; this machine {has}"
            )

    def obstacle(self, claim: Claim, taken: Claim) -> str | None:
        """Return what a run has to wait for, given what the others take; None for nothing."""
        free = Claim(self.cpu, self.memory, len(self.gpus)) - taken
        if claim.memory > free.memory:
            return f"waits for {in_gib(claim.memory)} of memory; {in_gib(free.memory)} is free"
        if claim.gpus > free.gpus:
            return f"waits for {claim.gpus} GPUs; {max(free.gpus, 0)} of {len(self.gpus)} are free"
        # One that alone is beyond the processors would wait for ever: it runs slowly instead.
        if taken.cpu > 0 and claim.cpu > free.cpu:
            return (
                f"waits for {claim.cpu:g} cpu; {max(free.cpu, 0):g} of the {self.cpu:g} "
                "that are shared out are free"
            )
        return None


def in_gib(amount: int) -> str:
    """Return bytes as people say them: `2 GiB`, `1.5 GiB`, `512 MiB`."""
    amount = max(amount, 0)
    if amount >= _GIB:
        return f"{amount / _GIB:.3g} GiB"
    return f"{amount / _MIB:.3g} MiB"


def free_gpus(capacity: Capacity, launches: Iterable[dict[str, Any]]) -> list[str]:
    """Return the GPUs that no pod of some launches has."""
    taken = {gpu for launch in launches for plan in launch["pods"] for gpu in plan["gpus"]}
    return [gpu for gpu in capacity.gpus if gpu not in taken]
