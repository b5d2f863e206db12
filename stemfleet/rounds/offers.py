"""Offers of a final round: answered by the school or in its name, or expired; then the rule again, and replacements.

Answers are events after the draw: the tickets stay, holders who have not answered may move up, and nobody who has an
offer loses it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session, col, select

from stemfleet.allocation.bundle import Inputs
from stemfleet.allocation.bundle import Round as Drawn
from stemfleet.allocation.events import Event, Kind, after_events, seat_given_back
from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.rounds.appeals import seat_beside_the_rule
from stemfleet.rounds.awards import keep_awards
from stemfleet.rounds.conditions import must_be_possible
from stemfleet.rounds.draw import compute
from stemfleet.rounds.process import (
    STANDING,
    find_round,
    must_allow,
    read_events,
    read_inputs,
    stamp,
    take_step,
    write_events,
)
from stemfleet.store import Award, Kit, Offer, Person, Round, Wave
from stemfleet.waves.keep import keep_bundle
from stemfleet.words import OfferState, Role, RoundStep
from stemfleet.workshop import Workshop


@dataclass(frozen=True)
class Answered:
    """What an answer led to: the new offers (school → lot), and the digest of the bundle with it."""

    new_offers: dict[str, str]
    digest: str


def make_offers(workshop: Workshop, person: Person, wave: str, days: int) -> int:
    """Offers every award of a final round to its school, for `days` days; replacements get as many. Gives how many.

    Raises NotFound, Refused, InputError.
    """
    person.must_be(Role.NSO)
    if not 1 <= days <= 365:
        raise InputError("{days} days for an answer: give a number from 1 to 365.", days=days)
    with workshop.store.write() as session:
        found = find_round(session, wave)
        must_allow(session, found, RoundStep.OFFERED)
        found.offer_days = days
        awards = session.exec(select(Award).where(Award.wave_code == wave).order_by(Award.school_code)).all()
        made = _offer(session, workshop, found, awards)
        take_step(session, person, found, RoundStep.OFFERED, days=days, offers=made)
        return len(made)


def accept_offer(workshop: Workshop, person: Person, wave: str, school: str) -> Answered:
    """The school takes what it is offered, before the deadline. A person of the school, or the NSO in its name.

    Raises NotFound, and Refused when there is nothing to accept any more.
    """
    with workshop.store.write() as session:
        found, offer = _find(session, person, wave, school, RoundStep.ACCEPTED)
        _must_be_in_time(workshop, offer)
        events = () if school in found.extra_seats else (Event(Kind.ACCEPTANCE, school, lot=offer.lot),)
        _answer(workshop, person, offer, OfferState.ACCEPTED)
        answered = _apply(session, workshop, found, events)
        _log(session, person, found, RoundStep.ACCEPTED, answered, school=school, lot=offer.lot)
        return answered


def decline_offer(workshop: Workshop, person: Person, wave: str, school: str) -> Answered:
    """The school leaves the wave: it declines its offer, or gives back what it accepted while no kit is set aside.

    Raises NotFound, and Refused when there is nothing to decline any more.
    """
    with workshop.store.write() as session:
        found, offer = _find(session, person, wave, school, RoundStep.DECLINED)
        if offer.state is OfferState.OPEN:
            _must_be_in_time(workshop, offer)
        _must_have_no_kit(session, wave, school)
        _answer(workshop, person, offer, OfferState.DECLINED)
        answered = _leave(session, workshop, found, Kind.DECLINE, [school])
        _log(session, person, found, RoundStep.DECLINED, answered, school=school, lot=offer.lot)
        return answered


def expire_offers(workshop: Workshop, person: Person, wave: str) -> list[str]:
    """Ends the open offers whose deadline is over; gives their schools, which leave. Raises NotFound, Refused."""
    person.must_be(Role.NSO)
    with workshop.store.write() as session:
        found = find_round(session, wave)
        must_allow(session, found, RoundStep.EXPIRED)
        open_ones = select(Offer).where(Offer.wave_code == wave, Offer.state == OfferState.OPEN)
        late = [o for o in session.exec(open_ones.order_by(Offer.school_code)) if o.deadline < workshop.clock()]
        if not late:
            return []
        for offer in late:
            _answer(workshop, person, offer, OfferState.EXPIRED)
        schools = [offer.school_code for offer in late]
        answered = _leave(session, workshop, found, Kind.EXPIRY, schools)
        _log(session, person, found, RoundStep.EXPIRED, answered, schools=schools)
        return schools


def close_round(
    workshop: Workshop, person: Person, wave: str, *, progress: Callable[[str], None] = lambda _step: None
) -> str:
    """Ends the round and publishes its last bundle, with every answer. Gives the digest.

    Raises NotFound, and Refused while offers are open.
    """
    person.must_be(Role.NSO)
    with workshop.store.write() as session:
        found = find_round(session, wave)
        must_be_possible(session, workshop, person, found, RoundStep.CLOSED)
        progress("allocation")
        drawn = compute(session, found, read_inputs(session, found), events=True)
        progress("storing")
        keep_bundle(session, session.get_one(Wave, wave), drawn)
        take_step(session, person, found, RoundStep.CLOSED, drawn.files, digest=drawn.digest)
        return drawn.digest


def _find(session: Session, person: Person, wave: str, school: str, step: RoundStep) -> tuple[Round, Offer]:
    """The round and the school's standing offer, for a person who may answer it."""
    person.must_be(Role.NSO, Role.SCHOOL)
    if person.role is Role.SCHOOL and person.school_code != school:
        raise Refused("{person} may not do this.", person=person.name)
    found = find_round(session, wave)
    must_allow(session, found, step)
    chosen = select(Offer).where(Offer.wave_code == wave, Offer.school_code == school).order_by(col(Offer.id).desc())
    offer = session.exec(chosen).first()
    if offer is None:
        raise NotFound("School {school} has no offer in {wave}.", school=school, wave=wave)
    allowed = STANDING if step is RoundStep.DECLINED else (OfferState.OPEN,)
    if offer.state not in allowed:
        raise Refused(
            "The offer of {lot} to school {school} is answered: {state}.",
            lot=offer.lot,
            school=school,
            state=offer.state,
        )
    return found, offer


def _must_be_in_time(workshop: Workshop, offer: Offer) -> None:
    if workshop.clock() > offer.deadline:
        raise Refused(
            "The offer of {lot} to school {school} could be answered until {deadline}.",
            lot=offer.lot,
            school=offer.school_code,
            deadline=stamp(offer.deadline),
        )


def _must_have_no_kit(session: Session, wave: str, school: str) -> None:
    of_award = select(Kit.tag).join(Award, col(Award.id) == Kit.award_id)
    tag = session.exec(of_award.where(Award.wave_code == wave, Award.school_code == school).order_by(Kit.tag)).first()
    if tag is not None:
        raise Refused("Kit {tag} is set aside for school {school} already.", tag=tag, school=school)


def _answer(workshop: Workshop, person: Person, offer: Offer, state: OfferState) -> None:
    offer.state, offer.answered, offer.person_id = state, workshop.clock(), person.id


def _leave(session: Session, workshop: Workshop, round_: Round, kind: Kind, schools: Sequence[str]) -> Answered:
    """Schools leave the wave. One with an extra seat is in no lot's field any more: it only gives back its seat."""
    extra = round_.extra_seats
    round_.extra_seats = {school: lot for school, lot in extra.items() if school not in schools}
    events = [seat_given_back(s, extra[s], kind) if s in extra else Event(kind, s) for s in schools]
    return _apply(session, workshop, round_, tuple(events))


def _apply(session: Session, workshop: Workshop, round_: Round, events: tuple[Event, ...]) -> Answered:
    """The rule again with the events; stored awards and offers follow."""
    write_events(session, round_, read_events(session, round_) + events)
    session.flush()
    inputs = read_inputs(session, round_)
    drawn = _keeping_promises(session, round_, inputs)
    awards = keep_awards(session, inputs.rules, drawn.result, round_.extra_seats)
    keep_bundle(session, session.get_one(Wave, round_.wave_code), drawn)
    return Answered(_offer(session, workshop, round_, awards), drawn.digest)


def _keeping_promises(session: Session, round_: Round, inputs: Inputs) -> Drawn:
    """The round after its events. With a `region_cap` one school's leaving can cost another its place; an offer that
    was made stands all the same, as an extra seat."""
    chosen = select(Offer).where(Offer.wave_code == round_.wave_code, col(Offer.state).in_(STANDING))
    promised = {offer.school_code: offer.lot for offer in session.exec(chosen)}
    while True:
        drawn = compute(session, round_, inputs, events=True)
        holding = {award.school for award in drawn.result.awards} | round_.extra_seats.keys()
        lost = sorted(promised.keys() - holding)
        if not lost:
            return drawn
        events = read_events(session, round_)
        standing = after_events(inputs.rules, inputs.applicants, drawn.result.seed, events)
        for applicant in standing:
            if applicant.school in lost:
                lot = promised[applicant.school]
                events += seat_beside_the_rule(applicant, applicant, lot, "region_cap: the offer that was made stands")
                round_.extra_seats = {**round_.extra_seats, applicant.school: lot}
        write_events(session, round_, events)


def _offer(session: Session, workshop: Workshop, round_: Round, awards: Sequence[Award]) -> dict[str, str]:
    """An offer for every award that has none; one for a lot that the school left is replaced. Gives the new ones."""
    assert round_.offer_days is not None
    chosen = select(Offer).where(Offer.wave_code == round_.wave_code, col(Offer.state).in_(STANDING))
    standing = {offer.school_code: offer for offer in session.exec(chosen)}
    now, made = workshop.clock(), dict[str, str]()
    for award in awards:
        old = standing.get(award.school_code)
        if old is not None and old.lot == award.lot:
            continue
        if old is not None:
            old.state, old.answered = OfferState.REPLACED, now
            session.add(old)
        made[award.school_code] = award.lot
        session.add(
            Offer(
                wave_code=round_.wave_code,
                school_code=award.school_code,
                lot=award.lot,
                made=now,
                deadline=now + timedelta(days=round_.offer_days),
            )
        )
    session.flush()
    return made


def _log(session: Session, person: Person, round_: Round, step: RoundStep, answered: Answered, **facts: object) -> None:
    """`in_its_name`: the NSO answered for the school."""
    if step is not RoundStep.EXPIRED:
        facts["in_its_name"] = person.role is Role.NSO
    take_step(session, person, round_, step, None, digest=answered.digest, new_offers=answered.new_offers, **facts)
