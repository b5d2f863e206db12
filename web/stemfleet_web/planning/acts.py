"""What the buttons of the form do to its fields: parts are added, taken out and moved."""

import re
from collections.abc import Mapping
from typing import Any

from stemfleet.catalogue import Model
from stemfleet.errors import InputError
from stemfleet_web.planning.points import CategoryFields, ConditionFields, LineFields, RankFields
from stemfleet_web.planning.rules import Chosen, LotFields, ReserveFields, RulesFields

_PART = re.compile(r"(\w+)\[([0-9]{1,4})\]\.")


def change(fields: RulesFields, act: str, models: Mapping[str, Model], wanted: str) -> str:
    """Does what a button says, and gives the name of the field to go on with.

    `act` is a path and a verb: `lots.add`, `lots[1].up`, `lots[0].reserves[2].remove`. `wanted` is the model of a new
    lot, or the kind of a new line. Raises InputError for a button that this form has not.
    """
    try:
        return _change(fields, act, models, wanted)
    except (AttributeError, IndexError, KeyError, TypeError):
        raise InputError("The form has no part {part}. Load the page anew.", part=act) from None


def _change(fields: RulesFields, act: str, models: Mapping[str, Model], wanted: str) -> str:
    path, _, verb = act.rpartition(".")
    whole: Any = fields
    for name, index in _PART.findall(f"{path}."):
        parts = getattr(whole, name)
        whole, place = parts[int(index)], int(index)
        if f"{path}.".endswith(f"{name}[{index}].") and verb in _MOVES:
            return _move(parts, place, verb, path.removesuffix(f"[{index}]"))
    return _added(whole, path, verb, models, wanted)


_MOVES = {"up": -1, "down": 1, "remove": 0}


def _move(parts: list[Any], place: int, verb: str, path: str) -> str:
    part = parts.pop(place)
    if verb == "remove":
        return path
    to = min(max(place + _MOVES[verb], 0), len(parts))
    parts.insert(to, part)
    return f"{path}[{to}].{verb}"


def _added(whole: Any, path: str, verb: str, models: Mapping[str, Model], wanted: str) -> str:
    if (path, verb) == ("lots", "add"):
        whole.lots.append(_new_lot(whole, models, wanted))
        return f"lots[{len(whole.lots) - 1}].seats"
    if (path, verb) == ("points", "add_line"):
        whole.points.append(LineFields(kind=wanted))
        return f"points[{len(whole.points) - 1}].points"
    if (path, verb) == ("points", "add_category"):
        whole.points.append(CategoryFields())
        return f"points[{len(whole.points) - 1}].category"
    if verb == "take_levels":
        whole.levels = _levels_of(models, whole.model)
        return f"{path}.model"
    added = {"add_reserve": "reserves", "add_rank": "rank_percent", "add_condition": "conditions"}[verb]
    parts = getattr(whole, added)
    parts.append({"reserves": ReserveFields, "rank_percent": RankFields, "conditions": ConditionFields}[added]())
    first = {"reserves": "category", "rank_percent": "rank", "conditions": "at_least"}[added]
    return f"{path}.{added}[{len(parts) - 1}].{first}"


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
