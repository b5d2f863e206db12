"""`rules.json`: between the file's form (`stemfleet-rules/1`) and `Rules`."""

from typing import Any

from stemfleet.allocation.canonical import canonical, parse
from stemfleet.allocation.reading import (
    LOT_CODE,
    WAVE_CODE,
    At,
    a_code,
    a_text,
    an_object,
    counts,
    distinct_texts,
    items,
    shown,
    the_format,
    whole,
    whole_or_none,
)
from stemfleet.allocation.values import Lot, Rules, Unfilled
from stemfleet.words import Level

FORMAT = "stemfleet-rules/1"
_KEYS = ("format", "wave", "title", "lots", "points", "repeat_years", "default_preferences")
_LOT_KEYS = (
    "lot",
    "model",
    "seats",
    "units_per_award",
    "reserves",
    "unfilled",
    "admits",
    "levels",
    "open_region_cap",
    "category_region_caps",
    "region_cap",
)


def parse_rules(data: bytes, file: str = "rules.json") -> Rules:
    """The rules in a file's bytes; `file` is the name that an error gives. Raises InputError."""
    at = At(file)
    found = an_object(parse(data, file), at, _KEYS)
    the_format(found["format"], at.key("format"), FORMAT)
    if not isinstance(found["title"], str):
        at.key("title").refuse("{value} must be a text.", value=shown(found["title"]))
    rules = Rules(
        wave=a_code(found["wave"], at.key("wave"), WAVE_CODE),
        title=found["title"],
        lots=tuple(_lot(item, place) for item, place in items(found["lots"], at.key("lots"))),
        points=tuple(item for item, _ in items(found["points"], at.key("points"))),
        repeat_years=whole(found["repeat_years"], at.key("repeat_years")),
        default_preferences=distinct_texts(found["default_preferences"], at.key("default_preferences")),
    )
    _check_lots_together(rules, at)
    return rules


def rules_bytes(rules: Rules) -> bytes:
    """The canonical bytes of `rules.json`."""
    return canonical(
        {
            "format": FORMAT,
            "wave": rules.wave,
            "title": rules.title,
            "lots": [_lot_document(lot) for lot in rules.lots],
            "points": list(rules.points),
            "repeat_years": rules.repeat_years,
            "default_preferences": list(rules.default_preferences),
        }
    )


def _lot(value: Any, at: At) -> Lot:
    found = an_object(value, at, _LOT_KEYS)
    lot = Lot(
        code=a_code(found["lot"], at.key("lot"), LOT_CODE),
        model=a_text(found["model"], at.key("model")),
        seats=whole(found["seats"], at.key("seats")),
        units_per_award=whole(found["units_per_award"], at.key("units_per_award"), least=1),
        reserves=counts(found["reserves"], at.key("reserves")),
        unfilled=_unfilled(found["unfilled"], at.key("unfilled")),
        admits=None if found["admits"] is None else distinct_texts(found["admits"], at.key("admits")),
        levels=None if found["levels"] is None else _levels(found["levels"], at.key("levels")),
        open_region_cap=whole_or_none(found["open_region_cap"], at.key("open_region_cap")),
        category_region_caps=counts(found["category_region_caps"], at.key("category_region_caps")),
        region_cap=whole_or_none(found["region_cap"], at.key("region_cap")),
    )
    _check_places(lot, at)
    return lot


def _unfilled(value: Any, at: At) -> Unfilled:
    if value not in list(Unfilled):
        at.refuse("{value} must be 'open' or 'keep'.", value=shown(value))
    return Unfilled(value)


def _levels(value: Any, at: At) -> tuple[Level, ...]:
    names = distinct_texts(value, at)
    for index, name in enumerate(names):
        a_level(name, at.item(index))
    return tuple(Level(name) for name in names)


def a_level(value: Any, at: At) -> Level:
    """A level of education."""
    if value not in list(Level):
        at.refuse("the level {value} is not known. Known: {known}.", value=shown(value), known=", ".join(Level))
    return Level(value)


def _check_places(lot: Lot, at: At) -> None:
    reserved = sum(lot.reserves.values())
    if reserved > lot.seats:
        at.key("reserves").refuse(
            "{reserved} places are reserved, but lot {lot} has {seats} seats. Reserve fewer or add seats.",
            reserved=reserved,
            lot=lot.code,
            seats=lot.seats,
        )
    for category in lot.category_region_caps:
        if category not in lot.reserves:
            at.key("category_region_caps").refuse(
                "{category} has no reserve in lot {lot}, so there is nothing to cap.",
                category=category,
                lot=lot.code,
            )
    if lot.region_cap is not None and (lot.open_region_cap is not None or lot.category_region_caps):
        at.key("region_cap").refuse(
            "{cap} stands beside another cap in lot {lot}. A cap on all places of a region goes with no other.",
            cap=lot.region_cap,
            lot=lot.code,
        )


def _check_lots_together(rules: Rules, at: At) -> None:
    seen: set[str] = set()
    for index, lot in enumerate(rules.lots):
        place = at.key("lots").item(index)
        if lot.code in seen:
            place.key("lot").refuse("the lot {lot} is there twice.", lot=lot.code)
        seen.add(lot.code)
        if lot.region_cap is not None and len(rules.lots) > 1:
            place.key("region_cap").refuse(
                "The cap of {cap} on all places of a region in lot {lot} needs a wave of one lot; this one has {lots}.",
                cap=lot.region_cap,
                lot=lot.code,
                lots=len(rules.lots),
            )
    for index, code in enumerate(rules.default_preferences):
        if code not in seen:
            at.key("default_preferences").item(index).refuse("there is no lot {lot}.", lot=code)


def _lot_document(lot: Lot) -> dict[str, Any]:
    return {
        "lot": lot.code,
        "model": lot.model,
        "seats": lot.seats,
        "units_per_award": lot.units_per_award,
        "reserves": dict(lot.reserves),
        "unfilled": lot.unfilled,
        "admits": None if lot.admits is None else list(lot.admits),
        "levels": None if lot.levels is None else list(lot.levels),
        "open_region_cap": lot.open_region_cap,
        "category_region_caps": dict(lot.category_region_caps),
        "region_cap": lot.region_cap,
    }
