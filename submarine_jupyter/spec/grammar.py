"""Command lines: splitting, and argparse without its exits and prints."""

from __future__ import annotations

import argparse
import difflib
import keyword
import shlex
from collections.abc import Iterable, Sequence
from typing import NoReturn

from ..errors import UsageError


def split(line: str) -> list[str]:
    """Split a command line as a shell does, without expanding anything."""
    try:
        return shlex.split(line)
    except ValueError as error:
        raise UsageError(f"The quotes do not match ({error}) in: {line}") from None


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint at the known word nearest to a wrong one, or which words there are."""
    words = list(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(words)}"


class CommandParser(argparse.ArgumentParser):
    """The arguments of one command.

    Parameters
    ----------
    command
        Its name, which begins every message.
    summary
        What it does, in one line.
    details
        What help says below the arguments.
    """

    def __init__(self, command: str, summary: str, details: str = "") -> None:
        super().__init__(
            prog=f"%submarine {command}",
            description=summary,
            epilog=details or None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            add_help=False,
            allow_abbrev=False,
        )
        self.add_argument("-h", "--help", action="store_true", help="show this text")

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Read the arguments; UsageError names what is wrong and what was probably meant."""
        if "-h" in words or "--help" in words:
            return argparse.Namespace(help=True)
        self._refuse_unknown_flags(words)
        arguments, unknown = self.parse_known_args(list(words))
        if unknown and unknown[0].startswith("-"):
            self.error(f"there is no flag {unknown[0]}; {nearest(unknown[0], self.flags())}")
        if unknown:
            self.error(f"{unknown[0]!r} is too much; see `{self.prog} --help`")
        return arguments

    def _refuse_unknown_flags(self, words: Sequence[str]) -> None:
        """Name a wrong flag before argparse misses what the right one would have brought."""
        for word in words:
            flag = word.partition("=")[0]
            if word.startswith("--") and flag != "--" and flag not in self._option_string_actions:
                flags = [known for known in self.flags() if known.startswith("--")]
                self.error(f"there is no flag {flag}; {nearest(flag, flags)}")

    def error(self, message: str) -> NoReturn:
        """Raise UsageError instead of ending the process."""
        raise UsageError(f"{self.prog}: {message}")

    def help_text(self) -> str:
        """Return usage, summary and arguments."""
        return self.format_help().strip()

    def flags(self) -> list[str]:
        """Return every flag, for completion."""
        return list(self._option_string_actions)

    def argument_of(self, flag: str) -> argparse.Action | None:
        """Return the argument that a flag stands for, for completion."""
        return self._option_string_actions.get(flag)

    def positionals(self) -> list[argparse.Action]:
        """Return the arguments that have no flag, for completion."""
        return self._get_positional_actions()


def variable(text: str) -> str:
    """Return the name of a Python variable, for `type=` of an argument."""
    if not text.isidentifier() or keyword.iskeyword(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a variable")
    return text
