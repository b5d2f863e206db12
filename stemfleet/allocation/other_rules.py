"""From one wave's rules to others, a difference at a time, so that a change can be laid at one rule's door."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stemfleet.allocation.eligibility import closed_by, final_preferences
from stemfleet.allocation.values import Applicant, Ineligible, Lot, Rules

_BY_RULES = (Ineligible.LEVEL, Ineligible.ADMITS)
AS_PUBLISHED = "as published"  # label of the line for what the stored evidence does not explain
_CAPS = ("open_region_cap", "region_cap")


@dataclass(frozen=True, slots=True)
class Difference:
    """One value of the rules: `key` as in rules.json, below a lot unless `lot` is None; None is nothing.

    `old` and `new` are both None where they are not said: a whole points table, another way to choose.
    """

    lot: str | None
    key: str
    old: Any
    new: Any

    def __str__(self) -> str:
        where = self.key if self.lot is None else f"{self.lot}.{self.key}"
        if self.old is None and self.new is None:
            return where
        return f"{where}: {_shown(self.old)} -> {_shown(self.new)}"


def steps(base: Rules, other: Rules) -> Iterator[tuple[Difference, Rules]]:
    """Each difference with the rules as they are once it is made, valid at every step; the last are `other`'s lots.

    Lots that are dropped go first; places are added before they are taken away, and caps lifted before others are
    set. Title, wave, `points` and `repeat_years` are left as in `base`: they do not act on applicants whose points and
    closed lots are given.
    """
    rules = base
    for change in _differences(base, other):
        rules = _made(rules, other, change)
        yield change, rules


def resolved(applicants: Sequence[Applicant], base: Rules, other: Rules) -> list[Applicant]:
    """The applicants as they stand under other rules of the same wave.

    Lots that `levels` and `admits` close are closed anew; repeats, obligations and exclusions stay. Who follows the
    default order follows the new one; others keep theirs, and lots that open to them come after.
    """
    known: dict[tuple[Any, ...], tuple[tuple[str, ...], dict[str, Ineligible]]] = {}
    made = []
    for a in applicants:
        key = (a.level, a.categories, a.preferences, tuple(a.ineligible.items()))
        if key not in known:
            known[key] = _resolved(a, base, other)
        preferences, ineligible = known[key]
        made.append(replace(a, preferences=preferences, ineligible=ineligible))
    return made


def _resolved(a: Applicant, base: Rules, other: Rules) -> tuple[tuple[str, ...], dict[str, Ineligible]]:
    reasons: dict[str, Ineligible | None] = {}
    for lot in other.lots:
        given = a.ineligible.get(lot.code)
        stays = given if given is not None and given not in _BY_RULES else None
        reasons[lot.code] = closed_by(lot, a.level, a.categories) or stays
    ineligible = {code: reason for code, reason in sorted(reasons.items()) if reason is not None}
    return _preferences(a, base, other, ineligible), ineligible


def _preferences(a: Applicant, base: Rules, other: Rules, ineligible: Mapping[str, Ineligible]) -> tuple[str, ...]:
    if not a.preferences and len(a.ineligible) < len(base.lots):
        return ()  # wants nothing
    default = [code for code in base.default_preferences if code not in a.ineligible]
    if list(a.preferences) == default:
        return final_preferences(other, None, ineligible)
    there = {lot.code for lot in base.lots}
    opened = [code for code in other.default_preferences if code in a.ineligible or code not in there]
    known = {lot.code for lot in other.lots}
    return final_preferences(other, [code for code in (*a.preferences, *opened) if code in known], ineligible)


def recounted(a: Applicant, own: Applicant, other: Applicant, base: Rules) -> Applicant:
    """An applicant as published, with what another points table or another `repeat_years` changes of it.

    `own` and `other` are the same school as it is counted now, from what is stored: by the rules of the wave, and by
    these rules with the other table. Only their difference is taken, so that a correction of the round stays.
    """
    points = a.points + other.points - own.points
    lines = other.lines if points == other.points else (*other.lines, (AS_PUBLISHED, points - other.points))
    categories = (a.categories - (own.categories - other.categories)) | (other.categories - own.categories)
    reasons = {
        lot.code: closed_by(lot, a.level, categories) or _stays(*(x.ineligible.get(lot.code) for x in (a, own, other)))
        for lot in base.lots
    }
    ineligible = {code: reason for code, reason in sorted(reasons.items()) if reason is not None}
    preferences = _preferences(a, base, base, ineligible)
    return replace(a, points=points, lines=lines, categories=categories, preferences=preferences, ineligible=ineligible)


def _stays(given: Ineligible | None, own: Ineligible | None, other: Ineligible | None) -> Ineligible | None:
    """A lot's reason beside those of `levels` and `admits`: a repeat follows the difference, the rest stays."""
    if given is None or given in _BY_RULES:
        repeats = other is Ineligible.REPEAT and (own is not Ineligible.REPEAT or given is not None)
        return Ineligible.REPEAT if repeats else None
    if given is Ineligible.REPEAT and own is Ineligible.REPEAT and other is not Ineligible.REPEAT:
        return None
    return given


def _differences(base: Rules, other: Rules) -> list[Difference]:
    """In the order in which they can be made."""
    before, after = ({lot.code: lot for lot in rules.lots} for rules in (base, other))
    found: list[tuple[int, Difference]] = []
    for code in sorted(before.keys() & after.keys()):
        found += _of_lot(before[code], after[code])
    found += [(1, Difference(None, "lots", None, code)) for code in sorted(after.keys() - before.keys())]
    found += [(-1, Difference(None, "lots", code, None)) for code in sorted(before.keys() - after.keys())]
    if base.default_preferences != other.default_preferences:
        order = Difference(None, "default_preferences", base.default_preferences, other.default_preferences)
        found.append((8, order))
    return [change for _, change in sorted(found, key=lambda item: item[0])]


def _of_lot(old: Lot, new: Lot) -> list[tuple[int, Difference]]:
    found = []

    def note(when: int, key: str, before: Any, after: Any) -> None:
        if before != after:
            found.append((when, Difference(old.code, key, before, after)))

    for cap in _CAPS:
        note(0 if getattr(new, cap) is None else 7, cap, getattr(old, cap), getattr(new, cap))
    for category in sorted({*old.category_region_caps, *new.category_region_caps}):
        limit = new.category_region_caps.get(category)
        note(
            0 if limit is None else 7, f"category_region_caps.{category}", old.category_region_caps.get(category), limit
        )
    note(2 if new.seats > old.seats else 5, "seats", old.seats, new.seats)
    for category in sorted({*old.reserves, *new.reserves}):
        places = new.reserves.get(category)
        fewer = (places or 0) < (old.reserves.get(category) or 0)
        note(3 if fewer else 4, f"reserves.{category}", old.reserves.get(category), places)
    note(6, "unfilled", old.unfilled.value, new.unfilled.value)
    for key in ("admits", "levels"):
        note(6, key, getattr(old, key), getattr(new, key))
    return found


def _made(rules: Rules, other: Rules, change: Difference) -> Rules:
    if change.key == "default_preferences":
        return replace(rules, default_preferences=other.default_preferences)
    if change.lot is None:
        return _lot_added(rules, other.lot(change.new)) if change.old is None else _lot_removed(rules, change.old)
    lots = tuple(_changed(lot, other.lot(lot.code), change) if lot.code == change.lot else lot for lot in rules.lots)
    return replace(rules, lots=lots)


def _changed(lot: Lot, target: Lot, change: Difference) -> Lot:
    name, _, category = change.key.partition(".")
    value: Any = getattr(target, name)
    if category:
        value = {key: number for key, number in getattr(lot, name).items() if key != category}
        if change.new is not None:
            value[category] = change.new
    changed: dict[str, Any] = {name: value}
    return replace(lot, **changed)


def _lot_added(rules: Rules, lot: Lot) -> Rules:
    """A new lot comes last in the order until `default_preferences` is changed."""
    return replace(rules, lots=(*rules.lots, lot), default_preferences=(*rules.default_preferences, lot.code))


def _lot_removed(rules: Rules, code: str) -> Rules:
    return replace(
        rules,
        lots=tuple(lot for lot in rules.lots if lot.code != code),
        default_preferences=tuple(lot for lot in rules.default_preferences if lot != code),
    )


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value) or "nobody"
    return str(value)
