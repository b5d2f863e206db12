"""What the readers give back: rows as values, what was left out and why, and what to look at."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from stemfleet.words import Category, Level, SchoolStatus


class Shape(StrEnum):
    """Whose columns a file has."""

    MM_API = "mm.sch.gr API"
    MM_EXPORT = "mm.sch.gr export"
    DATA_GOV = "data.gov.gr"
    TABLE = "table"


class Container(StrEnum):
    """What kind of file holds them."""

    JSON = "JSON"
    CSV = "CSV"
    XLSX = "XLSX"
    ODS = "ODS"


@dataclass(frozen=True)
class FileFormat:
    """What was detected. `str()` is at most 64 characters: `mm.sch.gr export (CSV, Windows-1253, ;)`.

    `titles_row` is 1-based and None for JSON; `encoding` and `delimiter` are for CSV only, `sheet` for spreadsheets.
    """

    shape: Shape
    container: Container
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    titles_row: int | None = None

    def __str__(self) -> str:
        delimiter = "tab" if self.delimiter == "\t" else self.delimiter
        return f"{self.shape} ({', '.join(filter(None, [self.container, self.encoding, delimiter]))})"


class Weight(StrEnum):
    """How much a finding matters. Nothing here stops an import: what does is raised as an InputError."""

    NOTE = "note"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """Something a person should know about a file or one of its rows.

    `text` is an English sentence with {fact} places, and the key to its Greek; `code` names the kind of finding.
    `row` is the row in the sheet as a spreadsheet program counts it (JSON: the position in the list, from 1), or
    None for the whole file.
    """

    code: str
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    row: int | None = None
    sheet: str | None = None
    weight: Weight = Weight.WARNING

    def __str__(self) -> str:
        return self.text.format(**self.facts)


class Findings(list[Finding]):
    """Findings of a table; of those that `append` brings, the first thousand of each kind are kept."""

    MOST = 1000

    def __init__(self, first: Iterable[Finding] = ()) -> None:
        super().__init__(first)
        self.seen: Counter[str] = Counter()

    def append(self, finding: Finding) -> None:
        self.seen[finding.code] += 1
        if self.seen[finding.code] <= self.MOST:
            super().append(finding)

    def whole(self, others: Iterable[Finding] = ()) -> tuple[Finding, ...]:
        """All that are kept, and the others, by row; then, for each kind with more of them, how many there are."""
        text = "There are {count} more findings like the last one of this kind (row {row})."
        last = {finding.code: finding for finding in self}
        more = (
            Finding(code, text, {"count": count - self.MOST, "row": last[code].row}, sheet=last[code].sheet)
            for code, count in self.seen.items()
            if count > self.MOST
        )
        return (*sorted((*self, *others), key=lambda finding: finding.row or 0), *more)


class SkipReason(StrEnum):
    """Why a row is not loaded. None of these refuses the file."""

    NO_CODE = "no_code"
    BAD_CODE = "bad_code"
    NO_NAME = "no_name"
    NOT_A_SCHOOL = "not_a_school"
    UNKNOWN_TYPE = "unknown_type"
    SUSPENDED = "suspended"
    ABOLISHED = "abolished"
    TOO_MANY_CELLS = "too_many_cells"
    REPEATED_TITLES = "repeated_titles"
    INCOMPLETE = "incomplete"


SKIP_TEXTS: Mapping[SkipReason, str] = {
    SkipReason.NO_CODE: "no ministry code",
    SkipReason.BAD_CODE: "the code is not one",
    SkipReason.NO_NAME: "no name",
    SkipReason.NOT_A_SCHOOL: "not a school",
    SkipReason.UNKNOWN_TYPE: "a type of school that is not known here",
    SkipReason.SUSPENDED: "suspended",
    SkipReason.ABOLISHED: "abolished",
    SkipReason.TOO_MANY_CELLS: "more cells than titles: a separator inside a text?",
    SkipReason.REPEATED_TITLES: "the titles again",
    SkipReason.INCOMPLETE: "a cell that is needed is empty or not of its kind",
}


@dataclass(frozen=True)
class Skipped:
    """A row that is left out. `code` and `name` as far as they could be read; `detail` is the offending text."""

    row: int
    reason: SkipReason
    code: str | None = None
    name: str | None = None
    detail: str | None = None
    sheet: str | None = None


class SchoolRow(NamedTuple):
    """One school that works.

    `code` is the ministry's, 7 digits. `region` is the regional directorate's number as two digits ("03", see
    `regions.REGIONS`), None where the file gives none. `categories` holds those of special, minority, second_chance
    and remote that the register's own columns say, sorted; `untold` those of which the row's cells say something that
    is not understood, and the fields whose cells hold an error: their absence means nothing.
    """

    code: str
    name: str
    level: Level
    region: str | None
    directorate: str | None
    municipality: str | None
    address: str | None
    postal_code: str | None
    phone: str | None
    email: str | None
    status: SchoolStatus
    categories: tuple[Category, ...]
    untold: tuple[str, ...]
    row: int

    def differences(self, other: "SchoolRow") -> dict[str, tuple[Any, Any]]:
        """Field → (mine, the other's), for every field but the row."""
        pairs = dict(zip(self._fields, zip(self, other, strict=True), strict=True))
        return {name: pair for name, pair in pairs.items() if name != "row" and pair[0] != pair[1]}


def closed_codes(skipped: Iterable[Skipped], works: Callable[[str], bool]) -> dict[str, SchoolStatus]:
    """Code → suspended or abolished, for units listed as closed whose code does not also work."""
    status = {SkipReason.SUSPENDED: SchoolStatus.SUSPENDED, SkipReason.ABOLISHED: SchoolStatus.ABOLISHED}
    closed = {skip.code: status[skip.reason] for skip in skipped if skip.reason in status and skip.code is not None}
    return {code: how for code, how in closed.items() if not works(code)}


@dataclass(frozen=True)
class DepartmentRow:
    """A university department: code `U-<number>`, name, university, city."""

    code: str
    name: str
    university: str
    city: str | None
    row: int


@dataclass(frozen=True)
class EvidenceRow:
    """An eTwinning record: in `year` the school or department had `number` items of `kind` (`national_prize`, …).

    `kind` is a name in small Latin letters where the file has one, otherwise the words of the file.
    """

    code: str
    kind: str
    year: int
    edition: str | None
    rank: str | None
    number: int
    person: str | None
    title: str | None
    course: str | None
    row: int


@dataclass(frozen=True)
class LegacyRow:
    """A kit that is out there since an earlier wave. `model`, `wave` and `state` are as written in the file."""

    code: str
    model: str
    wave: str
    serial: str | None
    date: date | None
    state: str | None
    row: int


RowT = TypeVar("RowT")


@dataclass(frozen=True)
class Read(Generic[RowT]):
    """A file as read: what it is, its rows in the file's order, what was left out, what to look at."""

    file: str
    format: FileFormat
    rows: tuple[RowT, ...]
    skipped: tuple[Skipped, ...]
    findings: tuple[Finding, ...]

    @property
    def skipped_counts(self) -> dict[SkipReason, int]:
        """How many rows were skipped for each reason, the most frequent first."""
        return dict(Counter(skip.reason for skip in self.skipped).most_common())


@dataclass(frozen=True)
class SchoolsFile(Read[SchoolRow]):
    """A register of schools. `known` are the categories that it can tell at all."""

    known: frozenset[Category] = frozenset()

    @property
    def closed(self) -> dict[str, SchoolStatus]:
        """Code → suspended or abolished, for units listed as closed and not also as working under the same code."""
        return closed_codes(self.skipped, {school.code for school in self.rows}.__contains__)


@dataclass(frozen=True)
class DepartmentsFile(Read[DepartmentRow]):
    """A list of university departments."""


@dataclass(frozen=True)
class EvidenceFile(Read[EvidenceRow]):
    """A list of eTwinning records."""


@dataclass(frozen=True)
class LegacyFile(Read[LegacyRow]):
    """A list of kits of earlier waves."""
