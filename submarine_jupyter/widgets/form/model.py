"""The form without its widgets: one draft, what is wrong with it, and who wants to hear of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ...errors import Problem, SpecError, UsageError
from ...spec import ExperimentSpec
from ...spec.flags import RESOURCES
from ...spec.loading import load_mapping
from ...spec.resources import resource_map
from ...spec.schema import ROLES, experiment_schema
from ...spec.secrets import mask_spec
from .checking import problems_of
from .draft import CELL, COMMAND, Draft, Role, Variable
from .hiding import hide, names_secrets, restore, to_yaml

Cells = Callable[[int], str]
"""Gives the packed command of a cell by its number; raises UsageError in a sentence."""


_NOT_KEPT = "; it names secrets, so it is not kept: paste it again when it is mended"


class FormModel:
    """A draft that several threads may read and change.

    Parameters
    ----------
    cells
        What turns the number of a cell into a command.
    schema
        The server's JSON Schema; None takes our own.
    """

    def __init__(self, cells: Cells, schema: Mapping[str, Any] | None = None) -> None:
        self.lock = threading.RLock()
        self._cells = cells
        self._foreign = schema if schema is not None and schema != experiment_schema() else None
        self._schema = schema or experiment_schema()
        self._listeners: list[Callable[[], None]] = []
        self._number = ""
        self._number_problem: str | None = None
        self._yaml_problem: str | None = None
        self._refused = ""
        first = next(iter(self.roles_by_framework))
        self._draft = Draft(framework=first, roles=self._default_roles(first))

    @property
    def roles_by_framework(self) -> dict[str, list[str]]:
        """The frameworks, and the roles each has, as the schema names them."""
        roles = self._schema.get("properties", {}).get("spec", {}).get(ROLES)
        return dict(roles or experiment_schema()["properties"]["spec"][ROLES])

    @property
    def draft(self) -> Draft:
        """What the form holds now."""
        with self.lock:
            return self._draft

    @property
    def number(self) -> str:
        """The number of the chosen cell, as typed."""
        with self.lock:
            return self._number

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong: field → message; empty when the draft can be submitted."""
        with self.lock:
            found = problems_of(self._draft, self._foreign)
            if self._number_problem is not None:
                found = {"cell": self._number_problem, **found}
                found.pop("meta.cmd", None)
            if self._yaml_problem is not None:
                found["yaml"] = self._yaml_problem
            return found

    @property
    def spec(self) -> ExperimentSpec:
        """The spec; SpecError where something is wrong."""
        with self.lock:
            errors = self.errors
            if errors:
                raise SpecError(Problem(field, text) for field, text in errors.items())
            return ExperimentSpec.from_wire(self._draft.to_wire())

    @property
    def yaml(self) -> str:
        """The spec as YAML, with secret values hidden."""
        with self.lock:
            return to_yaml(hide(self._draft))

    @property
    def yaml_text(self) -> str:
        """What stands where the YAML is edited: the spec, or a text that was refused."""
        with self.lock:
            return self.yaml if self._yaml_problem is None else self._refused

    def listen(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after every change, while the lock is held."""
        self._listeners.append(listener)

    def edit(self, **changes: Any) -> None:
        """Change fields of the draft."""
        with self.lock:
            self._yaml_problem = None
            self._draft = replace(self._draft, **changes)
            self._tell()

    def edit_role(self, name: str, **changes: Any) -> None:
        """Change a row of the roles table."""
        with self.lock:
            role = next((role for role in self._draft.roles if role.name == name), None)
            if role is not None:
                self.edit(roles=self._draft.with_role(name, replace(role, **changes)).roles)

    def edit_variable(self, index: int, **changes: Any) -> None:
        """Change one of the environment variables; a value that was hidden never comes to light."""
        with self.lock:
            variables = list(self._draft.variables)
            if index >= len(variables):
                return
            before, after = variables[index], replace(variables[index], **changes)
            if before.is_hidden and before.value and not after.is_hidden:
                renamed = "name" in changes
                after = replace(after, hidden=True) if renamed else replace(after, value="")
            variables[index] = after
            self.edit(variables=tuple(variables))

    def add_variable(self) -> None:
        """Add an empty variable."""
        with self.lock:
            self.edit(variables=(*self._draft.variables, Variable()))

    def remove_variable(self, index: int) -> None:
        """Take one of the environment variables away."""
        with self.lock:
            variables = self._draft.variables
            self.edit(variables=variables[:index] + variables[index + 1 :])

    def free_roles(self) -> list[str]:
        """Return the roles that the framework has and the draft has not."""
        with self.lock:
            taken = {role.name.lower() for role in self._draft.roles}
            known = self.roles_by_framework.get(self._draft.framework, [])
            return [name for name in known if name.lower() not in taken]

    def add_role(self, name: str) -> None:
        """Add a row to the roles table."""
        with self.lock:
            if name in self.free_roles():
                self.edit(roles=(*self._draft.roles, _new_role(name)))

    def remove_role(self, name: str) -> None:
        """Take a row out of the roles table."""
        with self.lock:
            self.edit(roles=self._draft.with_role(name, None).roles)

    def choose_framework(self, name: str) -> None:
        """Take another framework; roles that it does not have go."""
        with self.lock:
            draft = self._draft
            known = {role.lower() for role in self.roles_by_framework.get(name, [])}
            untouched = draft.roles == self._default_roles(draft.framework)
            kept = () if untouched else tuple(r for r in draft.roles if r.name.lower() in known)
            self.edit(framework=name, roles=kept or self._default_roles(name))

    def choose_program(self, kind: str) -> None:
        """Take another kind of program; a packed cell is no command that anybody wrote."""
        with self.lock:
            if kind == self._draft.program:
                return
            packed = CELL in (kind, self._draft.program)
            self._number, self._number_problem = "", None
            if kind == CELL:
                self._number_problem = "is missing; give the number of a cell, such as 3 for In[3]"
            self.edit(program=kind, cmd="" if packed else self._draft.cmd)

    def choose_cell(self, number: str) -> None:
        """Take the cell of a number, as typed, for the program."""
        with self.lock:
            self._number, self._number_problem = number, None
            cmd = ""
            try:
                cmd = self._cells(_cell_number(number))
            except (UsageError, SpecError) as error:
                self._number_problem = str(error).removeprefix("meta.cmd: ")
            self.edit(program=CELL, cmd=cmd)

    def take(self, spec: ExperimentSpec) -> None:
        """Hold another spec; secret variables stay those that were called so."""
        with self.lock:
            draft = Draft.of(spec, self._draft.hidden)
            by_case = {name.lower(): name for name in self.roles_by_framework}
            framework = by_case.get(draft.framework.lower(), draft.framework)
            self._number, self._number_problem = "", None
            self.edit(**vars(replace(draft, framework=framework)))

    def take_yaml(self, text: str) -> None:
        """Hold what a YAML or JSON text says; if it says nothing usable, keep the draft.

        A text that is refused stays to be mended, without secret values.
        """
        with self.lock:
            try:
                mapping = load_mapping(text)
            except SpecError as error:
                self._refuse(f"{error}{_NOT_KEPT if names_secrets(text) else ''}", text)
                return
            try:
                self.take(ExperimentSpec.from_wire(restore(mapping, self._draft.to_wire())))
            except SpecError as error:
                masked = mask_spec(mapping)
                self._refuse(str(error), text if masked == mapping else to_yaml(masked))

    def _refuse(self, problem: str, text: str) -> None:
        self._yaml_problem = problem
        self._refused = self.yaml if problem.endswith(_NOT_KEPT) else text
        self._tell()

    def _default_roles(self, framework: str) -> tuple[Role, ...]:
        known = self.roles_by_framework.get(framework, [])
        # TensorFlow knows no master that is alone; the others begin with one.
        first = "Worker" if "Ps" in known or "Master" not in known else "Master"
        return (_new_role(first),)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def _new_role(name: str) -> Role:
    return Role(name, amounts=resource_map(RESOURCES))


def _cell_number(text: str) -> int:
    digits = text.strip().removeprefix("In[").removesuffix("]").strip()
    if not digits.isdecimal():
        raise UsageError(f"{text!r} is no number of a cell; write 3 for In[3]")
    return int(digits)


__all__ = ["COMMAND", "Cells", "FormModel"]
