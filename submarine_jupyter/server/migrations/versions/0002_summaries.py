"""The summary of each spec, which lists show."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_PIECE = 500

_experiments = sa.table(
    "experiments",
    sa.column("number", sa.Integer),
    sa.column("spec", sa.Text),
    sa.column("summary", sa.Text),
)


def upgrade() -> None:
    """Add the column, and fill it for what is stored already."""
    op.add_column("experiments", sa.Column("summary", sa.Text, nullable=False, server_default=""))
    connection = op.get_bind()
    table = _experiments.c
    wanted = sa.select(table.number, table.spec).order_by(table.number).limit(_PIECE)
    filled = (
        sa.update(_experiments)
        .where(table.number == sa.bindparam("which"))
        .values(summary=sa.bindparam("text"))
    )
    last = 0
    while rows := connection.execute(wanted.where(table.number > last)).all():
        connection.execute(filled, [{"which": n, "text": _summary(spec)} for n, spec in rows])
        last = rows[-1].number


def _summary(text: str) -> str:
    """Return what a summary was when this column came, whatever it may be later."""
    spec = json.loads(text)
    for part in (spec["meta"], *spec["spec"].values()):
        part.pop("cmd", None)
        part.pop("envVars", None)
    spec.pop("code", None)
    return json.dumps(spec, separators=(",", ":"))
