"""Pages of experiments, and plans, of servers with and without them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from submarine_jupyter import ExperimentClient, launch
from submarine_jupyter.client.listing import Page, ids_like
from submarine_jupyter.client.servers import EmbeddedServer
from submarine_jupyter.errors import SpecError, UsageError

from .relay import Answer, envelope, serve
from .test_client import spec


def entry(number: int, name: str, tags: list[str]) -> dict[str, Any]:
    meta = {"name": name, "framework": "PyTorch", "tags": tags}
    return {"experimentId": f"experiment-1-000{number}", "spec": {"meta": meta}}


ENTRIES = [entry(1, "a", []), entry(2, "ab", ["t"]), entry(3, "b", ["t", "u"])]


def plain(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
    """Answer as a server that knows neither summaries nor plans."""
    if method == "GET" and path.startswith("/api/v1/experiment"):
        return envelope(ENTRIES)
    return envelope(None, 404, f"{method} is not expected here")


@pytest.mark.parametrize(
    ("filters", "numbers", "total"),
    [
        ({}, [2, 1, 0], 3),
        ({"limit": "2"}, [2, 1], 3),
        ({"name": "A"}, [1, 0], 2),
        ({"tag": "t", "limit": "1"}, [2], 2),
        ({"framework": "pytorch", "name": "b"}, [2, 1], 2),
        ({"framework": "XGBoost"}, [], 0),
    ],
)
def test_filters_hold_where_the_server_has_none(
    filters: dict[str, str], numbers: list[int], total: int
) -> None:
    with serve(plain) as url:
        page = ExperimentClient(url).page(**filters)
    assert page == Page([ENTRIES[number] for number in numbers], total)


def test_ids_by_their_end_and_by_name() -> None:
    with serve(plain) as url:
        client = ExperimentClient(url)
        assert ids_like(client, "0002") == ["experiment-1-0002"]
        assert ids_like(client, "1-0003") == ["experiment-1-0003"]
        assert ids_like(client, "b") == ["experiment-1-0003"]
        assert ids_like(client, "00") == []
        assert ids_like(client, "experiment-9-0001") == ["experiment-9-0001"]


def test_a_server_without_plans_is_sent_nothing() -> None:
    asked: list[str] = []

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        asked.append(method)
        return plain(method, path, headers, body)

    with serve(answer) as url, pytest.raises(UsageError, match="cannot say what it would do"):
        ExperimentClient(url).plan(spec("print(1)"))
    assert set(asked) == {"GET"}


def test_our_own_server_counts_and_plans(experiment_server: launch.Server, data_dir: Path) -> None:
    client = ExperimentClient(locator=EmbeddedServer(data_dir))
    assert client.page() == Page([], 0)
    plan = client.plan(spec("print(1)", workers=2))
    assert [pod["index"] for pod in plan["pods"]] == [0, 1]
    assert plan["pods"][0]["cwd"] == str(Path.cwd())
    assert client.page().total == 0
    with pytest.raises(SpecError):
        client.plan({"meta": {}})
    for _ in range(3):
        client.submit(spec("print(1)")).wait(60)
    page = client.page(limit="2")
    assert (len(page.experiments), page.total) == (2, 3)
    assert page.experiments[0]["experimentId"].endswith("0003")
