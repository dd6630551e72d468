"""The log of a pod: its bytes, its lines by number, and search in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from ...errors import BadRequest, NotFound
from ..answers import answer
from ..downloads import described, download
from ..logs.index import LogIndexes
from ..logs.lines import Line, LogSnapshot, opened
from ..logs.matchers import Matcher, matcher_of
from ..logs.search import LogSearch
from ..logs.times import GrowthTimes, times_of
from ..metrics import Metrics
from ..models import Answer, LogLine, LogLines, LogMatch, LogMatches
from ..service import ExperimentService
from ..times import to_wire

_KIND = "text/plain"
_MOST_LINES = 5000
_MOST_TEXT = 1024 * 1024
_MOST_MATCHES = 1000
_LONGEST_QUERY = 1000
_MOST = 2**62

RangeHeader = Annotated[str | None, Header(alias="Range")]
LineNumber = Annotated[int, Field(ge=-_MOST, le=_MOST)]


@dataclass(frozen=True)
class PodLog:
    """The output of one start of a pod, and whether nothing will be added to it."""

    pod: str
    attempt: int
    path: Path
    is_complete: bool

    def facts(self, content: LogSnapshot) -> dict[str, Any]:
        """Return what every answer about it begins with."""
        return {"pod": self.pod, "attempt": self.attempt, "first_offset": content.first}


class LineParameters(BaseModel):
    """Which lines are wanted."""

    from_: Annotated[LineNumber, Field(alias="from")] = 0
    at: Annotated[int | None, Field(ge=0, le=_MOST)] = None
    count: Annotated[int, Field(ge=0, le=_MOST_LINES)] = 200
    attempt: int | None = None

    def beginning(self, content: LogSnapshot) -> int:
        """Return the number of the first line."""
        if self.at is not None:
            return content.number_at(min(max(self.at, content.first), content.end))
        return self.from_ if self.from_ >= 0 else max(content.total() + self.from_, 0)


class SearchParameters(BaseModel):
    """The query of a search."""

    q: Annotated[str, Field(min_length=1, max_length=_LONGEST_QUERY)]
    from_: Annotated[LineNumber | None, Field(alias="from")] = None
    limit: Annotated[int, Field(ge=1, le=_MOST_MATCHES)] = 100
    case: bool = False
    regex: bool = False
    direction: Literal["forward", "backward"] = "forward"
    attempt: int | None = None

    @property
    def is_backward(self) -> bool:
        """Whether to search towards the beginning of the log."""
        return self.direction == "backward"

    def matcher(self) -> Matcher:
        """Return what finds it; BadRequest for what is no regular expression."""
        if "\n" in self.q or "\r" in self.q:
            raise BadRequest(400, "q: lines are searched one by one; leave line breaks out")
        try:
            return matcher_of(self.q, case=self.case, pattern=self.regex)
        except ValueError as error:
            raise BadRequest(400, f"regex: {error}") from None

    def beginning(self, content: LogSnapshot) -> int:
        """Return the number of the line to begin with; below 0 there is none."""
        start = (-1 if self.is_backward else 0) if self.from_ is None else self.from_
        if start >= 0:
            return start
        number = content.total() + start
        return number if self.is_backward else max(number, 0)


def log_routes(service: ExperimentService, metrics: Metrics) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/api/v1/experiment/{experiment_id}/pods/{pod}/log", tags=["log"])
    indexes = LogIndexes()

    @router.get("", response_class=Response, responses=described(_KIND))
    def get_log(
        experiment_id: str, pod: str, attempt: int | None = None, wanted: RangeHeader = None
    ) -> Response:
        """Return the log of a pod as it was written, or a range of it, as an attachment."""
        log = _pod_log(service, experiment_id, pod, attempt)
        return download(log.path, f"{pod}.{log.attempt}.log", _KIND, wanted)

    @router.get("/lines", response_model=Answer[LogLines])
    def get_log_lines(
        experiment_id: str, pod: str, wanted: Annotated[LineParameters, Query()]
    ) -> Response:
        """Return lines by number, and how many there are.

        A negative `from` counts from the end. `at` names the first line by a byte of it instead:
        the `offset` of a log record, or of a metric's point. There may be fewer lines than asked
        for, of little more than 1 MiB of text together: ask again from the line after the last. Of
        a line longer than 64 KiB a piece is shown, its beginning, or what its carriage returns have
        not overwritten. The last line may still grow unless the log is `complete`.
        """
        log = _pod_log(service, experiment_id, pod, wanted.attempt)
        with opened(log.path, indexes) as content, times_of(log.path) as times:
            first = wanted.beginning(content)
            lines = _bounded(content.lines(first), wanted.count)
            result = LogLines(
                **log.facts(content),
                from_=first,
                total=content.total(),
                complete=log.is_complete,
                lines=[LogLine(**_shown(line, times)) for line in lines],
            )
        return answer(result.to_wire())

    @router.get("/search", response_model=Answer[LogMatches])
    def search_log(
        experiment_id: str, pod: str, wanted: Annotated[SearchParameters, Query()]
    ) -> Response:
        """Return the lines that hold a text, or match a regular expression in RE2's syntax.

        `from` and `next` are line numbers, as of `lines`. The search begins with the line `from`;
        without it forward with the first and backward with the last. Each line is given once, with
        its first match. The search ends at `limit` matches, at 1 MiB of text, or after about a
        second, also when it has found nothing by then: `next` is then the line to go on from.
        Capital and small letters are the same unless `case` is true. Of a line longer than 64 KiB
        a regular expression sees only what `lines` shows.
        """
        log = _pod_log(service, experiment_id, pod, wanted.attempt)
        matcher = wanted.matcher()
        # Between each two blocks it would wait for the thread that finds metrics.
        with (
            metrics.paused(),
            opened(log.path, indexes) as content,
            times_of(log.path) as times,
        ):
            search = LogSearch(content, matcher, backwards=wanted.is_backward)
            found = search.run(wanted.beginning(content), wanted.limit)
            result = LogMatches(
                **log.facts(content),
                matches=[
                    LogMatch(**_shown(match.line, times), start=match.start, end=match.end)
                    for match in found.matches
                ],
                next=found.next,
                searched=found.searched,
            )
        return answer(result.to_wire())

    return router


def _pod_log(
    service: ExperimentService, experiment_id: str, pod: str, attempt: int | None
) -> PodLog:
    record = service.get(experiment_id)
    report = service.report(record)
    found = next((each for each in report.pods if each.name == pod), None)
    if found is None:
        raise NotFound(404, f"{record.id} has no pod of that name.")
    chosen = found.attempt if attempt is None else attempt
    if not 1 <= chosen <= found.attempt:
        raise NotFound(404, f"attempt: {pod} has been started {found.attempt} times.")
    is_over = chosen < found.attempt or found.log_size is not None or report.end is not None
    return PodLog(pod, chosen, service.log_file(record.id, pod, chosen), is_over)


def _bounded(lines: Iterator[Line], count: int) -> Iterator[Line]:
    text = 0
    for line in islice(lines, count):
        yield line
        text += len(line.raw)
        if text > _MOST_TEXT:
            return


def _shown(line: Line, times: GrowthTimes) -> dict[str, Any]:
    return {
        "number": line.place.number,
        "offset": line.place.offset,
        "time": to_wire(times.at(line.place.end)),
        "text": line.text,
        "length": line.length,
        "skipped": line.skipped,
    }
