"""The history: append-only, each entry bound to the one before it by its hash."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Field, Session, SQLModel, col, select

from stemfleet.store.columns import Json, UtcTime, canonical, now
from stemfleet.store.people import Person

_FIRST = "0" * 64


class HistoryEntry(SQLModel, table=True):
    """Somebody did something to a subject. `sha256` covers everything in the row and the hash before it."""

    __tablename__ = "history"

    id: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcTime)
    person_id: int = Field(foreign_key="person.id")
    subject: str = Field(max_length=32)  # kit, school, wave, round, board, person, import
    subject_id: str = Field(index=True, max_length=64)
    verb: str = Field(max_length=64)
    facts: dict[str, Any] = Field(sa_type=Json)
    previous: str = Field(max_length=64)
    sha256: str = Field(max_length=64)

    def hash(self) -> str:
        """SHA-256 hex over the row without its own hash, as canonical JSON."""
        covered = [self.id, self.at.isoformat(), self.person_id, self.subject, self.subject_id, self.verb]
        return hashlib.sha256(canonical([*covered, self.facts, self.previous]).encode()).hexdigest()


def write_history(session: Session, person: Person, subject: str, subject_id: str, verb: str, **facts: Any) -> None:
    """Appends one entry in the caller's `Store.write()`, which writes alone: the chain has no fork."""
    last = session.exec(select(HistoryEntry).order_by(col(HistoryEntry.id).desc()).limit(1)).first()
    entry = HistoryEntry(
        id=last.id + 1 if last else 1,
        at=now(),
        person_id=person.id,
        subject=subject,
        subject_id=subject_id,
        verb=verb,
        facts=facts,
        previous=last.sha256 if last else _FIRST,
        sha256="",
    )
    entry.sha256 = entry.hash()
    session.add(entry)
    session.flush()


def read_history(session: Session, subject: str, subject_id: str) -> Sequence[tuple[HistoryEntry, str]]:
    """(entry, name of the person) of a subject, oldest first."""
    chosen = select(HistoryEntry, Person.name).join(Person, col(Person.id) == HistoryEntry.person_id)
    chosen = chosen.where(HistoryEntry.subject == subject, HistoryEntry.subject_id == subject_id)
    return session.exec(chosen.order_by(col(HistoryEntry.id))).all()


def first_broken_entry(session: Session) -> int | None:
    """The number of the first entry that does not fit the chain, or None when all do."""
    try:
        return _first_misfit(session)
    except ValueError:  # somebody wrote what is no time or no JSON
        numbers = session.exec(select(HistoryEntry.id).order_by(col(HistoryEntry.id))).all()
        return next(number for number in numbers if _is_unreadable(session, number))


def _first_misfit(session: Session) -> int | None:
    previous = _FIRST
    entries = session.exec(select(HistoryEntry).order_by(col(HistoryEntry.id)))
    for number, entry in enumerate(entries, start=1):
        if entry.id != number or entry.previous != previous or entry.hash() != entry.sha256:
            return number
        previous = entry.sha256
    return None


def _is_unreadable(session: Session, number: int) -> bool:
    try:
        session.get(HistoryEntry, number)
    except ValueError:
        return True
    return False
