"""What a page offers whose token may only read: all that shows, and why it cannot do the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.server.api import Api, experiment, python
from tests.server.servers import serving
from tests.server.teams import ALICE, BOB, TEAM, write

from .experiments import Form, Panel
from .lab import Lab, running_lab

WHY = "This server may only be read with your token."


@pytest.fixture(scope="module")
def alice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Yield a team's server, as a writer calls it."""
    directory = tmp_path_factory.mktemp("team")
    tokens = write(directory / "tokens", TEAM)
    with serving(directory / "data", "--tokens", str(tokens)) as api:
        yield Api(replace(api.server, token=ALICE))


@pytest.fixture(scope="module")
def lab(alice: Api, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Yield a JupyterLab that has a reader's token for it."""
    directory = tmp_path_factory.mktemp("reader")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUBMARINE_URL", alice.server.url)
        patch.setenv("SUBMARINE_TOKEN_FILE", str(write(directory / "token", BOB)))
        with running_lab(directory) as running:
            yield running


def expect_refused(button: Locator) -> None:
    expect(button).to_be_disabled()
    assert (button.get_attribute("title") or "").startswith(WHY)


def test_a_reader_is_told_why_nothing_can_be_changed(lab: Lab, page: Page, alice: Api) -> None:
    spec = experiment(python("import time; print('for all', flush=True); time.sleep(300)"))
    spec["meta"]["name"] = "shared"
    experiment_id = alice.create(spec)
    try:
        panel = Panel.show(page, lab, "reader")
        view = panel.open("shared")
        expect(view.region.get_by_role("log")).to_contain_text("for all", timeout=30_000)
        for button in ("Stop", "Delete"):
            expect_refused(view.button(button))
            expect_refused(panel.selection.get_by_role("button", name=button))

        panel.row("shared").focus()
        page.keyboard.press("Delete")
        expect(page.get_by_role("alert").filter(has_text=WHY)).to_be_visible()
        expect(page.get_by_role("dialog")).to_have_count(0)

        view.button("Clone").click()
        form = Form(page)
        expect(form.field("Name")).to_have_value("shared")
        for button in ("Submit", "Dry run"):
            expect_refused(form.region.get_by_role("button", name=button, exact=True))
        server = form.region.locator("label", has_text="Server").get_by_role("combobox")
        server.select_option("embedded")
        expect(form.region.get_by_role("button", name="Submit")).to_be_enabled()
        assert alice.status(experiment_id) == "Running"
    finally:
        alice.call("DELETE", f"api/v1/experiment/{experiment_id}")
