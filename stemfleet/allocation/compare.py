"""What if: the same applicants and tickets under other rules, side by side.

Two comparisons are ready-made. *Pure merit*: no guaranteed places and no caps. *Over and above*: the open places go
first, to the best of all, and the guaranteed ones to the best of their groups among the rest; so a group keeps its
guarantee on top of what it wins by merit alone.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stemfleet.allocation.choice import Choice, Desk
from stemfleet.allocation.engine import SettledWave, cutoffs_of, holders_of, settle_wave
from stemfleet.allocation.events import Change
from stemfleet.allocation.other_rules import Difference, resolved, steps
from stemfleet.allocation.result_file import cutoff_document
from stemfleet.allocation.values import Applicant, Notice, Rules
from stemfleet.errors import InputError

PURE_MERIT = "pure merit"
OVER_AND_ABOVE = "over and above"
OPEN_FIRST = Difference(None, "open places before guaranteed ones", None, None)
Settled = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One difference between the rules, and how many schools' lots changed when it was made after those before it."""

    rule: Difference
    entered: int
    left: int
    moved: int


@dataclass(frozen=True, slots=True)
class Reasoned:
    """A school that holds something else, and the differences at which its lot changed, in order."""

    school: str
    before: str | None
    after: str | None
    by: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Recount:
    """The applicants counted anew because other rules have another points table or another `repeat_years`.

    `unequal`: of how many what is stored now does not give what was published, under the rules of the wave.
    """

    rule: Difference
    applicants: Sequence[Applicant]
    unequal: int


Counts = Mapping[str, Mapping[str, tuple[int, int]]]  # region, level, category or lot → value → awards before, after


@dataclass(frozen=True, slots=True)
class Comparison:
    """One set of other rules beside those of the wave. `cutoffs` are rows as in result.json, before and after."""

    name: str
    changes: tuple[Reasoned, ...]
    steps: tuple[Step, ...]
    counts: Counts
    cutoffs: tuple[list[dict[str, Any]], list[dict[str, Any]]]
    notices: tuple[Notice, ...] = ()

    def closings(self) -> list[tuple[str, str, str, str, int | None, int | None]]:
        """Lot, groups, region, kind of place, and the points of the last one before and after; what closed as before
        is left out."""
        tables = [{_row_key(row): row["last"]["points"] for row in rows if row["last"]} for rows in self.cutoffs]
        before, after = tables
        return [
            (*key, before.get(key), after.get(key))
            for key in sorted(before.keys() | after.keys())
            if before.get(key) != after.get(key)
        ]

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "notices": [str(notice) for notice in self.notices],
            "changes": [
                {"school": c.school, "before": c.before, "after": c.after, "by": [str(rule) for rule in c.by]}
                for c in self.changes
            ],
            "steps": [
                {"rule": str(s.rule), "entered": s.entered, "left": s.left, "moved": s.moved} for s in self.steps
            ],
            "counts": {
                kind: {value: {"before": before, "after": after} for value, (before, after) in table.items()}
                for kind, table in self.counts.items()
            },
            "cutoffs": {"before": self.cutoffs[0], "after": self.cutoffs[1]},
        }


def compare_rules(
    base: Rules,
    applicants: Sequence[Applicant],
    seed: str,
    other: Rules,
    name: str,
    recounts: Sequence[Recount] = (),
    settled: Settled = lambda: None,
) -> Comparison:
    """Other rules beside `base`. The wave's code, and with it every ticket, stays that of `base`.

    `recounts`, one for each of `points` and `repeat_years` that differs, are made first, each on top of the one before;
    without them the applicants stand as published. `settled` is called after each wave that was computed.
    """
    waves, said = [settle_wave(base, applicants, seed)], []
    settled()
    for recount in recounts:
        applicants = recount.applicants
        waves.append(settle_wave(base, applicants, seed))
        said.append(recount.rule)
        settled()
    for difference, rules in steps(base, other):
        waves.append(settle_wave(rules, resolved(applicants, base, rules), seed))
        said.append(difference)
        settled()
    return _compared(name, waves, said, _notices(base, other, recounts))


def uncounted(base: Rules, other: Rules) -> list[str]:
    """The keys of the rules that differ and act on who applies with what, not on who gets what."""
    return [key for key in ("points", "repeat_years") if getattr(base, key) != getattr(other, key)]


def _notices(base: Rules, other: Rules, recounts: Sequence[Recount]) -> list[Notice]:
    counted = {recount.rule.key: recount for recount in recounts}
    return [_notice(key, counted.get(key)) for key in uncounted(base, other)]


def _notice(key: str, recount: Recount | None) -> Notice:
    if recount is None:
        return Notice("{key} differs: it is not used here, points and closed lots are as published.", {"key": key})
    if recount.unequal:
        return Notice(
            "{key} differs and was counted anew from what is stored now. For {number} applicants that no longer gives "
            "what was published: the difference between the two rules is added to what was published for them.",
            {"key": key, "number": recount.unequal},
        )
    return Notice(
        "{key} differs and was counted anew from what is stored: by the wave's own rules that still gives everything "
        "that was published.",
        {"key": key},
    )


def compare_pure_merit(
    base: Rules, applicants: Sequence[Applicant], seed: str, settled: Settled = lambda: None
) -> Comparison:
    """The wave without guaranteed places and caps."""
    return compare_rules(base, applicants, seed, pure_merit(base), PURE_MERIT, settled=settled)


def compare_over_and_above(
    base: Rules, applicants: Sequence[Applicant], seed: str, settled: Settled = lambda: None
) -> Comparison:
    """The wave with its guaranteed places over and above the open ones. InputError for a lot with a `region_cap`."""
    for lot in base.lots:
        if lot.region_cap is not None:
            raise InputError("Lot {lot}: over and above cannot be computed beside a region_cap.", lot=lot.code)
    waves = []
    for desk in (Desk, OverAndAbove):
        waves.append(settle_wave(base, applicants, seed, desk))
        settled()
    return _compared(OVER_AND_ABOVE, waves, [OPEN_FIRST], [])


def pure_merit(rules: Rules) -> Rules:
    """The same lots and seats, all of them open, and no caps; `levels` and `admits` stay."""
    lots = (
        replace(lot, reserves={}, category_region_caps={}, open_region_cap=None, region_cap=None) for lot in rules.lots
    )
    return replace(rules, lots=tuple(lots))


def _row_key(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    return row["lot"], ", ".join(row["signature"]), row["region"] or "", row["place"]


class OverAndAbove(Desk):
    """The open places first, to the best of all; then the guaranteed ones; places that nobody takes as in the rules."""

    def choose(self, candidates: Iterable[int]) -> Choice:
        ranks = list(candidates)
        first = set(self._open_places(ranks, sum(self.lot.reserves.values())))
        chosen = super().choose([rank for rank in ranks if rank not in first])
        reserved = set(chosen.reserved)
        rest = [rank for rank in ranks if rank not in reserved]
        return Choice(chosen.reserved, self._open_places(rest, len(reserved)), chosen.proof)


def _compared(
    name: str, waves: Sequence[SettledWave], said: Sequence[Difference], notices: Sequence[Notice]
) -> Comparison:
    held = [holders_of(wave) for wave in waves]
    by: dict[str, list[Difference]] = {}
    made = []
    for rule, before, after in zip(said, held[:-1], held[1:], strict=True):
        changed = _changes(before, after)
        for change in changed:
            by.setdefault(change.school, []).append(rule)
        entered = sum(change.before is None for change in changed)
        left = sum(change.after is None for change in changed)
        made.append(Step(rule, entered, left, len(changed) - entered - left))
    first, last = waves[0], waves[-1]
    return Comparison(
        name=name,
        changes=tuple(Reasoned(c.school, c.before, c.after, tuple(by[c.school])) for c in _changes(held[0], held[-1])),
        steps=tuple(made),
        counts=_counts((first.by_merit, last.by_merit), (held[0], held[-1])),
        cutoffs=(
            [cutoff_document(row) for row in cutoffs_of(first)],
            [cutoff_document(row) for row in cutoffs_of(last)],
        ),
        notices=tuple(notices),
    )


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    found = (Change(school, before.get(school), after.get(school)) for school in sorted(before.keys() | after.keys()))
    return [change for change in found if change.before != change.after]


_KINDS: Mapping[str, Callable[[Applicant], Iterable[str]]] = {
    "region": lambda applicant: [applicant.region or ""],
    "level": lambda applicant: [applicant.level.value],
    "category": lambda applicant: applicant.categories,
}


def _counts(applicants: Sequence[Sequence[Applicant]], held: Sequence[Mapping[str, str]]) -> Counts:
    """Awards by region ("" for schools without one), level, category (a school counts in each) and lot.

    Both arguments are (before, after): a points table can give other categories.
    """
    sides = list(zip(applicants, held, strict=True))
    tables = {}
    for kind, values_of in _KINDS.items():
        before, after = (
            Counter(value for a in schools if a.school in holders for value in values_of(a))
            for schools, holders in sides
        )
        tables[kind] = _side_by_side(before, after)
    tables["lot"] = _side_by_side(Counter(held[0].values()), Counter(held[1].values()))
    return tables


def _side_by_side(before: Counter[str], after: Counter[str]) -> dict[str, tuple[int, int]]:
    return {value: (before[value], after[value]) for value in sorted(before.keys() | after.keys())}
