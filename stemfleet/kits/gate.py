"""The gate: nothing leaves without a pass of every board on the current firmware and the current test."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from stemfleet.catalogue import Component, find_model
from stemfleet.devices.recipe import Recipe
from stemfleet.store import Board, BoardRun, Kit
from stemfleet.words import Outcome
from stemfleet.workshop import Workshop


@dataclass(frozen=True)
class OpenPoint:
    """Why a kit may not leave. `code`: failed, board_missing, not_passed, old_firmware, old_test, no_checklist.

    `subject`: the reason of the newest run (failed), the recipes one of which a missing board needs, or the board.
    """

    code: str
    subject: str


def open_points(session: Session, workshop: Workshop, kit: Kit) -> list[OpenPoint]:
    """What still keeps the kit in; empty: it may leave.

    A model without boards is proved by a checklist. There are none yet, so such a kit stays in.
    """
    model = find_model(workshop.models, kit.model)
    if not model.components:
        return [OpenPoint("no_checklist", kit.model)]
    boards = boards_of(session, kit)
    newest = _telling(session, col(BoardRun.kit_tag) == kit.tag)[:1]
    points = [OpenPoint("failed", run.reason or "") for run in newest if run.outcome is Outcome.FAIL]
    points += [point for component in model.components for point in _missing(component, boards)]
    for board in boards:
        points += _unproved(
            _telling(session, col(BoardRun.board_id) == board.id), workshop.recipes.get(board.recipe), board
        )
    return points


def boards_of(session: Session, kit: Kit) -> Sequence[Board]:
    return session.exec(select(Board).where(Board.kit_tag == kit.tag).order_by(Board.id)).all()


def _telling(session: Session, which: ColumnElement[bool]) -> Sequence[BoardRun]:
    """Newest first. ERROR, TIMEOUT and ABORTED say nothing about the board and are left out."""
    telling = select(BoardRun).where(which, col(BoardRun.outcome).in_([Outcome.PASS, Outcome.FAIL]))
    return session.exec(telling.order_by(col(BoardRun.ended).desc(), col(BoardRun.id).desc())).all()


def _missing(component: Component, boards: Sequence[Board]) -> list[OpenPoint]:
    there = sum(board.recipe in component.recipes for board in boards)
    return [OpenPoint("board_missing", " / ".join(component.recipes))] * (component.count - there)


def _unproved(runs: Sequence[BoardRun], recipe: Recipe | None, board: Board) -> list[OpenPoint]:
    """A check that writes nothing proves the board, but not which firmware is on it: the last flash does."""
    if not runs or runs[0].outcome is not Outcome.PASS or recipe is None:
        return [OpenPoint("not_passed", board.id)]
    flashed = next((run.firmware_sha256 for run in runs if run.firmware_sha256 is not None), None)
    if flashed is None or (not recipe.firmware.open and flashed != recipe.firmware.sha256):
        return [OpenPoint("old_firmware", board.id)]
    if runs[0].test_version != recipe.test_version:
        return [OpenPoint("old_test", board.id)]
    return []
