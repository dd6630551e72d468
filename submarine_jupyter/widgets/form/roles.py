"""The roles table of the form: a row per role that the framework has."""

from __future__ import annotations

from typing import Any

import ipywidgets

from .draft import AMOUNTS, Role
from .fields import Binding, Field, Section, row

_HINTS = {"cpu": "1 or 500m", "memory": "1024M or 2Gi", "gpu": "0"}


class Roles(Section):
    """How many replicas of each role, and what each gets."""

    def __init__(self, binding: Binding) -> None:
        super().__init__(binding)
        self._rows: dict[str, _RoleRow] = {}
        self._add = ipywidgets.Dropdown(description="Role to add")
        self._button = ipywidgets.Button(description="Add role", icon="plus")
        self._button.on_click(lambda _button: self.model.add_role(self._add.value or ""))
        adding = ipywidgets.VBox([self._add])
        adding.add_class("submarine-FormField")
        self._adding = row(adding, self._button)

    def refresh(self) -> None:
        """Show what the model holds."""
        roles = self.model.draft.roles
        for role in roles:
            if role.name not in self._rows:
                self._rows[role.name] = _RoleRow(self.binding, role.name)
            self._rows[role.name].refresh(role, removable=len(roles) > 1)
        shown = [self._rows[role.name] for role in roles]
        self.fields = [field for each in shown for field in each.fields]
        free = self.model.free_roles()
        if self._add.options != tuple(free):
            self._add.options = tuple(free)
            self._add.value = free[0] if free else None
        boxes = [each.box for each in shown] + ([self._adding] if free else [])
        if list(self.box.children) != boxes:
            self.box.children = tuple(boxes)


class _RoleRow:
    """The row of one role."""

    def __init__(self, binding: Binding, name: str) -> None:
        model = binding.model
        path = f"spec.{name}"
        self._replicas = binding.text(
            f"{path}.replicas",
            f"{name} replicas",
            lambda text: model.edit_role(name, replicas=text),
        )
        self._amounts = {column: self._amount(binding, name, column, path) for column in AMOUNTS}
        self._whole = Field(f"{path}.resources", ipywidgets.HBox())
        self._role = Field(path, ipywidgets.HBox())
        self.fields = [self._replicas, *self._amounts.values(), self._whole, self._role]
        self._remove = ipywidgets.Button(
            description=f"Remove {name}", tooltip=f"Take {name} out of the experiment"
        )
        self._remove.on_click(lambda _button: model.remove_role(name))
        inputs = row(
            self._replicas.box, *(field.box for field in self._amounts.values()), self._remove
        )
        self.box = ipywidgets.VBox([inputs, self._whole.box, self._role.box])

    def refresh(self, role: Role, *, removable: bool) -> None:
        """Show a role."""
        self._replicas.control.value = role.replicas
        for column, field in self._amounts.items():
            field.control.value = role.amounts.get(column, "")
        self._remove.layout.display = None if removable else "none"

    def _amount(self, binding: Binding, name: str, column: str, path: str) -> Field:
        model = binding.model

        def change(text: str) -> None:
            held: dict[str, Any] = next(
                (dict(role.amounts) for role in model.draft.roles if role.name == name), {}
            )
            model.edit_role(name, amounts={**held, column: text})

        field = binding.text(f"{path}.resources.{column}", f"{name} {column}", change)
        field.control.placeholder = _HINTS[column]
        return field
