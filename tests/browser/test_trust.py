"""What a view offers, and what it believes, in notebooks that are trusted and in others."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .experiments import Experiments, View
from .lab import Lab
from .notebooks import trust, write_notebook

MIME_TYPE = "application/vnd.submarine.experiment+json"


@pytest.fixture
def experiments(lab: Lab) -> Experiments:
    return Experiments(lab)


def output_of(experiment_id: str, server: str, said: str) -> dict[str, Any]:
    """Return an output that says `said` of an experiment."""
    experiment = {
        "experimentId": experiment_id,
        "status": "Succeeded",
        "spec": {"meta": {"name": said}, "spec": {"Worker": {"replicas": 1}}},
    }
    pod = {"name": f"{experiment_id}-worker-0", "role": "Worker", "index": 0, "lines": [said]}
    payload = {
        "version": 1,
        "experimentId": experiment_id,
        "server": server,
        "name": said,
        "snapshot": {"experiment": experiment, "pods": [pod], "time": None},
    }
    return {MIME_TYPE: payload, "text/plain": "inert"}


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
def test_one_of_the_readers_own_is_as_the_server_says(
    lab: Lab, page: Page, experiments: Experiments, trusted: bool
) -> None:
    experiment_id = experiments.submit("honest", "say('from the server'); wait_for('never')")
    name = f"own-{trusted}.ipynb"
    output = output_of(experiment_id, experiments.server_id(), "made up")
    write_notebook(lab.root / name, ["1"], output)
    if trusted:
        trust(lab, name)
    page.goto(lab.address(f"lab/workspaces/own-{trusted}/tree/{name}"))
    view = View(page.get_by_role("region", name="Experiment honest"))
    view.expect_status("Running", timeout=60_000)
    expect(view.log("worker-0")).to_contain_text("from the server")
    expect(view.region).not_to_contain_text("made up")
    expect(view.button("Clone")).to_have_count(1 if trusted else 0)

    view.button("Delete").click()
    question = view.question("Delete this experiment with its logs?")
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    assert experiments.status(experiment_id) == "Running"
    question.get_by_role("button", name="Delete").click()
    view.expect_status("Deleted")


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
def test_a_saved_state_is_shown_to_those_who_trust_it(lab: Lab, page: Page, trusted: bool) -> None:
    name = f"foreign-{trusted}.ipynb"
    # A copy of what somebody trusts is trusted as well.
    claim = f"a claim, trusted: {trusted}"
    output = output_of("experiment-1-0001", "another-server", claim)
    write_notebook(lab.root / name, ["1"], output)
    if trusted:
        trust(lab, name)
    page.goto(lab.address(f"lab/workspaces/foreign-{trusted}/tree/{name}"))
    shown = claim if trusted else "experiment-1-0001"
    view = View(page.get_by_role("region", name=f"Experiment {shown}"))
    expect(view.region).to_contain_text('"another-server", which is none of yours', timeout=60_000)
    if trusted:
        expect(view.log("worker-0")).to_contain_text(claim)
    else:
        expect(view.region).not_to_contain_text(claim)
        expect(view.region).to_contain_text("trust the notebook")
    for action in ("Stop", "Clone", "Delete", "Download log"):
        expect(view.button(action)).to_have_count(0)
