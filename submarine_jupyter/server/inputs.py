"""What a run needs beyond its stored spec: its named environment, and its credentials."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..errors import Problem, SpecError
from ..spec import ExperimentSpec
from ..spec.code import credentials_of, has_hidden_credentials, repository_of
from .catalogue.environments import Environments
from .submitters.base import Inputs


def inputs_of(
    spec: ExperimentSpec, environments: Environments, before: ExperimentSpec | None = None
) -> Inputs:
    """Return what a spec asks for and does not hold.

    Parameters
    ----------
    before
        The stored spec that this one replaces.

    Raises
    ------
    NotFound
        There is no environment of that name.
    SpecError
        Its credentials are hidden, and those that were given are for another server.
    """
    name = spec.environment.name
    environment = environments.get(name).environment_spec if name else None
    if has_hidden_credentials(spec.code):
        _check_hidden(spec, before)
        return Inputs(environment, keeps_credentials=True)
    return Inputs(environment, credentials_of(spec.code))


def _check_hidden(spec: ExperimentSpec, before: ExperimentSpec | None) -> None:
    """Refuse a mask that stands for nothing, or that would send a secret elsewhere."""
    if before is None or _server(before) != _server(spec) or not _are_same(before, spec):
        said = "stands for a value that is hidden; give the user name and the password themselves"
        raise SpecError([Problem("code.git.password", said)])


def _server(spec: ExperimentSpec) -> tuple[str, str] | None:
    repository = repository_of(spec.code)
    return urlsplit(repository.url)[:2] if repository else None


def _are_same(before: ExperimentSpec, spec: ExperimentSpec) -> bool:
    return credentials_of(before.code) == credentials_of(spec.code)
