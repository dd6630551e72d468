"""What the last words of a log say of a failure."""

from __future__ import annotations

from submarine_jupyter.server import diagnosis

HEAD = "Traceback (most recent call last):"
OWN = '  File "Cell In[5]", line 2, in <module>'


def traceback(depth: int) -> list[str]:
    frames = [f'  File "library.py", line {number}, in call' for number in range(depth)]
    return [HEAD, OWN, *frames, "KeyError: 'missing'"]


def test_evidence_is_the_last_lines() -> None:
    lines = [f"step {number}" for number in range(100)]
    assert diagnosis.evidence(lines).splitlines() == lines[-12:]
    assert diagnosis.evidence(lines[:3]).splitlines() == lines[:3]


def test_a_long_traceback_is_whole() -> None:
    lines = ["step 1", *traceback(30)]
    assert diagnosis.evidence(lines).splitlines() == lines[1:]
    assert diagnosis.cause(lines) == "KeyError: 'missing'"


def test_evidence_is_bounded_by_a_traceback_without_end() -> None:
    lines = traceback(1000)
    assert diagnosis.evidence(lines).splitlines() == lines[-60:]


def test_lines_before_a_short_traceback_stay() -> None:
    lines = [f"step {number}" for number in range(20)] + traceback(1)
    assert diagnosis.evidence(lines).splitlines() == lines[-12:]
