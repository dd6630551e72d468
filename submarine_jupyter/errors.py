"""Every error this package raises on purpose, in one tree.

::

    SubmarineError
    ├── SpecError               the experiment's spec is wrong; lists every problem with its field
    ├── ConfigurationError      a setting, an environment variable or an option is wrong
    ├── UsageError              a command or one of its arguments is wrong
    │   └── CannotTravel        a function uses what cannot be sent with it
    ├── ServerUnavailable       no server answers there
    │   ├── NotStarted          the embedded one does not run, and nothing was submitted
    │   ├── UnknownPath         a 404 that is not the API's, as of a gateway whose server is away
    │   └── Unreachable         an upstream of the extension does not answer (extension.transport)
    ├── StreamTooLong           a stream's message is larger than its reader takes (logs.sse)
    ├── ApiError                the server answered with an error
    │   ├── BadRequest          400
    │   ├── NotAuthenticated    401
    │   ├── NotAuthorized       403
    │   └── NotFound            404
    │       └── NotOffered      the server does not have what only some servers have
    ├── ExperimentFailed        an experiment that was waited for did not succeed
    └── StillRunning            the time to wait for it was up; also a TimeoutError

The text of each is one readable sentence that says what to do next.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple


class SubmarineError(Exception):
    """Base of all errors of this package; they can be pickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, self.__dict__)


def _restored(
    kind: type[SubmarineError], args: tuple[object, ...], attributes: dict[str, object]
) -> SubmarineError:
    """Return a pickled error; what it was made of is in its text."""
    error = kind.__new__(kind, *args)
    super(SubmarineError, error).__init__(*args)
    error.__dict__.update(attributes)
    return error


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


class CannotTravel(UsageError):
    """A function uses what cannot be sent with it as a program.

    Attributes
    ----------
    name
        Of the variable, argument or function.
    """

    def __init__(self, name: str, message: str) -> None:
        self.name = name
        super().__init__(f"{name}: {message}")


class ServerUnavailable(SubmarineError):
    """No experiment server answers."""


class NotStarted(ServerUnavailable):
    """The embedded server does not run, and what is asked for is no reason to start it."""


class UnknownPath(ServerUnavailable):
    """What answers knows no such path, and does not say so as the API does.

    It is a gateway whose server is away, or a server that has no such route.
    """


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

    def __init__(self, code: int, message: str, advice: str = "") -> None:
        self.code = code
        self.message = message
        # The server's sentences end with a full stop or not.
        super().__init__(f"{message.rstrip('. ')}; {advice}" if advice else message)

    def __init_subclass__(cls, code: int | None = None) -> None:
        if code is not None:
            cls._by_code[code] = cls

    @classmethod
    def from_code(cls, code: int, message: str, advice: str = "") -> ApiError:
        """Return the error class that stands for an HTTP code.

        Parameters
        ----------
        message
            The server's own sentence.
        advice
            What to do next, if that does not say it.
        """
        return cls._by_code.get(code, ApiError)(code, message, advice)


class BadRequest(ApiError, code=400):
    """The server refused what was sent."""


class NotAuthenticated(ApiError, code=401):
    """The server wants a token, or another one."""


class NotAuthorized(ApiError, code=403):
    """The token does not allow this."""


class NotFound(ApiError, code=404):
    """The server does not know this experiment, pod, file or route."""


class NotOffered(NotFound):
    """The server does not have something that only some servers have."""


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


class StillRunning(SubmarineError, TimeoutError):
    """An experiment that was waited for goes on.

    Attributes
    ----------
    experiment_id, status
        As last heard of.
    """

    def __init__(self, experiment_id: str, status: str, seconds: float) -> None:
        self.experiment_id = experiment_id
        self.status = status
        super().__init__(
            f"{experiment_id} is still {status} after {seconds:g} s; it goes on, so wait again or "
            "stop it"
        )
