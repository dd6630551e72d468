"""Check what a release consists of: `make package` builds it and calls this.

    python -m tests.distributions dist

A wheel and an sdist hold nothing of the machine that built them. The wheel, installed into an empty
environment, gives client and magics where there is no JupyterLab; and it gives the server extension
and the front end to the oldest JupyterLab that `pyproject.toml` names, on the oldest Python that is
found here, and to the newest on the newest.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import requests

from .server.api import wait_until

ROOT = Path(__file__).parents[1]
LARGEST = {".whl": 2_000_000, ".gz": 10_000_000}
"""In bytes. What is larger holds something that it should not, such as the front end's packages."""

PYTHONS = tuple(f"python3.{minor}" for minor in range(10, 15))

WITHOUT_JUPYTERLAB = """
from importlib.util import find_spec

from IPython.core.interactiveshell import InteractiveShell

assert find_spec("jupyterlab") is None
from submarine_jupyter import ExperimentClient, ExperimentView, __version__

shell = InteractiveShell()
shell.run_line_magic("load_ext", "submarine_jupyter")
assert shell.find_cell_magic("submarine") and shell.find_line_magic("submarine")
print(f"submarine-jupyter {__version__} gives client and magics without JupyterLab")
"""


def main(directory: Path) -> None:
    """Check the wheel and the sdist of a directory."""
    (wheel,) = directory.glob("*.whl")
    (source,) = directory.glob("*.tar.gz")
    for distribution, files in ((wheel, files_of_wheel(wheel)), (source, files_of_sdist(source))):
        check_size(distribution)
        check_places(distribution, files)
    found = [python for python in PYTHONS if is_python(python)]
    print(f"not found here: {', '.join(name for name in PYTHONS if name not in found) or 'none'}")
    check_alone(wheel)
    check_with_jupyterlab(wheel, found[0], f"jupyterlab=={oldest_jupyterlab()}")
    check_with_jupyterlab(wheel, found[-1], "jupyterlab>=4,<5")


def files_of_wheel(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            yield name, archive.read(name)


def files_of_sdist(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                yield member.name, file.read()


def check_size(distribution: Path) -> None:
    size = distribution.stat().st_size
    print(f"{distribution.name}: {size / 1e6:.2f} MB")
    if size > LARGEST[distribution.suffix]:
        sys.exit(f"{distribution.name} is larger than {LARGEST[distribution.suffix] / 1e6:.0f} MB")


def check_places(distribution: Path, files: Iterator[tuple[str, bytes]]) -> None:
    """Fail if a file names a place of this machine."""
    places = [f"{place}/".encode() for place in (ROOT, Path.home(), sys.prefix)]
    found = [name for name, content in files if any(place in content for place in places)]
    if found:
        sys.exit(f"{distribution.name} names places of this machine, in {', '.join(found)}")


def is_python(name: str) -> bool:
    """Tell whether a command is there and starts: one of a version manager may do nothing."""
    try:
        return subprocess.run([name, "-c", ""], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def oldest_jupyterlab() -> str:
    """Return the oldest version that `pyproject.toml` allows."""
    found = re.search(r'"jupyterlab>=([\d.]+),', (ROOT / "pyproject.toml").read_text())
    assert found is not None
    return found[1]


@contextmanager
def environment(python: str, *requirements: str) -> Iterator[Path]:
    """Yield the `bin` of a new environment in which nothing but the requirements is installed."""
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([python, "-m", "venv", directory], check=True)
        place = Path(directory) / "bin"
        pip = [str(place / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", *requirements], check=True)
        yield place


def check_alone(wheel: Path) -> None:
    """Use the wheel without JupyterLab."""
    with environment(sys.executable, str(wheel)) as place:
        subprocess.run([place / "python", "-I", "-c", WITHOUT_JUPYTERLAB], cwd=place, check=True)


def check_with_jupyterlab(wheel: Path, python: str, jupyterlab: str) -> None:
    """Start a JupyterLab, and ask it for the front end and the routes of the extension."""
    with environment(python, str(wheel), jupyterlab) as place, running_jupyterlab(place) as ask:
        page = ask("lab").text
        assert '"name": "submarine-jupyter"' in page, "the page does not load the front end"
        info = ask("submarine/info").json()
        assert info["upstreams"]["embedded"]["state"] == "stopped", info
        version = subprocess.check_output(
            [place / "python", "-c", "import sys, jupyterlab as lab; print(lab.__version__)"],
            text=True,
        )
        print(f"submarine-jupyter {info['version']} on {python} in JupyterLab {version}", end="")


class Ask:
    """Asks a running Jupyter server."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"token {token}"}

    def __call__(self, path: str) -> requests.Response:
        answer = requests.get(f"{self._url}{path}", headers=self._headers, timeout=30)
        answer.raise_for_status()
        return answer


@contextmanager
def running_jupyterlab(place: Path) -> Iterator[Ask]:
    """Yield what asks the JupyterLab of an environment, whose settings and data are its own."""
    own = {f"JUPYTER_{name}_DIR": str(place / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    own |= {"SUBMARINE_DATA_DIR": str(place / "submarine"), "JUPYTER_PREFER_ENV_PATH": "1"}
    command = [str(place / "jupyter-lab"), "--no-browser", "--allow-root", "--port=0"]
    with (
        (place / "lab.log").open("wb") as log,
        subprocess.Popen(command, cwd=place, env=os.environ | own, stderr=log) as process,
    ):
        try:
            asks: list[Ask] = []

            def answers() -> bool:
                assert process.poll() is None, (place / "lab.log").read_text()
                # It describes itself some time before it answers.
                for file in (place / "RUNTIME").glob("jpserver-*.json"):
                    with suppress(ValueError, requests.ConnectionError):
                        described = json.loads(file.read_text())
                        asks.append(Ask(described["url"], described["token"]))
                        return asks[-1]("api").ok
                return False

            wait_until(answers)
            yield asks[-1]
        finally:
            process.terminate()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
