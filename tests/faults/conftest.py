from __future__ import annotations

import pytest

from submarine_jupyter.launch import Server
from tests.server.api import Api


@pytest.fixture
def api(experiment_server: Server) -> Api:
    """Return the API of a fresh server."""
    return Api(experiment_server)
