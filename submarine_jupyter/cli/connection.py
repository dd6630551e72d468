"""Which server a command talks to, and which experiment it means."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigurationError, NotFound, UsageError

if TYPE_CHECKING:
    from ..client import Experiment, ExperimentClient
    from ..client.servers import Locator

_SHOWN_IDS = 5


def connection_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that name the server."""
    server = parser.add_argument_group("server")
    place = server.add_mutually_exclusive_group()
    place.add_argument("--url", type=_url, help="of the server, such as http://127.0.0.1:32080")
    place.add_argument(
        "--data-dir", type=_directory, metavar="DIR", help="use the embedded server of this place"
    )
    server.add_argument(
        "--token-file", metavar="FILE", help="holds the token of the server at --url"
    )


def id_argument(parser: argparse.ArgumentParser) -> None:
    """Add the experiment that is meant."""
    parser.add_argument("id", metavar="ID", help="an experiment's id, the end of one, or a name")


def ids_argument(parser: argparse.ArgumentParser) -> None:
    """Add the experiments that are meant."""
    parser.add_argument(
        "ids", metavar="ID", nargs="+", help="an experiment's id, the end of one, or a name"
    )


def connect(options: argparse.Namespace) -> ExperimentClient:
    """Return a client of the server that the options and the environment name."""
    from ..client import ExperimentClient

    return ExperimentClient(locator=_locator(options))


def find(client: ExperimentClient, text: str) -> Experiment:
    """Return the experiment that an argument means.

    Raises
    ------
    UsageError
        More than one fits.
    NotFound
        None fits.
    """
    from ..client.listing import ids_like

    ids = ids_like(client, text) if text else []
    if len(ids) > 1:
        shown = ", ".join(ids[:_SHOWN_IDS]) + (", …" if len(ids) > _SHOWN_IDS else "")
        raise UsageError(f"{text!r} fits {len(ids)} experiments: {shown}; give a whole id")
    try:
        if ids:
            return client.experiment(ids[0])
    except NotFound:
        pass
    raise NotFound(
        404, f"there is no experiment {text!r}; `submarine-jupyter list --all` shows them"
    )


def find_all(client: ExperimentClient, texts: list[str]) -> list[Experiment]:
    """Return the experiments that arguments mean, each once; see `find`."""
    found = [find(client, text) for text in texts]
    return list({experiment.id: experiment for experiment in found}.values())


def _locator(options: argparse.Namespace) -> Locator:
    from ..client.servers import EmbeddedServer, locate

    is_named = options.url or (not options.data_dir and os.environ.get("SUBMARINE_URL"))
    if options.token_file and not is_named:
        raise UsageError("--token-file: goes with --url or SUBMARINE_URL; give one of them")
    if options.data_dir:
        return EmbeddedServer(options.data_dir)
    return locate(options.url, options.token_file)


def _url(text: str) -> str:
    from ..client.servers import checked_url

    try:
        return checked_url(text)
    except ConfigurationError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _directory(text: str) -> Path:
    return Path(text).expanduser().absolute()
