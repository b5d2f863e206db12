"""Figures that the support organisation published, as printed, one TOML file for each table, and what they add up to.

Source: the eTwinning briefing; `section` says where. A printed total stands beside the computed one: they differ in
places, and `docs/figures.md` says where.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from stemfleet.catalogue.evidence import EvidenceCatalogue, read_evidence_catalogue
from stemfleet.catalogue.reading import only, read_toml, text, texts, title

_FOLDER = Path(__file__).parent / "figures"
_ORDER = (
    "stem-waves",
    "courses",
    "moocs",
    "languages-european-schools",
    "languages-supported-countries",
    "ite",
    "webinars",
    "national-contests",
    "european-prizes",
    "tickets",
)
_KEYS = ("name", "section", "printed_as", "chart", "adds", "title", "columns", "rows", "printed", "notes")
Words = Mapping[str, str]  # by language: "el", "en"


@dataclass(frozen=True)
class Cell:
    """`value`: a whole number, None for a dash or words alone; `words` where more is printed than the number."""

    value: int | None
    words: Words | None = None


@dataclass(frozen=True)
class FigureRow:
    """`number`: as printed, of a course; `group`: the heading above it."""

    title: Words
    group: Words | None
    number: str | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Total:
    """A printed total (`at_least`: «more than») beside the sum of what is printed above it.

    `of_bounds`: some of what is added up is printed as a lower bound («600+»), and so the sum is one.
    """

    words: Words
    column: str | None
    printed: int
    at_least: bool
    computed: int
    of_bounds: bool

    @property
    def agrees(self) -> bool:
        return self.computed >= self.printed if self.at_least else self.computed == self.printed


@dataclass(frozen=True)
class FigureTable:
    """A table of the briefing. `adds`: the columns of numbers; `chart`: "bars", "totals", or None."""

    name: str
    section: str
    printed_as: str | None
    chart: str | None
    title: Words
    columns: Mapping[str, Words]
    adds: tuple[str, ...]
    rows: tuple[FigureRow, ...]
    totals: tuple[Total, ...]
    notes: tuple[Words, ...]

    def column(self, key: str) -> list[int | None]:
        place = list(self.columns).index(key)
        return [row.cells[place].value for row in self.rows]

    def sum(self, key: str) -> int:
        return sum(value or 0 for value in self.column(key))

    def largest(self, key: str) -> int:
        return max((value or 0 for value in self.column(key)), default=0)

    def by_group(self) -> list[tuple[Words, dict[str, int]]]:
        """The sums of each group's rows, by column."""
        places = {key: place for place, key in enumerate(self.columns)}
        found: list[tuple[Words, dict[str, int]]] = []
        for row in self.rows:
            if row.group is None:
                continue
            if not found or found[-1][0] != row.group:
                found.append((row.group, dict.fromkeys(self.adds, 0)))
            for key in self.adds:
                found[-1][1][key] += row.cells[places[key]].value or 0
        return found


@lru_cache(maxsize=1)
def read_figures() -> tuple[FigureTable, ...]:
    """All tables, in the order of the page. Raises InputError naming file and key."""
    courses = read_evidence_catalogue()
    return tuple(read_toml(_FOLDER / f"{name}.toml", _KEYS, lambda data: _table(data, courses)) for name in _ORDER)


def _table(data: Mapping[str, Any], courses: EvidenceCatalogue) -> FigureTable:
    columns = {text(item["key"]): title(item) for item in data["columns"]}
    rows = tuple(_row(item, courses, len(columns)) for item in data["rows"])
    adds = texts(data["adds"]) if "adds" in data else tuple(columns)
    return FigureTable(
        name=text(data["name"]),
        section=text(data["section"]),
        printed_as=data.get("printed_as"),
        chart=data.get("chart"),
        title=title(data["title"]),
        columns=columns,
        adds=adds,
        rows=rows,
        totals=tuple(_total(item, list(columns), adds, rows) for item in data.get("printed", [])),
        notes=tuple(title(item) for item in data.get("notes", [])),
    )


def _row(data: Mapping[str, Any], courses: EvidenceCatalogue, width: int) -> FigureRow:
    only(data, "course", "el", "en", "group_el", "group_en", "values")
    cells = tuple(map(_cell, data["values"]))
    if len(cells) != width:
        raise ValueError(f"{len(cells)} values in a row of {width}")
    if "course" in data:
        course = courses.courses[data["course"]]
        return FigureRow(course.title, courses.groups[course.group], course.number, cells)
    group = {"el": text(data["group_el"]), "en": text(data["group_en"])} if "group_el" in data else None
    return FigureRow(title(data), group, None, cells)


def _cell(value: Any) -> Cell:
    if isinstance(value, int):
        return Cell(value)
    if value == "":
        return Cell(None)
    return Cell(value.get("value"), title(only(value, "value", "el", "en")))


def _total(data: Mapping[str, Any], columns: list[str], adds: tuple[str, ...], rows: tuple[FigureRow, ...]) -> Total:
    """Of a `column`, of a `row` (from 1), or of everything that is added up."""
    only(data, "column", "row", "total", "at_least", "el", "en")
    column = data.get("column")
    of_rows = rows if "row" not in data else (rows[data["row"] - 1],)
    keys = [column] if column else (adds or columns)
    places = [columns.index(key) for key in keys]
    cells = [row.cells[place] for row in of_rows for place in places]
    computed = sum(cell.value or 0 for cell in cells)
    of_bounds = any(cell.words is not None and cell.words["en"].endswith("+") for cell in cells)
    return Total(title(data), column, data["total"], data.get("at_least", False), computed, of_bounds)
