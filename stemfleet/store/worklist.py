"""The list of long work, in a file of its own.

A use case holds the one writing transaction of the database while it runs, so that its progress cannot be written
there; and work that a killed program leaves behind must be told apart from work that still runs.
"""

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from stemfleet.errors import NotFound, Unavailable
from stemfleet.store.columns import canonical, now

SILENT_S = 10.0  # whoever runs a work gives a sign of life every half second; after so long it is dead
KEPT = timedelta(days=14)
_LOCKED_S = 10.0
_FORM = 2  # of the table; a list of another form is of another version of the program, and is begun anew
_TABLE = """CREATE TABLE work (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL, about TEXT NOT NULL,
    key TEXT NOT NULL, facts TEXT NOT NULL, person_id INTEGER NOT NULL, person TEXT NOT NULL, back TEXT NOT NULL,
    state TEXT NOT NULL, step TEXT NOT NULL DEFAULT '',
    done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0,
    result TEXT NOT NULL DEFAULT '', problem TEXT, asked REAL NOT NULL, alive REAL NOT NULL, ended REAL,
    given_up INTEGER NOT NULL DEFAULT 0)"""
_AS_STORED = ("id", "kind", "about", "key", "person_id", "person", "back", "step", "done", "total", "result")


class WorkState(StrEnum):
    """`interrupted`: the program ended in the middle of it; `stopped`: a person wanted that. Nothing was kept then."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Work:
    """One long use case that a person started.

    `about`: what it is about, such as a wave; `key`: what must not be done twice at once; `facts`: what the use case
    needs, a JSON object; `back`: the page that it was started from; `step`, `done`, `total`: how far it is; `result`:
    the page to show when it is done; `problem`: a sentence and its facts.
    """

    id: str
    kind: str
    about: str
    key: str
    facts: dict[str, Any]
    person_id: int
    person: str
    back: str
    state: WorkState
    step: str
    done: int
    total: int
    result: str
    problem: tuple[str, dict[str, Any]] | None
    asked: datetime
    ended: datetime | None
    before: int
    """How many works wait or run before it, while it waits."""

    @property
    def open(self) -> bool:
        return self.state in (WorkState.WAITING, WorkState.RUNNING)


class Worklist:
    """The list in `file`, which is made with the first work. Programs that share the file share the work."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def add(
        self, kind: str, facts: dict[str, Any], *, about: str, key: str, person_id: int, person: str, back: str
    ) -> str:
        """The id of a new work that waits; that of the one of the same kind and key, if it waits or runs."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        at = now().timestamp()
        with self._changing() as sql:
            _begin(sql)
            sql.execute("UPDATE work SET state = 'interrupted' WHERE state = 'running' AND alive < ?", (_limit(),))
            past = at - KEPT.total_seconds()
            sql.execute("DELETE FROM work WHERE asked < ? AND state NOT IN ('waiting', 'running')", (past,))
            same = sql.execute(
                "SELECT id FROM work WHERE kind = ? AND key = ? AND state IN ('waiting', 'running')", (kind, key)
            )
            if found := same.fetchone():
                return str(found["id"])
            made = secrets.token_urlsafe(9)
            sql.execute(
                "INSERT INTO work (id, kind, about, key, facts, person_id, person, back, state, asked, alive)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?)",
                (made, kind, about, key, canonical(facts), person_id, person, back, at, at),
            )
            return made

    def claim(self) -> Work | None:
        """The oldest that waits, running from now on; None when none does."""
        if not self.waiting():
            return None
        with self._changing() as sql:
            row = sql.execute("SELECT * FROM work WHERE state = 'waiting' ORDER BY number LIMIT 1").fetchone()
            if row is None:
                return None
            sql.execute("UPDATE work SET state = 'running', alive = ? WHERE id = ?", (now().timestamp(), row["id"]))
            return _work(row | {"state": WorkState.RUNNING, "alive": now().timestamp()})

    def tell(self, work_id: str, step: str, done: int, total: int) -> bool:
        """How far a running work is, which is also its sign of life. Gives whether it is to be given up."""
        with self._changing() as sql:
            sql.execute(
                "UPDATE work SET step = ?, done = ?, total = ?, alive = ? WHERE id = ? AND state = 'running'",
                (step, done, total, now().timestamp(), work_id),
            )
            return bool(sql.execute("SELECT given_up FROM work WHERE id = ?", (work_id,)).fetchone()["given_up"])

    def give_up(self, work_id: str) -> None:
        """A work that waits is not begun; one that runs is told to stop, and ends in its own time."""
        with self._changing() as sql:
            sql.execute("UPDATE work SET given_up = 1 WHERE id = ?", (work_id,))
            sql.execute(
                "UPDATE work SET state = 'stopped', ended = ? WHERE id = ? AND state = 'waiting'",
                (now().timestamp(), work_id),
            )

    def end(
        self, work_id: str, state: WorkState, *, result: str = "", problem: tuple[str, dict[str, Any]] | None = None
    ) -> None:
        """Its end: `result` when it is done, `problem` (English sentence, facts) when it failed."""
        with self._changing() as sql:
            sql.execute(
                "UPDATE work SET state = ?, result = ?, problem = ?, ended = ? WHERE id = ?",
                (state.value, result, None if problem is None else canonical(problem), now().timestamp(), work_id),
            )

    def show(self, work_id: str) -> Work:
        """Raises NotFound."""
        found = self._read("SELECT * FROM work WHERE id = ?", (work_id,))
        if not found:
            raise NotFound("There is no work {id}, or it was too long ago.", id=work_id)
        work = found[0]
        if work.state is not WorkState.WAITING:
            return work
        still = self._read("SELECT * FROM work WHERE state IN ('waiting', 'running') ORDER BY number", ())
        ids = [one.id for one in still if one.open]
        return Work(**(vars(work) | {"before": ids.index(work_id) if work_id in ids else 0}))

    def of(self, person_id: int) -> list[Work]:
        """What a person started in the last days, the newest first."""
        return self._read("SELECT * FROM work WHERE person_id = ? ORDER BY number DESC", (person_id,))

    def open_of(self, person_id: int) -> list[Work]:
        """What of a person waits or runs."""
        sql = "SELECT * FROM work WHERE person_id = ? AND state IN ('waiting', 'running') ORDER BY number"
        return [work for work in self._read(sql, (person_id,)) if work.open]

    def waiting(self) -> bool:
        """Whether any work waits to be run."""
        return bool(self._read("SELECT * FROM work WHERE state = 'waiting' LIMIT 1", ()))

    def _read(self, sql: str, values: tuple[Any, ...]) -> list[Work]:
        if not self.file.exists():
            return []
        with self._opened() as connection:
            return [_work(row) for row in connection.execute(sql, values)] if _is_ours(connection) else []

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._opened() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """A connection for one moment: threads and programs take turns, and none stays open."""
        try:
            with closing(sqlite3.connect(self.file, timeout=_LOCKED_S, isolation_level=None)) as connection:
                connection.row_factory = _as_dict
                yield connection
        except sqlite3.Error as error:
            raise Unavailable("The list of work {file} cannot be used: {why}", file=self.file, why=error) from error


def _is_ours(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA user_version").fetchone()["user_version"] == _FORM)


def _begin(connection: sqlite3.Connection) -> None:
    """The table, made when there is none."""
    if not _is_ours(connection):
        connection.execute("DROP TABLE IF EXISTS work")
        connection.execute(_TABLE)
        connection.execute(f"PRAGMA user_version = {_FORM}")


def _as_dict(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> dict[str, Any]:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


def _limit() -> float:
    """A running work that gave no sign of life since then is dead."""
    return now().timestamp() - SILENT_S


def _work(row: dict[str, Any]) -> Work:
    state = WorkState(row["state"])
    if state is WorkState.RUNNING and row["alive"] < _limit():
        state = WorkState.INTERRUPTED
    problem = json.loads(row["problem"]) if row["problem"] else None
    return Work(
        **{name: row[name] for name in _AS_STORED},
        facts=json.loads(row["facts"]),
        state=state,
        problem=None if problem is None else (problem[0], problem[1]),
        asked=datetime.fromtimestamp(row["asked"], UTC),
        ended=None if row["ended"] is None else datetime.fromtimestamp(row["ended"], UTC),
        before=0,
    )
