"""Named environments: made once of their packages, never used half made, and told in events."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from submarine_jupyter import launch
from submarine_jupyter.cli import main
from submarine_jupyter.server.submitters.local.environments import EnvironmentPlace, Packages
from submarine_jupyter.server.submitters.local.preparation import CONDAS
from submarine_jupyter.server.submitters.local.preparing.environment import conda_command
from tests.faults.traces import kill_server

from .api import Api, experiment, python, wait_until
from .wheels import make_wheel

SHOW = python("import lacking, sys; print(lacking.VERSION, sys.prefix)")


@pytest.fixture(autouse=True)
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let servers find two versions of a package that no interpreter here has."""
    wheels = tmp_path / "wheels"
    for version in ("1.0", "2.0"):
        make_wheel(wheels, "lacking", version)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))


def register(api: Api, name: str, *pip: str, **more: Any) -> None:
    kernel = {"name": "k", "channels": [], "condaDependencies": [], "pipDependencies": list(pip)}
    api.result("POST", "api/v1/environment", json={"name": name, "kernelSpec": kernel | more})


def run_in(name: str, cmd: str = SHOW, **roles: Any) -> dict[str, Any]:
    return experiment(cmd, **roles) | {"environment": {"name": name}}


def preparing(api: Api, identity: str) -> list[str]:
    """Return what the timeline says of the preparation."""
    return [one["message"] for one in api.events(identity) if one["reason"] == "Preparing"]


def made(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.result("GET", "api/v1/virtual-environments")
    return found


def place_of(data_dir: Path, *pip: str) -> EnvironmentPlace:
    return EnvironmentPlace(data_dir / "environments", Packages(pip).key)


def test_a_run_has_the_packages_of_its_environment(api: Api, data_dir: Path) -> None:
    register(api, "lab", "lacking==1.0")
    spec = run_in("lab", Worker=2)
    plan = api.result("POST", "api/v1/experiment", params={"dryRun": "true"}, json=spec)
    assert plan["prepares"] == ["the environment lab: lacking==1.0"]
    created = api.result("POST", "api/v1/experiment", json=spec)
    assert created["status"] == "Accepted"
    identity = created["experimentId"]
    assert api.wait_for_end(identity) == "Succeeded"
    prefix = place_of(data_dir, "lacking==1.0").prefix
    assert api.lines(identity)["worker-1"] == [f"1.0 {prefix}"]
    assert created["spec"]["environment"]["kernelSpec"] is None
    said = preparing(api, identity)
    assert said[0] == "preparing the environment lab: lacking==1.0"
    assert said[1].startswith("the environment lab is ready after ")
    reasons = [event["reason"] for event in api.events(identity)]
    order = ["Accepted", "Preparing", "Created", "Started", "Running", "Succeeded"]
    assert sorted(order, key=reasons.index) == order

    again = api.create(run_in("lab"))
    assert api.wait_for_end(again) == "Succeeded"
    assert preparing(api, again)[1] == "the environment lab was made before"


def test_changed_packages_are_another_environment(api: Api) -> None:
    register(api, "lab", "lacking==1.0")
    first = api.create(run_in("lab"))
    assert api.wait_for_end(first) == "Succeeded"
    changed = {"name": "lab", "kernelSpec": {"pipDependencies": ["lacking==2.0"]}}
    api.result("PATCH", "api/v1/environment/lab", json=changed)
    second = api.create(run_in("lab"))
    assert api.wait_for_end(second) == "Succeeded"
    assert api.lines(second)["worker-0"][0].startswith("2.0 ")
    assert len(made(api)) == 2


def test_however_many_ask_it_is_made_once(api: Api) -> None:
    register(api, "one", "lacking")
    register(api, "same", "lacking")
    runs = [api.create(run_in(name)) for name in ("one", "same", "one", "same")]
    assert [api.wait_for_end(identity) for identity in runs] == ["Succeeded"] * 4
    makers = [
        identity
        for identity in runs
        if any("is ready after" in said for said in preparing(api, identity))
    ]
    assert len(makers) == 1
    assert len(made(api)) == 1
    assert len({line for identity in runs for line in api.lines(identity)["worker-0"]}) == 1


def test_packages_that_are_not_there_fail_the_run_with_the_tools_own_words(api: Api) -> None:
    register(api, "gone", "lacking==3.0")
    identity = api.create(run_in("gone"))
    assert api.wait_for_end(identity) == "Failed"
    failure, evidence = (
        next(one for one in api.events(identity) if one["kind"] == kind and condition(one))
        for kind, condition in (
            ("status", lambda one: one["reason"] == "EnvironmentFailed"),
            ("evidence", lambda one: True),
        )
    )
    assert "No matching distribution found for lacking==3.0" in failure["message"]
    assert evidence["reason"] == "EnvironmentFailed"
    assert "Could not find a version" in evidence["message"]
    assert api.pods(identity)["worker-0"]["state"] == "Stopped"
    # It is tried again by the next.
    assert [one["ready"] for one in made(api)] == [False]


def test_an_unknown_environment_is_refused(api: Api) -> None:
    response = api.call("POST", "api/v1/experiment", json=run_in("nothing"))
    assert (response.status_code, response.json()["message"]) == (404, "Environment not found.")


@pytest.mark.skipif(any(map(shutil.which, CONDAS)), reason="conda is installed here")
def test_conda_packages_are_refused_where_nothing_could_install_them(api: Api) -> None:
    register(api, "anaconda", condaDependencies=["alabaster=0.7.12"])
    response = api.call("POST", "api/v1/experiment", json=run_in("anaconda"))
    assert response.status_code == 400
    assert "has none of micromamba, mamba, conda" in response.json()["message"]


HERE = "python=" + ".".join(platform.python_version_tuple()[:2])


@pytest.mark.parametrize(
    ("packages", "words"),
    [
        (Packages((), ("numpy=1.26",)), ["numpy=1.26", HERE]),
        (Packages((), ("python-dateutil", "pythonnet")), ["python-dateutil", "pythonnet", HERE]),
        (Packages((), ("python=3.10",)), ["python=3.10"]),
        (Packages((), ("forge::python >=3.9",)), ["forge::python >=3.9"]),
        (Packages((), ("python",)), ["python"]),
        (Packages(("lacking",), ("scipy",)), ["scipy", HERE, "pip"]),
        (Packages(("lacking",), ("pip", "scipy")), ["pip", "scipy", HERE]),
        (
            Packages((), ("scipy",), ("conda-forge", "defaults")),
            ["--channel", "conda-forge", "--channel", "defaults", "scipy", HERE],
        ),
    ],
)
def test_conda_is_asked_for_the_packages(packages: Packages, words: list[str]) -> None:
    begin = ["/bin/micromamba", "create", "--yes", "--prefix", "/made/here"]
    assert conda_command("/bin/micromamba", packages, Path("/made/here")) == [*begin, *words]


CONDA = """#!/bin/sh
# Makes an environment at the place that is asked for, and tells what else was asked.
echo "$@" > "$0.asked"
while [ "$1" != --prefix ]; do shift; done
exec {python} -m venv --system-site-packages "$2"
"""


@pytest.fixture
def micromamba(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put in front of all others a program that stands in for conda's fastest kind."""
    program = tmp_path / "programs" / "micromamba"
    program.parent.mkdir()
    program.write_text(CONDA.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(program.parent), os.environ["PATH"]]))
    return program


def test_conda_and_pip_packages_are_in_one_environment(micromamba: Path, api: Api) -> None:
    conda = {"condaDependencies": ["alabaster=0.7.12"], "channels": ["conda-forge"]}
    register(api, "both", "lacking==2.0", **conda)
    identity = api.create(run_in("both"))
    assert api.wait_for_end(identity) == "Succeeded"
    version, prefix = api.lines(identity)["worker-0"][0].split()
    assert (version, Path(prefix).name) == ("2.0", "venv")
    asked = micromamba.with_name("micromamba.asked").read_text().split()
    assert asked[:3] == ["create", "--yes", "--prefix"]
    assert asked[4:] == ["--channel", "conda-forge", "alabaster=0.7.12", HERE, "pip"]


def test_an_environment_without_packages_is_that_of_the_caller(api: Api) -> None:
    spec = run_in("notebook-env", python("print('ran')"))
    identity = api.create(spec)
    assert api.wait_for_end(identity) == "Succeeded"
    said = [one["message"] for one in api.events(identity) if one["kind"] == "warning"]
    assert "environment.name: notebook-env names no packages" in said


def test_what_was_left_half_made_is_never_used(api: Api, data_dir: Path) -> None:
    place = place_of(data_dir, "lacking")
    left = place.directory / "0123456789ab" / "bin"
    left.mkdir(parents=True)
    (left / "python").symlink_to("/bin/false")
    place.prefix.symlink_to("gone")
    register(api, "lab", "lacking")
    identity = api.create(run_in("lab"))
    assert api.wait_for_end(identity) == "Succeeded"
    assert not left.exists()


def test_a_server_may_die_while_an_environment_is_made(api: Api, data_dir: Path) -> None:
    register(api, "lab", "lacking")
    place = place_of(data_dir, "lacking")
    place.prepare()
    with FileLock(place.making):
        identity = api.create(run_in("lab"))
        wait_until(lambda: any("waits for another" in said for said in preparing(api, identity)))
        assert api.status(identity) == "Accepted"
        kill_server(data_dir)
        api = Api(launch.ensure(data_dir))
        assert api.status(identity) == "Accepted"
        assert [(one["used"], one["ready"]) for one in made(api)] == [(True, False)]
    assert api.wait_for_end(identity) == "Succeeded"
    said = preparing(api, identity)
    assert len(said) == len(set(said)) == 3


@pytest.mark.parametrize("verb", ["POST", "DELETE"])
def test_a_run_can_be_ended_while_its_environment_is_made(
    api: Api, data_dir: Path, verb: str
) -> None:
    register(api, "lab", "lacking")
    place = place_of(data_dir, "lacking")
    place.prepare()
    with FileLock(place.making):
        identity = api.create(run_in("lab"))
        wait_until(lambda: any("waits for another" in said for said in preparing(api, identity)))
        path = f"api/v1/experiment/{identity}"
        if verb == "POST":
            api.result("POST", f"{path}/stop")
            assert api.wait_for_end(identity) == "Failed"
            assert api.events(identity)[-1]["reason"] == "Stopped"
        else:
            api.result("DELETE", path)
            assert api.call("GET", path).status_code == 404
    # Nothing of the run holds it any more.
    wait_until(lambda: [one["used"] for one in made(api)] == [False])


def test_the_command_removes_what_no_run_uses(
    api: Api, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    register(api, "lab", "lacking==1.0")
    register(api, "other", "lacking==2.0")
    go = data_dir / "go"
    wait = (
        "import lacking, pathlib, time\n"
        f"while not pathlib.Path({str(go)!r}).exists(): time.sleep(.02)"
    )
    running = api.create(run_in("lab", python(wait)))
    over = api.create(run_in("other"))
    api.wait_for(running, "Running")
    assert api.wait_for_end(over) == "Succeeded"
    wait_until(lambda: sorted(one["used"] for one in made(api)) == [False, True])
    place = ["--data-dir", str(data_dir)]

    assert main(["env", "list", *place]) == 0
    assert "lacking==1.0" in capsys.readouterr().out
    assert main(["env", "prune", *place]) == 0
    out = capsys.readouterr().out
    assert "lacking==2.0" in out
    assert "1 environments removed" in out
    assert main(["env", "list", "--made", *place]) == 0
    out = capsys.readouterr().out
    assert "used" in out
    assert "lacking==2.0" not in out
    go.touch()
    assert api.wait_for_end(running) == "Succeeded"
    again = api.create(run_in("other"))
    assert api.wait_for_end(again) == "Succeeded"
