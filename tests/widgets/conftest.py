from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from submarine_jupyter import launch

from .kernel_page import Page


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    page = Page(tmp_path)
    yield page
    page.client.stop_channels()
    page.manager.shutdown_kernel(now=True)
    launch.stop(tmp_path / "data")
