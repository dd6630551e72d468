"""Errors in a notebook: one paragraph, no traceback, and the cell still fails."""

from __future__ import annotations

from typing import TypeVar

AnyError = TypeVar("AnyError", bound=BaseException)


def make_readable(error: AnyError) -> AnyError:
    """Return the error, to be shown by IPython as its name and its text.

    IPython asks an exception for `_render_traceback_`. Only this one gets it: raised by the
    client in somebody's own code, the same class keeps its traceback.
    """
    text = f"{type(error).__name__}: {error}"
    vars(error)["_render_traceback_"] = lambda: [text]
    return error
