r"""The lines of a chunk that may hold a metric, at the price of a few searches for fixed bytes.

A line that is passed over here holds no metric by the rules of `metric_lines`; one that is not
may still hold none. The chunk is translated twice: to the *shape* of numbers and of what is before
them (`Loss = -0.5` becomes `loss : 0000`), in which numbers with a name are found, and to the
*names*, where all that is no part of a name is blank. Nothing here looks beyond the end of a line,
or beyond a carriage return, so that it is the same however the log is cut into chunks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import groupby

from .metric_lines import BARE_ENDINGS
from .metric_words import EPOCHS, QUALIFIED, STEPS, kind_of

_WINDOW = 256  # bytes before a number in which its name is looked for
_LONGEST = 110  # bytes of a name
_OTHER_NAMES = frozenset((*STEPS, *EPOCHS, *QUALIFIED, "learn", "test", "is", "was"))
_WRAPPERS = ("tensor", "array", "float16", "float32", "float64")

_ENDINGS = {
    ending[-3:] for ending in (*BARE_ENDINGS, "epoch", " is", "was", "tensor", "array", "float00")
}
_COUNT = re.compile(r"\d+(?:\.\d+)?(?:/\d*)?")
_COLOUR = re.compile(rb"\x1b\[[0-9;:]*m")


def _after(endings: Collection[str]) -> str:
    """Return a pattern for `0` one blank after any of some letters; the last one is tried first."""
    last = "".join(sorted({ending[-1] for ending in endings}))
    groups = groupby(sorted(endings, key=lambda ending: (len(ending), ending)), len)
    whole = "|".join(f"(?<=(?:{'|'.join(group)}) 0)" for _, group in groups)
    return f" 0(?<=[{last}] 0)(?:{whole})"


# Each pattern begins with bytes that `re` finds at the speed of `memchr`: one pattern with
# alternatives would take many times as long. `00:0` after a blank is the time of day.
_NUMBERS = (
    re.compile(rb": 0"),
    re.compile(rb":0(?<![ ,:]00:0)(?<!0py:0)(?<!0cc:0)"),
    re.compile(rb"  0"),
    re.compile(_after(_ENDINGS).encode()),
    re.compile(rb"nan(?<=[ :]nan)(?![a-z_])"),
    re.compile(rb"inf(?<=[ :]inf)(?:inity)?(?![a-z_])"),
)
_ROUND = re.compile(rb"\]\t")


def candidates(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield place and last state of each whole line that may hold a metric or name an epoch."""
    place = 0
    for hit in sorted(_hits(data)):
        if hit < place:
            continue
        begin, end = data.rfind(b"\n", 0, hit) + 1, data.find(b"\n", hit)
        state = last_state(data[begin:end])
        place = data.rfind(state, begin, end)
        if hit >= place:
            place = end
            yield begin, state


def last_state(line: bytes) -> bytes:
    """Return what came after the last carriage return; those at the very end overwrite nothing."""
    return line.rstrip(b"\r").rpartition(b"\r")[2]


def _hits(data: bytes) -> list[int]:
    """Return the places of the numbers that may be metrics."""
    plain = _COLOUR.sub(_blanks, data) if b"\x1b" in data else data
    shape, names = plain.translate(_SHAPE), plain.translate(_NAMES)
    hits = [match.start() for numbers in _NUMBERS for match in numbers.finditer(shape)]
    words = [
        names[hit - _LONGEST if hit > _LONGEST else 0 : hit].rpartition(b" ")[2] for hit in hits
    ]
    named = [
        hit
        for hit, known in zip(hits, map(_may_count, words), strict=True)
        if known or (known is None and _stands_before(names, hit))
    ]
    return named + [match.start() for match in _ROUND.finditer(plain)]


@lru_cache(maxsize=4096)
def _may_count(word: bytes) -> bool | None:
    """Tell whether a word may name a metric or a step; None when it is a number, or nothing."""
    name = word.rpartition(b"\n")[2].decode("ascii")
    if not name or _COUNT.fullmatch(name):
        return None
    known = name.lower() in _OTHER_NAMES or name.lower().endswith(_WRAPPERS)
    return known or kind_of(name) is not None


def _stands_before(names: bytes, hit: int) -> bool:
    """Look for the name of a number farther back: `Accuracy at step 990: 0.9627`, `loss  : 1`."""
    words = names[max(hit - _WINDOW, 0) : hit].rpartition(b"\n")[2].rsplit(None, 3)[-3:]
    while words and words[-1][:1].isdigit():
        words.pop()
    return bool(words and _may_count(words[-1]))


def _blanks(match: re.Match[bytes]) -> bytes:
    return b" " * len(match[0])


def _shape_of(code: int) -> int:
    character = chr(code)
    if character in "0123456789+-.":
        return ord("0")
    if character in ":=|":
        return ord(":")
    if character in " \t'\"(":
        return ord(" ")
    if character.isascii() and (character.isalpha() or character in "_@\n"):
        return ord(character.lower())
    return ord(",")


def _in_name(code: int) -> int:
    character = chr(code)
    if character in "\r\n":
        return ord("\n")
    is_part = character.isascii() and (character.isalnum() or character in "_@/.-")
    return code if is_part else ord(" ")


_SHAPE = bytes(map(_shape_of, range(256)))
_NAMES = bytes(map(_in_name, range(256)))
