from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from submarine_jupyter.logs.lines import MAX_LINE
from submarine_jupyter.server.logs import matchers
from submarine_jupyter.server.logs.index import LogIndexes
from submarine_jupyter.server.logs.lines import LogSnapshot, opened
from submarine_jupyter.server.logs.matchers import (
    BytesMatcher,
    LettersMatcher,
    Matcher,
    PatternMatcher,
    TextMatcher,
    matcher_of,
)
from submarine_jupyter.server.logs.search import LogSearch, Match

from .api import Api, experiment, python
from .logfiles import LOG, log_of, places, shown

TEXTS = ["a", "AB", "bba", "é", "É€", "😀", "\ufffd", "x" * 40, "line of", "%\r50", "\0", "k", "ß"]


def everything(
    log: LogSnapshot, matcher: Matcher, *, limit: int, backwards: bool = False, patience: float = 9
) -> list[Match]:
    """Return all matches, asking again and again; forwards from the first line, in their order."""
    search = LogSearch(log, matcher, backwards=backwards)
    number: int | None = log.total() - 1 if backwards else 0
    found: list[Match] = []
    searched = 0
    while number is not None:
        part = search.run(number, limit, patience)
        assert len(part.matches) <= limit
        found += part.matches
        searched += part.searched
        number = part.next
    assert searched == log.end - log.first
    return found[::-1] if backwards else found


# On files


def holds(text: str) -> Callable[[str], bool]:
    return lambda line: text in line


def holds_in_any_case(text: str) -> Callable[[str], bool]:
    return lambda line: re.search(re.escape(text), line, re.IGNORECASE) is not None


def ways_to_find(text: str) -> list[tuple[Matcher, Callable[[str], bool]]]:
    """Return what finds a text, each with the simple way to see whether a line holds it."""
    ways: list[tuple[Matcher, Callable[[str], bool]]] = [
        (BytesMatcher(text, case=True), holds(text)),
        (TextMatcher(text, case=True), holds(text)),
        (TextMatcher(text, case=False), holds_in_any_case(text)),
        (LettersMatcher(text), holds_in_any_case(text)),
    ]
    if text.isascii():
        ways.append((BytesMatcher(text, case=False), holds_in_any_case(text)))
    return ways


@given(LOG, st.sampled_from(TEXTS), st.sampled_from([20, 300, 9_000]), st.booleans())
@settings(max_examples=40, deadline=None)
def test_every_line_that_holds_a_text_is_found_once(
    content: bytes, text: str, limit: int, backwards: bool
) -> None:
    with log_of(content) as log:
        # What is shown for broken characters is not in the log.
        lines = {
            place: shown(content, place).replace("\ufffd", "\x01") for place in places(content)
        }
        for matcher, is_in in ways_to_find(text):
            found = everything(log, matcher, limit=limit, backwards=backwards)
            assert [match.line.place for match in found] == [
                place for place, line in lines.items() if is_in(line)
            ]
            for match in found:
                assert match.line.text[match.start : match.end].casefold() == text.casefold()
                assert len(match.line.raw) <= MAX_LINE + 1


PATTERNS = [
    # In RE2's syntax, and the same in Python's for one line, where newlines are no characters.
    ("^a", r"\Aa"),
    ("[0e]$", r"[0e]\Z"),
    ("^$", r"\A\Z"),
    ("$", r"\Z"),
    ("x*", "x*"),
    ("b.*b", "b.*b"),
    (r"\Aab", r"\Aab"),
    (r"ab\z", r"ab\Z"),
    (r"\bline\b", r"\bline\b"),
    ("[^x]b", r"[^x\n]b"),
    (r"50\s", r"50[\t\f\r ]"),
    ("(?i)ABBA|É", "(?i)ABBA|É"),
    ("€{2}|\\x{1F600}", "€{2}|😀"),
]


@given(LOG, st.sampled_from(PATTERNS), st.sampled_from([20, 300, 9_000]), st.booleans())
@settings(max_examples=40, deadline=None)
def test_every_line_that_a_pattern_matches_is_found_once(
    content: bytes, pattern: tuple[str, str], limit: int, backwards: bool
) -> None:
    ours, theirs = pattern
    with log_of(content) as log:
        matcher = PatternMatcher(ours, case=True)
        found = everything(log, matcher, limit=limit, backwards=backwards)
        expected = {
            line.place: span
            for line in log.lines(0)
            if (span := re.search(theirs, line.text.replace("\ufffd", "\n")))
        }
        assert [match.line.place for match in found] == list(expected)
        for match in found:
            if match.line.length is None:
                assert (match.start, match.end) == expected[match.line.place].span()


@pytest.mark.parametrize("backwards", [False, True])
def test_an_impatient_search_gets_on_all_the_same(backwards: bool) -> None:
    content = b"".join(b"line %d\n" % number for number in range(50_000)) + b"x" * 200_000
    with log_of(content) as log:
        search = LogSearch(log, BytesMatcher("7777", case=True), backwards=backwards)
        assert search.run(log.total() if backwards else 0, 10, patience=0).next is not None
        found = everything(
            log, BytesMatcher("7777", case=True), limit=3, backwards=backwards, patience=0
        )
    assert [match.line.text for match in found] == [
        f"line {number}" for number in range(50_000) if "7777" in str(number)
    ]


@pytest.mark.parametrize("backwards", [False, True])
def test_in_a_very_long_line_the_piece_with_the_match_is_shown(backwards: bool) -> None:
    before, after = "€" * 70_001, "ü" * 70_001
    with log_of(f"one\n{before}Needle{after}\nthree\n".encode()) as log:
        (match,) = everything(log, matcher_of("needle"), limit=5, backwards=backwards)
        assert (match.line.place.number, match.line.length) == (1, 210_003 + 6 + 140_002)
        assert match.line.text[match.start : match.end] == "Needle"
        assert set(match.line.text[: match.start]) == {"€"}
        assert set(match.line.text[match.end :]) == {"ü"}
        assert match.line.skipped + 3 * match.start == 210_003


def test_a_match_over_the_edge_of_what_is_read_at_once_is_found() -> None:
    for shift in range(-8, 9):
        with log_of(b"x" * (2 * MAX_LINE + shift) + "nÉedle".encode() + b"x" * MAX_LINE) as log:
            for matcher in (
                matcher_of("NéEDLE"),
                BytesMatcher("nÉedle", case=True),
                LettersMatcher("néedle"),
            ):
                (match,) = everything(log, matcher, limit=5)
                assert match.line.text[match.start : match.end] == "nÉedle"


def test_an_answer_of_long_lines_is_bounded() -> None:
    with log_of((b"needle" + b"x" * 60_000 + b"\n") * 60) as log:
        found = LogSearch(log, matcher_of("needle")).run(0, 100)
        assert 10 < len(found.matches) < 20
        assert found.next == len(found.matches)


def test_what_comes_while_a_log_is_searched_is_left_for_later(tmp_path: Path) -> None:
    path = tmp_path / "1.log"
    path.write_bytes(b"needle\n")
    indexes = LogIndexes()
    with opened(path, indexes) as log:
        with path.open("ab") as file:
            file.write(b"needle again\n")
        assert len(everything(log, matcher_of("needle"), limit=5)) == 1
    with opened(path, indexes) as log:
        assert len(LogSearch(log, matcher_of("needle")).run(1, 5).matches) == 1


@pytest.mark.parametrize(
    "pattern", ["a)(b", "[", r"(a)\1", "(?=a)", "((a{100}){100}){100}", "(?:a{1000}){1000}", "\\Z"]
)
def test_what_is_no_pattern_of_re2_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="is no regular expression: "):
        matcher_of(pattern, pattern=True)


def test_a_pattern_that_others_never_end_with_ends() -> None:
    with log_of(b"a" * 60_000 + b"!\n") as log:
        assert everything(log, PatternMatcher("^(a+)+$", case=True), limit=5) == []


def test_without_re2_texts_are_found_and_patterns_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matchers, "re2", None)
    with log_of("GRÖSSE\nNeedle\n".encode()) as log:
        for text, line in {"größe".upper(): 0, "grÖss": 0, "NEEDLE": 1}.items():
            (match,) = everything(log, matcher_of(text), limit=5)
            assert match.line.place.number == line
    with pytest.raises(ValueError, match="search for a plain text"):
        matcher_of("x", pattern=True)


# On a server


@pytest.fixture(scope="module")
def finished(shared_api: Api) -> str:
    source = "for n in range(1, 101): print('Error' if n % 10 == 0 else 'step', n)"
    identity = shared_api.create(experiment(python(source)))
    assert shared_api.wait_for_end(identity) == "Succeeded"
    return identity


def search(api: Api, identity: str, **params: Any) -> dict[str, Any]:
    path = f"api/v1/experiment/{identity}/pods/{identity}-worker-0/log/search"
    found: dict[str, Any] = api.result("GET", path, params=params)
    return found


def test_a_search_tells_where_and_when(shared_api: Api, finished: str) -> None:
    found = search(shared_api, finished, q="error 5")
    (match,) = found["matches"]
    assert (match["number"], match["text"], match["start"], match["end"]) == (49, "Error 50", 0, 7)
    assert (found["pod"], found["attempt"], found["next"]) == (f"{finished}-worker-0", 1, None)
    raw = f"api/v1/experiment/{finished}/pods/{finished}-worker-0/log"
    log = shared_api.call("GET", raw).content
    assert found["searched"] == len(log)
    assert log[match["offset"] :].startswith(b"Error 50\n")
    started = shared_api.pods(finished)["worker-0"]["startTime"]
    assert match["time"] >= started


@pytest.mark.parametrize(
    ("params", "numbers", "following"),
    [
        ({"q": "error"}, [*range(9, 100, 10)], None),
        ({"q": "error", "case": "true"}, [], None),
        ({"q": "Error", "case": "true", "limit": 2}, [9, 19], 20),
        ({"q": "error", "from": 20, "limit": 2}, [29, 39], 40),
        ({"q": "error", "from": -11, "limit": 2}, [89, 99], None),
        ({"q": "error", "from": 100}, [], None),
        ({"q": "error", "from": 2**62}, [], None),
        ({"q": "error", "from": 2**62, "direction": "backward", "limit": 1}, [99], 98),
        ({"q": "error", "from": -1000, "limit": 1}, [9], 10),
        ({"q": "error", "direction": "backward", "limit": 2}, [99, 89], 88),
        ({"q": "error", "direction": "backward", "from": 89, "limit": 1}, [89], 88),
        ({"q": "error", "direction": "backward", "from": -2, "limit": 1}, [89], 88),
        ({"q": "error", "direction": "backward", "from": 9}, [9], None),
        ({"q": "error", "direction": "backward", "from": -1000}, [], None),
        ({"q": "step 1", "direction": "backward", "from": 1000, "limit": 1}, [18], 17),
        ({"q": "^error .0$", "regex": "true", "limit": 1, "from": 10}, [19], 20),
        ({"q": "^error", "regex": "true", "case": "true"}, [], None),
        ({"q": ".0"}, [], None),
        ({"q": ".00$", "regex": "true"}, [99], None),
    ],
)
def test_which_lines_are_found(
    shared_api: Api,
    finished: str,
    params: dict[str, Any],
    numbers: list[int],
    following: int | None,
) -> None:
    found = search(shared_api, finished, **params)
    assert [match["number"] for match in found["matches"]] == numbers
    assert found["next"] == following


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({}, "q"),
        ({"q": ""}, "q"),
        ({"q": "x" * 1001}, "q"),
        ({"q": "two\nlines"}, "q"),
        ({"q": "x", "from": "x"}, "from"),
        ({"q": "x", "limit": "0"}, "limit"),
        ({"q": "x", "limit": "1001"}, "limit"),
        ({"q": "x", "case": "perhaps"}, "case"),
        ({"q": "x", "regex": "perhaps"}, "regex"),
        ({"q": "x", "direction": "up"}, "direction"),
        ({"q": "(", "regex": "true"}, "regex"),
        ({"q": "((a{100}){100}){100}", "regex": "true"}, "regex"),
    ],
)
def test_a_wrong_parameter_is_named(
    shared_api: Api, finished: str, params: dict[str, str], named: str
) -> None:
    path = f"api/v1/experiment/{finished}/pods/{finished}-worker-0/log/search"
    response = shared_api.call("GET", path, params=params)
    assert response.status_code == 400
    assert response.json()["message"].startswith(f"{named}: ")


def test_lines_and_search_are_announced(shared_api: Api) -> None:
    features = shared_api.result("GET", "api/v1/info")["features"]
    assert {"log-lines", "log-search"} <= set(features)
