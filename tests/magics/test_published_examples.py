"""The examples of the published client's document run with their import line changed."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

# Each cell is an example of the document `ExperimentClient` (Apache Submarine), in its order, with
# the id that its reader has. The command is a program that a machine without images has.
CREATE = """\
client = ExperimentClient()
created = client.create_experiment({
  "meta": {
    "name": "tf-mnist-json",
    "namespace": "default",
    "framework": "TensorFlow",
    "cmd": "echo --log_dir=/train/log --learning_rate=0.01 --batch_size=150",
    "envVars": {
      "ENV_1": "ENV1"
    }
  },
  "environment": {
    "image": "apache/submarine:tf-mnist-with-summaries-1.0"
  },
  "spec": {
    "Ps": {
      "replicas": 1,
      "resources": "cpu=1,memory=1024M"
    },
    "Worker": {
      "replicas": 1,
      "resources": "cpu=1,memory=1024M"
    }
  }
})
"""
PATCH = """\
client.patch_experiment(id, {
  "meta": {
    "name": "tf-mnist-json",
    "namespace": "default",
    "framework": "TensorFlow",
    "cmd": "echo --log_dir=/train/log --learning_rate=0.01 --batch_size=150",
    "envVars": {
      "ENV_1": "ENV1"
    }
  },
  "environment": {
    "image": "apache/submarine:tf-mnist-with-summaries-1.0"
  },
  "spec": {
    "Worker": {
      "replicas": 2,
      "resources": "cpu=1,memory=1024M"
    }
  }
})
"""
CELLS = [
    "from submarine_jupyter import *",
    CREATE,
    "id = created['experimentId']\nprint(created['status'], created['spec']['code'])",
    PATCH,
    "experiment = client.get_experiment(id)\nprint(experiment['spec']['meta']['name'])",
    "experiments = client.list_experiments()\nprint(len(experiments))",
    "logs = client.wait_for_finish(id, 5)",
    "client.get_log(id)",
    "logs = client.list_log('Succeeded')\nprint([log['experimentId'] == id for log in logs])",
    "client.delete_experiment(id)['status']",
]


def test_they_run_to_the_end(
    tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cells = [nbformat.v4.new_code_cell(textwrap.dedent(cell)) for cell in CELLS]
    notebook: Any = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=100).execute()
    texts = ["".join(out.get("text", "") for out in cell.outputs) for cell in notebook.cells]
    assert texts[2] == "Accepted None\n"
    assert texts[4] == "tf-mnist-json\n"
    assert texts[5] == "1\n"
    assert "--learning_rate=0.01 --batch_size=150" in texts[6]
    assert texts[7].count("The logs of Pod experiment-") >= 2
    assert texts[8] == "[True]\n"
    assert notebook.cells[-1].outputs[0]["data"]["text/plain"] == "'Deleted'"
