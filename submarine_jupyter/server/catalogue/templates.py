"""The templates that experiments are made from."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Engine

from ...errors import BadRequest, NotFound, Problem, SpecError
from ...spec import ExperimentSpec
from ...spec.templates import (
    ExperimentTemplate,
    ExperimentTemplateSpec,
    TemplateId,
    completed,
    fill,
    trial,
)
from ..tables import templates
from .named import Named, NamedSpecs, NameTaken

_LONGEST_NAME = 32
_REFUSED = "Unable to insert or update the experimentTemplate spec: "


class Templates:
    """Registers, changes, shows and fills templates."""

    def __init__(self, engine: Engine) -> None:
        self._named = NamedSpecs(engine, templates)

    def register(self, spec: ExperimentTemplateSpec | None) -> ExperimentTemplate:
        """Store a new template; BadRequest when its name is taken or it cannot be filled."""
        spec = _checked(spec)
        try:
            return _template(self._named.add(spec.name or "", _text(spec)))
        except NameTaken:
            raise BadRequest(
                400,
                f"{_REFUSED}there is a template named {spec.name!r}; patch that one, or choose "
                "another name.",
            ) from None

    def get(self, name: str) -> ExperimentTemplate:
        """Return a template; NotFound when there is none of that name."""
        return _template(_found(self._named.get(name)))

    def list(self) -> list[ExperimentTemplate]:
        """Return all templates, in the order in which they came."""
        return [_template(entry) for entry in self._named.all()]

    def patch(self, name: str, spec: ExperimentTemplateSpec | None) -> ExperimentTemplate:
        """Replace the spec of a template, all but its name."""
        _found(self._named.get(name))
        renamed = None if spec is None else spec.model_copy(update={"name": name})
        return _template(_found(self._named.replace(name, _text(_checked(renamed)))))

    def delete(self, name: str) -> ExperimentTemplate:
        """Forget a template."""
        return _template(_found(self._named.remove(name)))

    def fill(self, name: str, params: Mapping[str, str]) -> ExperimentSpec:
        """Return the spec that a template gives with these values."""
        return fill(self.get(name).experiment_template_spec, params)


def _checked(spec: ExperimentTemplateSpec | None) -> ExperimentTemplateSpec:
    if spec is None:
        raise BadRequest(400, "Invalid experimentTemplate spec.")
    if not spec.name or not spec.name.strip():
        raise SpecError([Problem("name", "is missing; give the template a name")])
    if len(spec.name) > _LONGEST_NAME or "/" in spec.name:
        raise BadRequest(
            400,
            f"{_REFUSED}name: {spec.name[:80]!r} is no valid name; use up to {_LONGEST_NAME} "
            "characters without '/'.",
        )
    _refuse_credentials(spec.experiment_spec)
    spec = completed(spec)
    trial(spec)
    return spec


def _refuse_credentials(spec: ExperimentSpec) -> None:
    git = spec.code.git if spec.code else None
    given = {"username": git.username, "password": git.password} if git else {}
    for name, value in given.items():
        if value and not (value.startswith("{{") and value.endswith("}}")):
            said = f"is shown to everybody in a template; use a placeholder, {{{{{name}}}}}"
            raise SpecError([Problem(f"experimentSpec.code.git.{name}", said)])


def _text(spec: ExperimentTemplateSpec) -> str:
    return json.dumps(spec.to_wire())


def _template(entry: Named) -> ExperimentTemplate:
    return ExperimentTemplate(
        experiment_template_id=TemplateId(id=entry.count, server_timestamp=entry.started_ms),
        experiment_template_spec=ExperimentTemplateSpec.from_wire(json.loads(entry.spec)),
    )


def _found(entry: Named | None) -> Named:
    if entry is None:
        raise NotFound(404, "ExperimentTemplate not found.")
    return entry
