"""The commands that change, compare and clone runs, in a real kernel on a real server."""

from __future__ import annotations

import random
import string

import pytest

from submarine_jupyter.client.starting import SENTENCE

from .conftest import Kernel, Ran, experiment_id


def submit(kernel: Kernel, source: str, flags: str = "") -> Ran:
    ran = kernel.run(f"%%submarine experiment {flags}\n{source}")
    assert ran.error is None, ran.error
    return ran


def test_ids_by_beginning_end_name_and_last(kernel: Kernel) -> None:
    ident = experiment_id(submit(kernel, "pass", "--name only-this --wait"))
    first, second = ident.removeprefix("experiment-").split("-")
    for text in ("only-this", second, f"{first}-{second}", ident, "last"):
        assert ident in kernel.run(f"%submarine status {text}").text
    many = kernel.run(f"%submarine status experiment-{first}")
    assert ident in (many.error or many.text)
    gone = kernel.run(f"%submarine status {ident}9")
    assert gone.error is not None
    assert gone.error.startswith("NotFound")


def test_every_command_explains_itself(kernel: Kernel) -> None:
    names = kernel.run(
        "from submarine_jupyter.magics.commands import COMMANDS\nprint(*COMMANDS)"
    ).text.split()
    assert len(names) >= 22
    for name in names:
        shown = kernel.run(f"%submarine {name} --help")
        assert shown.error is None
        assert shown.text.startswith(f"usage: %submarine {name}")
    asked = kernel.client.inspect("%submarine", reply=True, timeout=20)["content"]
    assert "compare" in asked["data"]["text/plain"]
    assert "--help` explains" in asked["data"]["text/plain"]


def test_a_plan_runs_nothing(kernel: Kernel) -> None:
    before = kernel.run("%submarine list").text
    ran = kernel.run("%%submarine experiment --dry-run --replicas Worker=2 -o run\nprint(1)")
    assert ran.error is None
    assert "Nothing was submitted" in ran.text
    assert "worker-1" in ran.text
    assert "(the cell)" in ran.text
    assert kernel.run("%submarine list").text == before


def test_clone_and_edit_write_cells(kernel: Kernel) -> None:
    source = "print('once more')"
    submit(kernel, source, "--name original --tags t -e A=1 -e MY_TOKEN=s3cret --wait")
    cloned = kernel.run("%submarine clone original --name copy")
    assert cloned.next_input is not None
    assert not cloned.next_input["replace"]
    text = cloned.next_input["text"]
    assert text.startswith("%%submarine experiment --name copy --framework TensorFlow")
    assert text.endswith(f"\n{source}")
    assert "s3cret" not in text
    assert "give a variable MY_TOKEN the value" in cloned.text
    edited = kernel.run("%submarine edit original")
    assert edited.next_input is not None
    assert edited.next_input["replace"]
    kernel.run("MY_TOKEN = 'other'")
    assert kernel.run(text + " # changed").error is None
    kernel.run("%submarine wait")
    assert "once more" in kernel.run("%submarine logs copy").text
    again = kernel.run("%submarine clone copy --submit --name third -e A=2 -o third")
    assert again.error is None
    assert kernel.run("print(third.spec['meta']['envVars']['A'])").text == "2\n"


def test_diff_shows_what_changed(kernel: Kernel) -> None:
    submit(kernel, "rate = 0.1\nprint(rate)", "--name before --wait -e LR=1")
    submit(kernel, "rate = 0.2\nprint(rate)", "--name after --wait -e LR=2")
    shown = kernel.run("%submarine diff before after").text
    assert "-rate = 0.1" in shown
    assert "+rate = 0.2" in shown
    assert "LR" in shown
    assert "hidden" not in shown
    side = kernel.run("%submarine compare before after").text
    assert "LR" in side
    alone = kernel.run("%submarine compare before")
    assert alone.error == (
        "UsageError: Name two experiments or more, or a --tag that two or more have"
    )


def test_where_a_run_comes_from(kernel: Kernel) -> None:
    submit(kernel, "pass", "-o run --wait")
    kernel.run("variables = run.spec['meta']['envVars']")
    assert "(v2).ipynb" in kernel.run("print(variables['SUBMARINE_NOTEBOOK'])").text
    assert kernel.run("print(variables['SUBMARINE_CELL_HASH'])").text.startswith("sha256:")
    assert "pydantic==" in kernel.run("print(variables['SUBMARINE_PACKAGES'])").text
    kernel.run("%submarine config provenance=no")
    submit(kernel, "pass", "-o run --wait")
    kernel.run("%submarine config provenance=")
    assert "SUBMARINE_NOTEBOOK" not in kernel.run("print(run.spec['meta']['envVars'])").text


def test_patch_changes_a_run(kernel: Kernel) -> None:
    submit(kernel, "import time\ntime.sleep(60)", "--name growing --resources cpu=0.1,memory=64M")
    try:
        assert kernel.run("%submarine patch growing --replicas Worker=2").error is None
        assert "Worker 2" in kernel.run("%submarine list --name growing").text
        nothing = kernel.run("%submarine patch growing")
        assert nothing.error is not None
        assert "Say what is to change" in nothing.error
        spec = kernel.run("%submarine get growing --spec").text.replace(
            "replicas: 2", "replicas: 3"
        )
        assert kernel.run(f"%%submarine patch growing\n{spec}").error is None
        assert "Worker 3" in kernel.run("%submarine list --name growing").text
    finally:
        kernel.run("%submarine delete growing")


def test_metrics_and_files(kernel: Kernel) -> None:
    source = (
        "import os\nfor step in range(5):\n"
        "    print(f'step {step} loss: {1 / (step + 1)} accuracy: 0.5')\n"
        "open(os.environ['SUBMARINE_OUTPUT_DIR'] + '/model.bin', 'wb').write(b'weights')"
    )
    submit(kernel, source, "--wait")
    table = kernel.run("%submarine metrics").text
    assert "loss" in table
    assert "0.2" in table
    assert "accuracy" in table
    assert "accuracy" not in kernel.run("%submarine metrics last --name los -o points").text
    assert kernel.run("print(len(points), points['value'].min())").text == "5 0.2\n"
    copied = kernel.run("%submarine files --download model.bin --to copy.bin")
    assert "is copied to copy.bin" in copied.text
    assert kernel.run("print(open('copy.bin').read())").text == "weights\n"


def test_source_is_kept(kernel: Kernel) -> None:
    kernel.run("kept_word = 'here'")
    submit(kernel, "print('kept', {{kept_word}})", "--wait")
    assert kernel.run("%submarine get --source").text == "print('kept', 'here')"
    assert "python -c" in kernel.run("%submarine get --spec").text


def test_connecting_elsewhere(kernel: Kernel) -> None:
    submit(kernel, "pass", "--name here --wait")
    url = next(
        line.split()[1] for line in kernel.run("%submarine info").text.splitlines() if "url" in line
    )
    token = kernel.data_dir / "token"
    nobody = kernel.run("%submarine connect http://127.0.0.1:9")
    assert nobody.name == "ServerUnavailable"
    refused = kernel.run(f"%submarine connect {url}")
    assert refused.name == "NotAuthenticated"
    assert kernel.run(f"%submarine connect {url} --token-file {token}").error is None
    try:
        assert "here" in kernel.run("%submarine list --name here").text
    finally:
        assert kernel.run("%submarine connect").error is None


def test_a_large_cell_arrives_whole_in_every_replica(kernel: Kernel) -> None:
    letters = "".join(random.Random(3).choices(string.ascii_letters, k=600_000))
    source = f"data = '{letters}'\nprint(len(data), data[-5:])"
    submit(kernel, source, "--replicas Worker=2 --wait")
    assert kernel.run("%submarine logs").text.count(f"600000 {letters[-5:]}") == 2


@pytest.mark.parametrize("flag", ["--on-interrupt stop", ""])
def test_an_interrupt_stops_or_detaches(flag: str, kernel: Kernel) -> None:
    message = kernel.start(
        f"%%submarine experiment --wait {flag} -o run\nimport time\nprint('up')\ntime.sleep(60)"
    )
    kernel.wait_for("up")
    kernel.manager.interrupt_kernel()
    ran = kernel.finish(message)
    assert ran.name == "KeyboardInterrupt"
    if flag:
        assert "is being stopped" in str(ran.error)
        assert kernel.run("%submarine wait run").name == "ExperimentFailed"
    else:
        assert "`%submarine stop" in str(ran.error)
        assert kernel.run("run.status").text == "'Running'"
        kernel.run("%submarine delete run")


def test_nothing_is_lost_with_the_kernel(kernel: Kernel) -> None:
    ident = experiment_id(
        submit(kernel, "import time\nprint('still here')\ntime.sleep(3)", "--name survivor")
    )
    kernel.restart()
    assert kernel.run("%load_ext submarine_jupyter").error is None
    assert kernel.run("%submarine wait survivor").error is None
    assert ident in kernel.run("%submarine status last").text
    assert "still here" in kernel.run("%submarine logs").text


def test_a_cell_says_that_the_server_is_being_started(kernel: Kernel) -> None:
    kernel.stop_server()
    first = kernel.start("%%submarine experiment --wait\nprint('said')")
    kernel.wait_for(SENTENCE)
    ran = kernel.finish(first)
    assert ran.error is None
    taken_away = {"text/plain": ""}
    assert taken_away in [update["data"] for update in ran.updates]
    second = kernel.run("%%submarine experiment --wait\nprint('said')")
    assert "said" in second.text
    assert SENTENCE not in second.text


def test_the_server_may_go_and_come_back(kernel: Kernel) -> None:
    message = kernel.start(
        "%%submarine experiment --wait --name enduring\n"
        "import time\nfor n in range(40):\n    print('line', n, flush=True)\n    time.sleep(0.1)"
    )
    kernel.wait_for("line")
    kernel.stop_server()
    ran = kernel.finish(message)
    assert ran.error is None
    assert kernel.run("%submarine logs enduring").text.count("line") == 40
