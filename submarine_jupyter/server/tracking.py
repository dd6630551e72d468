"""Where runs are tracked, and what the old workbench is told of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tracking:
    """The tracking servers that are there.

    Attributes
    ----------
    tensorboard, mlflow
        Their URLs; None where there is none.
    """

    tensorboard: str | None = None
    mlflow: str | None = None

    def variables(self, database: str) -> dict[str, str]:
        """Return what every run is told; its database is the server's own."""
        # Apache Submarine sets the first and its client reads the second.
        variables = {"SUBMARINE_TRACKING_URI": database, "SUBMARINE_DB_URI": database}
        if self.mlflow is not None:
            variables["MLFLOW_TRACKING_URI"] = self.mlflow
        return variables
