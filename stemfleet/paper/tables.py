"""Tables as files for spreadsheets: CSV as a Greek Excel opens it, and XLSX."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Cell = str | int | None
# What a spreadsheet would compute, or take for the end of a cell (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SHEET_NAME = 31  # characters, at most
_NOTES, _UNNAMED = "stemfleet", "list"  # names of the second sheet, and of one whose title is no name
_UNDATED = datetime(2000, 1, 1)
_FIRST_SHEET_ROW = 1
_MOST_LINKS = 65_530  # in a sheet of Excel; further addresses are plain texts


@dataclass(frozen=True)
class Column:
    """`width` in characters, as a share of the paper too; `number`: right-aligned.

    `link`: its cells are addresses on the web, which a workbook opens at a click.
    """

    title: str
    width: int
    number: bool = False
    link: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of as many cells as there are columns; a cell None is empty."""

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]


def csv_bytes(table: Table) -> bytes:
    """UTF-8 with a byte order mark, semicolons, CRLF: what a Greek Excel opens with a double click.

    A text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([column.title for column in table.columns])
    writer.writerows([_plain(cell) for cell in row] for row in table.rows)
    return out.getvalue().encode("utf-8-sig")


def _plain(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def xlsx_bytes(table: Table, about: Sequence[tuple[str, str]], footer: str, *more: Table) -> bytes:
    """A sheet for each table, its titles frozen and with filters, and a last one with what they are about.

    Texts are written as texts: leading zeros of codes stay, nothing becomes a formula, and only what stands in a column
    of links becomes a link. The same values give the same bytes.
    """
    import xlsxwriter  # noqa: PLC0415  takes a while to load, and few commands write a workbook

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True, "in_memory": False}) as workbook:
        workbook.set_properties({"title": table.title, "created": _UNDATED})
        bold = workbook.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        for number, one in enumerate((table, *more), start=1):
            sheet = workbook.add_worksheet(_sheet_name(one.title, number))
            _lay_out(sheet, one, footer)
            _fill(sheet, one, bold)
        notes = workbook.add_worksheet(_NOTES)
        notes.set_column(0, 0, 30)
        notes.set_column(1, 1, 90)
        for number, (name, value) in enumerate(about):
            notes.write_string(number, 0, name, bold)
            notes.write_string(number, 1, value)
    return out.getvalue()


def _fill(sheet: Any, table: Table, bold: Any) -> None:
    for place, column in enumerate(table.columns):
        sheet.write_string(0, place, column.title, bold)
    last = 0
    for last, row in enumerate(table.rows, start=_FIRST_SHEET_ROW):
        for place, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
            if isinstance(cell, int):
                sheet.write_number(last, place, cell)
            elif cell and column.link and last <= _MOST_LINKS:
                sheet.write_url(last, place, cell)
            elif cell:
                sheet.write_string(last, place, cell)
    sheet.autofilter(0, 0, last, len(table.columns) - 1)


def _lay_out(sheet: Any, table: Table, footer: str) -> None:
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L{footer.replace('&', '&&')}&R&P / &N")
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, column.width)


def _sheet_name(title: str, number: int) -> str:
    """No two sheets have one name: from the second on they are numbered."""
    end = f" {number}" if number > 1 else ""
    name = "".join(" " if letter in r"[]:*?/\'" else letter for letter in title)[: _SHEET_NAME - len(end)].strip()
    return f"{_UNNAMED if name.lower() in ('', _NOTES) else name}{end}"
