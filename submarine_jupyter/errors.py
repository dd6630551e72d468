"""Every error this package raises on purpose, in one tree.

::

    SubmarineError
    ├── SpecError               the experiment's spec is wrong; lists every problem with its field
    ├── ConfigurationError      a setting, an environment variable or an option is wrong
    ├── UsageError              a command or one of its arguments is wrong
    ├── ServerUnavailable       no server answers there (the extension tells two kinds apart)
    ├── StreamTooLong           a stream's message is larger than its reader takes (logs.sse)
    ├── ApiError                the server answered with an error
    │   ├── BadRequest          400
    │   ├── NotAuthenticated    401
    │   ├── NotAuthorized       403
    │   └── NotFound            404
    └── ExperimentFailed        an experiment that was waited for did not succeed

The text of each is one readable sentence that says what to do next.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, NamedTuple


class SubmarineError(Exception):
    """Base of all errors of this package."""


class Problem(NamedTuple):
    """One thing that is wrong with a spec.

    Attributes
    ----------
    field
        Where it is, dotted as in the API (``spec.Worker.resources``); empty for the whole document.
    message
        What is wrong and what is allowed, as a sentence without the field.
    """

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class SpecError(SubmarineError):
    """An experiment spec that cannot be accepted.

    Attributes
    ----------
    problems
        Every problem found, in the order of the document.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ConfigurationError(SubmarineError):
    """A setting, an environment variable or an option that cannot be used."""


class UsageError(SubmarineError):
    """A command that does not exist, or an argument it does not take."""


class ServerUnavailable(SubmarineError):
    """No experiment server answers."""


class ApiError(SubmarineError):
    """An error answered by the experiment server.

    Attributes
    ----------
    code
        The HTTP code.
    message
        The server's own sentence.
    """

    _by_code: ClassVar[dict[int, type[ApiError]]] = {}

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)

    def __init_subclass__(cls, code: int) -> None:
        cls._by_code[code] = cls

    @classmethod
    def from_code(cls, code: int, message: str) -> ApiError:
        """Return the error class that stands for an HTTP code."""
        return cls._by_code.get(code, ApiError)(code, message)


class BadRequest(ApiError, code=400):
    """The server refused what was sent."""


class NotAuthenticated(ApiError, code=401):
    """The server wants a token, or another one."""


class NotAuthorized(ApiError, code=403):
    """The token does not allow this."""


class NotFound(ApiError, code=404):
    """The server does not know this experiment, pod, file or route."""


class ExperimentFailed(SubmarineError):
    """An experiment that was waited for ended without success.

    Attributes
    ----------
    experiment_id, status, reason
        As the server reports them; ``reason`` may be empty.
    """

    def __init__(
        self, experiment_id: str, status: str, reason: str = "", message: str = ""
    ) -> None:
        self.experiment_id = experiment_id
        self.status = status
        self.reason = reason
        detail = f": {message}" if message else f" ({reason})" if reason else ""
        super().__init__(f"{experiment_id} ended {status}{detail}")
