"""Misspelt fields of a spec."""

from __future__ import annotations

from submarine_jupyter.spec.spelling import misspelt


def test_misspelt_fields_are_named() -> None:
    spec = {
        "meta": {"name": "a", "framwork": "PyTorch", "envVar": {}},
        "enviroment": {},
        "environments": {},
        "spec": {"Worker": {"replcas": 2, "resources": "cpu=1"}, "Ps": 3},
        "code": {"sync_mode": "git"},
    }
    assert [f"{problem}" for problem in misspelt(spec)] == [
        "enviroment: is no field of a spec; did you mean environment?",
        "environments: is no field of a spec; did you mean environment?",
        "meta.framwork: is no field of a spec; did you mean framework?",
        "meta.envVar: is no field of a spec; did you mean envVars?",
        "code.sync_mode: is no field of a spec; did you mean syncMode?",
        "spec.Worker.replcas: is no field of a spec; did you mean replicas?",
    ]


def test_what_servers_answer_and_what_is_somebodys_own_passes() -> None:
    spec = {
        "meta": {"name": "a", "owner": "me", "experimentId": "x"},
        "environment": {},
        "spec": {"Worker": {"replicas": 1, "resourceMap": {}, "cpu": 1}},
        "x-notes": "mine",
    }
    assert not list(misspelt(spec))
