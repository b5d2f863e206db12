"""The gate: nothing leaves without a pass of every component with the current firmware and the current test.

What is open may be waived by two persons together (`override.py`); it stays known as waived.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, true
from sqlmodel import Session, col, or_, select

from stemfleet.catalogue import Component, find_model
from stemfleet.devices.recipe import Recipe
from stemfleet.kits.releases import current_recipes
from stemfleet.store import BenchStart, Board, BoardRun, GateOverride, Kit
from stemfleet.words import Outcome, Reason
from stemfleet.workshop import Workshop

_TELLING = (Outcome.PASS, Outcome.FAIL)


@dataclass(frozen=True)
class OpenPoint:
    """Why a kit may not leave. `code`: failed, board_missing, not_passed, half_written, interrupted, old_firmware,
    old_test, no_release, no_checklist.

    `subject`: the reason of the newest run (failed), the recipes one of which a missing board needs, the slot where a
    board was interrupted, the recipe without a release, the kit's model (no_checklist), or the board. `detail`: what
    exactly is open, the same in every language: `#12` the run, `→ 2.1` the release or test wanted, `×2` how many
    are missing, or when a board was interrupted. An override covers a point with its detail, and no other.
    """

    code: str
    subject: str
    detail: str = ""

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "subject": self.subject, "detail": self.detail}


@dataclass(frozen=True)
class Gate:
    """How a kit stands before the gate: it may leave when nothing is `open`. `waived`: open, but overridden."""

    open: tuple[OpenPoint, ...]
    waived: tuple[OpenPoint, ...] = ()


@dataclass(frozen=True)
class _Run:
    """What the gate reads of a run."""

    id: int
    outcome: Outcome
    reason: str | None
    firmware_sha256: str | None
    first_sha256: str | None
    test_version: str
    wrote: bool

    @property
    def tells(self) -> bool:
        """Whether it says something about the board: not where it could not tell, nor that it was at the wrong kit."""
        return self.outcome in _TELLING and self.reason != Reason.OTHER_KIT


@dataclass
class _Proofs:
    """What is stored about one kit; runs newest first."""

    boards: list[Board] = field(default_factory=list)
    told: list[tuple[str | None, _Run]] = field(default_factory=list)  # those of the kit that tell, with their board
    runs: dict[str, list[_Run]] = field(default_factory=lambda: defaultdict(list))
    interrupted: list[BenchStart] = field(default_factory=list)
    waived: set[OpenPoint] = field(default_factory=set)


def open_points(session: Session, workshop: Workshop, kit: Kit) -> list[OpenPoint]:
    """What still keeps the kit in; empty: it may leave."""
    return list(gate_of(session, workshop, kit).open)


def gate_of(session: Session, workshop: Workshop, kit: Kit) -> Gate:
    """The gate for one kit."""
    return gates_of(session, workshop, [kit], col(Kit.tag) == kit.tag)[kit.tag]


def gates_of(
    session: Session, workshop: Workshop, kits: Sequence[Kit], which: ColumnElement[bool]
) -> Mapping[str, Gate]:
    """The gate for many kits at once, by tag; `which` is the condition that chose them."""
    proofs, recipes = _read_proofs(session, workshop, which), current_recipes(session, workshop)
    return {kit.tag: _judge(workshop, recipes, kit, proofs[kit.tag]) for kit in kits}


def boards_of(session: Session, kit: Kit) -> Sequence[Board]:
    return session.exec(select(Board).where(Board.kit_tag == kit.tag).order_by(Board.id)).all()


def _read_proofs(session: Session, workshop: Workshop, which: ColumnElement[bool]) -> Mapping[str, _Proofs]:
    proofs: dict[str, _Proofs] = defaultdict(_Proofs)
    tags = select(Kit.tag).where(which)
    kit_of = {}
    for board in session.exec(select(Board).where(col(Board.kit_tag).in_(tags)).order_by(Board.id)):
        assert board.kit_tag is not None
        proofs[board.kit_tag].boards.append(board)
        kit_of[board.id] = board.kit_tag
    _read_runs(session, counted_runs(workshop), tags, kit_of, proofs)
    boards = select(Board.id).where(col(Board.kit_tag).in_(tags))
    starts = select(BenchStart).where(
        col(BenchStart.interrupted).is_not(None),
        or_(col(BenchStart.kit_tag).in_(tags), col(BenchStart.board_id).in_(boards)),
    )
    for start in session.exec(starts):
        tag = start.kit_tag or kit_of[start.board_id or ""]
        proofs[tag].interrupted.append(start)
    overrides = select(GateOverride).where(col(GateOverride.kit_tag).in_(tags), col(GateOverride.approved).is_(True))
    for override in session.exec(overrides):
        proofs[override.kit_tag].waived |= points_of(override)
    return proofs


def counted_runs(workshop: Workshop) -> ColumnElement[bool]:
    """The runs that say something about goods: those of virtual boards in a demo only."""
    return true() if workshop.demo else col(BoardRun.virtual).is_(False)


def _read_runs(
    session: Session,
    counted: ColumnElement[bool],
    tags: Any,
    kit_of: Mapping[str, str],
    proofs: Mapping[str, _Proofs],
) -> None:
    boards = select(Board.id).where(col(Board.kit_tag).in_(tags))
    columns = (
        BoardRun.kit_tag,
        BoardRun.board_id,
        BoardRun.id,
        BoardRun.outcome,
        BoardRun.reason,
        BoardRun.firmware_sha256,
        BoardRun.first_sha256,
        BoardRun.test_version,
        BoardRun.wrote,
    )
    chosen = select(*columns).where(  # type: ignore[call-overload]
        counted, or_(col(BoardRun.kit_tag).in_(tags), col(BoardRun.board_id).in_(boards))
    )
    for tag, board, *facts in session.exec(chosen.order_by(col(BoardRun.ended).desc(), col(BoardRun.id).desc())):
        run = _Run(*facts)
        if board in kit_of:
            proofs[kit_of[board]].runs[board].append(run)
        if tag is not None and run.tells:
            proofs[tag].told.append((board, run))


def points_of(override: GateOverride) -> set[OpenPoint]:
    return {OpenPoint(*row) for row in override.points}


def _judge(workshop: Workshop, recipes: Mapping[str, Recipe], kit: Kit, proofs: _Proofs) -> Gate:
    points = _points(workshop, recipes, kit, proofs)
    return Gate(
        tuple(point for point in points if point not in proofs.waived),
        tuple(point for point in points if point in proofs.waived),
    )


def _points(workshop: Workshop, recipes: Mapping[str, Recipe], kit: Kit, proofs: _Proofs) -> list[OpenPoint]:
    model = find_model(workshop.models, kit.model)
    if not model.components:
        return [OpenPoint("no_checklist", kit.model)]
    points = [OpenPoint("interrupted", start.slot, start.started.isoformat()) for start in proofs.interrupted]
    newest = _newest(proofs)
    if newest is not None and newest.outcome is Outcome.FAIL:
        points.append(OpenPoint("failed", newest.reason or "", f"#{newest.id}"))
    for component in model.components:
        points += _missing(component, proofs.boards)
    for board in proofs.boards:
        points += _unproved(proofs.runs[board.id], recipes.get(board.recipe), board)
    return points


def _newest(proofs: _Proofs) -> _Run | None:
    """The newest run that tells something of the kit as a whole: not one of a board that was taken out of it since."""
    there = {board.id for board in proofs.boards}
    joined = {board for board, run in proofs.told if run.outcome is Outcome.PASS}
    return next((run for board, run in proofs.told if board not in joined - there), None)


def _missing(component: Component, boards: Sequence[Board]) -> list[OpenPoint]:
    missing = component.count - sum(board.recipe in component.recipes for board in boards)
    return [OpenPoint("board_missing", " / ".join(component.recipes), f"×{missing}")] if missing > 0 else []


def _unproved(runs: Sequence[_Run], recipe: Recipe | None, board: Board) -> list[OpenPoint]:
    """The newest run that tells must be a PASS of the current test, and the last flash one of the current firmware.

    A check that writes nothing proves the board, but not which firmware is on it.
    """
    telling = [run for run in runs if run.tells]
    last = f"#{telling[0].id}" if telling else ""
    if not telling or telling[0].outcome is not Outcome.PASS or recipe is None:
        return [OpenPoint("not_passed", board.id, last)]
    flash = None if recipe.is_checklist else _last_flash(runs)
    if flash is not None and flash.outcome is not Outcome.PASS:
        return [OpenPoint("half_written", board.id, f"#{flash.id}")]
    if not recipe.is_checklist and (old := _not_current(flash, recipe, board)):
        return [old]
    if telling[0].test_version != recipe.test_version:
        return [OpenPoint("old_test", board.id, f"{last} → {recipe.test_version}")]
    return []


def _not_current(flash: _Run | None, recipe: Recipe, board: Board) -> OpenPoint | None:
    """The firmware, and the first program where boards leave with another image, have to be the current ones."""
    run, wanted, first = f"#{flash.id}" if flash else "", recipe.firmware, recipe.first_program
    if wanted.sha256 is None:
        return OpenPoint("no_release", recipe.name, f"{board.id} {run}".strip())
    if flash is not None and flash.firmware_sha256 == wanted.sha256:
        if first is None or first.sha256 == flash.first_sha256:
            return None
        wanted = first
    return OpenPoint("old_firmware", board.id, f"{run} → {wanted.version} {(wanted.sha256 or '')[:12]}".strip())


def _last_flash(runs: Iterable[_Run]) -> _Run | None:
    """The newest run that put its firmware on the board, or left it half written."""
    return next((run for run in runs if run.wrote or (run.outcome is Outcome.PASS and run.firmware_sha256)), None)
