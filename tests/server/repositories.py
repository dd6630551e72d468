"""git repositories, and a server of them that may ask for a name and a password."""

from __future__ import annotations

import base64
import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit


def git(directory: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.test"]
    done = subprocess.run(
        ["git", "-C", str(directory), *identity, *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def make_repository(root: Path, name: str = "project.git") -> Path:
    """Return a repository with a program on `main`, and another version of it on `dev`."""
    repository = root / name
    repository.mkdir(parents=True)
    git(repository, "init", "--quiet", "--initial-branch=main")
    git(repository, "config", "http.receivepack", "false")
    for branch in ("main", "dev"):
        if branch != "main":
            git(repository, "checkout", "--quiet", "-b", branch)
        for version in (1, 2):
            program = f"import os\nprint('{branch}', {version}, os.environ['CODE_PATH'])\n"
            (repository / "train.py").write_text(program)
            git(repository, "add", "train.py")
            git(repository, "commit", "--quiet", "--message", f"{branch} {version}")
    git(repository, "checkout", "--quiet", "main")
    return repository


@dataclass
class GitServer:
    """A server of repositories.

    Attributes
    ----------
    asked
        The lines that it was asked with.
    authorized
        The `Authorization` of each.
    password
        What it asks for, as `name:password`; None for nothing.
    moved
        Where it sends everybody instead.
    """

    root: Path
    url: str = ""
    password: str | None = None
    moved: str | None = None
    asked: list[str] = field(default_factory=list)
    authorized: list[str | None] = field(default_factory=list)

    def allows(self, authorization: str | None) -> bool:
        if self.password is None:
            return True
        return authorization == f"Basic {base64.b64encode(self.password.encode()).decode()}"


@contextmanager
def git_server(root: Path, certificate: Path | None = None) -> Iterator[GitServer]:
    """Serve the repositories in a directory over HTTP, or over HTTPS with a certificate."""
    state = GitServer(root)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            state.asked.append(self.requestline)
            state.authorized.append(self.headers.get("Authorization"))
            if state.moved is not None:
                self.send_response(301)
                self.send_header("Location", state.moved + self.path)
                self._end(b"")
            elif not state.allows(self.headers.get("Authorization")):
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self._end(b"")
            else:
                self._answer()

        def do_POST(self) -> None:
            self.do_GET()

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            env = {
                **os.environ,
                "GIT_PROJECT_ROOT": str(root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": parts.path,
                "QUERY_STRING": parts.query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                # The owner of a repository in a container may be another than who serves it.
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": "safe.directory",
                "GIT_CONFIG_VALUE_0": "*",
            }
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            done = subprocess.run(
                ["git", "http-backend"], env=env, input=body, capture_output=True, check=False
            )
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            self.send_response(int(fields.pop("Status", "200").split()[0]))
            for name, value in fields.items():
                self.send_header(name, value)
            self._end(content)

        def _end(self, content: bytes) -> None:
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    state.url = f"{scheme}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def make_certificate(directory: Path) -> Path:
    """Return a file with a certificate that nobody trusts, and its key."""
    file = directory / "server.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(file), "-out", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    return file
