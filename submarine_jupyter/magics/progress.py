"""A line of progress in a terminal: in colours and written over; elsewhere one line per status."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from ..logs.clean import one_line
from ..spec.status import COLOURS

if TYPE_CHECKING:
    from .waiting import Standing

_START_OVER = Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2))


class TerminalLine:
    """A line on the stream of errors, which leaves the output to what programs print."""

    def __init__(self) -> None:
        self._console = Console(
            file=sys.stderr,
            color_system=None if os.environ.get("NO_COLOR") else "auto",
            markup=False,
            emoji=False,
            highlight=False,
            force_jupyter=False,
        )
        self._writes_over = self._console.is_terminal and not self._console.is_dumb_terminal
        self._status = ""

    def put(self, standing: Standing) -> None:
        """Show how the run stands in place of what is shown."""
        if self._writes_over:
            self._console.control(_START_OVER)
            self._console.print(self._line(standing), end="")
        elif standing.status != self._status:
            self._console.print(one_line(str(standing)), soft_wrap=True)
        self._status = standing.status

    def finish(self) -> None:
        """Leave the line as it is."""
        if self._writes_over:
            self._console.print()

    def _line(self, standing: Standing) -> Text:
        status = (one_line(standing.status), COLOURS.get(standing.status, ""))
        line = Text.assemble(
            (one_line(standing.name), "bold"), ": ", status, one_line(standing.rest)
        )
        # A full line would carry the cursor into the next.
        line.truncate(self._console.width - 1, overflow="ellipsis")
        return line
