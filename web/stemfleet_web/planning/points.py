"""The points table as fields. A key that has no field is kept as it came and shown beside the others."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from stemfleet.words import Level
from stemfleet_web.planning.typed import Typed, number, shown

_YEARS = ("from_year", "to_year", "last_years")
_LINE_NUMBERS = ("points", "max", "max_per_person", *_YEARS)
_CONDITION_NUMBERS = ("at_least", *_YEARS)
More = dict[str, Any]


@dataclass
class RankFields:
    """The percent of the points that a rank brings."""

    rank: str = ""
    percent: str = ""


@dataclass
class LineFields:
    """An entry that gives points for a kind of evidence."""

    kind: str = ""
    points: str = ""
    max: str = ""
    max_per_person: str = ""
    from_year: str = ""
    to_year: str = ""
    last_years: str = ""
    level_percent: dict[str, str] = field(default_factory=dict)
    rank_percent: list[RankFields] = field(default_factory=list)
    more: More = field(default_factory=dict)

    @classmethod
    def of(cls, entry: dict[str, Any]) -> "LineFields":
        left = dict(entry)
        return cls(
            kind=shown(left.pop("kind", "")),
            **{key: shown(left.pop(key, None)) for key in _LINE_NUMBERS},
            level_percent={level: shown(percent) for level, percent in _filled(left, "level_percent").items()},
            rank_percent=[RankFields(rank, shown(percent)) for rank, percent in _filled(left, "rank_percent").items()],
            more=left,
        )

    @classmethod
    def typed(cls, typed: Typed) -> "LineFields":
        ranks = (RankFields(row.text("rank"), row.text("percent")) for row in typed.rows("rank_percent"))
        percents = {level.value: typed.text(f"level_percent.{level}") for level in Level}
        return cls(
            kind=typed.text("kind"),
            **{key: typed.text(key) for key in _LINE_NUMBERS},
            level_percent={level: percent for level, percent in percents.items() if percent},
            rank_percent=[row for row in ranks if row.rank or row.percent],
            more=_more(typed),
        )

    def entry(self) -> dict[str, Any]:
        made: dict[str, Any] = {**self.more, "kind": self.kind, "points": number(self.points)}
        made.update(_numbers(self, _LINE_NUMBERS))
        if self.level_percent:
            made["level_percent"] = {level: number(percent) for level, percent in self.level_percent.items()}
        if self.rank_percent:
            made["rank_percent"] = {row.rank: number(row.percent) for row in self.rank_percent}
        return made


@dataclass
class ConditionFields:
    """So many records, kinds or persons, of some kinds and years."""

    kinds: list[str] = field(default_factory=list)
    at_least: str = ""
    count: str = ""
    from_year: str = ""
    to_year: str = ""
    last_years: str = ""
    more: More = field(default_factory=dict)

    @classmethod
    def of(cls, condition: dict[str, Any]) -> "ConditionFields":
        left = dict(condition)
        return cls(
            kinds=list(left.pop("kinds", [])),
            count=shown(left.pop("count", None)),
            **{key: shown(left.pop(key, None)) for key in _CONDITION_NUMBERS},
            more=left,
        )

    @classmethod
    def typed(cls, typed: Typed) -> "ConditionFields":
        return cls(
            kinds=list(dict.fromkeys(typed.texts("kinds") + typed.text("other_kinds").split())),
            count=typed.text("count"),
            **{key: typed.text(key) for key in _CONDITION_NUMBERS},
            more=_more(typed),
        )

    def condition(self) -> dict[str, Any]:
        made: dict[str, Any] = {**self.more, "kinds": self.kinds, "at_least": number(self.at_least)}
        made.update(_numbers(self, _CONDITION_NUMBERS))
        return made | ({"count": self.count} if self.count else {})


@dataclass
class CategoryFields:
    """An entry that puts a school into a category, when all conditions hold."""

    category: str = ""
    conditions: list[ConditionFields] = field(default_factory=lambda: [ConditionFields()])
    listed: bool = False  # a single condition stands in a list all the same
    more: More = field(default_factory=dict)

    @classmethod
    def of(cls, entry: dict[str, Any]) -> "CategoryFields":
        left = dict(entry)
        category = shown(left.pop("category"))
        if "all_of" not in left:
            return cls(category, [ConditionFields.of(left)])
        return cls(category, [ConditionFields.of(item) for item in left.pop("all_of")], True, left)

    @classmethod
    def typed(cls, typed: Typed) -> "CategoryFields":
        conditions = [ConditionFields.typed(row) for row in typed.rows("conditions")]
        return cls(typed.text("category"), conditions or [ConditionFields()], bool(typed.raw("listed")), _more(typed))

    def entry(self) -> dict[str, Any]:
        conditions = [condition.condition() for condition in self.conditions]
        if self.listed or len(conditions) > 1:
            return {**self.more, "category": self.category, "all_of": conditions}
        return {**self.more, **conditions[0], "category": self.category}


EntryFields = LineFields | CategoryFields


def entry_fields(entry: dict[str, Any]) -> EntryFields:
    """Of an entry that `PointsTable.read` takes."""
    return CategoryFields.of(entry) if "category" in entry else LineFields.of(entry)


def typed_entry(typed: Typed) -> EntryFields:
    return CategoryFields.typed(typed) if typed.raw("gives") == "category" else LineFields.typed(typed)


def kinds_in(entries: Sequence[EntryFields]) -> list[str]:
    """Every kind of evidence that the table names."""
    named = (
        entry.kinds if isinstance(entry, ConditionFields) else [entry.kind] for entry in _lines_and_conditions(entries)
    )
    return [kind for kinds in named for kind in kinds if kind]


def _lines_and_conditions(entries: Sequence[EntryFields]) -> list[LineFields | ConditionFields]:
    found: list[LineFields | ConditionFields] = []
    for entry in entries:
        found += entry.conditions if isinstance(entry, CategoryFields) else [entry]
    return found


def _filled(left: More, key: str) -> dict[str, Any]:
    """An object that says something, taken out; one that is empty stays among the keys without a field."""
    return left.pop(key) if left.get(key) else {}


def _numbers(part: LineFields | ConditionFields, keys: Sequence[str]) -> dict[str, Any]:
    there = {named.name for named in fields(part)}
    return {key: number(getattr(part, key)) for key in keys if key in there and getattr(part, key)}


def _more(typed: Typed) -> More:
    """What the page carries along for the keys that it has no field for."""
    try:
        found = json.loads(typed.raw("more") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
