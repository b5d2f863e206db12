"""Our side: the whole bench as the warehouse runs it, with its database and its wall, and what its records say."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from meter import Meter, Use
from rich.console import Console

from stemfleet.accounts import console_person
from stemfleet.bench import LiveBench
from stemfleet.cli.wall import show
from stemfleet.devices.recipe import Recipe, load_recipes
from stemfleet.devices.record import BoardRecord
from stemfleet.devices.state import Slot, SlotState, Status
from stemfleet.devices.virtual.fleet import VirtualFleet
from stemfleet.words import Outcome
from stemfleet.workshop import Workshop

RECIPES = load_recipes()


class NotPassed(Exception):
    """A board that has no fault did not pass: the computer was too busy to emulate it."""


@contextmanager
def boards(spec: str, folder: Path) -> Iterator[tuple[VirtualFleet, list[Slot]]]:
    """Virtual boards, new ones, and the slots that they are in."""
    with VirtualFleet(spec, folder) as fleet:
        yield fleet, fleet.bench_slots(RECIPES)


def only(recipe: Recipe, *phases: str) -> Recipe:
    """The recipe with these phases alone."""
    return replace(recipe, phases=tuple(plan for plan in recipe.phases if plan.name in phases))


def with_recipe(slots: Sequence[Slot], recipe: Recipe) -> list[Slot]:
    return [replace(slot, recipe=recipe) for slot in slots]


class Span:
    """Meters the time from the first board that begins phase `first` to the last that has left phase `last`."""

    def __init__(self, boards: int, first: str, last: str) -> None:
        self._left, self._first, self._last = boards, first, last
        self._meter, self._inside, self._begun = Meter(), set[str](), False

    def notice(self, state: SlotState) -> None:
        if state.phase == self._first and not self._begun:
            self._begun = True
            self._meter.begin()
        if state.phase == self._last:
            self._inside.add(state.slot)
        if state.slot in self._inside and (state.phase != self._last or state.status is Status.DONE):
            self._inside.discard(state.slot)
            self._left -= 1
            if self._left == 0:
                self._meter.end()

    @property
    def use(self) -> Use:
        return self._meter.use


def run_bench(folder: Path, slots: Sequence[Slot], span: tuple[str, str] = ("flash", "verify")) -> "Done":
    """All slots at once, records in a database, a wall that nobody sees. Raises NotPassed."""
    folder.mkdir(parents=True, exist_ok=True)
    metered = Span(len(slots), *span)
    whole = Meter()
    workshop = Workshop.open(f"sqlite:///{folder / 'stemfleet.sqlite'}", folder)
    workshop = replace(workshop, recipes={**workshop.recipes, **{slot.recipe.name: slot.recipe for slot in slots}})
    try:
        live = LiveBench(workshop, slots, "benchmark")
        live.bench.subscribe(metered.notice)
        with Path(os.devnull).open("w") as nowhere, whole:
            live.start_all(console_person(workshop.store))
            show(live.bench, console=Console(file=nowhere, force_terminal=True, width=120))
        live.close()
        records = [result.record for result in live.bench.results()]
        for state in live.snapshot():
            if state.outcome is not Outcome.PASS:
                raise NotPassed(f"{state.slot} ({state.recipe}): {state.outcome} {state.reason}")
    finally:
        workshop.store.close()
    return Done(records, metered.use, whole.use)


class Done:
    """`span`: between the phases asked for, over all boards; `whole`: from start to the last record in the database."""

    def __init__(self, records: list[BoardRecord], span: Use, whole: Use) -> None:
        self.records, self.span, self.whole = records, span, whole

    def seconds(self, *phases: str) -> list[float]:
        """What each board needed from the beginning of the first of these phases to the end of the last."""
        return [(ended - began).total_seconds() for began, ended in (self.moments(r, *phases) for r in self.records)]

    @staticmethod
    def moments(record: BoardRecord, *phases: str) -> tuple[datetime, datetime]:
        rows = [row for row in record.phases if row.name in phases]
        return rows[0].started, rows[-1].ended
