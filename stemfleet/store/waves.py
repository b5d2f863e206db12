"""Waves, their lots, what each applicant came with, and who got what."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, Index, SQLModel, UniqueConstraint

from stemfleet.store.columns import Json, UtcTime, now, word
from stemfleet.words import Place


class Wave(SQLModel, table=True):
    """An allocated wave. `bundle`: the public bundle as one zip; `digest`: the sha256 published with it.

    A wave of prizes has neither value nor seed: nothing was drawn.
    """

    code: str = Field(primary_key=True, max_length=32)
    title: str
    year: int = Field(index=True)
    rules: dict[str, Any] = Field(sa_type=Json)
    beacon_source: str | None = None
    beacon_round: str | None = None
    beacon_value: str | None = None
    seed: str | None = Field(default=None, max_length=64)
    result: dict[str, Any] = Field(sa_type=Json)  # waiting, replacements, cut-offs, certificates
    bundle: bytes
    digest: str = Field(max_length=64)
    planning: bool  # drawn with the fixed beacon `planning`: not a round, and shown so everywhere
    person_id: int = Field(foreign_key="person.id")
    allocated: datetime = Field(default_factory=now, sa_type=UtcTime)


class Lot(SQLModel, table=True):
    """A kit model with `seats` in a wave; seats count awards, units = seats × units_per_award."""

    wave_code: str = Field(foreign_key="wave.code", primary_key=True)
    lot: str = Field(primary_key=True, max_length=64)
    position: int
    model: str = Field(index=True, max_length=64)
    seats: int
    units_per_award: int


class Application(SQLModel, table=True):
    """What a recipient came with in a wave: points with every line, categories, preferences, closed lots."""

    __table_args__ = (Index("ix_application_wave_merit", "wave_code", "merit"),)

    wave_code: str = Field(foreign_key="wave.code", primary_key=True)
    school_code: str = Field(foreign_key="school.code", primary_key=True, index=True)
    level: str = Field(max_length=32)
    region: str | None = None
    categories: list[str] = Field(sa_type=Json)
    points: int
    lines: list[Any] = Field(sa_type=Json)
    preferences: list[str] = Field(sa_type=Json)
    ineligible: dict[str, str] = Field(sa_type=Json)
    ticket: str | None = Field(default=None, max_length=64)  # None: nothing was drawn
    merit: int  # place in the wave's order of merit, or in the list of winners, from 1


class Award(SQLModel, table=True):
    """A recipient got a place of a lot; it may receive `units` kits."""

    __table_args__ = (UniqueConstraint("wave_code", "school_code", name="uq_award_wave_school"),)

    id: int = Field(default=None, primary_key=True)  # given by the database
    wave_code: str = Field(foreign_key="wave.code", index=True)
    lot: str = Field(max_length=64)
    model: str = Field(max_length=64)
    school_code: str = Field(foreign_key="school.code", index=True)
    place: Place = Field(sa_type=word(Place))
    units: int


class WhatIf(SQLModel, table=True):
    """A comparison of a wave with other rules, kept to come back to. It changes nothing, and goes when a person wants.

    `digest`: of the bundle that it was computed from; `names`: of the comparisons in the `document`.
    """

    __tablename__ = "what_if"

    id: str = Field(primary_key=True, max_length=32)
    wave_code: str = Field(max_length=32, index=True)  # of a plan too, which may be gone by now
    digest: str = Field(max_length=64)
    names: list[str] = Field(sa_type=Json)
    document: dict[str, Any] = Field(sa_type=Json)
    person_id: int = Field(foreign_key="person.id")
    made: datetime = Field(default_factory=now, sa_type=UtcTime)
