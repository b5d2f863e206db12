"""Published lists on paper: A4 across, the titles on every page, and by what the list can be checked at the foot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from stemfleet.errors import InputError
from stemfleet.paper.tables import Cell, Column, Table

if TYPE_CHECKING:
    from stemfleet.paper.page import Page

_LEFT, _RIGHT, _TOP, _BOTTOM = 12.0, 285.0, 12.0, 195.0
_WIDTH = _RIGHT - _LEFT
_HEIGHT = 210.0
_ROW = 5.0
_GAP = 1.2  # within a cell, on either side
_SIZE = 8.0
_SMALL = 6.0
_BASE = 3.5  # from a row's upper edge to the feet of its letters
_TWO_BASES = (2.25, 4.45)  # the same of two small lines
_MARK_SIZE = 46


@dataclass(frozen=True)
class Heading:
    """What stands around the tables: a title, a few lines below it, the lines at the foot of each page.

    `mark` is written across every page, for what is no result. `page`: such as `page {number} of {total}`.
    """

    title: str
    lines: Sequence[str]
    foot: Sequence[str]
    page: str
    language: str = "el"
    mark: str = ""


@dataclass
class _Sheet:
    """Where the pen is, and what each page begins with."""

    page: "Page"
    heading: Heading
    columns: Sequence[Column]
    y: float = _TOP
    shaded: bool = False
    known: dict[tuple[str, float], "_Fitted"] = field(default_factory=dict)

    def fitted(self, text: str, width: float) -> "_Fitted":
        """What fits into a cell; regions and levels come again and again."""
        if (text, width) not in self.known:
            self.known[text, width] = _fit(self.page, text, width)
        return self.known[text, width]


@dataclass(frozen=True)
class _Fitted:
    """The size of a cell's text, its one or two lines, and the width of the first."""

    size: float
    lines: tuple[str, ...]
    width: float


def _fit(page: "Page", text: str, width: float) -> _Fitted:
    """As it is, or smaller; what would still be too wide stands in two small lines, the second cut if it must be."""
    page.set_font_size(_SIZE)
    wide = page.get_string_width(text)
    size = max(_SMALL, min(_SIZE, _SIZE * width / wide)) if wide else _SIZE
    page.set_font_size(size)
    if wide * size / _SIZE <= width:
        return _Fitted(size, (text,), wide * size / _SIZE)
    first, words = "", text.split()
    while words and page.get_string_width(f"{first} {words[0]}".strip()) <= width:
        first = f"{first} {words.pop(0)}".strip()
    lines = (first, page.cut(" ".join(words), width)) if first else (page.cut(text, width),)
    return _Fitted(size, lines, page.get_string_width(lines[0]))


def list_pdf(heading: Heading, tables: Sequence[Table], *, made: datetime | None = None) -> bytes:
    """The tables, which have the same columns, one below the other as PDF.

    `made` is the file's date; without it the file has a fixed one. Raises InputError when there is no table.
    """
    from stemfleet.paper.page import Page  # noqa: PLC0415  the PDF library takes half a second to load

    if not tables:
        raise InputError("There is no list to print.")
    page = Page(heading.title, made)
    page.set_lang(heading.language)
    sheet = _Sheet(page, heading, tables[0].columns)
    _next_page(sheet)
    _head(sheet)
    for table in tables:
        _table(sheet, table)
    _finish_pages(page, heading)
    return bytes(page.output())


def _head(sheet: _Sheet) -> None:
    sheet.page.line_of(_LEFT, sheet.y, _WIDTH, sheet.heading.title, 16, bold=True)
    sheet.y += 9
    for line in sheet.heading.lines:
        sheet.page.line_of(_LEFT, sheet.y, _WIDTH, line, 9)
        sheet.y += 4.8
    sheet.y += 3


def _table(sheet: _Sheet, table: Table) -> None:
    """The title keeps the titles of the columns and two rows with it."""
    rows = iter(table.rows)
    if sheet.y + 8 + 3 * _ROW > _BOTTOM:
        _next_page(sheet)
    sheet.page.line_of(_LEFT, sheet.y, _WIDTH, table.title, 11, bold=True)
    sheet.y += 7
    _titles(sheet)
    while True:
        if sheet.y + _ROW > _BOTTOM:
            _next_page(sheet)
            _titles(sheet)
        chunk = list(islice(rows, max(1, int((_BOTTOM - sheet.y) / _ROW))))
        for row in chunk:
            _row(sheet, row)
        if not chunk:
            break
    sheet.y += 5


def _titles(sheet: _Sheet) -> None:
    page = sheet.page
    page.set_fill_color(222)
    page.rect(_LEFT, sheet.y, _WIDTH, _ROW + 0.6, style="F")
    for (x, width), column in zip(_places(sheet.columns), sheet.columns, strict=True):
        fitted = sheet.fitted(column.title, width)
        with page.bold(fitted.size):
            _cell(page, x, sheet.y + 0.3, width, fitted, column)
    sheet.y += _ROW + 0.6
    sheet.shaded = False


def _row(sheet: _Sheet, row: Sequence[Cell]) -> None:
    page = sheet.page
    if sheet.shaded:
        page.set_fill_color(244)
        page.rect(_LEFT, sheet.y, _WIDTH, _ROW, style="F")
    sheet.shaded = not sheet.shaded
    for (x, width), column, cell in zip(_places(sheet.columns), sheet.columns, row, strict=True):
        if cell is None or cell == "":
            continue
        _cell(page, x, sheet.y, width, sheet.fitted(str(cell), width), column)
    sheet.y += _ROW


def _cell(page: "Page", x: float, y: float, width: float, fitted: _Fitted, column: Column) -> None:
    """`text` of the library takes a tenth of the time of its cells: a list has thousands of them."""
    page.set_font_size(fitted.size)
    left = x + (width - fitted.width if column.number else 0)
    for line, base in zip(fitted.lines, (_BASE,) if len(fitted.lines) == 1 else _TWO_BASES, strict=True):
        page.text(left, y + base, line)


def _places(columns: Sequence[Column]) -> Iterator[tuple[float, float]]:
    """(x, width) of what can be written in each column."""
    unit, x = _WIDTH / sum(column.width for column in columns), _LEFT
    for column in columns:
        yield x + _GAP, column.width * unit - 2 * _GAP
        x += column.width * unit


def _next_page(sheet: _Sheet) -> None:
    sheet.page.add_page(orientation="landscape")
    sheet.y = _TOP


def _mark(page: "Page", text: str) -> None:
    """Across the page, over everything; what is below can be read through it."""
    size, text = page.fitted(text, _WIDTH, _MARK_SIZE)
    page.set_font_size(size)
    width = page.get_string_width(text)
    middle = (_LEFT + _RIGHT) / 2, _HEIGHT / 2
    with page.local_context(fill_opacity=0.3), page.rotation(28, *middle):
        page.set_text_color(190, 90, 0)
        page.text(middle[0] - width / 2, middle[1] + size * 0.12, text)
        page.set_text_color(0)


def _finish_pages(page: "Page", heading: Heading) -> None:
    total = page.pages_count
    for number in range(1, total + 1):
        page.page = number
        if heading.mark:
            _mark(page, heading.mark)
        y = 204.5 - 3.4 * len(heading.foot)
        page.set_draw_color(160)
        page.set_line_width(0.2)
        page.line(_LEFT, y - 1.2, _RIGHT, y - 1.2)
        for line in heading.foot:
            page.line_of(_LEFT, y, _WIDTH - 40, line, 6.5)
            y += 3.4
        counted = heading.page.format(number=number, total=total)
        page.set_font_size(7.5)
        page.text(_RIGHT - page.get_string_width(counted), 204.0, counted)
