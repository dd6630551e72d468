"""Every route of the application, as the application itself has them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from starlette.routing import BaseRoute, Route

from submarine_jupyter.server.app import create_api
from submarine_jupyter.server.service import ExperimentService
from submarine_jupyter.server.store import Store
from submarine_jupyter.server.submitters.local.submitter import LocalSubmitter


def all_routes() -> dict[str, set[str]]:
    """Return the methods by path, a parameter's name standing for the parameter."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        store = Store.in_directory(place)
        api = create_api(ExperimentService(store, LocalSubmitter(place / "experiments")))
        store.close()
    found: dict[str, set[str]] = {}
    for route in _walk(api.routes):
        path = re.sub(r"{(\w+)[^}]*}", r"\1", route.path)
        found.setdefault(path, set()).update(route.methods or ())
    return found


def _walk(routes: Iterable[BaseRoute]) -> Iterator[Route]:
    """Yield every route, also out of routers that FastAPI keeps whole."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from _walk(included.routes)
        else:
            assert isinstance(route, Route)
            yield route
