"""The child process that opens spreadsheets. It stands alone: nothing of stemfleet is imported here.

    python sheetreader.py FILE

Standard output, a JSON value a line: first `{"sheets": [{name, empty, head, merged}…]}`; then, after the index of a
sheet has come in on standard input, its rows as lists of texts, and `{"end": true}`. Instead of any of these
`{"refused": sentence, "facts": {…}}` may come. Whoever started it reads an early end as a refusal too.
"""

import datetime
import io
import itertools
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
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

_CELL = re.compile(rb"\sr=[\"']([A-Z]{1,3})(\d{1,7})[\"']")  # nothing but cells has such an attribute
_CHUNK = 1 << 20
_OVERLAP = 256


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


def check_sizes(path: str) -> None:
    """Refuses what unpacks to too much, and sheets whose outermost cells span too large a rectangle."""
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
            for entry in entries:
                if re.fullmatch(r"xl/worksheets/[^/]+\.xml", entry.filename):
                    _check_corners(archive, entry.filename)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError):
        raise Refused("{file}: it is damaged or cut short. Ask for it again.") from None


def _size(unpacked: int, entries: list[zipfile.ZipInfo]) -> dict[str, int]:
    return {"size": unpacked >> 20, "parts": len(entries)}


def _check_corners(archive: zipfile.ZipFile, part: str) -> None:
    columns: set[int] = set()
    low, high = 1 << 30, 0
    tail = b""
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            found = _CELL.findall(tail + chunk)
            tail = chunk[-_OVERLAP:]
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


def rows_of(sheet: Any) -> Iterator[list[str]]:
    """The rows from row 1 on; the library leaves out the blank ones above the first cell, and the columns before it."""
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
    check_sizes(path)
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as workbook:
            names = _visible(workbook)
            first = workbook.get_sheet_by_name(names[0]) if names else None  # kept: most likely it is the one read
            others = (workbook.get_sheet_by_name(name) for name in names[1:])
            sheets = zip(names, itertools.chain([first], others), strict=False)
            say({"sheets": [_describe(sheet, name) for name, sheet in sheets]})
            sys.stdout.flush()
            index = sys.stdin.readline()
            if index:
                _send(workbook.get_sheet_by_name(names[int(index)]) if int(index) else first)
    except python_calamine.CalamineError as error:
        if "Cell limit" in str(error):
            raise Refused(
                "{file}: it has cells far outside of any table. Delete what stands right of and below it."
            ) from None
        raise Refused("{file}: it is not a workbook that can be read. Ask for it again, as .xlsx or .csv.") from None


def _visible(workbook: Any) -> list[str]:
    work = python_calamine.SheetTypeEnum.WorkSheet
    return [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == work]


def _describe(sheet: Any, name: str) -> dict[str, Any]:
    head = [row for row, _ in zip(rows_of(sheet), range(HEAD_ROWS), strict=False)]
    merged = [start[0] + 1 for start, _ in sheet.merged_cell_ranges or ()]
    return {"name": name, "empty": sheet.start is None, "head": head, "merged": merged[: HEAD_ROWS * 10]}


def _send(sheet: Any) -> None:
    written = 0
    for row in rows_of(sheet):
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
