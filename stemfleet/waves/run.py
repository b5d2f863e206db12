"""Running a wave: applicants from what is stored, the allocation, and its result kept with the public bundle."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert
from sqlmodel import Session, col

from stemfleet.allocation.bundle import RESULT, RULES, Inputs, Round, draw_round, inputs_of, read_file, zip_files
from stemfleet.allocation.commitment import Beacon, Commitment
from stemfleet.allocation.draw import PLANNING
from stemfleet.allocation.engine import order_of_merit
from stemfleet.allocation.rules_file import parse_rules
from stemfleet.allocation.values import Award as Drawn
from stemfleet.allocation.values import Rules
from stemfleet.errors import Refused
from stemfleet.store import Application, Award, Lot, Person, Wave, write_history
from stemfleet.waves.applicants import build_applicants, check_models
from stemfleet.words import Role
from stemfleet.workshop import Workshop


@dataclass(frozen=True)
class Draw:
    """The public random value that decides the tickets; source and round say where anyone can look it up."""

    value: str
    source: str | None = None
    round: str | None = None

    @property
    def beacon(self) -> Beacon | None:
        return Beacon(self.source, self.round) if self.source and self.round else None


def run_wave(
    workshop: Workshop,
    person: Person,
    rules_file: Path,
    year: int,
    draw: Draw,
    progress: Callable[[str], None] = lambda _step: None,
) -> str:
    """Allocates the wave of a rules file over everybody stored and keeps the result. Gives the wave's code.

    A plan, made with the fixed beacon for planning, gives way to the next run of its wave; a draw stands. Raises
    InputError for rules that cannot be used, Refused when the wave is drawn already.
    """
    person.must_be(Role.NSO)
    rules = parse_rules(read_file(rules_file), str(rules_file))
    check_models(workshop.models, rules)
    with workshop.store.write() as session:
        _make_room(session, rules.wave)
        progress("applicants")
        inputs = inputs_of(rules, build_applicants(session, workshop.models, rules, year))
        progress("allocation")
        drawn = draw_round(inputs, draw.value, _commitment(inputs, draw))
        progress("storing")
        _keep(session, person, inputs, drawn, year, draw)
    return rules.wave


def _make_room(session: Session, code: str) -> None:
    wave = session.get(Wave, code)
    if wave is None:
        return
    if not wave.planning:
        raise Refused("Wave {wave} is allocated already; its result stands.", wave=code)
    for table in (Award, Application, Lot):
        session.connection().execute(delete(table).where(col(table.wave_code) == code))
    session.delete(wave)
    session.flush()


def _commitment(inputs: Inputs, draw: Draw) -> Commitment | None:
    if draw.beacon is None:
        return None
    hashes = inputs.commitment
    today = date.today().isoformat()
    return Commitment(hashes.rules_sha256, hashes.applicants_sha256, draw.beacon, today)


def _keep(session: Session, person: Person, inputs: Inputs, drawn: Round, year: int, draw: Draw) -> None:
    rules = inputs.rules
    wave = Wave(
        code=rules.wave,
        title=rules.title,
        year=year,
        rules=json.loads(drawn.files[RULES]),
        beacon_source=draw.source,
        beacon_round=draw.round,
        beacon_value=draw.value,
        seed=drawn.result.seed,
        result=json.loads(drawn.files[RESULT]),
        bundle=_zipped(drawn),
        digest=drawn.digest,
        planning=draw.value == PLANNING,
        person_id=person.id,
    )
    session.add(wave)
    session.flush()
    connection = session.connection()
    connection.execute(insert(Lot), _lots(rules))
    connection.execute(insert(Application), _applications(inputs, drawn.result.seed))
    if drawn.result.awards:
        connection.execute(insert(Award), [_award(rules, award) for award in drawn.result.awards])
    facts = {"digest": drawn.digest, "seed": wave.seed, "beacon": draw.value, "awards": len(drawn.result.awards)}
    write_history(session, person, "wave", wave.code, "allocated", **facts)


def _zipped(drawn: Round) -> bytes:
    target = io.BytesIO()
    zip_files(target, drawn.files)
    return target.getvalue()


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


def _applications(inputs: Inputs, seed: str) -> list[dict[str, Any]]:
    by_merit, merits = order_of_merit(inputs.rules.wave, inputs.applicants, seed)
    return [
        {
            "wave_code": inputs.rules.wave,
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


def _award(rules: Rules, award: Drawn) -> dict[str, Any]:
    lot = rules.lot(award.lot)
    return {
        "wave_code": rules.wave,
        "lot": award.lot,
        "model": lot.model,
        "school_code": award.school,
        "place": award.place,
        "units": lot.units_per_award,
    }
