"""Releases of firmware that persons approve; where an override of the gate was asked for

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "firmware_release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recipe", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file", sa.String(length=128), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("approved", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_firmware_release_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firmware_release")),
    )
    op.create_index(op.f("ix_firmware_release_recipe"), "firmware_release", ["recipe"], unique=False)
    op.add_column("gate_override", sa.Column("console", sa.String(length=255), nullable=True))
