"""Before the draw: rules as a draft, their publication, provisional points with an objection window, and back."""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

from stemfleet.allocation.bundle import APPLICANTS, RULES, inputs_of
from stemfleet.allocation.canonical import canonical
from stemfleet.allocation.rules_file import parse_rules, rules_bytes
from stemfleet.allocation.values import Rules
from stemfleet.errors import InputError, Refused
from stemfleet.rounds.process import (
    a_reason,
    find_round,
    log_step,
    must_allow,
    notices_in,
    read_bytes,
    read_rules,
    stamp,
    take_step,
    write_bytes,
)
from stemfleet.store import HistoryEntry, Person, Round, Wave, read_history
from stemfleet.waves.applicants import build_applicants, check_models
from stemfleet.waves.keep import make_room
from stemfleet.waves.points import PointsTable
from stemfleet.words import Role, RoundState, RoundStep
from stemfleet.workshop import Workshop


def draft_wave(workshop: Workshop, person: Person, rules: Rules, year: int) -> str:
    """Begins the round of a wave with its rules as a draft; a plan of it gives way. Gives the wave's code.

    Raises InputError for rules that cannot be used, Refused when there is such a wave or round already.
    """
    person.must_be(Role.NSO)
    with workshop.store.write() as session:
        make_room(session, rules.wave)
        if session.get(Round, rules.wave) is not None:
            raise Refused("There is a wave {wave} already. Give this one another code.", wave=rules.wave)
        content = _checked(workshop, rules, year)
        drafted = Round(wave_code=rules.wave, title=rules.title, year=year, state=RoundState.DRAFT, replay=False)
        session.add(drafted)
        session.flush()
        write_bytes(session, drafted, RULES, content)
        log_step(session, person, drafted, RoundStep.DRAFTED, year=year)
    return rules.wave


def change_rules(workshop: Workshop, person: Person, rules: Rules, year: int) -> None:
    """Replaces the rules of a draft. Raises InputError, NotFound, and Refused after their publication."""
    person.must_be(Role.NSO)
    with workshop.store.write() as session:
        drafted = find_round(session, rules.wave)
        must_allow(session, drafted, RoundStep.RULES_CHANGED)
        write_bytes(session, drafted, RULES, _checked(workshop, rules, year))
        drafted.title, drafted.year = rules.title, year
        take_step(session, person, drafted, RoundStep.RULES_CHANGED, year=year)


def drop_draft(workshop: Workshop, person: Person, wave: str, reason: str) -> None:
    """Takes a draft away that was mistyped; its code is free again, its log stays.

    Raises NotFound, and Refused once anything of it was published: that stays in the log that everybody sees.
    """
    person.must_be(Role.NSO)
    with workshop.store.write() as session:
        drafted = find_round(session, wave)
        take_step(session, person, drafted, RoundStep.DROPPED, reason=a_reason(reason))
        if any(entry.verb == RoundStep.WITHDRAWN for entry in _log_of(session, wave)):
            raise Refused(
                "Round {wave} has published something already, which everybody may keep. Change its rules instead.",
                wave=wave,
            )
        write_bytes(session, drafted, RULES, None)
        session.delete(drafted)


def _log_of(session: Session, wave: str) -> list[HistoryEntry]:
    """What happened to the round since it was drafted: the code may have been another one's before."""
    entries = [entry for entry, _person in read_history(session, "round", wave)]
    begun = max(number for number, entry in enumerate(entries) if entry.verb == RoundStep.DRAFTED)
    return entries[begun:]


def publish_rules(workshop: Workshop, person: Person, wave: str) -> None:
    """Publishes the rules of a draft. Raises NotFound, Refused."""
    person.must_be(Role.NSO)
    with workshop.store.write() as session:
        drafted = find_round(session, wave)
        content = read_bytes(session, drafted, RULES) or b""
        take_step(session, person, drafted, RoundStep.RULES_PUBLISHED, {RULES: content})


def publish_points(
    workshop: Workshop,
    person: Person,
    wave: str,
    *,
    until: datetime,
    start: datetime | None = None,
    progress: Callable[[str], None] = lambda _step: None,
) -> int:
    """Publishes every applicant's provisional points; objections can be made from `start` (now) to `until`.

    Gives the number of applicants; `notices` of what the rules promise in vain stand in the log. Raises NotFound,
    Refused, InputError for a window that is none.
    """
    person.must_be(Role.NSO)
    with workshop.store.write() as session:
        found = find_round(session, wave)
        must_allow(session, found, RoundStep.POINTS_PUBLISHED)
        found.objections_from, found.objections_until = objection_window(workshop.clock(), start, until)
        rules = read_rules(session, found)
        progress("applicants")
        applicants = build_applicants(session, workshop.models, rules, found.year)
        progress("points")
        inputs = inputs_of(rules, applicants)
        write_bytes(session, found, APPLICANTS, inputs.applicants_json)
        take_step(
            session,
            person,
            found,
            RoundStep.POINTS_PUBLISHED,
            {APPLICANTS: inputs.applicants_json},
            applicants=len(applicants),
            notices=notices_in(inputs),
            objections_from=stamp(found.objections_from),
            objections_until=stamp(until),
        )
    return len(applicants)


def go_back(workshop: Workshop, person: Person, wave: str, reason: str) -> None:
    """Takes published rules or provisional points back: the round is a draft again, its corrections are void.

    The log keeps what was published and corrected. Raises NotFound, and Refused once the commitment is published.
    """
    person.must_be(Role.NSO)
    with workshop.store.write() as session:
        found = find_round(session, wave)
        take_step(session, person, found, RoundStep.WITHDRAWN, reason=a_reason(reason))
        write_bytes(session, found, APPLICANTS, None)
        found.objections_from = found.objections_until = None


def rules_of(workshop: Workshop, wave: str) -> Rules:
    """The rules of a round as they stand, or of a wave of the past as it was allocated. Raises NotFound."""
    with workshop.store.read() as session:
        found = find_round(session, wave)
        if found.replay:
            return parse_rules(canonical(session.get_one(Wave, wave).rules))
        return read_rules(session, found)


def _checked(workshop: Workshop, rules: Rules, year: int) -> bytes:
    """The canonical bytes of rules that a round can be made by."""
    content = rules_bytes(rules)
    checked = parse_rules(content)
    check_models(workshop.models, checked)
    PointsTable.read(checked.points, year)
    return content


def objection_window(now: datetime, start: datetime | None, until: datetime) -> tuple[datetime, datetime]:
    """(its beginning, its end); without a `start` it begins now. Raises InputError for a window that is none."""
    first = start or now
    if first < now:
        raise InputError(
            "The window would begin at {start}, before the points are published. Let it begin later.",
            start=stamp(first),
        )
    if until <= first:
        raise InputError(
            "The window would end at {until}, not after its beginning at {start}. Let it end later.",
            until=stamp(until),
            start=stamp(first),
        )
    return first, until
