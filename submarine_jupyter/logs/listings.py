"""Whole lists of experiments, taken one after another, made into the records of a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .records import Record

Listing = Mapping[str, Mapping[str, Any]]
"""Summaries of experiments by their ids."""

_LEFT_OUT = ("cmd", "envVars")


def read_listing(result: object) -> dict[str, dict[str, Any]]:
    """Take the result of a list; ValueError if it is not what the API has."""
    match result:
        case list(experiments):
            return {entry["experimentId"]: entry for entry in map(_summary, experiments)}
    raise ValueError("the answer is no list of experiments")


class ListReader:
    """Tells one reader what is new in each list.

    Its records are `status` (a summary) and `deleted`, and after the first list, and whenever it
    resumes, `list`: the ids of all experiments. They have no cursor, since a list does not tell
    what was deleted while nobody looked: who comes back begins anew.
    """

    def __init__(self) -> None:
        self._known: dict[str, Mapping[str, Any]] = {}
        self._told_all = False

    def resume(self) -> None:
        """Have the next records end with a `list`, as those of a new reader do."""
        self._told_all = False

    def take(self, listing: Listing) -> Iterator[Record]:
        """Yield what is new. It may be left at any record for a later list."""
        for ident, summary in listing.items():
            if self._known.get(ident) != summary:
                self._known[ident] = summary
                yield Record("status", "", dict(summary))
        for ident in [ident for ident in self._known if ident not in listing]:
            del self._known[ident]
            yield Record("deleted", "", {"experimentId": ident})
        if not self._told_all:
            self._told_all = True
            yield Record("list", "", {"experimentIds": list(listing)})

    def gone(self) -> Iterator[Record]:
        """Yield nothing: a server without a list is none that could be followed."""
        return iter(())


def _summary(experiment: Any) -> dict[str, Any]:
    """Return an experiment without its commands, variables and code."""
    match experiment:
        case {"experimentId": str(), "status": str(), "spec": {"meta": dict(), "spec": dict()}}:
            spec = experiment["spec"]
            return {
                **experiment,
                "spec": {
                    **{key: value for key, value in spec.items() if key != "code"},
                    "meta": _without(spec["meta"]),
                    "spec": {role: _without(task) for role, task in spec["spec"].items()},
                },
            }
    raise ValueError("the list holds something that is no experiment")


def _without(part: object) -> object:
    match part:
        case dict():
            return {key: value for key, value in part.items() if key not in _LEFT_OUT}
    return part
