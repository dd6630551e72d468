"""Texts that try to break out stay what they are on the way to the page, within their frame."""

from __future__ import annotations

import json
import shlex
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from submarine_jupyter.client.podlogs import lines_of
from submarine_jupyter.logs.records import Record
from tests.attacks import LINES, SHORT

from .conftest import Fetch, Page
from .test_embedded import spec

pytestmark = pytest.mark.usefixtures("data_dir")

PRINT = "import sys; sys.stdout.buffer.write(open(sys.argv[1], 'rb').read()); sys.exit(sys.argv[2])"


@pytest.fixture
def extension_config() -> dict[str, Any]:
    """Have no upstream but the embedded one."""
    return {}


async def test_texts_stay_within_their_frames(
    fetch: Fetch, open_page: Callable[[], Awaitable[Page]], tmp_path: Path
) -> None:
    printed = tmp_path / "printed"
    printed.write_bytes("\n".join(LINES).encode())
    attack = spec()
    attack["meta"]["cmd"] = shlex.join(["python", "-c", PRINT, str(printed), SHORT[0]])
    attack["meta"]["tags"] = list(SHORT)
    answer = await fetch("api/v1/experiment", "POST", body=attack)
    assert answer.code == 200, answer.body
    experiment_id = json.loads(answer.body)["result"]["experimentId"]

    page = await open_page()
    await page.say(op="subscribe", id="1", experiment=experiment_id)
    records: list[Record] = []
    while not records or records[-1].event != "end":
        message = await page.hear()
        assert set(message) == {"id", "event", "cursor", "data"}
        assert message["id"] == "1"
        records.append(Record(message["event"], message["cursor"], message["data"]))
    lines = [str(line) for line in lines_of(records)]
    assert lines[: len(SHORT)] == list(SHORT)
    # Lines beyond a MiB come in pieces; what the program ends with goes to the same log.
    assert "".join(lines) == "".join(LINES) + SHORT[0]
    statuses = [record.data for record in records if record.event == "status"]
    assert statuses[-1]["spec"]["meta"]["tags"] == list(SHORT)
    reasons = [record.data["message"] for record in records if record.event == "event"]
    assert any(SHORT[0] in reason for reason in reasons)
