"""A run says whether its board was a virtual one

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("board_run", sa.Column("virtual", sa.Boolean(), server_default=sa.false(), nullable=False))
    # Until now only their station's name told them apart.
    op.execute(sa.text("UPDATE board_run SET virtual = :yes WHERE station LIKE '% (virtual)'").bindparams(yes=True))
