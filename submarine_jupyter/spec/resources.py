"""Resource strings (`cpu=1,memory=2048M,nvidia.com/gpu=1`) and Kubernetes quantities."""

from __future__ import annotations

import re
from dataclasses import dataclass

_QUANTITY = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(m|k|[KMGTPE]i?)?")

_FACTORS: dict[str | None, float] = {
    None: 1.0,
    "m": 1e-3,
    **{unit: float(1000 ** (power + 1)) for power, unit in enumerate("KMGTPE")},
    **{f"{unit}i": float(1024 ** (power + 1)) for power, unit in enumerate("KMGTPE")},
    "k": 1000.0,
}

GPU = "nvidia.com/gpu"
_ABSURD = 1e18
_KNOWN = ("memory", "cpu", GPU)
_EXAMPLES = {"cpu": "cpu=1 or cpu=500m", "memory": "memory=1024M or memory=2Gi", GPU: f"{GPU}=1"}


@dataclass(frozen=True)
class Resources:
    """What one replica asks for.

    Attributes
    ----------
    cpu
        Cores.
    memory
        Bytes; None where the spec names none.
    gpu
        Whole GPUs.
    """

    cpu: float
    memory: int | None
    gpu: int


def parse_quantity(text: str) -> float:
    """Return a Kubernetes quantity (`500m`, `2Gi`) as a number; ValueError if it is none."""
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no quantity")
    return float(match[1]) * _FACTORS[match[2]]


def resource_map(text: str) -> dict[str, str]:
    """Split a resource string into the API's `resourceMap`, values as their raw text.

    Items without exactly one `=` are dropped and the last of equal keys wins, as the API has it.
    Known keys come first, in the API's order: memory, cpu, GPU.
    """
    items: dict[str, str] = {}
    for item in text.split(","):
        key, equals, value = item.partition("=")
        if equals and "=" not in value:
            items[key.strip()] = value.strip()
    known = {key: items.pop(key) for key in _KNOWN if key in items}
    return known | items


def unknown_resources(text: str) -> list[str]:
    """Return the names in a resource string that mean nothing here, though the API keeps them."""
    return [name for name in resource_map(text) if name not in _KNOWN]


def parse_resources(text: str) -> Resources:
    """Return the figures of a resource string; ValueError says which item is wrong and how it goes.

    Stricter than `resource_map`: an item that the map would drop is an error here.
    """
    for item in filter(None, (part.strip() for part in text.split(","))):
        key, equals, value = (part.strip() for part in item.partition("="))
        if not equals or not key or not value or "=" in value:
            raise ValueError(f"{item!r} is not of the form name=amount, such as cpu=1,memory=1024M")
        if key in _KNOWN:
            check_amount(key, value)
    given = resource_map(text)
    amounts = {key: parse_quantity(given[key]) for key in _KNOWN if key in given}
    if "cpu" not in amounts and "memory" not in amounts:
        raise ValueError("give at least one of cpu and memory, such as cpu=1,memory=1024M")
    memory = amounts.get("memory")
    return Resources(
        cpu=amounts.get("cpu", 1.0),
        memory=None if memory is None else int(memory),
        gpu=int(amounts.get(GPU, 0)),
    )


def check_amount(key: str, value: str) -> None:
    """Raise ValueError, in a sentence, when an amount of `cpu`, `memory` or the GPU is none."""
    try:
        amount = parse_quantity(value)
    except ValueError:
        raise ValueError(f"{key}={value} is no amount; write {_EXAMPLES[key]}") from None
    if not amount < _ABSURD:
        raise ValueError(f"{key}={value} is more than any machine has; write {_EXAMPLES[key]}")
    if key == GPU and not amount.is_integer():
        raise ValueError(f"{key}={value} must be a whole number of GPUs")
    if key != GPU and amount <= 0:
        raise ValueError(f"{key}={value} must be more than 0; write {_EXAMPLES[key]}")
