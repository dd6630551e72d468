"""The frameworks, and the roles each has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Framework:
    """A training framework.

    Attributes
    ----------
    name
        As people write it.
    roles
        The roles (replica types) it knows, in the order in which pods are shown.
    """

    name: str
    roles: tuple[str, ...]

    def role(self, text: str) -> str | None:
        """Return the role that `text` names in any case, or None."""
        return next((role for role in self.roles if role.lower() == text.lower()), None)


FRAMEWORKS: dict[str, Framework] = {
    "tensorflow": Framework("TensorFlow", ("Ps", "Worker", "Chief", "Master", "Evaluator")),
    "pytorch": Framework("PyTorch", ("Master", "Worker")),
    "xgboost": Framework("XGBoost", ("Master", "Worker")),
}


def framework(name: str) -> Framework | None:
    """Return the framework that `name` names in any case, or None."""
    return FRAMEWORKS.get(name.strip().lower())
