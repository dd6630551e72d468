"""Values as Python text: what JSON can hold is written out, what a module holds is imported."""

from __future__ import annotations

import logging
import math
import os
import re
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

MAX_LITERAL = 100_000
"""Characters that a value may take when it is written out."""


def literal(value: object) -> str | None:
    """Return an expression that makes an equal value; None if there is none.

    There is one for what JSON can hold, and for tuples, sets, bytes, paths, patterns and loggers.
    Subclasses, such as numpy's floats and ordered dicts, become what they are derived from.
    """
    try:
        return _written(value)
    except (TypeError, RecursionError):
        return None


def _written(value: object) -> str:
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        return _collection(value)
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, float):
        return float.__repr__(value) if math.isfinite(value) else f"float('{float(value)}')"
    for plain in (str, bytes, int):
        if isinstance(value, plain):
            return plain.__repr__(value)
    return _made_again(value)


def _made_again(value: object) -> str:
    if isinstance(value, Path):
        return f"__import__('pathlib').Path({str(value)!r})"
    if isinstance(value, re.Pattern):
        return f"__import__('re').compile({value.pattern!r}, {value.flags})"
    if isinstance(value, logging.Logger):
        return f"__import__('logging').getLogger({value.name!r})"
    raise TypeError


def _collection(value: Collection[object]) -> str:
    if isinstance(value, dict):
        pairs = (f"{_written(key)}: {_written(entry)}" for key, entry in value.items())
        return f"{{{', '.join(pairs)}}}"
    entries = [_written(entry) for entry in value]
    if isinstance(value, list):
        return f"[{', '.join(entries)}]"
    if isinstance(value, tuple):
        return f"({entries[0]},)" if len(entries) == 1 else f"({', '.join(entries)})"
    kind = "set" if isinstance(value, set) else "frozenset"
    return f"{kind}([{', '.join(sorted(entries))}])"


def import_line(name: str, value: object, apart_from: str) -> str | None:
    """Return the import that gives a name its value; None if no other module holds it."""
    for module, attribute in _homes(name, value):
        if module == apart_from:
            continue
        found = f"from {module} import {attribute}"
        return found if attribute == name else f"{found} as {name}"
    return None


def module_imports(name: str, module: str, uses: set[str]) -> list[str]:
    """Return the imports of a module, and of the modules in it that are used through its name.

    Parameters
    ----------
    name
        What it is called in the program.
    module
        Its own name.
    uses
        Dotted names that the program uses, such as `xml.etree.ElementTree.parse`.
    """
    if module == os.path.__name__:  # of another system it is another one
        module = "os.path"
    lines = [f"import {module}" if name == module else f"import {module} as {name}"]
    for use in sorted(uses):
        first, _, rest = use.partition(".")
        below = module
        for part in rest.split(".") if first == name and rest else ():
            below = f"{below}.{part}"
            if below not in sys.modules:
                break
            lines.append(f"import {below}")
    return lines


def is_of_the_shell(value: object) -> bool:
    """Whether a value belongs to IPython's shell, such as `get_ipython`."""
    kind = type(getattr(value, "__self__", value))
    return kind.__module__.partition(".")[0] in ("IPython", "ipykernel")


def _homes(name: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield the modules, and the names in them, that hold a value; the likeliest first."""
    own = getattr(value, "__module__", None)
    for attribute in (getattr(value, "__qualname__", None), getattr(value, "__name__", None), name):
        if own and attribute and _holds(own, attribute, value):
            yield own, attribute
    for module in sorted(sys.modules, key=len):
        if _holds(module, name, value):
            yield module, name


def _holds(module: str, attribute: str, value: object) -> bool:
    if module in ("__main__", "__mp_main__"):
        return False
    names = getattr(sys.modules.get(module), "__dict__", {})
    return attribute in names and names[attribute] is value
