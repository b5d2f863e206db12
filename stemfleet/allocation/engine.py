"""`allocate`: who gets what, from values alone. The same inputs and seed give the same result, always."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stemfleet.allocation.choice import Desk
from stemfleet.allocation.draw import tickets
from stemfleet.allocation.proposals import Settled, settle
from stemfleet.allocation.replacements import Replacements
from stemfleet.allocation.values import (
    Applicant,
    Award,
    Cutoff,
    Lot,
    Merit,
    Notice,
    Result,
    Rules,
)
from stemfleet.words import Place


def allocate(rules: Rules, applicants: Sequence[Applicant], seed: str) -> Result:
    """Allocate a wave: the choice by merit and guarantees within each lot, schools proposing across lots.

    `applicants` in any order, each school once; `seed` in hex (see `draw.round_seed`). The values are taken as checked:
    files are checked when they are read, and values made by a program with `bundle.inputs_of`.
    """
    return result_of(settle_wave(rules, applicants, seed))


@dataclass(frozen=True, slots=True)
class SettledWave:
    """A wave when nobody is rejected any more. A rank is a place in the order of merit, the first being 0.

    `by_merit`, `merits` and `preferences` are by rank; `desks` and `settled` by lot code.
    """

    rules: Rules
    seed: str
    by_merit: Sequence[Applicant]
    merits: Sequence[Merit]
    preferences: Sequence[tuple[str, ...]]
    desks: Mapping[str, Desk]
    settled: Mapping[str, Settled]


def settle_wave(rules: Rules, applicants: Sequence[Applicant], seed: str, desk: type[Desk] = Desk) -> SettledWave:
    """Who holds what and who waits, before anything is said about it. Arguments as for `allocate`.

    `desk` is the choice within a lot; another than the rule's own is for comparisons only.
    """
    by_merit, merits = order_of_merit(rules.wave, applicants, seed)
    desks = {lot.code: desk(lot, by_merit) for lot in rules.lots}
    preferences = [applicant.preferences for applicant in by_merit]
    return SettledWave(rules, seed, by_merit, merits, preferences, desks, settle(desks, preferences))


def result_of(wave: SettledWave) -> Result:
    """The result with its lists and proofs."""
    desks, settled = wave.desks, wave.settled
    replacements = Replacements(desks, settled, wave.preferences)
    schools = [applicant.school for applicant in wave.by_merit]
    return Result(
        seed=wave.seed,
        awards=_awards(settled, schools),
        waiting={code: tuple([schools[rank] for rank in lot.waiting]) for code, lot in settled.items()},
        replacements={
            code: {
                schools[holder]: None if entrant is None else schools[entrant]
                for holder, entrant in replacements.of_lot(code).items()
            }
            for code in desks
        },
        cutoffs=cutoffs_of(wave),
        certificates={code: lot.choice.proof for code, lot in settled.items()},
        notices=tuple(notices_of(wave.rules, wave.by_merit)),
    )


def holders(rules: Rules, applicants: Sequence[Applicant], seed: str) -> dict[str, str]:
    """School → the lot that it holds: the awards of `allocate` alone, in a fraction of its time."""
    return holders_of(settle_wave(rules, applicants, seed))


def holders_of(wave: SettledWave) -> dict[str, str]:
    """School → the lot that it holds."""
    return {wave.by_merit[rank].school: code for code, lot in wave.settled.items() for rank in lot.held}


def order_of_merit(wave: str, applicants: Sequence[Applicant], seed: str) -> tuple[list[Applicant], list[Merit]]:
    """The applicants by points (most first), then by ticket (lowest first), and their places in that order."""
    drawn = tickets(seed, wave, [applicant.school for applicant in applicants])
    order = sorted(range(len(applicants)), key=drawn.__getitem__)
    order.sort(key=lambda index: -applicants[index].points)
    by_merit = [applicants[index] for index in order]
    return by_merit, [Merit(applicants[index].points, drawn[index]) for index in order]


def _awards(settled: Mapping[str, Settled], schools: Sequence[str]) -> tuple[Award, ...]:
    awards = [
        Award(schools[rank], code, place)
        for code, lot in settled.items()
        for place, ranks in ((Place.RESERVED, lot.choice.reserved), (Place.OPEN, lot.choice.open))
        for rank in ranks
    ]
    return tuple(sorted(awards, key=lambda award: (award.school, award.lot)))


def cutoffs_of(wave: SettledWave) -> tuple[Cutoff, ...]:
    """Where the places of each lot closed, by signature and, where regions matter, by region."""
    rows = [row for code, desk in wave.desks.items() for row in _cutoffs_of_lot(desk, wave.settled[code], wave.merits)]
    return tuple(sorted(rows, key=lambda row: (row.lot, row.signature, row.region or "", row.place)))


def _cutoffs_of_lot(desk: Desk, settled: Settled, merits: Sequence[Merit]) -> list[Cutoff]:
    refused = _count(desk, settled.waiting)
    rows = []
    places = ((Place.RESERVED, settled.choice.reserved), (Place.OPEN, settled.choice.open))
    counted = [(place, _count(desk, ranks), {desk.group_of[r]: r for r in ranks}) for place, ranks in places]
    asked = {group for _, chosen, _ in counted for group in chosen} | refused.keys()
    for group in asked:
        categories, region = desk.groups[group]
        for place, chosen, last in counted:
            if place is Place.RESERVED and not categories:
                continue
            rows.append(
                Cutoff(
                    lot=desk.lot.code,
                    signature=categories,
                    region=region or None,
                    place=place,
                    last=merits[last[group]] if group in last else None,
                    chosen=chosen.get(group, 0),
                    refused=refused.get(group, 0),
                )
            )
    return rows


def _count(desk: Desk, ranks: Sequence[int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for rank in ranks:
        group = desk.group_of[rank]
        counts[group] = counts.get(group, 0) + 1
    return counts


def notices_of(rules: Rules, applicants: Sequence[Applicant]) -> list[Notice]:
    """What the person who runs a round should know before the draw: reserves that nobody can use, caps that cross."""
    standings = {(a.preferences, a.categories) for a in applicants}
    notices = []
    for lot in sorted(rules.lots, key=lambda lot: lot.code):
        asking = [categories for preferences, categories in standings if lot.code in preferences]
        for category, places in sorted(lot.reserves.items()):
            if places and not any(category in categories for categories in asking):
                notices.append(_nobody_qualifies(lot, category, places))
        if lot.region_cap is not None:
            notices.append(_crosses(lot))
    return notices


def _nobody_qualifies(lot: Lot, category: str, places: int) -> Notice:
    return Notice(
        "Lot {lot}: the reserve for {category} ({places}) finds nobody: no such applicant asks for the lot.",
        {"lot": lot.code, "places": places, "category": category},
    )


def _crosses(lot: Lot) -> Notice:
    return Notice(
        "Lot {lot}: the cap of {cap} on all places of a region crosses the guarantees. Two promises no longer hold: "
        "a school that leaves may cost another its place, and guarantees may stay unused because a region is full.",
        {"lot": lot.code, "cap": lot.region_cap},
    )
