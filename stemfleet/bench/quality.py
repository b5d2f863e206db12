"""Yield: how many boards passed at the first try, and what kept the others from it.

A board counts once, by the first of its runs that tells something about it (PASS or FAIL). ERROR, TIMEOUT and ABORTED
say nothing about a board; they are counted beside, since they tell of slots and cables. Boards that were refused only
because they belong to another kit are left out. A run whose board could not be named counts as a board of its own.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, or_, select

from stemfleet.store import Board, BoardRun, Kit, Store
from stemfleet.words import Outcome, Reason

_HERE = ZoneInfo("Europe/Athens")
_UNTOLD = (Outcome.ERROR, Outcome.TIMEOUT)


class Dimension(StrEnum):
    """What the yield is counted by."""

    MODEL = "model"
    LOT = "lot"
    SUPPLIER = "supplier"
    SLOT = "slot"
    DAY = "day"


@dataclass(frozen=True)
class Chosen:
    """Which boards count; None: all. Days are the first run's, in Greece, both included."""

    model: str | None = None
    lot: str | None = None
    supplier: str | None = None
    since: date | None = None
    until: date | None = None


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


def first_runs(store: Store, chosen: Chosen = Chosen()) -> list[FirstRun]:
    """The boards in the order of their first telling runs."""
    with store.read() as session:
        rows = _runs(session)
    untold: Counter[str] = Counter()
    found: dict[str, FirstRun] = {}
    for number, board_id, outcome, reason, station, slot, ended, model, lot, supplier in rows:
        board = board_id or f"run {number}"
        if board in found:
            continue
        if outcome in _UNTOLD:
            untold[board] += 1
        if outcome in (Outcome.PASS, Outcome.FAIL):
            found[board] = FirstRun(
                passed=outcome is Outcome.PASS,
                reason=reason or "",
                model=model or "",
                lot=lot or "",
                supplier=supplier or "",
                slot=f"{station} {slot}" if slot else station,
                day=_day(ended).isoformat(),
                untold=untold[board],
            )
    return [run for run in found.values() if _is_chosen(run, chosen)]


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


def _runs(session: Session) -> Sequence[tuple[Any, ...]]:
    """Oldest first, with the kit that the board is part of, or that the run was for."""
    chosen = (
        select(  # type: ignore[call-overload,misc]
            BoardRun.id,
            BoardRun.board_id,
            BoardRun.outcome,
            BoardRun.reason,
            BoardRun.station,
            BoardRun.slot,
            BoardRun.ended,
            Kit.model,
            Kit.delivery_lot,
            Kit.supplier,
        )
        .join(Board, col(Board.id) == BoardRun.board_id, isouter=True)
        .join(Kit, col(Kit.tag) == func.coalesce(Board.kit_tag, BoardRun.kit_tag), isouter=True)
        .where(or_(col(BoardRun.reason).is_(None), col(BoardRun.reason) != Reason.OTHER_KIT.value))
        .order_by(col(BoardRun.ended), col(BoardRun.id))
    )
    rows: Sequence[tuple[Any, ...]] = session.exec(chosen).all()
    return rows


def _day(at: datetime) -> date:
    return at.astimezone(_HERE).date()


def _is_chosen(run: FirstRun, chosen: Chosen) -> bool:
    wanted = ((chosen.model, run.model), (chosen.lot, run.lot), (chosen.supplier, run.supplier))
    day = date.fromisoformat(run.day)
    return (
        all(want is None or want == value for want, value in wanted)
        and (chosen.since is None or day >= chosen.since)
        and (chosen.until is None or day <= chosen.until)
    )
