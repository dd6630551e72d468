"""The magic itself: finds the command, runs it, and shows errors as one readable paragraph."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from ..errors import SubmarineError, UsageError
from ..spec.interpolation import Values, into_words
from .commands import COMMANDS, find, overview
from .context import Context
from .readable import make_readable
from .settings import Settings


@magics_class
class SubmarineMagics(Settings, Magics):
    """`%submarine` and `%%submarine`: run and watch machine-learning experiments.

    These are defaults for submitting; a flag or the spec itself comes first.
    """

    def __init__(self, shell: Any, **kwargs: Any) -> None:
        super().__init__(shell=shell, **kwargs)
        self.remember_configuration()
        Context.make(shell, self)

    @no_var_expand
    @line_cell_magic
    def submarine(self, line: str, cell: str | None = None) -> Any:  # noqa: D102 - below
        shell: Any = self.shell
        try:
            words = into_words(line, Values(shell.user_ns))
            if cell is not None and not words:
                raise UsageError("Write `%%submarine experiment` above a cell to run it")
            command = find(words[0] if words else "help", in_cell=cell is not None)
            arguments = command.parser().parse(words[1:])
            context = Context.of(shell)
            if arguments.help:
                return context.say(command.parser().help_text())
            arguments.cell = cell
            return command.run(context, arguments)
        except (SubmarineError, TimeoutError) as error:
            raise make_readable(error) from None

    submarine.__doc__ = (
        f"Run machine-learning experiments and watch them live.\n\n{overview(COMMANDS)}\n"
    )
