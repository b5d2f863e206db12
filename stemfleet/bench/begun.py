"""Boards that were begun and have no record yet: after a kill it is known what was in the middle."""

import os
from collections.abc import Sequence
from functools import cache

import psutil
from sqlalchemy import ColumnElement, delete
from sqlmodel import Session, and_, col, or_, select

from stemfleet.store import BenchStart, BoardRun, Store, now


@cache
def this_process() -> str:
    """This run of the program; a number that the system gives out again is told apart by its start."""
    return _named(psutil.Process(os.getpid()))


def end_start(session: Session, start: BenchStart, board_id: str | None, kit_tag: str | None) -> None:
    """The board has its record now, in the same transaction; so nothing says any more that it was interrupted."""
    again = [and_(col(BenchStart.station) == start.station, col(BenchStart.slot) == start.slot, _nameless())]
    if board_id is not None:
        again.append(col(BenchStart.board_id) == board_id)
    if kit_tag is not None:
        again.append(and_(col(BenchStart.kit_tag) == kit_tag, col(BenchStart.recipe) == start.recipe))
    settled = and_(col(BenchStart.interrupted).is_not(None), or_(*again))
    session.connection().execute(delete(BenchStart).where(or_(col(BenchStart.id) == start.id, settled)))


def note_interrupted(store: Store, station: str) -> Sequence[BenchStart]:
    """Boards of this station whose program ended before their record, oldest first.

    Another program that works at this station just now is left alone. Not given: boards in whose slot something has
    been done since.
    """
    with store.write() as session:
        open_ones = select(BenchStart).where(BenchStart.station == station, col(BenchStart.interrupted).is_(None))
        for start in session.exec(open_ones).all():
            if not _is_alive(start.process):
                start.interrupted = now()
                session.add(start)
        session.flush()
        found = select(BenchStart).where(BenchStart.station == station, col(BenchStart.interrupted).is_not(None))
        starts = session.exec(found.order_by(col(BenchStart.id))).all()
        return [start for start in starts if not _used_since(session, start)]


def dismiss(store: Store, station: str, slot: str) -> None:
    """Somebody has seen that a nameless board was interrupted. Of a board or a kit that is known it stays known."""
    with store.write() as session:
        seen = and_(col(BenchStart.station) == station, col(BenchStart.slot) == slot, _nameless())
        session.connection().execute(delete(BenchStart).where(seen, col(BenchStart.interrupted).is_not(None)))


def _used_since(session: Session, start: BenchStart) -> bool:
    later = select(BoardRun.id).where(
        BoardRun.station == start.station, BoardRun.slot == start.slot, col(BoardRun.started) > start.started
    )
    return session.exec(later.limit(1)).first() is not None


def _nameless() -> ColumnElement[bool]:
    return and_(col(BenchStart.board_id).is_(None), col(BenchStart.kit_tag).is_(None))


def _is_alive(process: str) -> bool:
    number, _, _began = process.partition(":")
    try:
        return _named(psutil.Process(int(number))) == process
    except (psutil.Error, ValueError):
        return False


def _named(process: psutil.Process) -> str:
    return f"{process.pid}:{process.create_time():.2f}"
