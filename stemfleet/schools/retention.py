"""Personal data past its time is deleted: ids of persons in old records, texts and proofs of old objections.

What there is, why, and for how long: `docs/privacy.md`. What is deleted here stays deleted when an old list is imported
again, because the fingerprint of the record stays.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, delete, update
from sqlmodel import Session, SQLModel, col, func, select

from stemfleet.errors import InputError
from stemfleet.store import Attachment, Evidence, Objection, ObjectionProof, Person, write_history
from stemfleet.words import Role
from stemfleet.workshop import Workshop

OBJECTION_YEARS = 2  # after the decision: as long as somebody may ask why a wave was decided so
_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class PruningPlan:
    """What is past its time: `persons` records until `last_year`, `objections` decided `before`, their `files`."""

    persons: int
    last_year: int
    objections: int
    before: datetime
    files: int

    def as_json(self) -> dict[str, Any]:
        return {**self.__dict__, "before": self.before.isoformat()}


def plan_pruning(workshop: Workshop, years: int) -> PruningPlan:
    """What `prune` would delete now; nothing is. `years`: how long a record keeps the id of its person."""
    with workshop.store.read() as session:
        return _plan(session, workshop.clock(), years)


def prune(workshop: Workshop, person: Person, years: int) -> PruningPlan:
    """Deletes it, with an entry in the history. Records, points and decisions stay. Raises InputError, Refused."""
    person.must_be(Role.NSO)
    with workshop.store.write() as session:
        plan = _plan(session, workshop.clock(), years)
        if not (plan.persons or plan.objections):
            return plan
        connection = session.connection()
        of_persons = update(Evidence).where(col(Evidence.person).is_not(None), col(Evidence.year) <= plan.last_year)
        connection.execute(of_persons.values(person=None))
        old = list(session.exec(_old_objections(plan.before)))
        proofs = session.exec(select(ObjectionProof).where(col(ObjectionProof.objection_id).in_(old))).all()
        connection.execute(delete(ObjectionProof).where(col(ObjectionProof.objection_id).in_(old)))
        connection.execute(update(Objection).where(col(Objection.id).in_(old)).values(text="", answer=None))
        for sha256 in {proof.sha256 for proof in proofs}:
            if not _is_used(session, sha256):
                connection.execute(delete(Attachment).where(col(Attachment.sha256) == sha256))
        facts = {"persons": plan.persons, "objections": plan.objections, "files": plan.files}
        write_history(session, person, "evidence", "retention", "pruned", **facts, last_year=plan.last_year)
        return plan


def _plan(session: Session, now: datetime, years: int) -> PruningPlan:
    if years < 1:
        raise InputError("Records keep the ids of persons for at least one year.")
    last_year, before = now.year - years - 1, now - OBJECTION_YEARS * _YEAR
    persons = select(func.count()).select_from(Evidence).where(col(Evidence.person).is_not(None))
    old = _old_objections(before).subquery()
    files = select(func.count()).select_from(ObjectionProof).where(col(ObjectionProof.objection_id).in_(select(old)))
    return PruningPlan(
        persons=session.exec(persons.where(col(Evidence.year) <= last_year)).one(),
        last_year=last_year,
        objections=session.exec(select(func.count()).select_from(old)).one(),
        before=before,
        files=session.exec(files).one(),
    )


def _old_objections(before: datetime) -> Any:
    """Numbers of those that were decided before a time and still have their text."""
    return select(Objection.id).where(col(Objection.decided) < before, Objection.text != "")


def _is_used(session: Session, sha256: str) -> bool:
    """Whether any table still refers to the file."""
    return any(
        session.connection().execute(select(func.count()).where(column == sha256)).scalar_one()
        for column in _references()
    )


def _references() -> Iterator[Column[Any]]:
    for table in SQLModel.metadata.tables.values():
        yield from (key.parent for key in table.foreign_keys if key.target_fullname == "attachment.sha256")
