"""The templates of the form, where the server has some."""

from __future__ import annotations

import ipywidgets

from ...errors import SubmarineError
from ...spec.templates import ExperimentTemplateSpec, fill
from .fields import Binding, Section, note, row, say


class TemplateChooser(Section):
    """Fills the form from a template and values for its parameters."""

    def __init__(self, binding: Binding, templates: list[ExperimentTemplateSpec]) -> None:
        super().__init__(binding)
        self._templates = {template.name or "": template for template in templates}
        names = [(name, name) for name in self._templates]
        self._choice = ipywidgets.Dropdown(description="Template", options=[("none", ""), *names])
        self._choice.observe(self._chosen, "value")
        self._values: dict[str, ipywidgets.Text] = {}
        self._fill = ipywidgets.Button(description="Fill the form", disabled=True)
        self._fill.on_click(self._filled)
        self._problem = note()
        self._problem.add_class("submarine-Problem")
        if self._templates:
            self._chosen()

    def refresh(self) -> None:
        """Leave the chooser as it is: it is no part of the spec."""

    def _chosen(self, _change: object = None) -> None:
        with self.model.lock:
            template = self._templates.get(self._choice.value)
            parameters = template.parameters if template else ()
            self._values = {
                each.name: ipywidgets.Text(
                    description=each.name + (" (required)" if each.is_required else ""),
                    value=each.value or "",
                    placeholder=each.description or "",
                )
                for each in parameters
            }
            self._fill.disabled = template is None
            say(self._problem, "")
            boxes = [ipywidgets.VBox([control]) for control in self._values.values()]
            choice = ipywidgets.VBox([self._choice])
            for box in (choice, *boxes):
                box.add_class("submarine-FormField")
            self.box.children = (row(choice, self._fill), row(*boxes), self._problem)

    def _filled(self, _button: object) -> None:
        with self.model.lock:
            template = self._templates[self._choice.value]
            values = {name: control.value for name, control in self._values.items()}
            try:
                given = {name: value for name, value in values.items() if value}
                self.model.take(fill(template, given))
                say(self._problem, "")
            except SubmarineError as error:
                say(self._problem, str(error))
