"""Doing something with each of several experiments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ..errors import SubmarineError

if TYPE_CHECKING:
    from .experiment import Experiment


def for_each(
    experiments: Iterable[Experiment], act: Callable[[Experiment], object], done: str
) -> None:
    """Do something with each experiment, also when it fails with one of them.

    Parameters
    ----------
    done
        What is done then, such as `stopped`; for the error's text.

    Raises
    ------
    SubmarineError
        It failed; the text names the experiments that remain. With a single one it is its error.
    """
    chosen = list(experiments)
    failures: dict[str, SubmarineError] = {}
    for experiment in chosen:
        try:
            act(experiment)
        except SubmarineError as error:
            failures[experiment.id] = error
    if not failures:
        return
    first = next(iter(failures.values()))
    if len(chosen) == 1:
        raise first
    reasons = "; ".join(dict.fromkeys(map(str, failures.values())))
    raise SubmarineError(
        f"{len(failures)} of {len(chosen)} are not {done}: {' '.join(failures)} ({reasons})"
    ) from first
