"""Benches: stations, what their positions are called, and the boards that are being done just now."""

from datetime import datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from stemfleet.store.columns import UtcTime, now


class Station(SQLModel, table=True):
    """A computer with a bench, by its host name. `auto_start_by`: who let boards start as they are plugged in."""

    name: str = Field(primary_key=True, max_length=255)
    auto_start_by: int | None = Field(default=None, foreign_key="person.id")


class StationSlot(SQLModel, table=True):
    """A position on a station's hubs that has a name. `recipe`: None when the board is to tell what it is."""

    __tablename__ = "station_slot"
    __table_args__ = (UniqueConstraint("station", "place"),)

    station: str = Field(primary_key=True, foreign_key="station.name", max_length=255)
    name: str = Field(primary_key=True, max_length=32)
    place: str = Field(max_length=64)  # such as "1-2.3"
    recipe: str | None = Field(default=None, max_length=64)


class BenchStart(SQLModel, table=True):
    """A board that was begun and has no record yet; gone as soon as it has one.

    `process` tells which run of the program does it. A row whose process has ended without a record is an
    interrupted board, since `interrupted`.
    """

    __tablename__ = "bench_start"

    id: int = Field(default=None, primary_key=True)  # given by the database
    station: str = Field(max_length=255, index=True)
    slot: str = Field(max_length=255)
    recipe: str = Field(max_length=64)
    kit_tag: str | None = Field(default=None, foreign_key="kit.tag", index=True)
    board_id: str | None = Field(default=None, max_length=64, index=True)
    person_id: int = Field(foreign_key="person.id")
    started: datetime = Field(default_factory=now, sa_type=UtcTime)
    process: str = Field(max_length=64)
    interrupted: datetime | None = Field(default=None, sa_type=UtcTime)
