"""Commands are split as a shell does it, whichever way is taken."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submarine_jupyter.spec.commands import words_of


@given(st.text(alphabet=st.sampled_from("ab=/#$&;|\u00a0\x0b \t\r\n'\"\\")))
def test_words_are_those_of_shlex(command: str) -> None:
    try:
        expected = shlex.split(command)
    except ValueError:
        with pytest.raises(ValueError, match=r"closing quotation|escaped"):
            words_of(command)
    else:
        assert words_of(command) == expected
