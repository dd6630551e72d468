"""What is looked for in a log: a text, with or without regard to case, or a regular expression."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

try:
    import re2
except ImportError:  # there is no build of it for every system and Python
    re2 = None

# Has `^` and `$` stand for the ends of lines.
_LINES = "(?m)"

# What looks at the ends of the text, or may: in many lines together these are at another place.
_TEXT_ANCHORS = re.compile(r"\\[Az]|\(\?\w*-")


class Hit(NamedTuple):
    """Where something was found: byte offsets of its beginning, and after it."""

    start: int
    end: int


class Matcher(Protocol):
    """What is looked for.

    Attributes
    ----------
    reach
        Bytes that a hit has at most; None: any number.
    """

    reach: int | None

    def hits(self, data: bytes) -> Iterator[Hit]:
        """Yield the first hit of each line; `data` does not end in a newline."""


def matcher_of(wanted: str, *, case: bool = False, pattern: bool = False) -> Matcher:
    """Return what finds a text, or a regular expression; ValueError when it is none.

    Parameters
    ----------
    case
        Whether capital letters and small ones differ.
    """
    if pattern:
        return PatternMatcher(wanted, case=case)
    if re2 is not None:
        return TextMatcher(wanted, case=case)
    if case or wanted.isascii():
        return BytesMatcher(wanted, case=case)
    return LettersMatcher(wanted)


class BytesMatcher:
    """Finds a text by its bytes, where there is no RE2.

    Without regard to case only ASCII letters are the same.
    """

    def __init__(self, text: str, *, case: bool) -> None:
        self._fold: Callable[[bytes], bytes] = bytes if case else bytes.lower
        self._needle = self._fold(text.encode())
        self.reach: int | None = len(self._needle)

    def hits(self, data: bytes) -> Iterator[Hit]:
        """Yield the first hit of each line."""
        folded = self._fold(data)

        def find(start: int) -> Hit | None:
            found = folded.find(self._needle, start)
            return None if found < 0 else Hit(found, found + len(self._needle))

        return _first_of_each_line(data, find)


class LettersMatcher:
    """Finds a text of any letters, capital and small ones being the same, where there is no RE2."""

    def __init__(self, text: str) -> None:
        self._pattern = re.compile(re.escape(text), re.IGNORECASE)
        self._is_beyond_ascii = any(map(_is_beyond_ascii, text))
        self.reach: int | None = _reach_of_letters(text)

    def hits(self, data: bytes) -> Iterator[Hit]:
        """Yield the first hit of each line."""
        if self._is_beyond_ascii and data.isascii():
            return
        # This way of decoding can be undone, so that bytes are counted right.
        text = data.decode("utf-8", "surrogateescape")
        position = counted = offset = 0
        while (found := self._pattern.search(text, position)) is not None:
            start = offset + len(text[counted : found.start()].encode("utf-8", "surrogateescape"))
            offset = start + len(found.group().encode())
            yield Hit(start, offset)
            counted = found.end()
            position = text.find("\n", counted) + 1
            if position == 0:
                return


class Expression:
    """A regular expression of RE2's, or a text that is looked for as by one.

    Its time grows with the log alone and its memory has a limit, whatever the expression is; and
    other threads run meanwhile.

    Raises
    ------
    ValueError
        It is no expression, or would take too much memory.
    """

    def __init__(self, wanted: str, *, case: bool, literal: bool) -> None:
        options = re2.Options()
        options.case_sensitive = case
        options.literal = literal
        options.log_errors = False
        options.never_nl = True
        if literal and (case or wanted.isascii()):
            # By bytes: this is faster, and an ASCII letter is the same as one of ASCII only.
            options.encoding = re2.Options.Encoding.LATIN1
        prefix = "" if literal else _LINES
        try:
            self._compiled = re2.compile((prefix + wanted).encode(), options)
        except re2.error as error:
            said = error.args[0].decode("utf-8", "replace").replace(_LINES, "", 1)
            raise ValueError(f"{wanted[:80]!r} is no regular expression: {said}") from None
        # Its cache would keep 128 of them, with up to 8 MiB each.
        re2.purge()

    def find(self, data: bytes, start: int = 0) -> Hit | None:
        """Return the first place from `start` on."""
        found = self._compiled.search(data, start)
        return None if found is None else Hit(*found.span())

    @property
    def group_names(self) -> list[str]:
        """The names of its groups, in their order."""
        groups = self._compiled.groupindex
        return [name.decode() for name in sorted(groups, key=groups.get)]

    def groups(self, line: str) -> Iterator[dict[str, str | None]]:
        """Yield what the named groups hold, each time that it matches in a line."""
        names = self.group_names
        for found in self._compiled.finditer(line):
            held = found.groupdict()
            yield {name: held[name.encode()] for name in names}


class TextMatcher:
    """Finds a text in half the time that Python's own means take."""

    def __init__(self, text: str, *, case: bool) -> None:
        self._expression = Expression(text, case=case, literal=True)
        self.reach: int | None = _reach_of_letters(text)

    def hits(self, data: bytes) -> Iterator[Hit]:
        """Yield the first hit of each line."""
        return _first_of_each_line(data, lambda start: self._expression.find(data, start))


class PatternMatcher:
    """Finds a regular expression in RE2's syntax."""

    def __init__(self, pattern: str, *, case: bool) -> None:
        if re2 is None:
            raise ValueError("this server's Python has no google-re2; search for a plain text")
        self._expression = Expression(pattern, case=case, literal=False)
        self._line_by_line = _TEXT_ANCHORS.search(pattern) is not None
        self.reach: int | None = None

    def hits(self, data: bytes) -> Iterator[Hit]:
        """Yield the first hit of each line."""
        # A carriage return before the newline is no part of the line. To look for one byte is fast.
        if self._line_by_line or (b"\r" in data and _ends_with_return(data)):
            return self._hits_line_by_line(data)
        return _first_of_each_line(data, lambda start: self._expression.find(data, start))

    def _hits_line_by_line(self, data: bytes) -> Iterator[Hit]:
        offset = 0
        for line in data.split(b"\n"):
            hit = self._expression.find(line.removesuffix(b"\r"))
            if hit is not None:
                yield Hit(offset + hit.start, offset + hit.end)
            offset += len(line) + 1


def _first_of_each_line(data: bytes, find: Callable[[int], Hit | None]) -> Iterator[Hit]:
    start = 0
    while (hit := find(start)) is not None:
        yield hit
        start = data.find(b"\n", hit.end) + 1
        if start == 0:
            return


def _ends_with_return(data: bytes) -> bool:
    return b"\r\n" in data or data.endswith(b"\r")


def _reach_of_letters(text: str) -> int:
    # A letter has one to three bytes, and may have another number in the other case.
    return len(text.encode()) * 3


def _is_beyond_ascii(character: str) -> bool:
    """Whether a character is none of ASCII in either case."""
    return not any(map(str.isascii, character + character.lower() + character.upper()))
