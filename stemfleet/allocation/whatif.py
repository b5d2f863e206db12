"""A round as it was drawn, from files or from a bundle, beside other rules."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from stemfleet.allocation.applicants_file import parse_applicants
from stemfleet.allocation.bundle import APPLICANTS, EVENTS, RULES, Inputs
from stemfleet.allocation.compare import (
    Comparison,
    Recount,
    compare_over_and_above,
    compare_pure_merit,
    compare_rules,
    pure_merit,
)
from stemfleet.allocation.draw import PLANNING, beacon_value, round_seed
from stemfleet.allocation.explaining import seed_of
from stemfleet.allocation.other_rules import steps
from stemfleet.allocation.rules_file import parse_rules
from stemfleet.allocation.values import Applicant, Notice, Rules


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a comparison starts from: the frozen inputs and the one draw's seed."""

    rules: Rules
    applicants: Sequence[Applicant]
    seed: str
    beacon: str
    notices: tuple[Notice, ...] = ()

    @property
    def planning(self) -> bool:
        return self.beacon == PLANNING

    def as_json(self) -> dict[str, Any]:
        return {
            "wave": self.rules.wave,
            "beacon_value": self.beacon,
            "planning": self.planning,
            "notices": [str(notice) for notice in self.notices],
        }


def drawn_from_inputs(inputs: Inputs, beacon: str) -> Drawn:
    """From checked input files and a beacon value as typed. Raises InputError for a value of the wrong form."""
    value = beacon_value(beacon)
    hashes = inputs.commitment
    return Drawn(
        inputs.rules, inputs.applicants, round_seed(hashes.rules_sha256, hashes.applicants_sha256, value), value
    )


def drawn_from_bundle(files: Mapping[str, bytes]) -> Drawn:
    """From a bundle's files, as it was drawn: what happened after the draw is left out, with a notice."""
    seed, value = seed_of(files)
    rules = parse_rules(files[RULES])
    notices = (Notice("{file} is left out: compared is the draw itself.", {"file": EVENTS}),) if EVENTS in files else ()
    return Drawn(rules, parse_applicants(files[APPLICANTS], rules), seed, value, notices)


@dataclass(frozen=True, slots=True)
class OtherRules:
    """Rules to compare with, under a name; `recounts` as for `compare_rules`."""

    name: str
    rules: Rules
    recounts: Sequence[Recount] = ()


def compare_all(
    drawn: Drawn, others: Sequence[OtherRules], progress: Callable[[int, int], None] = lambda _done, _total: None
) -> list[Comparison]:
    """The other rules, and the ready-made comparisons that can be computed for this wave.

    `progress`: (waves computed, waves to compute).
    """
    wave = (drawn.rules, drawn.applicants, drawn.seed)
    over_and_above = all(lot.region_cap is None for lot in drawn.rules.lots)
    total = _number_of_steps(drawn.rules, pure_merit(drawn.rules)) + (2 if over_and_above else 0)
    total += sum(_number_of_steps(drawn.rules, other.rules) + len(other.recounts) for other in others)
    done = count(1)

    def settled() -> None:
        progress(next(done), total)

    made = [compare_rules(*wave, other.rules, other.name, other.recounts, settled) for other in others]
    if over_and_above:
        made.append(compare_over_and_above(*wave, settled))
    return [*made, compare_pure_merit(*wave, settled)]


def _number_of_steps(base: Rules, other: Rules) -> int:
    """With the wave itself."""
    return 1 + sum(1 for _step in steps(base, other))
