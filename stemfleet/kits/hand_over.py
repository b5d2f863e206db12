"""Kits follow the decision of a person: when a school is closed or merged, another one answers for them."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.kits.tags import find_kit
from stemfleet.store import Kit, LegacyKit, Person, School, Store, write_history
from stemfleet.words import KitState, Role, SchoolStatus

_NOWHERE = {KitState.REPLACED, KitState.LOST, KitState.RETIRED}
_LONGEST = 500


def hand_over_kits(
    store: Store, person: Person, school: str, successor: str, reason: str, tags: Sequence[str] | None = None
) -> list[str]:
    """Another school answers for the kits from now on; gives their tags. All or none.

    Without `tags` all kits of the school that are somewhere, and those on lists of earlier waves that wait for an
    answer. The award that a kit was sent for stays the first school's. Raises NotFound, InputError without a reason,
    Refused for a closed successor, a kit that is not the school's, or where there is nothing to hand over.
    """
    person.must_be(Role.NSO)
    reason = reason.strip()
    if not 0 < len(reason) <= _LONGEST:
        raise InputError("Give a reason of at most {most} characters.", most=_LONGEST)
    with store.write() as session:
        _check_schools(session, school, successor)
        kits = _kits(session, school, tags)
        listed = _listed(session, school) if tags is None else []
        if not kits and not listed:
            raise Refused("School {school} has no kits to hand over.", school=school)
        facts = {"before": school, "school": successor, "reason": reason}
        for kit in kits:
            kit.school_code = successor
            write_history(session, person, "kit", kit.tag, "handed_over", **facts)
        for old in listed:
            old.school_code = successor
        session.add_all([*kits, *listed])
        moved = {"tags": [kit.tag for kit in kits], "legacy": [old.id for old in listed]}
        write_history(session, person, "school", school, "kits_handed_over", **facts, **moved)
        write_history(session, person, "school", successor, "kits_taken_over", **facts, **moved)
        return [kit.tag for kit in kits]


def _check_schools(session: Session, school: str, successor: str) -> None:
    if school == successor:
        raise InputError("Kits are handed over to another school.")
    there = {code: session.get(School, code) for code in (school, successor)}
    for code, found in there.items():
        if found is None:
            raise NotFound("There is no school {code}.", code=code)
        if code == successor and found.status is SchoolStatus.ABOLISHED:
            raise Refused("School {code} is closed: it cannot take kits.", code=code)


def _kits(session: Session, school: str, tags: Sequence[str] | None) -> list[Kit]:
    if tags is None:
        chosen = select(Kit).where(Kit.school_code == school, col(Kit.state).not_in(_NOWHERE))
        return list(session.exec(chosen.order_by(Kit.tag)))
    kits = [find_kit(session, tag) for tag in dict.fromkeys(tags)]
    for kit in kits:
        if kit.school_code != school:
            raise Refused("Kit {tag} is not at school {school}.", tag=kit.tag, school=school)
    return kits


def _listed(session: Session, school: str) -> list[LegacyKit]:
    chosen = select(LegacyKit).where(LegacyKit.school_code == school, col(LegacyKit.answer).is_(None))
    return list(session.exec(chosen))
