"""Finding recipients by words: SQLite's FTS5 or PostgreSQL's tsvector, both over `school.search_name`.

Migration 0004 makes the index and what keeps it in step. Words are those of `registers.search_words`: small Latin
letters and digits only, so that none of them means anything to either query language.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    table,
    update,
)
from sqlmodel import Session, col

from stemfleet.store.engine import Store
from stemfleet.store.schools import School, SearchSpelling
from stemfleet.words import RecipientKind

Words = Sequence[Sequence[str]]  # each word with the other ways to read it

SEARCHED = ("name", "university", "municipality")  # what `search_name` is made of
_INDEX = "school_search"
_ADD_MISSING = (
    "INSERT INTO school_search (rowid, code, words) SELECT number, code, search_name FROM school_search_rows "
    "WHERE number NOT IN (SELECT rowid FROM school_search) ORDER BY number"
)
_BATCH = 5000
_FIRST_DEPARTMENT = 10_000_000  # rows of the index are numbered by the code
_VECTOR: ColumnElement[Any] = literal_column("search_vector")


def is_ours(name: str | None, _kind: str, _parents: object) -> bool:
    """For Alembic's comparison with the code: the search index is not among the tables that the code describes."""
    return name is None or not name.startswith((_INDEX, f"ix_{_INDEX}_vector", "search_vector"))


def found_by(session: Session, words: Words) -> ColumnElement[bool]:
    """The condition that a recipient has, for each word, one that begins with a reading of it."""
    return col(School.code).in_(_sqlite(words)) if _is_sqlite(session) else _postgresql(words)


def meant_by(session: Session, text: str, words: Words) -> ColumnElement[bool]:
    """The condition that a recipient is meant: its code begins with the text, or it has the words of it, if any."""
    by_code = col(School.code).startswith(text.strip().upper(), autoescape=True)
    return or_(by_code, found_by(session, words)) if words else by_code


def search_codes(
    session: Session, words: Words, kind: RecipientKind | None, limit: int | None, *, ranked: bool = True
) -> list[str]:
    """Codes of the recipients found, the closest first: few words besides those looked for, and rare ones.

    Without `ranked` any of them, in no order: to count them.
    """
    chosen = _sqlite(words) if _is_sqlite(session) else select(col(School.code)).where(_postgresql(words))
    if _is_sqlite(session):
        chosen = chosen.order_by(literal_column("rank")) if ranked else chosen
        number: ColumnElement[int] = literal_column("rowid")
        of_kind = number >= _FIRST_DEPARTMENT if kind is RecipientKind.DEPARTMENT else number < _FIRST_DEPARTMENT
    else:
        closeness = func.ts_rank(_VECTOR, func.to_tsquery("simple", _tsquery(words)), 2)  # 2: divided by the length
        chosen = chosen.order_by(closeness.desc(), col(School.code)) if ranked else chosen
        of_kind = col(School.kind) == kind
    if kind is not None:
        chosen = chosen.where(of_kind)
    return [row.code for row in session.connection().execute(chosen.limit(limit))]


@contextmanager
def indexed_together(connection: Connection) -> Iterator[None]:
    """Recipients that are inserted inside come into the index together at the end: a tenth of the time on SQLite.

    There the trigger makes FTS5 write out what it has gathered for every row; it is away meanwhile, in this
    transaction only.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    with _without_trigger(connection, "school_search_added"):
        yield
        connection.exec_driver_sql(_ADD_MISSING)


def respell(store: Store, spelling: int, spell: Callable[[Iterable[str | None]], str]) -> None:
    """Brings every `search_name` into the spelling of this number, unless it is in it already: one small question.

    A new version of the program reads what people type in its own spelling, and would not find names in another one.
    """
    with store.read() as session:
        if session.connection().execute(select(col(SearchSpelling.number))).scalars().all() == [spelling]:
            return
    with store.write() as session:
        connection = session.connection()
        if connection.dialect.name == "sqlite":
            with _without_trigger(connection, "school_search_changed"):
                _respell(connection, spell)
                connection.exec_driver_sql("DELETE FROM school_search")
                connection.exec_driver_sql(_ADD_MISSING)
        else:
            _respell(connection, spell)
        connection.execute(delete(SearchSpelling))
        session.add(SearchSpelling(number=spelling))


def _respell(connection: Connection, spell: Callable[[Iterable[str | None]], str]) -> None:
    table_ = School.__table__  # type: ignore[attr-defined]
    chosen = select(table_.c.code, table_.c.search_name, *(table_.c[name] for name in SEARCHED)).order_by(table_.c.code)
    renew = update(table_).where(table_.c.code == bindparam("of")).values(search_name=bindparam("respelled"))
    last = ""
    while rows := connection.execute(chosen.where(table_.c.code > last).limit(_BATCH)).all():
        last = rows[-1].code
        respelled = ((code, stored, spell(words)) for code, stored, *words in rows)
        if changed := [{"of": code, "respelled": now} for code, stored, now in respelled if now != stored]:
            connection.execute(renew, changed)


@contextmanager
def _without_trigger(connection: Connection, name: str) -> Iterator[None]:
    """Of SQLite, in this transaction only."""
    made = f"SELECT sql FROM sqlite_master WHERE name = '{name}'"  # noqa: S608 (names of ours)
    trigger = connection.exec_driver_sql(made).scalar_one()
    connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    connection.exec_driver_sql(trigger)


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _sqlite(words: Words) -> Select[Any]:
    """A reading of letters and digits needs no quotes; the star finds what begins with it."""
    query = " AND ".join(f"({' OR '.join(f'{reading}*' for reading in readings)})" for readings in words)
    matching = literal_column(_INDEX).op("MATCH")(query)
    return select(literal_column("code", String).label("code")).select_from(table(_INDEX)).where(matching)


def _postgresql(words: Words) -> ColumnElement[bool]:
    return _VECTOR.op("@@")(func.to_tsquery("simple", _tsquery(words)))


def _tsquery(words: Words) -> str:
    return " & ".join(f"({' | '.join(f'{reading}:*' for reading in readings)})" for readings in words)
