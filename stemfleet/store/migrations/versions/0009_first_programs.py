"""A run has the hash of the first program that its board left with, for the gate

Written by hand: the hash of runs that are stored already stands in their records.

Revision ID: 0009
Revises: 0008
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_RUNS = sa.table(
    "board_run", sa.column("id", sa.Integer), sa.column("record", sa.Text), sa.column("first_sha256", sa.String)
)


def upgrade() -> None:
    op.add_column("board_run", sa.Column("first_sha256", sa.String(length=64), nullable=True))
    database = op.get_bind()
    for run, record in database.execute(sa.select(_RUNS.c.id, _RUNS.c.record)).all():
        first = json.loads(record).get("first_program")
        if first:
            database.execute(sa.update(_RUNS).where(_RUNS.c.id == run).values(first_sha256=first["sha256"]))
