"""The commands on ipykernel 6, which has neither subshells nor a thread for each cell's comms."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from submarine_jupyter import launch

from .conftest import MIME_TYPE, Kernel, experiment_id
from .environments import Environment

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """Yield a kernel of ipykernel 6 with the extension loaded."""
    directory = tmp_path_factory.mktemp("older")
    environment = Environment.make(directory / "environment")
    # Version 7 brings nest-asyncio under another name.
    environment.install("ipykernel>=6.29,<7", "nest-asyncio>=1.4")
    data_dir = directory / "data"
    kernel = Kernel(directory, data_dir, str(environment.python))
    try:
        assert kernel.run("import ipykernel\nprint(ipykernel.__version__)").text.startswith("6.")
        assert kernel.run("%load_ext submarine_jupyter").error is None
        yield kernel
    finally:
        kernel.stop()
        launch.stop(data_dir)


def test_a_cell_runs_and_its_log_is_there(kernel: Kernel) -> None:
    kernel.run("version = 6")
    ran = kernel.run("%%submarine experiment --name older --wait\nprint('from', {{version}})")
    assert ran.error is None
    assert ran.bundle[MIME_TYPE]["name"] == "older"
    assert "older: Succeeded, waited" in ran.text
    assert "from 6" in kernel.run("%submarine logs older").text


def test_submitting_returns_at_once_and_waiting_ends(kernel: Kernel) -> None:
    kernel.run("%%submarine experiment --name later -o run\nimport time\ntime.sleep(1)")
    assert kernel.run("%submarine wait run").error is None
    assert kernel.run("run.status").text == "'Succeeded'"


def test_interrupt_detaches(kernel: Kernel) -> None:
    message = kernel.start("%%submarine experiment --wait -o slow\nimport time\ntime.sleep(60)")
    kernel.wait_for("Running, waiting since")
    kernel.manager.interrupt_kernel()
    ran = kernel.finish(message)
    assert ran.name == "KeyboardInterrupt"
    assert ran.error is not None
    assert "goes on" in ran.error
    assert "Traceback" not in ran.error
    assert kernel.run("slow.status").text == "'Running'"
    kernel.run("%submarine stop slow")
    assert kernel.run("%submarine wait slow").name == "ExperimentFailed"


def test_failure_fails_the_cell_readably(kernel: Kernel) -> None:
    ran = kernel.run("%%submarine experiment --wait\n1 / 0")
    assert ran.name == "ExperimentFailed"
    assert f'File "Cell In[{ran.number}]", line 2' in kernel.run("%submarine logs").text
    assert experiment_id(ran)
