"""A kit may leave although something is open: one person asks, with a reason, and another one decides.

An override covers exactly the points that were open when it was asked for. What comes up later closes the gate again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from stemfleet.errors import InputError, Refused
from stemfleet.kits.assemble import BEFORE_RESERVING, settle
from stemfleet.kits.gate import OpenPoint, gate_of, points_of
from stemfleet.kits.tags import find_kit
from stemfleet.store import GateOverride, Kit, Person, now, write_history
from stemfleet.words import Role
from stemfleet.workshop import Workshop

LONGEST_REASON = 500


@dataclass(frozen=True)
class OverrideView:
    """An override with the names of those who asked and decided; `points` are what it covers."""

    override: GateOverride
    asked_by: Person
    decided_by: Person | None
    points: tuple[OpenPoint, ...]


def ask_override(workshop: Workshop, person: Person, tag: str, reason: str) -> int:
    """Asks that the kit may leave with what is open now; gives the override's number.

    Raises InputError without a reason, Refused when nothing is open, one is asked for already, or the kit has left.
    """
    person.must_be(Role.WAREHOUSE, Role.NSO)
    reason = " ".join(reason.split())
    if not 10 <= len(reason) <= LONGEST_REASON:
        raise InputError("Give a reason of 10 to {most} characters: it stays with the kit.", most=LONGEST_REASON)
    with workshop.store.write() as session:
        kit = find_kit(session, tag)
        points = gate_of(session, workshop, kit).open
        if kit.state not in BEFORE_RESERVING:
            raise Refused("Kit {tag} is in the state {state}: too late for an override.", tag=kit.tag, state=kit.state)
        if not points:
            raise Refused("Kit {tag} has nothing open: it needs no override.", tag=kit.tag)
        if _waiting(session, kit) is not None:
            raise Refused("For kit {tag} an override waits for its decision already.", tag=kit.tag)
        override = GateOverride(
            kit_tag=kit.tag, points=[[p.code, p.subject] for p in points], reason=reason, asked_by=person.id
        )
        session.add(override)
        session.flush()
        facts = {"reason": reason, "points": override.points, "override": override.id}
        write_history(session, person, "kit", kit.tag, "override_asked", **facts)
        return override.id


def decide_override(workshop: Workshop, person: Person, tag: str, *, approve: bool) -> None:
    """The second person says yes or no; a kit with nothing else open is ready then.

    Raises Refused when none waits, when the person asked for it, or (yes) when other points have come up since.
    """
    person.must_be(Role.WAREHOUSE, Role.NSO)
    with workshop.store.write() as session:
        kit = find_kit(session, tag)
        override = _waiting(session, kit)
        if override is None:
            raise Refused("For kit {tag} no override waits for a decision.", tag=kit.tag)
        if approve and override.asked_by == person.id:
            raise Refused("{person} asked for this override. Another person has to decide.", person=person.name)
        new = set(gate_of(session, workshop, kit).open) - points_of(override)
        if approve and new:
            raise Refused(
                "At kit {tag} something else is open since then: {code} ({subject}). Refuse this one and ask anew.",
                tag=kit.tag,
                code=min(new, key=lambda point: point.code).code,
                subject=min(new, key=lambda point: point.code).subject,
            )
        override.decided_by, override.decided, override.approved = person.id, now(), approve
        session.add(override)
        verb = "override_approved" if approve else "override_refused"
        facts = {"reason": override.reason, "points": override.points, "override": override.id}
        write_history(session, person, "kit", kit.tag, verb, **facts)
        if approve:
            settle(session, person, workshop, kit)


def overrides_of(session: Session, tag: str) -> Sequence[OverrideView]:
    """All that were asked for, newest first."""
    found = session.exec(select(GateOverride).where(GateOverride.kit_tag == tag).order_by(col(GateOverride.id).desc()))
    return [
        OverrideView(
            override,
            session.get_one(Person, override.asked_by),
            session.get(Person, override.decided_by) if override.decided_by else None,
            tuple(OpenPoint(code, subject) for code, subject in override.points),
        )
        for override in found.all()
    ]


def list_waiting_overrides(workshop: Workshop) -> Sequence[tuple[GateOverride, Kit, str]]:
    """(override, kit, name of the person who asked), oldest first."""
    with workshop.store.read() as session:
        chosen = select(GateOverride, Kit, Person.name).join(Kit, col(Kit.tag) == GateOverride.kit_tag)
        chosen = chosen.join(Person, col(Person.id) == GateOverride.asked_by)
        return session.exec(chosen.where(col(GateOverride.decided).is_(None)).order_by(col(GateOverride.id))).all()


def _waiting(session: Session, kit: Kit) -> GateOverride | None:
    chosen = select(GateOverride).where(GateOverride.kit_tag == kit.tag, col(GateOverride.decided).is_(None))
    return session.exec(chosen).first()
