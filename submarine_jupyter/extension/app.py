"""The extension as Jupyter loads it: its settings, its routes, its start and its end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.utils import url_path_join
from traitlets import Bool, Dict, Float, Int, Unicode

from ..errors import ConfigurationError
from .answers import Answers
from .composing import ComposeCellHandler, ComposeHandler
from .hub import StreamHandler
from .info import InfoHandler
from .keepalive import KeepAlive
from .poller import Pollers
from .proxy import ProxyHandler
from .settings import EMBEDDED, UpstreamSettings, read_settings
from .transport import Transport
from .upstreams import Upstreams

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


class SubmarineExtension(ExtensionApp):
    """Lets JupyterLab and Notebook reach experiment servers, and watch them live."""

    name = "submarine_jupyter"

    upstreams = Dict(
        help="""Experiment servers besides the embedded one: name to
        {"url": "https://…", "token_file": "…", "ca_file": "…"}. Only "url" is needed. The token
        file holds nothing but the token and is read again when it changes; "ca_file" holds the
        certificates, in PEM, that the server's certificate is checked against."""
    ).tag(config=True)
    default_upstream = Unicode(
        EMBEDDED,
        help="""Which upstream is meant where none is named. A SUBMARINE_URL that is set when
        Jupyter starts wins over it: that server becomes the upstream "env" and the default.""",
    ).tag(config=True)
    connect_timeout = Float(
        5.0, min=0.1, help="Seconds in which a connection to an upstream must be made."
    ).tag(config=True)
    request_timeout = Float(
        60.0,
        min=0.1,
        help="""Seconds an upstream may stay silent before or in the middle of an answer. The
        whole of an answer may take as long as it needs.""",
    ).tag(config=True)
    start_timeout = Float(
        30.0, min=1.0, help="Seconds in which the embedded experiment server must have started."
    ).tag(config=True)
    max_unacknowledged_bytes = Int(
        1024 * 1024,
        min=1024,
        help="""Bytes of one subscription that may be on their way to a page which has not
        acknowledged them. While there are that many, nothing more is read for it.""",
    ).tag(config=True)
    max_subscriptions = Int(
        256, min=1, help="Streams that one page (one WebSocket) may follow at a time."
    ).tag(config=True)

    poll_interval = Float(
        0.5,
        min=0.1,
        help="""Seconds between two questions to an upstream that cannot stream, such as Apache
        Submarine, while its answers bring news. It is asked once for all who follow the same.""",
    ).tag(config=True)
    longest_poll_interval = Float(
        5.0,
        min=0.1,
        help="Seconds to which that grows while there is no news.",
    ).tag(config=True)
    max_answer_bytes = Int(
        64 * 1024 * 1024,
        min=1024,
        help="""Bytes that an answer of an upstream which cannot stream may have: each holds the
        whole log. An experiment with a larger one is not followed.""",
    ).tag(config=True)

    keep_alive_while_running = Bool(
        True,
        help="""Report activity while the embedded experiment server has a waiting or running
        experiment, so that neither JupyterHub nor shutdown_no_activity_timeout ends what it runs
        in. Pages that merely watch are never activity.""",
    ).tag(config=True)
    keep_alive_max_hours = Float(
        24.0,
        min=0.0,
        help="""Hours since the user last did anything after which running experiments are no
        activity any more, so that an abandoned run does not keep a container for ever.""",
    ).tag(config=True)

    named_upstreams: Upstreams
    pollers: Pollers
    pages: set[StreamHandler]
    _keep_alive: asyncio.Task[None] | None = None
    _environment_before: Mapping[str, str | None] = {}

    def initialize_settings(self) -> None:
        """Check the configuration and set the environment of the kernels to come.

        Raises
        ------
        ConfigurationError
            Something in the configuration cannot be used; the text names it.
        """
        if not self._linked:
            # Jupyter logs what it could not read and goes on with the defaults: another server
            # than the one that was meant would get the experiments.
            raise ConfigurationError(
                "The configuration of SubmarineExtension could not be read; "
                "the log says above which value is wrong."
            )
        settings = read_settings(self.upstreams, self.default_upstream, os.environ)
        for remote in settings.remotes:
            if remote.sends_token_in_clear:
                self.log.warning(
                    "The token of the upstream '%s' travels unencrypted; use https.", remote.name
                )
        transport = Transport(self.connect_timeout, self.request_timeout)
        self.named_upstreams = Upstreams(settings, transport, self.start_timeout)
        self.pollers = Pollers(
            Answers(self.max_answer_bytes), self.poll_interval, self.longest_poll_interval
        )
        self.pages = set()
        self._set_environment(settings)

    def initialize_handlers(self) -> None:
        """Add the routes below `<base>/submarine/`."""
        self.handlers.extend(
            [
                (r"submarine/info", InfoHandler),
                (r"submarine/compose", ComposeHandler),
                (r"submarine/compose/cell", ComposeCellHandler),
                (r"submarine/stream", StreamHandler),
                (r"submarine/(.*)", ProxyHandler),
            ]
        )

    async def _start_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        """Import what the first request needs, off the event loop, and watch for running ones."""
        for module in ("aiohttp", "submarine_jupyter.launch"):
            await asyncio.to_thread(import_module, module)
        if self.keep_alive_while_running:
            embedded = self.named_upstreams.named(EMBEDDED)
            keep_alive = KeepAlive(serverapp.web_app, embedded, self.keep_alive_max_hours, self.log)
            self._keep_alive = asyncio.create_task(keep_alive.run())

    async def stop_extension(self) -> None:
        """Close every socket, stream and connection."""
        if self._keep_alive is not None:
            self._keep_alive.cancel()
        if hasattr(self, "named_upstreams"):
            await asyncio.gather(*(page.shut_down() for page in list(self.pages)))
            await self.named_upstreams.close()
        for name, value in self._environment_before.items():
            _set_variable(name, value)
        self._environment_before = {}

    def _set_environment(self, settings: UpstreamSettings) -> None:
        """Let kernels find the same default upstream as the pages do."""
        base_url = cast("str", self.settings["base_url"])
        variables: dict[str, str | None] = {
            "SUBMARINE_JUPYTER": url_path_join(base_url, "submarine")
        }
        for remote in settings.remotes:
            # One that the environment gave is in it already.
            if remote.name == settings.default == self.default_upstream:
                variables |= {
                    "SUBMARINE_URL": remote.url,
                    "SUBMARINE_TOKEN_FILE": str(remote.token_file) if remote.token_file else None,
                    "SUBMARINE_CA_FILE": str(remote.ca_file) if remote.ca_file else None,
                    # It would be of some other server.
                    "SUBMARINE_TOKEN": None,
                }
        self._environment_before = {name: os.environ.get(name) for name in variables}
        for name, value in variables.items():
            _set_variable(name, value)


def _set_variable(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
