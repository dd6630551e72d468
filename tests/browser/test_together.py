"""Several who look at one run: they see the same, also when the server dies in between."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from submarine_jupyter import launch
from submarine_jupyter.logs.sse import SSEMessage, SSEParser
from tests.faults.traces import kill_server

from .experiments import Experiments, Panel, open_gate
from .lab import Lab


class Curl:
    """Follows a run by `curl -N`, and comes back with the last id when the connection ends.

    Attributes
    ----------
    lines
        What it has seen of the log.
    """

    def __init__(self, lab: Lab, experiment_id: str) -> None:
        self._lab = lab
        self._path = f"api/v1/experiment/{experiment_id}/stream"
        self._after = ""
        self.lines: list[str] = []
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def until_end(self) -> list[str]:
        """Return all lines once the stream has ended."""
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self.lines

    def _follow(self) -> None:
        while not self._has_ended():
            pass

    def _has_ended(self) -> bool:
        for message in self._connection():
            self._after = message.id
            if message.event == "log":
                self.lines += json.loads(message.data)["lines"]
            if message.event == "end":
                return True
        return False

    def _connection(self) -> Iterator[SSEMessage]:
        server = launch.ensure(self._lab.data_dir)
        command = [
            "curl",
            "--no-buffer",
            "--silent",
            "--header",
            "@-",
            f"{server.url}/{self._path}",
        ]
        headers = f"Authorization: Bearer {server.token}\nLast-Event-ID: {self._after}\n"
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, bufsize=0) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(headers.encode())
            process.stdin.close()
            parser = SSEParser()
            while chunk := process.stdout.read(65536):
                yield from parser.feed(chunk)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_two_pages_and_curl_see_the_same(lab: Lab, browser: Browser, tmp_path: Path) -> None:
    experiments = Experiments(lab)
    gates = [tmp_path / str(number) for number in range(3)]
    program = f"""
        for part, gate in enumerate({[str(gate) for gate in gates]!r}):
            for n in range(20): say(f"part {{part}} line {{n}}")
            wait_for(gate)
        say("the end")
    """
    experiment_id = experiments.submit("together", program)
    printed = [f"part 0 line {n}" for n in range(20)]
    curl = Curl(lab, experiment_id)
    contexts = [browser.new_context(viewport={"width": 1000, "height": 900}) for _ in range(2)]
    try:
        views = [
            Panel.show(context.new_page(), lab, f"together-{number}").open("together")
            for number, context in enumerate(contexts)
        ]
        for part in (1, 2):
            for view in views:
                expect(view.lines("worker-0")).to_have_text(printed, timeout=30_000)
            kill_server(lab.data_dir)
            # It goes on printing while there is no server.
            open_gate(gates[part - 1])
            printed += [f"part {part} line {n}" for n in range(20)]
            launch.ensure(lab.data_dir)
        open_gate(gates[-1])
        printed.append("the end")
        for view in views:
            view.expect_status("Succeeded", timeout=30_000)
            expect(view.lines("worker-0")).to_have_text(printed)
        assert curl.until_end() == printed
    finally:
        for context in contexts:
            context.close()
