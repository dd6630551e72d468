"""Environments that see what the tests' own has, with other packages in front."""

from __future__ import annotations

import site
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Environment:
    """A virtual environment.

    Attributes
    ----------
    python
        Its interpreter.
    packages
        Where its own packages are.
    """

    python: Path
    packages: Path

    @classmethod
    def make(cls, root: Path) -> Environment:
        """Make one that has nothing of its own."""
        venv.create(root, with_pip=False)
        python = root / "bin" / "python"
        code = "import sysconfig; print(sysconfig.get_path('purelib'))"
        packages = Path(subprocess.check_output([python, "-c", code], text=True).strip())
        # It sees what this environment has, as if it were installed there too. `addsitedir`
        # follows the .pth files of an editable install, which a plain path would not.
        shared = [f"import site; site.addsitedir({path!r})" for path in site.getsitepackages()]
        (packages / "shared.pth").write_text("\n".join(shared))
        return cls(python, packages)

    def install(self, *requirements: str) -> None:
        """Install packages alone; what they require is shared, or named too."""
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "install", "--quiet"]
        subprocess.run([*pip, "--no-deps", *requirements], check=True)
