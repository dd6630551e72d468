"""How an `Experiment` shows itself: plain text, until a richer display registers its hook."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .experiment import Experiment

DisplayHook = Callable[["Experiment"], dict[str, Any]]


def _plain(experiment: Experiment) -> dict[str, Any]:
    return {"text/plain": repr(experiment)}


_hook: DisplayHook = _plain


def set_display_hook(hook: DisplayHook | None) -> None:
    """Let `hook` make the MIME bundle of every experiment; None goes back to plain text."""
    global _hook  # noqa: PLW0603 - one display per process, chosen once
    _hook = hook or _plain


def mime_bundle(experiment: Experiment) -> dict[str, Any]:
    """Return the MIME bundle of an experiment."""
    return _hook(experiment)
