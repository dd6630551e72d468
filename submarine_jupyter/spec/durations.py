"""Durations as people type them."""

from __future__ import annotations

import argparse
import re

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|sec|m|min|h)")
_SECONDS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}


def seconds(text: str) -> float:
    """Return a duration such as `20s`, `5min` or `1h` in seconds, for `type=` of an argument."""
    found = _DURATION.fullmatch(text.strip())
    amount = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if not amount > 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration; write it as 20s, 5min or 1h")
    return amount
