"""Run the benchmarks, all or those that are named; print their tables and keep them.

python -m benchmarks [NAME ...]

A bar that is missed is told in its row and changes nothing else: the machine may be busy.
"""

from __future__ import annotations

import argparse
import logging
import pkgutil
import sys
from importlib import import_module

import benchmarks

from .report import machine, tell

log = logging.getLogger("benchmarks")

_HARNESS = ("__main__", "measure", "ray_peer", "report", "small_gets")


def main() -> int:
    """Run and print; 1 when a benchmark could not be measured to its end."""
    found = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    known = [name for name in found if name not in _HARNESS]
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure, beside peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}; or all")
    names = parser.parse_args().names or known
    if unknown := set(names) - set(known):
        parser.error(f"there is no benchmark {', '.join(unknown)}; use {', '.join(known)}")
    print(machine(), end="\n\n")
    return max([_run(name) for name in names], default=0)


def _run(name: str) -> int:
    try:
        tell(name, import_module(f"benchmarks.{name}").measure())
    except Exception:
        log.exception("%s could not be measured", name)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
