"""Merged schools and codes that changed: decided by a person, kept with both schools, which stay findable."""

from collections.abc import Mapping
from datetime import date

from sqlmodel import Session, select

from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.schools.categories import checked_reason
from stemfleet.store import Person, School, SchoolMove, Store, write_history
from stemfleet.words import MoveKind, Role, SchoolStatus


def move_school(
    store: Store,
    person: Person,
    code: str,
    successor: str,
    kind: MoveKind,
    since: date,
    reason: str,
    *,
    evidence: bool = False,
) -> None:
    """From that day on the school is part of another one (MERGED) or has another code (RENUMBERED); it is closed.

    Its kits stay where they are until a person hands them over (`kits.hand_over_kits`). What it was given counts for
    its successor in `repeat`; its records count for it with `evidence`, or when a person says so later
    (`inherited.let_evidence_count`). Raises NotFound, InputError for a school that would follow itself, Refused for
    one that has a successor already.
    """
    person.must_be(Role.NSO)
    reason = checked_reason(reason)
    with store.write() as session:
        school, other = _school(session, code), _school(session, successor)
        leads_back = code in (successor, successor_of(successors(session), successor))
        if school.kind is not other.kind or leads_back:
            raise InputError("School {code} cannot become {successor}.", code=code, successor=successor)
        if session.get(SchoolMove, code) is not None:
            raise Refused("School {code} has a successor already. Undo that first.", code=code)
        session.add(
            SchoolMove(
                school_code=code,
                successor=successor,
                kind=kind,
                since=since,
                reason=reason,
                person_id=person.id,
                evidence_counts=evidence,
            )
        )
        facts = {"kind": kind, "since": since.isoformat(), "reason": reason, "evidence": evidence}
        write_history(
            session, person, "school", code, "school_moved", successor=successor, before=school.status, **facts
        )
        write_history(session, person, "school", successor, "school_joined", school=code, **facts)
        school.status = SchoolStatus.ABOLISHED
        session.add(school)


def undo_move(store: Store, person: Person, code: str, reason: str) -> None:
    """The school is on its own again, and works. Raises NotFound for one without a successor, Refused, InputError."""
    person.must_be(Role.NSO)
    reason = checked_reason(reason)
    with store.write() as session:
        school, move = _school(session, code), session.get(SchoolMove, code)
        if move is None:
            raise NotFound("School {code} has no successor.", code=code)
        session.delete(move)
        facts = {"reason": reason}
        write_history(session, person, "school", code, "school_move_undone", successor=move.successor, **facts)
        write_history(session, person, "school", move.successor, "school_move_undone", school=code, **facts)
        school.status = SchoolStatus.ACTIVE
        session.add(school)


def successors(session: Session) -> dict[str, str]:
    """School → the one that it became, one step each."""
    return dict(session.exec(select(SchoolMove.school_code, SchoolMove.successor)).all())


def successor_of(moves: Mapping[str, str], code: str) -> str:
    """Who a school is today, after however many steps; itself if it never moved."""
    return steps_of(moves, code)[-1]


def steps_of(moves: Mapping[str, str], code: str) -> list[str]:
    """The school, and every one that it became after another."""
    steps = [code]
    while steps[-1] in moves:
        steps.append(moves[steps[-1]])
    return steps


def _school(session: Session, code: str) -> School:
    school = session.get(School, code)
    if school is None:
        raise NotFound("There is no school {code}.", code=code)
    return school
