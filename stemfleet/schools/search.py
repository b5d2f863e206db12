"""Finding a school as people name it: words of its name without accents, in Greek or Latin letters, or its code."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, col, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from stemfleet.registers import school_code, search_words
from stemfleet.schools.categories import categories_of
from stemfleet.store import School, Store, search_codes
from stemfleet.words import RecipientKind

FoundT = TypeVar("FoundT")
MOST_COUNTED = 1000
_CHUNK = 1000
_SHORTEST_CODE = 3  # digits; fewer are a school's number within its town


def find_schools(
    store: Store, words: str = "", *, kind: RecipientKind | None = None, limit: int | None = 100
) -> list[tuple[School, list[str]]]:
    """(school, its categories): those whose code starts with the text, then those with every word, closest first.

    A word finds what begins with it: `ΓΥΜΝ ΚΕΡΚ`, `gymnasio kerkyras`. Without words, all of them by code.
    """
    with store.read() as session:
        if not words.strip():
            schools = session.exec(_of_kind(select(School).order_by(School.code), kind).limit(limit)).all()
        else:
            schools = _load(session, _codes(session, words, kind, limit))
        categories = categories_of(session, [school.code for school in schools] if limit is not None else None)
        return [(school, categories.get(school.code, [])) for school in schools]


def count_schools(store: Store, words: str = "", *, kind: RecipientKind | None = None) -> int:
    """How many `find_schools` would give without a limit; counting stops at 1,001, which means more than 1,000."""
    most = MOST_COUNTED + 1
    with store.read() as session:
        if words.strip():
            return len(_codes(session, words, kind, most, ranked=False))
        some = _of_kind(select(School.code), kind).limit(most).subquery()
        return session.exec(select(func.count()).select_from(some)).one()


def _codes(
    session: Session, words: str, kind: RecipientKind | None, limit: int | None, *, ranked: bool = True
) -> list[str]:
    codes: list[str] = []
    if (by_code := _by_code(words)) is not None:
        chosen = _of_kind(select(School.code).where(by_code).order_by(School.code), kind)
        codes += session.exec(chosen.limit(limit)).all()
    if readings := search_words(words):
        codes += search_codes(session, readings, kind, limit, ranked=ranked)
    return list(dict.fromkeys(codes))[:limit]


def _by_code(words: str) -> ColumnElement[bool] | None:
    """A range, which the primary key serves in every collation: letters come after digits in all of them.

    A spreadsheet may have dropped leading zeros of the code.
    """
    text = words.strip().upper()
    digits = text.removeprefix("U-") if text.startswith("U-") else text
    if not (digits.isascii() and digits.isdigit()) or len(text) < _SHORTEST_CODE:
        return None
    beginning = and_(col(School.code) >= text, col(School.code) < f"{text}zzz")
    mended = school_code(digits)[0] if digits == text else None
    return beginning if mended in (None, text) else or_(beginning, col(School.code) == mended)


def _of_kind(chosen: SelectOfScalar[FoundT], kind: RecipientKind | None) -> SelectOfScalar[FoundT]:
    return chosen if kind is None else chosen.where(col(School.kind) == kind)


def _load(session: Session, codes: Sequence[str]) -> list[School]:
    """In the order of the codes."""
    found: dict[str, School] = {}
    for start in range(0, len(codes), _CHUNK):
        chosen = select(School).where(col(School.code).in_(codes[start : start + _CHUNK]))
        found |= {school.code: school for school in session.exec(chosen)}
    return [found[code] for code in codes]
