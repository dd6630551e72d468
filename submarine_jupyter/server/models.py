"""What the routes answer, as models: they are built from these, and OpenAPI describes them so."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from ..spec import ExperimentSpec
from ..spec.models import Model
from .submitters.base import PodState
from .tokens import Role

Result = TypeVar("Result")


class Answer(BaseModel, Generic[Result]):
    """The envelope of an answer."""

    status: str = Field(examples=["OK"])
    code: int = Field(examples=[200])
    success: bool | None = Field(description="true; null after an empty body, with a null result")
    message: str | None
    result: Result
    attributes: dict[str, Any] = Field(
        description="of a filtered or paged list `total`, `next` and `cursor`; else empty"
    )


class Refusal(BaseModel):
    """The envelope of an error."""

    status: str = Field(examples=["NOT_FOUND"])
    code: int = Field(examples=[404])
    success: None
    message: str = Field(description="one sentence that names what is wrong")
    result: None
    attributes: dict[str, Any]


class Limits(Model):
    """The most that the server takes."""

    body_bytes: int
    replicas: int


class Info(Model):
    """What the server is."""

    name: str
    version: str
    server: str = Field(description="stable id of its store")
    host: str = Field(description="equal for two processes of one user on one machine")
    api: str
    role: Role = Field(description="of who asks: a reader may not submit, change or delete")
    submitter: str
    features: tuple[str, ...]
    limits: Limits


class Plan(Model):
    """What creating an experiment would do."""

    model_config = ConfigDict(extra="allow")

    spec: ExperimentSpec
    submitter: str
    pods: list[dict[str, Any]] = Field(description="each with its command, directory, variables")
    ignored: list[str] = Field(description="what of the spec the submitter passes over")
    prepares: list[str] = Field(description="what comes before the pods: environment, code")


class MadeEnvironment(Model):
    """A virtual environment that was made for runs."""

    key: str
    packages: list[str]
    size: int = Field(description="bytes on the disk")
    ready: bool = Field(description="false while it is being made")
    used: bool = Field(description="whether a run uses it, or makes it")


class Pod(Model):
    """A replica of a run; times are ISO 8601 with milliseconds, or null."""

    name: str
    role: str
    index: int
    state: PodState
    attempt: int
    exit_code: int | None
    signal: str | None
    reason: str | None
    log_first: int
    log_size: int
    start_time: str | None
    finish_time: str | None


class MetricSeries(Model):
    """A metric of one start of a pod; `sampled` says that points were left out."""

    pod: str
    attempt: int
    name: str
    points: list[tuple[float | None, float | None, int]]
    sampled: bool


class TimelineEvent(Model):
    """Something that happened to an experiment."""

    time: str
    kind: str
    reason: str
    message: str
    pod: str | None


class OutputFile(Model):
    """A file that a run wrote."""

    path: str
    size: int
    modified: str


class LogLine(Model):
    """A line of a log."""

    number: int = Field(description="counted from 0, or from `firstOffset` on")
    offset: int = Field(description="of its first byte in the log")
    time: str | None = Field(description="when it was written; null where nobody noted it")
    text: str = Field(description="without its newline; invalid UTF-8 as U+FFFD")
    length: int | None = Field(description="null; of a line longer than 64 KiB all its bytes")
    skipped: int = Field(description="0; of such a line the bytes in front of `text`")


class LogPart(Model):
    """What an answer about the log of a pod begins with."""

    pod: str
    attempt: int = Field(description="which start of the pod, from 1")
    first_offset: int = Field(description="above 0 when the oldest part of the log is gone")


class LogLines(LogPart):
    """Lines of a log, by number."""

    from_: int = Field(alias="from", description="number of the first line")
    total: int = Field(description="how many lines there are; the last may be unfinished")
    complete: bool = Field(description="whether nothing will be added any more")
    lines: list[LogLine]


class LogMatch(LogLine):
    """A line of a log in which something was found."""

    start: int = Field(description="of the first match, in characters (code points) of `text`")
    end: int = Field(description="after it")


class LogMatches(LogPart):
    """What a search has found."""

    matches: list[LogMatch]
    next: int | None = Field(description="number of the line to go on from; null: all is searched")
    searched: int = Field(description="bytes of the log that were looked at")
