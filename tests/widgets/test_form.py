"""The form in a real kernel, driven by the messages that a front end sends."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

import pytest

from .kernel_page import Page

OPEN = "from submarine_jupyter import ExperimentForm; form = ExperimentForm()"
SECRET = "hunter2"


@pytest.fixture
def form(page: Page) -> Page:
    page.run("print('In[1]')")
    page.run(f"{OPEN}; form")
    return page


def shows(page: Page, text: str) -> bool:
    """Whether some text of the form holds this."""
    return any(text in str(state.get("value", "")) for state in page.states().values())


def is_off(page: Page, description: str) -> bool:
    return bool(page.states()[page.find(description)]["disabled"])


def fill(page: Page) -> None:
    page.type("Name", "typed")
    page.type("Command", "python -c \"import os; print(len(os.environ['API_KEY']))\"")
    page.type("Worker memory", "64M")
    page.click("Add variable")
    page.wait_until(lambda: is_there(page, "Variable 1"))
    page.type("Variable 1", "API_KEY")
    page.wait_until(lambda: is_there(page, "Secret"))
    (field,) = (
        ident
        for ident, state in page.states().items()
        if state.get("description") == "Value of variable 1" and "held" in state
    )
    page.send(field, {"type": "value", "value": SECRET})
    page.wait_until(lambda: page.states()[field]["held"])


def is_there(page: Page, description: str) -> bool:
    return any(state.get("description") == description for state in page.states().values())


def test_from_typing_to_a_run_without_a_word_on_streams(form: Page) -> None:
    form.type("Worker cpu", "x")
    form.wait_until(lambda: shows(form, "cpu=x is no amount; write cpu=1 or cpu=500m"))
    assert is_off(form, "Submit")
    form.type("Worker cpu", "1")
    fill(form)
    form.wait_until(lambda: not is_off(form, "Submit"))
    form.click("Dry run")
    form.wait_until(lambda: shows(form, "Nothing was run"))
    form.click("Copy as cell")
    form.wait_until(lambda: shows(form, "%%submarine experiment --as spec"))
    form.click("Submit")
    form.wait_until(lambda: shows(form, "Submitted experiment-"))
    form.run("assert form.experiment.wait(60).last_status == 'Succeeded'")
    form.run("assert [*form.experiment.logs()] == ['7']; assert form.errors == {}")
    form.run(f"assert form.spec.meta.env_vars == {{'API_KEY': {SECRET!r}}}")
    # Nothing that a page gets, and so nothing that a notebook can keep, tells the secret.
    told = [m for m in form.messages if m["msg_type"] != "execute_input"]
    assert SECRET not in json.dumps(told, default=str)
    printed = [m["content"]["text"] for m in told if m["msg_type"] == "stream"]
    assert printed == ["In[1]\n"]


def test_a_submit_from_python(form: Page) -> None:
    form.run("""
from submarine_jupyter.errors import SpecError
assert set(form.errors) == {'meta.name', 'meta.cmd'}
try:
    form.submit()
except SpecError as error:
    assert 'meta.name: is missing' in str(error)
else:
    raise AssertionError('it was submitted')
form.spec = {
    'meta': {'name': 'py', 'framework': 'TensorFlow', 'cmd': 'python -c 1'},
    'environment': {},
    'spec': {'Worker': {'resources': 'cpu=1,memory=64M'}},
}
assert form.submit().wait(60) is form.experiment
""")


def test_a_cell_by_its_number(form: Page) -> None:
    form.type("Name", "cell")
    form.run("form._model.choose_program('cell')")
    form.type("Cell number", "99")
    form.wait_until(lambda: shows(form, "this kernel has run no In[99]"))
    form.type("Cell number", "1")
    form.wait_until(lambda: shows(form, "<pre>print("))
    form.run("assert form.errors == {}, form.errors; run = form.submit().wait(60)")
    form.run("assert [*run.logs()] == ['In[1]'], [*run.logs()]")
    form.run("kept = run.spec['meta']['envVars']; assert kept['SUBMARINE_CELL_HASH'], kept")
    form.run("assert 'ipywidgets==' in kept['SUBMARINE_PACKAGES'], kept")


def test_cells_that_are_no_program_are_refused(form: Page) -> None:
    form.run("%time 1")
    form.run("form._model.choose_program('cell'); form._model.choose_cell('3')")
    form.run("assert 'a command of the notebook: %time 1' in form.errors['cell'], form.errors")


def test_a_form_like_a_past_experiment(page: Page) -> None:
    page.run("%load_ext submarine_jupyter")
    page.run("""
from submarine_jupyter import ExperimentClient
run = ExperimentClient().submit({
    'meta': {'name': 'past', 'framework': 'PyTorch', 'cmd': 'python -c 1',
             'envVars': {'LR': '1', 'PASSWORD': 'hunter2'}},
    'environment': {},
    'spec': {'Master': {'replicas': 1, 'resources': 'cpu=1,memory=64M'}},
}).wait(60)
""")
    page.run("%submarine form past -o form")
    page.run("assert form.spec.meta.env_vars == {'LR': '1', 'PASSWORD': 'hunter2'}, form.spec")
    page.run("assert form.submit().wait(60).id != run.id")
    told = [m for m in page.messages if m["msg_type"] in ("comm_open", "comm_msg", "display_data")]
    assert SECRET not in json.dumps(told, default=str)
    assert page.states()[page.find("Name")]["value"] == "past"


@pytest.mark.skipif(version("ipykernel") < "7", reason="subshells came with ipykernel 7")
def test_callbacks_of_another_thread_and_a_running_cell_do_no_harm(page: Page) -> None:
    page.run(f"{OPEN}; form", page.make_subshell())
    # ipykernel gives a callback to the thread that last spoke on its comm: this or the cell's.
    cell = page.start("import time\nfor _ in range(200): form.errors; time.sleep(0.01)")
    for text in ("1", "10", "100", "200", "x"):
        page.type("Worker replicas", text)
    page.wait_until(lambda: shows(page, "is no whole number"))
    page.wait_until(lambda: is_idle(page, cell))
    page.run("assert 'spec.Worker.replicas' in form.errors")
    assert not [m for m in page.messages if m["msg_type"] in ("error", "stream")]


def is_idle(page: Page, ident: str) -> bool:
    return any(
        message["content"].get("execution_state") == "idle"
        and message["parent_header"].get("msg_id") == ident
        for message in page.messages
    )


def test_the_form_says_what_it_is_without_a_kernel(form: Page) -> None:
    shown: list[dict[str, Any]] = [
        message["content"]["data"]
        for message in form.messages
        if message["msg_type"] in ("execute_result", "display_data")
    ]
    assert shown[-1]["text/plain"] == "A form for a new experiment; run the cell to open it."
    assert len(json.dumps(shown[-1])) < 1_000
