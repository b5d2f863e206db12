"""The kits of earlier waves that stand on lists: which of them wait for an answer, narrowed down as one likes."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from stemfleet.registers import search_words
from stemfleet.store import ImportRun, LegacyKit, School, Store, meant_by
from stemfleet.words import LegacyAnswer


@dataclass(frozen=True)
class LegacyChoice:
    """`answer` None: no school has said anything yet. Empty is everything; `words` are of the school, or its code."""

    answer: LegacyAnswer | None = None
    model: str = ""
    wave: str = ""
    region: str = ""
    words: str = ""


@dataclass(frozen=True)
class ListedKit:
    """A kit on a list: at which school, and which file said so in which row."""

    kit: LegacyKit
    school: School
    file: str


@dataclass(frozen=True)
class LegacyCounts:
    """Of all lists. `models` and `waves` count what waits for an answer, at so many `schools`."""

    answers: Mapping[LegacyAnswer | None, int]
    models: Mapping[str, int]
    waves: Mapping[str, int]
    schools: int


def list_legacy(
    store: Store, chosen: LegacyChoice | None = None, *, limit: int | None = None, offset: int = 0
) -> list[ListedKit]:
    """By school, in the order of the lists."""
    rows = (
        select(LegacyKit, School, ImportRun.file_name)
        .join(School, col(School.code) == LegacyKit.school_code)
        .join(ImportRun, col(ImportRun.id) == LegacyKit.import_id)
        .order_by(School.code, col(LegacyKit.id))
    )
    with store.read() as session:
        fitting = _conditions(session, chosen or LegacyChoice())
        found = session.exec(rows.where(*fitting).limit(limit).offset(offset)).all()
    return [ListedKit(*row) for row in found]


def count_legacy(store: Store, chosen: LegacyChoice) -> int:
    """How many `list_legacy` would give without a limit."""
    rows = select(func.count()).select_from(LegacyKit).join(School, col(School.code) == LegacyKit.school_code)
    with store.read() as session:
        return session.exec(rows.where(*_conditions(session, chosen))).one()


def legacy_counts(store: Store) -> LegacyCounts:
    """How much of the lists is answered, and what waits."""
    waiting = col(LegacyKit.answer).is_(None)
    with store.read() as session:
        answered = session.exec(select(LegacyKit.answer, func.count()).group_by(col(LegacyKit.answer)))
        answers = {LegacyAnswer(answer) if answer else None: count for answer, count in answered}
        named = select(LegacyKit.model, func.count()).where(waiting).group_by(LegacyKit.model).order_by(LegacyKit.model)
        models = dict(session.exec(named).all())
        named = select(LegacyKit.wave, func.count()).where(waiting).group_by(LegacyKit.wave).order_by(LegacyKit.wave)
        waves = dict(session.exec(named).all())
        schools = select(func.count(func.distinct(LegacyKit.school_code))).where(waiting)
        return LegacyCounts(answers, models, waves, session.exec(schools).one())


def _conditions(session: Session, chosen: LegacyChoice) -> list[ColumnElement[bool]]:
    conditions = [col(LegacyKit.answer) == chosen.answer]
    if chosen.model:
        conditions.append(col(LegacyKit.model) == chosen.model)
    if chosen.wave:
        conditions.append(col(LegacyKit.wave) == chosen.wave)
    if chosen.region:
        conditions.append(col(School.region) == chosen.region)
    if chosen.words.strip():
        conditions.append(meant_by(session, chosen.words, search_words(chosen.words)))
    return conditions
