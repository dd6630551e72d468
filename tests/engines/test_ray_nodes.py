"""What a run brings from the nodes of Ray, and what stays there."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest

from ..server.api import Api, experiment, python, wait_until
from .test_ray_faults import PATIENCE, STAY, driver_of, running, start_server

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def api(data_dir: Path, cluster: Any) -> Api:
    return start_server(data_dir, str(cluster.address))


def left_of(identity: str) -> list[Path]:
    """Return what is on the nodes, which are this machine."""
    return list(Path(tempfile.gettempdir()).glob(f"{identity}-*"))


def test_a_file_and_a_directory_of_one_name_are_both_kept(api: Api) -> None:
    source = (
        "import os, pathlib; home = pathlib.Path(os.environ['SUBMARINE_OUTPUT_DIR']);"
        "path = home / ('x' if os.environ['SUBMARINE_INDEX'] == '0' else 'x/y');"
        "path.parent.mkdir(exist_ok=True); path.write_text('here')"
    )
    identity = api.create(experiment(python(source), Worker=2))
    wait_until(lambda: api.status(identity) == "Succeeded", PATIENCE)
    files: list[dict[str, Any]] = api.result("GET", f"api/v1/experiment/{identity}/files")
    assert [file["path"] for file in files] == [f"{identity}-worker-1/x/y", "x"]
    assert not left_of(identity)


@pytest.mark.long
def test_a_driver_killed_at_bringing_files_leaves_them_to_the_next(
    api: Api, data_dir: Path
) -> None:
    size = 200_000_000
    source = (
        "import os, pathlib; home = pathlib.Path(os.environ['SUBMARINE_OUTPUT_DIR']);"
        f"[home.joinpath(name).write_bytes(bytes({size})) for name in ('a.bin', 'b.bin')]"
    )
    identity = api.create(experiment(python(source)))
    output = data_dir / "experiments" / identity / "output"
    # The first is there, and the second is coming.
    wait_until((output / "a.bin").exists, PATIENCE)
    wait_until(output.with_name("output.part").exists, PATIENCE)
    driver = driver_of(api)
    assert driver is not None
    driver.kill()
    wait_until(lambda: api.status(identity) == "Succeeded", PATIENCE)
    files: list[dict[str, Any]] = api.result("GET", f"api/v1/experiment/{identity}/files")
    found = [(file["path"], file["size"]) for file in files]
    assert found == [("a.bin", size), ("b.bin", size)]
    assert not output.with_name("output.part").exists()
    assert not left_of(identity)


def test_nothing_of_a_deleted_run_stays_on_its_node(api: Api) -> None:
    identity = running(api, STAY, 1)
    assert left_of(identity)
    api.result("DELETE", f"api/v1/experiment/{identity}")
    assert not left_of(identity)
