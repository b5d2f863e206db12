"""Which lots are open to a school, by the rules alone."""

from collections.abc import Collection, Mapping, Sequence

from stemfleet.allocation.values import Ineligible, Lot, Rules
from stemfleet.words import Level


def closed_by(lot: Lot, level: Level, categories: Collection[str]) -> Ineligible | None:
    """Why the lot's own `levels` or `admits` close it to such a school; None when they do not."""
    if lot.levels is not None and level not in lot.levels:
        return Ineligible.LEVEL
    return None if admitted(lot, categories) else Ineligible.ADMITS


def admitted(lot: Lot, categories: Collection[str]) -> bool:
    """Whether the lot's `admits` lets a school of these categories in."""
    return lot.admits is None or any(category in categories for category in lot.admits)


def closed_lots(rules: Rules, level: Level, categories: Collection[str]) -> dict[str, Ineligible]:
    """Lot code → reason, for every lot that the rules close to such a school. The caller adds repeats and the rest."""
    reasons = {lot.code: closed_by(lot, level, categories) for lot in rules.lots}
    return {code: reason for code, reason in reasons.items() if reason is not None}


def final_preferences(
    rules: Rules, wanted: Sequence[str] | None, ineligible: Mapping[str, Ineligible]
) -> tuple[str, ...]:
    """The lots that a school proposes to, best first: what it wants (or the rules' order), without the closed ones."""
    order = rules.default_preferences if wanted is None else wanted
    return tuple(code for code in order if code not in ineligible)
