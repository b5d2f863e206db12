"""What a scanner can say at the wall beside the tag of a kit: orders, and the names of slots."""

from collections.abc import Sequence
from enum import StrEnum

from stemfleet.errors import InputError
from stemfleet.kits import latin_keys

MARK = "*"  # begins every code of the sheet, and no asset tag


class Scan(StrEnum):
    """Orders for the slot where they are scanned, for all slots (ALL), or a slot to go to."""

    START = "START"
    CHECK = "CHECK"
    STOP = "STOP"
    SKIP = "SKIP"
    ALL = "ALL"
    SLOT = "SLOT"


def read_scan(text: str, slots: Sequence[str]) -> tuple[Scan, str]:
    """(order, slot to go to): `*STOP`, or `*SLOT-A3`. Raises InputError naming the slots and orders that there are."""
    word = latin_keys(text.strip().removeprefix(MARK))
    order, _, slot = word.partition("-")
    if order == Scan.SLOT:
        target = next((name for name in slots if latin_keys(name) == slot), None)
        if target is None:
            raise InputError("There is no slot {slot}. Slots: {slots}.", slot=slot, slots=", ".join(slots))
        return Scan.SLOT, target
    if word not in set(Scan):
        raise InputError("{text} is no order. Orders: {orders}.", text=text, orders=", ".join(Scan))
    return Scan(word), ""


def codes(slots: Sequence[str]) -> list[str]:
    """The codes of the sheet: all orders, then all slots."""
    orders = [f"{MARK}{order}" for order in Scan if order is not Scan.SLOT]
    return orders + [f"{MARK}{Scan.SLOT}-{name}" for name in slots]
