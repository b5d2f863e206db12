"""Files are kept packed, with their size; a run says whether it wrote to its board

What is stored already is brought to that. Written by hand.

Revision ID: 0003
Revises: 0002
"""

import json
import zlib

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_FILES = sa.table(
    "attachment", sa.column("sha256", sa.String), sa.column("content", sa.LargeBinary), sa.column("size", sa.Integer)
)
_RUNS = sa.table("board_run", sa.column("id", sa.Integer), sa.column("record", sa.Text), sa.column("wrote", sa.Boolean))


def upgrade() -> None:
    _pack_files()
    database = op.get_bind()
    for run, record in database.execute(sa.select(_RUNS.c.id, _RUNS.c.record)).all():
        wrote = any(phase["name"] == "flash" for phase in json.loads(record)["phases"])
        database.execute(sa.update(_RUNS).where(_RUNS.c.id == run).values(wrote=wrote))


def _pack_files() -> None:
    """One at a time: together they may be larger than the memory."""
    database = op.get_bind()
    for sha256 in database.execute(sa.select(_FILES.c.sha256)).scalars().all():
        here = _FILES.c.sha256 == sha256
        plain = database.execute(sa.select(_FILES.c.content).where(here)).scalar_one()
        database.execute(sa.update(_FILES).where(here).values(content=zlib.compress(plain), size=len(plain)))
