"""Alembic's entry: runs the migrations on the connection that stemfleet.store.engine hands over."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import stemfleet.store  # noqa: F401  (defines the tables)
from stemfleet.store.columns import Json, Packed, UtcTime
from stemfleet.store.search import is_ours

_PLAIN = {UtcTime: "sa.DateTime(timezone=True)", Packed: "sa.LargeBinary()", Json: "sa.Text()"}


def plain_type(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """A migration names only SQLAlchemy's own types: it must still run when our column kinds have changed."""
    if kind != "type":
        return False
    for ours, name in _PLAIN.items():
        if isinstance(item, ours):
            return name
    if isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return f"sa.String(length={item.length})" if isinstance(item, sa.Enum) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    render_item=plain_type,
    include_name=is_ours,
)
with context.begin_transaction():
    context.run_migrations()
