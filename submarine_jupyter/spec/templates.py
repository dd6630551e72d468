"""Experiment templates: their types, and a template filled in as an experiment's spec."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pydantic import AliasChoices, Field

from ..errors import BadRequest, SpecError
from .models import ExperimentSpec, Model, Text
from .resources import resource_map

_PLACEHOLDER = re.compile(r"{{(.*?)}}")
_SIZES = ("cpu", "memory")
_ABSENT = "1"


class TemplateParameter(Model):
    """A parameter; all of it is text."""

    name: Text
    required: Text | None = None
    description: Text | None = None
    value: Text | None = None

    @property
    def is_required(self) -> bool:
        """Whether it must be given at each submission."""
        return (self.required or "").lower() == "true"


class ExperimentTemplateSpec(Model):
    """A template: an experiment's spec with placeholders, and the parameters that fill them."""

    name: Text | None = None
    author: Text | None = None
    description: Text | None = None
    parameters: list[TemplateParameter] = Field(
        validation_alias=AliasChoices("parameters", "experimentTemplateParamSpec")
    )
    experiment_spec: ExperimentSpec


class TemplateId(Model):
    """The id of a template, which is an object."""

    id: int
    server_timestamp: int


class ExperimentTemplate(Model):
    """A template as the server answers it."""

    experiment_template_id: TemplateId | None = None
    experiment_template_spec: ExperimentTemplateSpec


class ExperimentTemplateSubmit(Model):
    """The values of a template's parameters; its `name` is that of the path."""

    name: Text | None = None
    params: dict[Text, Text]


def completed(template: ExperimentTemplateSpec) -> ExperimentTemplateSpec:
    """Return a template with the parameters that every role has: replicas, cpu and memory."""
    declared = {parameter.name for parameter in template.parameters}
    added = [
        TemplateParameter(name=name, required="false", description="", value=value)
        for name, value in _sizes(template.experiment_spec)
        if name not in declared
    ]
    return template.model_copy(update={"parameters": [*template.parameters, *added]})


def fill(template: ExperimentTemplateSpec, given: Mapping[str, str]) -> ExperimentSpec:
    """Return the spec of an experiment.

    Raises
    ------
    BadRequest
        A value is missing, is for no parameter, or is used nowhere; or the result is no spec.
    """
    declared = {parameter.name: parameter for parameter in template.parameters}
    if illegal := [name for name in given if name not in declared]:
        raise BadRequest(400, f"Parameters contains illegal key: {_listed(illegal)}")
    values = {
        name: given.get(name, parameter.value)
        for name, parameter in declared.items()
        if name in given or not parameter.is_required
    }
    filling = _Filling({name: value for name, value in values.items() if value is not None})
    wire = filling.fill(template.experiment_spec.to_wire())
    _resize(wire, filling, dict(_sizes(template.experiment_spec)))
    required = [parameter.name for parameter in template.parameters if parameter.is_required]
    unmapped = dict.fromkeys([*filling.unmapped, *(name for name in required if name not in given)])
    if unmapped:
        raise BadRequest(400, f"Template contains unmapped value: {_listed(unmapped)}")
    if unused := [name for name in declared if name not in filling.used and name in values]:
        raise BadRequest(400, f"Parameters contains unused key: {_listed(unused)}")
    try:
        return ExperimentSpec.from_wire(wire)
    except SpecError as error:
        raise mapping_failure(error) from None


def trial(template: ExperimentTemplateSpec) -> ExperimentSpec:
    """Return the spec that a template's own values give, to see whether it can be filled."""
    values = {
        parameter.name: _ABSENT if parameter.value is None else parameter.value
        for parameter in template.parameters
    }
    return fill(template, values)


def mapping_failure(error: SpecError) -> BadRequest:
    """Return what is answered when a filled template is no spec."""
    return BadRequest(400, f"Template mapping fail: {'; '.join(str(error).splitlines())}")


class _Filling:
    """Puts values into a spec, and notes which of them it used and which it lacked."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.used: set[str] = set()
        self.unmapped: list[str] = []

    def fill(self, spec: dict[str, Any]) -> dict[str, Any]:
        """Return the spec with every placeholder filled, and leaves replaced by their path."""
        filled: dict[str, Any] = _mapped(spec, "", self._leaf)
        return filled

    def value(self, name: str) -> str | None:
        """Return the value of a parameter, which is used then."""
        if name in self.values:
            self.used.add(name)
        return self.values.get(name)

    def _leaf(self, path: str, leaf: object) -> object:
        if isinstance(leaf, str) and _PLACEHOLDER.search(leaf):
            return _PLACEHOLDER.sub(lambda match: self._placed(path, match), leaf)
        value = self.value(path)
        return leaf if value is None else value

    def _placed(self, path: str, match: re.Match[str]) -> str:
        name = match[1].strip()
        for known in (f"{path}:{name}", name):
            value = self.value(known)
            if value is not None:
                return value
        self.unmapped.append(name)
        return match[0]


def _mapped(value: Any, path: str, leaf: Callable[[str, object], object]) -> Any:
    if isinstance(value, dict):
        # Computed from `resources`, which is changed by other parameters.
        parts = ((name, part) for name, part in value.items() if name != "resourceMap")
        return {name: _mapped(part, f"{path}.{name}".lstrip("."), leaf) for name, part in parts}
    if isinstance(value, list):
        return [_mapped(part, f"{path}.{index}", leaf) for index, part in enumerate(value)]
    return leaf(path, value)


def _sizes(spec: ExperimentSpec) -> Iterator[tuple[str, str]]:
    """Yield name and value of the parameters that every role has."""
    for role, task in spec.spec.items():
        yield f"spec.{role}.replicas", str(task.replica_count)
        amounts = task.resource_map or {}
        for size in _SIZES:
            yield f"spec.{role}.resourceMap.{size}", amounts.get(size, _ABSENT)


def _resize(wire: dict[str, Any], filling: _Filling, before: Mapping[str, str]) -> None:
    """Put cpu and memory that differ from the template's into the resources of each role."""
    for role, task in wire["spec"].items():
        values = {size: filling.value(f"spec.{role}.resourceMap.{size}") for size in _SIZES}
        changed = {
            size: value
            for size, value in values.items()
            if value is not None and value != before[f"spec.{role}.resourceMap.{size}"]
        }
        if changed:
            amounts = resource_map(task["resources"] or "") | changed
            task["resources"] = ",".join(f"{name}={amount}" for name, amount in amounts.items())


def _listed(names: Iterable[str]) -> str:
    return f"[{', '.join(names)}]"
