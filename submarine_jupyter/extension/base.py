"""What every route of the extension shares: the envelope, its headers and its errors."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado.web import HTTPError

from ..errors import ApiError, ServerUnavailable
from .upstreams import NotStarted, Upstreams

if TYPE_CHECKING:
    from .app import SubmarineExtension

AUTH_RESOURCE = "submarine"


def error_envelope(code: int, message: str, reason: str | None = None) -> bytes:
    """Return the API's answer for an error.

    Parameters
    ----------
    reason
        One word for programs, as ``attributes.reason``.
    """
    try:
        status = HTTPStatus(code).name
    except ValueError:
        status = "BAD_REQUEST"
    envelope = {
        "status": status,
        "code": code,
        "success": None,
        "message": message,
        "result": None,
        "attributes": {"reason": reason} if reason else {},
    }
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def describe_error(error: BaseException) -> tuple[int, str, str | None]:
    """Return the HTTP code, the sentence and the reason that an exception is told with."""
    if isinstance(error, NotStarted):
        return 503, str(error), "NotStarted"
    if isinstance(error, ServerUnavailable):
        return 502, str(error), "Unreachable"
    if isinstance(error, ApiError):
        return error.code, error.message, None
    if isinstance(error, HTTPError):
        # Jupyter's own refusals. Their log_message may quote the request, so it stays in the log.
        return error.status_code, _sentence(error.status_code), None
    return 500, "The server extension failed; the log of the Jupyter server says how.", None


def _sentence(code: int) -> str:
    if code == 401:
        return "Log in to the Jupyter server first."
    if code == 403:
        return "The Jupyter server does not allow this: log in, or ask for the permission."
    try:
        return f"{HTTPStatus(code).phrase}."
    except ValueError:
        return "The request failed."


class SubmarineHandler(ExtensionHandlerMixin, JupyterHandler):
    """Base of the routes: all errors are envelopes, never pages."""

    auth_resource = AUTH_RESOURCE

    @property
    def extension(self) -> SubmarineExtension:
        """The extension this route belongs to."""
        return cast("SubmarineExtension", self.extensionapp)

    @property
    def upstreams(self) -> Upstreams:
        """The configured upstreams."""
        return self.extension.named_upstreams

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with the envelope."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        code, message, reason = describe_error(error or HTTPError(status_code))
        self.set_status(code)
        self.set_header("Content-Type", "application/json;charset=utf-8")
        self.finish(error_envelope(code, message, reason))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log what is our fault, without the request: its address may hold Jupyter's token."""
        if describe_error(value)[0] == 500 and not isinstance(value, (ApiError, HTTPError)):
            self.log.error("The server extension failed", exc_info=(typ, value, tb))
        else:
            self.log.debug("%s answered %s", self.request.method, type(value).__name__)
