"""What a server offers to a form: its schema, environments and templates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...client import ExperimentClient
from ...client.transport import Call
from ...errors import ApiError, SubmarineError
from ...spec.templates import ExperimentTemplate, ExperimentTemplateSpec


@dataclass(frozen=True)
class Offer:
    """What there is to choose from; nothing where a server has none, or does not answer.

    Attributes
    ----------
    schema
        The JSON Schema of a spec.
    environments
        Names.
    """

    schema: dict[str, Any] | None = None
    environments: list[str] = field(default_factory=list)
    templates: list[ExperimentTemplateSpec] = field(default_factory=list)

    @classmethod
    def of(cls, client: ExperimentClient) -> Offer:
        """Ask a server; opening a form starts none."""
        try:
            schema = _answer(client, "schema")
            environments = _answer(client, "environment") or []
            templates = _answer(client, "template") or []
            specs = [
                ExperimentTemplate.from_wire(entry).experiment_template_spec for entry in templates
            ]
        except SubmarineError:
            return cls()
        names = (entry.get("environmentSpec", {}).get("name") for entry in environments)
        return cls(schema, [name for name in names if name], specs)


def _answer(client: ExperimentClient, what: str) -> Any:
    """Return what the server has under a path; None if it has no such path."""
    try:
        return client.transport.call(Call(path=f"/api/v1/{what}")).result
    except ApiError:
        return None
