"""The tree of errors, and what each one says to do next."""

from __future__ import annotations

import importlib
import pickle
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import submarine_jupyter
from submarine_jupyter import ExperimentClient, errors, launch
from submarine_jupyter.client.servers import NamedServer, checked_url, locate
from submarine_jupyter.errors import (
    ApiError,
    BadRequest,
    CannotTravel,
    ConfigurationError,
    ExperimentFailed,
    NotAuthenticated,
    NotAuthorized,
    NotFound,
    NotStarted,
    Problem,
    ServerUnavailable,
    SpecError,
    StillRunning,
    SubmarineError,
    UsageError,
)

from .relay import envelope, serve
from .test_client import spec


def tree(kind: type[SubmarineError]) -> Iterator[type[SubmarineError]]:
    for below in kind.__subclasses__():
        yield below
        yield from tree(below)


def test_the_tree_is_drawn() -> None:
    for module in pkgutil.walk_packages(submarine_jupyter.__path__, "submarine_jupyter."):
        if not re.search(r"__main__|\.supervisor|migrations|\.ray|\.kubernetes", module.name):
            importlib.import_module(module.name)
    drawn = dict[str, int]()
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"    ((?:│   |    |├── |└── )*)([A-Z]\w+)(?:\s|$)", line):
            drawn[found[2]] = len(found[1]) // 4
    assert drawn.pop("SubmarineError") == 0
    exist = {kind.__name__: kind for kind in tree(SubmarineError)}
    assert set(drawn) == set(exist)
    for name, depth in drawn.items():
        ancestors = [kind for kind in exist[name].__mro__ if issubclass(kind, SubmarineError)]
        assert depth == len(ancestors) - 1, name


@pytest.mark.parametrize(
    "error",
    [
        SpecError([Problem("meta.name", "is missing")]),
        CannotTravel("LOCK", "cannot travel"),
        NotFound(404, "Not found experiment.", "look again"),
        ExperimentFailed("experiment-1-0001", "Failed", "OOMKilled", "too much memory"),
        StillRunning("experiment-1-0001", "Running", 3),
    ],
)
def test_errors_go_from_process_to_process(error: SubmarineError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def answering(code: int, message: str | None = None) -> str:
    """Return what the client says to an answer; without a message it is no envelope."""
    answer = (
        (code, {"Content-Type": "text/html"}, b"<p>hi")
        if message is None
        else envelope(None, code, message)
    )
    with serve(lambda *_: answer) as url:
        client = ExperimentClient(locator=NamedServer(url, "secret"))
        with pytest.raises(SubmarineError) as caught:
            client.get_experiment("experiment-1-0001")
    if isinstance(caught.value, ApiError):
        assert caught.value.code == code
    return str(caught.value).replace(url, "URL")


@pytest.mark.parametrize(
    ("code", "message", "says"),
    [
        (400, "meta.name: is missing.", "meta.name: is missing."),
        (
            401,
            "The token is missing or not valid.",
            (
                "The token is missing or not valid; the token is not, or no longer, that of this "
                "server, so get its new one and set SUBMARINE_TOKEN_FILE or SUBMARINE_TOKEN"
            ),
        ),
        (
            403,
            None,
            (
                "The server answered 403 Forbidden; use the address and the token that whoever "
                "runs this server gives you"
            ),
        ),
        (
            404,
            "Not found experiment.",
            "Not found experiment; list_experiments() shows the ids that there are",
        ),
        (
            404,
            None,
            (
                "What answered 404 at URL/api/v1/experiment/experiment-1-0001 is not the "
                "experiment server, or one without such a route; try again, in case it is "
                "starting, or check the address"
            ),
        ),
        (
            409,
            "Conflict",
            "Conflict; look at the experiment as it is now, then try again",
        ),
        (
            413,
            "The body is larger than 2 bytes.",
            (
                "The body is larger than 2 bytes; keep large data in files that the program reads, "
                "or its code in git (`code`)"
            ),
        ),
        (
            500,
            "Environment broke",
            "Environment broke; try again, and if it stays so look at the log of the server",
        ),
        (500, "Busy; try again.", "Busy; try again."),
        (200, None, "What answers at URL/api/v1/experiment/experiment-1-0001 is no Submarine "),
    ],
)
def test_answers(code: int, message: str | None, says: str) -> None:
    text = answering(code, message)
    assert text.startswith(says) if says.endswith(" ") else text == says


def test_a_server_that_wants_a_token(experiment_server: launch.Server) -> None:
    with pytest.raises(NotAuthenticated) as caught:
        ExperimentClient(experiment_server.url).list_experiments()
    assert str(caught.value) == (
        "The token is missing or not valid; set SUBMARINE_TOKEN_FILE to the file that holds the "
        "token of this server, or SUBMARINE_TOKEN to the token"
    )
    assert caught.value.message == "The token is missing or not valid."


def test_kinds_of_answers() -> None:
    kinds = {400: BadRequest, 401: NotAuthenticated, 403: NotAuthorized, 404: NotFound}
    for code, kind in kinds.items():
        assert type(ApiError.from_code(code, "text")) is kind
    assert type(ApiError.from_code(418, "text")) is ApiError


def test_no_server(data_dir: Path) -> None:
    with pytest.raises(NotStarted) as caught:
        ExperimentClient().get_experiment("experiment-1-0001")
    assert str(caught.value) == (
        "No experiment server is running here yet; submitting an experiment starts one. "
        "To use another server, set SUBMARINE_URL."
    )
    with pytest.raises(ServerUnavailable) as unavailable:
        ExperimentClient("http://127.0.0.1:9").list_experiments()
    assert str(unavailable.value) == (
        "No server answers at http://127.0.0.1:9; check the address and that the server is running"
    )


def test_tokens_go_where_they_belong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text("from-file\n")
    here, there = "http://here:1", "http://there:1"

    def token(host: str | None = None, token_file: str | None = None) -> str | None:
        return locate(host, token_file).current("no").token

    monkeypatch.delenv("SUBMARINE_URL", raising=False)
    monkeypatch.setenv("SUBMARINE_TOKEN", "from-variable")
    assert token(here) == "from-variable"
    assert token(here, str(file)) == "from-file"
    monkeypatch.setenv("SUBMARINE_URL", f"{here}/")
    assert [token(), token(here), token(there)] == ["from-variable", "from-variable", None]
    assert token(there, str(file)) == "from-file"
    monkeypatch.delenv("SUBMARINE_TOKEN")
    monkeypatch.setenv("SUBMARINE_TOKEN_FILE", str(file))
    assert [token(), token(here), token(there)] == ["from-file", "from-file", None]
    monkeypatch.delenv("SUBMARINE_URL")
    with pytest.raises(ConfigurationError) as caught:
        locate(None, str(file))
    assert str(caught.value) == "token_file: belongs to no server; name one with host="
    with pytest.raises(ConfigurationError) as unreadable:
        locate(here, str(tmp_path / "none"))
    assert str(unreadable.value) == (
        f"The token file {tmp_path / 'none'} cannot be read (No such file or directory); name "
        "another with SUBMARINE_TOKEN_FILE, token_file= or --token-file"
    )
    with pytest.raises(ConfigurationError) as inside:
        checked_url("http://me:secret@here")
    assert "secret" not in str(inside.value)
    assert str(inside.value).endswith("the token as SUBMARINE_TOKEN or in SUBMARINE_TOKEN_FILE")


def test_ends_and_waits(client: ExperimentClient) -> None:
    slow = client.submit(spec("import time; time.sleep(60)"))
    with pytest.raises(StillRunning) as caught:
        slow.wait(0.5)
    assert isinstance(caught.value, TimeoutError)
    assert (caught.value.experiment_id, caught.value.status) == (slow.id, slow.last_status)
    assert str(caught.value) == (
        f"{slow.id} is still {slow.last_status} after 0.5 s; it goes on, so wait again or stop it"
    )
    slow.delete()
    with pytest.raises(ExperimentFailed) as failed:
        slow.check()
    assert str(failed.value) == f"{slow.id} ended Deleted: it was deleted"
    with pytest.raises(UsageError) as empty:
        client.get_experiment(" ")
    assert str(empty.value) == "The experiment id is empty; list_experiments() shows the ids"
