"""What a command works with: the notebook's shell, a client, and which experiment is meant."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import NotFound, UsageError
from .output import Output

if TYPE_CHECKING:
    from ..client import Experiment, ExperimentClient

_ENVIRONMENT = (
    "SUBMARINE_URL",
    "SUBMARINE_TOKEN",
    "SUBMARINE_TOKEN_FILE",
    "SUBMARINE_SERVER_DNS_NAME",
    "SUBMARINE_SERVER_PORT",
    "SUBMARINE_DATA_DIR",
)


@dataclass
class Context:
    """The surroundings of a command.

    Attributes
    ----------
    shell
        IPython's shell.
    last
        The experiment that this shell submitted or showed last.
    """

    shell: Any
    last: Experiment | None = None
    _client: ExperimentClient | None = None
    _client_for: tuple[str | None, ...] = ()

    _contexts: ClassVar[dict[int, Context]] = {}

    @classmethod
    def of(cls, shell: Any) -> Context:
        """Return the context of a shell."""
        return cls._contexts.setdefault(id(shell), cls(shell))

    @property
    def client(self) -> ExperimentClient:
        """The client of the server that the environment names now."""
        wanted = tuple(map(os.environ.get, _ENVIRONMENT))
        if self._client is None or wanted != self._client_for:
            from ..client import ExperimentClient

            self._client, self._client_for = ExperimentClient(), wanted
        return self._client

    @property
    def in_kernel(self) -> bool:
        """Whether output goes to a front end that can update what it shows."""
        return hasattr(self.shell, "kernel")

    def say(self, text: str) -> None:
        """Show a text."""
        if self.in_kernel:
            Output().put({"text/plain": text})
        else:
            print(text)  # noqa: T201 - a terminal's way to show it

    def show(self, shown: object) -> None:
        """Show an object as it displays itself, wherever in the cell the command stands."""
        Output().put(shown)

    def keep(self, variable: str, experiment: Experiment) -> None:
        """Put a handle into the notebook's namespace."""
        self.shell.user_ns[variable] = experiment

    def experiment(self, text: str | None) -> Experiment:
        """Return the experiment that an argument means.

        Parameters
        ----------
        text
            A whole id, the end of one, a name, or a variable that holds a handle; None means the
            last one that this notebook dealt with.

        Raises
        ------
        UsageError
            More than one experiment fits, or there is none to go by.
        NotFound
            None fits.
        """
        found = self._last() if text is None else self._find(text)
        self.last = found
        return found

    def _last(self) -> Experiment:
        if self.last is None:
            raise UsageError("Name an experiment; `%submarine list` shows them")
        return self.last.refresh()

    def _find(self, text: str) -> Experiment:
        from ..client import Experiment
        from ..client.listing import ids_like

        variable = self.shell.user_ns.get(text)
        if isinstance(variable, Experiment):
            return variable.refresh()
        ids = ids_like(self.client, text)
        if not ids:
            raise NotFound(404, f"There is no experiment {text}; `%submarine list` shows them")
        if len(ids) > 1:
            shown = ", ".join(ids[:5])
            raise UsageError(f"{text!r} fits {len(ids)} experiments: {shown}; give a whole id")
        return self.client.experiment(ids[0])
