"""What is wrong with a draft, each problem under the field that shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import Problem, SpecError
from ...spec import ExperimentSpec
from ...spec.resources import check_amount
from ...spec.secrets import MASK
from ...spec.validation import check, variable_problems
from .draft import AMOUNTS, GIT, Draft, Role, whole_number
from .hiding import hide

VARIABLES = "meta.envVars"

_UNKNOWN = "stands for a value that is not known here; write it"


def problems_of(draft: Draft, schema: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return what is wrong: field, dotted as in the API → message.

    Amounts of a role stand under `spec.<Role>.resources.cpu`, `.memory` and `.gpu`.

    Parameters
    ----------
    schema
        The server's JSON Schema, where it is another than ours.
    """
    found: dict[str, str] = {}
    for problem in _problems(draft):
        found.setdefault(problem.field, problem.message)
    if schema is not None:
        for problem in _schema_problems(draft, schema):
            # Our own sentence says it better than a schema's.
            if not any(f"{field}.".startswith(f"{problem.field}.") for field in found):
                found.setdefault(problem.field, problem.message)
    return found


def _problems(draft: Draft) -> Iterator[Problem]:
    own = [problem for role in draft.roles for problem in _role_problems(role)]
    yield from own
    yield from _variables_of(draft)
    if draft.program == GIT:
        yield from _git_problems(draft.git)
    wire = draft.to_wire()
    for role in draft.roles:
        if whole_number(role.replicas) is None:
            wire["spec"][role.name]["replicas"] = 1
    try:
        check(ExperimentSpec.from_wire(wire))
    except SpecError as error:
        said = {problem.field.rpartition(".")[0] for problem in own}
        for problem in error.problems:
            # What a column or a row says already is not said again for the whole.
            if problem.field not in said and not problem.field.startswith(VARIABLES):
                yield problem


def _role_problems(role: Role) -> Iterator[Problem]:
    field = f"spec.{role.name}"
    if whole_number(role.replicas) is None:
        yield Problem(f"{field}.replicas", f"{role.replicas!r} is no whole number; write 1 or more")
    for column, key in AMOUNTS.items():
        amount = role.amounts.get(column, "").strip()
        if amount:
            try:
                check_amount(key, amount)
            except ValueError as error:
                yield Problem(f"{field}.resources.{column}", str(error))


def _variables_of(draft: Draft) -> Iterator[Problem]:
    counts = Counter(each.name for each in draft.variables)
    for each in draft.variables:
        field = f"{VARIABLES}.{each.name}"
        if not each.name:
            yield Problem(field, "is missing; give the variable a name, or remove it")
        if counts[each.name] > 1:
            yield Problem(field, f"{each.name!r} is given twice; remove one")
        if each.value == MASK and each.is_hidden:
            yield Problem(field, f"{MASK} {_UNKNOWN}")
        for problem in variable_problems(VARIABLES, {each.name: each.value}):
            yield Problem(field, problem.message)


def _git_problems(git: Mapping[str, Any]) -> Iterator[Problem]:
    if not str(git.get("url") or "").strip():
        yield Problem("code.git.url", "is missing; give the address of the repository")
    for key in ("username", "password"):
        if git.get(key) == MASK:
            yield Problem(f"code.git.{key}", f"{MASK} {_UNKNOWN}")


def _schema_problems(draft: Draft, schema: Mapping[str, Any]) -> Iterator[Problem]:
    from jsonschema import Draft202012Validator

    # Its messages show values, so they get none that is secret.
    for error in Draft202012Validator(schema).iter_errors(hide(draft)):
        yield Problem(".".join(map(str, error.absolute_path)), error.message)
