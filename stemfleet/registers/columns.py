"""Finding the titles: which row holds them, and which column is which, however people have written them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from stemfleet.errors import InputError
from stemfleet.registers.names import clean, fold

SEARCHED_ROWS = 40  # covers and remarks above the titles are shorter than this in every file seen
_LONGEST = 100  # letters of a title
SEARCHED_COLUMNS = 256  # the widest register has 39


@dataclass(frozen=True)
class Column:
    """A column that a reader knows: its field's name, and its titles in folded form, `*` standing for anything.

    A title is given to the first column of a reader's list that it fits; of several fitting titles, a column takes
    the one that comes first in its own list. `needed`: without it (or its number, `<field>_id`) the file is refused.
    `shown` is the title that a message suggests. `plain`: a text that is kept as it is, and cut off where it is a book.
    `tick`: a truth value of JSON says something here. `judged`: what is no value is not blank here, but not understood.
    """

    field: str
    titles: tuple[str, ...]
    shown: str = ""
    needed: bool = False
    plain: bool = False
    tick: bool = False
    judged: bool = False


@dataclass(frozen=True)
class Titles:
    """The row of titles: its number (1-based), its texts folded, field → index of the column, field → its title.

    `rivals`: other columns, by index → title, that may be the code, too.
    """

    row: int
    folded: tuple[str, ...]
    places: dict[str, int]
    written: dict[str, str]
    rivals: dict[int, str]

    @property
    def code(self) -> int:
        """The index of the code's column, the first that a reader knows."""
        return next(iter(self.places.values()))


def match(cells: Sequence[str], columns: Sequence[Column], row: int) -> Titles:
    """Reads one row as titles; each goes to one column at most, the leftmost of equal ones."""
    folded = tuple(fold(cell) if 0 < len(cell) <= _LONGEST else "" for cell in cells[:SEARCHED_COLUMNS])
    free: dict[str, list[int]] = {}
    for place, title in enumerate(folded):
        if title:
            free.setdefault(title, []).append(place)
    places: dict[str, int] = {}
    for column in columns:
        fitting = (_leftmost(known, free) for known in column.titles)
        chosen = next(filter(None, fitting), None)
        if chosen is not None:
            places[column.field] = free[chosen].pop(0)
            if not free[chosen]:
                del free[chosen]
    written = {field: clean(cells[place]) for field, place in places.items()}
    return Titles(row, folded, places, written, _rivals(columns[0], places, free, cells))


def _rivals(
    code: Column, places: Mapping[str, int], free: Mapping[str, Sequence[int]], cells: Sequence[str]
) -> dict[int, str]:
    if code.field not in places:
        return {}
    fitting = (title for title in free if any(fnmatchcase(title, known) for known in code.titles))
    return {place: clean(cells[place]) for title in fitting for place in free[title]}


def _leftmost(known: str, free: Mapping[str, Sequence[int]]) -> str | None:
    """The title that fits; of several, the leftmost."""
    if "*" not in known:
        return known if known in free else None
    return min((title for title in free if fnmatchcase(title, known)), key=lambda title: free[title][0], default=None)


def find_titles(rows: Sequence[Sequence[str]], columns: Sequence[Column]) -> Titles | None:
    """The first row that has the first column's title (the code) and one more; None if there is none."""
    for number, cells in enumerate(rows, start=1):
        titles = match(cells, columns, number)
        if columns[0].field in titles.places and len(titles.places) > 1:
            return titles
    return None


def refuse_without(
    titles: Titles | None, rows: Sequence[Sequence[str]], columns: Sequence[Column], file: str
) -> Titles:
    """Hands the titles back, or raises InputError naming the missing columns."""
    if titles is None:
        found = max((match(cells, columns, i) for i, cells in enumerate(rows, 1)), key=_known, default=None)
        if found is None or not found.places:
            raise InputError(
                "{file}: none of the first {rows} rows holds the titles. One row has to name the columns: {columns}.",
                file=file,
                rows=min(len(rows), SEARCHED_ROWS),
                columns=_shown(columns),
            )
        titles = found
    return refuse_missing(titles, columns, f"{file}, row {titles.row}")


def refuse_missing(titles: Titles, columns: Sequence[Column], where: str) -> Titles:
    """Hands the titles back, or raises InputError naming the columns that are needed and not there."""
    found = titles.places
    missing = [c for c in columns if c.needed and c.field not in found and f"{c.field}_id" not in found]
    if missing:
        raise InputError(
            "{where}: no column for {missing}. Add it, or correct its title, and import again.",
            where=where,
            missing=_shown(missing),
        )
    return titles


def _known(titles: Titles) -> int:
    return len(titles.places)


def _shown(columns: Sequence[Column]) -> str:
    return ", ".join(f"«{column.shown or column.field}»" for column in columns if column.needed)
