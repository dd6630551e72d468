"""The environments that experiments may name."""

from __future__ import annotations

import json

from sqlalchemy import Engine

from ...errors import BadRequest, NotFound, Problem, SpecError
from ...spec import Environment, EnvironmentSpec
from ...spec.packages import package_problems
from ..tables import environments
from .named import Named, NamedSpecs, NameTaken

_LONGEST_NAME = 255


class Environments:
    """Registers, changes and shows environments."""

    def __init__(self, engine: Engine) -> None:
        self._named = NamedSpecs(engine, environments)

    def register(self, spec: EnvironmentSpec | None) -> Environment:
        """Store a new environment; BadRequest when its name is taken."""
        spec = _checked(spec)
        try:
            return _environment(self._named.add(spec.name or "", _text(spec)))
        except NameTaken:
            raise BadRequest(
                400,
                "Unable to process the environment spec. There is an environment named "
                f"{spec.name!r}; patch that one, or choose another name.",
            ) from None

    def get(self, name: str) -> Environment:
        """Return an environment; NotFound when there is none of that name."""
        return _environment(_found(self._named.get(name)))

    def list(self) -> list[Environment]:
        """Return all environments, in the order in which they came."""
        return [_environment(entry) for entry in self._named.all()]

    def patch(self, name: str, spec: EnvironmentSpec | None) -> Environment:
        """Replace the spec of an environment, all but its name."""
        _found(self._named.get(name))
        renamed = None if spec is None else spec.model_copy(update={"name": name})
        return _environment(_found(self._named.replace(name, _text(_checked(renamed)))))

    def delete(self, name: str) -> Environment:
        """Forget an environment; what was made of it stays until it is pruned."""
        return _environment(_found(self._named.remove(name)))


def _checked(spec: EnvironmentSpec | None) -> EnvironmentSpec:
    if spec is None:
        raise BadRequest(400, "Invalid environment spec.")
    if not spec.name or not spec.name.strip():
        raise SpecError([Problem("name", "is missing; give the environment a name")])
    if len(spec.name) > _LONGEST_NAME or "/" in spec.name:
        said = f"is no valid name; use up to {_LONGEST_NAME} characters without '/'"
        raise SpecError([Problem("name", said)])
    problems = list(package_problems("kernelSpec", spec.kernel_spec))
    if problems:
        raise SpecError(problems)
    return spec


def _text(spec: EnvironmentSpec) -> str:
    return json.dumps(spec.to_wire())


def _environment(entry: Named) -> Environment:
    return Environment(
        environment_id=f"environment_{entry.started_ms}_{entry.count:04d}",
        environment_spec=EnvironmentSpec.from_wire(json.loads(entry.spec)),
    )


def _found(entry: Named | None) -> Named:
    if entry is None:
        raise NotFound(404, "Environment not found.")
    return entry
