"""The magic itself: finds the command, runs it, and shows errors as one readable paragraph."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from ..errors import SubmarineError, UsageError
from .commands import find
from .context import Context
from .grammar import split
from .interpolation import into_text
from .readable import make_readable


@magics_class
class SubmarineMagics(Magics):
    """`%submarine` and `%%submarine`."""

    @no_var_expand
    @line_cell_magic
    def submarine(self, line: str, cell: str | None = None) -> Any:
        """Run and watch machine-learning experiments; `%submarine help` lists the commands."""
        shell: Any = self.shell
        try:
            words = [into_text(word, shell.user_ns) for word in split(line)]
            if cell is not None and not words:
                raise UsageError("Write `%%submarine experiment` above a cell to run it")
            command = find(words[0] if words else "help", in_cell=cell is not None)
            arguments = command.parser().parse(words[1:])
            context = Context.of(shell)
            if arguments.help:
                return context.say(command.parser().help_text())
            return command.run(context, arguments, cell)
        except (SubmarineError, TimeoutError) as error:
            raise make_readable(error) from None
