"""A file as a table: opened whatever its kind, handed on row by row as field → text."""

import codecs
import csv
import io
import itertools
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stemfleet.errors import InputError, NotFound
from stemfleet.registers.cells import Fields, Mender, Rivals, shortened
from stemfleet.registers.codes import recipient_code
from stemfleet.registers.columns import (
    SEARCHED_ROWS,
    Column,
    Titles,
    find_titles,
    match,
    refuse_missing,
    refuse_without,
)
from stemfleet.registers.csvrows import RowShape, csv_rows
from stemfleet.registers.names import clean, fold, is_clean
from stemfleet.registers.sheets import Sheet, Workbook, open_workbook
from stemfleet.registers.textfiles import detect_encoding
from stemfleet.registers.units import read_json, read_units
from stemfleet.registers.values import Container, FileFormat, Finding, Findings, Shape, Skipped, SkipReason, Weight

MAX_BYTES = 1 << 30
_DELIMITERS = (";", ",", "\t", "|")
_HEAD = 64 * 1024


@dataclass
class Table:
    """An opened file. `rows` gives (row number, field → text), blank cells left out, and is read once.

    `titles`: field → title as written, of the fields that have a column. `skipped` and `findings` grow while `rows`
    is being read, and so does what `bytes_read` gives, where that can be told (CSV). `lost`: row → fields whose cells
    hold an error or the like and tell nothing. `unread`: titles of columns that the reader does not know, folded.
    """

    file: str
    format: FileFormat
    titles: Mapping[str, str]
    rows: Iterator[tuple[int, Fields]]
    skipped: list[Skipped]
    findings: Findings
    bytes_read: Callable[[], int] = lambda: 0
    lost: dict[int, set[str]] = field(default_factory=dict)
    unread: Sequence[str] = ()


@contextmanager
def open_table(path: Path, columns: Sequence[Column]) -> Iterator[Table]:
    """Opens a JSON, CSV, XLSX or ODS file whose columns are among `columns`; the first of them is the code.

    Raises NotFound, or InputError with the file, the row where there is one, and the reason.
    """
    kind = _sniff(path)
    if kind is Container.JSON:
        yield _json_table(path, columns)
    elif kind is Container.CSV:
        with _csv_table(path, columns) as table:
            yield table
    else:
        with open_workbook(path, kind) as workbook:
            yield _sheet_table(path, workbook, columns)


def _sniff(path: Path) -> Container:
    """What the file is by its first bytes; its ending is not believed."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise InputError("{file} cannot be read: it is not a file.", file=str(path))
        with path.open("rb") as file:
            head = file.read(4096)
    except FileNotFoundError:
        raise NotFound("{file}: there is no such file.", file=str(path)) from None
    except OSError as error:
        raise InputError("{file} cannot be read: {why}.", file=str(path), why=error.strerror) from None
    if about.st_size > MAX_BYTES:
        raise InputError("{file} is larger than {limit} MB.", file=path.name, limit=MAX_BYTES >> 20)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head.decode("utf-16", "ignore").encode()
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not text:
        raise InputError("{file} is empty.", file=path.name)
    if head.startswith(b"PK"):
        return Container.ODS if b"opendocument.spreadsheet" in head else Container.XLSX
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(
            "{file} is an old Excel workbook (.xls) or one with a password. Save it as .xlsx without a password.",
            file=path.name,
        )
    if text.startswith(b"<"):
        raise InputError(
            "{file} is a web page or XML, whatever its name says. "
            "Open it in a spreadsheet program and save it as .xlsx.",
            file=path.name,
        )
    if head.startswith((b"%PDF", b"{\\rtf")):
        raise InputError("{file} is a document, not a table. Ask for the table as .xlsx or .csv.", file=path.name)
    return Container.JSON if text.startswith((b"{", b"[")) else Container.CSV


def _json_table(path: Path, columns: Sequence[Column]) -> Table:
    document = read_json(path)
    units, first = read_units(document, path.name)
    keys = list(dict.fromkeys(itertools.chain.from_iterable(units)))
    titles = refuse_missing(match(keys, columns, 1), columns, path.name)
    shape = Shape.DATA_GOV if "school_code" in keys else Shape.MM_API
    findings = Findings(first)
    mender = Mender(titles.written, columns, None, findings)
    return Table(
        file=path.name,
        format=FileFormat(shape, Container.JSON),
        titles=titles.written,
        rows=_unit_rows(units, keys, titles, mender),
        skipped=[],
        findings=findings,
        lost=mender.lost,
    )


def _unit_rows(
    units: Iterable[dict[str, Any]], keys: Sequence[str], titles: Titles, mender: Mender
) -> Iterator[tuple[int, Fields]]:
    places = {field: keys[i] for field, i in titles.places.items()}
    for number, unit in enumerate(units, start=1):
        yield number, mender.of_json(number, {field: unit.get(key) for field, key in places.items()})


@contextmanager
def _csv_table(path: Path, columns: Sequence[Column]) -> Iterator[Table]:
    encoding = detect_encoding(path)
    with path.open("rb") as raw, io.TextIOWrapper(raw, encoding=encoding.codec, newline="") as file:
        head = file.read(_HEAD)
        delimiter = _delimiter(head, columns)
        file.seek(0)
        first = list(itertools.islice(csv_rows(file, path.name, delimiter), SEARCHED_ROWS))
        titles = refuse_without(find_titles(first, columns), first, columns, path.name)
        detected = FileFormat(_shape(titles), Container.CSV, encoding.name, delimiter, titles_row=titles.row)
        findings = Findings()
        text = (
            "Quotation marks inside of a quoted text are not doubled here: look whether the row is read as it is meant."
        )

        def undoubled(row: int) -> None:
            findings.append(Finding("quotes_not_doubled", text, {}, row, weight=Weight.NOTE))

        file.seek(0)
        rows = csv_rows(file, path.name, delimiter, RowShape(len(titles.folded), titles.code), undoubled)
        table = _table(path, detected, titles, columns, rows, findings)
        table.bytes_read = raw.tell
        yield table


def _delimiter(head: str, columns: Sequence[Column]) -> str:
    """The separator under which the most columns are recognised."""

    def known(delimiter: str) -> int:
        lines = head.splitlines(keepends=True)[: SEARCHED_ROWS * 2]
        try:
            rows = list(itertools.islice(csv.reader(lines, delimiter=delimiter), SEARCHED_ROWS))
        except csv.Error:
            return 0
        if titles := find_titles(rows, columns):
            return len(titles.places)
        return max((len(match(cells, columns, 1).places) for cells in rows), default=0)

    return max(_DELIMITERS, key=known)


def _sheet_table(path: Path, workbook: Workbook, columns: Sequence[Column]) -> Table:
    """The first sheet with titles and a code below them is read, one that is shown rather than a hidden one.

    The other sheets with cells are named in a finding.
    """
    found = [(i, titles) for i, s in enumerate(workbook.sheets) if (titles := find_titles(s.head, columns))]
    index, titles = max(found, key=lambda at: _likely(workbook.sheets[at[0]], at[1]), default=(0, None))
    sheet = workbook.sheets[index] if workbook.sheets else Sheet("", empty=True, head=[], merged=[])
    titles = refuse_without(titles, sheet.head, columns, f"{path.name}, «{sheet.name}»")
    detected = FileFormat(_shape(titles), workbook.kind, sheet=sheet.name, titles_row=titles.row)
    findings = Findings([*_other_sheets(workbook, sheet.name), *_merged(sheet, titles), *_unseen(workbook, sheet)])
    return _table(path, detected, titles, columns, workbook.rows(index), findings)


def _likely(sheet: Sheet, titles: Titles) -> tuple[bool, bool]:
    """The greatest, and of equal ones the first, is the sheet that is meant."""
    below = (row[titles.code : titles.code + 1] for row in sheet.head[titles.row :])
    return any(recipient_code(clean(cell))[0] for cells in below for cell in cells), sheet.shown


def _unseen(workbook: Workbook, sheet: Sheet) -> Iterator[Finding]:
    """What somebody who looks at the sheet does not see, or sees otherwise."""
    if sheet.hidden:
        text = "{count} rows of the sheet are hidden, by a filter or by hand. They are read too."
        yield Finding("hidden_rows", text, {"count": sheet.hidden}, sheet=sheet.name)
    if workbook.errors:
        text = "{count} cells of the workbook hold an error (such as #REF!) and no value: they are read as blank or 0."
        yield Finding("error_cells", text, {"count": workbook.errors}, sheet=sheet.name)


def _other_sheets(workbook: Workbook, read: str) -> list[Finding]:
    others = [sheet.name for sheet in workbook.sheets if sheet.name != read and not sheet.empty]
    if not others:
        return []
    text = "Only sheet «{read}» is read; not read: {others}."
    return [Finding("sheets_not_read", text, {"read": read, "others": ", ".join(others)}, sheet=read)]


def _merged(sheet: Sheet, titles: Titles) -> list[Finding]:
    text = "Cells are merged here: only the first of them has a value, the others are read as blank."
    below = sorted({row for row in sheet.merged if row > titles.row})
    return [Finding("merged_cells", text, {}, row, sheet.name) for row in below]


def _shape(titles: Titles) -> Shape:
    exported = {"ΚΩΔΙΚΟΣ ΜΜ", "ΦΟΡΕΑΣ ΥΛΟΠΟΙΗΣΗΣ"} <= set(titles.folded)
    return Shape.MM_EXPORT if exported else Shape.TABLE


def _table(
    path: Path,
    detected: FileFormat,
    titles: Titles,
    columns: Sequence[Column],
    rows: Iterable[list[str]],
    findings: Findings,
) -> Table:
    skipped: list[Skipped] = []
    read = {*titles.places.values(), *titles.rivals}
    unread = [title for place, title in enumerate(titles.folded) if title and place not in read]
    table = Table(path.name, detected, titles.written, iter(()), skipped, findings, unread=unread)
    table.rows = _fields(rows, titles, columns, table)
    return table


def _fields(
    rows: Iterable[list[str]], titles: Titles, columns: Sequence[Column], table: Table
) -> Iterator[tuple[int, Fields]]:
    places = list(titles.places.items())
    code_field, code_title = places[0][0], titles.folded[titles.code]
    sheet, width = table.format.sheet, len(titles.folded)
    mender = Mender(titles.written, columns, sheet, table.findings, table.lost)
    rivals = Rivals(titles, table.file, sheet, table.findings)
    for number, cells in itertools.islice(enumerate(rows, start=1), titles.row, None):
        if table.format.container is Container.CSV and any(cells[width:]):
            table.skipped.append(Skipped(number, SkipReason.TOO_MANY_CELLS, detail=shortened(cells[width])))
            continue
        if len(cells) < width:
            cells = [*cells, *[""] * (width - len(cells))]  # noqa: PLW2901
        fields = {field: text for field, i in places if (text := cells[i])}
        together = " ".join(fields.values())
        if not is_clean(together):  # rarely; together they are looked at once
            fields = {field: kept for field, text in fields.items() if (kept := clean(text))}
        fields = mender.mended(number, fields, together)
        code = fields.get(code_field, "")
        if code and not code.isdigit() and fold(code) == code_title:
            table.skipped.append(Skipped(number, SkipReason.REPEATED_TITLES, sheet=sheet))
        elif fields:
            if titles.rivals:
                rivals.look(number, cells)
            yield number, fields
