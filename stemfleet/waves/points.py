"""A wave's points table: what each kind of evidence is worth, and which categories it gives. Integers throughout.

The entries stand in the rules' `points`; `docs/points.md` says what each key means. Two kinds:

    {"kind": K, "points": P, "max": M, "max_per_person": M, "level_percent": {…}, "rank_percent": {…}, years}
    {"category": C, "kinds": [K…], "at_least": N, "count": "items", years}   or   {"category": C, "all_of": [{…}, …]}

Years are `from_year` and `to_year`, or `last_years`. Nothing newer than the wave's own year ever counts.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from stemfleet.errors import InputError
from stemfleet.waves.points_fields import Fields, Years
from stemfleet.words import Level

_WHOLE = 100  # percent


class Item(NamedTuple):
    """`number` items of a kind that one school has of a year; person and rank only where a rule asks for them.

    Items that name no person count together as those of one person.
    """

    kind: str
    year: int
    number: int = 1
    person: str | None = None
    rank: str | None = None


class Cut(StrEnum):
    """Why an item brings less than it is worth, or nothing."""

    AGE = "age"  # not of the years that count
    FACTOR = "factor"  # its rank, or the school's level, makes it worth nothing
    PERSON_CAP = "person_cap"
    SCHOOL_CAP = "school_cap"
    LATER = "later"  # imported, or counted for the school, after the points were published


class Counted(NamedTuple):
    """What one item brings to a line: `worth` points by itself, of which `counted` count, and why not more."""

    worth: int
    counted: int
    cut: Cut | None


@dataclass(frozen=True)
class PointsEntry:
    """`points` for each item of `kind`, by the percents of level and rank, within the caps."""

    kind: str
    points: int
    most: int | None
    most_per_person: int | None
    level_percent: Mapping[str, int]
    rank_percent: Mapping[str, int]
    years: Years

    @cached_property
    def label(self) -> str:
        """Stands in the public list of applicants: `national_prize 2014-2017`."""
        return f"{self.kind} {self.years.first}-{self.years.last}"

    def worth(self, rank: str | None, level: Level | None) -> int:
        """Points for one item: rounded down, once, before it is multiplied by anything."""
        if not self.level_percent and not self.rank_percent:
            return self.points
        of_level = self.level_percent.get(level or "", _WHOLE)
        of_rank = self.rank_percent.get(rank or "", _WHOLE)
        return self.points * of_level * of_rank // (_WHOLE * _WHOLE)

    def total(self, items: Iterable[Item], level: Level | None) -> int:
        """Points of the line, for the items of one school that are of this kind."""
        by_person: dict[str | None, int] = {}
        for item in items:
            if item.year in self.years:
                worth = item.number * self.worth(item.rank, level)
                by_person[item.person] = by_person.get(item.person, 0) + worth
        most = self.most_per_person
        total = sum(by_person.values()) if most is None else sum(min(points, most) for points in by_person.values())
        return total if self.most is None else min(total, self.most)

    def trace(self, items: Sequence[Item], level: Level | None) -> list[Counted]:
        """What each item brings, in the given order: earlier ones fill the caps first. The sum is the `total`."""
        by_person: dict[str | None, int] = {}
        total, counted = 0, []
        for item in items:
            worth = item.number * self.worth(item.rank, level)
            if item.year not in self.years:
                counted.append(Counted(worth, 0, Cut.AGE))
                continue
            of_person = by_person.get(item.person, 0)
            for_person = worth if self.most_per_person is None else min(worth, self.most_per_person - of_person)
            by_person[item.person] = of_person + for_person
            points = for_person if self.most is None else min(for_person, self.most - total)
            total += points
            counted.append(Counted(worth, points, _cut(worth, for_person, points)))
        return counted


def _cut(worth: int, for_person: int, points: int) -> Cut | None:
    if points < for_person:
        return Cut.SCHOOL_CAP
    if for_person < worth:
        return Cut.PERSON_CAP
    return None if worth else Cut.FACTOR


def in_words(label: str) -> str:
    """A line's label for people: one without a first year, `project 0-2026`, is `project up to 2026`."""
    kind, _blank, years = label.rpartition(" ")
    return f"{kind} up to {years.removeprefix('0-')}" if years.startswith("0-") else label


class Count(StrEnum):
    """What a condition counts among the items of its kinds and years."""

    ITEMS = "items"
    KINDS = "kinds"  # how many of its kinds there are at all
    PERSONS = "persons"


@dataclass(frozen=True)
class Condition:
    """`at_least` so many items, different kinds, or different persons."""

    kinds: frozenset[str]
    at_least: int
    count: Count
    years: Years

    def holds(self, items: Iterable[Item]) -> bool:
        found = [item for item in items if item.kind in self.kinds and item.year in self.years and item.number]
        if self.count is Count.ITEMS:
            return sum(item.number for item in found) >= self.at_least
        return len({item.kind if self.count is Count.KINDS else item.person for item in found}) >= self.at_least


@dataclass(frozen=True)
class CategoryEntry:
    """A category for schools that meet all conditions; another entry may give the same category for others."""

    category: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class PointsTable:
    """`points` in the order of the rules, each with a label of its own."""

    points: tuple[PointsEntry, ...]
    categories: tuple[CategoryEntry, ...]
    _by_kind: Mapping[str, Sequence[PointsEntry]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def read(cls, entries: Sequence[Any], year: int) -> "PointsTable":
        """Of a wave of `year`. Raises InputError naming the entry (from 1) and the key."""
        points, categories = dict[str, PointsEntry](), []
        for number, entry in enumerate(entries, start=1):
            fields = Fields.of(entry, number, year)
            if "category" in fields.entry:
                categories.append(_category(fields))
                continue
            read = _points(fields)
            if points.setdefault(read.label, read) is not read:
                raise InputError(
                    "rules, points entry {number}: there is a line {label} already. Give one entry for each kind "
                    "and its years.",
                    number=number,
                    label=read.label,
                )
        by_kind: dict[str, list[PointsEntry]] = {}
        for read in points.values():
            by_kind.setdefault(read.kind, []).append(read)
        return cls(tuple(points.values()), tuple(categories), by_kind)

    @cached_property
    def counts_persons(self) -> bool:
        """Whether it matters who did what."""
        conditions = (condition for entry in self.categories for condition in entry.conditions)
        capped = any(entry.most_per_person is not None for entry in self.points)
        return capped or any(condition.count is Count.PERSONS for condition in conditions)

    @cached_property
    def counts_ranks(self) -> bool:
        return any(entry.rank_percent for entry in self.points)

    @cached_property
    def counts_levels(self) -> bool:
        return any(entry.level_percent for entry in self.points)

    def lines(self, items: Collection[Item], level: Level | None) -> list[tuple[str, int]]:
        """The itemised points of one school, in the table's order; lines of no points are left out."""
        worths = self._worths(items, level)
        return [(entry.label, worths[entry.label]) for entry in self.points if worths.get(entry.label)]

    def total(self, items: Collection[Item], level: Level | None) -> int:
        """The sum of the lines."""
        return sum(self._worths(items, level).values())

    def _worths(self, items: Iterable[Item], level: Level | None) -> dict[str, int]:
        of_kind: dict[str, list[Item]] = {}
        for item in items:
            of_kind.setdefault(item.kind, []).append(item)
        known = self._by_kind
        return {
            entry.label: entry.total(found, level) for kind, found in of_kind.items() for entry in known.get(kind, ())
        }

    def categories_of(self, items: Collection[Item]) -> set[str]:
        """The categories that one school's evidence gives it."""
        return {e.category for e in self.categories if all(condition.holds(items) for condition in e.conditions)}


def _points(fields: Fields) -> PointsEntry:
    fields.allow("kind", "points", "max", "max_per_person", "level_percent", "rank_percent", years=True)
    return PointsEntry(
        kind=fields.text("kind"),
        points=fields.count("points"),
        most=fields.count_or_none("max"),
        most_per_person=fields.count_or_none("max_per_person"),
        level_percent=fields.counts("level_percent", known=set(Level)),
        rank_percent=fields.counts("rank_percent"),
        years=fields.years(),
    )


def _category(fields: Fields) -> CategoryEntry:
    if "all_of" in fields.entry:
        fields.allow("category", "all_of")
        conditions = tuple(_condition(inner) for inner in fields.inner("all_of"))
    else:
        conditions = (_condition(fields, "category"),)
    return CategoryEntry(fields.text("category"), conditions)


def _condition(fields: Fields, *also: str) -> Condition:
    fields.allow("kinds", "at_least", "count", *also, years=True)
    return Condition(
        kinds=frozenset(fields.texts("kinds")),
        at_least=fields.count("at_least"),
        count=Count(fields.one_of("count", list(Count))),
        years=fields.years(),
    )
