"""`submarine/compose`: what a page's form needs besides the upstream.

A page cannot read a cell as its magic does, nor pack a program into a command, nor know a
notebook's directory and interpreter; and as long as the embedded server was not started, nobody
else has the schema of a spec.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from ..errors import BadRequest, SpecError, UsageError
from .base import SubmarineHandler
from .settings import EMBEDDED

_WORKDIR = "SUBMARINE_WORKDIR"
_PYTHON = "SUBMARINE_PYTHON"


class ComposeHandler(SubmarineHandler, APIHandler):
    """Tells what a spec can hold, and completes one that a page is about to send."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer the schema of a spec as this version knows it, and the roles of frameworks."""
        from ..spec import ExperimentSpec
        from ..spec.frameworks import FRAMEWORKS

        self._track_activity = False
        frameworks = {known.name: known.roles for known in FRAMEWORKS.values()}
        schema = ExperimentSpec.model_json_schema(by_alias=True)
        self.finish(_envelope(schema, frameworks=frameworks))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Pack the program into the command, and say where the experiment is to run."""
        order = self.get_json_body()
        if not isinstance(order, dict) or not _is_spec(order.get("spec")):
            raise BadRequest(400, "The body has no spec with meta and spec in it.")
        spec = order["spec"]
        program, origin = order.get("program"), order.get("origin")
        if isinstance(program, dict):
            spec["meta"]["cmd"] = await asyncio.to_thread(pack, program)
        # Only the embedded server is sure to see the same files.
        if self.upstreams.named(order.get("upstream")).name == EMBEDDED:
            place = await asyncio.to_thread(self._place, origin if isinstance(origin, dict) else {})
            add_place(spec, place)
        self.finish(_envelope(spec))

    def _place(self, origin: dict[str, Any]) -> dict[str, str]:
        root = getattr(self.contents_manager, "root_dir", "") or "."
        return {
            _WORKDIR: str(directory_of(Path(root), str(origin.get("path") or ""))),
            _PYTHON: interpreter_of(self.kernel_spec_manager, str(origin.get("kernel") or "")),
        }


class ComposeCellHandler(SubmarineHandler, APIHandler):
    """Tells what a form shows of a notebook's cell."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Read a cell into the fields of a spec and a program."""
        from .cells import read_cell

        order = self.get_json_body()
        if not isinstance(order, dict) or not isinstance(order.get("cell"), str):
            raise BadRequest(400, "The body has no text of a cell.")
        name, resources = str(order.get("name") or "cell"), str(order.get("resources") or "")
        try:
            draft = await asyncio.to_thread(read_cell, order["cell"], name, resources)
        except (UsageError, SpecError) as error:
            raise BadRequest(400, str(error)) from None
        self.finish(_envelope(asdict(draft)))


def pack(program: dict[str, Any]) -> str:
    """Return the command that runs a page's program.

    Raises
    ------
    BadRequest
        It is no Python, or does not fit into a command.
    """
    from ..spec.program import encode_cell
    from ..spec.submission import parse_program

    source, name = str(program.get("source") or ""), str(program.get("name") or "cell")
    try:
        parse_program(source)
        return encode_cell(source, name)
    except SyntaxError as error:
        where = f"Line {error.lineno} of the program" if error.lineno else "The program"
        raise BadRequest(400, f"{where}: {error.msg}.") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise BadRequest(400, f"The program is not Python: {error}.") from None
    except SpecError as error:
        raise BadRequest(400, str(error)) from None


def add_place(spec: dict[str, Any], place: dict[str, str]) -> None:
    """Put directory and interpreter where every replica finds them, unless they are there.

    A role's own variables replace the common ones, so they get both too.
    """
    roles = [role for role in spec["spec"].values() if isinstance(role, dict)]
    owners = [spec["meta"], *(role for role in roles if isinstance(role.get("envVars"), dict))]
    for owner in owners:
        owner["envVars"] = {**place, **(owner.get("envVars") or {})}


def directory_of(root: Path, path: str) -> Path:
    """Return the directory of a notebook; Jupyter's own for one that is not below it."""
    # Symbolic links are not resolved: one out of the root is the user's own, as kernels have it.
    root = Path(os.path.normpath(root.expanduser().absolute()))
    directory = Path(os.path.normpath(root / path)).parent if path else root
    return directory if directory.is_relative_to(root) and directory.is_dir() else root


def interpreter_of(kernels: KernelSpecManager, name: str) -> str:
    """Return the Python of a kernel; Jupyter's own for a kernel that is no Python."""
    try:
        command = kernels.get_kernel_spec(name).argv[0] if name else ""
    except (NoSuchKernel, IndexError):
        command = ""
    # A bare "python" in a kernel's command means Jupyter's own, which has it started so.
    is_path = Path(command).is_absolute() and Path(command).name.startswith("python")
    return command if is_path else sys.executable


def _is_spec(spec: object) -> bool:
    return isinstance(spec, dict) and all(
        isinstance(spec.get(part), dict) for part in ("meta", "spec")
    )


def _envelope(result: object, **attributes: object) -> str:
    return json.dumps(
        {
            "status": "OK",
            "code": 200,
            "success": True,
            "message": None,
            "result": result,
            "attributes": attributes,
        },
        default=str,  # YAML makes dates of what looks like one
    )
