"""A user's own rule for what a metric is: a regular expression in the experiment's environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from ..errors import Problem, SpecError
from ..logs.metrics import Rule, check_names
from ..spec import ExperimentSpec
from .logs.matchers import Expression, PatternMatcher

VARIABLE = "SUBMARINE_METRIC_REGEX"


class MetricPattern:
    """Finds metrics by a regular expression of RE2's, whose time grows with the log alone.

    Raises
    ------
    ValueError
        It is no expression, or its groups do not tell what is a metric.
    """

    def __init__(self, pattern: str) -> None:
        self._matcher = PatternMatcher(pattern, case=True)
        self._expression = Expression(pattern, case=True, literal=False)
        check_names(self._expression.group_names)

    def places(self, data: bytes) -> Iterator[int]:
        """Yield a place in each line that the expression matches."""
        return (hit.start for hit in self._matcher.hits(data))

    def matches(self, line: str) -> Iterator[Mapping[str, str | None]]:
        """Yield what the named groups hold, each time that the expression matches."""
        return self._expression.groups(line)


def rule_for(spec: ExperimentSpec, role: str) -> Rule | None:
    """Return the rule for the pods of a role; None when the user has none."""
    pattern = spec.env_of(role).get(VARIABLE) if role in spec.spec else None
    return _pattern(pattern) if pattern else None


def check_rules(spec: ExperimentSpec) -> None:
    """Raise SpecError when a rule of a spec is none."""
    problems = list(_problems(spec))
    if problems:
        raise SpecError(problems)


def _problems(spec: ExperimentSpec) -> Iterator[Problem]:
    given = {"meta.envVars": spec.meta.env_vars}
    given |= {f"spec.{role}.envVars": task.env_vars or {} for role, task in spec.spec.items()}
    for field, variables in given.items():
        pattern = variables.get(VARIABLE)
        if pattern:
            try:
                _pattern(pattern)
            except ValueError as error:
                yield Problem(f"{field}.{VARIABLE}", str(error))


@lru_cache(maxsize=64)
def _pattern(pattern: str) -> MetricPattern:
    return MetricPattern(pattern)
