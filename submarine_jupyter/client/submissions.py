"""From what `submit` takes (a spec, a file, a function) to the spec that is sent."""

from __future__ import annotations

import argparse
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from ..errors import Problem, SpecError, UsageError
from ..spec.flags import add_flags
from ..spec.loading import load_mapping
from ..spec.models import ExperimentSpec
from ..spec.submission import Source, as_name, parse_program, spec_of_program
from .changes import Changes, changed
from .functions import program_of, without_partial
from .provenance import collect, notebook_path, record

Submission = Mapping[str, Any] | ExperimentSpec | str | os.PathLike[str] | Callable[..., object]
"""A spec, the path of a file that holds one or a Python program, or a function."""


def spec_of(what: Submission, args: Sequence[object], keywords: Mapping[str, Any]) -> Any:
    """Return the spec that runs something.

    Parameters
    ----------
    what
        A spec, the path of one in YAML or JSON, the path of a `.py` file, or a function.
    args
        Arguments of the function.
    keywords
        Changes of the spec (`Changes`); what else is among them goes to the function.

    Raises
    ------
    SpecError
        The file holds none.
    UsageError
        The file cannot be read, an argument is wrong, or the function cannot be sent.
    """
    if callable(what):
        return _spec_of_function(what, args, keywords)
    if args:
        raise UsageError("arguments go with a function; a spec has none, so change it with env=")
    changes = cast("Changes", dict(keywords))
    if isinstance(what, (str, os.PathLike)):
        return _spec_of_file(Path(what), changes)
    if not changes:
        return what
    given = what.to_wire() if isinstance(what, ExperimentSpec) else what
    return changed(given, **changes) if isinstance(given, Mapping) else given


def _spec_of_function(
    function: Callable[..., object], args: Sequence[object], keywords: Mapping[str, Any]
) -> dict[str, Any]:
    function, args, own = without_partial(function, args, {})
    changes: dict[str, Any] = {}
    for name, value in keywords.items():
        if name not in Changes.__annotations__:
            own = {**own, name: value}
        elif _wants(function, name, args, own):
            raise UsageError(
                f"{name}: is meant for the experiment, and {function.__name__}() takes it too; "
                f"give the function its own as functools.partial({function.__name__}, {name}=…)"
            )
        else:
            changes[name] = value
    source = program_of(function, args, own)
    name = as_name(source.filename) or "function"
    return _spec_of_source(source, name, Path.cwd(), cast("Changes", changes))


def _wants(
    function: Callable[..., object], name: str, args: Sequence[object], own: Mapping[str, object]
) -> bool:
    """Whether a function takes an argument of this name that it has not been given."""
    try:
        given = inspect.signature(function).bind_partial(*args, **own).arguments
        return name in inspect.signature(function).parameters and name not in given
    except (TypeError, ValueError):  # what is wrong is said later
        return False


def _spec_of_file(path: Path, changes: Changes) -> dict[str, Any]:
    text = _read(path)
    if path.suffix == ".py":
        source = Source(text, _parsed(path, text), str(path))
        name = as_name(path.stem) or "program"
        return _spec_of_source(source, name, path.absolute().parent, changes)
    try:
        return changed(load_mapping(text), **changes)
    except SpecError as error:
        raise _in_file(path, error) from None


def _spec_of_source(source: Source, name: str, directory: Path, changes: Changes) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    add_flags(parser, name="")
    flags = parser.parse_args([])
    flags.framework = changes.get("framework")
    if isinstance(replicas := changes.get("replicas"), Mapping):
        flags.replicas = ",".join(f"{role}={count}" for role, count in replicas.items())
    spec = changed(spec_of_program(source, name, flags), **changes)
    record(spec, collect(directory, source.text, notebook_path()))
    return spec


def _parsed(path: Path, text: str) -> Any:
    try:
        return parse_program(text)
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        raise SpecError([Problem(f"{path}{line}", error.msg)]) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise SpecError([Problem(str(path), f"is no Python program: {error}")]) from None


def _read(path: Path) -> str:
    try:
        return path.expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}; give a spec's file") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no UTF-8 text; give a spec in YAML or JSON") from None


def _in_file(path: Path, error: SpecError) -> SpecError:
    return SpecError(
        Problem(f"{path}, {problem.field}" if problem.field else str(path), problem.message)
        for problem in error.problems
    )
