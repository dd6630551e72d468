"""The parts of the form that need code in the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

_HERE = Path(__file__).parent


class SecretField(anywidget.AnyWidget):
    """A field whose value is told to `take` and kept nowhere else: no state of a widget holds it.

    Attributes
    ----------
    description
        Its label.
    held
        Whether the kernel has a value.
    """

    _esm = (_HERE / "secret.js").read_text(encoding="utf-8")

    description = traitlets.Unicode().tag(sync=True)
    held = traitlets.Bool().tag(sync=True)

    def __init__(self, description: str, take: Callable[[str], None], **kwargs: Any) -> None:
        super().__init__(description=description, **kwargs)
        self._take = take
        self._typed = ""
        self.on_msg(self._hear)

    def show(self, value: str) -> None:
        """Show that there is a value; what was typed for another is taken out of the page."""
        self.held = bool(value)
        if value != self._typed:
            self._typed = value
            self.send({"type": "clear"})

    def _hear(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        if content.get("type") == "value":
            self._typed = str(content.get("value", ""))
            self._take(self._typed)


class Landmark(anywidget.AnyWidget):
    """Makes the box around it a form with a name, and writes to the clipboard.

    Parameters
    ----------
    copied
        Told whether the page could copy.
    """

    _esm = (_HERE / "landmark.js").read_text(encoding="utf-8")
    _css = (_HERE / "form.css").read_text(encoding="utf-8")

    label = traitlets.Unicode().tag(sync=True)

    def __init__(self, label: str, copied: Callable[[bool], None], **kwargs: Any) -> None:
        super().__init__(label=label, **kwargs)
        self.add_class("submarine-Landmark")
        self._copied = copied
        self.on_msg(self._hear)

    def copy(self, text: str) -> None:
        """Ask the page to put a text into the clipboard."""
        self.send({"type": "copy", "text": text})

    def _hear(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        if content.get("type") in ("copied", "not-copied"):
            self._copied(content["type"] == "copied")
