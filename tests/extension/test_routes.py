from __future__ import annotations

from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submarine_jupyter.errors import ApiError, BadRequest, NotFound
from submarine_jupyter.extension.routes import forwarded_query, parse_target


@pytest.mark.parametrize(
    ("path", "upstream", "segments"),
    [
        ("api/v1/info", None, ("info",)),
        ("api/v1/experiment", None, ("experiment",)),
        ("upstreams/team/api/v1/experiment/e-1/pods", "team", ("experiment", "e-1", "pods")),
        ("upstreams/a%20b/api/v1/info", "a b", ("info",)),
        (
            "api/v1/experiment/e-1/files/out/a%20b%40c%25.txt",
            None,
            ("experiment", "e-1", "files", "out", "a b@c%.txt"),
        ),
    ],
)
def test_paths_of_the_api(path: str, upstream: str | None, segments: tuple[str, ...]) -> None:
    target = parse_target(path)
    assert (target.upstream, target.segments) == (upstream, segments)


ATTACKS = [
    "api/v1/experiment/../info",
    "api/v1/experiment/%2e%2e/info",
    "api/v1/experiment/%2E./info",
    "api/v1/experiment/./x",
    "api/v1/experiment//x",
    "api/v1/experiment/",
    "/api/v1/experiment",
    "api/v1/experiment/a%2fb",
    "api/v1/experiment/a%2Fb",
    "api/v1/experiment/a%5cb",
    "api/v1/experiment/a\\b",
    "api/v1/experiment/%00",
    "api/v1/experiment/a%0d%0aX-Evil:%201",
    "api/v1/experiment/a@evil.example",
    "api/v1/experiment/%ff",
    "api/v1/experiment/%zz",
    "api/v1/experiment/a b",
    "upstreams/team/../api/v1/info",
    "upstreams//api/v1/info",
    "api/v1/" + "a/" * 100,
]
OUTSIDE = [
    "",
    "api",
    "api/v1",
    "api/v2/info",
    "api/v1/internal/TFJob/e-1",
    "api/sys/user/list",
    "v1/openapi.json",
    "upstreams/team",
    "upstreams/team/info",
    "upstreams/team/api/v1",
    "upstreams/team/upstreams/other/api/v1/info",
    "http://evil.example/api/v1/info",
    "evil.example:80/api/v1/info",
]


@pytest.mark.parametrize("path", ATTACKS)
def test_ambiguous_paths_are_refused(path: str) -> None:
    with pytest.raises(BadRequest):
        parse_target(path)


@pytest.mark.parametrize("path", OUTSIDE)
def test_other_paths_do_not_exist(path: str) -> None:
    with pytest.raises((NotFound, BadRequest)):
        parse_target(path)


@given(st.text(max_size=30) | st.text("./%2eEfF5cC@\\a:", max_size=30))
def test_what_is_accepted_stays_below_the_api(tail: str) -> None:
    try:
        target = parse_target(f"api/v1/experiment/{tail}")
    except ApiError:
        return
    parts = target.path.split("/")
    assert parts[:3] == ["api", "v1", "experiment"]
    assert all(part and unquote(part) not in {".", ".."} for part in parts)
    assert not {"@", "\\", "?", "#", ":"} & set(target.path)
    assert tuple(unquote(part) for part in parts[2:]) == target.segments


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\"), min_size=1)
)
def test_names_survive(name: str) -> None:
    if name not in {".", ".."}:
        path = f"api/v1/experiment/e/files/{quote(name, safe='')}"
        assert parse_target(path).segments[-1] == name


def test_jupyters_own_parameters_stay_here() -> None:
    query = "token=s3cret&after=a%3Ab&_xsrf=x&no_track_activity=1&1700000000000&pods=a,b&q="
    assert forwarded_query(query) == "after=a%3Ab&pods=a%2Cb&q="


def test_too_many_parameters_are_refused() -> None:
    assert forwarded_query("&".join(["a=1"] * 100)).count("a=1") == 100
    with pytest.raises(BadRequest, match="more than 100"):
        forwarded_query("&".join(["a=1"] * 101))


@pytest.mark.parametrize(
    ("method", "path", "submits"),
    [
        ("POST", "api/v1/experiment", True),
        ("POST", "upstreams/embedded/api/v1/experiment", True),
        ("POST", "api/v1/experiment/my-template", True),
        ("POST", "api/v1/experiment/e-1/stop", False),
        ("POST", "api/v1/template", False),
        ("GET", "api/v1/experiment", False),
        ("DELETE", "api/v1/experiment/e-1", False),
    ],
)
def test_what_submits(method: str, path: str, submits: bool) -> None:
    assert parse_target(path).is_submit(method) is submits
