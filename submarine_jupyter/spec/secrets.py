"""Which environment variables look like secrets, and specs without their values.

The name decides, word by word: `HF_TOKEN`, `apiKey` and `PGPASSWORD` are secrets, `TOKENIZER`,
`MONKEY` and `AUTHOR` are none. Rather one value too many is hidden than one too few.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "********"
"""What stands for a hidden value; it does not tell how long that is."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

# Words that say so wherever they stand in a longer one, such as in PGPASSWORD.
_TELLING = (
    r".*(?:TOKENS?|SECRETS?|PASSWORDS?|PASSWD|PASSPHRASES?|CREDENTIALS?|APIKEYS?|ACCESSKEYS?)"
)
# Words that say so only by themselves: MONKEY, COMPASS and AUTHOR are others.
_WHOLE = r"KEYS?|PASS|CREDS?|O?AUTH|AUTHORI[SZ]ATION|AUTHENTICATION|COOKIES?|JWT|BEARER"
_SECRET = re.compile(f"{_TELLING}|{_WHOLE}")

# By itself it is the working directory, in a longer name a password.
_TWO_FACED = "PWD"


def is_secret(name: str) -> bool:
    """Whether a variable of this name is taken for a secret."""
    words = [word.upper() for word in _WORD.findall(name)]
    if any(_SECRET.fullmatch(word) for word in words):
        return True
    return _TWO_FACED in words[1:]


def mask(env: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return variables with the values of secrets hidden; an empty value stays empty."""
    return {name: MASK if value and is_secret(name) else value for name, value in env.items()}


def mask_spec(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a spec as the API has it, with the values of secrets hidden.

    These are variables, common ones and those of roles, settings of the handler, and the password
    of a git repository.
    """
    masked = dict(spec)
    if isinstance(meta := spec.get("meta"), Mapping):
        masked["meta"] = _mask_in(meta, "envVars")
    if isinstance(tasks := spec.get("spec"), Mapping):
        masked["spec"] = {
            role: _mask_in(task, "envVars") if isinstance(task, Mapping) else task
            for role, task in tasks.items()
        }
    if isinstance(code := spec.get("code"), Mapping):
        masked["code"] = _mask_in(code, "git")
    return _mask_in(masked, "experimentHandlerSpec")


def _mask_in(owner: Mapping[str, Any], field: str) -> dict[str, Any]:
    """Return a mapping with the secrets in one of its fields hidden."""
    value = owner.get(field)
    return {**owner, field: mask(value)} if isinstance(value, Mapping) else dict(owner)
