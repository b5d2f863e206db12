"""Objections as pages show them, and who may see which: the school that made it, and the support organisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, func, select

from stemfleet.errors import NotFound
from stemfleet.store import Attachment, Objection, ObjectionProof, Person, School, Store
from stemfleet.words import ObjectionState, Role


@dataclass(frozen=True)
class ObjectionView:
    """An objection with the school's name, its proofs, and the names of those who made and decided it."""

    objection: Objection
    school: School
    proofs: Sequence[ObjectionProof]
    made_by: str
    decided_by: str | None

    def as_json(self) -> dict[str, Any]:
        """Without the names of persons."""
        o = self.objection
        return {
            "number": o.id,
            "wave": o.wave_code,
            "school": o.school_code,
            "kind": o.kind,
            "year": o.year,
            "text": o.text,
            "state": o.state,
            "made": o.made.isoformat(),
            "decided": o.decided and o.decided.isoformat(),
            "answer": o.answer,
            "proofs": [{"name": p.name, "type": p.type, "sha256": p.sha256} for p in self.proofs],
        }


def list_objections(
    store: Store, person: Person, *, wave: str | None = None, state: ObjectionState | None = None
) -> list[ObjectionView]:
    """The newest first; a person of a school sees its own only, the support organisation all."""
    with store.read() as session:
        chosen = select(Objection).order_by(col(Objection.id).desc())
        if person.role is not Role.NSO:
            chosen = chosen.where(Objection.school_code == (person.school_code or ""))
        if wave is not None:
            chosen = chosen.where(Objection.wave_code == wave)
        if state is not None:
            chosen = chosen.where(Objection.state == state)
        return [_view(session, objection) for objection in session.exec(chosen)]


def show_objection(store: Store, person: Person, number: int) -> ObjectionView:
    """Raises NotFound, also for another school's."""
    with store.read() as session:
        return _view(session, objection_of(session, person, number))


def read_proof(store: Store, person: Person, number: int, sha256: str) -> tuple[ObjectionProof, bytes]:
    """A proof with its content, for the school and the support organisation. Raises NotFound for everybody else."""
    with store.read() as session:
        objection_of(session, person, number)
        proof = session.get(ObjectionProof, (number, sha256))
        if proof is None:
            raise NotFound("There is no such file.")
        return proof, session.get_one(Attachment, sha256).content


def count_open_objections(store: Store) -> int:
    with store.read() as session:
        counted = select(func.count()).select_from(Objection).where(Objection.state == ObjectionState.OPEN)
        return session.exec(counted).one()


def find_objection(session: Session, number: int) -> Objection:
    objection = session.get(Objection, number)
    if objection is None:
        raise NotFound("There is no objection {number}.", number=number)
    return objection


def objection_of(session: Session, person: Person, number: int) -> Objection:
    """Another school's is not there for a school."""
    objection = find_objection(session, number)
    if person.role is not Role.NSO and (person.role is not Role.SCHOOL or objection.school_code != person.school_code):
        raise NotFound("There is no objection {number}.", number=number)
    return objection


def _view(session: Session, objection: Objection) -> ObjectionView:
    proofs = select(ObjectionProof).where(ObjectionProof.objection_id == objection.id).order_by(ObjectionProof.name)
    decided_by = None if objection.decided_by is None else session.get_one(Person, objection.decided_by).name
    return ObjectionView(
        objection,
        session.get_one(School, objection.school_code),
        session.exec(proofs).all(),
        session.get_one(Person, objection.person_id).name,
        decided_by,
    )
