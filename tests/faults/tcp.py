"""A TCP proxy that does to connections what bad networks do."""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_CHUNK = 64 * 1024


@dataclass
class Fate:
    """What happens to one connection.

    Attributes
    ----------
    cut_after
        Bytes of the answers after which it ends; None: it does not.
    reset
        Whether it ends by RST instead of FIN.
    slow_bytes
        How many bytes of the answers come one by one, at first.
    pause
        Seconds between those.
    """

    cut_after: int | None = None
    reset: bool = False
    slow_bytes: int = 0
    pause: float = 0.0

    def allowed_after(self, passed: int) -> int | None:
        """Return how many bytes may still pass; None is any number."""
        return None if self.cut_after is None else self.cut_after - passed


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
    own_name = f"127.0.0.1:{listener.getsockname()[1]}"
    names = (own_name.encode(), target.netloc.encode())
    proxy = TcpProxy(f"http://{own_name}", fates)

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
            threading.Thread(target=_pass, args=(client, server, names, fate), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield proxy
    finally:
        listener.close()
        for sock in proxy._sockets:
            with suppress(OSError):  # it has ended
                sock.shutdown(socket.SHUT_RDWR)


def _pass(
    client: socket.socket, server: socket.socket, names: tuple[bytes, bytes], fate: Fate
) -> None:
    """Pass bytes both ways in one thread: a socket that another thread waits for does not close."""
    passed = 0
    ends = False
    with suppress(OSError), client, server:
        while not ends:
            ready, _, _ = select.select([client, server], [], [])
            if client in ready:
                chunk = client.recv(_CHUNK)
                # The server answers under its own name alone.
                server.sendall(chunk.replace(*names))
                ends = not chunk
            elif server in ready:
                chunk = server.recv(_CHUNK)[: fate.allowed_after(passed)]
                _deliver(client, chunk, fate, passed)
                passed += len(chunk)
                ends = not chunk or fate.allowed_after(passed) == 0
        if fate.reset:
            # Without lingering, closing sends RST instead of FIN.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _deliver(client: socket.socket, chunk: bytes, fate: Fate, passed: int) -> None:
    slow = max(0, fate.slow_bytes - passed)
    for byte in chunk[:slow]:
        client.sendall(bytes([byte]))
        time.sleep(fate.pause)
    client.sendall(chunk[slow:])
