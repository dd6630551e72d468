"""Tables of data: pandas where it is installed, else the plain records."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from ..errors import UsageError


def frame_or_records(records: list[dict[str, Any]], columns: Sequence[str]) -> Any:
    """Return records as a DataFrame with these columns; without pandas the records."""
    try:
        pandas = import_module("pandas")
    except ImportError:
        return records
    return pandas.DataFrame.from_records(records, columns=list(columns))


def frame(records: list[dict[str, Any]], index: str) -> Any:
    """Return records as a DataFrame whose rows are named by one of their fields.

    Raises
    ------
    UsageError
        pandas is not installed.
    """
    try:
        pandas = import_module("pandas")
    except ImportError:
        raise UsageError("to_pandas() needs pandas; install it with `pip install pandas`") from None
    return pandas.DataFrame.from_records(records, index=index)
