"""Which addresses a request may name, and the upstream's address made from them.

A request never chooses a host. It names a configured upstream and a path of the Experiment API;
the path is taken apart, checked segment by segment and quoted anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode

from ..errors import BadRequest, NotFound

_RESOURCES = frozenset(
    {"artifacts", "environment", "experiment", "info", "schema", "stream", "template"}
)
_NO_TEMPLATE = frozenset({"artifacts", "logs", "mlflow", "ping", "tensorboard"})
# As they stand in the request: unreserved characters, some sub-delimiters, percent escapes.
_RAW_SEGMENT = re.compile(r"(?:[A-Za-z0-9._~!$'()*+,;=:-]|%[0-9A-Fa-f]{2})+")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f/\\]")
# Jupyter's own: its token must not travel on, nor the time stamp with which Lab defeats caches.
_OWN_PARAMETERS = frozenset({"token", "_xsrf", "no_track_activity"})
MAX_SEGMENTS = 64
_MAX_PARAMETERS = 100


@dataclass(frozen=True)
class Target:
    """Where a request goes.

    Attributes
    ----------
    upstream
        Name of the upstream; none for the default one.
    segments
        The path below ``api/v1``, decoded: ``("experiment", "experiment-1-0001", "pods")``.
    """

    upstream: str | None
    segments: tuple[str, ...]

    @property
    def path(self) -> str:
        """The path below the upstream's base address, quoted."""
        return "/".join(["api", "v1", *(quote(segment, safe="~") for segment in self.segments)])

    @property
    def is_file(self) -> bool:
        """Whether it names bytes that a run wrote, which may be of any type."""
        kind, *rest = self.segments
        return kind == "experiment" and len(rest) > 2 and rest[1] in {"files", "pods"}

    def is_submit(self, method: str) -> bool:
        """Whether the request submits an experiment, from a spec or from a template."""
        if method != "POST" or self.segments[0] != "experiment":
            return False
        return len(self.segments) == 1 or (
            len(self.segments) == 2 and self.segments[1] not in _NO_TEMPLATE
        )


def parse_target(path: str) -> Target:
    """Read the part of a request's path, still percent-encoded, that follows ``submarine/``.

    Raises
    ------
    NotFound
        It is no path of the Experiment API.
    BadRequest
        It is one only for a reader less strict than this one.
    """
    raw = path.split("/")
    if len(raw) > MAX_SEGMENTS:
        raise BadRequest(400, "The address has too many parts.")
    segments = [_decoded(segment) for segment in raw]
    upstream = None
    if segments[0] == "upstreams" and len(segments) > 2:
        upstream = segments[1]
        segments = segments[2:]
    if segments[:2] != ["api", "v1"] or len(segments) < 3 or segments[2] not in _RESOURCES:
        raise NotFound(404, "There is no such address; the API is below api/v1.")
    return Target(upstream, tuple(segments[2:]))


def forwarded_query(query: str) -> str:
    """Return a query string without what is Jupyter's own, quoted anew.

    Raises
    ------
    BadRequest
        It has more than 100 parameters.
    """
    try:
        parameters = parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS)
    except ValueError:
        raise BadRequest(400, f"The address has more than {_MAX_PARAMETERS} parameters.") from None
    return urlencode(
        [
            (name, value)
            for name, value in parameters
            if name not in _OWN_PARAMETERS and not (name.isdigit() and not value)
        ]
    )


def _decoded(raw: str) -> str:
    if not _RAW_SEGMENT.fullmatch(raw):
        raise BadRequest(400, "The address holds an empty part or a character that is not allowed.")
    try:
        segment = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest(400, "The address is not UTF-8.") from None
    if segment in {".", ".."} or _FORBIDDEN.search(segment):
        raise BadRequest(400, "The address holds a part that is not allowed.")
    return segment
