"""A spec meant for a cluster, in small: with what one machine has."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..machine import gpus_of_machine, memory_of_machine, shared_cpu
from ..spec.models import ExperimentSpec
from ..spec.resources import GPU, Resources, parse_resources

_MIB = 1024**2
_LEAST_MEMORY = 256 * _MIB
# The notebook and the system need some, too.
_SHARE_OF_MEMORY = 0.75


@dataclass(frozen=True)
class Machine:
    """What there is for a rehearsal.

    Attributes
    ----------
    cpu
        Cores that may be asked for.
    memory
        Bytes.
    gpus
        How many.
    """

    cpu: float
    memory: int
    gpus: int

    @classmethod
    def here(cls) -> Machine:
        """Return what this machine has."""
        return cls(shared_cpu(), memory_of_machine(), len(gpus_of_machine()))


class Reduced(NamedTuple):
    """A spec that the machine can run, and what was reduced for that, in sentences."""

    spec: dict[str, Any]
    sentences: list[str]


def reduced(spec: Mapping[str, Any], machine: Machine) -> Reduced:
    """Return a spec with replicas and resources that fit on a machine; what fits stays as it is.

    Fewer replicas start where there are more than the machine can run at once, of the largest
    role first. Those that ask for most memory and cpu then get less, and GPUs are shared out.
    """
    small = copy.deepcopy(dict(spec))
    tasks = ExperimentSpec.from_wire(spec).spec
    asked = {role: parse_resources(task.resources or "") for role, task in tasks.items()}
    wanted = {role: task.replica_count for role, task in tasks.items()}
    counts = _fewer(wanted, machine)
    most = _Most.of(counts, asked, machine)
    sentences = []
    for role, task in tasks.items():
        if counts[role] != wanted[role]:
            small["spec"][role]["replicas"] = counts[role]
            sentences.append(f"spec.{role}.replicas: {wanted[role]} → {counts[role]}")
        text = task.resources or ""
        amounts = most.amounts(text, asked[role])
        if amounts != text:
            small["spec"][role]["resources"] = amounts
            sentences.append(f"spec.{role}.resources: {text} → {amounts}")
    return Reduced(small, sentences)


def _fewer(wanted: Mapping[str, int], machine: Machine) -> dict[str, int]:
    """Return how many of each role run; at least one where one is wanted."""
    most = min(int(machine.cpu), machine.memory // _LEAST_MEMORY)
    counts = dict(wanted)
    while sum(counts.values()) > most:
        largest = max(counts, key=lambda role: counts[role])
        if counts[largest] <= 1:
            break
        counts[largest] -= 1
    return counts


@dataclass(frozen=True)
class _Most:
    """What a replica gets at most: cores, bytes of memory, GPUs."""

    cpu: float
    memory: float
    gpus: float

    @classmethod
    def of(
        cls, counts: Mapping[str, int], asked: Mapping[str, Resources], machine: Machine
    ) -> _Most:
        """Return the most with which all replicas fit on the machine together."""
        replicas = [asked[role] for role, count in counts.items() for _ in range(count)]
        memory = [one.memory or 0 for one in replicas]
        takers = sum(1 for one in replicas if one.gpu)
        too_many = sum(one.gpu for one in replicas) > machine.gpus
        return cls(
            cpu=_level([one.cpu for one in replicas], machine.cpu),
            memory=(
                _level(memory, _SHARE_OF_MEMORY * machine.memory)
                if sum(memory) > machine.memory
                else math.inf
            ),
            gpus=machine.gpus // takers if too_many else math.inf,
        )

    def amounts(self, text: str, asked: Resources) -> str:
        """Return a resource string with no more than this."""
        pairs = (item.partition("=") for item in text.split(",") if item.strip())
        items = {name.strip(): amount.strip() for name, _, amount in pairs}
        before = dict(items)
        if asked.cpu > self.cpu:
            items["cpu"] = f"{max(math.floor(1000 * self.cpu), 1) / 1000:g}"
        if (asked.memory or 0) > self.memory:
            items["memory"] = f"{max(int(self.memory) // _MIB, 1)}Mi"
        if asked.gpu > self.gpus:
            items[GPU] = f"{self.gpus:g}"
            if not self.gpus:
                del items[GPU]
        return text if items == before else ",".join(f"{name}={items[name]}" for name in items)


def _level(amounts: Sequence[float], budget: float) -> float:
    """Return the most that each can have for all to keep to a budget; small ones keep theirs."""
    for position, amount in enumerate(sorted(amounts)):
        fair = budget / (len(amounts) - position)
        if amount > fair:
            return fair
        budget -= amount
    return math.inf
