"""Rules as the fields of a form, and back: what was typed is kept, right or wrong."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from stemfleet.allocation.canonical import canonical
from stemfleet.allocation.reading import At, whole
from stemfleet.allocation.rules_file import FORMAT, parse_rules, rules_bytes
from stemfleet.allocation.values import Rules
from stemfleet.waves.points import PointsTable
from stemfleet.words import Category
from stemfleet_web.planning.points import CategoryFields, EntryFields, entry_fields, kinds_in, typed_entry
from stemfleet_web.planning.typed import Typed, number, number_or_none, shown

FIRST_YEAR, LAST_YEAR = 2005, 2100
_AT = At("rules")


@dataclass
class Chosen:
    """Everybody, or those that are ticked; nobody when none is."""

    everybody: bool = True
    names: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, names: list[str] | None) -> "Chosen":
        return cls(names is None, list(names or ()))

    @classmethod
    def typed(cls, typed: Typed, key: str) -> "Chosen":
        return cls(typed.raw(f"{key}.who") != "these", typed.texts(key))

    @property
    def value(self) -> list[str] | None:
        return None if self.everybody else self.names


@dataclass
class ReserveFields:
    """Guaranteed places of a category, and how many of them a region gets at most."""

    category: str = ""
    places: str = ""
    cap: str = ""


@dataclass
class LotFields:
    """`preference`: the place in the order in which schools are taken to want the lots; blank: not wanted."""

    lot: str = ""
    model: str = ""
    seats: str = "0"
    units_per_award: str = "1"
    unfilled: str = "open"
    preference: str = ""
    levels: Chosen = field(default_factory=Chosen)
    admits: Chosen = field(default_factory=Chosen)
    reserves: list[ReserveFields] = field(default_factory=list)
    open_region_cap: str = ""
    region_cap: str = ""

    @classmethod
    def of(cls, lot: dict[str, Any], preferences: list[str]) -> "LotFields":
        caps = lot["category_region_caps"]
        return cls(
            **{key: shown(lot[key]) for key in _LOT_TEXTS},
            preference=str(preferences.index(lot["lot"]) + 1) if lot["lot"] in preferences else "",
            levels=Chosen.of(lot["levels"]),
            admits=Chosen.of(lot["admits"]),
            reserves=[ReserveFields(c, shown(places), shown(caps.get(c))) for c, places in lot["reserves"].items()],
        )

    @classmethod
    def typed(cls, typed: Typed) -> "LotFields":
        rows = (ReserveFields(*map(row.text, ("category", "places", "cap"))) for row in typed.rows("reserves"))
        return cls(
            **{key: typed.text(key) for key in _LOT_TEXTS},
            preference=typed.text("preference"),
            levels=Chosen.typed(typed, "levels"),
            admits=Chosen.typed(typed, "admits"),
            reserves=[row for row in rows if row.category or row.places or row.cap],
        )

    def document(self, at: At) -> dict[str, Any]:
        """As in the file of the rules. Raises InputError for a category that is there twice."""
        seen: set[str] = set()
        for index, row in enumerate(self.reserves):
            if row.category in seen:
                at.key("reserves").item(index).refuse("{value} is there twice.", value=row.category)
            seen.add(row.category)
        return {
            "lot": self.lot,
            "model": self.model,
            "seats": number(self.seats),
            "units_per_award": number(self.units_per_award),
            "unfilled": self.unfilled,
            "levels": self.levels.value,
            "admits": self.admits.value,
            "reserves": {row.category: number(row.places) for row in self.reserves},
            "category_region_caps": {row.category: number(row.cap) for row in self.reserves if row.cap},
            "open_region_cap": number_or_none(self.open_region_cap),
            "region_cap": number_or_none(self.region_cap),
        }


_LOT_TEXTS = ("lot", "model", "seats", "units_per_award", "unfilled", "open_region_cap", "region_cap")


@dataclass
class RulesFields:
    """The whole form. `points`: lines and categories in the order of the table."""

    wave: str = ""
    title: str = ""
    year: str = ""
    repeat_years: str = "0"
    lots: list[LotFields] = field(default_factory=list)
    points: list[EntryFields] = field(default_factory=list)

    @classmethod
    def of(cls, rules: Rules, year: int) -> "RulesFields":
        """Raises InputError for an entry of the points table that cannot be used, as a file may have one."""
        PointsTable.read(rules.points, year)
        document = json.loads(rules_bytes(rules))
        return cls(
            wave=document["wave"],
            title=document["title"],
            year=str(year),
            repeat_years=str(document["repeat_years"]),
            lots=[LotFields.of(lot, document["default_preferences"]) for lot in document["lots"]],
            points=[entry_fields(entry) for entry in document["points"]],
        )

    @classmethod
    def typed(cls, form: MultiDict[str, str]) -> "RulesFields":
        typed = Typed(form)
        return cls(
            wave=typed.text("wave"),
            title=typed.raw("title"),
            year=typed.text("year"),
            repeat_years=typed.text("repeat_years"),
            lots=[LotFields.typed(row) for row in typed.rows("lots")],
            points=[typed_entry(row) for row in typed.rows("points")],
        )

    def rules(self, unnamed: str = "") -> tuple[Rules, int]:
        """(rules, year) when everything that was typed can be used. Raises InputError with the place in its facts.

        `unnamed` stands for the wave's code as long as none was typed.
        """
        document = {
            "format": FORMAT,
            "wave": self.wave or unnamed,
            "title": self.title,
            "lots": [lot.document(_AT.key("lots").item(index)) for index, lot in enumerate(self.lots)],
            "points": [entry.entry() for entry in self.points],
            "repeat_years": number(self.repeat_years),
            "default_preferences": self._preferences(),
        }
        rules = parse_rules(canonical(document), _AT.file)
        year = whole(number(self.year), _AT.key("year"), FIRST_YEAR)
        if year > LAST_YEAR:
            _AT.key("year").refuse("{value} must be {expected}.", value=year, expected=f"{FIRST_YEAR}–{LAST_YEAR}")
        PointsTable.read(rules.points, year)
        return rules, year

    def _preferences(self) -> list[str]:
        placed: dict[int, str] = {}
        for index, lot in enumerate(self.lots):
            at = _AT.key("lots").item(index).key("preference")
            if not lot.preference:
                continue
            place = whole(number(lot.preference), at, 1)
            if place in placed:
                at.refuse("{value} is there twice.", value=place)
            placed[place] = lot.lot
        return list(dict.fromkeys(placed[place] for place in sorted(placed)))

    def kinds(self, known: Iterable[str]) -> list[str]:
        """Kinds of evidence to choose from: the known ones, and others that the table names."""
        return list(dict.fromkeys([*known, *kinds_in(self.points)]))

    def categories(self) -> list[str]:
        """Categories to choose from, without the regions: the program's own, and those that the rules name."""
        defined = [entry.category for entry in self.points if isinstance(entry, CategoryFields)]
        used = [name for lot in self.lots for name in (*lot.admits.names, *(row.category for row in lot.reserves))]
        named = dict.fromkeys([*Category, *defined, *used])
        return [str(name) for name in named if name and not name.startswith("region:")]


def fields_of_file(content: bytes, name: str, year: int) -> RulesFields:
    """A rules file for the form. Raises InputError for a file that is none."""
    return RulesFields.of(parse_rules(content, name), year)
