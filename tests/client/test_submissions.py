"""What `submit` takes: specs, files and functions, with changes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from submarine_jupyter import ExperimentClient, ExperimentSpec
from submarine_jupyter.client.changes import changed
from submarine_jupyter.client.provenance import CELL_HASH, COMMIT, NAMES, NOTEBOOK
from submarine_jupyter.client.submissions import spec_of
from submarine_jupyter.errors import CannotTravel, SpecError, UsageError
from submarine_jupyter.spec.program import decode_cell

from . import trainings
from .test_client import spec


def greet(name: str, times: int = 1, env: str = "") -> None:
    print(" ".join([f"hello {name}{env}"] * times))


@pytest.mark.parametrize("written", [json.dumps, yaml.safe_dump])
def test_a_file(client: ExperimentClient, tmp_path: Path, written: Any) -> None:
    file = tmp_path / "experiment.yaml"
    file.write_text(written(spec("print('from a file')")))
    for path in (file, str(file)):
        experiment = client.submit(path, name="Other")
        assert experiment.name == "other"
        assert list(experiment.logs(follow=True)) == ["from a file"]
    assert not set(NAMES) & set(experiment.spec["meta"]["envVars"])


def test_a_python_file(client: ExperimentClient, tmp_path: Path) -> None:
    file = tmp_path / "My Training.py"
    file.write_text("import sys\nprint('ü', sys.argv[0])\nraise SystemExit(0)\n")
    experiment = client.submit(file, replicas={"Worker": 2}, tags=["a", "b"])
    assert experiment.name == "my-training"
    assert experiment.spec["meta"]["tags"] == ["a", "b"]
    assert list(experiment.logs("worker-1", follow=True)) == [f"ü {file}"]
    assert decode_cell(experiment.spec["meta"]["cmd"]) == file.read_text()
    assert CELL_HASH in experiment.spec["meta"]["envVars"]


def test_a_function(client: ExperimentClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "work/train.ipynb")
    experiment = client.submit(greet, "you", times=2, name="Greeting", resources="cpu=1,memory=64M")
    assert list(experiment.logs(follow=True)) == ["hello you hello you"]
    assert experiment.name == "greeting"
    assert experiment.spec["spec"]["Worker"]["resources"] == "cpu=1,memory=64M"
    variables = experiment.spec["meta"]["envVars"]
    assert variables[NOTEBOOK] == "work/train.ipynb"
    assert len(variables[COMMIT]) >= 40
    again = client.submit(partial(greet, "me", env="!"), env={"A": "1"})
    assert list(again.logs(follow=True)) == ["hello me!"]
    assert again.spec["meta"]["envVars"]["A"] == "1"
    assert again.name == "greet"
    assert again.spec["meta"]["envVars"][CELL_HASH] != variables[CELL_HASH]


NOTEBOOKS_OWN = "belongs to the notebook, and the function runs as a plain Python program"

CELLS = [
    """
    import json
    """,
    """
    from dataclasses import dataclass
    RATES = [0.1, 0.2]

    @dataclass
    class Settings:
        rate: float

    class Plain:
        pass
    """,
    """
    def train(epochs):
        settings = Settings(RATES[0])
        display(settings.rate)
        print(json.dumps({"epochs": epochs, "rate": settings.rate, "plain": Plain.__name__}))
        with open("/dev/null") as nothing:
            print(repr(nothing.read()))

    def lists():
        files = !ls
    """,
    """
    from submarine_jupyter import ExperimentClient
    experiment = ExperimentClient().submit(train, 3)
    print("LINES", list(experiment.logs(follow=True)))
    try:
        ExperimentClient().submit(lists)
    except Exception as error:
        print("ERROR", type(error).__name__, error)
    """,
]


@pytest.fixture
def kernel(data_dir: Path, tmp_path: Path) -> Iterator[BlockingKernelClient]:
    manager, client = start_new_kernel(cwd=str(tmp_path))
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_a_function_of_a_notebook(kernel: BlockingKernelClient) -> None:
    printed = ""

    def note(message: dict[str, Any]) -> None:
        nonlocal printed
        printed += message["content"].get("text", "")
        printed += "".join(message["content"].get("traceback", []))

    for cell in CELLS:
        source = dedent(cell)
        kernel.execute_interactive(source, output_hook=note, timeout=60)
    assert printed.splitlines() == [
        """LINES ['0.1', '{"epochs": 3, "rate": 0.1, "plain": "Plain"}', "''"]""",
        f"ERROR CannotTravel get_ipython: {NOTEBOOKS_OWN}",
    ]


@pytest.mark.parametrize(
    ("what", "args", "keywords", "says"),
    [
        ("none.yaml", (), {}, "none.yaml cannot be read: No such file or directory; give"),
        (greet, ("a",), {"replicas": 3}, "replicas: 3 is no mapping; give each role its number"),
        (greet, ("a",), {"env": {}}, "env: is meant for the experiment, and greet() takes it too"),
        (greet, ("a",), {"lr": 3}, "greet(): got an unexpected keyword argument 'lr'"),
        (greet, (), {}, "greet(): missing a required argument: 'name'; give what it takes"),
        (spec("1"), (1,), {}, "arguments go with a function; a spec has none"),
        (spec("1"), (), {"replica": 1}, "replica: is nothing of a spec that can be changed; did"),
        (spec("1"), (), {"x": 1}, "it can be name, framework, cmd, tags, image, environment"),
        (spec("1"), (), {"resources": {"Boss": "cpu=1"}}, "resources: 'Boss' is no role here"),
        (trainings.locks, (), {}, "LOCK: a _thread.lock cannot travel with locks()"),
    ],
)
def test_wrong_calls(what: Any, args: tuple[Any, ...], keywords: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        spec_of(what, args, keywords)
    assert says in str(caught.value)


def test_wrong_files(tmp_path: Path) -> None:
    for name, text, says in [
        ("a.yaml", "meta: [", r"a\.yaml, line 1, column 8: not valid YAML or JSON"),
        ("b.yaml", "- 1", r"b\.yaml: a spec is a mapping with meta and spec; this is a list"),
        ("c.py", "x = 1\ny = (", r"c\.py, line 2: '\(' was never closed"),
        ("d.py", "\0", r"d\.py"),
    ]:
        (tmp_path / name).write_text(text)
        with pytest.raises(SpecError, match=says):
            spec_of(tmp_path / name, (), {})
    (tmp_path / "e.yaml").write_bytes(b"\xff")
    with pytest.raises(UsageError, match=r"e\.yaml is no UTF-8 text; give a spec in YAML or JSON"):
        spec_of(tmp_path / "e.yaml", (), {})


def test_a_spec_is_sent_as_it_is() -> None:
    given = spec("print(1)")
    assert spec_of(given, (), {}) is given
    model = ExperimentSpec.from_wire(given)
    assert spec_of(model, (), {}) is model
    assert spec_of(model, (), {"name": "x"})["meta"]["name"] == "x"


def test_changes() -> None:
    given = spec("print(1)", envVars={"A": "1", "B": "2"})
    given["spec"]["Ps"] = {"replicas": 1, "resources": "cpu=2", "cmd": "own", "envVars": {"C": "3"}}
    before = json.dumps(given)
    new = changed(
        given,
        name="other",
        framework="PyTorch",
        cmd="python b.py",
        tags=("x",),
        image="image:1",
        environment="torch",
        replicas={"Worker": 4, "Chief": 1},
        resources={"Worker": "cpu=3,memory=1G"},
        env={"A": None, "LR": 0.1},
    )
    assert json.dumps(given) == before
    assert new["meta"] == {
        "name": "other",
        "framework": "PyTorch",
        "cmd": "python b.py",
        "tags": ["x"],
        "envVars": {"B": "2", "LR": 0.1},
    }
    assert new["environment"] == {"image": "image:1", "name": "torch"}
    assert new["spec"] == {
        "Worker": {"replicas": 4, "resources": "cpu=3,memory=1G"},
        "Ps": {"replicas": 1, "resources": "cpu=2", "envVars": {"C": "3", "LR": 0.1}},
        "Chief": {"replicas": 1, "resources": "cpu=1,memory=1G"},
    }
    assert {task["resources"] for task in changed(given, resources="cpu=9")["spec"].values()} == {
        "cpu=9"
    }


def test_functions_of_a_script(data_dir: Path, tmp_path: Path) -> None:
    """A script is a program of its own: its `__main__` has a file, and no cells."""
    script = tmp_path / "script.py"
    script.write_text(
        "from submarine_jupyter import ExperimentClient\n\n\n"
        "class Settings:\n    rate = 0.5\n\n\n"
        "def train(lr):\n    print(lr, Settings.rate)\n\n\n"
        "if __name__ == '__main__':\n"
        "    print(list(ExperimentClient().submit(train, 0.1).logs(follow=True)))\n"
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("['0.1 0.5']\n", "")


def test_nothing_starts_for_what_cannot_be_sent(data_dir: Path) -> None:
    with pytest.raises(CannotTravel):
        ExperimentClient().submit(trainings.locks)
    assert not (data_dir / "experiments").exists()
