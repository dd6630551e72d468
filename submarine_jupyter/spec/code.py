"""The `code` of a spec: which repository is meant, what of it is refused, and its credentials."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from ..errors import Problem
from .models import CodeSpec, ExperimentSpec, GitCodeSpec
from .secrets import MASK

SCHEMES = ("https", "ssh", "http", "file")
"""Of a repository's URL; a server takes the last two only when it is told to."""

NOT_FETCHED = ("hdfs", "nfs", "s3")
"""Sync modes that the API accepts and that fetch nothing."""

# The rules of git for the name of a reference, as far as a branch can break them.
_NO_BRANCH = re.compile(r"^[-./]|[\s~^:?*\[\\]|\.\.|//|@\{|/\.|\.lock(?:/|$)|[./]$")
_USERINFO = re.compile(r"//[^/@]*@")


@dataclass(frozen=True)
class Repository:
    """A git repository to fetch.

    Attributes
    ----------
    branch
        None for the one that the repository itself names.
    trust_certs
        Whether any certificate of its server will do.
    """

    url: str
    branch: str | None
    trust_certs: bool = False

    @property
    def scheme(self) -> str:
        """The scheme of the URL."""
        return urlsplit(self.url).scheme


@dataclass(frozen=True)
class Credentials:
    """What a repository's server asks for."""

    username: str = field(repr=False)
    password: str = field(repr=False)


def repository_of(code: CodeSpec | None) -> Repository | None:
    """Return the repository that a valid `code` names, or None for one that is not fetched."""
    if code is None or _mode(code) in NOT_FETCHED:
        return None
    if code.git is None:
        return Repository(code.url or "", None)
    branch = (code.git.branch or "").strip() or "main"
    return Repository(code.git.url or "", branch, bool(code.git.trust_certs))


def credentials_of(code: CodeSpec | None) -> Credentials | None:
    """Return the credentials in a `code`, or None."""
    git = code.git if code else None
    if git is None or not (git.username or git.password):
        return None
    return Credentials(git.username or "", git.password or "")


def has_hidden_credentials(code: CodeSpec | None) -> bool:
    """Whether a `code` comes from an answer, in which its credentials were hidden."""
    git = code.git if code else None
    return git is not None and MASK in {git.username, git.password}


def without_credentials(spec: ExperimentSpec) -> ExperimentSpec:
    """Return a spec in which credentials are hidden."""
    if spec.code is None or spec.code.git is None or credentials_of(spec.code) is None:
        return spec
    git = spec.code.git
    hidden = {name: MASK for name in ("username", "password") if getattr(git, name)}
    code = spec.code.model_copy(update={"git": git.model_copy(update=hidden)})
    return spec.model_copy(update={"code": code})


def code_problems(code: CodeSpec | None) -> Iterator[Problem]:
    """Yield what is wrong with a `code`."""
    if code is None or _mode(code) in NOT_FETCHED:
        return
    if _mode(code) != "git":
        yield Problem(
            "code.syncMode",
            f"{str(code.sync_mode)[:40]!r} is not known; use git "
            f"({', '.join(NOT_FETCHED)} are accepted, and nothing is fetched)",
        )
    field = "code.url" if code.git is None else "code.git.url"
    url = code.url if code.git is None else code.git.url
    yield from _url_problems(field, url or "")
    if code.git is not None:
        yield from _git_problems(code.git)


def _mode(code: CodeSpec) -> str:
    return (code.sync_mode or "git").strip().lower()


def _url_problems(field: str, url: str) -> Iterator[Problem]:
    shown = _USERINFO.sub("//…@", url)[:200]
    parts = _split(url)
    if parts is None:
        yield Problem(
            field,
            f"Invalid Code Spec: URL is malformed. {shown} (write it as "
            "https://host/path.git or ssh://git@host/path.git)",
        )
    elif parts.scheme not in SCHEMES:
        yield Problem(field, f"{parts.scheme}:// is not fetched from; use https:// or ssh://")
    elif parts.password or (parts.username and parts.scheme != "ssh"):
        said = "holds a name or password, which logs would show; give them as username and password"
        yield Problem(field, said)


def _split(url: str) -> SplitResult | None:
    """Return the parts of a URL that a command can safely be given, or None."""
    if not url.isprintable() or re.search(r"[\s\\]", url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    if "://" not in url or not parts.path.strip("/"):
        return None
    if parts.scheme == "file":
        return None if parts.netloc else parts
    # A name that begins with a dash would be an option to ssh.
    names = (parts.hostname, parts.username or "user")
    return parts if all(name and not name.startswith("-") for name in names) else None


def _git_problems(git: GitCodeSpec) -> Iterator[Problem]:
    branch = (git.branch or "").strip()
    if branch and (not branch.isprintable() or _NO_BRANCH.search(branch)):
        yield Problem("code.git.branch", f"{branch[:80]!r} is no name of a branch")
    for name, value in (("username", git.username), ("password", git.password)):
        # Each is a line of its own to git.
        if value and re.search(r"[\r\n\0]", value):
            yield Problem(f"code.git.{name}", "holds a line break; remove it")
