"""The spelling of the search is known; records of a school that moved may count for its successor

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_spelling", sa.Column("number", sa.Integer(), autoincrement=False, nullable=False, primary_key=True)
    )
    with op.batch_alter_table("school_move") as batch_op:
        batch_op.add_column(sa.Column("evidence_counts", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("evidence_reason", sa.String(), nullable=True))
