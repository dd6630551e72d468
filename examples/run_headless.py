"""Run a notebook without a front end, on an embedded experiment server of its own.

    python examples/run_headless.py [--save] examples/quickstart.ipynb

Prints what happens, then the id of the first experiment that the notebook leaves, its pods' last
log lines, its status, and where the executed notebook is: with `--save` in the place of the one
that was run, so that those who only read it see what comes out.

The exit code is 0 only if every cell went well and that experiment ended `Succeeded`. A cell that
is meant to fail has the tag `raises-exception`, as everywhere in Jupyter. It then has to fail, and
the first experiment of its notebook has to end `Failed`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from submarine_jupyter import Experiment, ExperimentClient, launch

MIME_TYPE = "application/vnd.submarine.experiment+json"
MEANT_TO_FAIL = "raises-exception"
BUILD = Path("build") / "demo"
LAST_LINES = 3
# ipykernel warns of TCP without encryption; this kernel talks on this machine alone.
QUIET = "--IPKernelApp.log_level=ERROR"


class Narrator(NotebookClient):
    """Runs a notebook and says what it is doing."""

    def __init__(self, notebook: nbformat.NotebookNode, directory: Path) -> None:
        super().__init__(
            notebook,
            timeout=300,
            extra_arguments=[QUIET],
            record_timing=False,
            resources={"metadata": {"path": str(directory)}},
            on_cell_start=self._announce,
        )
        self._started = time.monotonic()
        self._codes = [cell for cell in notebook.cells if cell.cell_type == "code"]

    def _announce(self, cell: nbformat.NotebookNode, **_: Any) -> None:
        if cell.cell_type == "code":
            number = self._codes.index(cell) + 1
            self._say(f"[{number}/{len(self._codes)}] {cell.source.partition(chr(10))[0]}")

    def process_message(
        self, msg: dict[str, Any], cell: nbformat.NotebookNode, cell_index: int
    ) -> Any:
        """Take a message of the kernel; tell the progress that a waiting cell shows."""
        if msg["msg_type"] == "update_display_data":
            data = msg["content"]["data"]
            text = data.get("text/plain", "")
            if MIME_TYPE not in data and "\n" not in text:  # a table is renewed too often
                self._say(f"      {text}")
        return super().process_message(msg, cell, cell_index)

    def _say(self, text: str) -> None:
        print(f"{time.monotonic() - self._started:5.1f} s  {text:.110}", flush=True)


def main(path: Path, *, save: bool) -> int:
    """Run the notebook; return the exit code."""
    data_dir = (BUILD / "data").resolve()
    if data_dir.exists():
        launch.stop(data_dir)
        shutil.rmtree(data_dir)
    BUILD.mkdir(parents=True, exist_ok=True)
    os.environ["SUBMARINE_DATA_DIR"] = str(data_dir)
    notebook = nbformat.read(path, as_version=4)
    try:
        completed = execute(notebook, path.parent)
        executed = path if save and completed else BUILD / path.name
        nbformat.write(notebook, executed)
        first = next(iter(ExperimentClient().list_experiments()), None)
        if first is None:
            print("the notebook left no experiment")
            return 1
        experiment = ExperimentClient().experiment(first["experimentId"])
        report(experiment)
        print_accuracy(notebook)
        print(f"executed notebook: {executed}")
        return 0 if completed and experiment.status == expected_status(notebook) else 1
    finally:
        launch.stop(data_dir)


def execute(notebook: nbformat.NotebookNode, directory: Path) -> bool:
    """Run every cell; return whether all went as they should."""
    try:
        Narrator(notebook, directory).execute()
    except CellExecutionError as error:
        print(error)
        return False
    too_good = [cell for cell in meant_to_fail(notebook) if not has_failed(cell)]
    for cell in too_good:
        print(f"this cell is tagged {MEANT_TO_FAIL} and went well:\n{cell.source}")
    return not too_good


def meant_to_fail(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Return the cells whose tag says that they raise an exception."""
    return [cell for cell in notebook.cells if MEANT_TO_FAIL in cell.metadata.get("tags", [])]


def has_failed(cell: nbformat.NotebookNode) -> bool:
    """Return whether the cell raised an exception."""
    return any(output.output_type == "error" for output in cell.outputs)


def expected_status(notebook: nbformat.NotebookNode) -> str:
    """Return how the first experiment of the notebook is to end."""
    return "Failed" if meant_to_fail(notebook) else "Succeeded"


def report(experiment: Experiment) -> None:
    """Print an experiment's id, the last lines of its pods, and its status."""
    print(f"\nexperiment: {experiment.id}")
    for pod in experiment.pods():
        print(f"{pod['name']}:")
        for line in experiment.logs(pod=pod["name"], tail=LAST_LINES):
            print(f"  {line}")
    print(f"status: {experiment.status}")


def print_accuracy(notebook: nbformat.NotebookNode) -> None:
    """Print the line in which the notebook says how good its model is."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for line in output.get("text", "").splitlines():
                if line.startswith("accuracy: "):
                    print(line)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Run a notebook without a front end.")
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--save", action="store_true", help="keep the outputs in the notebook")
    given = parser.parse_args()
    sys.exit(main(given.notebook, save=given.save))
