"""What a run needs beyond its spec, in files that only their owner can read."""

from __future__ import annotations

import json

from ....datadir import make_private, write_private
from ....spec import EnvironmentSpec
from ....spec.code import Credentials
from ..base import NOTHING_MORE, Inputs
from .files import ExperimentFiles


def keep_inputs(files: ExperimentFiles, inputs: Inputs) -> None:
    """Write the named environment and the credentials of a run."""
    if inputs == NOTHING_MORE and not files.directory.exists():
        return
    make_private(files.directory)
    if inputs.environment is not None:
        write_private(files.environment, json.dumps(inputs.environment.to_wire()))
    else:
        files.environment.unlink(missing_ok=True)
    if inputs.credentials is not None:
        write_private(files.credentials, json.dumps(vars(inputs.credentials)))
    elif not inputs.keeps_credentials:
        files.credentials.unlink(missing_ok=True)


def kept_environment(files: ExperimentFiles) -> EnvironmentSpec | None:
    """Return the environment that was kept for a run."""
    if not files.environment.exists():
        return None
    return EnvironmentSpec.from_wire(json.loads(files.environment.read_text(encoding="utf-8")))


def kept_credentials(files: ExperimentFiles) -> Credentials | None:
    """Return the credentials that were kept for a run."""
    if not files.credentials.exists():
        return None
    return Credentials(**json.loads(files.credentials.read_text(encoding="utf-8")))
