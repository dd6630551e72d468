"""What a command works with: the notebook's shell, a client, settings, and what is meant."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import NotFound, UsageError
from .output import Output

if TYPE_CHECKING:
    from ..client import Experiment, ExperimentClient
    from .drafts import Draft
    from .settings import Settings

_ENVIRONMENT = (
    "SUBMARINE_URL",
    "SUBMARINE_TOKEN",
    "SUBMARINE_TOKEN_FILE",
    "SUBMARINE_CA_FILE",
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
    settings
        Defaults for submitting.
    last
        The experiment that this shell submitted or showed last.
    rehearsed
        What the last rehearsal was of, if it went well.
    """

    shell: Any
    settings: Settings
    last: Experiment | None = None
    rehearsed: Sequence[Draft] = ()
    _client: ExperimentClient | None = None
    _client_for: tuple[object, ...] = ()
    _connected: ExperimentClient | None = None

    _contexts: ClassVar[dict[int, Context]] = {}

    @classmethod
    def of(cls, shell: Any) -> Context:
        """Return the context of a shell that has the extension loaded."""
        return cls._contexts[id(shell)]

    @classmethod
    def make(cls, shell: Any, settings: Settings) -> None:
        """Make the context of a shell."""
        cls._contexts[id(shell)] = cls(shell, settings)

    @property
    def client(self) -> ExperimentClient:
        """The client of the server that was connected to, else that the environment names now."""
        if self._connected is not None:
            return self._connected
        wanted = self.server
        if self._client is None or wanted != self._client_for:
            from ..client import ExperimentClient

            self._client, self._client_for = ExperimentClient(), wanted
        return self._client

    @property
    def server(self) -> tuple[object, ...]:
        """What tells the server that is used from any other."""
        if self._connected is not None:
            return (id(self._connected),)
        return tuple(map(os.environ.get, _ENVIRONMENT))

    def connect(self, client: ExperimentClient | None) -> None:
        """Use a server from now on; None goes back to that of the environment."""
        self._connected, self.last = client, None

    @property
    def in_kernel(self) -> bool:
        """Whether output goes to a front end that can update what it shows."""
        return hasattr(self.shell, "kernel")

    @property
    def cell_number(self) -> int:
        """The number that the notebook shows beside the cell that runs, as in `In[3]`.

        The history has it: some versions of IPython count on before they run a cell.
        """
        return len(self.shell.history_manager.input_hist_raw) - 1

    def say(self, text: str) -> None:
        """Show a text."""
        if self.in_kernel:
            Output().put({"text/plain": text})
        else:
            print(text)  # noqa: T201 - a terminal's way to show it

    def show(self, shown: object) -> None:
        """Show an object as it displays itself, wherever in the cell the command stands."""
        Output().put(shown)

    def keep(self, variable: str | None, value: object) -> None:
        """Put a value into the notebook's namespace, where a variable for it is named."""
        if variable:
            self.shell.user_ns[variable] = value

    def experiment(self, text: str | None) -> Experiment:
        """Return the experiment that an argument means.

        Parameters
        ----------
        text
            A whole id, its beginning or end, a name, a variable that holds a handle, or `last`;
            None means the last one that this notebook dealt with.

        Raises
        ------
        UsageError
            More than one experiment fits, or there is none to go by.
        NotFound
            None fits.
        """
        found = self._last(text) if text in (None, "last") else self._find(str(text))
        self.last = found
        return found

    def experiments(self, texts: list[str]) -> list[Experiment]:
        """Return the experiments that arguments mean; all are looked up before one is touched."""
        return [self.experiment(text) for text in texts]

    def _last(self, text: str | None) -> Experiment:
        if self.last is not None:
            return self.last.refresh()
        newest = self.client.summaries(limit="1") if text else []
        if not newest:
            raise UsageError("Name an experiment; `%submarine list` shows them")
        return self.client.experiment(newest[0]["experimentId"])

    def _find(self, text: str) -> Experiment:
        from ..client import Experiment
        from ..client.listing import ids_like

        variable = self.shell.user_ns.get(text)
        if isinstance(variable, Experiment):
            return variable.refresh()
        if self.last is not None and self.last.id == text:
            return self.last.refresh()  # a rehearsal is on another server than all else
        if text.startswith("experiment"):
            try:
                return self.client.experiment(text)
            except NotFound:
                ids = self._beginning_with(text)
                if not ids:
                    raise
        else:
            ids = ids_like(self.client, text) or self._beginning_with(f"experiment-{text}")
        if not ids:
            raise NotFound(404, f"There is no experiment {text}; `%submarine list` shows them")
        if len(ids) > 1:
            shown = ", ".join(ids[:5])
            raise UsageError(f"{text!r} fits {len(ids)} experiments: {shown}; give a whole id")
        return self.client.experiment(ids[0])

    def _beginning_with(self, text: str) -> list[str]:
        listed = (entry["experimentId"] for entry in self.client.summaries())
        return [ident for ident in listed if ident.startswith(text)]
