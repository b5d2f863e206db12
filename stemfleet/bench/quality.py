"""Yield: how many boards passed at the first try, and what kept the others from it.

A board counts once, by the first of its runs that tells how good it is: a PASS, or a FAIL by its own fault. Its own are
what was read back wrongly, firmware that it refused, and measurements out of their limits. That it is of another kind
than the slot's, part of another kit, or has the identity of another board, is a fault of ours and left out. ERROR,
TIMEOUT and ABORTED say nothing about a board; they are counted beside, since they tell of slots and cables.

A run whose board could not be named is taken for the first try of the board that was named next in the same slot, for
the same kit and recipe; without such a one it counts as a board of its own.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from stemfleet.catalogue import find_model
from stemfleet.errors import InputError, NotFound
from stemfleet.kits import counted_runs
from stemfleet.store import Board, BoardRun, Kit, Store
from stemfleet.words import MEASUREMENT_REASON, Outcome, Reason
from stemfleet.workshop import Workshop

_HERE = ZoneInfo("Europe/Athens")
_UNTOLD = (Outcome.ERROR, Outcome.TIMEOUT)
_OWN_FAULTS = {Reason.VERIFY_MISMATCH.value, Reason.FLASH_REFUSED.value}


class Dimension(StrEnum):
    """What the yield is counted by."""

    MODEL = "model"
    LOT = "lot"
    SUPPLIER = "supplier"
    SLOT = "slot"
    DAY = "day"


@dataclass(frozen=True)
class Chosen:
    """Which boards count; None: all. Days are the first run's, in Greece, both included.

    `slot`: as `yield_by` names it, with its station.
    `virtual`: the virtual boards alone; otherwise those that count as goods, which a supplier and a slot are judged by.
    """

    model: str | None = None
    lot: str | None = None
    supplier: str | None = None
    since: date | None = None
    until: date | None = None
    slot: str | None = None
    virtual: bool = False


@dataclass(frozen=True)
class FirstRun:
    """A board by its first telling run. `untold`: runs before it that could not tell. Empty texts: not known."""

    passed: bool
    reason: str
    model: str
    lot: str
    supplier: str
    slot: str
    day: str
    untold: int

    def value(self, dimension: Dimension) -> str:
        value: str = getattr(self, dimension.value)
        return value


@dataclass(frozen=True)
class YieldRow:
    """`boards` of one value, `passed` of them at the first try; `untold`: runs before it that could not tell."""

    value: str
    boards: int
    passed: int
    untold: int

    @property
    def share(self) -> float:
        """Passed at the first try, 0 to 1."""
        return self.passed / self.boards


@dataclass(frozen=True)
class ParetoRow:
    """`boards` that failed for one reason; `share` of all that failed, `together` with the rows before, 0 to 1."""

    reason: str
    boards: int
    share: float
    together: float


class Told(NamedTuple):
    """What is counted of a run: with the kit that its board is part of, or that the run was for."""

    id: int
    board_id: str | None
    outcome: Outcome
    reason: str | None
    recipe: str
    station: str
    slot: str | None
    ended: datetime
    tag: str | None
    model: str | None
    lot: str | None
    supplier: str | None

    @property
    def tells(self) -> bool:
        """Whether it says how good the board is."""
        return self.outcome is Outcome.PASS or (self.outcome is Outcome.FAIL and _is_own_fault(self.reason or ""))

    @property
    def where(self) -> tuple[str | None, ...]:
        return self.station, self.slot, self.tag, self.recipe


def first_runs(workshop: Workshop, chosen: Chosen = Chosen()) -> list[FirstRun]:
    """The boards in the order of their first telling runs."""
    counted = col(BoardRun.virtual).is_(True) if chosen.virtual else counted_runs(workshop)
    with workshop.store.read() as session:
        boards = told_by_board(session, counted)
    found = []
    for runs in boards:
        number = next((number for number, run in enumerate(runs) if run.tells), None)
        if number is not None:
            found.append(_first(runs[number], sum(run.outcome in _UNTOLD for run in runs[:number])))
    found.sort(key=lambda both: (both[0].ended, both[0].id))
    return [run for _told, run in found if _is_chosen(run, chosen)]


def told_by_board(session: Session, counted: ColumnElement[bool]) -> Sequence[Sequence[Told]]:
    """The runs of each board, oldest first; nameless ones with the board that they are taken for."""
    boards: dict[str, list[Told]] = defaultdict(list)
    next_there: dict[tuple[str | None, ...], str] = {}
    for run in reversed(_runs(session, counted)):
        board = run.board_id or next_there.get(run.where, f"run {run.id}")
        next_there[run.where] = board
        boards[board].append(run)
    return [runs[::-1] for runs in boards.values()]


def _is_own_fault(reason: str) -> bool:
    return reason in _OWN_FAULTS or reason.startswith(MEASUREMENT_REASON)


def _first(run: Told, untold: int) -> tuple[Told, FirstRun]:
    return run, FirstRun(
        passed=run.outcome is Outcome.PASS,
        reason="" if run.outcome is Outcome.PASS else run.reason or "",
        model=run.model or "",
        lot=run.lot or "",
        supplier=run.supplier or "",
        slot=f"{run.station} {run.slot}" if run.slot else run.station,
        day=_day(run.ended).isoformat(),
        untold=untold,
    )


def yield_by(runs: Iterable[FirstRun], dimension: Dimension) -> list[YieldRow]:
    """By value: days in their order, everything else with the worst first."""
    groups: dict[str, list[FirstRun]] = defaultdict(list)
    for run in runs:
        groups[run.value(dimension)].append(run)
    rows = [
        YieldRow(value, len(group), sum(run.passed for run in group), sum(run.untold for run in group))
        for value, group in groups.items()
    ]
    if dimension is Dimension.DAY:
        return sorted(rows, key=lambda row: row.value)
    return sorted(rows, key=lambda row: (row.share, -row.boards, row.value))


def pareto(runs: Iterable[FirstRun]) -> list[ParetoRow]:
    """What failed most often, first."""
    counted = Counter(run.reason for run in runs if not run.passed)
    total = counted.total()
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    together = accumulate(number for _reason, number in ordered)
    return [
        ParetoRow(reason, number, number / total, so_far / total)
        for (reason, number), so_far in zip(ordered, together, strict=True)
    ]


def known_origins(store: Store) -> tuple[list[str], list[str]]:
    """(delivery lots, suppliers) that kits were received with, in alphabetical order."""
    with store.read() as session:
        lots = session.exec(select(Kit.delivery_lot).where(col(Kit.delivery_lot).is_not(None)).distinct()).all()
        suppliers = session.exec(select(Kit.supplier).where(col(Kit.supplier).is_not(None)).distinct()).all()
    return sorted(filter(None, lots)), sorted(filter(None, suppliers))


def check_chosen(workshop: Workshop, chosen: Chosen) -> None:
    """Whether there can be such boards. Raises NotFound for an unknown model, lot or supplier, InputError for days."""
    if chosen.model is not None:
        find_model(workshop.models, chosen.model)
    lots, suppliers = known_origins(workshop.store)
    for name, known in ((chosen.lot, lots), (chosen.supplier, suppliers)):
        if name is not None and name not in known:
            raise NotFound("No kit came in lot or from supplier {name}. Known: {known}.", name=name, known=_list(known))
    if chosen.since and chosen.until and chosen.since > chosen.until:
        raise InputError("The first day {since} is after the last day {until}.", since=chosen.since, until=chosen.until)


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "–"


def _runs(session: Session, counted: ColumnElement[bool]) -> list[Told]:
    """Oldest first."""
    tag = func.coalesce(Board.kit_tag, BoardRun.kit_tag)
    chosen = (
        select(  # type: ignore[call-overload,misc]
            BoardRun.id,
            BoardRun.board_id,
            BoardRun.outcome,
            BoardRun.reason,
            BoardRun.recipe,
            BoardRun.station,
            BoardRun.slot,
            BoardRun.ended,
            tag,
            Kit.model,
            Kit.delivery_lot,
            Kit.supplier,
        )
        .join(Board, col(Board.id) == BoardRun.board_id, isouter=True)
        .join(Kit, col(Kit.tag) == tag, isouter=True)
        .where(counted)
        .order_by(col(BoardRun.ended), col(BoardRun.id))
    )
    return [Told(*row) for row in session.exec(chosen)]


def _day(at: datetime) -> date:
    return at.astimezone(_HERE).date()


def _is_chosen(run: FirstRun, chosen: Chosen) -> bool:
    wanted = (
        (chosen.model, run.model),
        (chosen.lot, run.lot),
        (chosen.supplier, run.supplier),
        (chosen.slot, run.slot),
    )
    day = date.fromisoformat(run.day)
    return (
        all(want is None or want == value for want, value in wanted)
        and (chosen.since is None or day >= chosen.since)
        and (chosen.until is None or day <= chosen.until)
    )
