"""What is known of a board from before: its runs, its kit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from stemfleet.errors import NotFound
from stemfleet.store import Board, BoardRun, HistoryEntry, Store, read_history
from stemfleet.words import Outcome


@dataclass(frozen=True)
class Seen:
    """Runs of a board before this one: how many, how and when the last one ended, and the kit that it is part of."""

    runs: int
    outcome: Outcome
    reason: str | None
    ended: datetime
    kit_tag: str | None


@dataclass(frozen=True)
class BoardView:
    """A board with all its runs, newest first, and its history with names."""

    board: Board
    runs: Sequence[BoardRun]
    history: Sequence[tuple[HistoryEntry, str]]


def seen_before(session: Session, board_id: str) -> Seen | None:
    """None for a board that has no run yet."""
    board = session.get(Board, board_id)
    newest = select(BoardRun).where(BoardRun.board_id == board_id).order_by(col(BoardRun.id).desc()).limit(1)
    last = session.exec(newest).first()
    if board is None or last is None:
        return None
    runs = session.exec(select(func.count()).where(BoardRun.board_id == board_id)).one()
    return Seen(runs, last.outcome, last.reason, last.ended, board.kit_tag)


def show_board(store: Store, board_id: str) -> BoardView:
    """Raises NotFound for a board that the bench has never seen."""
    with store.read() as session:
        board = session.get(Board, board_id)
        if board is None:
            raise NotFound("The bench has never seen a board {board}.", board=board_id)
        runs = select(BoardRun).where(BoardRun.board_id == board_id).order_by(col(BoardRun.id).desc())
        return BoardView(board, session.exec(runs).all(), read_history(session, "board", board_id))
