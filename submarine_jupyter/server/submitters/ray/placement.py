"""Room on the cluster: a placement group for the pods of a launch, and an actor in each bundle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayActorError
from ray.util.placement_group import PlacementGroup, placement_group, placement_group_table
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from ..local import supervisor
from . import actor
from .actor import PodActor
from .code import Shipment

_LOOK = 0.5
_PATIENCE = 5.0
_CALLS = 16


class Placement:
    """The group and the actors of some pods, made once however often it is asked for.

    Parameters
    ----------
    name
        Of the group.
    plans
        The pods, one a bundle.
    begun
        Names of those that were started before: they have their actor, or are lost.
    environment
        What Ray makes on the nodes for them, as the launch has it; None for that of the nodes.

    Attributes
    ----------
    addresses
        Where each pod is reached, by its name; empty until all are placed.
    code
        `CODE_PATH` of each pod, where there is code.
    actors
        Handles of their actors, by the pods' names; None for one that is lost.
    """

    def __init__(
        self,
        name: str,
        plans: Sequence[dict[str, Any]],
        begun: Collection[str] = (),
        environment: dict[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.addresses: dict[str, tuple[str, int]] = {}
        self.code: dict[str, str] = {}
        self.actors: dict[str, Any] = {}
        self._plans = plans
        self._begun = begun
        self._environment = environment

    async def reserve(self) -> AsyncIterator[str]:
        """Get room for the pods; yields what it waits for, as often as that changes."""
        group = _group(self.name, [_bundle(plan) for plan in self._plans])
        ready = asyncio.ensure_future(_as_future(group.ready()))
        said = ""
        while not (await asyncio.wait({ready}, timeout=_LOOK))[0]:
            reason = _what_lacks(group)
            if reason != said:
                said = reason
                yield reason
        await ready

    async def place(self) -> None:
        """Place the pods in the room that there is, each in its environment."""
        group = ray.util.get_placement_group(self.name)
        environment = _runtime_env(self._environment)
        for index, plan in enumerate(self._plans):
            pod = plan["pod"]
            begun = pod in self._begun
            self.actors[pod] = _find(pod) if begun else _actor(plan, group, index, environment)
        await asyncio.gather(*(self._ask(pod) for pod in self.actors))

    async def take_code(self, checkout: Path) -> None:
        """Bring the code to the pods."""
        with closing(Shipment(checkout)) as shipment:
            for pod, handle in self.actors.items():
                if handle is not None:
                    # One that is lost is found to be so when it is to start.
                    with suppress(RayActorError):
                        self.code[pod] = await shipment.bring(handle)

    async def _ask(self, pod: str) -> None:
        if self.actors[pod] is None:
            return
        try:
            self.addresses[pod] = await self.actors[pod].address.remote()
        except RayActorError:
            if pod not in self._begun:
                raise
            self.actors[pod] = None

    @property
    def reachable(self) -> dict[str, Any]:
        """The actors that have answered: another has nothing yet, and may be long in coming."""
        return {
            pod: handle
            for pod, handle in self.actors.items()
            if handle is not None and pod in self.addresses
        }

    async def clean_up(self) -> None:
        """Have the pods remove what they have on their nodes, unless that takes long."""
        calls = [_as_future(handle.clean_up.remote()) for handle in self.reachable.values()]
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), _PATIENCE)

    def remove(self) -> None:
        """Give the room back; whatever runs there ends."""
        for plan in self._plans:
            handle = self.actors.get(plan["pod"]) or _find(plan["pod"])
            if handle is not None:
                ray.kill(handle)
        try:
            ray.util.remove_placement_group(ray.util.get_placement_group(self.name))
        except ValueError:  # it was never made, or is gone
            return


async def _as_future(reference: Any) -> Any:
    return await reference


def _group(name: str, bundles: list[dict[str, float]]) -> PlacementGroup:
    group: PlacementGroup
    try:
        group = ray.util.get_placement_group(name)
    except ValueError:
        group = placement_group(bundles, strategy="PACK", name=name, lifetime="detached")
    return group


def _bundle(plan: dict[str, Any]) -> dict[str, float]:
    asked = {"CPU": plan["cpu"], "memory": plan["memory"], "GPU": plan["gpu"]}
    return {name: amount for name, amount in asked.items() if amount}


def _runtime_env(environment: dict[str, Any] | None) -> dict[str, Any] | None:
    if environment is None:
        return None
    config = {"setup_timeout_seconds": max(1, round(environment["timeout"]))}
    return {"pip": {"packages": environment["pip"], "pip_check": False}, "config": config}


def _actor(
    plan: dict[str, Any],
    group: PlacementGroup,
    index: int,
    environment: dict[str, Any] | None,
) -> Any:
    ray.cloudpickle.register_pickle_by_value(actor)
    sources, entry = _supervisor()
    options = {
        "name": plan["pod"],
        "get_if_exists": True,
        "lifetime": "detached",
        "max_restarts": 0,
        "max_concurrency": _CALLS,
        "num_cpus": plan["cpu"],
        "num_gpus": plan["gpu"],
        "memory": plan["memory"] or None,
        "scheduling_strategy": PlacementGroupSchedulingStrategy(group, index),
        "runtime_env": environment,
    }
    return ray.remote(PodActor).options(**options).remote(plan["pod"], sources, entry)


def _find(name: str) -> Any:
    try:
        return ray.get_actor(name)
    except ValueError:
        return None


@cache
def _supervisor() -> tuple[dict[str, str], str]:
    """Return the supervisor's modules with their packages, and the path of its entry."""
    home = Path(supervisor.__file__).parent
    root = home.parents[4]  # what the package is in
    shared = home.parents[1] / "run"
    files = [*home.glob("*.py")]
    files += [shared / f"{name}.py" for name in ("__init__", "journal", "output", "supervision")]
    folder = home.parent
    while folder != root:
        files.append(folder / "__init__.py")
        folder = folder.parent
    sources = {
        file.relative_to(root).as_posix(): file.read_text(encoding="utf-8") for file in files
    }
    return sources, (home / "__main__.py").relative_to(root).as_posix()


def _what_lacks(group: PlacementGroup) -> str:
    """Return in a sentence's part what a group waits for, with Ray's own reason."""
    facts = placement_group_table(group)
    free: dict[str, float] = ray.available_resources()
    asked: dict[str, float] = {}
    for bundle in facts.get("bundles", {}).values():
        for name, amount in bundle.items():
            asked[name] = asked.get(name, 0) + amount
    lacking = [
        f"{_amount(name, amount)} of {_NAMES.get(name, name)}; "
        f"{_amount(name, free.get(name, 0))} {'is' if free.get(name, 0) == 1 else 'are'} free"
        for name, amount in asked.items()
        if amount > free.get(name, 0)
    ]
    state = str(facts.get("stats", {}).get("scheduling_state", facts.get("state", "PENDING")))
    return f"waits for {lacking[0] if lacking else 'room'} on the Ray cluster ({state})"


_NAMES = {"CPU": "cpu", "GPU": "GPUs", "memory": "memory"}


def _amount(name: str, amount: float) -> str:
    return f"{amount / 1024**3:.1f} GiB" if name == "memory" else f"{amount:g}"
