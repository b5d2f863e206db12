"""Objections to provisional points: a school says what is missing and proves it, the support organisation decides.

The public log says that school and when, and how it was decided. Texts and proofs are seen by these two only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlmodel import Session, func, select

from stemfleet.allocation.bundle import APPLICANTS
from stemfleet.allocation.canonical import canonical, digest
from stemfleet.allocation.events import Event
from stemfleet.allocation.reading import MOST
from stemfleet.allocation.values import Applicant
from stemfleet.errors import InputError, Refused
from stemfleet.registers import EvidenceRow
from stemfleet.registers.records import is_person_id
from stemfleet.rounds.corrections import (
    Correction,
    closing_of,
    correct,
    corrections_between,
    find_applicant,
)
from stemfleet.rounds.objection_views import find_objection, objection_of
from stemfleet.rounds.process import (
    find_round,
    keep_attachment,
    must_allow,
    read_bytes,
    read_inputs,
    stamp,
    take_step,
)
from stemfleet.rounds.proofs import check_proofs
from stemfleet.schools.evidence import IMMATERIAL, keep_record
from stemfleet.store import Evidence, Objection, ObjectionProof, Person, Round
from stemfleet.waves.items import items_of
from stemfleet.waves.points import Item, PointsTable
from stemfleet.words import ObjectionState, Role, RoundState, RoundStep
from stemfleet.workshop import Workshop

LONGEST_TEXT = 4000
MOST_OPEN = 10
_FIRST_YEAR = 2005  # eTwinning's first


@dataclass(frozen=True)
class NewRecord:
    """The record that was missing, as the support organisation recognises it."""

    kind: str
    year: int
    number: int = 1
    edition: str | None = None
    rank: str | None = None
    person: str | None = None
    title: str | None = None


@dataclass(frozen=True)
class Acceptance:
    """What an objection that is right leads to: a record, or lines put right by hand (label → points), or both."""

    record: NewRecord | None = None
    lines: Mapping[str, int] = field(default_factory=dict)


def window_is_open(workshop: Workshop, round_: Round) -> bool:
    """Whether schools can object to the points of this round just now."""
    try:
        _must_be_open(workshop, round_)
    except Refused:
        return False
    return True


def open_windows(workshop: Workshop, school: str | None = None) -> list[Round]:
    """Rounds to whose points schools can object just now; of a school only those that it stands in."""
    with workshop.store.read() as session:
        chosen = select(Round).where(Round.state == RoundState.PROVISIONAL).order_by(Round.wave_code)
        rounds = [found for found in session.exec(chosen) if window_is_open(workshop, found)]
        return [found for found in rounds if school is None or _stands_in(session, found, school)]


def make_objection(
    workshop: Workshop,
    person: Person,
    wave: str,
    text: str,
    *,
    kind: str | None = None,
    year: int | None = None,
    proofs: Sequence[tuple[str, bytes]] = (),
) -> int:
    """A person of a school objects to its provisional points. Gives the objection's number.

    Raises Refused outside the window, InputError for what cannot be taken, NotFound for a school not in the round.
    """
    person.must_be(Role.SCHOOL)
    said = _a_text(text)
    if not said:
        raise InputError("Say what is missing or wrong.")
    if kind is not None and kind not in workshop.evidence.kinds:
        raise InputError("There is no kind of evidence {kind}.", kind=kind)
    files = check_proofs(proofs)
    with workshop.store.write() as session:
        found = find_round(session, wave)
        must_allow(session, found, RoundStep.OBJECTED)
        _must_be_open(workshop, found)
        if year is not None:
            _check_year(year, found)
        school = person.school_code or ""
        inputs = read_inputs(session, found)
        find_applicant(inputs.rules, inputs.applicants, school)
        _must_have_room(session, wave, school)
        objection = Objection(
            wave_code=wave,
            school_code=school,
            kind=kind,
            year=year,
            text=said,
            made=workshop.clock(),
            person_id=person.id,
        )
        session.add(objection)
        session.flush()
        for proof in files:
            sha256 = keep_attachment(session, proof.content)
            session.add(ObjectionProof(objection_id=objection.id, sha256=sha256, name=proof.name, type=proof.type))
        take_step(session, person, found, RoundStep.OBJECTED, school=school, objection=objection.id)
        return objection.id


def withdraw_objection(workshop: Workshop, person: Person, number: int) -> None:
    """The school takes it back. Raises NotFound, and Refused when it is decided or another school's."""
    person.must_be(Role.SCHOOL)
    with workshop.store.write() as session:
        objection = objection_of(session, person, number)
        _decide(session, workshop, person, objection, ObjectionState.WITHDRAWN, None)


def refuse_objection(workshop: Workshop, person: Person, number: int, answer: str) -> None:
    """The points stand; the school reads why. Raises NotFound, InputError without an answer, Refused when decided."""
    person.must_be(Role.NSO)
    why = _a_text(answer)
    if not why:
        raise InputError("Give the school a reason.")
    with workshop.store.write() as session:
        _decide(session, workshop, person, objection_of(session, person, number), ObjectionState.REFUSED, why)


def preview_acceptance(workshop: Workshop, number: int, acceptance: Acceptance) -> list[Event]:
    """What accepting it so would change of the applicant, field by field; nothing is stored. Raises as accepting."""
    with workshop.store.read() as session:
        objection = find_objection(session, number)
        found = find_round(session, objection.wave_code)
        must_allow(session, found, RoundStep.OBJECTION_DECIDED)
        _must_be_undecided(objection)
        inputs = read_inputs(session, found)
        before = find_applicant(inputs.rules, inputs.applicants, objection.school_code)
        correction = _correction(session, found, before, _fitting(workshop, found, acceptance))
        if correction is None:
            return []
        return corrections_between(before, correction.apply(before, closing_of(session, workshop, found, inputs)), "-")


def accept_objection(workshop: Workshop, person: Person, number: int, acceptance: Acceptance, answer: str = "") -> None:
    """Adds the record with the objection as its source, and corrects the lines and categories that follow.

    Raises NotFound, InputError for nothing to do or a record that cannot be, Refused when decided or frozen.
    """
    person.must_be(Role.NSO)
    with workshop.store.write() as session:
        objection = objection_of(session, person, number)
        found = find_round(session, objection.wave_code)
        must_allow(session, found, RoundStep.OBJECTION_DECIDED)
        _must_be_undecided(objection)
        inputs = read_inputs(session, found)
        before = find_applicant(inputs.rules, inputs.applicants, objection.school_code)
        fitting = _fitting(workshop, found, acceptance)
        correction = _correction(session, found, before, fitting)
        if fitting.record is not None:
            objection.evidence_id = _keep(session, person, objection, fitting.record).id
        if correction is not None:
            reason = f"objection {objection.id}"
            correct(session, workshop, person, found, objection.school_code, correction, reason)
        _decide(session, workshop, person, objection, ObjectionState.ACCEPTED, _a_text(answer) or None)


def _a_text(text: str) -> str:
    said = text.strip()
    if len(said) > LONGEST_TEXT:
        raise InputError("The text is longer than {most} characters.", most=LONGEST_TEXT)
    return said


def _check_year(year: int, round_: Round) -> None:
    if not _FIRST_YEAR <= year <= round_.year:
        raise InputError("{year} is not a year from {first} to {last}.", year=year, first=_FIRST_YEAR, last=round_.year)


def _must_be_open(workshop: Workshop, round_: Round) -> None:
    now, first, last = workshop.clock(), round_.objections_from, round_.objections_until
    if first is None or last is None:
        raise Refused("The points of {wave} are not published: there is nothing to object to.", wave=round_.wave_code)
    if not first <= now <= last:
        raise Refused(
            "Objections to the points of {wave} can be made from {start} to {until}.",
            wave=round_.wave_code,
            start=stamp(first),
            until=stamp(last),
        )


def _must_have_room(session: Session, wave: str, school: str) -> None:
    counted = select(func.count()).select_from(Objection).where(Objection.wave_code == wave)
    waiting = counted.where(Objection.school_code == school, Objection.state == ObjectionState.OPEN)
    if session.exec(waiting).one() >= MOST_OPEN:
        raise Refused("{most} objections of your school wait for an answer already.", most=MOST_OPEN)


def _stands_in(session: Session, round_: Round, school: str) -> bool:
    """By the text of the file: a school's page must not wait until 14,000 applicants are read."""
    content = read_bytes(session, round_, APPLICANTS) or b""
    return b'"school":' + canonical(school).strip() in content


def _must_be_undecided(objection: Objection) -> None:
    if objection.state is not ObjectionState.OPEN:
        raise Refused("Objection {number} is decided already.", number=objection.id)


def _decide(
    session: Session, workshop: Workshop, person: Person, objection: Objection, to: ObjectionState, answer: str | None
) -> None:
    _must_be_undecided(objection)
    objection.state, objection.decided, objection.decided_by = to, workshop.clock(), person.id
    objection.answer = answer
    session.add(objection)
    facts: dict[str, Any] = {"school": objection.school_code, "objection": objection.id, "decision": to}
    take_step(session, person, find_round(session, objection.wave_code), RoundStep.OBJECTION_DECIDED, **facts)


def _keep(session: Session, person: Person, objection: Objection, new: NewRecord) -> Evidence:
    proof = session.exec(select(ObjectionProof).where(ObjectionProof.objection_id == objection.id)).first()
    sha256 = proof.sha256 if proof else digest(objection.text.encode())
    row = EvidenceRow(
        code=objection.school_code,
        kind=new.kind,
        year=new.year,
        edition=new.edition,
        rank=new.rank,
        number=new.number,
        person=new.person,
        title=new.title,
        course=None,
        row=1,
    )
    return keep_record(session, person, row, f"objection {objection.id} ({objection.wave_code})", sha256)


def _correction(session: Session, round_: Round, applicant: Applicant, acceptance: Acceptance) -> Correction | None:
    """What follows for the applicant; None when the record changes nothing, because of a cap or its age."""
    lines, categories = dict[str, int](), frozenset[str]()
    if acceptance.record is not None:
        lines, categories = _following(session, round_, applicant, acceptance.record)
    lines |= acceptance.lines
    correction = Correction(lines=lines, add=categories - applicant.categories)
    changes = any(dict(applicant.lines).get(label, 0) != points for label, points in lines.items())
    return correction if changes or correction.add else None


def _fitting(workshop: Workshop, round_: Round, acceptance: Acceptance) -> Acceptance:
    """The record without what its kind does not have. Raises InputError for nothing, and for what is no record."""
    new = acceptance.record
    if new is None:
        if not acceptance.lines:
            raise InputError("Say which record is added, or which line is put right.")
        return acceptance
    kind = workshop.evidence.kinds.get(new.kind)
    if kind is None:
        raise InputError("There is no kind of evidence {kind}.", kind=new.kind)
    if new.person is not None and not is_person_id(new.person):
        raise InputError("A person is given by an id of Latin letters and digits, never by name.")
    if not 1 <= new.number <= MOST:
        raise InputError("A record stands for one item or more.")
    _check_year(new.year, round_)
    left_out: dict[str, Any] = dict.fromkeys(column for column in IMMATERIAL if column not in kind.has)
    return replace(acceptance, record=replace(new, **left_out))


def _following(
    session: Session, round_: Round, applicant: Applicant, new: NewRecord
) -> tuple[dict[str, int], frozenset[str]]:
    """(lines, categories) that one record more gives. A line that was corrected before moves by the difference."""
    rules = read_inputs(session, round_).rules
    table = PointsTable.read(rules.points, round_.year)
    items = items_of(session, applicant.school)
    more = [*items, Item(new.kind, new.year, new.number, new.person, new.rank)]
    before, after = dict(table.lines(items, applicant.level)), dict(table.lines(more, applicant.level))
    published = dict(applicant.lines)
    moved = {label for label in after if after[label] != before.get(label, 0)}
    caps = {entry.label: entry.most for entry in table.points}
    lines = {
        label: _within(published.get(label, 0) + after[label] - before.get(label, 0), caps[label]) for label in moved
    }
    return lines, frozenset(table.categories_of(more) - table.categories_of(items))


def _within(points: int, most: int | None) -> int:
    return points if most is None else min(points, most)
