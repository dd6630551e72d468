"""What importing costs: nothing heavy comes before it is used."""

from __future__ import annotations

import subprocess
import sys

import submarine_jupyter

HEAVY = {
    "requests",
    "pydantic",
    "yaml",
    "fastapi",
    "sqlalchemy",
    "aiohttp",
    "ipywidgets",
    "IPython",
}


def loaded_by(statement: str) -> set[str]:
    program = f"{statement}\nimport sys; print(*sys.modules)"
    return set(subprocess.check_output([sys.executable, "-c", program], text=True).split())


def test_the_package_imports_nothing() -> None:
    assert not HEAVY & loaded_by("import submarine_jupyter")


def test_every_public_name_can_be_had() -> None:
    assert submarine_jupyter.__all__ == sorted(submarine_jupyter.__all__)
    for name in submarine_jupyter.__all__:
        assert getattr(submarine_jupyter, name).__name__ == name
    assert set(submarine_jupyter.__all__) <= set(dir(submarine_jupyter))


def test_the_server_comes_without_jupyter_and_the_client_without_the_server() -> None:
    assert not {"IPython", "jupyter_server", "requests"} & loaded_by(
        "import submarine_jupyter.server.serve"
    )
    assert not {"fastapi", "sqlalchemy", "jupyter_server"} & loaded_by(
        "from submarine_jupyter import ExperimentClient"
    )
