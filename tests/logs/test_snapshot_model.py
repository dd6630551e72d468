"""Whole answers made into records, against a model of pods that write, restart and hide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from submarine_jupyter.logs.cursor import Cursor, Position
from submarine_jupyter.logs.records import Record
from submarine_jupyter.logs.snapshots import PodLines, Snapshot, SnapshotReader

PODS = ("run-ps-0", "run-worker-0", "run-worker-1")
LONG = 16 * 1024


def lines_of(text: str) -> list[str]:
    """Split a log as Apache Submarine does."""
    lines = text.split("\n")
    while lines and not lines[-1]:
        lines.pop()
    return lines


@dataclass
class World:
    """Three pods, and what was answered of them."""

    texts: dict[str, str] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PODS, 1))
    hidden: set[str] = field(default_factory=set)
    answers: list[Snapshot] = field(default_factory=list)
    shown: list[dict[str, int]] = field(default_factory=list)
    """For each answer, which start of each pod it shows."""

    def write(self, pod: str, text: str) -> None:
        # Two starts of a pod never begin alike.
        before = self.texts.get(pod) or f"#{self.starts[pod]} "
        self.texts[pod] = before + text

    def restart(self, pod: str) -> None:
        self.starts[pod] += 1
        self.texts[pod] = ""

    def toggle(self, pod: str) -> None:
        self.hidden ^= {pod}

    def answer(self, status: str) -> None:
        pods = []
        for pod in PODS:
            if pod in self.hidden:
                break  # as the server does: this one and all after it
            pods.append(PodLines(pod, lines_of(self.texts.get(pod, ""))))
        self.answers.append(Snapshot({"status": status}, pods))
        self.shown.append({pod.name: self.starts[pod.name] for pod in pods if pod.lines})

    def expected(self) -> dict[str, list[tuple[int, str]]]:
        """Return the lines of each pod with the number of the start, as they were last seen."""
        seen: dict[str, dict[int, list[str]]] = {pod: {} for pod in PODS}
        for answer, shown in zip(self.answers, self.shown, strict=True):
            for pod in answer.pods:
                if pod.lines:
                    seen[pod.name][shown[pod.name]] = list(pod.lines)
        return {
            pod: [
                (attempt, line.removesuffix("\r"))
                for attempt, lines in enumerate(starts.values(), 1)
                for line in lines
            ]
            for pod, starts in seen.items()
        }

    def restarted_in(self, index: int) -> bool:
        """Return whether an answer shows a start of a pod that no answer before it showed."""
        before: dict[str, int] = {}
        for shown in self.shown[:index]:
            before |= shown
        return any(before.get(pod, start) != start for pod, start in self.shown[index].items())


class Collected:
    """What a reader makes of records, each of which is checked."""

    def __init__(self, cursor: Cursor | None = None) -> None:
        self.lines: dict[str, list[tuple[int, str]]] = {pod: [] for pod in PODS}
        self.statuses: list[str] = []
        self.ends: list[str] = []
        self.partial: dict[str, str] = {}
        self.cursor = cursor or Cursor()
        self._piece: dict[str, str] = {}

    def take(self, records: Iterable[Record]) -> Collected:
        for record in records:
            assert not self.ends
            self._take(record.event, record.data)
            self.cursor = Cursor.parse(record.cursor)
        return self

    def _take(self, event: str, data: dict[str, Any]) -> None:
        match event:
            case "status":
                self.statuses.append(data["status"])
            case "end":
                self.ends.append(data["status"])
            case "log":
                self._take_log(**data)

    def _take_log(
        self,
        *,
        pod: str,
        attempt: int,
        offset: int,
        lines: list[str],
        partial: str | None = None,
        continued: bool = False,
    ) -> None:
        place = self.cursor.pods.get(pod, Position(1, 0))
        assert (attempt, offset) == (place if attempt == place.attempt else (place.attempt + 1, 0))
        assert bool(lines) == (partial is None)
        self.partial[pod] = partial or ""
        for number, line in enumerate(lines):
            text = self._piece.pop(pod, "") + line
            if continued and number == len(lines) - 1:
                assert len(line) == LONG
                self._piece[pod] = text
            else:
                self.lines[pod].append((attempt, text))

    def copy(self) -> Collected:
        other = Collected(self.cursor)
        other.lines = {pod: list(lines) for pod, lines in self.lines.items()}
        other._piece = dict(self._piece)
        return other


TEXTS = st.one_of(
    st.text("ab\n\r é😀", max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.just("x" * (LONG + 1) + "\n"),
    st.just("é" * LONG),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(PODS), TEXTS),
        st.tuples(st.just("restart"), st.sampled_from(PODS)),
        st.tuples(st.just("toggle"), st.sampled_from(PODS)),
        st.just(("answer", "Running")),
        st.just(("answer", "Running")),
    ),
    max_size=30,
)
STEADY = STEPS.map(lambda steps: [step for step in steps if step[0] in ("write", "answer")])


def world_of(steps: Sequence[tuple[str, ...]]) -> World:
    world = World()
    for name, *arguments in steps:
        getattr(world, name)(*arguments)
    world.answer("Succeeded")
    return world


@given(STEPS)
def test_every_line_once_and_in_order(steps: Sequence[tuple[str, ...]]) -> None:
    world = world_of(steps)
    reader, collected = SnapshotReader(), Collected()
    for answer in world.answers:
        collected.take(reader.take(answer))
        if not answer.is_over:
            for pod in answer.pods:
                assert not pod.lines or collected.partial.get(pod.name, "") == shown(pod.lines[-1])
    assert collected.lines == world.expected()
    assert collected.ends == ["Succeeded"]
    assert collected.statuses == (["Running"] if len(world.answers) > 1 else []) + ["Succeeded"]


@given(STEPS)
def test_every_cursor_goes_on_with_exactly_what_is_missing(
    steps: Sequence[tuple[str, ...]],
) -> None:
    world = world_of(steps)
    reader, collected = SnapshotReader(), Collected()
    for index, answer in enumerate(world.answers):
        rest = world.answers[index:]
        # What a pod said last is known to nobody who comes back while it is away or starts anew.
        whole = set(answer_pods(answer)) >= {
            pod for shown in world.shown[:index] for pod in shown
        } and not world.restarted_in(index)
        for record in reader.take(answer):
            collected.take([record])
            if whole:
                resumed, again = SnapshotReader(Cursor.parse(record.cursor)), collected.copy()
                for later in rest:
                    again.take(resumed.take(later))
                assert again.lines == world.expected()
                assert again.ends == ["Succeeded"]


def shown(line: str) -> str:
    """Return what is seen of an unfinished line."""
    piece = line[(len(line) - 1) // LONG * LONG :]
    return piece.rstrip("\r").rpartition("\r")[2][-4096:]


def answer_pods(answer: Snapshot) -> Iterator[str]:
    return (pod.name for pod in answer.pods if pod.lines)


@given(STEADY, st.data())
def test_an_answer_can_be_left_for_a_later_one(
    steps: Sequence[tuple[str, ...]], data: st.DataObject
) -> None:
    world = world_of(steps)
    reader, collected = SnapshotReader(), Collected()
    for answer in world.answers[:-1]:
        records = reader.take(answer)
        for _ in range(data.draw(st.integers(0, 3))):
            if record := next(records, None):
                collected.take([record])
    collected.take(reader.take(world.answers[-1]))
    assert collected.lines == world.expected()
