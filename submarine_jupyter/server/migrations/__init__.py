"""The store's schema, a step a file in `versions/`, applied by Alembic."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

_HERE = Path(__file__).parent


def revisions() -> list[str]:
    """Return the revisions this package knows, the newest last.

    A step's file name begins with its revision, so that nothing needs to be imported to know them.
    """
    return sorted(path.name.partition("_")[0] for path in _HERE.glob("versions/[0-9]*.py"))


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the schema to a revision, within the transaction of the connection."""
    # Most starts find the schema up to date and have no need of Alembic, which is slow to import.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
