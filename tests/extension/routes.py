"""Every route and verb of the extension, as the extension itself has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jupyter_server.auth.decorator import ws_authenticated
from tornado import web
from tornado.websocket import WebSocketHandler

from submarine_jupyter.extension.app import SubmarineExtension
from submarine_jupyter.extension.base import SubmarineHandler

PREFIX = "submarine/"
EXAMPLE = "api/v1/experiment/e-1"
READING = {"GET", "HEAD", "OPTIONS"}

Method = Callable[..., Any]


@dataclass(frozen=True)
class Route:
    """One verb of one handler.

    Attributes
    ----------
    path
        Below `submarine/`; an example where the handler takes many.
    """

    handler: type[SubmarineHandler]
    verb: str
    path: str

    def __str__(self) -> str:
        return f"{self.verb} {self.path}"

    @property
    def writes(self) -> bool:
        return self.verb not in READING

    @property
    def is_socket(self) -> bool:
        return issubclass(self.handler, WebSocketHandler)

    @property
    def method(self) -> Method:
        """What the handler answers the verb with."""
        method: Method = getattr(self.handler, self.verb.lower())
        return method

    @property
    def bare(self) -> Method:
        """The same without any decorator."""
        return unwrapped(unwrapped(self.method))

    @property
    def without_login(self) -> Method:
        """The same for whoever has the permission, logged in or not."""
        return unwrapped(self.method)

    @property
    def without_permission(self) -> Method:
        """The same for everybody who is logged in."""
        decorate = ws_authenticated if self.is_socket else web.authenticated
        decorated: Method = decorate(self.bare)
        return decorated


def unwrapped(method: Method) -> Method:
    """Return a method without its outermost decorator, which there has to be."""
    within: Method = method.__wrapped__  # type: ignore[attr-defined] # set by functools.wraps
    return within


def all_routes() -> list[Route]:
    """Return every verb that a handler answers itself, on each of its addresses."""
    extension = SubmarineExtension()
    extension.initialize_handlers()
    return [
        Route(handler, verb, example(pattern))
        for pattern, handler, *_ in extension.handlers
        for verb in handler.SUPPORTED_METHODS
        if answers(handler, verb)
    ]


def answers(handler: type[web.RequestHandler], verb: str) -> bool:
    """Tell a verb of the handler from one that is refused, and from Jupyter's own OPTIONS."""
    method = getattr(handler, verb.lower())
    return method is not web.RequestHandler._unimplemented_method and verb != "OPTIONS"


def example(pattern: str) -> str:
    path = pattern.removeprefix(PREFIX).replace("(.*)", EXAMPLE)
    assert pattern.startswith(PREFIX), pattern
    assert "(" not in path, f"an example of {pattern} is missing"
    return path
