"""The database: one SQLite file by default, PostgreSQL where many share it. Migrated when it is opened."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, OperationalError
from sqlmodel import Session, create_engine

from stemfleet.errors import Busy, InputError, Unavailable
from stemfleet.store.revisions import is_newest

_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_WRITE}
_POSTGRESQL_FULL = "53100"
_WRITER = 5_737_000_001  # PostgreSQL advisory lock: any number that nobody else uses in this database


class Store:
    """The open database. Use cases hold the transactions: `write()` commits at its end or nothing at all."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, url: str) -> "Store":
        """Opens and migrates. Raises InputError for no address, Unavailable when it is silent, broken, or too new."""
        try:
            engine = engine_of(url)
        except (ArgumentError, ModuleNotFoundError) as error:
            raise InputError("STEMFLEET_DATABASE_URL is not a database address: {url}", url=_shown(url)) from error
        except OSError as error:
            raise _silent(url, error.strerror) from error
        try:
            migrate(engine, _shown(url))
        except DBAPIError as error:
            engine.dispose()
            raise (_full() if _is_full(error) else _silent(url, error.orig)) from error
        except Unavailable:
            engine.dispose()
            raise
        return cls(engine)

    @contextmanager
    def read(self) -> Iterator[Session]:
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction; no other writes meanwhile. Rolled back when anything is raised inside.

        Raises Busy when another one takes too long (SQLite: 30 seconds), Unavailable when the disk is full, and
        InputError for a text or a number that no column can hold: SQLite and PostgreSQL have other limits.
        """
        with Session(_writing(self.engine), expire_on_commit=False) as session:
            try:
                _begin(session)
                yield session
                session.commit()
            except (DataError, OverflowError) as error:
                why = str(getattr(error, "orig", error)).strip()
                raise InputError("A value does not fit into the database: {why}. Nothing was kept.", why=why) from error
            except OperationalError as error:
                if _is_full(error):
                    raise _full() from error
                raise

    def close(self) -> None:
        self.engine.dispose()


def _silent(url: str, why: object) -> Unavailable:
    return Unavailable("The database at {url} cannot be opened: {why}", url=_shown(url), why=str(why).strip())


def _is_full(error: DBAPIError) -> bool:
    """Whether the database has no room left on its disk."""
    cause = error.orig
    return getattr(cause, "sqlite_errorcode", None) in _FULL or getattr(cause, "sqlstate", None) == _POSTGRESQL_FULL


def _full() -> Unavailable:
    return Unavailable("The disk is full: nothing was kept. Make room, then do it again.")


def _shown(url: str) -> str:
    """The address without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url


def engine_of(url: str) -> Engine:
    """Of an address, as the program uses it; nothing is opened or migrated yet."""
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite, not behind our back
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=30000", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("stemfleet_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _writing(engine: Engine) -> Engine:
    return engine.execution_options(stemfleet_write=True)


def _begin(session: Session) -> None:
    try:
        _take_turn(session.connection())
    except OperationalError as error:
        if "locked" not in str(error.orig):
            raise
        raise Busy("Something long is being stored just now. Try again in a minute.") from error


def _take_turn(connection: Connection) -> None:
    """What people do to kits must not interleave. SQLite's BEGIN IMMEDIATE has waited for its turn already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")


def migrate(engine: Engine, url: str) -> None:
    """Brings the tables to the newest revision. Two programs that start at once take turns."""
    if is_newest(engine):
        return
    from stemfleet.store.upgrade import upgrade  # noqa: PLC0415 (Alembic takes longer to load than most commands)

    with _writing(engine).connect() as connection:
        _take_turn(connection)
        upgrade(connection, url)
        connection.commit()
