"""`submarine/stream`: one WebSocket a page, with every stream the page follows."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from jupyter_server.auth.decorator import authorized, ws_authenticated
from jupyter_server.base.websocket import WebSocketMixin
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from ..errors import BadRequest, NotFound
from .base import SubmarineHandler
from .interest import Interest
from .records import UpstreamRecords
from .subscription import Subscription

_EXPERIMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_MAX_ID = 64
_MAX_CURSOR = 32 * 1024
_MAX_PODS = 1000
_MAX_TAIL = 1_000_000
_MAX_MESSAGE = 1024 * 1024


class StreamHandler(WebSocketMixin, SubmarineHandler, WebSocketHandler):
    """Takes subscriptions from a page and sends it their records.

    Neither its messages nor its being open counts as activity of the user.
    """

    max_message_size = _MAX_MESSAGE

    def initialize(self, name: str) -> None:
        """Start without subscriptions."""
        super().initialize(name)
        self._subscriptions: dict[str, Subscription] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def set_default_headers(self) -> None:
        """Leave out what makes no sense for an upgrade."""

    @ws_authenticated
    @authorized
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Upgrade; `check_origin` of jupyter_server runs before it is accepted."""
        if self.request.headers.get("Upgrade", "").lower() != "websocket":
            raise HTTPError(400)  # else tornado answers with a page
        await super().get(*args, **kwargs)

    def open(self, *args: str, **kwargs: str) -> None:
        """Register, so that a stopping server can end what the page started."""
        super().open(*args, **kwargs)
        self.extension.pages.add(self)

    def on_message(self, message: str | bytes) -> None:
        """Act on what the page says; what cannot be understood is answered, never fatal."""
        begun: str | None = None  # the subscription that an error would be the end of
        acts = {
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "ack": self._acknowledge,
        }
        try:
            order = _parse(message)
            operation = _operation(order, acts)
            subscription_id = _subscription_id(order)
            if operation == "subscribe" and subscription_id not in self._tasks:
                begun = subscription_id
            acts[operation](subscription_id, order)
        except BadRequest as error:
            self._refuse(begun, "BadRequest", error.message)
        except NotFound as error:
            self._refuse(begun, "NotFound", error.message)

    def on_close(self) -> None:
        """Stop following for a page that has gone."""
        super().on_close()
        self.extension.pages.discard(self)
        for task in self._tasks.values():
            task.cancel()
        self._subscriptions.clear()

    async def shut_down(self) -> None:
        """End every subscription and close the socket."""
        tasks = list(self._tasks.values())
        self.on_close()
        self.close(1001, "The Jupyter server is stopping")
        await asyncio.gather(*tasks, return_exceptions=True)

    def _subscribe(self, subscription_id: str, order: Mapping[str, Any]) -> None:
        if subscription_id in self._tasks:
            raise BadRequest(400, "There is a subscription of that id already; unsubscribe first.")
        limit = self.extension.max_subscriptions
        if len(self._tasks) >= limit:
            raise BadRequest(400, f"A page can have {limit} subscriptions at a time.")
        interest = _interest(subscription_id, order)
        upstream_name = order.get("upstream")
        if upstream_name is not None and not isinstance(upstream_name, str):
            raise BadRequest(400, "`upstream` must be a name, or null for the default.")
        upstream = self.upstreams.named(upstream_name)
        subscription = Subscription(
            UpstreamRecords(interest, upstream, self.extension.pollers),
            self.extension.max_unacknowledged_bytes,
            self._send,
            self.log,
        )
        self._subscriptions[subscription_id] = subscription
        self._tasks[subscription_id] = asyncio.create_task(self._run(subscription_id, subscription))

    async def _run(self, subscription_id: str, subscription: Subscription) -> None:
        try:
            await subscription.run()
        except WebSocketClosedError:
            pass
        except Exception:
            self.log.exception("A subscription failed")
            self._refuse(subscription_id, "NotSupported", "The server extension failed.")
        finally:
            if self._subscriptions.get(subscription_id) is subscription:
                self._forget(subscription_id)

    def _unsubscribe(self, subscription_id: str, order: Mapping[str, Any]) -> None:  # noqa: ARG002
        # One that is over by itself may be unsubscribed by a page that does not know it yet.
        task = self._forget(subscription_id)
        if task is not None:
            task.cancel()

    def _forget(self, subscription_id: str) -> asyncio.Task[None] | None:
        self._subscriptions.pop(subscription_id, None)
        return self._tasks.pop(subscription_id, None)

    def _acknowledge(self, subscription_id: str, order: Mapping[str, Any]) -> None:
        count = order.get("bytes")
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise BadRequest(400, "`bytes` must be a number of bytes.")
        subscription = self._subscriptions.get(subscription_id)
        if subscription is not None:
            subscription.acknowledge(count)

    def _refuse(self, subscription_id: str | None, code: str, message: str) -> None:
        data = {"code": code, "message": message, "retry": False}
        frame = {"id": subscription_id, "event": "error", "cursor": None, "data": data}
        with contextlib.suppress(WebSocketClosedError):
            sent = self.write_message(json.dumps(frame))
            # A page that leaves before it arrives is no error.
            sent.add_done_callback(lambda future: future.cancelled() or future.exception())

    async def _send(self, frame: bytes) -> None:
        await self.write_message(frame)


def _parse(message: str | bytes) -> dict[str, Any]:
    try:
        order = json.loads(message)
    except (ValueError, RecursionError):
        raise BadRequest(400, "A message must be a JSON object.") from None
    if not isinstance(order, dict):
        raise BadRequest(400, "A message must be a JSON object.")
    return order


def _operation(order: Mapping[str, Any], known: Collection[str]) -> str:
    operation = order.get("op")
    if not isinstance(operation, str) or operation not in known:
        raise BadRequest(400, f"`op` must be one of {', '.join(known)}.")
    return operation


def _subscription_id(order: Mapping[str, Any]) -> str:
    subscription_id = order.get("id")
    if not isinstance(subscription_id, str) or not 0 < len(subscription_id) <= _MAX_ID:
        raise BadRequest(400, f"`id` must be text of 1 to {_MAX_ID} characters.")
    return subscription_id


def _interest(subscription_id: str, order: Mapping[str, Any]) -> Interest:
    experiment = order.get("experiment")
    if not isinstance(experiment, str) or not (
        experiment == "*" or _EXPERIMENT.fullmatch(experiment)
    ):
        raise BadRequest(400, "`experiment` must be the id of an experiment, or '*'.")
    after = order.get("after")
    if after is not None and not (isinstance(after, str) and 0 < len(after) <= _MAX_CURSOR):
        raise BadRequest(400, "`after` must be a cursor.")
    tail = order.get("tail")
    if tail is not None and (type(tail) is not int or not 0 <= tail <= _MAX_TAIL):
        raise BadRequest(400, f"`tail` must be a number of lines from 0 to {_MAX_TAIL}.")
    pods = order.get("pods")
    if pods is not None and not (
        isinstance(pods, list)
        and 0 < len(pods) <= _MAX_PODS
        and all(isinstance(pod, str) and _EXPERIMENT.fullmatch(pod) for pod in pods)
    ):
        raise BadRequest(400, "`pods` must be a list of pod names.")
    return Interest(
        subscription_id,
        None if experiment == "*" else experiment,
        after=after,
        tail=tail,
        pods=None if pods is None else tuple(pods),
    )
