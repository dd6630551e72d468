"""The rules of the documentation on security are held by tests that there are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "security.md"


def test_each_rule_names_a_test_that_exists() -> None:
    _, _, section = PAGE.read_text().partition("| flaw | rule here | held by |")
    rows = re.findall(r"^\| .* \| .* \| (`.*`) \|$", section, re.MULTILINE)
    assert len(rows) == section.count("\n| ")
    for row in rows:
        file = ""
        for named in re.findall(r"`([^`]+)`", row):
            name, _, test = named.partition("::")
            file = name or file
            path = ROOT / ("labextension" if file.startswith("src/") else "tests") / file
            assert path.is_file(), named
            assert not test or test in functions_of(path), named


def functions_of(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
