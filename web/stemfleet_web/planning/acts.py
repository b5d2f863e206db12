"""What the buttons of the form do to its fields: parts are added, taken out and moved."""

import re
from collections.abc import Mapping
from typing import Any

from stemfleet.catalogue import Model
from stemfleet.errors import InputError
from stemfleet_web.planning.points import CategoryFields, ConditionFields, EntryFields, LineFields, RankFields
from stemfleet_web.planning.rules import Chosen, LotFields, ReserveFields, RulesFields

_STEP = re.compile(r"(\w+)(?:\[([0-9]{1,4})\])?")
_MOVES = {"up": -1, "down": 1, "remove": 0}
# Verb → the list of the part that gets one more, what, and the field to go on with.
_ROWS: Mapping[str, tuple[str, type, str]] = {
    "add_reserve": ("reserves", ReserveFields, "category"),
    "add_rank": ("rank_percent", RankFields, "rank"),
    "add_condition": ("conditions", ConditionFields, "at_least"),
}


def change(fields: RulesFields, act: str, models: Mapping[str, Model], wanted: str) -> str:
    """Does what a button says, and gives the name of the field to go on with.

    `act` is a path and a verb: `lots.add`, `lots[1].up`, `lots[0].reserves[2].remove`. `wanted` is the model of a new
    lot, or the kind of a new line. Raises InputError for a button that this form has not.
    """
    try:
        return _change(fields, act, models, wanted)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise InputError("The form has no part {part}. Load the page anew.", part=act) from None


def _change(fields: RulesFields, act: str, models: Mapping[str, Model], wanted: str) -> str:
    path, _, verb = act.rpartition(".")
    if verb in _MOVES:
        parts, place = path.removesuffix("]").rsplit("[", 1)
        return _move(_at(fields, parts), int(place), verb, parts)
    if verb in _ROWS:
        name, kind, first = _ROWS[verb]
        rows = getattr(_at(fields, path), name)
        rows.append(kind())
        return f"{path}.{name}[{len(rows) - 1}].{first}"
    if verb == "take_levels":
        lot = _at(fields, path)
        lot.levels = _levels_of(models, lot.model)
        return f"{path}.model"
    return _added(fields, act, models, wanted)


def _at(fields: RulesFields, path: str) -> Any:
    """The part at `lots[0].reserves`."""
    part: Any = fields
    for name, place in _STEP.findall(path):
        part = getattr(part, name)
        part = part[int(place)] if place else part
    return part


def _move(parts: list[Any], place: int, verb: str, path: str) -> str:
    part = parts.pop(place)
    if verb == "remove":
        return path
    to = min(max(place + _MOVES[verb], 0), len(parts))
    parts.insert(to, part)
    return f"{path}[{to}].{verb}"


def _added(fields: RulesFields, act: str, models: Mapping[str, Model], wanted: str) -> str:
    if act == "lots.add":
        fields.lots.append(_new_lot(fields, models, wanted))
        return f"lots[{len(fields.lots) - 1}].seats"
    new: Mapping[str, EntryFields] = {
        "points.add_line": LineFields(kind=wanted),
        "points.add_category": CategoryFields(),
    }
    fields.points.append(new[act])
    first = "points" if act == "points.add_line" else "category"
    return f"points[{len(fields.points) - 1}].{first}"


def _new_lot(fields: RulesFields, models: Mapping[str, Model], model: str) -> LotFields:
    codes = {lot.lot for lot in fields.lots}
    names = (model if number == 1 else f"{model}-{number}" for number in range(1, len(codes) + 2))
    taken = [int(lot.preference) for lot in fields.lots if lot.preference.isdecimal()]
    return LotFields(
        lot=next(name for name in names if name not in codes),
        model=model,
        preference=str(max(taken, default=0) + 1),
        levels=_levels_of(models, model),
    )


def _levels_of(models: Mapping[str, Model], model: str) -> Chosen:
    return Chosen(False, [level.value for level in models[model].levels])
