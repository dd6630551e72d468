"""Specs to be looked at: secret values hidden, and put back when such a spec comes home."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml

from ...spec.secrets import MASK, is_secret, mask_spec
from .draft import Draft

_NAME = re.compile(r"""([\w.-]+)["']?\s*:""")


def hide(draft: Draft) -> dict[str, Any]:
    """Return a draft's spec with secret values hidden."""
    return with_secrets_as(draft, lambda _name: MASK)


def with_secrets_as(draft: Draft, stand_in: Any) -> dict[str, Any]:
    """Return a draft's spec with what `stand_in` makes of a variable's name as secret values.

    Secrets that are no variables of the form are hidden all the same.
    """
    shown = tuple(
        replace(each, value=stand_in(each.name)) if each.is_hidden and each.value else each
        for each in draft.variables
    )
    masked = mask_spec(draft.to_wire())
    variables = replace(draft, variables=shown).to_wire()["meta"].get("envVars")
    return masked if variables is None else _with_variables(masked, variables)


def restore(spec: Any, known: Any) -> Any:
    """Return a spec in which every hidden value that is known is its own again."""
    if spec == MASK:
        return known if isinstance(known, str) else spec
    if isinstance(spec, dict):
        others = known if isinstance(known, Mapping) else {}
        return {key: restore(value, others.get(key)) for key, value in spec.items()}
    return spec


def names_secrets(text: str) -> bool:
    """Whether a text that cannot be read seems to give a secret a value."""
    return any(is_secret(name) for name in _NAME.findall(text))


def to_yaml(spec: Mapping[str, Any]) -> str:
    """Return a spec as YAML, in its own order."""
    text: str = yaml.safe_dump(dict(spec), sort_keys=False, allow_unicode=True, width=1_000)
    return text


def _with_variables(spec: dict[str, Any], variables: Mapping[str, str]) -> dict[str, Any]:
    return {**spec, "meta": {**spec["meta"], "envVars": dict(variables)}}
