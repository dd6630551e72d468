"""Lists longer than one piece, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from submarine_jupyter import launch
from submarine_jupyter.datadir import make_private
from submarine_jupyter.server.store import Store
from submarine_jupyter.spec import Status

from .api import Api
from .records import happened, record

EXPERIMENT = "api/v1/experiment"
COUNT = 1_050
RECORDS = [record(number, f"name-ä-{number}", Status.FAILED) for number in range(COUNT)]


@pytest.fixture(scope="module")
def full_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Yield the API of a server whose store is full already."""
    directory: Path = make_private(tmp_path_factory.mktemp("full"))
    store = Store.in_directory(directory)
    store.add_all((entry, happened(entry)) for entry in RECORDS)
    store.close()
    yield Api(launch.ensure(directory))
    launch.stop(directory)


def test_the_plain_list_is_complete_and_each_entry_what_get_answers(full_api: Api) -> None:
    document = full_api.call("GET", EXPERIMENT).json()
    assert list(document) == ["status", "code", "success", "message", "result", "attributes"]
    assert (document["success"], document["attributes"]) == (True, {})
    assert [entry["experimentId"] for entry in document["result"]] == [one.id for one in RECORDS]
    for number in (0, 249, 250, COUNT - 1):
        entry = document["result"][number]
        one = full_api.get(RECORDS[number].id)
        assert (entry, list(entry)) == (one, list(one))


def test_pages_of_many_pieces_join_to_the_whole(full_api: Api) -> None:
    params = {"limit": "400", "order": "desc", "view": "summary"}
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        response = full_api.call("GET", EXPERIMENT, params={**params, **after})
        assert "secret" not in response.text
        document = response.json()
        assert len(document["result"]) in {400, COUNT % 400}
        assert document["attributes"]["total"] == COUNT
        seen += [entry["experimentId"] for entry in document["result"]]
        following = document["attributes"]["next"]
        if following is None:
            break
        after = {"after": following}
    assert seen == [one.id for one in reversed(RECORDS)]


def test_a_reader_that_leaves_in_the_middle_harms_nobody(full_api: Api) -> None:
    for _ in range(20):
        with full_api.call("GET", EXPERIMENT, stream=True) as response:
            assert next(response.iter_content(10))
    assert len(full_api.result("GET", EXPERIMENT)) == COUNT
