"""A kit may leave although something is open: one person asks, with a reason, and another one decides.

An override covers exactly the points that were open when it was asked for. What comes up later closes the gate again.
That the two are two people is enforced as far as the program can see (docs/security.md): both are signed in by name,
the second one's account and sign-in link are not the first one's work, and not both sit at one command line.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from stemfleet.errors import InputError, Refused
from stemfleet.kits.assemble import BEFORE_RESERVING, LONGEST_REASON, settle
from stemfleet.kits.gate import Gate, OpenPoint, gate_of, points_of
from stemfleet.kits.tags import find_kit
from stemfleet.store import GateOverride, HistoryEntry, Kit, Person, now, write_history
from stemfleet.words import Role
from stemfleet.workshop import Workshop


@dataclass(frozen=True)
class OverrideView:
    """An override with the names of those who asked and decided; `points` are what it covers.

    `over`: those of the points that are not open any more as they were, so that it says nothing about them.
    """

    override: GateOverride
    asked_by: Person
    decided_by: Person | None
    points: tuple[OpenPoint, ...]
    over: tuple[OpenPoint, ...]


def ask_override(workshop: Workshop, person: Person, tag: str, reason: str, *, console: str | None = None) -> int:
    """Asks that the kit may leave with what is open now; gives the override's number.

    `console`: the system account and computer of the command line that asks; None: a page.
    Raises InputError without a reason, Refused when nothing is open, one is asked for already, the kit has left, or
    nobody is signed in by name.
    """
    _check_named(person)
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
            kit_tag=kit.tag,
            points=[[point.code, point.subject, point.detail] for point in points],
            reason=reason,
            asked_by=person.id,
            console=console,
        )
        session.add(override)
        session.flush()
        write_history(session, person, "kit", kit.tag, "override_asked", **_facts(override, console))
        return override.id


def decide_override(workshop: Workshop, person: Person, tag: str, *, approve: bool, console: str | None = None) -> None:
    """The second person says yes or no; a kit with nothing else open is ready then. `console` as in `ask_override`.

    Raises Refused when none waits, or (yes) when the person cannot be told from the one who asked, or other points
    have come up since.
    """
    person.must_be(Role.WAREHOUSE, Role.NSO)
    with workshop.store.write() as session:
        kit = find_kit(session, tag)
        override = _waiting(session, kit)
        if override is None:
            raise Refused("For kit {tag} no override waits for a decision.", tag=kit.tag)
        if approve:
            _check_second(session, person, override, console)
        new = set(gate_of(session, workshop, kit).open) - points_of(override)
        if approve and new:
            raise Refused(
                "At kit {tag} something else is open since then: {code} ({subject}). Refuse this one and ask anew.",
                tag=kit.tag,
                code=min(new, key=_order).code,
                subject=" ".join(filter(None, (min(new, key=_order).subject, min(new, key=_order).detail))),
            )
        override.decided_by, override.decided, override.approved = person.id, now(), approve
        session.add(override)
        verb = "override_approved" if approve else "override_refused"
        write_history(session, person, "kit", kit.tag, verb, **_facts(override, console))
        if approve:
            settle(session, person, workshop, kit)


def _check_named(person: Person) -> None:
    person.must_be(Role.WAREHOUSE, Role.NSO)
    if person.is_console:
        raise Refused("An override needs two persons by name. Use your page, or your sign-in link: --link TOKEN.")


def _check_second(session: Session, person: Person, override: GateOverride, console: str | None) -> None:
    """As far as the program can see, this is not the one who asked."""
    _check_named(person)
    if override.asked_by == person.id:
        raise Refused("{person} asked for this override. Another person has to decide.", person=person.name)
    if override.asked_by in _vouched_by(session, person):
        raise Refused(
            "{person} got their account or sign-in link from the one who asked for this override. "
            "Another person has to decide.",
            person=person.name,
        )
    if console is not None and console == override.console:
        raise Refused(
            "This override was asked for at the same command line ({console}). Decide on the kit's page, signed in.",
            console=console,
        )


def _vouched_by(session: Session, person: Person) -> set[int]:
    """Who added the person, and who issued the last sign-in link."""
    chosen = select(HistoryEntry).where(HistoryEntry.subject == "person", HistoryEntry.subject_id == person.name)
    last = {entry.verb: entry.person_id for entry in session.exec(chosen.order_by(col(HistoryEntry.id)))}
    return {last[verb] for verb in ("added", "link_issued") if verb in last}


def _facts(override: GateOverride, console: str | None) -> dict[str, Any]:
    facts = {"reason": override.reason, "points": override.points, "override": override.id}
    return facts if console is None else {**facts, "console": console}


def _order(point: OpenPoint) -> tuple[str, str, str]:
    return point.code, point.subject, point.detail


def overrides_of(session: Session, tag: str, gate: Gate) -> Sequence[OverrideView]:
    """All that were asked for, newest first; `gate` tells what is open now."""
    found = session.exec(select(GateOverride).where(GateOverride.kit_tag == tag).order_by(col(GateOverride.id).desc()))
    there = {*gate.open, *gate.waived}
    views = []
    for override in found.all():
        points = tuple(OpenPoint(*row) for row in override.points)
        second = session.get(Person, override.decided_by) if override.decided_by else None
        over = tuple(point for point in points if point not in there)
        views.append(OverrideView(override, session.get_one(Person, override.asked_by), second, points, over))
    return views


def list_waiting_overrides(workshop: Workshop) -> Sequence[tuple[GateOverride, Kit, str]]:
    """(override, kit, name of the person who asked), oldest first."""
    with workshop.store.read() as session:
        chosen = select(GateOverride, Kit, Person.name).join(Kit, col(Kit.tag) == GateOverride.kit_tag)
        chosen = chosen.join(Person, col(Person.id) == GateOverride.asked_by)
        return session.exec(chosen.where(col(GateOverride.decided).is_(None)).order_by(col(GateOverride.id))).all()


def _waiting(session: Session, kit: Kit) -> GateOverride | None:
    chosen = select(GateOverride).where(GateOverride.kit_tag == kit.tag, col(GateOverride.decided).is_(None))
    return session.exec(chosen).first()
