"""Grids, and several specs in one cell."""

from __future__ import annotations

import pytest

from submarine_jupyter.errors import UsageError
from submarine_jupyter.magics.grid import Grid

from .conftest import Kernel, Ran

SPEC = """\
meta: {name: NAME, framework: TensorFlow, cmd: echo said by NAME}
environment: {}
spec: {Worker: {replicas: 1, resources: "cpu=1,memory=64M"}}
"""


def test_points() -> None:
    grid = Grid.read(["lr=0.1,1e-3", "batch=32,64", 'name=a,"b,c"', "on=true"])
    points = grid.points
    assert len(points) == 8
    assert points[0] == {"lr": 0.1, "batch": 32, "name": "a", "on": True}
    assert points[-1] == {"lr": 0.001, "batch": 64, "name": "b,c", "on": True}
    assert Grid.read(None).points == [{}]


def test_labels() -> None:
    grid = Grid.read(["lr=0.1,1e-3", "on=true"])
    given = {"meta": {"name": "n" * 63, "tags": ["a"]}, "spec": {"Ps": {"envVars": {"B": "2"}}}}
    labelled = grid.label(given, 12, grid.points[1])
    assert labelled["meta"]["name"] == "n" * 60 + "-12"
    assert labelled["meta"]["tags"] == ["a", "lr=0.001", "on=true", grid.tag]
    assert labelled["meta"]["envVars"] == {"lr": "0.001", "on": "true"}
    assert labelled["spec"]["Ps"]["envVars"] == {"B": "2", "lr": "0.001", "on": "true"}
    assert given["meta"] == {"name": "n" * 63, "tags": ["a"]}


@pytest.mark.parametrize(
    ("items", "says"),
    [
        (["lr"], "'lr' is not of the form lr=0.1,0.01"),
        (["lr="], "'lr=' is not of the form"),
        (["l-r=1"], "'l-r=1' is not of the form"),
        (["lr=1", "lr=2"], "lr is given twice"),
        (["a=" + ",".join("1" * 20), "b=" + ",".join("1" * 20)], "makes 400 experiments; 100"),
    ],
)
def test_what_is_no_grid(items: list[str], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        Grid.read(items)
    assert says in str(caught.value)


def last_table(ran: Ran) -> str:
    return str([*ran.outputs, *ran.updates][-1]["data"]["text/plain"])


def test_in_a_kernel(kernel: Kernel) -> None:
    ran = kernel.run(
        "%%submarine experiment --name sweep --grid lr=0.1,0.01 batch=32,64 --wait -o runs\n"
        "import os\n"
        "print('step 1 loss:', {{lr}} * {{batch}}, os.environ['lr'], os.environ['batch'])\n"
    )
    assert ran.error is None
    # One output, which is renewed.
    assert len(ran.outputs) == 1
    assert ran.updates
    table = last_table(ran)
    assert table.count("Succeeded") == 4
    assert "sweep-4" in table
    shown = kernel.run("print(type(runs).__name__, len(runs), *runs['lr'], *runs['status'])").text
    assert shown.startswith("DataFrame 4 0.1 0.1 0.01 0.01 Succeeded")
    assert "0.01 64" in kernel.run("%submarine logs sweep-4").text
    compared = kernel.run("tag = runs['experiment'][0].spec['meta']['tags'][-1]\n%submarine list")
    assert "sweep-1" in compared.text
    side = kernel.run("%submarine compare --tag {{tag}} -o side")
    assert "sweep-2" in side.text
    assert kernel.run("len(side)").text == "4"


def test_the_table_is_renewed_between_cells(kernel: Kernel) -> None:
    ran = kernel.run("%%submarine experiment --grid n=1,2 -o runs\nimport time\ntime.sleep(1)")
    assert ran.error is None
    assert "Succeeded" not in last_table(ran)
    # The kernel is idle while it shows what has come.
    while True:
        message = kernel.client.get_iopub_msg(timeout=30)
        if message["msg_type"] == "update_display_data":
            update = message["content"]
            if update["data"]["text/plain"].count("Succeeded") == 2:
                break
    assert update["transient"] == ran.outputs[0]["transient"]
    assert "Succeeded Succeeded" in kernel.run("print(*runs['status'])").text


def test_a_failure_among_several(kernel: Kernel) -> None:
    ran = kernel.run("%%submarine experiment --grid n=0,1,2 --wait\n1 / {{n}}")
    assert ran.name == "ExperimentFailed"
    assert ran.error is not None
    assert "exited with code 1" in ran.error
    assert last_table(ran).count("Succeeded") == 2
    both = kernel.run("%%submarine experiment --name bad --grid n=0,0.0 --wait\n1 / {{n}}")
    assert both.error is not None
    assert "2 of 2 experiments ended Failed: bad-1 (experiment-" in both.error


def test_nothing_is_sent_before_all_is_right(kernel: Kernel) -> None:
    before = kernel.run("%submarine list").text
    wrong = kernel.run("%%submarine experiment --grid n=1,2\nx = {{nothing}}")
    assert wrong.error is not None
    specs = SPEC.replace("NAME", "one") + "---\n" + SPEC.replace("NAME", "t w")
    wrong = kernel.run(f"%%submarine experiment\n{specs}")
    assert wrong.error is not None
    assert "line 6, column 8: meta.name: 't w' is no valid name" in wrong.error
    assert kernel.run("%submarine list").text == before


def test_several_specs(kernel: Kernel) -> None:
    specs = "---\n".join(SPEC.replace("NAME", name) for name in ("first", "second"))
    ran = kernel.run(f"%%submarine experiment --wait -o both -e A=1\n{specs}")
    assert ran.error is None
    assert last_table(ran).count("Succeeded") == 2
    assert kernel.run("list(both['name'])").text == "['first', 'second']"
    assert "said by second" in kernel.run("%submarine logs second").text
