"""Following a run: waiting for its end, showing its log; an interrupt lets it go on without us."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import NotFound
from ..logs.clean import one_line, visible

if TYPE_CHECKING:
    from rich.text import Text

    from ..client import Experiment, LogLine

_PREFIX_STYLES = ("cyan", "magenta", "green", "yellow", "blue", "bright_red")


@contextmanager
def goes_on(experiment: Experiment) -> Iterator[None]:
    """Have an interrupt say that the run goes on."""
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"{experiment.id} goes on; `submarine-jupyter logs -f {experiment.id}` follows it, "
            f"`submarine-jupyter cancel {experiment.id}` ends it"
        ) from None


def wait(experiment: Experiment, timeout: float | None = None) -> None:
    """Wait for the end; a terminal shows the status meanwhile.

    Raises
    ------
    ExperimentFailed
        It ended without success.
    TimeoutError
        It goes on after `timeout` seconds.
    """
    from .terminal import console

    with goes_on(experiment), console(stderr=True).status(_progress(experiment)) as progress:
        experiment.observe(lambda changed: progress.update(_progress(changed)))
        experiment.wait(timeout)


def _progress(experiment: Experiment) -> Text:
    from rich.text import Text

    return Text(f"{one_line(experiment.name)}: {experiment.last_status}")


def follow_logs(
    experiment: Experiment,
    *,
    pod: str | None = None,
    tail: int | None = None,
    prefix: bool = True,
    as_json: bool = False,
) -> None:
    """Print log lines as they come, to the end.

    Raises
    ------
    ExperimentFailed
        It ended without success.
    """
    with goes_on(experiment):
        lines = experiment.logs(pod, tail, follow=True)
        show_lines(experiment, lines, prefix=prefix and pod is None, as_json=as_json, live=True)
        experiment.check()


def show_lines(
    experiment: Experiment,
    lines: Iterable[LogLine],
    *,
    prefix: bool,
    as_json: bool = False,
    live: bool = False,
) -> None:
    """Print log lines.

    Parameters
    ----------
    prefix
        Say which pod each is from, if there are several.
    as_json
        A line becomes `{"pod": …, "line": …}`.
    live
        Each is to be seen at once.
    """
    write = sys.stdout.write
    form = _as_json if as_json else _Writer(experiment, prefix=prefix)
    for line in lines:
        write(form(line))
        if live:
            sys.stdout.flush()


def _as_json(line: LogLine) -> str:
    from .terminal import json_line

    return json_line({"pod": line.pod, "line": str(line)}) + "\n"


class _Writer:
    """Gives a line its prefix; a terminal gets no more than text and colours."""

    def __init__(self, experiment: Experiment, *, prefix: bool) -> None:
        from .terminal import console

        self._terminal = sys.stdout.isatty()
        self._colours = console().color_system is not None
        self._prefixes = self._make_prefixes(experiment) if prefix else {}

    def __call__(self, line: LogLine) -> str:
        text = visible(line, colours=self._colours) if self._terminal else str(line)
        reset = "\x1b[0m" if self._colours and "\x1b" in text else ""
        return f"{self._prefixes.get(line.pod, '')}{text}{reset}\n"

    def _make_prefixes(self, experiment: Experiment) -> dict[str, str]:
        from rich.color import ColorSystem
        from rich.style import Style

        names = _pods(experiment)
        if len(names) < 2:
            return {}
        short = [one_line(name.removeprefix(f"{experiment.id}-")) for name in names]
        width = max(map(len, short))
        prefixes = {}
        for index, (name, text) in enumerate(zip(names, short, strict=True)):
            style = Style.parse(_PREFIX_STYLES[index % len(_PREFIX_STYLES)])
            system = ColorSystem.STANDARD if self._colours else None
            prefixes[name] = style.render(f"{text:<{width}} | ", color_system=system)
        return prefixes


def _pods(experiment: Experiment) -> list[str]:
    try:
        return [pod["name"] for pod in experiment.pods()]
    except NotFound:  # another server does not tell them
        return [
            f"{experiment.id}-{role.lower()}-{index}"
            for role, task in experiment.spec["spec"].items()
            for index in range(task.get("replicas") or 1)
        ]
