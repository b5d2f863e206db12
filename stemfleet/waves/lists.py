"""The published lists of a wave: every applicant in the order of merit, where each lot closed, one school's line.

No personal data: schools are institutions, and who took a step is not said here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Text, cast
from sqlmodel import Session, and_, col, exists, false, func, not_, or_, select

from stemfleet.registers import search_words
from stemfleet.store import Application, Award, Lot, Offer, School, Store, Wave, meant_by
from stemfleet.waves.read import find_wave
from stemfleet.words import Category, OfferState, Place

Waiting = Mapping[str, Sequence[str]]  # lot → schools in the order of merit, as in result.json
_LEFT = (OfferState.DECLINED, OfferState.EXPIRED)


class Standing(StrEnum):
    """How an applicant stands in a published list."""

    GOT = "got"
    WAITING = "waiting"  # holds nothing, and is on a waiting list
    CLOSED = "closed"  # every lot is closed to it, or it asks for none
    LEFT = "left"  # declined, or did not answer in time


@dataclass(frozen=True)
class Chosen:
    """What a list is narrowed down to; empty is everything. `words`: of the name, or the beginning of the code.

    `lot`: those who hold it or wait for it; of those who got a place, who holds it.
    """

    standing: str = ""
    lot: str = ""
    level: str = ""
    region: str = ""
    category: str = ""
    words: str = ""


@dataclass(frozen=True)
class Line:
    """One applicant of a list. `merit`, `ticket`, `standing`: None as long as nothing was drawn.

    `lines`: [label, points] pairs; `waiting`: lot → number on its waiting list, from 1; `ineligible`: lot → reason.
    """

    school: str
    name: str
    level: str
    region: str | None
    categories: Sequence[str]
    points: int
    lines: Sequence[Sequence[Any]]
    preferences: Sequence[str]
    ineligible: Mapping[str, str]
    merit: int | None = None
    ticket: str | None = None
    standing: Standing | None = None
    lot: str | None = None
    model: str | None = None
    place: Place | None = None
    units: int = 0
    waiting: Mapping[str, int] = field(default_factory=dict)

    @property
    def groups(self) -> list[str]:
        """Its categories but for its region, which a list has in a column of its own."""
        return [name for name in self.categories if not name.startswith("region:")]


@dataclass(frozen=True)
class Beacon:
    """Where a wave's tickets come from: who published the value, which one, and the value itself."""

    source: str | None
    round: str | None
    value: str | None


@dataclass(frozen=True)
class ResultList:
    """A published list, or a page of it. `found` are those chosen, `total` all applicants; `waiting` counts by lot."""

    wave: str
    title: str
    planning: bool
    drawn: bool
    digest: str
    beacon: Beacon
    lots: Sequence[Lot]
    categories: Sequence[str]
    found: int
    total: int
    waiting: Mapping[str, int]
    lines: Sequence[Line]


def list_results(
    store: Store, wave: str, chosen: Chosen | None = None, *, limit: int | None = None, offset: int = 0
) -> ResultList:
    """The chosen applicants of a wave in the order of merit. Raises NotFound."""
    chosen = chosen or Chosen()
    with store.read() as session:
        stored = find_wave(session, wave)
        waiting: Waiting = stored.result.get("waiting", {})
        conditions = _conditions(session, wave, chosen, waiting)
        rows = _rows(wave).where(*conditions).order_by(col(Application.merit)).limit(limit).offset(offset)
        total = _count(session, wave, [])
        return ResultList(
            wave=wave,
            title=stored.title,
            planning=stored.planning,
            drawn=stored.seed is not None,
            digest=stored.digest,
            beacon=Beacon(stored.beacon_source, stored.beacon_round, stored.beacon_value),
            lots=session.exec(select(Lot).where(Lot.wave_code == wave).order_by(col(Lot.position))).all(),
            categories=categories_in(stored.rules),
            found=_count(session, wave, conditions) if conditions else total,
            total=total,
            waiting={lot: len(schools) for lot, schools in waiting.items()},
            lines=[] if limit == 0 else _lines(session.exec(rows).all(), waiting),
        )


def find_line(session: Session, stored: Wave, school: str) -> Line | None:
    """One applicant's line, or None for a school that is not in the list."""
    rows = session.exec(_rows(stored.code).where(Application.school_code == school)).all()
    return next(iter(_lines(rows, stored.result.get("waiting", {}))), None)


def list_cutoffs(store: Store, wave: str) -> tuple[ResultList, list[dict[str, Any]]]:
    """(the wave without lines, the rows of `cutoffs` in its result.json: docs/bundle.md). Raises NotFound."""
    with store.read() as session:
        cutoffs = find_wave(session, wave).result.get("cutoffs", [])
    return list_results(store, wave, limit=0), cutoffs


def categories_in(rules: Mapping[str, Any]) -> list[str]:
    """The groups that a list can be narrowed down to, regions apart."""
    lots = rules.get("lots", ())
    named = {name for lot in lots for name in (*lot["reserves"], *(lot["admits"] or ()))}
    return [*Category, *sorted(name for name in named - set(Category) if not name.startswith("region:"))]


def _rows(wave: str) -> Any:
    here = and_(col(Award.wave_code) == Application.wave_code, col(Award.school_code) == Application.school_code)
    return (
        select(Application, School.name, Award, _left())
        .join(School, col(School.code) == Application.school_code)
        .outerjoin(Award, here)
        .where(Application.wave_code == wave)
    )


def _count(session: Session, wave: str, conditions: Sequence[ColumnElement[bool]]) -> int:
    counted = select(func.count()).select_from(Application)
    if conditions:
        here = and_(col(Award.wave_code) == Application.wave_code, col(Award.school_code) == Application.school_code)
        counted = counted.join(School, col(School.code) == Application.school_code).outerjoin(Award, here)
    return session.exec(counted.where(Application.wave_code == wave, *conditions)).one()


def _left() -> ColumnElement[bool]:
    """A school that left comes back in no way."""
    offer = select(Offer.id).where(
        Offer.wave_code == Application.wave_code,
        Offer.school_code == Application.school_code,
        col(Offer.state).in_(_LEFT),
    )
    return and_(col(Award.id).is_(None), exists(offer.correlate(Application)))


def _conditions(session: Session, wave: str, chosen: Chosen, waiting: Waiting) -> list[ColumnElement[bool]]:
    conditions = []
    if chosen.standing:
        conditions.append(_standing(chosen.standing))
    if chosen.lot:
        held = col(Award.lot) == chosen.lot
        got = chosen.standing == Standing.GOT
        conditions.append(held if got else or_(held, _waits(session, wave, chosen.lot, waiting)))
    if chosen.level:
        conditions.append(col(Application.level) == chosen.level)
    if chosen.region:
        conditions.append(col(Application.region) == chosen.region)
    if chosen.category:
        conditions.append(_holds(Application.categories, chosen.category))
    if chosen.words.strip():
        conditions.append(meant_by(session, chosen.words, search_words(chosen.words)))
    return conditions


def _standing(standing: str) -> ColumnElement[bool]:
    empty = cast(col(Application.preferences), Text) == "[]"
    nothing = and_(col(Award.id).is_(None), not_(_left()))
    by_word = {
        Standing.GOT: col(Award.id).is_not(None),
        Standing.WAITING: and_(nothing, not_(empty)),
        Standing.CLOSED: and_(nothing, empty),
        Standing.LEFT: _left(),
    }
    return by_word[Standing(standing)] if standing in set(Standing) else false()


def _waits(session: Session, wave: str, lot: str, waiting: Waiting) -> ColumnElement[bool]:
    """Who holds nothing waits for every lot that it lists; who holds one waits for those that it prefers."""
    holding = session.exec(select(Award.school_code).where(Award.wave_code == wave)).all()
    better = sorted(set(holding).intersection(waiting.get(lot, ())))
    return or_(
        and_(col(Award.id).is_(None), not_(_left()), _holds(Application.preferences, lot)),
        col(Application.school_code).in_(better),
    )


def _holds(column: Any, name: str) -> ColumnElement[bool]:
    """Whether a list that is stored as JSON holds a name."""
    return cast(col(column), Text).contains(json.dumps(name, ensure_ascii=False), autoescape=True)


def _lines(rows: Sequence[tuple[Application, str, Award | None, bool]], waiting: Waiting) -> list[Line]:
    schools = {application.school_code for application, *_rest in rows}
    numbers: dict[str, dict[str, int]] = {school: {} for school in schools}
    for lot, ranked in waiting.items():
        for number, school in enumerate(ranked, start=1):
            if school in schools:
                numbers[school][lot] = number
    return [_line(*row, numbers[row[0].school_code]) for row in rows]


def _line(application: Application, name: str, award: Award | None, left: bool, waiting: Mapping[str, int]) -> Line:
    if award is not None:
        standing = Standing.GOT
    elif left:
        standing = Standing.LEFT
    else:
        standing = Standing.WAITING if application.preferences else Standing.CLOSED
    return Line(
        school=application.school_code,
        name=name,
        level=application.level,
        region=application.region,
        categories=application.categories,
        points=application.points,
        lines=application.lines,
        preferences=application.preferences,
        ineligible=application.ineligible,
        merit=application.merit,
        ticket=application.ticket,
        standing=standing,
        lot=None if award is None else award.lot,
        model=None if award is None else award.model,
        place=None if award is None else award.place,
        units=0 if award is None else award.units,
        waiting={lot: waiting[lot] for lot in application.preferences if lot in waiting},
    )
