"""Which of several recipes a board is for, found out by each recipe's own way of identifying; nothing is written."""

import threading
from collections.abc import Sequence
from dataclasses import replace

from stemfleet.devices.bench import Listener
from stemfleet.devices.provision import provision
from stemfleet.devices.recipe import Recipe
from stemfleet.devices.state import Slot
from stemfleet.errors import Refused
from stemfleet.words import Outcome


def identified(slot: Slot, told: Listener, stop: threading.Event) -> Slot:
    """The slot with the one recipe that its board is for; with its first one when no recipe knows the board.

    In the latter case the recipe's own run says what is wrong. Raises Refused when several recipes know the board,
    as an Uno's and a Nano's with the same converter do: nothing on such a board tells them apart.
    """
    candidates = (slot.recipe, *slot.others)
    found = [recipe for recipe in candidates if not stop.is_set() and _knows(slot, recipe, told, stop)]
    if len(found) > 1:
        raise Refused(
            "The board may be of several kinds: {kinds}. Scan the tag of its kit first, or give the slot a recipe.",
            kinds=_titles(found),
        )
    return replace(slot, recipe=(found or candidates)[0], others=())


def _knows(slot: Slot, recipe: Recipe, told: Listener, stop: threading.Event) -> bool:
    alone = replace(recipe, phases=tuple(plan for plan in recipe.phases if plan.name == "identify"), checks=())
    result = provision(
        replace(slot, recipe=alone, others=()), station="", operator="", flash=False, on_event=told, stop=stop
    )
    return result.record.outcome is Outcome.PASS


def _titles(recipes: Sequence[Recipe]) -> str:
    return ", ".join(recipe.title for recipe in recipes)
