"""A user's own rule for what a metric is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from submarine_jupyter.logs.metric_lines import MAX_TEXT
from submarine_jupyter.logs.metrics import MetricReader
from submarine_jupyter.server.metric_rules import VARIABLE, MetricPattern

from .api import Api, experiment, python

LOSS = r"L(?P<loss>\S+)"


def found(pattern: str, *lines: str) -> list[tuple[str, float | None, float]]:
    reader = MetricReader(rule=MetricPattern(pattern))
    points = reader.feed("".join(f"{line}\n" for line in lines).encode())
    return [(point.name, point.step, point.value) for point in points]


def test_a_rule_replaces_ours() -> None:
    named = r"\[(?P<step>\d+)\] (?P<name>\w+) -> (?P<value>\S+)"
    assert found(named, "[3] My_Thing -> 0.5", "loss=1", "[4] rate -> 12%", "[5] a -> b") == [
        ("my_thing", 3, 0.5),
        ("rate", 4, 12),
    ]


def test_a_group_can_name_its_metric() -> None:
    pattern = r"e(?P<epoch>\S+) (?:L(?P<loss>\S+))?(?: A(?P<Acc>\S+))?"
    assert found(pattern, "e1 L0.5 A0.9 e2 L0.4", "enan  A1") == [
        ("loss", 1, 0.5),
        ("acc", 1, 0.9),
        ("loss", 2, 0.4),
        ("acc", None, 1),
    ]


@pytest.mark.parametrize("plain", [(), ("plain",), ("plain", "\x1b[0m")])
def test_a_rule_sees_the_visible_and_bounded_line(plain: Sequence[str]) -> None:
    lines = (*plain, "1\r22", "\x1b[1m3\x1b[0m", "4\b5")
    assert found(r"(?P<x>\d+)$", *lines) == [("x", None, 22), ("x", None, 3), ("x", None, 5)]
    assert found(r"(?P<x>\d)", *plain, " " * (MAX_TEXT - 1) + "12") == [("x", None, 1)]


@pytest.mark.parametrize("pattern", [r"^é (?P<x>\d+)$", r"\Aé (?P<x>\d+)\z", "é (?P<x>[0-9])"])
def test_a_rule_looks_at_lines(pattern: str) -> None:
    assert found(pattern, "nothing", "é 1", "é 2\r", "") == [("x", None, 1), ("x", None, 2)]


@pytest.mark.parametrize("place", ["meta", "task"])
def test_a_run_s_metrics_are_found_by_its_rule(api: Api, place: str) -> None:
    spec = experiment(python("print('at 3 L0.5'); print('loss=7')"))
    owner = spec["meta"] if place == "meta" else spec["spec"]["Worker"]
    owner["envVars"] = {VARIABLE: r"at (?P<step>\d+) " + LOSS}
    identity = api.create(spec)
    assert api.wait_for_end(identity) == "Succeeded"
    (series,) = api.result("GET", f"api/v1/experiment/{identity}/metrics")
    assert (series["name"], series["points"]) == ("loss", [[3, 0.5, 0]])


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("loss (", "is no regular expression: missing ): loss ("),
        (r"(?P<loss>\S+)(?=!)", "is no regular expression: invalid perl operator: (?="),
        (r"loss (\S+)", r"names no metric; use a group such as (?P<loss>\S+)"),
        (r"(?P<step>\d+) (?P<name>\w+)", "names no metric"),
    ],
)
def test_what_is_no_rule_is_refused_with_its_field(api: Api, pattern: str, said: str) -> None:
    spec = experiment(python("print()"))
    spec["meta"]["envVars"] = {VARIABLE: LOSS}
    spec["spec"]["Worker"]["envVars"] = {VARIABLE: pattern}
    refusal = api.call("POST", "api/v1/experiment", json=spec)
    assert refusal.status_code == 400
    message = refusal.json()["message"]
    assert message.startswith(f"spec.Worker.envVars.{VARIABLE}")
    assert said in message
    dry = api.call("POST", "api/v1/experiment", params={"dryRun": "true"}, json=spec)
    assert dry.status_code == 400
