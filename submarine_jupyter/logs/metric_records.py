r"""Metrics of structured log lines, which are taken at their word.

Every number with a name counts but what only keeps book (times, rates, sizes, the step itself).
Structured are

- a dictionary, as JSON or as Python prints it, also behind a logger's prefix, when it holds a step
  or what is certainly a metric; others, and records of a logger (they hold a level or a message),
  give what the rules of free text find in them
- a boosting round: `[10]\ttrain-rmse:0.12`, `[10]\tvalid_0's l2: 0.24`, `10:\tlearn: 0.6`
- a progress bar of Keras: `469/469 [====] - 2s 4ms/step - loss: 0.25 - accuracy: 0.92`
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from .metric_words import EPOCHS, STEPS, Kind, is_bookkeeping, kind_of

NUMBER = r"[-+]?(?:(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:e[-+]?\d{1,4})?|nan|inf(?:inity)?)"

MAX_NAME = 100

_NUMBER = re.compile(NUMBER, re.IGNORECASE | re.ASCII)

# Numbers as PyTorch and numpy print them, and what else of Python is no JSON.
_WRAPPED = re.compile(
    rf"(?:np\.float\d\d|tensor|array)\(({NUMBER})[^()]*\)", re.IGNORECASE | re.ASCII
)
_NO_JSON = re.compile(r"\b(?:nan|inf|None|True|False)\b")
_AS_JSON = {"nan": "NaN", "inf": "Infinity", "None": "null", "True": "true", "False": "false"}
_JSON = json.JSONDecoder(parse_int=float)
_LOG_RECORD = ("level", "levelname", "severity", "message", "msg", "event", "logger")

_ROUND = re.compile(
    r"(?:^|\s)(?:\[(?P<boosting>\d{1,15})\]\t|(?P<catboost>\d{1,15}):\t(?=(?:learn|test): ))",
    re.ASCII,
)
_ROUND_FIELD = re.compile(
    rf"\s*([a-z][^:\t]{{0,99}}):\s*({NUMBER})(?:\s*\+\s*{NUMBER}|\s\(\d+\))?\s*",
    re.IGNORECASE | re.ASCII,
)
_KERAS = re.compile(r"\s*(?:\d{1,15}/(?:\d{1,15}|Unknown)\b|- \d+s - )", re.ASCII)
_KERAS_FIELD = re.compile(rf"([a-z_][^:]{{0,99}}): ({NUMBER})\s*", re.IGNORECASE | re.ASCII)


class Named(NamedTuple):
    """A number with its name, as a line has them."""

    name: str
    value: float
    is_fraction: bool


def to_number(text: str) -> float | None:
    """Return the number that a text is, alone or with a percent sign."""
    match = _NUMBER.fullmatch(text.strip().removesuffix("%").rstrip())
    return float(match[0]) if match else None


def only_metrics(numbers: Iterable[Named], *, beside_step: bool) -> list[Named]:
    """Return the numbers of a line that are metrics by their name and by what they stand beside."""
    known = [(number, kind) for number in numbers if (kind := kind_of(number.name))]
    beside = beside_step or any(_stands_alone(number, kind) for number, kind in known)
    return [number for number, kind in known if beside or _stands_alone(number, kind)]


def _stands_alone(number: Named, kind: Kind) -> bool:
    return kind is Kind.CERTAIN or (kind is Kind.LIKELY and number.is_fraction)


def of_dictionary(text: str) -> tuple[float | None, list[Named]] | None:
    """Return step and metrics of a dictionary; None when the line holds none."""
    found = _parse(text)
    if found is None:
        return None
    step = _step_of(found)
    numbers = list(_flat(found))
    is_open = step is not None or any(kind_of(name) is Kind.CERTAIN for name, _, _ in numbers)
    if is_open and not any(key in found for key in _LOG_RECORD):
        return step, [number for number in numbers if not is_bookkeeping(number.name)]
    return step, only_metrics(numbers, beside_step=step is not None)


def of_round(text: str) -> tuple[float, list[Named]] | None:
    """Return number and metrics of a boosting round; None when the line is none."""
    head = _ROUND.search(text)
    if head is None:
        return None
    fields = map(_ROUND_FIELD.fullmatch, text[head.end() :].split("\t"))
    numbers = _counting(_named(*field.groups()) for field in fields if field)
    if not any(number.is_fraction or kind_of(number.name) for number in numbers):
        return None
    return float(head["boosting"] or head["catboost"]), numbers


def of_keras(text: str) -> list[Named] | None:
    """Return the metrics of a progress bar of Keras; None when the line is none."""
    if not _KERAS.match(text):
        return None
    fields = map(_KERAS_FIELD.fullmatch, text.split(" - ")[1:])
    numbers = _counting(_named(*field.groups()) for field in fields if field)
    return numbers if any(kind_of(number.name) for number in numbers) else None


def _counting(numbers: Iterable[Named]) -> list[Named]:
    return [number for number in numbers if not is_bookkeeping(number.name)]


def _named(name: str, number: str) -> Named:
    return Named(name, float(number), not number.lstrip("+-").isdigit())


def _parse(text: str) -> dict[str, Any] | None:
    start, stop = text.find("{"), text.rfind("}") + 1
    if start < 0 or stop <= start:
        return None
    body = text[start:stop]
    if body.startswith("{'"):
        body = _WRAPPED.sub(r"\1", body.replace("'", '"'))
        body = _NO_JSON.sub(lambda word: _AS_JSON[word[0]], body)
    try:
        found = _JSON.decode(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _step_of(found: dict[str, Any]) -> float | None:
    by_name = {key.lower(): value for key, value in found.items()}
    steps = (_value(by_name[name]) for name in (*STEPS, *EPOCHS) if name in by_name)
    return next((step for step in steps if step is not None and math.isfinite(step)), None)


def _flat(found: dict[str, Any], prefix: str = "") -> Iterator[Named]:
    for key, item in found.items():
        if isinstance(item, dict) and len(prefix) < MAX_NAME:
            yield from _flat(item, f"{prefix}{key}.")
        elif (value := _value(item)) is not None:
            yield Named((prefix + key)[:MAX_NAME], value, is_fraction=not value.is_integer())


def _value(item: object) -> float | None:
    """Return a number, also from a text, as newer trainers print them."""
    if isinstance(item, float):
        return item
    return to_number(item) if isinstance(item, str) else None
