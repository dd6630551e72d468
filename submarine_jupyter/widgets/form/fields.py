"""Controls with labels, and what is wrong with each beneath it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

import ipywidgets

from .model import FormModel


class Field:
    """A control and its problem.

    Parameters
    ----------
    path
        The field as `FormModel.errors` calls it.
    control
        A widget whose description is its label.
    """

    def __init__(self, path: str, control: Any) -> None:
        self.path = path
        self.control = control
        self._problem = ipywidgets.HTML()
        self._problem.add_class("submarine-Problem")
        self.box = ipywidgets.VBox([control, self._problem])
        self.box.add_class("submarine-FormField")

    def show(self, problem: str | None) -> None:
        """Show what is wrong, or nothing."""
        self._problem.value = escape(problem or "")
        self._problem.layout.display = None if problem else "none"


class Binding:
    """Ties controls to the model: what a person changes goes in, what the model shows comes out.

    Attributes
    ----------
    model
        The form's model.
    touched
        The fields that a person has changed.
    """

    def __init__(self, model: FormModel) -> None:
        self.model = model
        self.touched: set[str] = set()
        self._showing = False

    def hear(self, path: str, control: Any, change: Callable[[Any], None]) -> None:
        """Have `change` called with each value that a person gives to a control."""

        def heard(event: dict[str, Any]) -> None:
            with self.model.lock:
                if not self._showing:
                    self.touched.add(path)
                    change(event["new"])

        control.observe(heard, "value")

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Make what happens to controls inside no change of a person's."""
        with self.model.lock:
            before, self._showing = self._showing, True
            try:
                yield
            finally:
                self._showing = before

    def text(
        self, path: str, label: str, change: Callable[[str], None], *, long: bool = False
    ) -> Field:
        """Return a field for a text."""
        make = ipywidgets.Textarea if long else ipywidgets.Text
        control = make(description=label, rows=3) if long else make(description=label)
        self.hear(path, control, change)
        return Field(path, control)

    def choice(self, path: str, label: str, change: Callable[[Any], None]) -> Field:
        """Return a field for one of several options."""
        control = ipywidgets.Dropdown(description=label)
        self.hear(path, control, change)
        return Field(path, control)


class Section:
    """A part of the form.

    Attributes
    ----------
    box
        Its widget.
    fields
        Its fields that are shown now.
    """

    def __init__(self, binding: Binding) -> None:
        self.binding = binding
        self.model = binding.model
        self.box = ipywidgets.VBox()
        self.box.add_class("submarine-Group")
        self.fields: list[Field] = []

    def refresh(self) -> None:
        """Show what the model holds."""
        raise NotImplementedError


def row(*widgets: Any) -> Any:
    """Return widgets beside each other, or below where there is no room."""
    box = ipywidgets.HBox(list(widgets))
    box.add_class("submarine-Row")
    return box


def note(text: str = "") -> Any:
    """Return a text that no one edits; `say` changes it."""
    widget = ipywidgets.HTML(escape(text))
    widget.add_class("submarine-Text")
    return widget


def say(widget: Any, text: str, *, role: str = "") -> None:
    """Show another text in a note, told to screen readers where it has a role."""
    widget.value = f'<div role="{role}">{escape(text)}</div>' if role else escape(text)


def choose(control: Any, options: list[tuple[str, str]], value: str) -> None:
    """Give a choice its options and its value; one that is no option becomes one."""
    if all(value != given for _, given in options):
        options = [*options, (value, value)]
    if control.options != tuple(options):
        control.options = tuple(options)
    if control.value != value:
        control.value = value
