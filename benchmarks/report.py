"""The table that the rows fill, on the screen and in `RESULTS.md`."""

from __future__ import annotations

import platform
import re
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from .measure import Row

RESULTS = Path(__file__).with_name("RESULTS.md")

_TITLE = """\
# Results

Written by `make bench`: each figure beside its peer, measured in the same run. A benchmark's part
is that of its last whole run.
"""
_PACKAGES = (
    "submarine-jupyter",
    "fastapi",
    "uvicorn",
    "pydantic",
    "SQLAlchemy",
    "aiohttp",
    "jupyter_server",
    "jupyter-server-proxy",
    "jupyterlab",
    "ray",
)
_WIDTHS = (60, 12, 46, 10, 12, 6)
_HEADINGS = ("figure", "ours", "peer", "ratio", "bar", "")


def tell(name: str, rows: Iterable[Row]) -> None:
    """Print a benchmark's rows as they are measured, and keep them once they are complete."""
    part = []
    for line in _lines(rows):
        print(line, flush=True)
        part.append(line)
    print()
    measured = f"{datetime.now(timezone.utc):%Y-%m-%d}, {machine()}"
    _keep(name, "\n".join([measured, "", *part]))


def _keep(name: str, part: str) -> None:
    parts = _parts(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    parts[name] = part
    whole = [_TITLE.rstrip(), *(f"## {name}\n\n{parts[name]}" for name in sorted(parts))]
    RESULTS.write_text("\n\n".join(whole) + "\n", encoding="utf-8")


def _parts(text: str) -> dict[str, str]:
    _, *pairs = re.split(r"^## (\w+)$", text, flags=re.MULTILINE)
    return {name: part.strip() for name, part in zip(pairs[::2], pairs[1::2], strict=True)}


def _lines(rows: Iterable[Row]) -> Iterator[str]:
    yield _line(_HEADINGS)
    yield "|" + "|".join("-" * (width + 2) for width in _WIDTHS) + "|"
    for row in rows:
        yield _line(
            (
                row.figure,
                f"{_number(row.ours)} {row.unit}",
                f"{_number(row.peer.value)} {row.unit}: {row.peer.name}" if row.peer else "",
                "" if row.ratio is None else f"{_number(row.ratio)} x",
                _bar(row),
                {True: "met", False: "MISSED", None: ""}[row.is_met],
            )
        )


def _line(cells: Iterable[str]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True))
    return "| " + " | ".join(padded) + " |"


def _bar(row: Row) -> str:
    if row.bar is None:
        return ""
    sign = "≤" if row.bar.kind == "at most" else "≥"
    return f"{sign} {row.bar.limit:g} {row.unit if row.bar.of == 'ours' else 'x'}"


def _number(value: float) -> str:
    """Write three digits that count, and no exponent."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.6f}".rstrip("0").rstrip(".")


def machine() -> str:
    """Return what was measured on: machine and versions."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{platform.platform()}, {_processor()}, {psutil.cpu_count()} cores, {memory:.0f} GiB; "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {_versions()}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _versions() -> str:
    return ", ".join(f"{name} {found}" for name in _PACKAGES if (found := _version_of(name)))


def _version_of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
