"""The names' plain index goes: the full-text search of 0004 took its place, and every import had to keep it in order

Revision ID: 0008
Revises: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_school_search_name", table_name="school")
