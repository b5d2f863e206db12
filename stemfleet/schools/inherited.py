"""Records of a school that became another one: they count for its successor when a person decides so.

Without a decision they stay where they are, like its kits. A record never changes: what it says of which school, and in
which row, stays, and the decision stands beside it with its reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from stemfleet.errors import NotFound, Refused
from stemfleet.schools.categories import checked_reason
from stemfleet.schools.moves import steps_of, successor_of
from stemfleet.store import HistoryEntry, Person, SchoolMove, Store, write_history
from stemfleet.words import MoveKind, Role


@dataclass(frozen=True)
class Inherited:
    """Why records of another school count here: what became of it, and the decision."""

    kind: MoveKind
    reason: str
    decided: datetime


def let_evidence_count(store: Store, person: Person, code: str, counts: bool, reason: str) -> None:
    """The records of a school that has a successor count for that one from now on, or do not any more.

    Points that are published already stay as they are. Raises Refused for what is so already, InputError without a
    reason, and NotFound for a school without a successor.
    """
    person.must_be(Role.NSO)
    reason = checked_reason(reason)
    with store.write() as session:
        move = session.get(SchoolMove, code)
        if move is None:
            raise NotFound("School {code} has no successor.", code=code)
        if move.evidence_counts is counts:
            raise Refused("This is decided already.")
        move.evidence_counts, move.evidence_reason = counts, reason
        session.add(move)
        verb = "evidence_counts" if counts else "evidence_stays"
        write_history(session, person, "school", code, verb, successor=move.successor, reason=reason)
        write_history(session, person, "school", move.successor, verb, school=code, reason=reason)


def heirs(session: Session) -> dict[str, str]:
    """School → the one that its records count for, after however many steps; only where it is not itself."""
    moves = _counting(session)
    return {code: successor_of(moves, code) for code in moves}


def inherited_by(session: Session, code: str) -> dict[str, Inherited]:
    """Schools whose records count for this one, and why."""
    moves = _counting(session)
    found = {}
    for old in moves:
        steps = steps_of(moves, old)
        if steps[-1] == code:
            decided = max(_decided(session, step) for step in steps[:-1])
            move = session.get_one(SchoolMove, old)
            found[old] = Inherited(move.kind, move.evidence_reason or move.reason, decided)
    return found


def _counting(session: Session) -> Mapping[str, str]:
    chosen = select(SchoolMove.school_code, SchoolMove.successor).where(col(SchoolMove.evidence_counts))
    return dict(session.exec(chosen).all())


def _decided(session: Session, code: str) -> datetime:
    """The history says it: with the move, or later."""
    of_school = HistoryEntry.subject == "school", HistoryEntry.subject_id == code
    verbs = col(HistoryEntry.verb).in_(("school_moved", "evidence_counts"))
    last = select(func.max(HistoryEntry.id)).where(*of_school, verbs).scalar_subquery()
    return session.exec(select(HistoryEntry.at).where(col(HistoryEntry.id) == last)).one()
