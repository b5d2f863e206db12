"""Rounds in progress: where each stands, the files that it is computed from, objections, and the offers after it.

The steps that were taken are entries of the history with the subject `round`; what they published lies in `attachment`.
"""

from datetime import datetime

from sqlmodel import Field, SQLModel

from stemfleet.store.columns import Json, UtcTime, now, word
from stemfleet.words import ObjectionState, OfferState, RoundState


class Round(SQLModel, table=True):
    """The process by which a wave is allocated. The wave itself appears when results are published."""

    wave_code: str = Field(primary_key=True, max_length=32)
    title: str
    year: int
    state: RoundState = Field(sa_type=word(RoundState), index=True)
    replay: bool  # a wave of the past, or a plan: computed at once by one person, without windows and offers
    objections_from: datetime | None = Field(default=None, sa_type=UtcTime)
    objections_until: datetime | None = Field(default=None, sa_type=UtcTime)
    beacon_source: str | None = None
    beacon_round: str | None = None
    beacon_expected: datetime | None = Field(default=None, sa_type=UtcTime)  # nobody can know the value before
    frozen_by: int | None = Field(default=None, foreign_key="person.id")
    beacon_value: str | None = None
    appeals_until: datetime | None = Field(default=None, sa_type=UtcTime)
    offer_days: int | None = None
    extra_seats: dict[str, str] = Field(default_factory=dict, sa_type=Json)  # school → lot, beside the draw
    created: datetime = Field(default_factory=now, sa_type=UtcTime)


class RoundFile(SQLModel, table=True):
    """A file of a round as it stands now, in canonical bytes: rules, applicants, commitment, events."""

    __tablename__ = "round_file"

    wave_code: str = Field(foreign_key="round.wave_code", primary_key=True)
    name: str = Field(primary_key=True, max_length=64)
    content: bytes


class Offer(SQLModel, table=True):
    """An award of a final round is offered to its school until a deadline."""

    id: int = Field(default=None, primary_key=True)  # given by the database
    wave_code: str = Field(foreign_key="round.wave_code", index=True)
    school_code: str = Field(foreign_key="school.code", index=True)
    lot: str = Field(max_length=64)
    state: OfferState = Field(default=OfferState.OPEN, sa_type=word(OfferState), index=True)
    made: datetime = Field(sa_type=UtcTime)
    deadline: datetime = Field(sa_type=UtcTime)
    answered: datetime | None = Field(default=None, sa_type=UtcTime)
    person_id: int | None = Field(default=None, foreign_key="person.id")  # who answered


class Objection(SQLModel, table=True):
    """A school says what is missing in its provisional points, and what the support organisation answered.

    The texts are seen by these two only, and are deleted with the proofs after a time: `docs/privacy.md`.
    """

    id: int = Field(default=None, primary_key=True)  # given by the database
    wave_code: str = Field(foreign_key="round.wave_code", index=True)
    school_code: str = Field(foreign_key="school.code", index=True)
    kind: str | None = Field(default=None, max_length=64)  # of the evidence that is missing
    year: int | None = None
    text: str
    state: ObjectionState = Field(default=ObjectionState.OPEN, sa_type=word(ObjectionState), index=True)
    made: datetime = Field(sa_type=UtcTime)
    person_id: int = Field(foreign_key="person.id")
    decided: datetime | None = Field(default=None, sa_type=UtcTime)
    decided_by: int | None = Field(default=None, foreign_key="person.id")
    answer: str | None = None
    evidence_id: int | None = Field(default=None, foreign_key="evidence.id")  # the record that it led to


class ObjectionProof(SQLModel, table=True):
    """A file that a school attached to its objection; the content lies in `attachment`."""

    __tablename__ = "objection_proof"

    objection_id: int = Field(foreign_key="objection.id", primary_key=True)
    sha256: str = Field(foreign_key="attachment.sha256", primary_key=True, max_length=64, index=True)
    name: str
    type: str = Field(max_length=32)
