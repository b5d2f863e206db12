"""The draw: inputs frozen and committed to, the public value typed in by another person, the results published."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlmodel import Session

from stemfleet.allocation.beacons import published_at
from stemfleet.allocation.bundle import (
    APPLICANTS,
    COMMITMENT,
    RESULT,
    RULES,
    Inputs,
    commitment_files,
    draw_round,
)
from stemfleet.allocation.bundle import Round as Drawn
from stemfleet.allocation.canonical import digest
from stemfleet.allocation.commitment import Beacon, Commitment, named_beacon
from stemfleet.allocation.draw import PLANNING, beacon_value, round_seed
from stemfleet.errors import InputError, Refused
from stemfleet.rounds.conditions import must_be_possible
from stemfleet.rounds.process import (
    find_round,
    must_allow,
    notices_in,
    read_commitment,
    read_events,
    read_inputs,
    stamp,
    take_step,
    write_bytes,
)
from stemfleet.store import HistoryEntry, Person, Round, read_history
from stemfleet.waves.keep import explains, keep_wave
from stemfleet.words import Role, RoundStep
from stemfleet.workshop import Workshop


def freeze_inputs(workshop: Workshop, person: Person, wave: str, beacon: Beacon, expected: datetime) -> Commitment:
    """Freezes rules and applicants and publishes the commitment to them and to a random value that is not there yet.

    `expected` is when the value will be public. Raises NotFound, InputError for a value that is out already or has
    no name, and Refused before the objection window has ended.
    """
    person.must_be(Role.NSO)
    with workshop.store.write() as session:
        found = find_round(session, wave)
        must_be_possible(session, workshop, person, found, RoundStep.FROZEN)
        now = workshop.clock()
        named = check_beacon(now, beacon, expected)
        inputs = read_inputs(session, found)
        files = commitment_files(inputs, named, now.date().isoformat())
        for name in (RULES, APPLICANTS, COMMITMENT):
            write_bytes(session, found, name, files[name])
        found.beacon_source, found.beacon_round, found.beacon_expected = named.source, named.round, expected
        found.frozen_by = person.id
        beacon_facts = {"source": named.source, "round": named.round, "expected": stamp(expected)}
        take_step(session, person, found, RoundStep.FROZEN, files, beacon=beacon_facts, notices=notices_in(inputs))
        return read_commitment(session, found)


def draw(
    workshop: Workshop, person: Person, wave: str, value: str, *, progress: Callable[[str], None] = lambda _step: None
) -> Drawn:
    """Draws a frozen round with the public value that its commitment names. Another person than the one who froze it.

    Raises NotFound, Refused, InputError for a value that has not its source's form.
    """
    person.must_be(Role.NSO)
    with workshop.store.write() as session:
        found = find_round(session, wave)
        must_be_possible(session, workshop, person, found, RoundStep.DRAWN)
        found.beacon_value = public_value(value, found.beacon_source)
        progress("allocation")
        drawn = compute(session, found, read_inputs(session, found))
        take_step(
            session,
            person,
            found,
            RoundStep.DRAWN,
            value=found.beacon_value,
            seed=drawn.result.seed,
            result_sha256=digest(drawn.files[RESULT]),
        )
        return drawn


def publish_results(
    workshop: Workshop,
    person: Person,
    wave: str,
    *,
    appeals_until: datetime,
    progress: Callable[[str], None] = lambda _step: None,
) -> str:
    """Publishes the lists and the bundle of a drawn round: the wave is there from now on. Gives the bundle's digest.

    Raises NotFound, Refused, InputError when the time for appeals would be over already.
    """
    person.must_be(Role.NSO)
    with workshop.store.write() as session:
        found = find_round(session, wave)
        must_allow(session, found, RoundStep.RESULTS_PUBLISHED)
        check_appeals_until(workshop.clock(), appeals_until)
        progress("allocation")
        inputs = read_inputs(session, found)
        drawn = compute(session, found, inputs)
        _check_as_drawn(session, found, drawn)
        progress("storing")
        assert found.beacon_value is not None
        keep_wave(
            session,
            person,
            inputs.rules,
            inputs.applicants,
            drawn,
            year=found.year,
            value=found.beacon_value,
            beacon=read_commitment(session, found).beacon,
        )
        found.appeals_until = appeals_until
        facts = {"digest": drawn.digest, "awards": len(drawn.result.awards), "appeals_until": stamp(appeals_until)}
        take_step(session, person, found, RoundStep.RESULTS_PUBLISHED, drawn.files, **facts)
        return drawn.digest


def check_beacon(now: datetime, beacon: Beacon, expected: datetime) -> Beacon:
    """The random value as the commitment names it. `expected`: when it will be public, by the person who freezes.

    Raises InputError for a value without a name, and for one that is public already: by what the person says, or by
    the clock of its drand chain, before whose time nothing can be expected either.
    """
    named = named_beacon(beacon.source, beacon.round)
    seconds = published_at(named.source, named.round)
    at = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    facts = {} if at is None else {"source": named.source, "round": named.round, "at": stamp(at)}
    if at is not None and at <= now:
        raise InputError(
            "{source} published round {round} at {at}. Name a round that nobody can know yet.",
            **facts,
        )
    if expected <= now:
        raise InputError(
            "The random value must be one that nobody can know yet, but {expected} is over. Name a later one.",
            expected=stamp(expected),
        )
    if at is not None and expected < at:
        raise InputError(
            "{source} publishes round {round} at {at}: it cannot be expected at {expected}. Give that time or a later "
            "one.",
            **facts,
            expected=stamp(expected),
        )
    return named


def check_appeals_until(now: datetime, until: datetime) -> None:
    """Raises InputError when the time for appeals would be over already."""
    if until <= now:
        raise InputError("The time for appeals would end at {until}, which is over.", until=stamp(until))


def compute(session: Session, round_: Round, inputs: Inputs, *, events: bool = False) -> Drawn:
    """The round of its frozen inputs and the drawn value, explained; with `events`, after all that happened since.

    Raises InputError when the stored files are not those of the commitment.
    """
    assert round_.beacon_value is not None
    happened = read_events(session, round_) if events else None
    committed = read_commitment(session, round_)
    return draw_round(inputs, round_.beacon_value, committed, happened, explained=explains(inputs.applicants))


def seed_of(session: Session, round_: Round) -> str:
    """The seed of a drawn round; nothing that happens after the draw changes it."""
    committed = read_commitment(session, round_)
    assert round_.beacon_value is not None
    return round_seed(committed.rules_sha256, committed.applicants_sha256, round_.beacon_value)


def _check_as_drawn(session: Session, round_: Round, drawn: Drawn) -> None:
    entry = _last(session, round_, RoundStep.DRAWN)
    if entry.facts["result_sha256"] != digest(drawn.files[RESULT]):
        raise Refused(
            "The result of {wave} is not the one of the draw: result.json was {expected}, and is {found} now.",
            wave=round_.wave_code,
            expected=entry.facts["result_sha256"],
            found=digest(drawn.files[RESULT]),
        )


def _last(session: Session, round_: Round, step: RoundStep) -> HistoryEntry:
    return [entry for entry, _name in read_history(session, "round", round_.wave_code) if entry.verb == step][-1]


def public_value(typed: str, source: str | None) -> str:
    """The value that a round is drawn with, as its source writes it. Raises InputError for one of another form."""
    value = beacon_value(typed, source)
    if value == PLANNING:
        raise InputError("The value {value} is for planning. Type in the one that the commitment names.", value=value)
    return value
