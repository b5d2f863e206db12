"""Kits, the boards in them, the runs that prove those boards, and shipments."""

from datetime import datetime
from typing import Any

from sqlalchemy import false
from sqlmodel import Field, SQLModel

from stemfleet.store.columns import Json, Packed, UtcTime, now, word
from stemfleet.words import KitState, Outcome


class Kit(SQLModel, table=True):
    """A kit under its asset tag: what it is, where it is, for whom."""

    tag: str = Field(primary_key=True, max_length=16)
    model: str = Field(index=True, max_length=64)
    state: KitState = Field(sa_type=word(KitState), index=True)
    award_id: int | None = Field(default=None, foreign_key="award.id", index=True)
    school_code: str | None = Field(default=None, foreign_key="school.code", index=True)
    shipment_id: int | None = Field(default=None, foreign_key="shipment.id", index=True)
    delivery_lot: str | None = Field(default=None, max_length=64, index=True)  # as on the supplier's papers
    supplier: str | None = Field(default=None, max_length=128, index=True)
    legacy: bool = False  # given in an earlier wave; its school confirmed it, nobody here tested it
    note: str | None = None
    created: datetime = Field(default_factory=now, sa_type=UtcTime)


class Board(SQLModel, table=True):
    """A board by its own identity (unique id, MAC, UUID), and the kit that it is part of."""

    id: str = Field(primary_key=True, max_length=64)
    recipe: str = Field(max_length=64)
    kit_tag: str | None = Field(default=None, foreign_key="kit.tag", index=True)
    first_seen: datetime = Field(default_factory=now, sa_type=UtcTime)


class BoardRun(SQLModel, table=True):
    """One run of a board on the bench. `record` is the whole record as written, once."""

    __tablename__ = "board_run"

    id: int = Field(default=None, primary_key=True)  # given by the database
    board_id: str | None = Field(default=None, foreign_key="board.id", index=True)
    kit_tag: str | None = Field(default=None, foreign_key="kit.tag", index=True)  # a nameless board too
    recipe: str = Field(max_length=64)
    firmware_sha256: str | None = Field(default=None, max_length=64)
    first_sha256: str | None = Field(default=None, max_length=64)  # of the first program that the board left with
    test_version: str = Field(max_length=32)
    virtual: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # no real board
    wrote: bool = False  # the flash phase began: what was on the board before is gone
    slot: str | None = None
    station: str
    person_id: int = Field(foreign_key="person.id")
    started: datetime = Field(sa_type=UtcTime)
    ended: datetime = Field(sa_type=UtcTime, index=True)
    outcome: Outcome = Field(sa_type=word(Outcome), index=True)
    reason: str | None = None
    record: dict[str, Any] = Field(sa_type=Json)


class Attachment(SQLModel, table=True):
    """The raw log of a tool, a photo, a published file: bytes under their hash."""

    sha256: str = Field(primary_key=True, max_length=64)
    content: bytes = Field(sa_type=Packed)
    size: int  # of the file, in bytes


class Shipment(SQLModel, table=True):
    """Kits that left for one recipient together."""

    id: int = Field(default=None, primary_key=True)  # given by the database
    school_code: str = Field(foreign_key="school.code", index=True)
    person_id: int = Field(foreign_key="person.id")
    shipped: datetime = Field(default_factory=now, sa_type=UtcTime)


class KitReport(SQLModel, table=True):
    """What a school says of its kit: it works, or it is broken, with a note."""

    __tablename__ = "kit_report"

    id: int = Field(default=None, primary_key=True)  # given by the database
    kit_tag: str = Field(foreign_key="kit.tag", index=True)
    person_id: int = Field(foreign_key="person.id")
    works: bool
    note: str
    at: datetime = Field(default_factory=now, sa_type=UtcTime, index=True)


class GateOverride(SQLModel, table=True):
    """Asked for by one person, decided by another: a kit may leave although these points are open.

    `points`: [[code, subject, detail], ...] as they were open when it was asked for; it covers no others. `console`:
    the system account and computer at whose command line it was asked for; None: on a page.
    """

    __tablename__ = "gate_override"

    id: int = Field(default=None, primary_key=True)  # given by the database
    kit_tag: str = Field(foreign_key="kit.tag", index=True)
    points: list[list[str]] = Field(sa_type=Json)
    reason: str
    asked_by: int = Field(foreign_key="person.id")
    asked: datetime = Field(default_factory=now, sa_type=UtcTime)
    console: str | None = Field(default=None, max_length=255)
    decided_by: int | None = Field(default=None, foreign_key="person.id")
    decided: datetime | None = Field(default=None, sa_type=UtcTime)
    approved: bool | None = None


class FirmwareRelease(SQLModel, table=True):
    """A firmware that a person approved for an open recipe; the newest one of a recipe is current.

    `file`: name of its image, kept as an attachment under `sha256`; None: only the hash is known here.
    """

    __tablename__ = "firmware_release"

    id: int = Field(default=None, primary_key=True)  # given by the database
    recipe: str = Field(max_length=64, index=True)
    name: str = Field(max_length=64)
    version: str = Field(max_length=64)
    sha256: str = Field(max_length=64)
    file: str | None = Field(default=None, max_length=128)
    person_id: int = Field(foreign_key="person.id")
    approved: datetime = Field(default_factory=now, sa_type=UtcTime)
