"""`ExperimentClient`: the documented methods of Apache Submarine's client, and handles."""

from __future__ import annotations

import time
import uuid
import weakref
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..errors import NotFound, NotStarted, ServerUnavailable, UsageError
from ..logs.pace import Pace
from .about import ask_info
from .following import EVERYTHING, Record, View, experiment_path, follow, time_left
from .listing import Page, fits
from .place import add_place, wire_spec
from .polling import poll
from .printing import print_log, print_progress
from .servers import Locator, Start, locate
from .size import fit
from .transport import READ_TIMEOUT, Answer, Call, Transport

if TYPE_CHECKING:
    from multiprocessing.pool import ApplyResult, ThreadPool

    from ..spec.models import ExperimentSpec
    from .comparison import Comparison
    from .experiment import Experiment
    from .submissions import Submission

_EXPERIMENTS = "/api/v1/experiment"

_AT_ONCE = 4


class ExperimentClient:
    """Client of an experiment server that creates and manages experiments and their logs.

    Without arguments it uses the server that the environment names (`SUBMARINE_URL`, or
    `SUBMARINE_SERVER_DNS_NAME` and `SUBMARINE_SERVER_PORT`), else the embedded server of this
    machine, which submitting starts.

    Parameters
    ----------
    host
        URL of the server, such as `http://127.0.0.1:32080`.
    token_file
        File that holds its token. Else `SUBMARINE_TOKEN`, or the file that `SUBMARINE_TOKEN_FILE`
        names, is used: a token has no place in a notebook.
    locator
        What finds the server, in place of both.

    Examples
    --------
    >>> client = ExperimentClient()                                        # doctest: +SKIP
    >>> client.create_experiment({"meta": {...}, "environment": {}, "spec": {...}})
    """

    def __init__(
        self,
        host: str | None = None,
        *,
        token_file: str | None = None,
        locator: Locator | None = None,
    ) -> None:
        self._transport = Transport(locator or locate(host, token_file))
        self._infos: dict[str, dict[str, Any]] = {}

    def __repr__(self) -> str:
        try:
            place = self.host
        except ServerUnavailable:
            place = "no server yet"
        return f"<{type(self).__name__} {place}>"

    @property
    def host(self) -> str:
        """URL of the server; ServerUnavailable if it is the embedded one and does not run."""
        return self._transport.endpoint().url

    @property
    def transport(self) -> Transport:
        """The session with the server."""
        return self._transport

    def create_experiment(self, experiment_spec: dict[str, Any] | ExperimentSpec) -> dict[str, Any]:
        """Create an experiment; returns it as the server answers it.

        A server on this machine runs it in the current directory with this interpreter, unless
        the spec's `envVars` name others (`SUBMARINE_WORKDIR`, `SUBMARINE_PYTHON`).

        Raises
        ------
        SpecError, BadRequest
            The spec is wrong; the text names the fields.
        ServerUnavailable
            No server answers, or none could be started.
        """
        wire = self._placed(experiment_spec, "yes")
        # With a key a create whose answer was lost is sent again, which would run it twice on a
        # server that knows no keys.
        key = uuid.uuid4().hex if self.has_feature("idempotency") else None
        return _mapping(
            self._ask(Call(method="POST", path=_EXPERIMENTS, body=wire, key=key, start="yes"))
        )

    def plan(self, experiment_spec: dict[str, Any] | ExperimentSpec) -> dict[str, Any]:
        """Return what creating an experiment would do; creates none, but may start the server.

        Keys: `spec` as it would be kept, `submitter`, `pods` with their commands, directories and
        variables, and `ignored`, sentences on what would have no effect.

        Raises
        ------
        SpecError, BadRequest
            The spec is wrong; the text names the fields.
        UsageError
            The server makes no plans.
        """
        wire = self._placed(experiment_spec, "yes")
        # A server that knows no dryRun would create the experiment.
        if not self.has_feature("dry-run"):
            raise UsageError("This server cannot say what it would do; submit without a dry run")
        call = Call(
            method="POST", path=_EXPERIMENTS, body=wire, params={"dryRun": "true"}, start="yes"
        )
        return _mapping(self._ask(call))

    def patch_experiment(
        self,
        id: str,  # noqa: A002 - the documented name
        experiment_spec: dict[str, Any] | ExperimentSpec,
    ) -> dict[str, Any]:
        """Change an experiment's spec, such as its number of workers; returns the experiment."""
        wire = self._placed(experiment_spec, "if-known")
        return _mapping(self._ask(Call(method="PATCH", path=_path(id), body=wire)))

    def get_experiment(self, id: str) -> dict[str, Any]:  # noqa: A002
        """Return an experiment; NotFound if the server does not know it."""
        return _mapping(self._transport.get(_path(id)))

    def get_experiment_async(self, id: str) -> ApplyResult[Answer]:  # noqa: A002
        """Ask for an experiment in a thread; `.get().result` is what `get_experiment` returns."""
        return self._in_thread(lambda: self.get_experiment(id))

    def list_experiments(self, status: str | None = None) -> list[dict[str, Any]]:
        """Return all experiments, or those of one status.

        Parameters
        ----------
        status
            Accepted, Created, Running, Succeeded or Failed.
        """
        params = {} if status is None else {"status": status}
        try:
            listed = _sequence(self._ask(Call(path=_EXPERIMENTS, params=params)))
        except NotStarted:
            return []  # where no server has ever run there is nothing to list
        if status is None:
            return listed
        # Apache Submarine's server lists all of them whatever it is asked for.
        return [one for one in listed if one["status"].lower() == status.lower()]

    def list_experiments_async(self, status: str | None = None) -> ApplyResult[Answer]:
        """List in a thread; `.get().result` is what `list_experiments` returns."""
        return self._in_thread(lambda: self.list_experiments(status))

    def summaries(self, **filters: str) -> list[dict[str, Any]]:
        """Return experiments without commands, variables and code; see `page`."""
        return self.page(**filters).experiments

    def page(self, **filters: str) -> Page:
        """Return the newest experiments without commands, variables and code, and their number.

        A server that gives no summaries gives whole experiments, all of them.

        Parameters
        ----------
        **filters
            `status`, `name`, `tag`, `framework`, `limit` of the API.
        """
        try:
            if not self.has_feature("summary"):
                listed = self.list_experiments(filters.get("status"))[::-1]
                fitting = [experiment for experiment in listed if fits(experiment, filters)]
                limit = int(filters.get("limit", len(fitting)))
                return Page(fitting[:limit], len(fitting))
            params = {"order": "desc", **filters, "view": "summary"}
            answer = self._transport.call(Call(path=_EXPERIMENTS, params=params))
        except NotStarted:
            return Page([], 0)
        listed = _sequence(answer.result)
        return Page(listed, int(answer.attributes.get("total", len(listed))))

    def delete_experiment(self, id: str) -> dict[str, Any]:  # noqa: A002
        """Stop an experiment if it runs, and delete it and its logs; returns it as it was."""
        return _mapping(self._ask(Call(method="DELETE", path=_path(id))))

    def delete_experiment_async(self, id: str) -> ApplyResult[Answer]:  # noqa: A002
        """Delete in a thread; `.get().result` is what `delete_experiment` returns."""
        return self._in_thread(lambda: self.delete_experiment(id))

    def get_log(self, id: str, onlyMaster: bool = False) -> None:  # noqa: A002, N803
        """Print the logs of an experiment's pods.

        Parameters
        ----------
        id
            Experiment id.
        onlyMaster
            Only the first pod, which is a chief or master where there is one.
        """
        content = self._log_content(id)
        for entry in content[:1] if onlyMaster else content:
            print_log(entry["podName"], entry["podLog"])

    def list_log(self, status: str | None = None) -> list[dict[str, Any]]:
        """Return the pods of all experiments, or of those of one status, as logs without lines."""
        params = {} if status is None else {"status": status}
        try:
            return _sequence(self._ask(Call(path=_path("logs"), params=params)))
        except NotStarted:
            return []

    def wait_for_finish(self, id: str, polling_interval: float = 10) -> dict[str, Any]:  # noqa: A002
        """Print an experiment's statuses and log lines as they come, until it is over.

        It is over when it has succeeded or failed, or was deleted.

        Parameters
        ----------
        id
            Experiment id.
        polling_interval
            Seconds between two looks at a server without streams.

        Returns
        -------
        dict
            The logs: `experimentId`, and `logContent`, a list of `podName` and `podLog` (lines).
        """
        if not polling_interval > 0:
            raise UsageError(f"polling_interval: {polling_interval} is too short; use 0.1 or more")
        print_progress(id, self.follow(_checked(id), polling_interval=polling_interval))
        try:
            content = self._log_content(id)
        except NotFound:
            content = []
        return {"experimentId": id, "logContent": content}

    def submit(self, what: Submission, *args: object, **keywords: Any) -> Experiment:
        """Run a spec, a file or a function as an experiment; returns its handle.

        Parameters
        ----------
        what
            A spec (dict or `ExperimentSpec`); the path of one in YAML or JSON; the path of a
            `.py` file; or a function, which runs in every replica with the imports, functions,
            classes and plain values that it uses.
        *args
            Arguments of the function: what JSON can hold.
        **keywords
            Changes of the spec: `name`, `framework`, `tags`, `image`, `environment`, `replicas`
            (`{"Worker": 2}`), `resources` (`"cpu=1,memory=1G"`, or by role), `env`; of a spec also
            `cmd`. All others are the function's keyword arguments.

        Raises
        ------
        SpecError, BadRequest
            The spec is wrong; the text names the fields.
        CannotTravel
            The function uses something that cannot be sent; the text names it and what to do.
        UsageError
            The file cannot be read, or a keyword is wrong.
        ServerUnavailable
            No server answers, or none could be started.

        Examples
        --------
        >>> client.submit(train, 0.1, epochs=3, replicas={"Worker": 2})    # doctest: +SKIP
        >>> client.submit("experiment.yaml", name="again")                 # doctest: +SKIP
        """
        from .experiment import Experiment
        from .submissions import spec_of

        return Experiment(self, self.create_experiment(spec_of(what, args, keywords)))

    def compare(self, ids: Iterable[str | Experiment]) -> Comparison:
        """Put experiments side by side: what differs in their specs, metrics, durations.

        Raises
        ------
        NotFound
            The server does not know one of them.
        """
        from .comparison import Comparison
        from .metrics import points_of

        chosen = [self.experiment(one) if isinstance(one, str) else one.refresh() for one in ids]
        return Comparison(chosen, [points_of(self, one.id) for one in chosen])

    def experiment(self, id: str) -> Experiment:  # noqa: A002
        """Return the handle of an experiment; NotFound if the server does not know it."""
        from .experiment import Experiment

        return Experiment(self, self.get_experiment(id))

    def info(self, *, start: Start = "no") -> dict[str, Any]:
        """Return what the server says of itself; a server without `info` says only `name`.

        Keys of ours: `name, version, server, host, api, role, submitter, features, limits`.
        """
        return self._info(start, READ_TIMEOUT)

    def has_feature(self, name: str) -> bool:
        """Return whether the server announces a feature, such as `stream`."""
        return name in self.info(start="if-known").get("features", ())

    def follow(
        self,
        id: str,  # noqa: A002
        view: View = EVERYTHING,
        *,
        timeout: float | None = None,
        polling_interval: float | None = None,
    ) -> Iterator[Record]:
        """Yield an experiment's records, up to and with its `end`.

        Parameters
        ----------
        view
            Which of them.
        timeout
            Seconds after which to stop with TimeoutError.
        polling_interval
            Seconds between two looks at a server without streams; None takes 0.5 while there is
            news, and up to 5 when there is none.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        if self._streams(deadline):
            yield from follow(self._transport, id, view, deadline=deadline)
        else:
            pace = Pace() if polling_interval is None else Pace(polling_interval, polling_interval)
            yield from poll(self._transport, id, view, pace=pace, deadline=deadline)

    def close(self) -> None:
        """Close the connections to the server; nothing that runs is touched."""
        self._transport.close()
        if "_threads" in self.__dict__:
            self._threads.terminate()

    def _info(self, start: Start, read_timeout: float) -> dict[str, Any]:
        url = self._transport.endpoint(start).url
        if url not in self._infos:
            self._infos[url] = ask_info(self._transport, start, read_timeout)
        return self._infos[url]

    def _streams(self, deadline: float | None) -> bool:
        """Return whether the server has streams; TimeoutError if it does not say so in time."""
        try:
            info = self._info("if-known", time_left(deadline, READ_TIMEOUT))
        except ServerUnavailable:
            time_left(deadline, READ_TIMEOUT)
            raise
        return "stream" in info.get("features", ())

    def _log_content(self, id: str) -> list[dict[str, Any]]:  # noqa: A002
        answer = _mapping(self._transport.get(experiment_path("logs", _checked(id))))
        return _sequence(answer.get("logContent") or [])

    @cached_property
    def _threads(self) -> ThreadPool:
        """What the `_async` methods run in."""
        from multiprocessing.pool import ThreadPool

        threads = ThreadPool(_AT_ONCE)
        weakref.finalize(self, threads.terminate)
        return threads

    def _in_thread(self, ask: Callable[[], Any]) -> ApplyResult[Answer]:
        return self._threads.apply_async(lambda: Answer(ask()))

    def _placed(self, spec: object, start: Start) -> dict[str, Any]:
        """Return a spec as it is sent: to run here if the server is here, and not too large."""
        wire = wire_spec(spec)
        info = self.info(start=start)
        if info.get("host") is not None and info["host"] == self._host_id:
            add_place(wire)
        if info.get("server") is None:
            fit(wire)
        return wire

    @cached_property
    def _host_id(self) -> str:
        from ..processes import host_id

        return host_id()

    def _ask(self, call: Call) -> Any:
        return self._transport.call(call).result


def _checked(experiment_id: str) -> str:
    if not experiment_id or not experiment_id.strip():
        raise UsageError("The experiment id is empty; list_experiments() shows the ids")
    return experiment_id


def _path(experiment_id: str) -> str:
    return experiment_path(_checked(experiment_id))


def _mapping(result: Any) -> dict[str, Any]:
    return dict(result)


def _sequence(result: Any) -> list[dict[str, Any]]:
    return list(result)
