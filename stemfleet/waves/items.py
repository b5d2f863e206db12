"""Evidence as the points table wants it: school by school, added up as far as no rule tells the records apart."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Select, func, null
from sqlmodel import Session, col, select

from stemfleet.schools import heirs, inherited_by
from stemfleet.store import Evidence, School
from stemfleet.waves.points import Item, PointsTable
from stemfleet.words import Level

_AT_ONCE = 10_000


def read_items(session: Session, table: PointsTable, year: int) -> Iterator[tuple[str, list[Item]]]:
    """(school, what it has up to the year), for every school that has anything.

    By code; records of schools that became another one, and count for it by a decision, stand with that one. Persons
    and ranks are told apart only where the table counts them.
    """
    moved = heirs(session)
    inherited = _inherited(session, table, year, moved)
    for school, items in _by_school(session, _added_up(table, year)):
        if school not in moved:
            yield school, [*items, *inherited.pop(school, ())]
    yield from sorted(inherited.items())


def _inherited(session: Session, table: PointsTable, year: int, moved: Mapping[str, str]) -> dict[str, list[Item]]:
    """Successor → what it has from others: few."""
    found: dict[str, list[Item]] = {}
    if moved:
        of_moved = _added_up(table, year).where(col(Evidence.school_code).in_(sorted(moved)))
        for school, items in _by_school(session, of_moved):
            found.setdefault(moved[school], []).extend(items)
    return found


def _by_school(session: Session, chosen: Select[Any]) -> Iterator[tuple[str, list[Item]]]:
    for school, rows in groupby(_rows(session.connection(), chosen), itemgetter(0)):
        yield school, [Item(kind, of_year, int(n), person, rank) for _, kind, of_year, n, person, rank in rows]


def items_of(session: Session, school: str) -> list[Item]:
    """Every record that counts for one school, each for itself."""
    codes = [school, *inherited_by(session, school)]
    stored = session.exec(select(Evidence).where(col(Evidence.school_code).in_(codes)).order_by(col(Evidence.id)))
    return [Item(record.kind, record.year, record.number, record.person, record.rank) for record in stored]


def read_totals(session: Session, table: PointsTable, year: int) -> dict[str, int]:
    """School → points, for every school or department that has any. The sum of the lines, without making them."""
    levels = {} if not table.counts_levels else _levels(session)
    totals = {school: table.total(items, levels.get(school)) for school, items in read_items(session, table, year)}
    return {school: points for school, points in totals.items() if points}


def _levels(session: Session) -> dict[str, Level]:
    return {code: Level(level) for code, level in session.exec(select(School.code, School.level))}


def _added_up(table: PointsTable, year: int) -> Select[Any]:
    told_apart: list[Any] = [col(Evidence.school_code), col(Evidence.kind), col(Evidence.year)]
    person: Any = null()
    rank: Any = null()
    if table.counts_persons:
        told_apart.append(person := col(Evidence.person))
    if table.counts_ranks:
        told_apart.append(rank := col(Evidence.rank))
    known: list[Any] = [*told_apart[:3], func.sum(Evidence.number), person, rank]
    chosen: Select[Any] = sqlalchemy.select(*known)
    return chosen.where(col(Evidence.year) <= year).group_by(*told_apart).order_by(col(Evidence.school_code))


def _rows(connection: Connection, chosen: Select[Any]) -> Iterator[Sequence[Any]]:
    """A part at a time: two million rows are not held at once."""
    result = connection.execute(chosen, execution_options={"stream_results": True})
    for part in result.partitions(_AT_ONCE):
        yield from part
