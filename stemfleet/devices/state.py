"""What one slot is and what it shows: a small value that walls, pages and server-sent events read alike."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from stemfleet.devices.recipe import Recipe
from stemfleet.devices.record import Provisioned
from stemfleet.words import Outcome

_MAY_BE_NAMELESS = {"printer"}  # families of which machines may tell no identity of their own


@dataclass(frozen=True)
class Slot:
    """A place on the bench with the board in it. `firmware`: a file that the operator gives instead of the recipe's,
    with its version and the sha256 that it must have, as far as they are told.

    `virtual`: one of our emulated boards; what is at a port that a person names is never taken for one.
    `others`: further recipes that the board may be for; which one it is, is found out before it is begun.
    """

    name: str | None
    recipe: Recipe
    port: str
    volume: Path | None = None
    firmware: Path | None = None
    others: tuple[Recipe, ...] = ()
    version: str | None = None
    sha256: str | None = None
    virtual: bool = False


@dataclass(frozen=True)
class Instruction:
    """What a person has to do now: an English sentence with places for its facts, as an error's is."""

    text: str
    facts: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return self.text.format(**dict(self.facts))


class Status(StrEnum):
    """Where a slot stands. INTERRUPTED: the program ended in the middle of a board, of which there is no record."""

    EMPTY = "empty"
    WAITING = "waiting"
    SKIPPED = "skipped"
    INTERRUPTED = "interrupted"
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True)
class SlotState:
    """The whole state of a slot at one moment; every change is a new one, with the next `number`.

    `done` of `total` is the progress of the phase, in its tool's own unit (bytes or percent); `outcome`, `reason` and
    `detail` (an English sentence with the remedy) are set when it is done; while it runs, `detail` is what a person
    has to do for it to go on, which `instruction` holds for translation. `instruction` and `result` are not part of the
    JSON. `takes_serial`: a person may have to scan the machine's serial number; `serial` is the one scanned and not
    used yet.
    """

    slot: str
    recipe: str
    title: str
    port: str
    status: Status = Status.WAITING
    number: int = 0
    phases: tuple[str, ...] = ()
    phase: str | None = None
    attempt: int = 1
    done: int = 0
    total: int = 0
    board_id: str | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    detail: str = ""
    virtual: bool = False
    takes_serial: bool = False
    serial: str | None = None
    instruction: Instruction | None = None
    result: Provisioned | None = field(default=None, compare=False, repr=False)

    @property
    def fraction(self) -> float:
        """How far the whole board is, 0 to 1: every phase counts the same."""
        if self.status is Status.DONE:
            return 1.0
        if self.phase is None or self.phase not in self.phases:
            return 0.0
        within = min(1.0, self.done / self.total) if self.total else 0.0
        return (self.phases.index(self.phase) + within) / len(self.phases)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for pages and events; the keys are the field names, and `fraction`."""
        names = [name for name in self.__dataclass_fields__ if name not in {"result", "instruction"}]
        plain = {name: getattr(self, name) for name in names}
        return {**plain, "phases": list(self.phases), "fraction": round(self.fraction, 3)}


def waiting(slot: Slot) -> SlotState:
    """The state of a slot that nothing was done with yet."""
    title = " / ".join(recipe.title for recipe in (slot.recipe, *slot.others))
    name = slot.name or slot.port
    return SlotState(
        slot=name,
        recipe=slot.recipe.name,
        title=title,
        port=slot.port,
        virtual=slot.virtual,
        takes_serial=any(recipe.family in _MAY_BE_NAMELESS for recipe in (slot.recipe, *slot.others)),
    )


def natural_order(name: str) -> tuple[object, ...]:
    """Sorts names of slots as people count: A2 before A10, and names before positions without one (1-2.9, 1-2.10)."""
    return tuple((1, int(part), "") if part.isdecimal() else (0, 0, part) for part in re.split(r"(\d+)", name) if part)
