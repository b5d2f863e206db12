"""Kits of earlier waves that were never in this program: lists of what is out there already."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from stemfleet.store.columns import UtcTime, word
from stemfleet.words import LegacyAnswer


class LegacyKit(SQLModel, table=True):
    """A kit as a list names it, with the file's row; it becomes a kit with a tag when its school confirms it."""

    __tablename__ = "legacy_kit"
    __table_args__ = (UniqueConstraint("fingerprint", name="uq_legacy_kit_fingerprint"),)

    id: int = Field(default=None, primary_key=True)  # given by the database
    school_code: str = Field(foreign_key="school.code", index=True)
    model: str = Field(max_length=64)
    wave: str = Field(max_length=64)
    year: int | None = None  # in which it was given; None where neither the date nor the wave tells
    serial: str | None = Field(default=None, max_length=64)
    delivered: date | None = None
    state: str | None = Field(default=None, max_length=64)  # as written in the list
    fingerprint: str = Field(max_length=64)  # of the row's content: the same file again adds nothing
    import_id: int = Field(foreign_key="import_run.id")
    row: int
    answer: LegacyAnswer | None = Field(default=None, sa_type=word(LegacyAnswer))
    note: str | None = None
    kit_tag: str | None = Field(default=None, foreign_key="kit.tag")
    answered_by: int | None = Field(default=None, foreign_key="person.id")
    answered: datetime | None = Field(default=None, sa_type=UtcTime)
