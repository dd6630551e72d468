"""How Jupyter loads the extension, configures it and stops it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from jupyter_server.serverapp import ServerApp
from traitlets import TraitError
from traitlets.config import Config

from submarine_jupyter.errors import ConfigurationError
from submarine_jupyter.extension.app import SubmarineExtension

from .conftest import Fetch, Stranger

StartJupyter = Callable[..., ServerApp]


def extension_of(app: ServerApp) -> SubmarineExtension:
    [extension] = app.extension_manager.extension_apps["submarine_jupyter"]
    assert isinstance(extension, SubmarineExtension)
    return extension


def test_kernels_are_told_of_the_default_upstream(
    jp_serverapp: ServerApp,
    stranger: Stranger,
    token_file: Path,
    jp_asyncio_loop: asyncio.AbstractEventLoop,
) -> None:
    assert os.environ["SUBMARINE_JUPYTER"] == "/a%40b/submarine"
    assert os.environ["SUBMARINE_URL"] == stranger.url
    assert os.environ["SUBMARINE_TOKEN_FILE"] == str(token_file)
    jp_asyncio_loop.run_until_complete(extension_of(jp_serverapp).stop_extension())
    for name in ("SUBMARINE_JUPYTER", "SUBMARINE_URL", "SUBMARINE_TOKEN_FILE"):
        assert name not in os.environ


class TestDefaultWithItsOwnAuthority:
    @pytest.fixture
    def authority(self, tmp_path: Path) -> Path:
        authority = tmp_path / "ca.pem"
        trustme.CA().cert_pem.write_to_path(str(authority))
        return authority

    @pytest.fixture
    def extension_config(self, extension_config: dict[str, Any], authority: Path) -> dict[str, Any]:
        extension_config["upstreams"]["stranger"]["ca_file"] = str(authority)
        return extension_config

    def test_kernels_are_told_of_it(
        self,
        jp_serverapp: ServerApp,
        authority: Path,
        jp_asyncio_loop: asyncio.AbstractEventLoop,
    ) -> None:
        assert os.environ["SUBMARINE_CA_FILE"] == str(authority)
        jp_asyncio_loop.run_until_complete(extension_of(jp_serverapp).stop_extension())
        assert "SUBMARINE_CA_FILE" not in os.environ


class TestEmbeddedAsDefault:
    @pytest.fixture
    def extension_config(self) -> dict[str, Any]:
        return {}

    def test_kernels_find_it_by_themselves(self, jp_serverapp: ServerApp) -> None:
        assert os.environ["SUBMARINE_JUPYTER"] == "/a%40b/submarine"
        assert "SUBMARINE_URL" not in os.environ
        assert "SUBMARINE_TOKEN_FILE" not in os.environ


class TestDefaultFromTheEnvironment:
    @pytest.fixture(autouse=True)
    def environment(
        self, no_environment: None, monkeypatch: pytest.MonkeyPatch, stranger: Stranger
    ) -> None:
        monkeypatch.setenv("SUBMARINE_URL", stranger.url)
        monkeypatch.setenv("SUBMARINE_TOKEN", "token-of-the-environment")

    async def test_is_named_env_and_stays_for_the_kernels(
        self, fetch: Fetch, stranger: Stranger
    ) -> None:
        assert os.environ["SUBMARINE_URL"] == stranger.url
        assert os.environ["SUBMARINE_TOKEN"] == "token-of-the-environment"
        for prefix in ("", "upstreams/env/"):
            assert (await fetch(f"{prefix}api/v1/experiment")).code == 200
            sent = stranger.last.headers["Authorization"]
            assert sent == "Bearer token-of-the-environment"


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"upstreams": {"a": {"url": "ftp://x"}}}, r"upstreams\['a'\]\['url'\]"),
        ({"default_upstream": "b"}, "default_upstream"),
    ],
)
def test_bad_configuration_is_named(
    jp_server_config: Config,
    jp_configurable_serverapp: StartJupyter,
    config: dict[str, Any],
    words: str,
) -> None:
    jp_server_config.SubmarineExtension = Config(config)
    with pytest.raises(ConfigurationError, match=words):
        jp_configurable_serverapp(config=jp_server_config)


@pytest.mark.parametrize(
    "config",
    [
        {"upstreams": "http://localhost"},
        {"max_unacknowledged_bytes": 1},
        {"request_timeout": -1.0},
    ],
)
def test_value_out_of_range_is_named(
    jp_server_config: Config, jp_configurable_serverapp: StartJupyter, config: dict[str, Any]
) -> None:
    jp_server_config.SubmarineExtension = Config(config)
    with pytest.raises(SystemExit) as caught:
        jp_configurable_serverapp(config=jp_server_config)
    assert isinstance(caught.value.__context__, TraitError)
    assert next(iter(config)) in str(caught.value.__context__)


class TestUnreadableConfiguration:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: Config) -> Config:
        jp_server_config.ServerApp.reraise_server_extension_failures = False
        jp_server_config.SubmarineExtension = Config({"upstreams": "http://localhost"})
        return jp_server_config

    async def test_does_not_fall_back_to_another_server(self, fetch: Fetch) -> None:
        assert (await fetch("api/v1/experiment")).code == 404
        assert "SUBMARINE_JUPYTER" not in os.environ


def test_every_verb_says_who_may_call_it(
    jp_server_config: Config,
    jp_configurable_serverapp: StartJupyter,
    recwarn: pytest.WarningsRecorder,
) -> None:
    """jupyter_server warns of each route that says nothing of authentication."""
    jp_configurable_serverapp(config=jp_server_config)
    assert not [warning for warning in recwarn if "submarine" in str(warning.message)]


def test_loading_imports_nothing_heavy() -> None:
    program = (
        "import sys, jupyter_server.extension.application, jupyter_server.base.websocket\n"
        "import submarine_jupyter.extension.app\n"
        "print(*{'aiohttp', 'fastapi', 'sqlalchemy', 'pydantic', 'requests'} & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == ""
