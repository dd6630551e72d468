"""The source of functions and classes, also of those in notebook cells, and what it refers to."""

from __future__ import annotations
import __future__

import ast
import inspect
import linecache
import symtable
import sys
import sysconfig
import textwrap
import types
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import CannotTravel


def source_of(thing: Any) -> str:
    """Return the source of a function or class, decorators included, from the first column on.

    Raises
    ------
    CannotTravel
        It is nowhere to be found.
    """
    text: str | None
    try:
        text = inspect.getsource(thing)
    except (OSError, TypeError):
        text = _in_cells(thing) if isinstance(thing, type) else None
    if text is None:
        raise CannotTravel(
            thing.__name__, "has no source that can be found; define it in a cell or in a file"
        )
    return textwrap.dedent(text).rstrip()


def names_used(source: str) -> list[str]:
    """Return the names that a source takes from outside, each once; SyntaxError if it is none.

    A name that it makes itself with `global` is not among them.
    """
    tables = list(_tables(symtable.symtable(source, "source", "exec")))
    made, used = set(), []
    for table in tables:
        for symbol in table.get_symbols():
            is_outermost = table.get_type() == "module"
            if symbol.is_assigned() and (is_outermost or symbol.is_declared_global()):
                made.add(symbol.get_name())
            elif symbol.is_referenced() and (is_outermost or symbol.is_global()):
                used.append(symbol.get_name())
    return [name for name in dict.fromkeys(used) if name not in made]


def dotted_names(source: str) -> set[str]:
    """Return the names with their attributes, such as `np.random.default_rng`."""
    found = (_dotted(node) for node in ast.walk(ast.parse(source)))
    return {name for name in found if name}


def variables_of(thing: Any) -> dict[str, Any]:
    """Return what the names stand for that the source of a function or class may use."""
    functions = [inspect.unwrap(thing)] if not isinstance(thing, type) else _methods(thing)
    variables = dict(vars(sys.modules[thing.__module__]))
    for function in functions:
        variables.update(function.__globals__)
    for function in functions:
        variables.update(_closure(function))
    return variables


def annotates_lazily(thing: Any) -> bool:
    """Whether `from __future__ import annotations` holds for a function, or a class's methods."""
    functions = _methods(thing) if isinstance(thing, type) else [inspect.unwrap(thing)]
    flag = __future__.annotations.compiler_flag
    return any(function.__code__.co_flags & flag for function in functions)


def is_installed(module: str) -> bool:
    """Whether a module belongs to Python or to an installed package."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        return module != "__main__"
    places = {sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")}
    return any(Path(file).is_relative_to(place) for place in places)


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := _dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""


def _methods(kind: type) -> list[types.FunctionType]:
    """Return the functions in a class's body."""
    found = []
    for value in vars(kind).values():
        function = getattr(value, "__func__", None) or getattr(value, "fget", None) or value
        function = inspect.unwrap(function)
        # What dataclasses and the like have made is none of its source.
        if isinstance(function, types.FunctionType) and function.__module__ == kind.__module__:
            found.append(function)
    return found


def _closure(function: types.FunctionType) -> dict[str, Any]:
    filled = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            filled[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    filled.pop("__class__", None)  # of super(), which finds it in the source
    return filled


def _in_cells(kind: type) -> str | None:
    """Return the source of a class from the cells that were run, of the last one that has it."""
    own = [method.__code__.co_filename for method in _methods(kind)]
    for file in dict.fromkeys([*own, *reversed(list(linecache.cache))]):
        lines = linecache.getlines(file)
        if f"class {kind.__name__}" in "".join(lines):
            node = _class_node("".join(lines), kind.__name__)
            if node is not None:
                first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
                return "".join(lines[first - 1 : node.end_lineno])
    return None


def _class_node(text: str, name: str) -> ast.ClassDef | None:
    try:
        nodes: Iterable[ast.AST] = ast.walk(ast.parse(text))
    except SyntaxError:
        return None
    found = [node for node in nodes if isinstance(node, ast.ClassDef) and node.name == name]
    return found[-1] if found else None
