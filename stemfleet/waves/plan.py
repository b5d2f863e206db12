"""A plan: rules over what is stored just now, drawn with the fixed value for planning. Nothing of it is kept.

It is what `run_wave` would store with that value. Who applies with what is remembered between two plans as long as
nothing was written into the history, so that a change of seats, reserves or caps is answered at once.
"""

from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock as Turn
from typing import Any
from weakref import WeakKeyDictionary

from sqlmodel import Session, col, select

from stemfleet.allocation.bundle import inputs_of
from stemfleet.allocation.canonical import digest
from stemfleet.allocation.draw import PLANNING, round_seed
from stemfleet.allocation.engine import SettledWave, holders, holders_of, result_of, settle_wave
from stemfleet.allocation.events import Change
from stemfleet.allocation.rules_file import rules_bytes
from stemfleet.allocation.values import Applicant, Ineligible, Lot, Notice, Rules, Unfilled
from stemfleet.store import HistoryEntry, School, Store
from stemfleet.waves.applicants import build_applicants, check_models
from stemfleet.words import Level, Place, RecipientKind
from stemfleet.workshop import Workshop

_REMEMBERED = 3  # one is of the rules as saved, one of the rules as typed; each has everybody in it
_AT_ONCE = 10_000  # codes in one question to the database, which takes no more than 32,000


@dataclass(frozen=True)
class ReservePlan:
    """Guaranteed places of one category in a lot.

    `usable`: how many of them its own applicants could fill; `asking`: its members that ask for the lot; `holding`:
    those that get a place there, guaranteed or open. Which place counts for which category is not said: there are
    several ways to count.
    """

    category: str
    places: int
    usable: int
    asking: int
    holding: int


@dataclass(frozen=True)
class LotPlan:
    """A lot: guaranteed and open places that are given, who asks for it, and to how many it is closed, by reason."""

    lot: Lot
    reserved: int
    open: int
    asking: int
    reserves: tuple[ReservePlan, ...]
    closed: Mapping[Ineligible, int]

    @property
    def awards(self) -> int:
        return self.reserved + self.open

    @property
    def guaranteed(self) -> int:
        """Places that the rules reserve."""
        return sum(self.lot.reserves.values())

    @property
    def unfilled(self) -> int:
        return self.lot.seats - self.awards


@dataclass(frozen=True)
class Selected:
    """Who would get a place; `merit` is the place in the order of merit, from 1."""

    code: str
    name: str
    kind: RecipientKind
    level: Level
    region: str | None
    categories: tuple[str, ...]
    lot: str
    place: Place
    points: int
    merit: int


@dataclass(frozen=True)
class Plan:
    """What rules would give. `selected` by lot and merit; the counts are of awards, a recipient being in each of its
    categories; "" is no region."""

    rules: Rules
    year: int
    seed: str
    applicants: int
    lots: tuple[LotPlan, ...]
    selected: tuple[Selected, ...]
    by_region: Mapping[str, int]
    by_level: Mapping[str, int]
    by_category: Mapping[str, int]
    notices: tuple[Notice, ...]

    @property
    def seats(self) -> int:
        return sum(plan.lot.seats for plan in self.lots)

    @property
    def awards(self) -> int:
        return len(self.selected)

    @property
    def departments(self) -> int:
        """Never counted among the schools."""
        return sum(one.kind is RecipientKind.DEPARTMENT for one in self.selected)


@dataclass(frozen=True)
class _Everybody:
    """Who applies with what, and the hash of that as a file."""

    applicants: tuple[Applicant, ...]
    sha256: str


_Shelf = OrderedDict[tuple[str, str, int], _Everybody]
_shelves: WeakKeyDictionary[Store, _Shelf] = WeakKeyDictionary()
_turn = Turn()


def plan_wave(workshop: Workshop, rules: Rules, year: int) -> Plan:
    """What checked rules would give in a wave of that year.

    Raises InputError or NotFound for a model, a level or an entry of the points table that cannot be used.
    """
    check_models(workshop.models, rules)
    everybody = _everybody(workshop, rules, year)
    wave = settle_wave(rules, everybody.applicants, _seed(rules, everybody))
    names = _names(workshop, holders_of(wave))
    selected = [one for lot in rules.lots for one in _selected(wave, lot.code, names)]
    return Plan(
        rules=rules,
        year=year,
        seed=wave.seed,
        applicants=len(everybody.applicants),
        lots=tuple(_lot_plan(wave, lot) for lot in rules.lots),
        selected=tuple(selected),
        by_region=_sorted(Counter(one.region or "" for one in selected)),
        by_level=_sorted(Counter(one.level for one in selected)),
        by_category=_sorted(Counter(name for one in selected for name in one.categories if not _is_region(name))),
        notices=result_of(wave).notices,
    )


def compare_plans(workshop: Workshop, before: tuple[Rules, int], after: tuple[Rules, int]) -> list[tuple[str, Change]]:
    """(name, change) for every recipient whose lot differs between two rules with their years, by code.

    Both with the tickets of the first: what changes is due to the rules, not to another draw. Raises as `plan_wave`.
    """
    held, seed = [], None
    for rules, year in (before, after):
        check_models(workshop.models, rules)
        everybody = _everybody(workshop, rules, year)
        seed = seed or _seed(rules, everybody)
        held.append(holders(replace(rules, wave=before[0].wave), everybody.applicants, seed))
    first, second = held
    changes = [Change(code, first.get(code), second.get(code)) for code in sorted(first.keys() | second.keys())]
    changes = [change for change in changes if change.before != change.after]
    names = _names(workshop, [change.school for change in changes])
    return [(names[change.school][0], change) for change in changes]


def _everybody(workshop: Workshop, rules: Rules, year: int) -> _Everybody:
    asked = _of_applicants(rules)
    with _turn, workshop.store.read() as session:
        shelf = _shelves.setdefault(workshop.store, _Shelf())
        key = _newest_entry(session), digest(rules_bytes(asked)), year
        if key not in shelf:
            inputs = inputs_of(asked, build_applicants(session, workshop.models, asked, year))
            shelf[key] = _Everybody(inputs.applicants, inputs.commitment.applicants_sha256)
        shelf.move_to_end(key)
        while len(shelf) > _REMEMBERED:
            shelf.popitem(last=False)
        return shelf[key]


def _of_applicants(rules: Rules) -> Rules:
    """The rules as far as they say who applies with what: without the number of places and how they are given."""
    places: dict[str, Any] = {"seats": 0, "units_per_award": 1, "reserves": {}, "unfilled": Unfilled.OPEN}
    caps: dict[str, Any] = {"open_region_cap": None, "category_region_caps": {}, "region_cap": None}
    lots = tuple(replace(lot, **places, **caps) for lot in rules.lots)
    return replace(rules, title="", lots=lots)


def _newest_entry(session: Session) -> str:
    """Every change of what is stored writes an entry, and its hash covers all before it."""
    return session.exec(select(HistoryEntry.sha256).order_by(col(HistoryEntry.id).desc()).limit(1)).first() or ""


def _names(workshop: Workshop, codes: Collection[str]) -> dict[str, tuple[str, RecipientKind]]:
    """Name and kind by code."""
    wanted, rows = list(codes), select(School.code, School.name, School.kind)
    found: dict[str, tuple[str, RecipientKind]] = {}
    with workshop.store.read() as session:
        for start in range(0, len(wanted), _AT_ONCE):
            some = session.exec(rows.where(col(School.code).in_(wanted[start : start + _AT_ONCE])))
            found.update((code, (name, RecipientKind(kind))) for code, name, kind in some)
    return found


def _seed(rules: Rules, everybody: _Everybody) -> str:
    return round_seed(digest(rules_bytes(rules)), everybody.sha256, PLANNING)


def _selected(wave: SettledWave, lot: str, names: Mapping[str, tuple[str, RecipientKind]]) -> Iterable[Selected]:
    choice = wave.settled[lot].choice
    reserved = set(choice.reserved)
    for rank in choice.all:
        applicant = wave.by_merit[rank]
        name, kind = names[applicant.school]
        yield Selected(
            code=applicant.school,
            name=name,
            kind=kind,
            level=applicant.level,
            region=applicant.region,
            categories=tuple(sorted(applicant.categories)),
            lot=lot,
            place=Place.RESERVED if rank in reserved else Place.OPEN,
            points=applicant.points,
            merit=rank + 1,
        )


def _lot_plan(wave: SettledWave, lot: Lot) -> LotPlan:
    settled = wave.settled[lot.code]
    asking = [wave.by_merit[rank] for rank in (*settled.held, *settled.waiting)]
    holding = [wave.by_merit[rank] for rank in settled.held]
    closed = Counter(a.ineligible[lot.code] for a in wave.by_merit if lot.code in a.ineligible)
    return LotPlan(
        lot=lot,
        reserved=len(settled.choice.reserved),
        open=len(settled.choice.open),
        asking=len(asking),
        reserves=tuple(_reserve_plan(lot, category, asking, holding) for category in sorted(lot.reserves)),
        closed={reason: closed[reason] for reason in Ineligible if closed[reason]},
    )


def _reserve_plan(lot: Lot, category: str, asking: Sequence[Applicant], holding: Sequence[Applicant]) -> ReservePlan:
    regions = Counter(a.region or "" for a in asking if category in a.categories)
    cap, places = lot.category_region_caps.get(category), lot.reserves[category]
    fitting = regions.total() if cap is None else sum(min(cap, number) for number in regions.values())
    return ReservePlan(
        category=category,
        places=places,
        usable=min(places, fitting),
        asking=regions.total(),
        holding=sum(category in a.categories for a in holding),
    )


def _is_region(category: str) -> bool:
    return category.startswith("region:")


def _sorted(counts: Counter[str]) -> dict[str, int]:
    """The most first; of equal ones in the order of their names."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
