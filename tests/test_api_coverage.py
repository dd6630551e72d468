"""The table of routes and tests in the documentation: whole, and of tests that there are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from .server.routes import all_routes

TESTS = Path(__file__).parent
TABLE = TESTS.parent / "docs" / "api-coverage.md"
# Additions to the documented API, which old clients never ask for.
OWN = re.compile(r"/api/v1/(info|schema|stream|virtual-environments)|/experiment_id/\w+")

_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def named_tests() -> list[str]:
    return re.findall(r"`(\S+\.py::test_\w+)`", TABLE.read_text())


def test_every_documented_route_is_in_the_table() -> None:
    rows = re.findall(r"^\| `(GET|POST|PATCH|DELETE) (/\S*)` \|", TABLE.read_text(), re.MULTILINE)
    listed = {(method, re.sub(r"[{}]", "", path)) for method, path in rows}
    routes = {
        (method, path)
        for path, methods in all_routes().items()
        for method in methods - {"HEAD"}
        if not OWN.search(path)
    }
    assert listed == routes


def test_the_tests_of_the_table_exist() -> None:
    tests = named_tests()
    assert tests
    for test in tests:
        file, name = test.split("::")
        tree = ast.parse((TESTS / file).read_text())
        assert name in {node.name for node in tree.body if isinstance(node, _FUNCTION)}, test
