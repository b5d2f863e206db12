"""Column kinds that every table shares: words stored by value, UTC times, JSON as text, packed files."""

import json
import zlib
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import DateTime, Dialect, Enum, LargeBinary, Text, TypeDecorator
from sqlmodel import SQLModel

# Constraints need names before a later migration can change them.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
# A table checks nothing when a row is made, so pydantic's validators are built when something asks for one: never.
SQLModel.model_config["defer_build"] = True


def word(kind: type[StrEnum]) -> Enum:
    """A StrEnum stored by value; SQLAlchemy alone would store its name."""
    return Enum(kind, native_enum=False, length=32, values_callable=lambda k: [member.value for member in k])


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime in UTC. SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone is not stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A JSON value as canonical text: sorted keys, no blanks, so that equal values are equal bytes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)


class Packed(TypeDecorator[bytes]):
    """The bytes of a file, packed: logs and lists shrink to a tenth or less."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return None if value is None else zlib.compress(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return None if value is None else zlib.decompress(value)


def canonical(value: Any) -> str:
    """The one text of a JSON value."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def now() -> datetime:
    return datetime.now(UTC)
