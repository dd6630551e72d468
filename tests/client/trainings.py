"""Functions as a script beside a notebook may hold them, to be sent as programs."""

from __future__ import annotations

import asyncio
import collections
import functools
import io
import json as js
import os.path
import threading
import xml.etree.ElementTree  # noqa: ICN001 - a module in a module is what is tested
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

RATES = {"slow": 0.1, "fast": (1, float("inf")), 3: [None, True, {"a"}]}
LOCK = threading.Lock()
BUFFER = io.StringIO()
HUGE = "x" * 200_000
API_TOKEN = "hunter2"
memory: int


@dataclass
class Settings:
    """A class without methods of its own."""

    rate: float
    names: list[str]


class Base:
    scale = len(RATES)

    def scaled(self, number: float) -> float:
        return helper(number) * self.scale


class Model(Base):
    def __init__(self) -> None:
        super().__init__()
        self.where = Path("a") / "b"

    @property
    def folder(self) -> str:
        return os.path.commonpath([self.where, self.where / "c"])


def helper(number: float) -> float:
    return sqrt(number) if number > 1 else again(number)


def again(number: float) -> float:
    return helper(number + 4)


root = helper


def traced(function: Any) -> Any:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        print("calling", function.__name__)
        return function(*args, **kwargs)

    return call


@traced
def everything(lr: float, *more: Any, epochs: int = 3, **rest: Any) -> None:
    settings = Settings(lr, ["a"])
    tree = xml.etree.ElementTree.fromstring("<a><b/></a>")
    counts: collections.Counter[str] = collections.Counter("aab")
    print(js.dumps([lr, list(more), epochs, rest, settings.names, len(tree), counts["a"]]))
    print(RATES["slow"], RATES["fast"], RATES[3], root(9), Model().scaled(16), Model().folder)


async def asynchronous(text: str) -> None:
    await asyncio.sleep(0)
    print(text)


def failing(number: int) -> None:
    raise ValueError(number)


def locks() -> None:
    with LOCK:
        print(1)


def buffers() -> None:
    print(BUFFER.getvalue())


def lacks() -> None:
    print(nowhere)  # type: ignore[name-defined]  # noqa: F821 - that is the point


def hoards() -> None:
    print(len(HUGE))


def authenticates() -> None:
    print(API_TOKEN)


def generates() -> Any:
    yield 1


@functools.lru_cache
def cached(number: int) -> None:
    print(number + 1)


def made(step: int, thing: Any = None) -> Any:
    def inner(number: int) -> None:
        print(number + step, thing)

    return inner


def counting() -> Any:
    count = 0

    def inner() -> None:
        nonlocal count
        count += 1

    return inner


def remembers() -> None:
    global memory  # noqa: PLW0603 - that is the point
    memory = 3
    print(memory, __name__, sorted([2, 1]))
