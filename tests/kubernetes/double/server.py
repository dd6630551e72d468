"""The HTTP side of the stand-in, and its faults."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from aiohttp import web

from .logs import ContainerLog
from .store import Conflict, Object, Store, matches, merge

NAMESPACE = "ml"
KINDS = {"tfjobs": "TFJob", "pytorchjobs": "PyTorchJob", "xgboostjobs": "XGBoostJob"}
Result = TypeVar("Result")


class ApiServer:
    """Answers on a free port of this machine, from a thread of its own.

    Attributes
    ----------
    token
        That it accepts.
    forbidden
        Pairs of verb and resource that are refused.
    served
        The plurals of kubeflow.org that it knows.
    asked
        Every request: verb and path.
    is_down
        Whether it answers 503.
    after_create, answer_delay
        What happens once, when a job is made, and for how long its answer is then on its way.
    before_log
        What happens once, when a log has been asked for and before it is read.
    """

    def __init__(self) -> None:
        self.store = Store()
        self.logs: dict[tuple[str, int], ContainerLog] = {}
        self.token = "first"
        self.forbidden: set[tuple[str, str]] = set()
        self.served = set(KINDS)
        self.asked: list[tuple[str, str]] = []
        self.is_down = False
        self.gone_as_event = True
        self.after_create: Callable[[], object] | None = None
        self.answer_delay = 0.5
        self.before_log: Callable[[], object] | None = None
        self.changed: list[Callable[[str, str, Object], None]] = []
        self.loop = asyncio.new_event_loop()
        self._streams: set[asyncio.Task[Any]] = set()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._ready = threading.Event()
        self.url = ""

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        self.do(self.cut)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)

    def do(self, act: Callable[[], Result]) -> Result:
        """Do something in the server's thread."""

        async def done() -> Result:
            return act()

        return asyncio.run_coroutine_threadsafe(done(), self.loop).result(10)

    def cut(self) -> None:
        """Break every watch and every log that is being followed."""
        for task in list(self._streams):
            task.cancel()

    def log_of(self, uid: str, restarts: int = 0) -> ContainerLog:
        return self.logs.setdefault((uid, restarts), ContainerLog())

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._listen())
        self._ready.set()
        self.loop.run_forever()

    async def _listen(self) -> None:
        app = web.Application(middlewares=[self._guard])
        base = "/{api:api/v1|apis/kubeflow.org/v1}/namespaces/" + NAMESPACE + "/{plural}"
        app.router.add_get("/apis/kubeflow.org/v1", self._kinds)
        app.router.add_post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", self._review)
        app.router.add_get(base, self._list)
        app.router.add_post(base, self._create)
        app.router.add_get(base + "/{name}", self._get)
        app.router.add_patch(base + "/{name}", self._patch)
        app.router.add_delete(base + "/{name}", self._delete)
        app.router.add_get(base + "/{name}/log", self._log)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append((_verb(request), request.path))
        if self.is_down:
            return web.Response(status=503, text="no endpoints available")
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return _status(401, "Unauthorized")
        plural = request.match_info.get("plural")
        if plural is None:
            return await handler(request)  # type: ignore[no-any-return]
        if plural in KINDS and plural not in self.served:
            return web.Response(status=404, text="404 page not found\n")
        verb, part = _verb(request), "/log" if request.path.endswith("/log") else ""
        if (verb, plural + part) in self.forbidden:
            said = f'{plural} is forbidden: User "me" cannot {verb} resource "{plural}{part}"'
            return _status(403, said)
        return await handler(request)  # type: ignore[no-any-return]

    async def _kinds(self, _: web.Request) -> web.Response:
        if not self.served:
            return web.Response(status=404, text="404 page not found\n")
        found = [{"name": name, "kind": KINDS[name]} for name in sorted(self.served)]
        return web.json_response({"kind": "APIResourceList", "resources": found})

    async def _review(self, request: web.Request) -> web.Response:
        asked = (await request.json())["spec"]["resourceAttributes"]
        part = f"/{asked['subresource']}" if asked.get("subresource") else ""
        allowed = (asked["verb"], asked["resource"] + part) not in self.forbidden
        return web.json_response({"status": {"allowed": allowed}}, status=201)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("watch") == "true":
            return await self._watch(request)
        plural = request.match_info["plural"]
        found = self.store.all(plural, request.query.get("labelSelector", ""))
        begin = int(request.query.get("continue", "0"))
        end = begin + int(request.query.get("limit", "500"))
        metadata = {"resourceVersion": str(self.store.version)}
        if end < len(found):
            metadata["continue"] = str(end)
        return web.json_response({"metadata": metadata, "items": found[begin:end]})

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        plural, selector = request.match_info["plural"], request.query.get("labelSelector", "")
        version = int(request.query["resourceVersion"])
        gone = version < self.store.oldest
        if gone and not self.gone_as_event:
            return _status(410, "too old resource version")
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        if gone:
            status = {"code": 410, "reason": "Expired", "message": "too old resource version"}
            await response.write(json.dumps({"type": "ERROR", "object": status}).encode() + b"\n")
            return response
        queue: asyncio.Queue[tuple[str, str, Object] | None] = asyncio.Queue()
        for change, entry in self.store.since(version, plural):
            queue.put_nowait((change, plural, entry))
        self.store.watches.add(queue)
        try:
            await self._stream(self._changes(queue, plural, selector, response), response)
        finally:
            self.store.watches.discard(queue)
        return response

    async def _changes(
        self, queue: Any, plural: str, selector: str, response: web.StreamResponse
    ) -> None:
        while (found := await queue.get()) is not None:
            change, of, entry = found
            if of == plural and matches(entry, selector):
                line = json.dumps({"type": change, "object": entry}).encode() + b"\n"
                await response.write(line)

    async def _stream(self, work: Any, response: web.StreamResponse) -> None:
        """Send until it is done, or until a test cuts the connection."""
        task = asyncio.ensure_future(work)
        self._streams.add(task)
        try:
            await task
        except asyncio.CancelledError:
            task.cancel()
            if response.prepared and response._req is not None and response._req.transport:
                response._req.transport.abort()
        except (ConnectionError, OSError):
            pass
        finally:
            self._streams.discard(task)

    async def _create(self, request: web.Request) -> web.Response:
        plural, body = request.match_info["plural"], await request.json()
        if "stringData" in body:
            body["data"] = body.pop("stringData")
        try:
            entry = self.store.create(plural, body)
        except Conflict as error:
            return _status(409, f'{plural} "{error}" already exists', "AlreadyExists")
        self._tell("ADDED", plural, entry)
        answer = web.json_response(entry, status=201)
        if self.after_create is not None and plural in KINDS:
            act, self.after_create = self.after_create, None
            act()
            await asyncio.sleep(self.answer_delay)
        return answer

    async def _get(self, request: web.Request) -> web.Response:
        entry = self._find(request)
        return web.json_response(entry) if entry is not None else self._missing(request)

    async def _patch(self, request: web.Request) -> web.Response:
        entry, plural = self._find(request), request.match_info["plural"]
        if entry is None:
            return self._missing(request)
        if request.content_type != "application/merge-patch+json":
            return _status(415, "the body of the request was in an unknown format")
        body = await request.json()
        if "stringData" in body:
            body["data"] = body.pop("stringData")
        merge(entry, body)
        self.store.update(plural, entry)
        self._tell("MODIFIED", plural, entry)
        return web.json_response(entry)

    async def _delete(self, request: web.Request) -> web.Response:
        plural, entry = request.match_info["plural"], self._find(request)
        if entry is None:
            return self._missing(request)
        self.store.remove(plural, entry["metadata"]["name"])
        self._tell("DELETED", plural, entry)
        return web.json_response({"kind": "Status", "status": "Success"})

    async def _log(self, request: web.Request) -> web.StreamResponse:
        pod, query = self._find(request), request.query
        if pod is None:
            return self._missing(request)
        if query["container"] == "git-sync":
            return web.Response(text="fatal: repository not found\n")
        if self.before_log is not None:
            act, self.before_log = self.before_log, None
            act()
        statuses = pod.get("status", {}).get("containerStatuses") or [{}]
        number = statuses[0].get("restartCount", 0) - (query.get("previous") == "true")
        log = self.logs.get((pod["metadata"]["uid"], number))
        if log is None:
            return _status(400, f'container "{query["container"]}" is waiting to start')
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        await self._stream(self._lines(log, query, response), response)
        return response

    async def _lines(
        self, log: ContainerLog, query: Mapping[str, str], response: web.StreamResponse
    ) -> None:
        since = 0
        if "sinceTime" in query:
            # Whole seconds, as the API server passes it to the node.
            moment = datetime.strptime(query["sinceTime"], "%Y-%m-%dT%H:%M:%S%z")
            since = int(moment.timestamp()) * 10**9
        follow, stamps = query.get("follow") == "true", query.get("timestamps") == "true"
        async for line in log.read(since, follow=follow, stamps=stamps):
            await response.write(line)

    def _find(self, request: web.Request) -> Object | None:
        return self.store.get(request.match_info["plural"], request.match_info["name"])

    def _missing(self, request: web.Request) -> web.Response:
        plural, name = request.match_info["plural"], request.match_info["name"]
        return _status(404, f'{plural} "{name}" not found', "NotFound")

    def _tell(self, change: str, plural: str, entry: Object) -> None:
        for told in self.changed:
            with suppress(KeyError):
                told(change, plural, entry)


def _verb(request: web.Request) -> str:
    if request.method == "GET":
        if request.query.get("watch") == "true":
            return "watch"
        return "get" if "name" in request.match_info else "list"
    return {"POST": "create", "PATCH": "patch", "DELETE": "delete"}[request.method]


def _status(code: int, message: str, reason: str = "") -> web.Response:
    body = {"kind": "Status", "status": "Failure", "code": code, "message": message}
    return web.json_response({**body, "reason": reason}, status=code)
