"""Servers that tests put between the client and the real one, or in place of a foreign one."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[[str, str, dict[str, str], bytes], "Answer | None"]


@contextmanager
def serve(handle: Handler) -> Iterator[str]:
    """Serve HTTP with a function of method, path, headers and body; None drops the connection."""

    class Request(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = handle(self.command, self.path, dict(self.headers.items()), body)
            if answer is None:
                self.close_connection = True
                return
            code, headers, content = answer
            self.send_response(code)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # an answer may be given up by who asked
                self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 - named by http.server

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Request)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def forward(url: str, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
    """Pass a request on to a real server and return its answer."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    kept = {name: value for name, value in headers.items() if name.lower() != "host"}
    connection.request(method, path, body, kept)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, {"Content-Type": response.getheader("Content-Type") or ""}, content


def envelope(result: Any, code: int = 200, message: str | None = None) -> Answer:
    """Return an answer as Apache Submarine gives it."""
    ok = code == 200
    body = {
        "status": "OK" if ok else "NOT_FOUND",
        "code": code,
        "success": True if ok else None,
        "message": message,
        "result": result,
        "attributes": {},
    }
    return code, {"Content-Type": "application/json"}, json.dumps(body).encode()
