"""Defaults: where they are said, which one counts, and what they do to a spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from traitlets import TraitError
from traitlets.config import Config

from submarine_jupyter.errors import ConfigurationError
from submarine_jupyter.magics.settings import Settings

from .conftest import Kernel

PROJECT = """\
[tool.submarine]
framework = "pytorch"
resources = "cpu=2,memory=2G"
tags = ["team"]
wait = true
on-interrupt = "stop"
replicas = {Master = 1, Worker = 2}
env = {LR = 0.1}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    below = tmp_path / "notebooks" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    path = tmp_path / "pyproject.toml"
    path.write_text(PROJECT)
    # One without the table is passed over.
    (tmp_path / "notebooks" / "pyproject.toml").write_text("[tool.other]\n")
    return path


def settings(**configured: Any) -> Settings:
    made = Settings(config=Config({"Settings": configured}))
    made.remember_configuration()
    return made


def test_the_nearest_place_counts(project: Path) -> None:
    made = settings(framework="tensorflow", tags=["mine"])
    assert made.origin("framework") == ("TensorFlow", "IPython's configuration")
    made.put("framework", "xgboost")
    assert made.origin("framework") == ("XGBoost", "this notebook")
    made.put("framework", "")
    assert made.origin("framework") == ("PyTorch", str(project))
    assert made.origin("tags") == (["mine"], "IPython's configuration")
    assert made.origin("provenance") == (True, "built in")
    made.put("provenance", "off")
    assert made.origin("provenance") == (False, "this notebook")


def test_a_project_file(project: Path) -> None:
    made = settings()
    values = {name: made.value(name) for name in ("replicas", "wait", "on_interrupt", "env")}
    assert values == {
        "replicas": "Master=1,Worker=2",
        "wait": True,
        "on_interrupt": "stop",
        "env": {"LR": "0.1"},
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tool.submarine]\nframwork = 'x'", "framwork: There is no setting framwork; did you"),
        ("[tool.submarine]\nframework = 3", "framework: 3 is no text"),
        ("[tool.submarine]\nwait = 'maybe'", "wait: 'maybe' is neither true nor false"),
        ("[tool.submarine]\nresources = 'cpu=x'", "resources: cpu=x is no amount"),
        ("[tool.submarine\n", "cannot be read"),
    ],
)
def test_a_project_file_that_is_wrong(text: str, says: str, project: Path) -> None:
    project.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        settings().value("framework")
    assert str(project) in str(caught.value)
    assert says in str(caught.value)


def test_traits_are_checked() -> None:
    made = settings()
    with pytest.raises(TraitError, match="framework: 'caffe' is no framework"):
        made.framework = "caffe"
    made.framework = "PYTORCH"
    assert made.value("framework") == "PyTorch"


def test_in_a_notebook(kernel: Kernel) -> None:
    kernel.run("open('pyproject.toml', 'w').write('[tool.submarine]\\ntags = [\"of-project\"]')")
    shown = kernel.run(
        "%submarine config framework=pytorch env=LR=0.5,API_KEY=no on-interrupt=stop"
    )
    assert "framework     PyTorch" in shown.text
    assert "API_KEY=***" in shown.text
    kernel.run("%config SubmarineMagics.resources = 'cpu=0.5,memory=64M'")
    try:
        table = kernel.run("%submarine config").text
        assert "of-project" in table
        assert "pyproject.toml" in table
        ran = kernel.run(
            "%%submarine experiment --wait -o run\nimport os\nprint('rate', os.environ['LR'])"
        )
        assert ran.error is None
        assert "rate 0.5" in ran.text
        spec = kernel.run("print(run.spec)").text
        assert "'framework': 'PyTorch'" in spec
        assert "'resources': 'cpu=0.5,memory=64M'" in spec
        assert "'tags': ['of-project']" in spec
        # A flag comes first, and what a spec says itself.
        kernel.run("%%submarine experiment --framework XGBoost --tags x -o run\npass")
        assert "'framework': 'XGBoost'" in kernel.run("print(run.spec)").text
    finally:
        kernel.run("%submarine config framework= env= on_interrupt= resources=")
        kernel.run("import os\nos.unlink('pyproject.toml')")
    assert "built in" in kernel.run("%submarine config framework").text
    wrong = kernel.run("%submarine config framwork=x")
    assert (
        wrong.error == "ConfigurationError: There is no setting framwork; did you mean framework?"
    )
