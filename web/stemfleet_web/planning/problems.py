"""Where on the form a refusal belongs: the errors name key paths of the rules file, or facts from which they follow."""

import re
from dataclasses import dataclass

from flask_babel import gettext as _

from stemfleet.errors import InputError, NotFound, StemfleetError
from stemfleet.waves.points import PointsTable
from stemfleet_web.language import without_place
from stemfleet_web.planning.points import CategoryFields
from stemfleet_web.planning.rules import RulesFields

_CONDITION = ("kinds", "at_least", "count", "from_year", "to_year", "last_years")


@dataclass(frozen=True)
class Problem:
    """A sentence at a field; "" is the form as a whole."""

    field: str
    text: str


def problem_of(error: StemfleetError, fields: RulesFields) -> Problem:
    where = str(error.facts.get("where", ""))
    place = _entry_place(error, fields) if "number" in error.facts else _place(where, fields)
    return Problem(place or _place_of_lot(error, fields), _text(error))


def _text(error: StemfleetError) -> str:
    """Short where the place says the rest."""
    if error.facts.get("value") in ("''", "[]"):
        return str(_("Fill this in."))
    if "whole number" in error.facts.get("needed", ""):
        return str(_("Give whole numbers here, 0 or more."))
    return without_place(error)


def _place(where: str, fields: RulesFields) -> str:
    """The field of a key path: `lots[0].levels[2]` is shown at the levels, a reserve at its row."""
    if match := re.fullmatch(r"default_preferences\[(\d+)\]", where):
        return f"lots[{match[1]}].preference"
    if match := re.fullmatch(r"lots\[(\d+)\]\.(reserves|category_region_caps)\.(.*)", where, re.DOTALL):
        rows = [row.category for row in fields.lots[int(match[1])].reserves]
        return f"lots[{match[1]}].reserves[{rows.index(match[3])}]"
    if match := re.fullmatch(r"(lots\[\d+\])\.(reserves|category_region_caps)", where):
        return f"{match[1]}.reserves"
    if match := re.fullmatch(r"(lots\[\d+\]\.(?:levels|admits))\[\d+\]", where):
        return match[1]
    return where


def _place_of_lot(error: StemfleetError, fields: RulesFields) -> str:
    """Of what is said about a lot's model."""
    for index, lot in enumerate(fields.lots):
        if isinstance(error, NotFound) and error.facts.get("name") == lot.model:
            return f"lots[{index}].model"
        if error.facts.get("lot") == lot.lot:
            return f"lots[{index}].levels"
    return "wave" if "wave" in error.facts else ""


def _entry_place(error: StemfleetError, fields: RulesFields) -> str:
    number, key = int(error.facts["number"]), str(error.facts.get("key", ""))
    if not 0 < number <= len(fields.points):
        return ""
    entry, place = fields.points[number - 1], f"points[{number - 1}]"
    if isinstance(entry, CategoryFields):
        return f"{place}.conditions[{_wrong_condition(entry)}].{key}" if key in _CONDITION else _key(place, key, entry)
    return _key(place, key, entry)


def _key(place: str, key: str, entry: object) -> str:
    return f"{place}.{key}" if key and hasattr(entry, key) else place


def _wrong_condition(entry: CategoryFields) -> int:
    """The error names the entry; which of its conditions is wrong shows when each is read alone."""
    for index, condition in enumerate(entry.conditions):
        try:
            PointsTable.read([{"category": "?", **condition.condition()}], 2100)
        except InputError:
            return index
    return 0
