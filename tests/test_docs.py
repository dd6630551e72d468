"""What the documentation says is so: each block of it is run, or read as what it is."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from jupyter_server.serverapp import ServerApp
from traitlets.config import Config, Configurable
from traitlets.config.loader import PyFileConfigLoader

from docs.reference_pages import MAKERS, filled
from submarine_jupyter import ExperimentClient, launch
from submarine_jupyter.client.servers import EmbeddedServer
from submarine_jupyter.extension.app import SubmarineExtension
from submarine_jupyter.extension.settings import read_settings
from submarine_jupyter.magics.magics import SubmarineMagics
from submarine_jupyter.magics.settings import project_settings
from submarine_jupyter.spec import EnvironmentSpec
from submarine_jupyter.spec.packages import package_problems
from submarine_jupyter.spec.submission import checked
from submarine_jupyter.spec.templates import ExperimentTemplateSpec, completed, trial
from tests.pages import ROOT, Block, Reader, blocks_of, pages

PAGES = pages()
BLOCKS = [block for page in PAGES for block in blocks_of(page)]
RUN = sorted({block.page for block in BLOCKS if block.is_run})
_CODE = re.compile(r"(`+) ?(.+?) ?\1(?!`)")
CONFIGURED: tuple[type[Configurable], ...] = (SubmarineExtension, SubmarineMagics, ServerApp)

NOT_RUN = {
    ("README.md", "needs a Ray cluster"),
    ("docs/jupyterhub.md", "configures a JupyterHub"),
    ("docs/kubernetes.md", "needs a Kubernetes cluster"),
    ("docs/migrate.md", "needs the published client"),
    ("docs/ray.md", "needs a Ray cluster"),
    ("docs/team-server.md", "needs PostgreSQL"),
    ("docs/team-server.md", "needs nginx"),
    ("docs/team-server.md", "needs systemd"),
}
"""What is shown and cannot be tried here: needs other machines, or changes this one."""


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield the data directory that all pages share, one after the other."""
    directory = tmp_path_factory.mktemp("docs") / "submarine"
    yield directory
    launch.stop(directory)


@pytest.mark.parametrize("page", RUN)
def test_a_page_does_what_it_says(page: str, tmp_path: Path, embedded: Path) -> None:
    # Who has installed the package has the README on its page, and no clone.
    reader = Reader(tmp_path, embedded, has_examples=page != "README.md")
    try:
        for block in blocks_of(ROOT / page):
            reader.read(block)
    finally:
        reader.close()
        client = ExperimentClient(locator=EmbeddedServer(embedded))
        for left in client.summaries():
            client.delete_experiment(left["experimentId"])
        client.close()


def test_what_is_not_run_is_said_and_known() -> None:
    marked = {(block.page, block.not_run) for block in BLOCKS if block.not_run}
    assert marked == NOT_RUN


def test_a_page_that_is_wrong_is_found(tmp_path: Path, embedded: Path) -> None:
    wrong = [
        ("python", "1 / 0", None),
        ("ipython", "%submarine list", None),
        ("ipython", "%load_ext submarine_jupyter\n%submarine get none-such", None),
        ("python", "1 + 1", "3"),
        ("sh", "false", None),
        ("sh", "submarine-jupyter get none-such", None),
        ("console", "$ echo yes\nno", None),
    ]
    reader = Reader(tmp_path, embedded)
    try:
        for language, text, output in wrong:
            with pytest.raises(AssertionError):
                reader.read(Block("page", 1, language, text, output))
    finally:
        reader.close()


def test_each_message_that_is_explained_is_one_of_ours() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    headings = re.findall(r"^### (.+)$", page, re.MULTILINE)
    spans = [span for heading in headings for _, span in _CODE.findall(heading)]
    messages = [span for span in spans if " " in span]
    said = "\n".join(_texts_of_python() | _texts_of_typescript())
    parts = {part.strip() for message in messages for part in message.split("…")}
    assert len(messages) > 20
    assert [part for part in parts if part not in said] == []


def _texts_of_python() -> set[str]:
    """Return the texts in our Python, with `…` for what is filled in."""
    sources = (ROOT / "submarine_jupyter").rglob("*.py")
    trees = (ast.parse(source.read_text(encoding="utf-8")) for source in sources)
    nodes = [node for tree in trees for node in ast.walk(tree)]
    plain = {str(node.value) for node in nodes if isinstance(node, ast.Constant)}
    filled_in = {
        "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        for node in nodes
        if isinstance(node, ast.JoinedStr)
    }
    return plain | filled_in


def _texts_of_typescript() -> set[str]:
    sources = (ROOT / "labextension" / "src").rglob("*.ts*")
    joined = (re.sub(r"'\s*\+\s*'", "", source.read_text(encoding="utf-8")) for source in sources)
    return {re.sub(r"%\d", "…", text) for text in joined}


def test_each_block_says_what_it_is() -> None:
    known = ("python", "ipython", "sh", "console", "yaml", "json", "toml", "ini", "text")
    assert [block.place for block in BLOCKS if block.language not in known] == []


def test_what_sets_up_names_what_there_is() -> None:
    said = "\n".join(block.text for block in BLOCKS if block.sets_up or block.not_run)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make ([\w-]+)", said, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    extras = metadata("submarine-jupyter").get_all("Provides-Extra")
    assert set(re.findall(r"submarine-jupyter\[([\w-]+)\]", said)) <= set(extras or ())


def _of(language: str) -> list[Block]:
    return [
        block
        for block in BLOCKS
        if block.language == language and not (block.not_run or block.is_cell)
    ]


@pytest.mark.parametrize("block", _of("yaml") + _of("json"), ids=lambda block: block.place)
def test_a_document_is_one_that_a_server_takes(block: Block) -> None:
    read = json.loads if block.language == "json" else yaml.safe_load
    document: dict[str, Any] = read(block.text)
    if "experimentSpec" in document:
        trial(completed(ExperimentTemplateSpec.from_wire(document)))
    elif "kernelSpec" in document:
        environment = EnvironmentSpec.from_wire(document)
        assert list(package_problems("kernelSpec", environment.kernel_spec)) == []
    else:
        checked(document)


@pytest.mark.parametrize("block", _of("toml"), ids=lambda block: block.place)
def test_a_project_file_sets_what_there_is(block: Block, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(block.text)
    assert project_settings(tmp_path).values


CONFIGURATIONS = [block for block in BLOCKS if (block.file or "").endswith("_config.py")]


@pytest.mark.parametrize("block", CONFIGURATIONS, ids=lambda block: block.place)
def test_a_configuration_sets_what_there_is(block: Block, tmp_path: Path) -> None:
    (tmp_path / "config.py").write_text(block.text)
    config: Config = PyFileConfigLoader("config.py", str(tmp_path)).load_config()
    owners = {owner.__name__: owner for owner in CONFIGURED}
    for name, values in config.items():
        assert set(values) <= set(owners[name].class_traits(config=True)), block.place
    upstreams = config.SubmarineExtension
    if "upstreams" in upstreams:
        default = upstreams.get("default_upstream", "embedded")
        named = {name: {"url": one["url"]} for name, one in upstreams["upstreams"].items()}
        assert read_settings(named, default, {}).default == default


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "tests/README.md"]
)
def test_what_a_page_outside_the_site_links_to_is_there(name: str) -> None:
    page = ROOT / name
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if ":" not in link and not (page.parent / link).exists()]
    assert missing == []


def test_the_map_of_the_tests_is_whole_and_of_what_there_is() -> None:
    tests = ROOT / "tests"
    spans = re.findall(r"`([\w./]+)`", (tests / "README.md").read_text(encoding="utf-8"))
    folders = {place.parent.name for place in tests.glob("*/__init__.py")}
    assert folders <= set(spans)
    named = {span for span in spans if "/" in span or span.endswith(".py")}
    assert [name for name in named if not (tests / name).exists()] == []


def test_the_reference_is_made_of_all_that_there_is() -> None:
    asked = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert set(re.findall(r"<!-- made: ([a-z-]+) -->", asked)) == set(MAKERS)
    made = filled("<!-- made: magics --><!-- made: none")
    assert made.startswith("<!--"), "a mark fills a line of its own"


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_a_part_of_the_reference_is_made(name: str) -> None:
    signs = {
        "magics": ["## `%submarine wait`", "--on-interrupt {detach,stop}"],
        "command-line": ["## `submarine-jupyter env prune`", "--ray-address HOST:PORT"],
        "rest": ["### `POST /api/v1/experiment/{experiment_id}/stop`", "| `dryRun` | query |"],
        "configuration": ["### `c.SubmarineExtension.upstreams`", "by default `24.0`"],
        "notebook-settings": ['| `resources` | `"cpu=1,memory=1G"` |'],
        "lab-settings": ["| `notifications` |", "`Accel Alt E`"],
        "spec": ["| `resources` | string | required |", "| PyTorch | Master, Worker |"],
        "spec-classes": ["| `KernelSpec` |", "`env_vars`"],
    }
    made = filled(f"<!-- made: {name} -->")
    assert [sign for sign in signs[name] if sign not in made] == []
