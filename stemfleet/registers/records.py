"""University departments, eTwinning records, and kits of earlier waves: the tables that the NSO keeps itself."""

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from stemfleet.errors import InputError
from stemfleet.registers.cells import Fields, shortened
from stemfleet.registers.codes import department_code, mended_code, recipient_code
from stemfleet.registers.columns import Column
from stemfleet.registers.tables import Table, open_table
from stemfleet.registers.values import (
    DepartmentRow,
    DepartmentsFile,
    EvidenceFile,
    EvidenceRow,
    Finding,
    LegacyFile,
    LegacyRow,
    Skipped,
    SkipReason,
    Weight,
)

_CODE = ("CODE", "SCHOOL", "SCHOOL CODE", "ΚΩΔ* ΥΠ*", "ΚΩΔ* ΣΧΟΛ*", "ΚΩΔ* ΤΜΗΜ*", "ΚΩΔΙΚΟΣ", "ΚΩΔ", "REGISTRY NO")

_NAMED = ("ΣΧΟΛΕΙΟ", "ΣΧΟΛΙΚΗ ΜΟΝΑΔΑ", "ΟΝΟΜΑ* ΣΧΟΛ*")  # codes or names may stand below

DEPARTMENT_COLUMNS: Sequence[Column] = (
    Column("code", _CODE, "code", needed=True),
    Column("name", ("NAME", "DEPARTMENT", "ΟΝΟΜΑΣΙΑ*", "ΤΜΗΜΑ*"), "name", needed=True, plain=True),
    Column("university", ("UNIVERSITY", "ΠΑΝΕΠΙΣΤΗΜΙΟ", "ΙΔΡΥΜΑ"), "university", needed=True, plain=True),
    Column("city", ("CITY", "ΠΟΛΗ", "ΕΔΡΑ"), plain=True),
)
EVIDENCE_COLUMNS: Sequence[Column] = (
    Column("code", (*_CODE, *_NAMED), "code", needed=True),
    Column("kind", ("KIND", "ΕΙΔΟΣ*", "ΚΑΤΗΓΟΡΙΑ", "ΤΥΠΟΣ*"), "kind", needed=True),
    Column("year", ("YEAR", "ΕΤΟΣ*", "ΣΧ* ΕΤΟΣ", "ΧΡΟΝΙΑ"), "year", needed=True),
    Column("edition", ("EDITION", "ΔΙΟΡΓΑΝΩΣΗ*", "ΔΙΑΓΩΝΙΣΜΟΣ*", "ΕΚΔΟΣΗ*", "ΤΕΥΧΟΣ*")),
    Column("rank", ("RANK", "ΘΕΣΗ*", "ΔΙΑΚΡΙΣΗ*")),
    Column("number", ("N", "NUMBER", "COUNT", "ΠΛΗΘΟΣ*", "ΑΡΙΘΜΟΣ*")),
    Column("person", ("PERSON*", "ΠΡΟΣΩΠΟ*", "ΕΚΠΑΙΔΕΥΤΙΚΟΣ*", "ΚΩΔ* ΕΚΠ*")),
    Column("title", ("TITLE", "ΤΙΤΛΟΣ*")),
    Column("course", ("COURSE*", "ΜΑΘΗΜΑ*", "ΔΙΑΔΙΚΤΥΑΚΟ ΜΑΘΗΜΑ*")),
)
LEGACY_COLUMNS: Sequence[Column] = (
    Column("code", (*_CODE, *_NAMED), "school", needed=True),
    Column("model", ("MODEL", "KIT", "ΜΟΝΤΕΛΟ*", "ΕΞΟΠΛΙΣΜΟΣ*", "ΕΙΔΟΣ*", "ΤΥΠΟΣ*"), "model", needed=True),
    Column("wave", ("WAVE", "ΔΡΑΣΗ*", "ΚΥΚΛΟΣ*", "ΚΥΜΑ*"), "wave", needed=True),
    Column("serial", ("SERIAL*", "ΣΕΙΡΙΑΚΟΣ*", "S N", "SN", "ΑΡ* ΣΕΙΡ*")),
    Column("date", ("DATE*", "DELIVERED*", "ΗΜΕΡΟΜΗΝΙΑ*", "ΗΜ ΝΙΑ*")),
    Column("state", ("STATE", "STATUS", "ΚΑΤΑΣΤΑΣΗ*")),
)

_NAME = re.compile(r"(?=.*[^\W\d_]{3})\S+ .+")  # of a school: two words at least, one of three letters
_LONGEST_NAME = 300
_KIND = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_PERSON = re.compile(r"(?=.*\d)[A-Za-z0-9_-]{1,40}|[A-Z]?[0-9a-f]{8,40}")
_NUMBER_OF_A_PERSON = re.compile(r"\d{9,12}")  # tax number 9 digits, telephone 10 or 12, social security (ΑΜΚΑ) 11
_YEAR = re.compile(r"((?:19|20)\d\d)(?:[-/–]\d{2,4}.*)?")
_LONGEST_KIND = 100
_FIRST_YEAR = 2005  # eTwinning's first
_LONGEST_WORD = 64  # of a kit's model, wave, serial and state
_DAY = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_EXCEL_DAY_ZERO = date(1899, 12, 30)  # day 1 is 1900-01-01, with the leap day of 1900 that Excel counts

RowT = TypeVar("RowT")


class _Incomplete(Exception):
    """A row cannot be used; the argument names the cell."""


class _BadCode(_Incomplete):
    """The argument is what stands under the code."""


def read_departments(path: Path) -> DepartmentsFile:
    """Reads the file of university departments: code (`U-<number>`), name, university, and city if there is one.

    Raises InputError for an unreadable file, a missing column, or two different departments under one code.
    """
    with open_table(path, DEPARTMENT_COLUMNS) as table:
        read = _collect(table, _department)
    rows: dict[str, DepartmentRow] = {}
    for row in read:
        earlier = rows.setdefault(row.code, row)
        if (earlier.name, earlier.university, earlier.city) != (row.name, row.university, row.city):
            raise InputError(
                "{file}, row {row}: department {code} is also in row {earlier}, with other data. "
                "Correct or delete one of the two rows.",
                file=table.file,
                row=row.row,
                code=row.code,
                earlier=earlier.row,
            )
        if earlier is not row:
            text = "Department {code} is in row {earlier} already, with the same data: read once."
            facts = {"code": row.code, "earlier": earlier.row}
            table.findings.append(Finding("repeated", text, facts, row.row, table.format.sheet, Weight.NOTE))
    values = tuple(rows.values())
    return DepartmentsFile(table.file, table.format, values, tuple(table.skipped), table.findings.whole())


def read_evidence(path: Path) -> EvidenceFile:
    """Reads eTwinning records: code, kind, year; if given edition, rank, n (1 if blank), person, title, course.

    A kind is a name in Latin letters or words of any language; whether there is such a kind is not looked at here.
    A person is a pseudonymous id of Latin letters and digits: anything else might be a name, and is left out.
    Rows that lack a code, kind or year are skipped. Raises InputError for an unreadable file or a missing column.
    """
    with open_table(path, EVIDENCE_COLUMNS) as table:
        rows = tuple(_collect(table, _evidence))
    return EvidenceFile(table.file, table.format, rows, tuple(table.skipped), table.findings.whole())


def read_legacy(path: Path) -> LegacyFile:
    """Reads kits that are out there already: school, model, wave; if given serial, date, state.

    Raises InputError for an unreadable file, a missing column, or one serial of a model at two places.
    """
    with open_table(path, LEGACY_COLUMNS) as table:
        rows = tuple(_collect(table, _legacy))
    seen: dict[tuple[str, str], LegacyRow] = {}
    for row in rows:
        if row.serial is None:
            continue
        earlier = seen.setdefault((row.model, row.serial), row)
        if earlier is not row:
            raise InputError(
                "{file}, row {row}: {model} with serial {serial} is also in row {earlier}. One kit is at one school.",
                file=table.file,
                row=row.row,
                model=row.model,
                serial=row.serial,
                earlier=earlier.row,
            )
    return LegacyFile(table.file, table.format, rows, tuple(table.skipped), table.findings.whole())


def is_person_id(text: str) -> bool:
    """Whether it can be a pseudonymous id: Latin letters and digits, no blanks. Names are not of this form.

    Digits alone, as many as a tax, telephone or social security number has, are none: they lead to the person.
    """
    return _PERSON.fullmatch(text) is not None and _NUMBER_OF_A_PERSON.fullmatch(text) is None


def _collect(table: Table, build: Callable[[Table, int, Fields], RowT]) -> list[RowT]:
    rows = []
    for number, fields in table.rows:
        try:
            rows.append(build(table, number, fields))
        except _Incomplete as wrong:
            other = SkipReason.BAD_CODE if isinstance(wrong, _BadCode) else SkipReason.INCOMPLETE
            reason = other if "code" in fields else SkipReason.NO_CODE
            code = None if isinstance(wrong, _BadCode) else fields.get("code")
            table.skipped.append(Skipped(number, reason, code, detail=str(wrong), sheet=table.format.sheet))
    if table.unread:
        facts, text = {"columns": ", ".join(table.unread)}, "Columns that are not known, and not read: {columns}."
        table.findings.append(Finding("columns_not_read", text, facts, sheet=table.format.sheet, weight=Weight.NOTE))
    return rows


def _department(_table: Table, row: int, fields: Fields) -> DepartmentRow:
    written = _needed(fields, "code")
    code = department_code(written)
    if code is None:
        raise _BadCode(shortened(written))
    return DepartmentRow(code, _named(fields, "name"), _named(fields, "university"), fields.get("city"), row)


def _evidence(table: Table, row: int, fields: Fields) -> EvidenceRow:
    code = _recipient(table, row, fields)
    written = _needed(fields, "kind")
    kind = written.lower().replace(" ", "_").replace("-", "_")
    if not any(letter.isalpha() for letter in written) or len(written) > _LONGEST_KIND:
        raise _Incomplete(f"kind: {written}")
    return EvidenceRow(
        code=code,
        kind=kind if _KIND.fullmatch(kind) else written,
        year=_year(_needed(fields, "year")),
        edition=fields.get("edition"),
        rank=fields.get("rank"),
        number=_count(fields.get("number", "1")),
        person=_person(table, row, fields.get("person")),
        title=fields.get("title"),
        course=fields.get("course"),
        row=row,
    )


def _person(table: Table, row: int, written: str | None) -> str | None:
    """A finding without the text itself: names must not come into the history or onto the page through it."""
    if written is None or is_person_id(written):
        return written
    if _NUMBER_OF_A_PERSON.fullmatch(written):
        text = "What stands under person may be a tax, telephone or social security number; it is not kept."
    else:
        text = "What stands under person is not an id of Latin letters and digits; it is not kept."
    table.findings.append(Finding("not_an_id", text, {}, row, table.format.sheet, Weight.WARNING))
    return None


def _legacy(table: Table, row: int, fields: Fields) -> LegacyRow:
    for name in ("model", "wave", "serial", "state"):
        if len(fields.get(name, "")) > _LONGEST_WORD:
            raise _Incomplete(f"{name}: {fields[name][:_LONGEST_WORD]}…")
    return LegacyRow(
        code=_recipient(table, row, fields),
        model=_needed(fields, "model"),
        wave=_needed(fields, "wave"),
        serial=fields.get("serial"),
        date=_date(table, row, fields["date"]) if "date" in fields else None,
        state=fields.get("state"),
        row=row,
    )


def _needed(fields: Fields, name: str) -> str:
    if name not in fields:
        raise _Incomplete(name)
    return fields[name]


def _named(fields: Fields, name: str) -> str:
    """A cell that holds a number alone is of another column."""
    text = _needed(fields, name)
    if not any(letter.isalpha() for letter in text):
        raise _Incomplete(f"{name}: {text}")
    return text


def _recipient(table: Table, row: int, fields: Fields) -> str:
    written = _needed(fields, "code")
    code, mended = recipient_code(written)
    if code is None and _NAME.fullmatch(written) and len(written) <= _LONGEST_NAME:
        return written  # a name, perhaps: who knows the schools looks for it
    if code is None:
        raise _BadCode(shortened(written))
    if mended:
        _find(table, *mended_code(written), row, written, code)
    return code


def _year(text: str) -> int:
    """A year, a school year (its first one counts) or a date."""
    found = _YEAR.fullmatch(text)
    if found is None or int(found[1]) < _FIRST_YEAR:
        raise _Incomplete(f"year: {text}")
    return int(found[1])


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < len(text) <= 6):
        raise _Incomplete(f"n: {text}")
    return int(text)


def _date(table: Table, row: int, text: str) -> date:
    """An ISO date, day/month/year, or the number that a spreadsheet shows for an unformatted date."""
    as_number = text.isascii() and text.isdigit() and len(text) == 5
    try:
        if found := _DAY.fullmatch(text):
            day = date(int(found[3]), int(found[2]), int(found[1]))
        elif as_number:
            day = _EXCEL_DAY_ZERO + timedelta(days=int(text))
        else:
            day = date.fromisoformat(text[:10])
    except ValueError:
        raise _Incomplete(f"date: {text}") from None
    if day.year < _FIRST_YEAR:
        raise _Incomplete(f"date: {text}")
    if as_number:
        _find(table, "date_as_number", "The date is the number {written}: read as {code}.", row, text, str(day))
    return day


def _find(table: Table, code: str, text: str, row: int, written: str, read_as: str) -> None:
    facts = {"written": written, "code": read_as}
    table.findings.append(Finding(code, text, facts, row, table.format.sheet, Weight.WARNING))
