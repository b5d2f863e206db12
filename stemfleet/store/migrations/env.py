"""Alembic's entry: runs the migrations on the connection that stemfleet.store.engine hands over."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import stemfleet.store  # noqa: F401  (defines the tables)
from stemfleet.store.columns import Json, Packed, UtcTime
from stemfleet.store.search import is_ours


def plain_type(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """A migration names only SQLAlchemy's own types: it must still run when our column kinds have changed."""
    if kind != "type":
        return False
    if isinstance(item, UtcTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, Packed):
        return "sa.LargeBinary()"
    if isinstance(item, Json):
        return "sa.Text()"
    if isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    if isinstance(item, sa.Enum):
        return f"sa.String(length={item.length})"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    render_item=plain_type,
    include_name=is_ours,
)
with context.begin_transaction():
    context.run_migrations()
