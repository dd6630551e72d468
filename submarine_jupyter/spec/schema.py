"""The JSON Schema of a spec, for forms: the models' shape, with the rules a schema can say.

What it cannot say, such as that some command must be given, `validation` checks.
"""

from __future__ import annotations

from typing import Any

from .frameworks import FRAMEWORKS, Framework
from .models import ExperimentSpec
from .validation import MAX_REPLICAS, NAME_LENGTH, NAME_PATTERN

ROLES = "x-roles"
"""The annotation of `spec` that says which roles each framework has, in order."""

_TITLES = {"ExperimentMeta.cmd": "Command", "ExperimentMeta.envVars": "Environment variables"}

_DESCRIPTIONS = {
    "ExperimentMeta.name": "Letters, digits, '-', '_' and '.'.",
    "ExperimentMeta.framework": "It decides which roles there are and what they are told.",
    "ExperimentMeta.cmd": "The command of every role that has none of its own.",
    "ExperimentMeta.envVars": "The variables of every role that has none of its own.",
    "ExperimentMeta.tags": "Words to find the experiment by.",
    "EnvironmentSpec.name": "A predefined environment of the server.",
    "EnvironmentSpec.image": "The container image of every role that has none of its own.",
    "ExperimentTaskSpec.replicas": "How many run.",
    "ExperimentTaskSpec.resources": "What each replica gets, such as cpu=1,memory=1G.",
    "GitCodeSpec.url": "The repository, by https or ssh.",
    "GitCodeSpec.branch": "The branch; main if none is given.",
}


def experiment_schema() -> dict[str, Any]:
    """Return the JSON Schema of an experiment's spec, as `/api/v1/schema` publishes it."""
    schema = ExperimentSpec.model_json_schema(by_alias=True)
    parts: dict[str, Any] = schema["$defs"]
    for keyword, texts in (("title", _TITLES), ("description", _DESCRIPTIONS)):
        for path, text in texts.items():
            part, field = path.split(".")
            parts[part]["properties"][field][keyword] = text
    meta, task = parts["ExperimentMeta"], parts["ExperimentTaskSpec"]
    meta["required"] = ["name", "framework"]
    meta["properties"]["name"] = _text(meta, "name") | {
        "pattern": f"^{NAME_PATTERN}$",
        "maxLength": NAME_LENGTH,
    }
    meta["properties"]["framework"] = _text(meta, "framework") | {
        "pattern": f"^\\s*(?:{'|'.join(map(_any_case, _names()))})\\s*$",
        "examples": _names(),
    }
    task["required"] = ["resources"]
    task["properties"]["replicas"] |= {"minimum": 1, "maximum": MAX_REPLICAS}
    task["properties"]["resources"] = _text(task, "resources") | {
        "examples": ["cpu=1,memory=1G", "cpu=500m,memory=2Gi,nvidia.com/gpu=1"]
    }
    roles = schema["properties"]["spec"]
    roles["minProperties"] = 1
    roles[ROLES] = {known.name: list(known.roles) for known in FRAMEWORKS.values()}
    schema["allOf"] = [_roles_rule(known) for known in FRAMEWORKS.values()]
    return schema


def _names() -> list[str]:
    return [known.name for known in FRAMEWORKS.values()]


def _text(part: dict[str, Any], field: str) -> dict[str, Any]:
    """Return a field's schema without its null."""
    kept = ("title", "description")
    return {key: part["properties"][field][key] for key in kept} | {"type": "string"}


def _roles_rule(known: Framework) -> dict[str, Any]:
    """Return the rule that an experiment of a framework has its roles and no others."""
    named = {"properties": {"framework": {"pattern": f"^\\s*{_any_case(known.name)}\\s*$"}}}
    roles = "|".join(map(_any_case, known.roles))
    return {
        "if": {"properties": {"meta": named | {"required": ["framework"]}}},
        "then": {"properties": {"spec": {"propertyNames": {"pattern": f"^(?:{roles})$"}}}},
    }


def _any_case(word: str) -> str:
    """Return a pattern that takes a word in any case; JSON Schema knows no flag for that."""
    return "".join(f"[{letter.upper()}{letter.lower()}]" for letter in word)
