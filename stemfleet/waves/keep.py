"""An allocation as rows: the wave with its bundle, its lots, every application, the awards."""

import io
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert
from sqlmodel import Session, col

from stemfleet.allocation.bundle import RESULT, RULES, Round, zip_files
from stemfleet.allocation.commitment import Beacon
from stemfleet.allocation.draw import PLANNING
from stemfleet.allocation.engine import order_of_merit
from stemfleet.allocation.values import Applicant, Rules
from stemfleet.allocation.values import Award as Drawn
from stemfleet.errors import Refused
from stemfleet.store import Application, Award, Lot, Person, Wave
from stemfleet.store import Round as StoredRound

# About 2.6 kB of texts for each: a hundred times the bundle of a round of half a million without them.
MOST_EXPLAINED = 50_000


def explains(applicants: Sequence[Applicant]) -> bool:
    """Whether a stored bundle of so many holds their explanations; those of a larger one are made when asked for."""
    return len(applicants) <= MOST_EXPLAINED


def make_room(session: Session, code: str) -> None:
    """A plan gives way to what comes next under its code. Raises Refused for a wave that was drawn."""
    wave = session.get(Wave, code)
    if wave is None:
        return
    if not wave.planning:
        raise Refused("Wave {wave} is allocated already; its result stands.", wave=code)
    for table in (Award, Application, Lot):
        session.connection().execute(delete(table).where(col(table.wave_code) == code))
    session.delete(wave)
    if (planned := session.get(StoredRound, code)) is not None:
        session.delete(planned)
    session.flush()


def keep_wave(
    session: Session,
    person: Person,
    rules: Rules,
    applicants: Sequence[Applicant],
    drawn: Round,
    *,
    year: int,
    value: str,
    beacon: Beacon | None,
) -> Wave:
    """Stores a computed round of applicants as a wave, in the caller's transaction."""
    wave = Wave(
        code=rules.wave,
        title=rules.title,
        year=year,
        rules=json.loads(drawn.files[RULES]),
        beacon_source=None if beacon is None else beacon.source,
        beacon_round=None if beacon is None else beacon.round,
        beacon_value=value,
        seed=drawn.result.seed,
        result={},
        bundle=b"",
        digest="",
        planning=value == PLANNING,
        person_id=person.id,
    )
    keep_bundle(session, wave, drawn)
    session.connection().execute(insert(Lot), _lots(rules))
    keep_applications(session, rules, applicants, drawn.result.seed)
    if drawn.result.awards:
        session.connection().execute(insert(Award), [award_values(rules, award) for award in drawn.result.awards])
    return wave


def keep_bundle(session: Session, wave: Wave, drawn: Round) -> None:
    """The bundle that is now the wave's, with its result."""
    target = io.BytesIO()
    zip_files(target, drawn.files, packed=True)
    wave.bundle, wave.digest, wave.result = target.getvalue(), drawn.digest, json.loads(drawn.files[RESULT])
    session.add(wave)
    session.flush()


def keep_applications(session: Session, rules: Rules, applicants: Sequence[Applicant], seed: str) -> None:
    """What each came with, in the order of merit; replaces what is stored of the wave."""
    by_merit, merits = order_of_merit(rules.wave, applicants, seed)
    rows = [
        {
            "wave_code": rules.wave,
            "school_code": applicant.school,
            "level": applicant.level,
            "region": applicant.region,
            "categories": sorted(applicant.categories),
            "points": applicant.points,
            "lines": applicant.lines,
            "preferences": applicant.preferences,
            "ineligible": dict(applicant.ineligible),
            "ticket": merit.ticket,
            "merit": place,
        }
        for place, (applicant, merit) in enumerate(zip(by_merit, merits, strict=True), start=1)
    ]
    session.connection().execute(delete(Application).where(col(Application.wave_code) == rules.wave))
    if rows:
        session.connection().execute(insert(Application), rows)


def award_values(rules: Rules, award: Drawn) -> dict[str, Any]:
    """The columns of an award."""
    lot = rules.lot(award.lot)
    return {
        "wave_code": rules.wave,
        "lot": award.lot,
        "model": lot.model,
        "school_code": award.school,
        "place": award.place,
        "units": lot.units_per_award,
    }


def _lots(rules: Rules) -> list[dict[str, Any]]:
    return [
        {
            "wave_code": rules.wave,
            "lot": lot.code,
            "position": position,
            "model": lot.model,
            "seats": lot.seats,
            "units_per_award": lot.units_per_award,
        }
        for position, lot in enumerate(rules.lots)
    ]
