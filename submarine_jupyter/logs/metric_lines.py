r"""What one line of a training log says: its metrics, and the step they belong to.

Structured lines (`metric_records`) are taken at their word. In all other lines a name must hold a
word that is known for metrics (`metric_words`), followed by `=`, `:`, `|`, `is` or blanks, and by a
number that stands for itself: no date, address, version, path or list, none with a unit or a
separator of thousands, no count (`16 bits`). Percentages keep their number (`97.1%` is 97.1), and
`9834/10000` is 0.9834. Uncertain words (`error`, `score`, `precision`) count with a fraction, or
beside a step or another metric; learning rates and gradient norms only beside one, since alone they
are configuration. Objects as Python prints them (`Namespace(lr=0.1)`), options (`--loss=1`) and
exceptions give nothing.

The step is the line's own: `step`, `iteration` and the like before `epoch`. A place within an
epoch counts as a part of it: `Train Epoch: 1 [16000/64000` is step 1.25, so that the points of an
epoch do not fall on each other. A line without a step belongs to the last epoch that was named.
A line about validation or test says so in its names: `Test set: Accuracy: 0.9` is `test_accuracy`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from .metric_records import MAX_NAME, NUMBER, Named, of_dictionary, of_keras, of_round, only_metrics
from .metric_words import EPOCHS, PHASES, QUALIFIED, QUALIFIERS, STEPS, kind_of, names_phase

MAX_TEXT = 2_000
"""Characters of a line of free text that are looked at; dictionaries may be longer."""

BARE_ENDINGS = (
    "loss", "acc", "racy", "ppl", "exity", "auc", "mae", "mse", "iou", "dice", "cision", "call",
    "score", "ward", "rew", "bleu", "nll", "elbo", "kl", "wer", "cer", "psnr", "ssim", "norm", "lr",
    "f0", "r0", "loss0", "acc0", "acc@0",
)  # fmt: skip
"""How a name ends that may stand one blank before its number; digits are written as 0."""

_ZEROS = str.maketrans("123456789", "0" * 9)

_REACH = 60  # characters before a name in which its qualifiers are looked for
_FLAGS = re.IGNORECASE | re.VERBOSE | re.ASCII

_STEP_WORDS = "|".join(word.replace("_", "[_ ]") for word in (*STEPS, *EPOCHS))
_STEP = re.compile(
    rf"""
    (?<![\w.@/$-])
    (?P<preposition>(?:at|from|until|to|after|before|in|of|best|for)\s+)?
    (?:train(?:ing)?\s+)?               # training is what an epoch is of by default
    (?P<word>{_STEP_WORDS}) (?:\((?:train|val|test)\))?
    ['"]?\s{{0,20}}[:=\#]?\s{{0,20}}['"]? (?P<open>[\[(])?\s{{0,20}}
    (?P<value>\d{{1,15}}(?:\.\d{{1,15}})?) (?:\s{{0,20}}/\s{{0,20}}(?P<of>\d{{1,15}}))?
    (?![\w/]|[.,]\d)
    (?(open)[\])]?)
    """,
    _FLAGS,
)
# `[10/12 12:00:01` and `[2024/10/12` are dates.
_PART = re.compile(
    r"(?:\[|\bbatch\b\s?[:=]?\s?\[?)\s{0,20}(\d{1,15})\s?/\s{0,20}(\d{1,15})(?![\w/]|\s\d+:)",
    re.IGNORECASE | re.ASCII,
)
_BAR = re.compile(r"\|\s{0,20}(\d{1,15})/(\d{1,15}) \[", re.ASCII)
_PAIR = re.compile(
    rf"""
    (?<![\w.@/%$?&-]) (?P<key>[a-z_][\w@/.%-]{{0,99}}) ['"]?
    (?P<between>
        \s{{0,50}} (?:\(\s{{0,50}}%?\s{{0,50}}\)\s{{0,50}})? [=|:] \s{{0,50}}
        | \s{{1,50}}(?:(?:is|was)[ ])?
    )
    ['"]? (?:tensor\()?
    (?P<value>{NUMBER}) (?:/(?P<of>\d{{1,15}}))?
    (?! \w | [.,]\d | [/-]\w | \s{{0,50}}[:*^] )
    (?P<percent>\s?%)?
    """,
    _FLAGS,
)
# A word after a whole number makes it a count, unless the word has a number itself.
_COUNTED = re.compile(r"\s+[a-z]+\b(?!['\"]?\s?[:=|]|\s+[-+.\d])", re.IGNORECASE | re.ASCII)
_PHASE = re.compile(
    rf"(?<![\w./-])({'|'.join(sorted(PHASES, key=len, reverse=True))})"
    r"(?:\s+(?:set|error|results?|metrics))?\s{0,50}[:|\])>,-]",
    re.IGNORECASE | re.ASCII,
)
_NO_METRICS = re.compile(
    r"\((?<=\w\()[A-Za-z_]\w*\s?="
    r"|(?:Error(?<=\wError)|Warning(?<=\wWarning)|Exception(?<=\wException))\s?:",
    re.ASCII,
)


class Finding(NamedTuple):
    """A metric of a line."""

    name: str
    step: float | None
    value: float


class Place(NamedTuple):
    """Where in the run a line stands.

    Attributes
    ----------
    step
        The step of its metrics.
    epoch
        The epoch in which the next line stands.
    is_named
        Whether the line itself names a step or an epoch.
    """

    step: float | None
    epoch: float | None
    is_named: bool


def findings(text: str, epoch: float | None) -> tuple[list[Finding], float | None]:
    """Return the metrics of a line, and the epoch in which the next line stands.

    Parameters
    ----------
    text
        The line as a terminal leaves it, without its newline.
    epoch
        The last epoch that was named before it.
    """
    if dictionary := of_dictionary(text):
        step, numbers = dictionary
        before = text[: text.index("{")][:MAX_TEXT]
        place, _ = _place(before, epoch)
        step = place.step if step is None else step
        phases = _PHASE.findall(before)
        if phases:
            numbers = [item._replace(name=_in_phase(item.name, phases[-1])) for item in numbers]
        return _at(step, numbers), place.epoch
    text = text[:MAX_TEXT]
    if boosting := of_round(text):
        return _at(*boosting), epoch
    place, rest = _place(text, epoch)
    numbers = of_keras(text) or only_metrics(_pairs(rest), beside_step=place.is_named)
    return _at(place.step, numbers), place.epoch


@lru_cache(maxsize=4096)
def to_name(text: str) -> str:
    """Return a name as series are called: in lower case, without blanks, of bounded length."""
    words = text.lower().replace("'s ", " ").replace("'", "").replace('"', "").split()
    return "_".join(words)[:MAX_NAME].strip(".:/-")


def _at(step: float | None, numbers: Iterable[Named]) -> list[Finding]:
    named = ((to_name(number.name), number.value) for number in numbers)
    return [Finding(name, step, value) for name, value in named if name]


def _place(text: str, epoch: float | None) -> tuple[Place, str]:
    """Return where a line stands, and the line with blanks where it says so."""
    named = list(_STEP.finditer(text))
    if not named:
        return Place(_unnamed_step(text, epoch), epoch, is_named=False), text
    rest = text
    for match in named:
        rest = rest[: match.start()] + " " * len(match[0]) + rest[match.end() :]
    epochs = [match for match in named if match["word"].lower() in EPOCHS]
    step = next((match for match in named if match not in epochs), None)
    headings = (match for match in epochs if match["word"].lower() == EPOCHS[0])
    heading = next((match for match in headings if not match["preposition"]), None)
    after = float(heading["value"]) if heading else epoch
    if step and not (epochs and step["of"]):
        return Place(float(step["value"]), after, is_named=True), rest
    if step:
        done = _part(step["value"], step["of"])
    else:
        counted = _PART.search(text, epochs[0].end())
        done = _part(*counted.groups()) if counted else 0.0
    return Place(float(epochs[0]["value"]) + done, after, is_named=True), rest


def _unnamed_step(text: str, epoch: float | None) -> float | None:
    """Return the step of a line that names none: the last epoch, or what the line counts."""
    counted = _PART.search(text)
    if epoch is not None:
        return epoch + (_part(*counted.groups()) if counted else 0.0)
    counted = counted or _BAR.search(text)
    return float(counted[1]) if counted and _is_part(*counted.groups()) else None


def _part(count: str, total: str) -> float:
    """Return `640/60000` as a number; what is no part counts as none."""
    return float(count) / float(total) if _is_part(count, total) else 0.0


def _is_part(count: str, total: str) -> bool:
    return float(count) <= float(total) != 0


def _pairs(text: str) -> Iterator[Named]:
    """Yield the numbers of free text whose names may be metrics."""
    if _NO_METRICS.search(text):
        return
    announced = list(_PHASE.finditer(text))
    phase = ""
    for match in _PAIR.finditer(text):
        key = match["key"]
        if kind_of(key) is None and key.lower() not in QUALIFIED:
            continue
        if _is_bare(match) or _is_count(match, text):
            continue
        qualifiers = _qualifiers_before(match.start(), text)
        while announced and announced[0].end() <= match.start():
            phase = announced.pop(0)[1]
        phase = next((word for word in qualifiers if word.lower() in PHASES), phase)
        yield _number(_in_phase(" ".join((*qualifiers, key)), phase), match)


def _qualifiers_before(start: int, text: str) -> list[str]:
    """Return the words that belong to the name that starts there: `Average` of `Average loss`."""
    found: list[str] = []
    if text[start - 1 : start].isspace():
        for word in reversed(text[max(start - _REACH, 0) : start].split()):
            if word.lower() not in QUALIFIERS:
                break
            found.insert(0, word)
    return found


def _is_bare(match: re.Match[str]) -> bool:
    """Tell whether only a blank makes the pair one, and its name is not known for that."""
    one_blank = match["between"] in (" ", "\t")
    return one_blank and not match["key"].lower().translate(_ZEROS).endswith(BARE_ENDINGS)


def _is_count(match: re.Match[str], text: str) -> bool:
    is_whole = match["value"].isdigit() and not match["of"] and not match["percent"]
    return is_whole and _COUNTED.match(text, match.end()) is not None


def _number(name: str, match: re.Match[str]) -> Named:
    value = float(match["value"])
    if match["of"] and float(match["of"]):
        return Named(name, value / float(match["of"]), is_fraction=True)
    return Named(name, value, bool(match["percent"]) or not match["value"].lstrip("+-").isdigit())


def _in_phase(name: str, phase: str) -> str:
    return f"{phase} {name}" if phase and not names_phase(name) else name
