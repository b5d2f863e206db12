"""The rows of a CSV file. Quotation marks are where rows get lost: one left open takes in all up to the next one.

A cell may hold line breaks when it is quoted, so a row that goes on over several lines is legal as long as none of
these lines is itself a row of the table. A name such as ΔΗΜΟΤΙΚΟ "ΑΓΙΟΣ ΝΙΚΟΛΑΟΣ" is often quoted without doubling
the marks inside of it.
"""

import csv
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from stemfleet.errors import InputError

_CODE = re.compile(r"\d{6,7}|U-?\d+")


@dataclass(frozen=True)
class RowShape:
    """By what a line is known as a row: how many cells the titles have, and which of them is the code (from 0)."""

    width: int
    code: int


def csv_rows(
    lines: Iterable[str],
    file: str,
    delimiter: str,
    shape: RowShape | None = None,
    undoubled: Callable[[int], None] = lambda _row: None,
) -> Iterator[list[str]]:
    """The cells of each row, from row 1 on. `undoubled` gets the rows in which marks inside of a text stand single.

    Raises InputError naming the row in which a quotation mark is left open: at the end of the file, and, once the
    `shape` is known, as soon as the cell that it begins holds a row.
    """
    taken: list[str] = []
    source = _remembered(lines, taken)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    for row in itertools.count(1):
        taken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            if len(taken) == 1 and '"' not in taken[0]:
                raise InputError(
                    "{file}, row {row}: a cell holds {length} letters: too many.",
                    file=file,
                    row=row,
                    length=max(map(len, taken[0].split(delimiter))),
                ) from None
            if len(taken) > 1 or len(taken[0]) > csv.field_size_limit():
                raise _left_open(file, row) from None
            cells = _undoubled_cells(taken[0], delimiter)
            if any(cell.startswith('"') and cell.count('"') % 2 for cell in cells):
                raise _left_open(file, row) from None
            undoubled(row)
        if len(taken) > 1 and shape is not None and _swallows(cells, delimiter, shape):
            raise _left_open(file, row)
        yield cells


def _remembered(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


def _swallows(cells: list[str], delimiter: str, shape: RowShape) -> bool:
    """Whether a cell holds the end of one row and the beginning of another, or a line with a code in its place."""
    for place, cell in enumerate(cells):
        lines = [line.split(delimiter) for line in cell.splitlines()]
        if len(lines) < 2:
            continue
        if any(len(line) > 1 and _has_code(line, shape) for line in lines[1:]):
            return True
        if place + len(lines[0]) == shape.width == len(lines[-1]) + len(cells) - place - 1:
            return True
    return False


def _has_code(line: list[str], shape: RowShape) -> bool:
    return len(line) > shape.code and _CODE.fullmatch(line[shape.code].strip(' "=')) is not None


def _undoubled_cells(line: str, delimiter: str) -> list[str]:
    """A mark ends a cell only in front of the next separator; the others belong to the text."""
    mark = re.escape(delimiter)
    cell = rf'(?:^|{mark})(?:"((?:[^"]|"")*)"(?={mark}|$)|"((?:[^{mark}"]|"(?!{mark}|$))*)"(?={mark}|$)|([^{mark}]*))'
    found = re.finditer(cell, line.rstrip("\r\n"))
    return [doubled.replace('""', '"') if (doubled := match[1]) else match[2] or match[3] or "" for match in found]


def _left_open(file: str, row: int) -> InputError:
    return InputError(
        "{file}, row {row}: a quotation mark is opened here and not closed, so that the rows below it would be lost in "
        "one cell. Close it, or delete it.",
        file=file,
        row=row,
    )
