"""The form for a new experiment."""

from .form import ExperimentForm

__all__ = ["ExperimentForm"]
