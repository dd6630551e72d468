"""Check what a release consists of: `make package` builds it and calls this.

    python -m tests.distributions dist

A wheel and an sdist hold nothing of the machine that built them, and the wheel by itself gives
client and magics where there is no JupyterLab.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
LARGEST = {".whl": 2_000_000, ".gz": 10_000_000}
"""In bytes. What is larger holds something that it should not, such as the front end's packages."""

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
    check_alone(wheel)


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


def check_alone(wheel: Path) -> None:
    """Install the wheel in an empty environment and use it there."""
    with tempfile.TemporaryDirectory() as directory:
        venv.create(directory, with_pip=True)
        python = str(Path(directory) / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", str(wheel)], check=True)
        subprocess.run([python, "-I", "-c", WITHOUT_JUPYTERLAB], cwd=directory, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
