"""A function of a notebook as a program: its source, what it uses, and the call."""

from __future__ import annotations

import builtins
import functools
import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import CannotTravel
from ..spec.secrets import is_secret
from ..spec.submission import Source, parse_program
from .sources import (
    annotates_lazily,
    dotted_names,
    is_installed,
    names_used,
    source_of,
    variables_of,
)
from .values import MAX_LITERAL, import_line, is_of_the_shell, literal, module_imports

_FUTURE = "from __future__ import annotations"

_OF_IPYTHON = ("display", "get_ipython")
"""What IPython adds to the names that every program has."""


def program_of(
    function: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]
) -> Source:
    """Return the program that calls a function with these arguments.

    It holds the function's source, the imports it uses, and whatever else of the same notebook or
    file it uses: functions, classes, and values that JSON can hold.

    Parameters
    ----------
    function
        Made by `def`, or a `functools.partial` of one.
    args, kwargs
        Its arguments: texts, numbers, lists and dicts of such.

    Raises
    ------
    CannotTravel
        An argument, or something that the function uses, cannot be sent, or the arguments do not
        fit; the text names it and what to do.
    """
    function, args, kwargs = without_partial(function, args, kwargs)
    name = _checked_name(function)
    call = f"{name}({_written_arguments(function, args, kwargs)})"
    if inspect.iscoroutinefunction(function):
        call = f"__import__('asyncio').run({call})"
    luggage = _Luggage(function)
    luggage.add(name, function)
    # A process that multiprocessing starts imports the program, and is not to call it again.
    text = f'{luggage.text()}\n\nif __name__ == "__main__":\n    {call}\n'
    try:
        program = parse_program(text)
    except SyntaxError as error:
        raise _not_alone(name, error) from None
    return Source(text, program, f"{name}()")


def without_partial(
    function: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]
) -> tuple[Callable[..., object], Sequence[object], Mapping[str, object]]:
    """Return the function in a `functools.partial`, with all its arguments."""
    while isinstance(function, functools.partial):
        args, kwargs = (*function.args, *args), {**function.keywords, **kwargs}
        function = function.func
    return function, args, kwargs


def _checked_name(function: Callable[..., object]) -> str:
    if not isinstance(_unwrapped(function), types.FunctionType) or inspect.ismethod(function):
        name = getattr(function, "__qualname__", type(function).__qualname__)
        kind = "a method" if inspect.ismethod(function) else f"a {type(function).__name__}"
        raise CannotTravel(name, f"is {kind}, not a function; write a def that uses it")
    if function.__name__ == "<lambda>":
        raise CannotTravel("lambda", "has no source of its own; write it as a def")
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise CannotTravel(
            function.__name__,
            "is a generator, which does nothing when called; loop over it in a def",
        )
    return function.__name__


def _written_arguments(
    function: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]
) -> str:
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except TypeError as error:
        raise CannotTravel(f"{function.__name__}()", f"{error}; give what it takes") from None
    names = list(bound.arguments)
    written = [
        _argument(names[min(place, len(names) - 1)], value) for place, value in enumerate(args)
    ]
    written += [f"{name}={_argument(name, value)}" for name, value in kwargs.items()]
    return ", ".join(written)


def _argument(name: str, value: object) -> str:
    written = literal(value)
    if written is None:
        raise CannotTravel(name, _cannot(value, "as an argument"))
    return written


def _cannot(value: object, how: str) -> str:
    kind = type(value)
    origin = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    if getattr(value, "ndim", None) == 0:  # a number of numpy or torch
        fix = "take its item()"
    elif callable(value):
        fix = "define it in a cell or a file with def or class, so that its source is known"
    else:
        fix = (
            "make it inside the function, or save it to a file and give the function the file's "
            "name"
        )
    return f"a {origin}{kind.__qualname__} cannot travel {how}; {fix}"


class _Luggage:
    """What a function takes along, in an order in which it can be executed."""

    def __init__(self, owner: Any) -> None:
        self._owner = owner
        # The module that does not travel itself, but what is needed of it.
        self._home = "" if is_installed(owner.__module__) else owner.__module__
        self._imports: set[str] = set()
        self._pieces: list[str] = []
        self._packed: dict[str, object] = {}

    def text(self) -> str:
        """Return it as a program."""
        # What comes from __future__ stands first.
        imports = sorted(self._imports, key=lambda line: (line != _FUTURE, line))
        return "\n\n\n".join(filter(None, ["\n".join(imports), *self._pieces]))

    def add(self, name: str, value: object, uses: set[str] | None = None) -> None:
        """Take along what a name stands for; `uses` are the dotted names of who wants it."""
        if not self._is_new(name, value) and not isinstance(value, types.ModuleType):
            return
        if isinstance(value, types.ModuleType):
            self._imports.update(module_imports(name, value.__name__, uses or set()))
        elif self._travels_as_source(value):
            self._add_source(name, value)
        elif isinstance(value, str) and is_secret(name):
            raise CannotTravel(
                name,
                "is taken for a secret by its name, and whoever sees the experiment can read its "
                "program; read it from an environment variable inside the function, or give it as "
                "an argument if it is none",
            )
        elif (written := literal(value)) is not None:
            self._add_value(name, written)
        elif is_of_the_shell(value):
            raise CannotTravel(
                name, "belongs to the notebook, and the function runs as a plain Python program"
            )
        elif line := import_line(name, value, self._home):
            self._imports.add(line)
        else:
            raise CannotTravel(name, _cannot(value, f"with {self._owner.__name__}()"))

    def _is_new(self, name: str, value: object) -> bool:
        if name not in self._packed:
            self._packed[name] = value
            return True
        if self._packed[name] is not value:
            raise CannotTravel(
                name,
                f"means two different things in what {self._owner.__name__}() uses; rename one",
            )
        return False

    def _travels_as_source(self, value: Any) -> bool:
        """Whether something was written in the same notebook or file as the function."""
        if not isinstance(value, type) and not isinstance(_unwrapped(value), types.FunctionType):
            return False
        return value.__module__ in ("__main__", self._home)

    def _add_value(self, name: str, written: str) -> None:
        if len(written) > MAX_LITERAL:
            raise CannotTravel(
                name,
                f"takes {len(written):,} characters, and a value that travels with a function has "
                f"room for {MAX_LITERAL:,}; keep it in a file that the function reads",
            )
        self._pieces.append(f"{name} = {written}")

    def _add_source(self, name: str, value: Any) -> None:
        if name != value.__name__:
            self._is_new(value.__name__, value)
        source = source_of(value)
        try:
            names, uses = names_used(source), dotted_names(source)
        except SyntaxError as error:
            raise _not_alone(value.__name__, error) from None
        variables = variables_of(value)
        for used in names:
            if used in variables:
                if not _is_everywhere(used, variables[used]):
                    self.add(used, variables[used], uses)
            elif used in _OF_IPYTHON:
                self.add(used, getattr(builtins, used, None))
            elif not hasattr(builtins, used):
                raise CannotTravel(
                    used, f"{value.__name__}() uses it, and it is not defined; define it first"
                )
        if annotates_lazily(value):
            self._imports.add(_FUTURE)
        self._pieces.append(source)
        if name != value.__name__:
            self._pieces.append(f"{name} = {value.__name__}")


def _is_everywhere(name: str, value: object) -> bool:
    """Whether every Python program has this under this name, such as `open` and `__name__`."""
    if name.startswith("__") and name.endswith("__"):
        return True
    if name in ("exit", "quit") and is_of_the_shell(value):
        return True
    return hasattr(builtins, name) and _unwrapped(value) is _unwrapped(getattr(builtins, name))


def _unwrapped(value: Any) -> Any:
    return inspect.unwrap(value) if callable(value) else value


def _not_alone(name: str, error: SyntaxError) -> CannotTravel:
    return CannotTravel(
        name, f"cannot stand by itself ({error.msg}); pass what it shares as arguments"
    )
