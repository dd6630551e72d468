r"""The grammar of `{{name}}`, `{{name.attr}}`, `{{name[0]}}`: places for a notebook's values.

`\{{name}}` is no place, but that text without its backslash.
"""

from __future__ import annotations

import re

STEP = r"\.[^\W\d]\w*|\[\s*(?:-?\d+|'[^'\n]*'|\"[^\"\n]*\")\s*\]"
"""What leads from a value to one in it."""

_EXPRESSION = rf"[^\W\d]\w*(?:{STEP})*"

PLACE = re.compile(rf"(?P<kept>\\)?\{{\{{\s*(?P<expression>{_EXPRESSION})\s*\}}\}}")


def escaped(text: str) -> str:
    """Return a text that interpolation gives back as it is."""
    return PLACE.sub(lambda place: f"\\{place[0]}", text)
