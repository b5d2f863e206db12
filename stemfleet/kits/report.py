"""What a school says of its kit: it has arrived, it works, it is broken."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from stemfleet.errors import InputError, Refused
from stemfleet.kits.states import move_kit
from stemfleet.kits.tags import find_kit
from stemfleet.store import Kit, KitReport, Person, School, Store, write_history
from stemfleet.words import KitState, Role

_AT_SCHOOL = {KitState.DELIVERED, KitState.IN_USE, KitState.FAULTY}


def confirm_receipt(store: Store, person: Person, tag: str) -> None:
    """The school has the kit. Confirming again changes nothing. Raises Refused for another school's kit."""
    with store.write() as session:
        kit = _own_kit(session, person, tag)
        _confirm(session, person, kit)


def report_kit(store: Store, person: Person, tag: str, works: bool, note: str) -> None:
    """Works or broken, with a note; confirms the receipt too where that was forgotten. A broken kit needs a note."""
    note = note.strip()
    if not works and not note:
        raise InputError("Say in a few words what is wrong with the kit.")
    if len(note) > 2000:
        raise InputError("The note has {length} characters; 2000 are the most.", length=len(note))
    with store.write() as session:
        kit = _own_kit(session, person, tag)
        _confirm(session, person, kit)
        session.add(KitReport(kit_tag=kit.tag, person_id=person.id, works=works, note=note))
        write_history(session, person, "kit", kit.tag, "reported_working" if works else "reported_broken", note=note)
        move_kit(session, person, kit, KitState.IN_USE if works else KitState.FAULTY)


def list_reports(store: Store, limit: int = 50) -> Sequence[tuple[KitReport, Kit, School, str]]:
    """(report, kit, school, name of the person), newest first."""
    with store.read() as session:
        joined = (
            select(KitReport, Kit, School, Person.name)
            .join(Kit, col(Kit.tag) == KitReport.kit_tag)
            .join(School, col(School.code) == Kit.school_code)
            .join(Person, col(Person.id) == KitReport.person_id)
        )
        return session.exec(joined.order_by(col(KitReport.id).desc()).limit(limit)).all()


def _own_kit(session: Session, person: Person, tag: str) -> Kit:
    """The kit, if it was sent to the person's school; the NSO may speak for every school."""
    person.must_be(Role.SCHOOL, Role.NSO)
    kit = find_kit(session, tag)
    if kit.school_code is None or (person.role is Role.SCHOOL and kit.school_code != person.school_code):
        raise Refused("Kit {tag} was not sent to your school.", tag=kit.tag)
    if kit.state is not KitState.SHIPPED and not _was_given(kit):
        raise Refused("Kit {tag} has not been sent yet.", tag=kit.tag)
    return kit


def _was_given(kit: Kit) -> bool:
    """It was sent by us or, in an earlier wave, by others."""
    return kit.state in _AT_SCHOOL and (kit.shipment_id is not None or kit.legacy)


def _confirm(session: Session, person: Person, kit: Kit) -> None:
    if kit.state is KitState.SHIPPED:
        move_kit(session, person, kit, KitState.DELIVERED)
