"""A register as read and not yet applied: its rows by code, batch by batch, in a temporary file instead of memory.

500,000 schools are kept in SQLite's own temporary database, which no other program sees and which is gone with this
one. Sorted by code, they are compared with the stored ones side by side, and the search index is written in order.
"""

import itertools
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from stemfleet.registers import (
    DepartmentsFile,
    FileFormat,
    Finding,
    PagesReading,
    SchoolRow,
    Skipped,
    closed_codes,
)
from stemfleet.words import Category, Level, RecipientKind, SchoolStatus

RowT = TypeVar("RowT")
_BATCH = 1000
_NONE = frozenset[str]()
_FIELDS = ("name", "level", "region", "directorate", "municipality", "address", "postal_code", "phone", "email")


Outline = tuple[str, Level]  # what a preview shows of a new one: its name and level


class Said(NamedTuple):
    """What a file says of one recipient; `values` in the order of the draft's `fields`.

    `untold`: categories and fields that its row cannot tell, though the file's columns can.
    """

    code: str
    values: tuple[Any, ...]
    categories: tuple[str, ...]
    row: int
    untold: frozenset[str] = frozenset()


class Draft(Protocol):
    """`fields`: the columns of `school` that the file tells at all; `known`: the categories that it can tell.

    `closed`: code → status, for schools that it lists as closed.
    """

    @property
    def kind(self) -> RecipientKind: ...
    @property
    def fields(self) -> Sequence[str]: ...
    @property
    def known(self) -> frozenset[str]: ...
    @property
    def closed(self) -> Mapping[str, SchoolStatus]: ...
    @property
    def number(self) -> int: ...
    def place(self, row: int) -> tuple[int, str | None]:
        """(the row in its file, the file and sheet where there are several) of a row."""
        ...

    def batches(self) -> Iterator[list[Said]]:
        """Every recipient once, by code."""
        ...

    def first(self, most: int) -> dict[str, Outline]:
        """By code."""
        ...


@dataclass
class SchoolsDraft:
    """A register of schools, in one file or several. A field that is given for no school at all is not in `fields`.

    `format` is the first file's; `formats` are those of all.
    """

    format: FileFormat
    formats: Sequence[FileFormat]
    skipped: Sequence[Skipped]
    findings: Sequence[Finding]
    known: frozenset[str]
    closed: Mapping[str, SchoolStatus]
    fields: Sequence[str]
    number: int
    _rows: sqlite3.Connection = field(repr=False)
    _pages: PagesReading = field(repr=False)
    kind: RecipientKind = RecipientKind.SCHOOL

    @classmethod
    def read(cls, files: Sequence[Path], progress: Callable[[int, int], None]) -> "SchoolsDraft":
        """`progress` gets bytes read and to read.

        Raises InputError for a file that cannot be used, for two different schools under one code among them, and for
        files with different columns.
        """
        rows = sqlite3.connect("", check_same_thread=False)
        rows.execute("PRAGMA page_size = 65536")
        rows.execute("PRAGMA journal_mode = OFF")  # nothing of it outlives a failure
        rows.execute(f"CREATE TABLE said (code, {', '.join(_FIELDS)}, categories, untold, row)")
        insert = f"INSERT INTO said VALUES ({', '.join('?' * (len(_FIELDS) + 4))})"  # noqa: S608 (names of ours)
        reading = PagesReading(files)
        for batch in _in_batches(map(_as_tuple, reading.rows)):
            rows.executemany(insert, batch)
            progress(reading.done, reading.size)
        repeated = _without_repeated(rows, reading)
        counts = ", ".join(f"count({name})" for name in ("*", *_FIELDS))
        number, *told = rows.execute(f"SELECT {counts} FROM said").fetchone()  # noqa: S608 (names of ours)
        return cls(
            format=reading.formats[0],
            formats=reading.formats,
            skipped=tuple(reading.skipped),
            findings=(*reading.findings(), *repeated),
            known=frozenset(map(str, reading.known)),
            closed=closed_codes(reading.skipped, _works(rows, reading.skipped)),
            fields=[name for name, count in zip(_FIELDS, told, strict=True) if count],
            number=number,
            _rows=rows,
            _pages=reading,
        )

    def place(self, row: int) -> tuple[int, str | None]:
        return self._pages.place(row)

    def batches(self) -> Iterator[list[Said]]:
        columns = ", ".join(("code", "categories", "untold", "row", *self.fields))
        chosen = f"SELECT {columns} FROM said ORDER BY code"  # noqa: S608 (names of ours)
        rows = self._rows.execute(chosen)
        while batch := rows.fetchmany(_BATCH):
            yield [
                Said(
                    said[0],
                    said[4:],
                    tuple(said[1].split()) if said[1] else (),
                    said[3],
                    frozenset(said[2].split()) if said[2] else _NONE,
                )
                for said in batch
            ]

    def first(self, most: int) -> dict[str, Outline]:
        rows = self._rows.execute("SELECT code, name, level FROM said ORDER BY code LIMIT :most", {"most": most})
        return {code: (name, Level(level)) for code, name, level in rows}


@dataclass(frozen=True)
class DepartmentsDraft:
    """The university departments: few."""

    read: DepartmentsFile
    kind: RecipientKind = RecipientKind.DEPARTMENT
    fields: Sequence[str] = ("name", "university", "municipality", "level")
    known: frozenset[str] = frozenset()
    closed: Mapping[str, SchoolStatus] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return len(self.read.rows)

    def place(self, row: int) -> tuple[int, str | None]:
        return row, self.read.format.sheet

    def batches(self) -> Iterator[list[Said]]:
        rows = sorted(self.read.rows, key=lambda row: row.code)
        said = (Said(r.code, (r.name, r.university, r.city, Level.UNIVERSITY), (), r.row) for r in rows)
        return _in_batches(said)

    def first(self, most: int) -> dict[str, Outline]:
        rows = sorted(self.read.rows, key=lambda row: row.code)
        return {row.code: (row.name, Level.UNIVERSITY) for row in rows[:most]}


def _as_tuple(row: SchoolRow) -> tuple[Any, ...]:
    return (*row[: 1 + len(_FIELDS)], " ".join(row.categories), " ".join(row.untold), row.row)


def _in_batches(rows: Iterable[RowT]) -> Iterator[list[RowT]]:
    left = iter(rows)
    while batch := list(itertools.islice(left, _BATCH)):
        yield batch


def _without_repeated(rows: sqlite3.Connection, reading: PagesReading) -> list[Finding]:
    """Leaves the first row of each code. Raises InputError when a later one says something else."""
    twice = rows.execute("SELECT code FROM said GROUP BY code HAVING count(*) > 1").fetchall()
    if not twice:
        return []
    rows.execute("CREATE TEMP TABLE twice (code)")
    rows.executemany("INSERT INTO twice VALUES (?)", twice)
    chosen = rows.execute("SELECT rowid, * FROM said WHERE code IN (SELECT code FROM twice) ORDER BY rowid")
    first: dict[str, SchoolRow] = {}
    found, superfluous = [], []
    for rowid, *cells, categories, untold, row in chosen:
        school = _as_row(cells, categories, untold, row)
        earlier = first.setdefault(school.code, school)
        if earlier is not school:
            found.append(reading.refuse_other_data(earlier, school))
            superfluous.append((rowid,))
    rows.executemany("DELETE FROM said WHERE rowid = ?", superfluous)
    return found


def _as_row(cells: Sequence[Any], categories: str, untold: str, row: int) -> SchoolRow:
    """To compare it with another one of the same file."""
    kinds = tuple(map(Category, categories.split()))
    return SchoolRow._make([*cells, SchoolStatus.ACTIVE, kinds, tuple(untold.split()), row])


def _works(rows: sqlite3.Connection, skipped: Iterable[Skipped]) -> Callable[[str], bool]:
    """Whether a code is among the rows; asked of codes that the file also lists as closed."""
    rows.execute("CREATE TEMP TABLE asked (code)")
    rows.executemany("INSERT INTO asked VALUES (?)", ((skip.code,) for skip in skipped if skip.code))
    there = {code for (code,) in rows.execute("SELECT code FROM said WHERE code IN (SELECT code FROM asked)")}
    return there.__contains__
