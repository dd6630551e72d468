"""The commands in a real kernel, on a real server."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from submarine_jupyter import launch

from .conftest import MIME_TYPE, Kernel, Ran, experiment_id

SPEC = """\
meta: {{name: {name}, framework: TensorFlow, cmd: "{cmd}"}}
environment: {{}}
spec: {{Worker: {{replicas: 1, resources: "cpu=1,memory=100M"}}}}
"""


def submit(kernel: Kernel, source: str, flags: str = "") -> Ran:
    return kernel.run(f"%%submarine experiment {flags}\n{source}")


def count(kernel: Kernel) -> int:
    ran = kernel.run("import submarine_jupyter as s\nlen(s.ExperimentClient().list_experiments())")
    return int(ran.text)


def test_listing_starts_no_server(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path, tmp_path / "data")
    try:
        ran = kernel.run("%load_ext submarine_jupyter\n%submarine list")
        assert ran.text == "No experiments yet."
        assert launch.find(tmp_path / "data") is None
        unknown = kernel.run("%submarine get experiment-1-0001")
        assert unknown.error is not None
        assert unknown.error.startswith("NotStarted: No experiment server is running here yet")
    finally:
        kernel.stop()
        launch.stop(tmp_path / "data")


def test_a_cell_runs_and_shows(kernel: Kernel) -> None:
    source = (
        "import os, sys\nprint('from', os.path.basename(os.getcwd()))\nopen('left', 'w').close()"
    )
    ran = submit(kernel, source, "-o run --wait --tags quick")
    assert ran.error is None
    bundle = ran.bundle[MIME_TYPE]
    assert bundle["version"] == 1
    assert bundle["experimentId"] == experiment_id(ran)
    assert bundle["name"] == "my-digits-v2"
    assert bundle["server"]
    final = [update["data"] for update in ran.updates if MIME_TYPE in update["data"]][-1]
    assert final[MIME_TYPE]["status"] == "Succeeded"
    (pod,) = final[MIME_TYPE]["snapshot"]["pods"]
    assert pod["lines"][0].startswith("from notebook")
    assert "from notebook" in final["text/html"]
    # It ran with the kernel's interpreter, in its directory.
    checked = kernel.run("import os\nprint(os.path.exists('left'), run.status, run.files())")
    assert checked.text == "True Succeeded []\n"


def test_submitting_returns_at_once(kernel: Kernel) -> None:
    started = time.monotonic()
    ran = submit(kernel, "import time\ntime.sleep(60)", "-o slow")
    assert time.monotonic() - started < 5
    assert ran.error is None
    status = kernel.run("%submarine status")
    assert status.text.split(": ")[1] in ("Accepted", "Created", "Running")
    stopped = kernel.run("%submarine stop slow")
    assert "is being stopped" in stopped.text
    waited = kernel.run("%submarine wait slow")
    assert waited.name == "ExperimentFailed"
    assert waited.error is not None
    assert "stopped" in waited.error


def test_failure_fails_the_cell_readably(kernel: Kernel) -> None:
    ran = submit(kernel, "\nx = 1\n1 / 0", "--wait")
    assert ran.name == "ExperimentFailed"
    assert ran.error is not None
    assert "Traceback" not in ran.error
    assert "\n" not in ran.error
    assert "exited with code 1" in ran.error
    shown = kernel.run("%submarine logs").text
    assert ", line 4, in <module>" in shown
    assert "1 / 0" in shown
    assert "ZeroDivisionError: division by zero" in shown
    assert "<string>" not in shown


def test_a_failure_of_one_pod_is_told_once_and_is_no_stop(kernel: Kernel) -> None:
    source = "import os, time\nif os.environ['SUBMARINE_INDEX'] == '0': 1 / 0\ntime.sleep(60)"
    ran = submit(kernel, source, "--wait --replicas Worker=2 --name one-of-two")
    texts = [update["data"]["text/plain"] for update in ran.updates]
    progress = [text for text in texts if text.startswith("one-of-two: ")][-1]
    # The other pod was stopped, and the last lines stand in the snapshot.
    assert re.fullmatch(r"one-of-two: Failed, waited [\d.]+ s", progress)


def test_a_traceback_names_the_cell_as_the_notebook_shows_it(kernel: Kernel) -> None:
    ran = kernel.run("%%submarine experiment --name numbered --wait\n\n1 / 0")
    log = kernel.run("%submarine logs numbered")
    assert f'File "Cell In[{ran.number}]", line 3, in <module>' in log.text


def test_interrupt_detaches(kernel: Kernel) -> None:
    message = kernel.start("%%submarine experiment --wait -o slow\nimport time\ntime.sleep(60)")
    time.sleep(2)
    kernel.manager.interrupt_kernel()
    ran = kernel.finish(message)
    assert ran.name == "KeyboardInterrupt"
    assert ran.error is not None
    assert f"`%submarine stop {experiment_id(ran)}` ends it" in ran.error
    assert "Traceback" not in ran.error
    assert kernel.run("slow.status").text == "'Running'"
    kernel.run("%submarine delete slow")


def test_later_wait_renews_the_first_output(kernel: Kernel) -> None:
    submit(kernel, "print('done')", "-o run")
    ran = kernel.run("run.wait(30)")
    # Outputs of experiments before it may be renewed meanwhile.
    assert ran.updates[-1]["data"][MIME_TYPE]["status"] == "Succeeded"


def test_spec_cells_and_files(kernel: Kernel) -> None:
    spec = SPEC.format(name="Spec-Run", cmd="echo from a spec")
    ran = submit(kernel, spec, "--wait -e A=1")
    assert ran.error is None
    assert ran.bundle[MIME_TYPE]["name"] == "spec-run"
    assert "from a spec" in kernel.run("%submarine logs").text
    kernel.run(f"open('spec.yaml', 'w').write({spec!r})")
    assert kernel.run("%submarine experiment -f spec.yaml --wait --name of-file").error is None
    assert kernel.run("%submarine experiment --file none.yaml").error == (
        "UsageError: -f/--file: none.yaml cannot be read: No such file or directory"
    )
    assert kernel.run("%submarine list --name of-file").text.count("of-file") == 1


def test_logs_of_pods(kernel: Kernel) -> None:
    source = "import os\nfor n in range(30): print('line', n, '\\x1b[31mred\\x1b[0m')"
    submit(kernel, source, "--wait --replicas Worker=2 --name two")
    both = kernel.run("%submarine logs --tail 2").text
    assert both.count("The logs of Pod") == 2
    assert both.count("\n\nThe logs of Pod") == 1
    assert both.count("line 29 red") == 2
    assert "line 27" not in both
    followed = kernel.run("%submarine logs --pod worker-1 --tail 3 -f two")
    one = [*followed.outputs, *followed.updates][-1]["data"]["text/plain"]
    assert one.count("The logs of Pod") == 1
    assert "worker-1:" in one
    assert one.count("line") == 3
    wrong = kernel.run("%submarine logs --pod worker-7")
    assert wrong.error is not None
    assert wrong.error.startswith("UsageError: pod: 'worker-7' is none of experiment-")


def test_output_stays_small(kernel: Kernel) -> None:
    source = "for n in range(20_000): print('<&>\"' * 40, n, '\\r', 'über' * 30)"
    ran = submit(kernel, source, "--wait --replicas Worker=3")
    assert ran.error is None
    outputs = [ran.bundle, *(update["data"] for update in ran.updates if update["data"])]
    assert max(len(json.dumps(output, ensure_ascii=False).encode()) for output in outputs) < 20_000
    shown = kernel.run("%submarine logs --tail 5000 -f")
    assert len(shown.text.encode()) < 40_000 * max(1, len(shown.updates) + 1)
    assert "earlier lines are not shown" in shown.text


def test_events_and_files(kernel: Kernel) -> None:
    source = "import os\nopen(os.environ['SUBMARINE_OUTPUT_DIR'] + '/m', 'wb').write(bytes(2500))"
    submit(kernel, source, "--wait")
    events = kernel.run("%submarine events").text
    assert "Accepted" in events
    assert "exit code 0" in events
    assert "m     2,500" in kernel.run("%submarine files").text


def test_names_of_experiments(kernel: Kernel) -> None:
    first = experiment_id(submit(kernel, "pass", "--name same --wait"))
    second = experiment_id(submit(kernel, "pass", "--name same --wait"))
    assert first in kernel.run(f"%submarine status {first.split('-')[-1]}").text
    ambiguous = kernel.run("%submarine status same")
    assert ambiguous.error is not None
    assert first in ambiguous.error
    assert second in ambiguous.error
    gone = kernel.run(f"%submarine delete {first} {second}")
    assert gone.text.count("is deleted") == 2
    assert "NotFound: Not found experiment" in str(kernel.run(f"%submarine get {first}").error)


BAD_CELLS = [
    ("--framework Caffe", "x = 1", "meta.framework: Unsupported framework name: Caffe."),
    ("--replicas Boss=1", "x = 1", "spec.Boss: Unrecognized replica type name: Boss"),
    ("--replicas Worker=0", "x = 1", "spec.Worker.replicas: 0 is too few"),
    ("--replicas Worker=-1", "x = 1", "spec.Worker.replicas: -1 is too few"),
    ("--resources cpu=x", "x = 1", "spec.Worker.resources: cpu=x is no amount"),
    ("--name 'a b'", "x = 1", "meta.name: 'a b' is no valid name"),
    ("", "x = = 1", "Line 2: invalid syntax"),
    ("", "%time x", "has no %time"),
    ("", "meta: {name: a\nspec: {", "line 3"),
    ("", '{"meta": {"name": "a"},, "spec": {}}', "line 2"),
    ("", "meta: {name: a, framework: TensorFlow, cmd: b}\nenvironment: {}", "spec: has no role"),
    ("", "meta: {name: a}\nspec: {Worker: 3}", "spec: must be a mapping"),
    ("", "\n\n", "The cell is empty"),
    ("--nmae x", "x = 1", "did you mean --name?"),
    ("--replicas 2", "x = 1", "'2' is not of the form Master=1,Worker=2"),
    ("-o class", "x = 1", "'class' is no name of a variable"),
]


@pytest.mark.parametrize(("flags", "source", "says"), BAD_CELLS)
def test_bad_cells(flags: str, source: str, says: str, kernel: Kernel) -> None:
    before = count(kernel)
    ran = submit(kernel, source, flags)
    assert ran.error is not None
    assert says in ran.error
    assert "Traceback" not in ran.error
    assert count(kernel) == before


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("lst", "There is no `%submarine lst`; did you mean list?"),
        ("qqq", "there are experiment, list, get"),
        ("get experiment-1-9999", "NotFound: Not found experiment"),
        ("get nobody", "There is no experiment nobody"),
        ("delete", "the following arguments are required: id"),
        ("wait --timeout 0", "--timeout: 0 is too short"),
        ("logs --tail -1", "--tail: -1 is too few"),
        ("list --status Paused", "'Paused' is no status"),
        ("list --limit 0", "--limit: 0 is too few"),
        ("experiment", "Write `%%submarine experiment` above a cell"),
        ("get -o 1x", "'1x' is no name of a variable"),
        ("help lst", "did you mean list?"),
    ],
)
def test_bad_lines(line: str, says: str, kernel: Kernel) -> None:
    ran = kernel.run(f"%submarine {line}")
    assert ran.error is not None
    assert says in ran.error
    assert "Traceback" not in ran.error


def test_cell_of_a_line_command(kernel: Kernel) -> None:
    ran = kernel.run("%%submarine list\nx")
    assert ran.error is not None
    assert "`list` takes no cell" in ran.error
    ran = kernel.run("%%submarine\nx = 1")
    assert ran.error == "UsageError: Write `%%submarine experiment` above a cell to run it"


def test_help(kernel: Kernel) -> None:
    for line in ("help", ""):
        text = kernel.run(f"%submarine {line}").text
        assert "experiment  run the cell below" in text
    assert "--replicas" in kernel.run("%submarine help experiment").text
    assert "--pod" in kernel.run("%submarine logs --help").text


def test_no_server_there(kernel: Kernel) -> None:
    kernel.run("import os\nos.environ['SUBMARINE_URL'] = 'http://127.0.0.1:9'")
    try:
        for code in ("%submarine list", "%%submarine experiment\nx = 1", "%submarine info"):
            ran = kernel.run(code)
            assert ran.error == (
                "ServerUnavailable: No server answers at http://127.0.0.1:9; "
                "check the address and that the server is running"
            )
    finally:
        kernel.run("del os.environ['SUBMARINE_URL']")
    assert kernel.run("%submarine info").error is None


def test_braces_and_dollars_stay(kernel: Kernel) -> None:
    kernel.run("name = 'wrong'")
    ran = submit(
        kernel, "import os\nprint(f'{1 + 1}', os.environ['A'])", "--wait -e 'A={name}$name'"
    )
    assert ran.error is None
    assert "2 {name}$name" in kernel.run("%submarine logs").text


def test_nothing_heavy_is_loaded_with_the_extension(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path, tmp_path / "data")
    try:
        ran = kernel.run(
            "import sys, time\nstart = time.perf_counter()\n%load_ext submarine_jupyter\n"
            "took = time.perf_counter() - start\n"
            "print([m for m in ('requests', 'pydantic', 'yaml', 'ipywidgets', 'anywidget')"
            " if m in sys.modules], took < 0.4)"
        )
        assert ran.text == "[] True\n"
    finally:
        kernel.stop()
