"""Kits of earlier waves: a school says of each whether it is still there, and what is there gets its tag then."""

from sqlmodel import Session

from stemfleet.catalogue import find_model
from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.kits.tags import make_tag, next_number
from stemfleet.store import Kit, LegacyKit, Person, Store, now, write_history
from stemfleet.words import KitState, LegacyAnswer, Role
from stemfleet.workshop import Workshop

LONGEST_NOTE = 2000


def confirm_legacy(workshop: Workshop, person: Person, number: int) -> str:
    """The kit is there: gives the tag that is issued for it. Confirming again gives the same tag.

    The kit is marked legacy and in use; nobody here has tested it. Raises NotFound for a number that no list has and
    for a model that is not known (yet), Refused for another school's kit and one that was said to be gone.
    """
    with workshop.store.write() as session:
        old = _own(session, person, number)
        if old.kit_tag is not None:
            return old.kit_tag
        model = find_model(workshop.models, old.model)
        kit = Kit(
            tag=make_tag(next_number(session)),
            model=model.name,
            state=KitState.IN_USE,
            school_code=old.school_code,
            legacy=True,
        )
        session.add(kit)
        session.flush()
        facts = {"school": old.school_code, "wave": old.wave, "serial": old.serial, "legacy": old.id}
        write_history(session, person, "kit", kit.tag, KitState.IN_USE, before=None, **facts)
        old.kit_tag = kit.tag
        _answer(session, person, old, LegacyAnswer.HERE)
        return kit.tag


def deny_legacy(store: Store, person: Person, number: int, note: str) -> None:
    """The kit is not there; the note says what became of it. Raises InputError without one, NotFound, Refused."""
    note = note.strip()
    if not note:
        raise InputError("Say in a few words what became of the kit.")
    if len(note) > LONGEST_NOTE:
        raise InputError("The note has {length} characters; 2000 are the most.", length=len(note))
    with store.write() as session:
        old = _own(session, person, number)
        if old.kit_tag is not None:
            raise Refused("This kit was confirmed and is {tag}: report it there.", tag=old.kit_tag)
        old.note = note
        _answer(session, person, old, LegacyAnswer.GONE, note=note)


def _own(session: Session, person: Person, number: int) -> LegacyKit:
    """The kit on the list, if it is at the person's school; the support organisation may speak for every school."""
    person.must_be(Role.SCHOOL, Role.NSO)
    old = session.get(LegacyKit, number)
    if old is None:
        raise NotFound("No list of earlier waves has the kit {number}.", number=number)
    if person.role is Role.SCHOOL and old.school_code != person.school_code:
        raise Refused("This kit is on the list of another school.")
    return old


def _answer(session: Session, person: Person, old: LegacyKit, answer: LegacyAnswer, **facts: str) -> None:
    old.answer, old.answered_by, old.answered = answer, person.id, now()
    session.add(old)
    facts |= {"model": old.model, "wave": old.wave, "tag": old.kit_tag or ""}
    write_history(session, person, "school", old.school_code, f"legacy_{answer}", legacy=old.id, **facts)
