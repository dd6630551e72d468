"""Cells of this notebook as programs, and a form's spec as a cell."""

from __future__ import annotations

from typing import Any

from ...client.cells import cell_of
from ...errors import UsageError
from ...spec.program import encode_cell
from ...spec.submission import parse_program
from .draft import Draft

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
    return cell_of(draft.to_wire(), draft.hidden)


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
