"""Look up known vulnerabilities of what users install with this package. Part of `make lint`.

    python -m tests.advisories

Python packages are looked up by pip-audit, those of the front end by yarn. A known vulnerability
ends it with 1, and so does a look-up that breaks. Where the registries that are set up here tell of
none or cannot be reached, it says so and goes on.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
EXTRAS = "lab,ray,kubernetes,postgres"
NO_NETWORK = re.compile(
    r"(Connection|Proxy|SSL)Error|(Connect|Read)Timeout|Could not connect|not redirecting"
)
"""How pip-audit ends where it reaches nobody."""


class Unreachable(Exception):
    """Nobody tells advisories here."""


def main() -> int:
    """Print what is known; return how many vulnerabilities."""
    known = [*told("Python packages", of_python), *told("the front end's packages", of_front_end)]
    for line in known:
        print(line)
    return len(known)


def told(what: str, look_up: Callable[[], list[str]]) -> list[str]:
    try:
        known = look_up()
    except Unreachable as error:
        print(f"no advisories for {what} can be had here: {error}")
        return []
    print(f"known vulnerabilities of {what}: {len(known)}")
    return known


def of_python() -> list[str]:
    pins = sorted(set(installed(Requirement(f"submarine-jupyter[{EXTRAS}]"), set())))
    audited(pins[:1])  # where nobody answers for one, the others are not worth the wait
    return audited(pins)


def audited(pins: list[str]) -> list[str]:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(pins))
        file.flush()
        audit = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--format=json"]
        options = ["--progress-spinner=off", "--timeout=5", f"--requirement={file.name}"]
        done = subprocess.run([*audit, *options], capture_output=True, text=True, check=False)
    if not done.stdout:
        raise refusal(done.stderr)
    return read_pip_audit(done.stdout)


def refusal(said: str) -> Exception:
    """Return what it means that pip-audit gave no answer but said something."""
    if NO_NETWORK.search(said):
        return Unreachable(said.strip().rpartition("\n")[2])
    return RuntimeError(f"pip-audit gave no answer: {said}")


def installed(wanted: Requirement, seen: set[str]) -> Iterator[str]:
    """Yield `name==version` of all that an installed package needs, but not of itself."""
    for line in distribution(wanted.name).requires or ():
        needed = Requirement(line)
        extras = wanted.extras or {""}
        if needed.marker is not None and not any(
            needed.marker.evaluate({"extra": extra}) for extra in extras
        ):
            continue
        if (name := canonicalize_name(str(needed))) in seen:
            continue
        seen.add(name)
        try:
            yield f"{needed.name}=={distribution(needed.name).version}"
        except PackageNotFoundError:
            continue
        yield from installed(needed, seen)


def read_pip_audit(output: str) -> list[str]:
    """Return a line for each vulnerability that pip-audit's JSON names."""
    packages = json.loads(output)["dependencies"]
    asked = [package for package in packages if "vulns" in package]
    if not asked:
        raise Unreachable("the index has none")
    if skipped := [package["name"] for package in packages if package not in asked]:
        print(f"not looked up, since the index does not have them: {', '.join(skipped)}")
    return [
        f"{package['name']} {package['version']}: {vulnerability['id']}, "
        f"fixed in {', '.join(vulnerability['fix_versions']) or 'no version'}"
        for package in asked
        for vulnerability in package["vulns"]
    ]


def of_front_end() -> list[str]:
    yarn = Path(sys.executable).with_name("jlpm")
    audit = ["npm", "audit", "--recursive", "--environment=production", "--json"]
    done = subprocess.run(
        [yarn, *audit], cwd=ROOT / "labextension", capture_output=True, text=True, check=False
    )
    return read_yarn_audit(done.stdout)


def read_yarn_audit(output: str) -> list[str]:
    """Return a line for each advisory of yarn's JSON."""
    try:
        advisories = json.loads(output)["advisories"].values()
    except (ValueError, LookupError, AttributeError, TypeError):
        raise Unreachable(first_line(output)) from None
    return [
        f"{one['module_name']} {one['vulnerable_versions']}: {one['title']}, {one['url']}"
        for one in advisories
    ]


def first_line(text: str) -> str:
    """Return what yarn said first, without its mark."""
    return re.sub(r"^\W*YN\d+:\W*", "", text.strip().partition("\n")[0]) or "yarn gave no answer"


if __name__ == "__main__":
    sys.exit(main() > 0)
