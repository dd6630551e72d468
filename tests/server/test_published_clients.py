"""The clients that Apache Submarine has published, unmodified, against a real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .api import Api, experiment, python, wait_until
from .repositories import GitServer, git_server, make_repository
from .servers import serving
from .wheels import make_wheel

# Setting up installs the clients.
pytestmark = pytest.mark.timeout(300)

VERSIONS = (pytest.param("0.7.0", marks=pytest.mark.long), "0.8.0")
# What their client and their command import and this package does not.
IMPORTED = ("boto3", "click", "dacite", "pymysql", "six", "sqlalchemy<2")
ENVELOPE = ["status", "code", "success", "message", "result", "attributes"]


@dataclass(frozen=True)
class Published:
    """A published version, the server it is to use, and a git server."""

    version: str
    paths: tuple[Path, ...]
    api: Api
    remote: GitServer

    def code(self, **more: str) -> dict[str, Any]:
        """Return a `code` in the shape of this version."""
        url = f"{self.remote.url}/project.git"
        if self.version == "0.7.0":
            return {"syncMode": "git", "url": url}
        return {"syncMode": "git", "git": {"url": url, **more}}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in os.environ.items() if "SUBMARINE" not in name}
        env |= {"PYTHONPATH": os.pathsep.join(map(str, self.paths)), "COLUMNS": "200"}
        return subprocess.run(
            [sys.executable, *arguments],
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def client(self, program: str, **given: Any) -> Any:
        """Run a program that has the clients and sets `result`; return that."""
        whole = (
            "import json, sys\n"
            "from submarine import ExperimentClient\n"
            "from submarine.client.api.environment_client import EnvironmentClient\n"
            "from submarine.client.exceptions import ApiException\n"
            "given = json.loads(sys.argv[1])\n"
            "client = ExperimentClient(given['host'])\n"
            "environments = EnvironmentClient(given['host'])\n"
            f"{textwrap.dedent(program)}\n"
            "print(json.dumps(result))\n"
        )
        done = self.run("-c", whole, json.dumps({"host": self.api.server.url, **given}))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def command(self, *arguments: str) -> str:
        """Run the `submarine` command; return what it printed."""
        entry = "from submarine.cli.main import entry_point; entry_point(prog_name='submarine')"
        done = self.run("-c", entry, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def install(target: Path, *packages: str) -> Path:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(target)]
    subprocess.run([*pip, *packages], check=True, capture_output=True)
    return target


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("imported"), *IMPORTED)


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    root = tmp_path_factory.mktemp("repositories")
    make_repository(root)
    with git_server(root) as server:
        yield server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    wheels = tmp_path_factory.mktemp("wheels")
    make_wheel(wheels, "lacking")
    running = serving(tmp_path_factory.mktemp("data"), "--no-auth", "--allow-code", "http")
    with ExitStack() as stack:
        # The server's alone: the clients come from elsewhere.
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PIP_NO_INDEX", "1")
            patch.setenv("PIP_FIND_LINKS", str(wheels))
            api = stack.enter_context(running)
        yield api


@pytest.fixture(scope="module", params=VERSIONS)
def published(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    imported: Path,
    server: Api,
    remote: GitServer,
) -> Published:
    target = tmp_path_factory.mktemp("client")
    own = install(target, "--no-deps", f"apache-submarine=={request.param}")
    return Published(request.param, (own, imported), server, remote)


def test_an_experiment_lives_its_life(published: Published) -> None:
    spec = experiment(python("print('a line')"), Ps=(1, python("print('of ps')")), Worker=1)
    patched = experiment(python("print('changed')"), Ps=1, Worker=1)
    found = published.client(
        """
        created = client.create_experiment(given["spec"])
        id = created["experimentId"]
        client.wait_for_finish(id, polling_interval=0.1)
        waiting = client.get_experiment_async(id)
        listing = client.list_experiments_async()
        result = {
            "created": created,
            "got": client.get_experiment(id),
            "got_async": waiting.get().result,
            "listed": [one["experimentId"] for one in client.list_experiments()],
            "listed_async": [one["experimentId"] for one in listing.get().result],
            "succeeded": [one["status"] for one in client.list_experiments(status="succeeded")],
            "patched": client.patch_experiment(id, given["patched"]),
            "logs": client.list_log("Succeeded"),
            "log": client.get_log(id),
            "master": client.get_log(id, onlyMaster=True),
            "deleted": client.delete_experiment(id),
            "empty": client.create_experiment(None) if given["empty"] else None,
        }
        try:
            client.get_experiment(id)
        except ApiException as error:
            result["gone"] = [error.status, json.loads(error.body)]
        """,
        spec=spec,
        patched=patched,
        empty=False,
    )
    created, got = found["created"], found["got"]
    identity = created["experimentId"]
    assert (created["status"], created["createdTime"]) == ("Accepted", None)
    assert (got["status"], found["got_async"]) == ("Succeeded", got)
    assert got["createdTime"] is not None
    assert identity in found["listed"]
    assert found["listed"] == found["listed_async"]
    assert set(found["succeeded"]) == {"Succeeded"}
    assert found["patched"]["spec"]["meta"]["cmd"] == patched["meta"]["cmd"]
    own = next(one for one in found["logs"] if one["experimentId"] == identity)
    names = [f"{identity}-ps-0", f"{identity}-worker-0"]
    assert own["logContent"] == [{"podName": name, "podLog": []} for name in names]
    assert (found["deleted"]["status"], found["deleted"]["finishedTime"]) == ("Deleted", None)
    code, body = found["gone"]
    assert code == 404
    assert list(body) == ENVELOPE
    assert body["message"] == "Not found experiment."


def test_logs_are_printed(published: Published) -> None:
    # The Ps is stopped when the Worker has ended, so that waits for what the Ps has to say.
    done = "$SUBMARINE_OUTPUT_DIR/done"
    ps = f"sh -c 'echo of $SUBMARINE_ROLE; touch {done}'"
    worker = f"sh -c 'echo of $SUBMARINE_ROLE; until [ -e {done} ]; do sleep 0.05; done'"
    identity = published.api.create(experiment(Ps=(1, ps), Worker=(1, worker)))
    assert published.api.wait_for_end(identity) == "Succeeded"
    program = "from submarine import ExperimentClient as C; import sys; C(sys.argv[1]).{}"
    host = published.api.server.url
    whole = published.run("-c", program.format(f"get_log({identity!r})"), host).stderr
    titles = [f"The logs of Pod {identity}-{pod}:" for pod in ("ps-0", "worker-0")]
    assert [line for line in whole.splitlines() if line] == [
        titles[0],
        "of Ps",
        titles[1],
        "of Worker",
    ]
    first = published.run("-c", program.format(f"get_log({identity!r}, onlyMaster=True)"), host)
    assert [line for line in first.stderr.splitlines() if line] == [titles[0], "of Ps"]


def test_generated_models_with_code_of_this_version_run(published: Published) -> None:
    code = published.code(branch="main")
    found = published.client(
        """
        from submarine.client import models
        models = vars(models)
        fields = {"sync_mode": "git"}
        if "git" in given["code"]:
            fields["git"] = models["GitCodeSpec"](**given["code"]["git"])
        else:
            fields["url"] = given["code"]["url"]
        task = models["ExperimentTaskSpec"](replicas=1, resources="cpu=0.1,memory=64M")
        spec = models["ExperimentSpec"](
            meta=models["ExperimentMeta"](
                name="Models", framework="Tensorflow", cmd="python /code/current/train.py",
                env_vars={"ENV_1": "ENV1"},
            ),
            environment=models["EnvironmentSpec"](image="apache/submarine:x"),
            spec={"Worker": task},
            code=models["CodeSpec"](**fields),
        )
        created = client.create_experiment(spec)
        client.wait_for_finish(created["experimentId"], polling_interval=0.1)
        result = client.get_experiment(created["experimentId"])
        """,
        code=code,
    )
    assert found["status"] == "Succeeded"
    assert found["spec"]["meta"]["name"] == "models"
    answered = found["spec"]["code"]
    if "git" in code:
        fields = ["url", "branch", "username", "password", "trustCerts"]
        assert list(answered["git"]) == fields
        assert answered["git"]["branch"] == "main"
    else:
        assert answered == code
    assert published.api.lines(found["experimentId"])["worker-0"][0].startswith("main 2 ")


def test_environments_are_registered_and_used(published: Published) -> None:
    name = f"lab-{published.version}"
    spec = experiment(python("import lacking; print(lacking.VERSION)"))
    spec["environment"] = {"name": name}
    found = published.client(
        """
        kernel = {"name": "k", "channels": [], "condaDependencies": [], "pipDependencies": []}
        first = {"name": given["name"], "dockerImage": "x", "kernelSpec": kernel}
        changed = {**first, "kernelSpec": {**kernel, "pipDependencies": ["lacking==1.0"]}}
        created = environments.create_environment(first)
        result = {
            "created": created,
            "updated": environments.update_environment(given["name"], changed),
            "got": environments.get_environment(given["name"]),
            "got_async": environments.get_environment_async(given["name"]).get().result,
            "listed": environments.list_environments(),
            "listed_async": environments.list_environments_async().get().result,
            "experiment": client.create_experiment(given["spec"])["experimentId"],
        }
        client.wait_for_finish(result["experiment"], polling_interval=0.1)
        result["deleted"] = environments.delete_environment(given["name"])
        """,
        name=name,
        spec=spec,
    )
    assert found["updated"]["environmentId"] == found["created"]["environmentId"]
    assert found["updated"] == found["got"] == found["got_async"] == found["deleted"]
    assert found["got"] in found["listed"]
    assert found["listed"] == found["listed_async"]
    assert published.api.lines(found["experiment"])["worker-0"] == ["1.0"]


def test_what_a_program_logs_is_answered(published: Published) -> None:
    """The client makes tables of its own at its first start; two at once may meet in that."""
    program = (
        "import submarine\n"
        "submarine.log_param('rate', 0.1)\n"
        "for step in (1, 2): submarine.log_metric('loss', 1 / step, step)\n"
    )
    env = {"PYTHONPATH": os.pathsep.join(map(str, published.paths))}
    spec = experiment(python(program), env=env, Worker=1)
    for task in spec["spec"].values():
        task["resources"] = "cpu=0.1,memory=512M"
    api = published.api
    identity = api.create(spec)
    assert api.wait_for_end(identity) == "Succeeded", api.lines(identity)
    rows = api.result("POST", "api/metric/selective", json={"id": identity})
    found = [(row["step"], row["value"]) for row in rows if row["workerIndex"] == "worker-0"]
    assert found == [(1, 1.0), (2, 0.5)]
    params = api.result("POST", "api/param/selective", json={"id": identity})
    assert {(row["key"], row["value"]) for row in params} == {("rate", "0.1")}
    api.result("DELETE", f"api/v1/experiment/{identity}")
    assert api.result("POST", "api/metric/selective", json={"id": identity}) == []


def test_other_routes_are_reached(published: Published) -> None:
    found = published.client(
        """
        api = client.experiment_api
        submit = {"name": "x", "params": {"experiment_name": "from-template"}}
        result = {
            "ping": str(api.ping()),
        }
        # 0.7.0 has no methods for these.
        for name in ("get_m_lflow_info", "get_tensorboard_info"):
            if hasattr(api, name):
                result[name] = getattr(api, name)().result
        if hasattr(api, "get_artifact_paths"):
            result["artifacts"] = api.get_artifact_paths("unknown").result
        made = api.submit_experiment_template("quickstart", experiment_template_submit=submit)
        result["template"] = made.result["spec"]["meta"]["name"]
        """
    )
    assert "Pong" in found["ping"]
    if published.version != "0.7.0":
        assert found["get_m_lflow_info"] == {"available": False, "url": "/mlflow/"}
        assert found["get_tensorboard_info"] == {"available": False, "url": "/tensorboard/"}
    assert found.get("artifacts", []) == []
    assert found["template"] == "from-template"


def test_the_command_lists_shows_and_deletes(published: Published) -> None:
    port = published.api.server.url.rpartition(":")[2]
    published.command("config", "set", "connection.hostname", "127.0.0.1")
    published.command("config", "set", "connection.port", port)
    assert published.command("config", "get", "connection.port").strip().endswith(port)
    spec = experiment(python("pass"))
    spec["meta"]["tags"] = ["first", "second"]
    identity = published.api.create(spec)
    assert published.api.wait_for_end(identity) == "Succeeded"

    listed = published.command("list", "experiment")
    assert "List of Experiments" in listed
    assert identity in listed
    assert "Succeeded" in listed
    shown = published.command("get", "experiment", identity)
    assert f"Experiment(id = {identity} )" in shown
    assert '"framework": "TensorFlow"' in shown
    deleted = published.command("delete", "experiment", identity, "--wait")
    assert f"Experiment(id = {identity} ) deleted" in deleted
    wait_until(
        lambda: published.api.call("GET", f"api/v1/experiment/{identity}").status_code == 404
    )
    missing = published.command("get", "experiment", identity)
    assert missing.strip().endswith("[Api Error] Not found experiment.")

    name = f"cli-{published.version}"
    published.api.result("POST", "api/v1/environment", json={"name": name, "dockerImage": "x"})
    assert name in published.command("list", "environment")
    assert f"Environment(name = {name} )" in published.command("get", "environment", name)
    deleted = published.command("delete", "environment", name)
    assert f"Environment(name = {name} ) deleted" in deleted
    missing = published.command("get", "environment", name)
    assert "[Api Error] Environment not found." in missing
