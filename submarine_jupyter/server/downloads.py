"""Files as downloads: a `Range` of them or the whole, of files that may grow meanwhile."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from .answers import refusal

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_CHUNK = 256 * 1024

# What a run wrote is nobody's page: it is never shown by the browser as one of this origin.
_AS_DATA = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}


def described(media_type: str) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of a download; for a route with `response_class=Response`."""
    content = {"content": {media_type: {"schema": {"type": "string"}}}}
    return {
        200: {"description": "The whole file", **content},
        206: {"description": "The range that was asked for", **content},
    }


def download(path: Path, name: str, media_type: str, wanted: str | None) -> Response:
    """Answer with a file as an attachment.

    Exactly the size that is announced is sent, however the file grows; a file that is not there is
    an empty one.

    Parameters
    ----------
    name
        Under which it is to be saved.
    wanted
        The `Range` header; several ranges in one are answered with the whole.
    """
    size = path.stat().st_size if path.exists() else 0
    headers = {
        **_AS_DATA,
        "Accept-Ranges": "bytes",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
    }
    start, end, status = 0, size, 200
    match = _RANGE.fullmatch(wanted or "")
    if match is not None and match.group(0) != "bytes=-":
        first, last = match.groups()
        if first:
            start, end = int(first), min(int(last) + 1 if last else size, size)
        else:
            start = max(size - int(last), 0)
        if start >= end:
            said = f"That range is not in the {size} bytes there are."
            return refusal(416, said, {"Content-Range": f"bytes */{size}"})
        status = 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    if end - start <= _CHUNK:
        # At once: each piece of a stream has to wait for a thread.
        return Response(b"".join(_read(path, start, end)), status, headers, media_type)
    headers["Content-Length"] = str(end - start)
    return StreamingResponse(_read(path, start, end), status, headers, media_type)


def _read(path: Path, start: int, end: int) -> Iterator[bytes]:
    if start == end:
        return
    with path.open("rb", buffering=0) as file:
        while start < end and (chunk := os.pread(file.fileno(), min(_CHUNK, end - start), start)):
            start += len(chunk)
            yield chunk
