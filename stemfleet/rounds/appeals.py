"""After the results: appeals with the difference that they make, the NSO's remedy, and the final lists."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sqlmodel import Session

from stemfleet.allocation.bundle import Inputs
from stemfleet.allocation.engine import holders
from stemfleet.allocation.events import Change, Event, ExtraSeat, after_events
from stemfleet.allocation.values import Applicant
from stemfleet.errors import Refused
from stemfleet.rounds.awards import keep_awards
from stemfleet.rounds.conditions import must_be_possible
from stemfleet.rounds.corrections import Correction, closing_of, corrections_between, find_applicant
from stemfleet.rounds.draw import compute, seed_of
from stemfleet.rounds.process import (
    a_reason,
    find_round,
    must_allow,
    read_events,
    read_inputs,
    take_step,
    write_events,
)
from stemfleet.store import Person, Round, Wave
from stemfleet.waves.keep import keep_applications, keep_bundle
from stemfleet.words import Remedy, Role, RoundStep
from stemfleet.workshop import Workshop


@dataclass(frozen=True)
class Difference:
    """Who holds something else than on the published list, by school code; `lot` None is nothing."""

    changes: tuple[Change, ...]

    @property
    def entering(self) -> dict[str, str]:
        """School → lot, of those that held nothing."""
        return {c.school: c.after for c in self.changes if c.before is None and c.after is not None}

    @property
    def leaving(self) -> dict[str, str]:
        """School → the lot that it held, of those that hold nothing any more."""
        return {c.school: c.before for c in self.changes if c.after is None and c.before is not None}

    @property
    def moving(self) -> dict[str, tuple[str, str]]:
        """School → (lot before, lot after)."""
        return {c.school: (c.before, c.after) for c in self.changes if c.before is not None and c.after is not None}

    def as_json(self) -> list[dict[str, str | None]]:
        return [{"school": c.school, "before": c.before, "after": c.after} for c in self.changes]


@dataclass(frozen=True)
class _Decision:
    """What an appeal that is right would do: the events that it adds, and the lot of its extra seat, if any."""

    added: tuple[Event, ...]
    extra_lot: str | None
    difference: Difference


def preview_appeal(
    workshop: Workshop, wave: str, school: str, correction: Correction, remedy: Remedy = Remedy.REALLOCATION
) -> Difference:
    """What deciding the appeal so would change on the published list; nothing is stored. Raises as `uphold_appeal`."""
    with workshop.store.read() as session:
        found = find_round(session, wave)
        must_allow(session, found, RoundStep.APPEAL_DECIDED)
        return _decide(session, workshop, found, school, correction, remedy, "-").difference


def uphold_appeal(
    workshop: Workshop,
    person: Person,
    wave: str,
    school: str,
    correction: Correction,
    remedy: Remedy,
    reason: str,
) -> Difference:
    """An appeal is right. The correction becomes an event after the draw; gives the difference to the published list.

    `reallocation`: the whole rule again with the same tickets. `extra_seat`: the school gets a seat more than the
    rules have, in the lot that it would hold, so it takes nobody's place; one that it held until now is filled by the
    rule, as when a school leaves. Raises NotFound, InputError, and Refused when
    the school would not get a place by the correction, or the round is in another phase.
    """
    person.must_be(Role.NSO)
    with workshop.store.write() as session:
        found = find_round(session, wave)
        must_allow(session, found, RoundStep.APPEAL_DECIDED)
        decision = _decide(session, workshop, found, school, correction, remedy, a_reason(reason))
        write_events(session, found, read_events(session, found) + decision.added)
        if decision.extra_lot is not None:
            found.extra_seats = {**found.extra_seats, school: decision.extra_lot}
        take_step(
            session,
            person,
            found,
            RoundStep.APPEAL_DECIDED,
            school=school,
            upheld=True,
            remedy=remedy,
            reason=a_reason(reason),
            fields={event.field: [event.old, event.new] for event in decision.added},
            difference=decision.difference.as_json(),
        )
        return decision.difference


def reject_appeal(workshop: Workshop, person: Person, wave: str, school: str, reason: str) -> None:
    """An appeal is not right: it is logged with the reason. Raises NotFound, Refused."""
    person.must_be(Role.NSO)
    with workshop.store.write() as session:
        found = find_round(session, wave)
        must_allow(session, found, RoundStep.APPEAL_DECIDED)
        inputs, events = read_inputs(session, found), read_events(session, found)
        _standing(found, inputs, events, seed_of(session, found), school)
        why = a_reason(reason)
        take_step(session, person, found, RoundStep.APPEAL_DECIDED, school=school, upheld=False, reason=why)


def finalize(
    workshop: Workshop, person: Person, wave: str, *, progress: Callable[[str], None] = lambda _step: None
) -> tuple[str, Difference]:
    """Publishes the final lists: the same frozen files, and the events of all appeals. (digest, the difference).

    Raises NotFound, and Refused before the time for appeals is over.
    """
    person.must_be(Role.NSO)
    with workshop.store.write() as session:
        found = find_round(session, wave)
        must_be_possible(session, workshop, person, found, RoundStep.FINALIZED)
        progress("allocation")
        inputs, events = read_inputs(session, found), read_events(session, found)
        write_events(session, found, events)  # an empty list too: a final bundle is one of events
        difference = _difference(inputs, seed_of(session, found), events, found.extra_seats)
        drawn = compute(session, found, inputs, events=True)
        progress("storing")
        keep_bundle(session, session.get_one(Wave, wave), drawn)
        if events:
            corrected = after_events(inputs.rules, inputs.applicants, drawn.result.seed, events)
            keep_applications(session, inputs.rules, corrected, drawn.result.seed)
        keep_awards(session, inputs.rules, drawn.result, found.extra_seats)
        facts = {"digest": drawn.digest, "difference": difference.as_json(), "extra_seats": found.extra_seats}
        take_step(session, person, found, RoundStep.FINALIZED, drawn.files, **facts)
        return drawn.digest, difference


def _decide(
    session: Session,
    workshop: Workshop,
    round_: Round,
    school: str,
    correction: Correction,
    remedy: Remedy,
    reason: str,
) -> _Decision:
    inputs, events, seed = read_inputs(session, round_), read_events(session, round_), seed_of(session, round_)
    before = _standing(round_, inputs, events, seed, school)
    after = correction.apply(before, closing_of(session, workshop, round_, inputs))
    added = tuple(corrections_between(before, after, reason))
    if remedy is Remedy.REALLOCATION:
        return _Decision(added, None, _difference(inputs, seed, events + added, round_.extra_seats))
    would, now = (_holders(inputs, seed, happened).get(school) for happened in (events + added, events))
    if would is None or would == now:
        raise Refused(
            "By this correction school {school} would hold {held}, as it does now. An extra seat is for a place that "
            "the school would have got.",
            school=school,
            held=would or "nothing",
        )
    added = seat_beside_the_rule(before, after, would, reason)
    extra_seats = {**round_.extra_seats, school: would}
    return _Decision(added, would, _difference(inputs, seed, events + added, extra_seats))


def seat_beside_the_rule(before: Applicant, after: Applicant, lot: str, reason: str) -> tuple[Event, ...]:
    """The events of an extra seat: the school wishes for no other place, and so takes none from anybody.

    The reason of each names the seat in the fixed form of docs/bundle.md: nothing else in the bundle does.
    """
    seat = str(ExtraSeat(lot, given_back=False, reason=reason))
    return tuple(corrections_between(before, replace(after, preferences=()), seat))


def _standing(round_: Round, inputs: Inputs, events: tuple[Event, ...], seed: str, school: str) -> Applicant:
    """The applicant as earlier appeals left it."""
    if school in round_.extra_seats:
        raise Refused("School {school} got an extra seat by an appeal already.", school=school)
    standing = after_events(inputs.rules, inputs.applicants, seed, events)
    return find_applicant(inputs.rules, standing, school)


def _holders(inputs: Inputs, seed: str, events: tuple[Event, ...]) -> dict[str, str]:
    return holders(inputs.rules, after_events(inputs.rules, inputs.applicants, seed, events), seed)


def _difference(inputs: Inputs, seed: str, events: tuple[Event, ...], extra_seats: Mapping[str, str]) -> Difference:
    published = holders(inputs.rules, inputs.applicants, seed)
    now = {**_holders(inputs, seed, events), **extra_seats}
    schools = sorted(published.keys() | now.keys())
    found = (Change(school, published.get(school), now.get(school)) for school in schools)
    return Difference(tuple(change for change in found if change.before != change.after))
