"""Running a wave: applicants from what is stored, the allocation, and its result kept with the public bundle."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from stemfleet.allocation.bundle import Inputs, Round, draw_round, inputs_of, read_file
from stemfleet.allocation.commitment import Beacon, Commitment, named_beacon
from stemfleet.allocation.rules_file import parse_rules
from stemfleet.allocation.values import Rules
from stemfleet.errors import Refused
from stemfleet.store import Person, write_history
from stemfleet.store import Round as StoredRound
from stemfleet.waves.applicants import build_applicants, check_models
from stemfleet.waves.keep import explains, keep_wave, make_room
from stemfleet.words import Role, RoundState, RoundStep
from stemfleet.workshop import Workshop


@dataclass(frozen=True)
class Draw:
    """The public random value that decides the tickets; source and round say where anyone can look it up."""

    value: str
    source: str | None = None
    round: str | None = None

    @property
    def beacon(self) -> Beacon | None:
        """Raises InputError for a known source's round that cannot be."""
        return named_beacon(self.source, self.round) if self.source and self.round else None


def run_wave(
    workshop: Workshop,
    person: Person,
    rules_file: Path,
    year: int,
    draw: Draw,
    progress: Callable[[str], None] = lambda _step: None,
) -> str:
    """Allocates the wave of a rules file over everybody stored and keeps the result. Gives the wave's code.

    For waves of the past and for plans: the steps of a round are taken at once, and it is marked as a replay. A plan,
    made with the fixed beacon for planning, gives way to the next run of its wave; a draw stands.

    Raises InputError for rules that cannot be used, Refused when the wave is drawn already.
    """
    person.must_be(Role.NSO)
    rules = parse_rules(read_file(rules_file), str(rules_file))
    check_models(workshop.models, rules)
    with workshop.store.write() as session:
        make_room(session, rules.wave)
        if session.get(StoredRound, rules.wave) is not None:
            raise Refused("Wave {wave} is being allocated step by step. Go on with its round.", wave=rules.wave)
        progress("applicants")
        inputs = inputs_of(rules, build_applicants(session, workshop.models, rules, year))
        progress("allocation")
        explained = explains(inputs.applicants)
        drawn = draw_round(inputs, draw.value, _commitment(inputs, draw), explained=explained)
        progress("storing")
        keep_wave(session, person, rules, inputs.applicants, drawn, year=year, value=draw.value, beacon=draw.beacon)
        _keep_round(session, person, rules, drawn, year, draw)
    return rules.wave


def _commitment(inputs: Inputs, draw: Draw) -> Commitment | None:
    """Without a date: nothing was published before the draw. A round (stemfleet.rounds) does that."""
    if draw.beacon is None:
        return None
    hashes = inputs.commitment
    return Commitment(hashes.rules_sha256, hashes.applicants_sha256, draw.beacon, published=None)


def _keep_round(session: Session, person: Person, rules: Rules, drawn: Round, year: int, draw: Draw) -> None:
    beacon = draw.beacon
    session.add(
        StoredRound(
            wave_code=rules.wave,
            title=rules.title,
            year=year,
            state=RoundState.CLOSED,
            replay=True,
            beacon_source=beacon.source if beacon else None,
            beacon_round=beacon.round if beacon else None,
            beacon_value=draw.value,
        )
    )
    facts = {
        "digest": drawn.digest,
        "seed": drawn.result.seed,
        "beacon": draw.value,
        "awards": len(drawn.result.awards),
    }
    write_history(session, person, "round", rules.wave, RoundStep.ALLOCATED, **facts)
