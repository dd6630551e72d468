"""Whatever is sent: no route fails, and none answers what the OpenAPI document does not tell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .api import experiment, python
from .databases import Place
from .servers import serving

# What a spec means goes beyond its schema: a wrong one is refused with a sentence that says why,
# and YAML's `no` is taken for a name, as the API has it.
MEANING = "positive_data_acceptance,negative_data_rejection"


@pytest.mark.long
@pytest.mark.timeout(900)
def test_no_request_finds_a_failure_or_an_answer_that_is_not_described(
    place: Place,
) -> None:
    with serving(place.directory / "data", *place.options()) as api:
        program = (
            "import os; print('loss=0.1'); "
            "open(os.environ['SUBMARINE_OUTPUT_DIR'] + '/a.txt', 'w').write('text')"
        )
        identity = api.create(experiment(python(program), Ps=1, Worker=1))
        assert api.wait_for_end(identity) == "Succeeded"
        known = {"experiment_id": identity, "pod": f"{identity}-worker-0", "path": "a.txt"}
        lines = ["[parameters]", *(f'"path.{name}" = "{value}"' for name, value in known.items())]
        (place.directory / "schemathesis.toml").write_text("\n".join(lines))
        done = run_schemathesis(
            place.directory,
            f"{api.server.url}/v1/openapi.json",
            "--header",
            f"Authorization: Bearer {api.server.token}",
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert api.call("GET", "api/v1/info").status_code == 200


def run_schemathesis(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", *options]
    command += ["--phases", "coverage,fuzzing,stateful", "--max-examples", "25", "--seed", "1"]
    command += ["--exclude-checks", MEANING, "--request-timeout", "20", "--no-color"]
    command += ["--generation-allow-x00", "true", "--generation-database", "none"]
    # The stream of all experiments has no end.
    command += ["--exclude-path", "/api/v1/stream"]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
