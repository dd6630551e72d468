"""The environment variables of the form; values of secret ones stay in the kernel."""

from __future__ import annotations

import ipywidgets

from ...spec.secrets import is_secret
from .anywidgets import SecretField
from .checking import VARIABLES
from .draft import Variable
from .fields import Binding, Field, Section, row


class Variables(Section):
    """A row per variable."""

    def __init__(self, binding: Binding) -> None:
        super().__init__(binding)
        self._rows: list[_VariableRow] = []
        self._add = ipywidgets.Button(description="Add variable", icon="plus")
        self._add.on_click(lambda _button: self.model.add_variable())

    def refresh(self) -> None:
        """Show what the model holds."""
        variables = self.model.draft.variables
        while len(self._rows) < len(variables):
            self._rows.append(_VariableRow(self.binding, len(self._rows)))
        shown = self._rows[: len(variables)]
        for each, variable in zip(shown, variables, strict=True):
            each.refresh(variable)
        # Rows that are not shown hold no value either.
        for each in self._rows[len(variables) :]:
            each.refresh(Variable())
        self.fields = [each.field for each in shown]
        boxes = [*(each.box for each in shown), self._add]
        if list(self.box.children) != boxes:
            self.box.children = tuple(boxes)


class _VariableRow:
    """The row of one variable."""

    def __init__(self, binding: Binding, index: int) -> None:
        model, number = binding.model, index + 1
        self.field = binding.text(
            VARIABLES, f"Variable {number}", lambda text: model.edit_variable(index, name=text)
        )
        label = f"Value of variable {number}"
        self._value = binding.text(
            VARIABLES, label, lambda text: model.edit_variable(index, value=text)
        )
        self._secret = Field(
            VARIABLES, SecretField(label, lambda text: model.edit_variable(index, value=text))
        )
        self._hidden = ipywidgets.Checkbox(
            description="Secret",
            indent=False,
            tooltip="Keep the value out of the notebook and out of what is shown",
        )
        binding.hear(
            VARIABLES, self._hidden, lambda hidden: model.edit_variable(index, hidden=hidden)
        )
        self._remove = ipywidgets.Button(description=f"Remove variable {number}")
        self._remove.on_click(lambda _button: model.remove_variable(index))
        self.box = row(self.field.box, self._value.box, self._hidden, self._remove)
        for field in (self._value, self._secret):
            field.show(None)

    def refresh(self, variable: Variable) -> None:
        """Show a variable; a hidden value is in no control."""
        hidden = variable.is_hidden
        self.field.path = f"{VARIABLES}.{variable.name}"
        self.field.control.value = variable.name
        self._value.control.value = "" if hidden else variable.value
        self._secret.control.show(variable.value if hidden else "")
        self._hidden.value = hidden
        self._hidden.disabled = is_secret(variable.name)
        value = self._secret if hidden else self._value
        boxes = (self.field.box, value.box, self._hidden, self._remove)
        if self.box.children != boxes:
            self.box.children = boxes
