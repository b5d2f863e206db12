"""Writes sample files: the format follows from the file's ending, and a file is there whole or not at all."""

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from stemfleet.errors import InputError

Row = Sequence[Any]
_MADE = datetime(2025, 1, 1)  # in every workbook, so that the same rows give the same bytes


def whole_file(path: Path, write: Callable[[Path], None]) -> None:
    """Writes beside the target and moves it there at the end. Raises InputError when the folder does not take it."""
    beside = path.with_name(f".{path.name}.part")
    try:
        write(beside)
        beside.replace(path)
    except OSError as error:
        raise InputError("{file} cannot be written: {why}.", file=str(path), why=error.strerror) from None
    finally:
        beside.unlink(missing_ok=True)


def refuse_ending(path: Path, known: Sequence[str]) -> InputError:
    """The error for a file name whose ending is none of the formats."""
    return InputError(
        "{file}: the format follows from the ending, which can be {known}.", file=str(path), known=", ".join(known)
    )


def write_csv(path: Path, titles: Row, rows: Iterable[Row], *, quote_all: bool = False) -> None:
    """UTF-8, commas. `quote_all` and bare line feeds are what the register's export has."""
    with path.open("w", encoding="utf-8", newline="") as file:
        exported = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer = exported if quote_all else csv.writer(file)
        writer.writerow(titles)
        writer.writerows(rows)


def write_xlsx(path: Path, sheet: str, titles: Row, rows: Iterable[Row]) -> None:
    """One sheet, titles in row 1; numbers as numbers, None as no cell. Same rows, same bytes."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as workbook:
        workbook.set_properties({"created": _MADE, "title": sheet})
        page = workbook.add_worksheet(sheet)
        page.freeze_panes(1, 0)
        page.write_row(0, 0, titles, workbook.add_format({"bold": True}))
        for number, row in enumerate(rows, start=1):
            for place, value in enumerate(row):
                if isinstance(value, str):
                    page.write_string(number, place, value)
                elif value is not None:
                    page.write_number(number, place, value)


def write_envelope(path: Path, units: Sequence[dict[str, Any]]) -> None:
    """The units as one page of the mm.sch.gr API, a line for each."""
    count = len(units)
    page = {"page": 1, "maxPage": 1, "pagesize": count}
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write('{"data": [\n')
        file.writelines(
            json.dumps(unit, ensure_ascii=False) + (",\n" if number < count else "\n")
            for number, unit in enumerate(units, start=1)
        )
        tail = {"controller": "units", "function": "GetUnits", "method": "GET", "total": count, "count": count}
        tail |= {"pagination": page, "status": 200, "message": "Success"}
        file.write("], " + json.dumps(tail)[1:] + "\n")
