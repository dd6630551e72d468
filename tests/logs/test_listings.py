"""Whole lists of experiments made into records."""

from __future__ import annotations

from typing import Any

import pytest

from submarine_jupyter.logs.listings import ListReader, read_listing


def experiment(ident: str, status: str = "Running") -> dict[str, Any]:
    secret = {"cmd": "secret", "envVars": {"KEY": "secret"}}
    return {
        "experimentId": ident,
        "status": status,
        "spec": {
            "meta": {"name": ident, **secret},
            "environment": {"image": "i"},
            "spec": {"Worker": {"replicas": 1, **secret}},
            "code": {"git": {"password": "secret"}},
        },
    }


def take(reader: ListReader, *experiments: dict[str, Any]) -> list[tuple[str, Any]]:
    found = list(reader.take(read_listing(list(experiments))))
    assert all(record.cursor == "" for record in found)
    return [
        (record.event, record.data.get("status") or next(iter(record.data.values())))
        for record in found
    ]


def test_what_changed_and_what_vanished() -> None:
    reader = ListReader()
    assert take(reader, experiment("e-1"), experiment("e-2")) == [
        ("status", "Running"),
        ("status", "Running"),
        ("list", ["e-1", "e-2"]),
    ]
    assert take(reader, experiment("e-1"), experiment("e-2")) == []
    assert take(reader, experiment("e-2", "Failed"), experiment("e-3", "Accepted")) == [
        ("status", "Failed"),
        ("status", "Accepted"),
        ("deleted", "e-1"),
    ]
    reader.resume()
    assert take(reader, experiment("e-3", "Accepted")) == [("deleted", "e-2"), ("list", ["e-3"])]


def test_a_list_that_was_left_is_taken_up_by_the_next() -> None:
    reader = ListReader()
    listing = read_listing([experiment("e-1"), experiment("e-2")])
    assert next(reader.take(listing)).data["experimentId"] == "e-1"
    assert take(reader, experiment("e-2")) == [
        ("status", "Running"),
        ("deleted", "e-1"),
        ("list", ["e-2"]),
    ]


def test_summaries_hold_no_secrets() -> None:
    (summary,) = read_listing([experiment("e-1")]).values()
    assert "secret" not in str(summary)
    assert summary["spec"] == {
        "meta": {"name": "e-1"},
        "environment": {"image": "i"},
        "spec": {"Worker": {"replicas": 1}},
    }


@pytest.mark.parametrize(
    "result",
    [
        None,
        {},
        [None],
        [{**experiment("e"), "experimentId": None}],
        [{**experiment("e"), "status": None}],
        [{**experiment("e"), "spec": None}],
        [{**experiment("e"), "spec": {"meta": {}}}],
        [{**experiment("e"), "spec": {"meta": [], "spec": {}}}],
    ],
)
def test_what_is_no_list(result: object) -> None:
    with pytest.raises(ValueError, match="list"):
        read_listing(result)
