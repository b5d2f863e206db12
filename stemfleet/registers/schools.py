"""Registers of schools: every shape that they come in, read into SchoolRow."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stemfleet.errors import InputError
from stemfleet.registers.cells import LONGEST, Fields, shortened
from stemfleet.registers.codes import mended_code, school_code
from stemfleet.registers.columns import Column
from stemfleet.registers.guesses import Guesses
from stemfleet.registers.judging import JUDGED, Judgement, Problem, judge
from stemfleet.registers.kinds import level_of
from stemfleet.registers.names import fold
from stemfleet.registers.tables import Table, open_table
from stemfleet.registers.values import (
    FileFormat,
    Finding,
    SchoolRow,
    SchoolsFile,
    Shape,
    Skipped,
    SkipReason,
    Weight,
)
from stemfleet.words import Category, Level, SchoolStatus

_LONGEST_EMAIL = 254  # letters (RFC 5321)

# Titles in folded form. The mm code («Κωδικός ΜΜ») is not the school's code, and must not fit the first line.
COLUMNS: Sequence[Column] = (
    Column(
        "code",
        ("ΚΩΔ* ΥΠ*", "REGISTRY NO", "SCHOOL CODE", "ΚΩΔ* ΣΧ*", "ΚΩΔ* ΜΟΝΑΔΑΣ", "ΚΩΔΙΚΟΣ", "ΚΩΔ", "CODE"),
        "Κωδικός ΥΠΑΙΘΑ",
        needed=True,
    ),
    Column(
        "name",
        ("ΟΝΟΜΑΣΙΑ*", "ΕΠΩΝΥΜΙΑ*", "ΟΝΟΜΑ", "ΟΝΟΜΑ ΣΧΟΛ*", "ΣΧΟΛΕΙΟ", "ΣΧΟΛΙΚΗ ΜΟΝΑΔΑ", "NAME", "SCHOOL NAME"),
        "Ονομασία",
        needed=True,
    ),
    Column("type_id", ("UNIT TYPE ID",)),
    Column(
        "type",
        (
            "ΤΥΠΟΣ",
            "ΤΥΠΟΣ ΣΧ*",
            "ΤΥΠΟΣ ΜΟΝΑΔ*",
            "ΤΥΠΟΣ ΒΑΘΜ*",
            "ΕΙΔΟΣ",
            "ΕΙΔΟΣ ΣΧ*",
            "ΚΑΤΗΓΟΡΙΑ ΣΧ*",
            "ΒΑΘΜΙΔΑ*",
            "UNIT TYPE",
            "SCHOOL TYPE",
            "TYPE",
            "LEVEL",
        ),
        "Τύπος σχολείου",
        needed=True,
    ),
    Column("subtype", ("SCHOOL SUBTYPE",)),
    Column("category_id", ("CATEGORY ID",)),
    Column("category", ("ΚΑΤΗΓΟΡΙΑ", "CATEGORY")),
    Column("state_id", ("STATE ID",)),
    Column("state", ("ΚΑΤΑΣΤΑΣΗ*", "STATE")),
    Column("orientation_id", ("ORIENTATION TYPE ID",), judged=True),
    Column("orientation", ("ΠΡΟΣΑΝΑΤΟΛΙΣΜΟΣ", "ORIENTATION TYPE"), judged=True),
    Column("special_id", ("SPECIAL TYPE ID",), judged=True),
    Column(
        "special",
        ("ΕΙΔΙΚΟΣ ΧΑΡΑΚΤΗΡΙΣΜΟΣ", "ΕΙΔΙΚΗ ΑΓΩΓΗ", "ΕΙΔΙΚΗΣ ΑΓΩΓΗΣ", "SPECIAL TYPE", "ΣΜΕΑ*", "ΕΙΔΙΚΟ*"),
        tick=True,
    ),
    Column("minority", ("ΜΕΙΟΝΟΤ*", "MINORITY"), tick=True, judged=True),
    Column("remote", ("ΔΥΣΠΡΟΣΙΤ*", "ΑΠΟΜΑΚΡΥΣΜΕΝ*", "INACCESSIBLE", "REMOTE"), tick=True, judged=True),
    Column("region_id", ("REGION EDU ADMIN ID",)),
    Column("region", ("ΠΕΡΙΦΕΡΕΙΑ", "ΠΕΡΙΦΕΡΕΙΑΚΗ ΔΙΕΥΘΥΝΣΗ*", "ΠΔΕ", "REGION EDU ADMIN", "REGIONAL UNIT", "REGION")),
    Column(
        "directorate",
        (
            "ΔΙΕΥΘΥΝΣΗ ΕΚΠ*",
            "ΔΙΕΥΘΥΝΣΗ ΠΕ*",
            "ΔΙΕΥΘΥΝΣΗ ΔΕ*",
            "ΔΙΕΥΘΥΝΣΗ * ΕΚΠ*",
            "EDU ADMIN",
            "DISTRICT",
            "DIRECTORATE",
        ),
        plain=True,
    ),
    Column("municipality", ("ΔΗΜΟΣ*", "ΚΑΛΛΙΚΡΑΤΙΚΟΣ ΔΗΜΟΣ", "MUNICIPALITY"), plain=True),
    Column(
        "address",
        ("ΔΙΕΥΘΥΝΣΗ*", "ΟΔΟΣ*", "ΤΑΧ* ΔΙΕΥΘΥΝΣΗ", "STREET ADDRESS", "ADDRESS"),
        plain=True,
    ),
    Column("postal_code", ("ΤΑΧ* ΚΩΔ*", "ΤΚ", "Τ Κ", "POSTAL CODE", "ZIP CODE"), plain=True),
    Column("phone", ("ΤΗΛΕΦΩΝΟ*", "ΤΗΛ", "PHONE NUMBER", "PHONE"), plain=True),
    Column(
        "email",
        ("ΗΛΕΚΤΡΟΝΙΚΗ ΑΛΛΗΛΟΓΡΑΦΙΑ", "E MAIL*", "Ε MAIL*", "EMAIL*", "ΗΛΕΚΤΡ* ΤΑΧΥΔΡΟΜΕΙΟ", "ΗΛΕΚΤΡ* ΔΙΕΥΘΥΝΣΗ"),
    ),
)

_UNTOLD = {
    Category.REMOTE: (
        "remoteness_unknown",
        "The file does not say which schools are remote: what is known of them is kept.",
    ),
    Category.SPECIAL: (
        "special_unknown",
        "The file does not say which schools are of special education: what is known of them is kept.",
    ),
    Category.MINORITY: (
        "minority_unknown",
        "The file does not say which schools are minority schools: what is known of them is kept.",
    ),
}
_SHOWN = {  # a field's title, for a sentence about it
    "name": "Ονομασία",
    "level": "Τύπος σχολείου",
    "region": "Περιφέρεια",
    "directorate": "Διεύθυνση Εκπαίδευσης",
    "municipality": "Δήμος",
    "address": "Διεύθυνση",
    "postal_code": "ΤΚ",
    "phone": "Τηλέφωνο",
    "email": "e-mail",
    "categories": "Ειδικός Χαρακτηρισμός",
    "untold": "Ειδικός Χαρακτηρισμός",
}
_MAY_BE_OTHER = frozenset("ΕεΈέEeGgΔδ")  # letters that a country or a directorate begins with
_LETTER = re.compile(r"[^\W\d_]")
_COUNTRY = {"ΕΛΛΑΔΑ", "ΕΛΛΑΣ", "GREECE"}


@dataclass(frozen=True)
class SchoolsReading:
    """A register that is being read; `rows` gives its schools once, in the file's order, duplicates included.

    `skipped` grows meanwhile; `known` and `findings` are whole afterwards.
    """

    file: str
    format: FileFormat
    rows: Iterator[SchoolRow]
    skipped: Sequence[Skipped]
    size: int
    _table: Table
    _silent: AbstractSet[Category]
    _guesses: Guesses

    @property
    def columns(self) -> frozenset[str]:
        """The fields that have a column."""
        return frozenset(self._table.titles)

    @property
    def known(self) -> frozenset[Category]:
        """The categories that the file can tell. A column of a person's table in which every cell is blank cannot."""
        return known_categories(self._table) - self._silent

    @property
    def done(self) -> int:
        """How many of the file's `size` bytes are read; 0 where that cannot be told."""
        return self._table.bytes_read()

    def findings(self, schools: int) -> list[Finding]:
        """What to look at in a file that turned out to hold so many schools."""
        guessed = self._guesses.findings(self.format.sheet)
        return [*_about_the_file(self._table, self.known, schools), *self._table.findings.whole(guessed)]


@contextmanager
def open_schools(path: Path) -> Iterator[SchoolsReading]:
    """Opens a register of schools: mm.sch.gr (API JSON, CSV or XLSX export), data.gov.gr JSON, or a spreadsheet.

    Rows without a code, units that are not schools and closed ones go to `skipped`. Raises InputError, here or while
    the rows are read, for an unreadable file or a missing column (code, name, type); NotFound when there is no such
    file.
    """
    with open_table(path, COLUMNS) as table:
        silent = set(_UNTOLD) if table.format.shape is Shape.TABLE else set()
        guesses = Guesses()
        rows = _schools(table, silent, guesses)
        size = path.stat().st_size
        yield SchoolsReading(table.file, table.format, rows, table.skipped, size, table, silent, guesses)


def read_schools(path: Path) -> SchoolsFile:
    """Reads a register of schools into memory; see `open_schools`.

    Raises InputError also for two different schools under one code.
    """
    rows: dict[str, SchoolRow] = {}
    repeated = []
    with open_schools(path) as reading:
        for school in reading.rows:
            earlier = rows.setdefault(school.code, school)
            if earlier is not school:
                repeated.append(refuse_other_data(reading.file, reading.format.sheet, earlier, school))
    findings = (*reading.findings(len(rows)), *repeated)
    return SchoolsFile(
        reading.file, reading.format, tuple(rows.values()), tuple(reading.skipped), findings, reading.known
    )


def known_categories(table: Table) -> frozenset[Category]:
    """The categories that the table's columns can tell. A type such as «ΣΔΕ» or «ΕΕΕΕΚ» tells even without them."""
    known = {
        Category.SPECIAL: {"special", "special_id", "subtype"},
        Category.MINORITY: {"orientation", "orientation_id", "minority"},
        Category.SECOND_CHANCE: {"type", "type_id"},
        Category.REMOTE: {"remote"},
    }
    return frozenset(category for category, fields in known.items() if fields & table.titles.keys())


def _schools(table: Table, silent: set[Category], guesses: Guesses) -> Iterator[SchoolRow]:
    """Takes out of `silent` what a cell tells."""
    filed = table.format.shape is not Shape.TABLE
    for row, fields in table.rows:
        judged = judge(filed, *map(fields.get, JUDGED))
        if silent:
            silent -= judged.told
        read = _read_row(table, row, fields, judged, guesses)
        lost = table.lost.pop(row, None) if table.lost else None
        if isinstance(read, SchoolRow):
            yield read._replace(untold=tuple(sorted({*read.untold, *lost}))) if lost else read
        else:
            table.skipped.append(read)


def _read_row(table: Table, row: int, fields: Fields, judged: Judgement, guesses: Guesses) -> SchoolRow | Skipped:
    written, name = fields.get("code", ""), fields.get("name")
    if name is not None and not _LETTER.search(name):
        name = None
    code, mended = school_code(written)
    for problem in judged.findings:
        table.findings.append(_problem(table, row, problem))
    level = judged.level or (level_of("", "", name) if name else SkipReason.UNKNOWN_TYPE)
    if name is not None and len(name) > LONGEST:
        return Skipped(row, SkipReason.INCOMPLETE, code, shortened(name), None, table.format.sheet)
    if code is None or name is None or judged.skipped or isinstance(level, SkipReason):
        reason, detail = _why_not(fields, code, name, judged)
        return Skipped(row, reason, code, name, detail, table.format.sheet)
    if mended:
        table.findings.append(_finding(table, *mended_code(written), row, written=written, code=code))
    if judged.guessed:
        guesses.add(judged.type, level, row, name)
    if judged.region_unknown:
        sentence = "The region «{region}» is not known: a new school is loaded without one."
        table.findings.append(_finding(table, "region_unknown", sentence, row, region=judged.region_unknown))
        table.lost.setdefault(row, set()).add("region")
    return _school(table, row, fields, code, level, judged)


def _why_not(fields: Fields, code: str | None, name: str | None, judged: Judgement) -> tuple[SkipReason, str | None]:
    """The first reason that holds; what the unit is comes before what its row lacks."""
    if judged.skipped:
        return judged.skipped
    if code is None:
        return (SkipReason.BAD_CODE, shortened(fields["code"])) if "code" in fields else (SkipReason.NO_CODE, None)
    if name is None:
        return SkipReason.NO_NAME, shortened(fields.get("name", "")) or None
    return SkipReason.UNKNOWN_TYPE, shortened(judged.type)


def _school(table: Table, row: int, fields: Fields, code: str, level: Level, judged: Judgement) -> SchoolRow:
    address, directorate = _address(fields)
    postal, phone = fields.get("postal_code"), fields.get("phone")
    return SchoolRow(  # by their places: names take twice the time
        code,
        fields["name"],
        level,
        judged.region,
        directorate,
        fields.get("municipality"),
        address,
        postal.removesuffix(".0").replace(" ", "").zfill(5) if postal else None,
        phone.removesuffix(".0") if phone else None,
        _email(table, row, fields),
        SchoolStatus.ACTIVE,
        judged.categories(level),
        tuple(sorted(judged.untold)) if judged.untold else (),
        row,
    )


def _address(fields: Fields) -> tuple[str | None, str | None]:
    """(street, directorate): a column «Διεύθυνση» may hold either of them, and in the register's export the country."""
    address, directorate = fields.get("address"), fields.get("directorate")
    if address is None or address[0] not in _MAY_BE_OTHER:
        return address, directorate
    folded = fold(address)
    if folded in _COUNTRY:
        return None, directorate
    if folded.startswith("ΔΙΕΥΘΥΝΣΗ ") and directorate is None:
        return None, address
    return address, directorate


def _email(table: Table, row: int, fields: Fields) -> str | None:
    email = fields.get("email")
    if email is None:
        return None
    if len(email) <= _LONGEST_EMAIL and email.count("@") == 1 and " " not in email and "." in email.partition("@")[2]:
        return email
    sentence = "«{email}» is not an e-mail address: left out."
    table.findings.append(_finding(table, "email_unusable", sentence, row, email=shortened(email)))
    table.lost.setdefault(row, set()).add("email")
    return None


def refuse_other_data(
    file: str, sheet: str | None, earlier: SchoolRow, later: SchoolRow, at: str | None = None
) -> Finding:
    """Two rows of one code: a finding when they say the same, otherwise raises InputError with both rows.

    `at`: where the earlier one is, when its number does not say it.
    """
    at = at or str(earlier.row)
    differences = earlier.differences(later)
    if differences:
        field, (one, other) = next(iter(differences.items()))
        raise InputError(
            "{file}, row {row}: school {code} is also in row {earlier}, with another {field} "
            "(«{one}», here «{other}»). "
            "Correct or delete one of the two rows.",
            file=file,
            row=later.row,
            code=later.code,
            earlier=at,
            field=_SHOWN.get(field, field),
            one=_shown(one),
            other=_shown(other),
        )
    text = "School {code} is in row {earlier} already, with the same data: read once."
    return Finding("repeated", text, {"code": later.code, "earlier": at}, later.row, sheet, Weight.NOTE)


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else "–" if value is None else str(value)


def _finding(
    table: Table, code: str, text: str, row: int, weight: Weight = Weight.WARNING, /, **facts: object
) -> Finding:
    return Finding(code, text, facts, row, table.format.sheet, weight)


def _problem(table: Table, row: int, problem: Problem) -> Finding:
    """A judgement knows its columns by their fields, the file by their titles."""
    facts = dict(problem.facts)
    if "column" in facts:
        field = facts["column"]
        facts["column"] = table.titles.get(field) or table.titles[f"{field}_id"]
    return _finding(table, problem.code, problem.text, row, **facts)


def _about_the_file(table: Table, known: frozenset[Category], schools: int) -> Iterator[Finding]:
    sheet = table.format.sheet
    for category, (code, text) in _UNTOLD.items():
        if category not in known:
            yield Finding(code, text, sheet=sheet)
    if not {"state", "state_id"} & table.titles.keys() and table.format.shape is not Shape.DATA_GOV:
        text = "The file does not say which schools are closed: all of them are taken as working."
        yield Finding("states_unknown", text, sheet=sheet, weight=Weight.NOTE)
    if not schools:
        yield Finding("no_schools", "No row of the file is a school that works.", sheet=sheet)
    if not {"region", "region_id"} & table.titles.keys() and table.format.shape is not Shape.DATA_GOV:
        yield Finding("regions_unknown", "The file has no column for regions.", sheet=sheet, weight=Weight.NOTE)
