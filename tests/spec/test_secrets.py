"""What is hidden wherever a spec is printed."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from submarine_jupyter.spec import ExperimentSpec
from submarine_jupyter.spec.secrets import MASK, is_secret, mask, mask_spec

SECRETS = (
    "TOKEN HF_TOKEN hf-token GITHUBTOKEN authToken API_TOKENS SECRET AWS_SECRET_ACCESS_KEY "
    "CLIENT_SECRETS PASSWORD PGPASSWORD db.password PASSWD MYSQL_PWD DB_PASS SSH_PASSPHRASE KEY "
    "WANDB_API_KEY API_KEY2 apiKey APIKEY ACCESS_KEY OPENAI_KEYS CREDENTIAL "
    "GOOGLE_APPLICATION_CREDENTIALS AWS_CREDS AUTH BASIC_AUTH OAUTH2 HTTP_AUTHORIZATION "
    "SESSION_COOKIE JWT XMLKey"
)
OTHERS = (
    "MONKEY KEYBOARD TURKEY TOKENIZER TOKENIZERS_PARALLELISM AUTHOR GIT_AUTHOR_NAME COMPASS PASSES "
    "BYPASS PWD OLDPWD LR EPOCHS SUBMARINE_WORKDIR SECRETARY PATH LD_LIBRARY_PATH hotkeys é 1 _"
)


@pytest.mark.parametrize("name", SECRETS.split())
def test_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", [*OTHERS.split(), ""])
def test_others(name: str) -> None:
    assert not is_secret(name)


def test_mask_hides_values_and_not_that_there_is_none() -> None:
    given = {"A_TOKEN": "abc", "B_TOKEN": "", "C_TOKEN": None, "LR": "0.1"}
    assert mask(given) == {"A_TOKEN": MASK, "B_TOKEN": "", "C_TOKEN": None, "LR": "0.1"}
    assert given["A_TOKEN"] == "abc"


def test_mask_spec_finds_them_wherever_a_spec_has_them() -> None:
    spec: dict[str, Any] = ExperimentSpec.from_wire(
        {
            "meta": {"name": "a", "envVars": {"A_TOKEN": "hide-1", "LR": "show-1"}},
            "environment": {},
            "spec": {
                "Ps": {"resources": "cpu=1"},
                "Worker": {"resources": "cpu=1", "envVars": {"API_KEY": "hide-2", "LR": "show-2"}},
            },
            "experimentHandlerSpec": {"password": "hide-3", "user": "show-3"},
            "code": {"git": {"url": "show-4", "username": "show-5", "password": "hide-4"}},
        }
    ).to_wire()
    before = copy.deepcopy(spec)
    masked = mask_spec(spec)
    assert "hide" not in str(masked)
    assert str(masked).count(MASK) == 4
    assert all(f"show-{number}" in str(masked) for number in range(1, 6))
    assert spec == before


def test_mask_spec_takes_what_other_servers_answer() -> None:
    odd: dict[str, Any] = {"meta": None, "spec": {"Worker": None}, "code": "x"}
    assert mask_spec(odd) == odd
