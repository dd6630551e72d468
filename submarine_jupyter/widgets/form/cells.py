"""Cells of this notebook as programs, and a form's spec as a cell."""

from __future__ import annotations

import re
import shlex
from typing import Any

from ...errors import UsageError
from ...spec.program import decode_cell, encode_cell
from ...spec.submission import parse_program
from .draft import CELL, Draft
from .hiding import to_yaml, with_secrets_as

_MAGIC = "%%submarine"


def packed_cell(number: int) -> str:
    """Return the command that runs a cell which this kernel has run.

    Raises
    ------
    UsageError
        There is no such cell, or it is no Python program.
    """
    source, first_line = _source_of(number)
    try:
        parse_program(source, first_line)
    except SyntaxError as error:
        line = source.splitlines()[(error.lineno or first_line) - first_line].strip()
        what = "a command of the notebook" if line[:1] in ("%", "!") else error.msg
        message = (
            f"In[{number}], line {error.lineno}: {what}: {line:.60}; a cell runs as plain Python"
        )
        raise UsageError(message) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"In[{number}] is no Python program: {error}") from None
    return encode_cell(source, f"Cell In[{number}]", first_line)


def as_cell(draft: Draft) -> str:
    """Return the `%%submarine` cell that submits a draft; secrets are left to variables."""
    program = decode_cell(draft.cmd) if draft.program == CELL else None
    if program is not None and _fits_flags(draft):
        return f"{_MAGIC} experiment {_with_places(_flags(draft))}\n{program}"
    text = to_yaml(with_secrets_as(draft, _stand_in))
    return f"{_MAGIC} experiment --as spec\n{_with_places(text)}"


def _source_of(number: int) -> tuple[str, int]:
    """Return the source of a cell without its own `%%submarine` line, and its first line."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    history = [] if shell is None else shell.history_manager.input_hist_raw
    if not 0 < number < len(history) or not history[number].strip():
        raise UsageError(f"this kernel has run no In[{number}]; run the cell first")
    source = history[number]
    head, _, body = source.partition("\n")
    return (body, 2) if head.startswith(_MAGIC) else (source, 1)


def _fits_flags(draft: Draft) -> bool:
    """Whether flags can say all but the program."""
    beyond = draft.image.strip() or draft.environment or draft.rest
    return not beyond and not any(role.rest for role in draft.roles)


def _flags(draft: Draft) -> str:
    words = ["--name", draft.name.strip(), "--framework", draft.framework]
    words += ["--replicas", ",".join(f"{role.name}={role.replicas}" for role in draft.roles)]
    for role in draft.roles:
        words += ["--resources", f"{role.name}:{role.resources}"]
    if draft.tags.strip():
        words += ["--tags", draft.tags]
    for each in draft.variables:
        value = _stand_in(each.name) if each.is_hidden and each.value else each.value
        words += ["-e", f"{each.name}={value}"]
    return shlex.join(words)


def _stand_in(name: str) -> str:
    """Return what stands for a secret value until the rest of the text is safe."""
    return f"HIDDEN__{re.sub(r'[^0-9A-Za-z_]', '_', name)}__"


def _with_places(text: str) -> str:
    """Return a text in which secrets come from variables, and other braces stay as they are."""
    kept = re.sub(r"\{\{(?=\s*[^\W\d])", r"\\{{", text)
    return re.sub(r"HIDDEN__(\w+?)__(?!\w)", r"{{\1}}", kept)
