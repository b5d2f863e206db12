"""A wave's points table: what each kind of evidence is worth, and which categories it gives. Integers throughout.

Two kinds of entries stand in the rules' `points`:

    {"kind": K, "points": P, "max": M, "from_year": A, "to_year": B}    P for each item, at most M for a school
    {"category": C, "kinds": [K…], "at_least": N, "from_year": A, "to_year": B}    N items or more: in category C

`max`, `from_year` and `to_year` may be left out. Nothing newer than the wave's own year ever counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stemfleet.errors import InputError

Items = Mapping[tuple[str, int], int]  # (kind of evidence, year) → number of items of one school
_FOREVER = 9999


@dataclass(frozen=True)
class Years:
    first: int
    last: int

    def __contains__(self, year: int) -> bool:
        return self.first <= year <= self.last


@dataclass(frozen=True)
class PointsEntry:
    kind: str
    points: int
    most: int | None
    years: Years

    @property
    def label(self) -> str:
        """Stands in the public list of applicants: `national_prize 2014-2017`."""
        return f"{self.kind} {self.years.first}-{self.years.last}"


@dataclass(frozen=True)
class CategoryEntry:
    category: str
    kinds: frozenset[str]
    at_least: int
    years: Years


@dataclass(frozen=True)
class PointsTable:
    points: tuple[PointsEntry, ...]
    categories: tuple[CategoryEntry, ...]

    @classmethod
    def read(cls, entries: Sequence[Any], year: int) -> "PointsTable":
        """Of a wave of `year`. Raises InputError naming the entry (from 1) and the key."""
        points, categories = [], []
        for number, entry in enumerate(entries, start=1):
            fields = _Fields(entry, number, year)
            if "category" in fields.entry:
                fields.allow("category", "kinds", "at_least")
                kinds = frozenset(fields.texts("kinds"))
                categories.append(
                    CategoryEntry(fields.text("category"), kinds, fields.count("at_least"), fields.years())
                )
            else:
                fields.allow("kind", "points", "max")
                most = fields.count("max") if "max" in fields.entry else None
                points.append(PointsEntry(fields.text("kind"), fields.count("points"), most, fields.years()))
        return cls(tuple(points), tuple(categories))

    def lines(self, items: Items) -> list[tuple[str, int]]:
        """The itemised points of one school, in the table's order; lines of no points are left out."""
        lines = []
        for entry in self.points:
            worth = entry.points * _count(items, {entry.kind}, entry.years)
            if worth := worth if entry.most is None else min(worth, entry.most):
                lines.append((entry.label, worth))
        return lines

    def categories_of(self, items: Items) -> set[str]:
        """The categories that one school's evidence gives it."""
        return {e.category for e in self.categories if _count(items, e.kinds, e.years) >= e.at_least}


def _count(items: Items, kinds: Iterable[str], years: Years) -> int:
    return sum(number for (kind, year), number in items.items() if kind in kinds and year in years)


@dataclass(frozen=True)
class _Fields:
    """One entry while it is read; says which entry and key is wrong."""

    entry: Any
    number: int
    year: int

    def __post_init__(self) -> None:
        if not isinstance(self.entry, dict):
            raise InputError("rules, points entry {number}: not an object", number=self.number)

    def allow(self, *keys: str) -> None:
        if unknown := sorted(set(self.entry) - {*keys, "from_year", "to_year"}):
            raise InputError("rules, points entry {number}: unknown key {key}", number=self.number, key=unknown[0])

    def text(self, key: str) -> str:
        value = self.entry.get(key)
        if not isinstance(value, str) or not value:
            raise self._wrong(key, value, "a word")
        return value

    def texts(self, key: str) -> list[str]:
        value = self.entry.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            raise self._wrong(key, value, "a list of words")
        return value

    def count(self, key: str) -> int:
        value = self.entry.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self._wrong(key, value, "a whole number from 0")
        return value

    def years(self) -> Years:
        first = self.count("from_year") if "from_year" in self.entry else 0
        last = self.count("to_year") if "to_year" in self.entry else _FOREVER
        return Years(first, min(last, self.year))

    def _wrong(self, key: str, value: Any, needed: str) -> InputError:
        return InputError(
            "rules, points entry {number}: {key} is {value}, but must be {needed}",
            number=self.number,
            key=key,
            value=repr(value),
            needed=needed,
        )
