"""A TCP proxy that does to connections what bad networks do."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_CHUNK = 64 * 1024
_HTTP = b"http://"


@dataclass
class Fate:
    """What happens to one connection.

    Attributes
    ----------
    cut_after
        Bytes of the answers after which it ends; None: it does not.
    slow_bytes
        How many bytes of the answers come one by one, at first.
    pause
        Seconds between those.
    """

    cut_after: int | None = None
    slow_bytes: int = 0
    pause: float = 0.0


@dataclass
class TcpProxy:
    """Passes connections on to a server; each has its fate."""

    url: str
    fates: Callable[[int], Fate] = lambda _: Fate()
    connections: int = 0
    _sockets: list[socket.socket] = field(default_factory=list)


@contextmanager
def tcp_proxy(url: str, fates: Callable[[int], Fate]) -> Iterator[TcpProxy]:
    """Yield a proxy to a server.

    Parameters
    ----------
    fates
        Tells what happens to the first connection (0), the second, and so on.
    """
    target = urlsplit(url)
    assert target.hostname is not None
    assert target.port is not None
    address = (target.hostname, target.port)
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = TcpProxy(f"http://127.0.0.1:{listener.getsockname()[1]}", fates)

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # it is closed
                return
            fate = proxy.fates(proxy.connections)
            proxy.connections += 1
            server = socket.create_connection(address)
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            proxy._sockets += [client, server]
            names = (proxy.url.encode(), url.encode())
            threading.Thread(
                target=_pass_requests, args=(client, server, *names), daemon=True
            ).start()
            threading.Thread(target=_pass_answers, args=(server, client, fate), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield proxy
    finally:
        listener.close()
        for sock in proxy._sockets:
            sock.close()


def _pass_requests(
    client: socket.socket, server: socket.socket, own_name: bytes, its_name: bytes
) -> None:
    with suppress(OSError):
        while chunk := client.recv(_CHUNK):
            # The server answers under its own name alone.
            server.sendall(
                chunk.replace(own_name.removeprefix(_HTTP), its_name.removeprefix(_HTTP))
            )
        server.shutdown(socket.SHUT_WR)


def _pass_answers(server: socket.socket, client: socket.socket, fate: Fate) -> None:
    passed = 0
    with suppress(OSError):
        while chunk := server.recv(_CHUNK):
            if fate.cut_after is not None:
                chunk = chunk[: fate.cut_after - passed]
            while chunk and passed < fate.slow_bytes:
                client.sendall(chunk[:1])
                time.sleep(fate.pause)
                chunk = chunk[1:]
                passed += 1
            client.sendall(chunk)
            passed += len(chunk)
            if fate.cut_after is not None and passed >= fate.cut_after:
                break
    with suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)
        client.close()
        server.shutdown(socket.SHUT_RDWR)
