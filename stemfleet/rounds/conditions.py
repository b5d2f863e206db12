"""What a step needs beside the round's state: windows that have ended, another person, no open offers."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlmodel import Session, col, select

from stemfleet.errors import Refused
from stemfleet.rounds.process import find_round, must_allow, stamp
from stemfleet.store import Objection, Offer, Person, Round
from stemfleet.words import ObjectionState, OfferState, Role, RoundStep
from stemfleet.workshop import Workshop


def check_step(workshop: Workshop, person: Person, wave: str, step: RoundStep) -> None:
    """Whether the person may take the step just now; nothing is stored. Raises NotFound, Refused as the step would."""
    person.must_be(Role.NSO)
    with workshop.store.read() as session:
        must_be_possible(session, workshop, person, find_round(session, wave), step)


def must_be_possible(session: Session, workshop: Workshop, person: Person, round_: Round, step: RoundStep) -> None:
    """Raises Refused, with the reason, when the round's state or its windows do not allow the step, or not to him."""
    must_allow(session, round_, step)
    if condition := _CONDITIONS.get(step):
        condition(session, workshop.clock(), person, round_)


def _objections_have_ended(session: Session, now: datetime, _person: Person, round_: Round) -> None:
    assert round_.objections_until is not None
    if now < round_.objections_until:
        raise Refused(
            "Objections to the points of {wave} can be made until {until}. Freeze them after that.",
            wave=round_.wave_code,
            until=stamp(round_.objections_until),
        )
    waiting = select(Objection.id).where(
        Objection.wave_code == round_.wave_code, Objection.state == ObjectionState.OPEN
    )
    if numbers := session.exec(waiting.order_by(col(Objection.id))).all():
        raise Refused(
            "{count} objections to the points of {wave} wait for a decision, the first is number {number}. Decide "
            "them before you freeze.",
            count=len(numbers),
            wave=round_.wave_code,
            number=numbers[0],
        )


def _another_person_and_public_value(_session: Session, now: datetime, person: Person, round_: Round) -> None:
    if round_.frozen_by == person.id:
        raise Refused(
            "{person} froze the inputs of {wave}. The value must be typed in by another person.",
            person=person.name,
            wave=round_.wave_code,
        )
    assert round_.beacon_expected is not None
    if now < round_.beacon_expected:
        raise Refused(
            "{source} publishes {round} at {expected}. No value can be that one before.",
            source=round_.beacon_source,
            round=round_.beacon_round,
            expected=stamp(round_.beacon_expected),
        )


def _appeals_have_ended(_session: Session, now: datetime, _person: Person, round_: Round) -> None:
    assert round_.appeals_until is not None
    if now < round_.appeals_until:
        raise Refused(
            "Appeals against the results of {wave} can be made until {until}. The lists become final after that.",
            wave=round_.wave_code,
            until=stamp(round_.appeals_until),
        )


def _no_offer_is_open(session: Session, _now: datetime, _person: Person, round_: Round) -> None:
    waiting = select(Offer.school_code).where(Offer.wave_code == round_.wave_code, Offer.state == OfferState.OPEN)
    schools = session.exec(waiting.order_by(Offer.school_code)).all()
    if schools:
        raise Refused(
            "{count} offers of {wave} are open, the first that of school {school}. Wait for their answers or "
            "deadlines.",
            count=len(schools),
            wave=round_.wave_code,
            school=schools[0],
        )


_CONDITIONS: Mapping[RoundStep, Callable[[Session, datetime, Person, Round], None]] = {
    RoundStep.FROZEN: _objections_have_ended,
    RoundStep.DRAWN: _another_person_and_public_value,
    RoundStep.FINALIZED: _appeals_have_ended,
    RoundStep.CLOSED: _no_offer_is_open,
}
