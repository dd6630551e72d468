"""What a cell's body is taken for, and what is said about one that is neither."""

from __future__ import annotations

import pytest

from submarine_jupyter.errors import SpecError, SubmarineError, UsageError
from submarine_jupyter.spec.cell import Body, Kind
from submarine_jupyter.spec.cell import read_body as read
from submarine_jupyter.spec.interpolation import Values

SPEC = """\
meta: {name: a, framework: TensorFlow, cmd: python train.py}
environment: {image: some/image}
spec: {Worker: {replicas: 1, resources: "cpu=1,memory=1G"}}
"""


def read_body(source: str, kind: Kind | None = None, first_line: int = 2) -> Body:
    return read(source, Values({}), kind, first_line)


@pytest.mark.parametrize(
    "source",
    [
        SPEC,
        "# a comment\n---\n" + SPEC,
        '{"meta": {"name": "a"},\n\t"spec": {}}',
        "spec: {}",
        # Both valid Python and a spec: a spec.
        "{'spec': {'Worker': {}}}",
        "meta: dict",
    ],
)
def test_specs(source: str) -> None:
    body = read_body(source)
    assert body.documents
    assert body.program is None


@pytest.mark.parametrize(
    "source",
    [
        "x = 1",
        "# only a comment",
        "name: str = 'x'\nprint(name)",
        "{'a': 1}",
        "print('%d' % 3)\ntext = '''\n%matplotlib\n!ls\n'''",
        "x: int\nx = 3",
        "'meta: spec'",
        "import torch\n" * 50,
    ],
)
def test_programs(source: str) -> None:
    body = read_body(source)
    assert body.program is not None
    assert not body.documents


@pytest.mark.parametrize(
    ("source", "error", "says"),
    [
        ("", UsageError, "The cell is empty"),
        ("  \n\n", UsageError, "The cell is empty"),
        ("x = 1\ny = = 2\n", UsageError, "Line 3: invalid syntax: `y = = 2`"),
        ("def f(:\n  pass", UsageError, "Line 2"),
        ("return 3", UsageError, "Line 2: 'return' outside function"),
        ("await x", UsageError, "Line 2"),
        ("%matplotlib inline\nx=1", UsageError, "has no %matplotlib"),
        ("x = 1\n!pip install torch", UsageError, "Line 3: `!pip install torch`"),
        ("files = !ls", UsageError, "Line 2: `files = !ls` is a command of the notebook"),
        ("%%time\nx = 1", UsageError, "has no %%time"),
        ("meta:\n  name: a\n   cmd: b\n", SpecError, "line 4"),
        ('{"meta": {"name": "a",}, ]', SpecError, "line 2"),
        ("# c\nmeta: [1, 2\nspec: {}\n", SpecError, "line 4"),
        ("name: my run\nreplicas: 2", SpecError, "meta, environment and spec"),
        # To Python annotations, and without effect.
        ("name: digits\nreplicas: 2", SpecError, "this has name, replicas"),
        ("x = '\0'", UsageError, "no Python program"),
    ],
)
def test_neither(source: str, error: type[SubmarineError], says: str) -> None:
    with pytest.raises(error) as caught:
        read_body(source)
    assert says in str(caught.value)


def test_kind_settles_it() -> None:
    assert read_body("meta: dict", "code").program is not None
    assert read_body("x: int", "code").program is not None
    assert read_body("a: 1", "spec").documents[0].value == {"a": 1}
    with pytest.raises(SpecError, match="not valid YAML or JSON"):
        read_body("x: {", "spec")
    with pytest.raises(SpecError, match="a spec is a mapping"):
        read_body("x", "spec")
    with pytest.raises(UsageError, match="Line 2"):
        read_body("meta: {name: a b}", "code")


def test_lines_count_from_the_cell() -> None:
    with pytest.raises(UsageError, match="Line 5"):
        read_body("x = 1\ny = = 2", first_line=4)
    with pytest.raises(SpecError, match="line 6"):
        read_body("meta:\n  name: a\n   cmd: b\n", first_line=4)
