"""The child process that opens spreadsheets. It stands alone: nothing of stemfleet is imported here.

    python sheetreader.py FILE

Standard output, a JSON value a line: first `{"sheets": [{name, shown, empty, head, merged, hidden}…], "errors": n}`;
then, after the index of a sheet has come in on standard input, its rows as lists of texts, and `{"end": true}`. Instead
of any of these `{"refused": sentence, "facts": {…}}` may come. Whoever started it reads an early end as a refusal too.
"""

import datetime
import html
import io
import itertools
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import python_calamine

HEAD_ROWS = 40
# Bytes of address space. The register's export of 14,000 schools (2.7 MB) needs 0.2 GB, one of 500,000 about 1.7 GB.
MEMORY_BASE, MEMORY_PER_BYTE, MEMORY_MOST = 768 << 20, 24, 3 << 30
SECONDS = 180  # of processor time
MAX_ENTRIES = 10_000
MAX_UNPACKED = 2 << 30
# Tables pack 10 to 40 times; only padding packs 100 times.
BOMB_RATIO, BOMB_SIZE = 100, 32 << 20
MAX_CELLS = 30_000_000  # the library holds the whole rectangle between the outermost cells
MAX_TEXT = 32_767  # the most that a cell can hold in Excel
MAX_OUTPUT = 2 << 30
MAX_FAULTS, MAX_FAULT = 20_000, 200  # rows with them; letters

_CELL = re.compile(rb"\sr=[\"']([A-Z]{1,3})(\d{1,7})[\"']")  # nothing but cells has such an attribute
_HIDDEN = re.compile(rb"<row\s(?=[^>]*\shidden=\"(?:1|true)\")[^>]*\br=\"(\d{1,7})\"")
_ERROR = re.compile(rb'<c\s([^>]*\bt="e"[^>]*)>(?:(?!</c>).)*?<v>([^<]*)</v>', re.DOTALL)
# A formula without its value, for which the library gives a blank.
_NO_RESULT = re.compile(rb"<c\s([^>]*[^>/])>\s*<f\b[^>]*?(?:/>|>([^<]*)</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_LINK = r"\w+:id"
_ODS_REPEATED, _ODS_DIGITS = re.compile(rb'-repeated="0*(\d+)"'), 7  # a sheet has 1,048,576 rows
_ODS_ERROR = b'calcext:value-type="error"'
_CHUNK = 1 << 20
_OVERLAP = 64 << 10  # of two chunks: a cell with its formula


class Refused(Exception):
    """The file is not read; a sentence and its facts."""

    def __init__(self, text: str, **facts: Any) -> None:
        super().__init__(text)
        self.text = text
        self.facts = facts


def limit(size: int) -> None:
    """Limits memory (by the size of the file) and processor time of this process, where the system knows how."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415

        memory = min(MEMORY_BASE + MEMORY_PER_BYTE * size, MEMORY_MOST)
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@dataclass
class Look:
    """What the library leaves out of a sheet: row → column (from 0) → error or formula without a result; hidden rows.

    An error is its text (#REF!), a formula begins with "=".
    """

    faults: dict[int, dict[int, str]] = field(default_factory=dict)
    hidden: set[bytes] = field(default_factory=set)


def look_through(path: str) -> tuple[dict[str, Look], int]:
    """Sheet → look (XLSX), and how many cells hold an error (ODS).

    Refuses what unpacks to too much, and sheets whose outermost cells span too large a rectangle.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            packed = sum(entry.compress_size for entry in entries) or 1
            if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED:
                raise Refused("{file}: it unpacks to {size} MB in {parts} parts: too much.", **_size(unpacked, entries))
            if unpacked > BOMB_SIZE and unpacked > BOMB_RATIO * packed:
                raise Refused(
                    "{file}: it unpacks to {size} MB from {packed} kB: padding, not a table.",
                    packed=packed >> 10,
                    **_size(unpacked, entries),
                )
            looks = {
                entry.filename: _look(archive, entry.filename)
                for entry in entries
                if re.fullmatch(r"xl/worksheets/[^/]+\.xml", entry.filename)
            }
            errors = sum(_errors(archive, entry.filename) for entry in entries if entry.filename == "content.xml")
            return {name: looks[part] for name, part in _parts(archive).items() if part in looks}, errors
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError):
        raise Refused("{file}: it is damaged or cut short. Ask for it again.") from None


def _size(unpacked: int, entries: list[zipfile.ZipInfo]) -> dict[str, int]:
    return {"size": unpacked >> 20, "parts": len(entries)}


def _parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Name of a sheet → the part that holds it; nothing for what is not an XLSX workbook."""
    links, book = "xl/_rels/workbook.xml.rels", "xl/workbook.xml"
    if not {links, book} <= set(archive.namelist()):
        return {}
    targets = {
        _attribute(tag, "Id"): _attribute(tag, "Target").removeprefix("/xl/")
        for tag in re.findall(r"<Relationship\s[^>]*>", archive.read(links).decode("utf-8", "replace"))
    }
    sheets = re.findall(r"<(?:\w+:)?sheet\s[^>]*>", archive.read(book).decode("utf-8", "replace"))
    return {_attribute(tag, "name"): f"xl/{targets.get(_attribute(tag, _LINK), '')}" for tag in sheets}


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"""\s{name}\s*=\s*(?:"([^"]*)"|'([^']*)')""", tag)
    return html.unescape(found[1] or found[2] or "") if found else ""


def _far_outside() -> Refused:
    return Refused("{file}: it has cells far outside of any table. Delete what stands right of and below it.")


def _errors(archive: zipfile.ZipFile, part: str) -> int:
    """How many cells of an ODS hold an error. Refuses cells that are repeated more often than a sheet has rows."""
    count, tail = 0, b""
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            text = tail + chunk
            count += text.count(_ODS_ERROR)
            if any(len(times) > _ODS_DIGITS for times in _ODS_REPEATED.findall(text)):
                raise _far_outside()
            tail = chunk[-len(_ODS_ERROR) + 1 :]
    return count


def _look(archive: zipfile.ZipFile, part: str) -> Look:
    look = Look()
    columns: set[int] = set()
    low, high = 1 << 30, 0
    tail = b""
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            text = tail + chunk
            found = _CELL.findall(text)
            tail = text[max(text.rfind(b"<c "), text.rfind(b"<row "), len(text) - _OVERLAP) :]
            _add_faults(text, look)
            if found:
                letters, numbers = zip(*found, strict=True)
                columns |= set(map(_column, set(letters)))
                rows = set(map(int, set(numbers)))
                low, high = min(low, *rows), max(high, *rows)
    if columns and (high - low + 1) * (max(columns) - min(columns) + 1) > MAX_CELLS:
        raise Refused(
            "{file}: it has cells as far as column {column}, row {row}. Delete what stands outside the table.",
            column=max(columns),
            row=high,
        )
    return look


def _add_faults(text: bytes, look: Look) -> None:
    """From the bytes of a sheet; what was seen already may come again."""
    if b'hidden="' in text:
        look.hidden.update(_HIDDEN.findall(text))
    found = _ERROR.findall(text) if b't="e"' in text else []
    if b"<f" in text:
        formulas = ((tag, b"=" + formula) for tag, formula in _NO_RESULT.findall(text) if b't="str"' not in tag)
        found = [*found, *formulas]
    for tag, what in found:
        cell = _CELL.search(b" " + tag)
        if cell is not None and len(look.faults) < MAX_FAULTS:
            written = html.unescape(what.decode("utf-8", "replace"))[:MAX_FAULT]
            look.faults.setdefault(int(cell[2]), {})[_column(cell[1]) - 1] = written


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def text_of(value: Any) -> str:
    """A cell as text: whole numbers without a point, dates as ISO 8601."""
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise Refused("{file}: a cell holds {length} letters: too many.", length=len(value))
        return value
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime.datetime):
        whole_day = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if whole_day else value.isoformat(" ", "seconds")
    return str(value)


def rows_of(sheet: Any, look: Look) -> Iterator[list[str]]:
    """The rows from row 1 on, with the cells that the library leaves out."""
    if not look.faults:
        yield from _rows(sheet)
        return
    rows, last = _rows(sheet), max(look.faults)
    for number in itertools.count(1):
        row = next(rows, None)
        if row is None and number > last:
            return
        texts = row or []
        for column, text in look.faults.get(number, {}).items():
            texts += [""] * (column + 1 - len(texts))
            texts[column] = text
        yield texts


def _rows(sheet: Any) -> Iterator[list[str]]:
    """As the library has them, with the blank ones above the first cell and the columns before it, which it lacks."""
    if sheet.start is None:
        return
    above, before = sheet.start
    for _ in range(above):
        yield []
    for row in sheet.iter_rows():
        yield [""] * before + [
            value if type(value) is str and len(value) <= MAX_TEXT else text_of(value) for value in row
        ]


def say(value: Any) -> int:
    """Writes one answer; returns its length."""
    return sys.stdout.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def serve(path: str) -> None:
    """Answers about one file until the end."""
    looks, errors = look_through(path)
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as workbook:
            shown = {sheet.name: _is_shown(sheet) for sheet in workbook.sheets_metadata if _is_table(sheet)}
            names = list(shown)
            first = workbook.get_sheet_by_name(names[0]) if names else None  # kept: most likely it is the one read
            others = (workbook.get_sheet_by_name(name) for name in names[1:])
            sheets = zip(names, itertools.chain([first], others), strict=False)
            described = [_describe(sheet, name, looks.get(name, Look())) for name, sheet in sheets]
            say({"sheets": [{**sheet, "shown": shown[sheet["name"]]} for sheet in described], "errors": errors})
            sys.stdout.flush()
            index = sys.stdin.readline()
            if index:
                name = names[int(index)]
                _send(workbook.get_sheet_by_name(name) if int(index) else first, looks.get(name, Look()))
    except python_calamine.CalamineError as error:
        if "Cell limit" in str(error):
            raise _far_outside() from None
        raise Refused("{file}: it is not a workbook that can be read. Ask for it again, as .xlsx or .csv.") from None


def _is_table(sheet: Any) -> bool:
    return bool(sheet.typ == python_calamine.SheetTypeEnum.WorkSheet)


def _is_shown(sheet: Any) -> bool:
    return bool(sheet.visible == python_calamine.SheetVisibleEnum.Visible)


def _describe(sheet: Any, name: str, look: Look) -> dict[str, Any]:
    head = list(itertools.islice(rows_of(sheet, look), HEAD_ROWS))
    merged = [start[0] + 1 for start, _ in sheet.merged_cell_ranges or ()]
    return {
        "name": name,
        "empty": sheet.start is None,
        "head": head,
        "merged": merged[: HEAD_ROWS * 10],
        "hidden": len(look.hidden),
    }


def _send(sheet: Any, look: Look) -> None:
    written = 0
    for row in rows_of(sheet, look):
        written += say(row)
        if written > MAX_OUTPUT:
            raise Refused(
                "{file}: it holds more text than any table of schools: over {size} MB.", size=MAX_OUTPUT >> 20
            )
    say({"end": True})


def main() -> None:
    """One file, given as the only argument."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    limit(Path(sys.argv[1]).stat().st_size)
    try:
        serve(sys.argv[1])
    except Refused as refused:
        say({"refused": refused.text, "facts": refused.facts})
    except MemoryError:
        sys.exit(1)


if __name__ == "__main__":
    main()
