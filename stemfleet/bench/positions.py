"""Which board is in which slot: positions with a name, positions without, and the wizard that gives a name."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stemfleet.bench.plugging import GONE_AFTER, Plugged
from stemfleet.bench.stations import StationView, boards, check_slot_name, learn_slot, read_station
from stemfleet.devices.bench import Bench
from stemfleet.devices.recipe import Recipe
from stemfleet.devices.state import Slot, Status
from stemfleet.errors import Busy
from stemfleet.store import Person
from stemfleet.workshop import Workshop

UNKNOWN = "Something is plugged in that no recipe is for (USB {usb}). Give the position a recipe, or unplug it."


@dataclass(frozen=True)
class Lesson:
    """A name that waits for its position: for the next board that is plugged in. `place` when it was."""

    name: str
    person: Person
    place: str | None = None


class Positions:
    """Keeps the bench's slots as what is plugged in; `plugged` and `removed` are told the slot's name.

    A slot is called as its position was named by the wizard, else as the position itself. A slot that works is left
    alone: a board in the middle of a flash comes and goes.
    """

    def __init__(
        self,
        workshop: Workshop,
        station: str,
        bench: Bench,
        plugged: Callable[[str, StationView], None],
        removed: Callable[[str], None],
    ) -> None:
        self._workshop = workshop
        self._station = station
        self._bench = bench
        self._plugged = plugged
        self._removed = removed
        self._recipes = boards(workshop)
        self._in: dict[str, Plugged] = {}  # by slot
        self._chosen: dict[str, str | None] = {}  # the recipe that a slot was given
        self._misses: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._first = True
        self._lesson: Lesson | None = None
        self._taken: set[str] = set()  # places that were full when the lesson began
        self._seen: set[str] = set()

    def look(self, now: Mapping[str, Plugged]) -> None:
        """Once a second: brings the slots in line with what is plugged in."""
        self._learn(now)
        view = read_station(self._workshop.store, self._station)
        names = {slot.place: slot.name for slot in view.slots}
        chosen = {slot.name: slot.recipe for slot in view.slots}
        known = {place: names.get(place, place) for place in now if place in names or now[place].recipes}
        for name in {**dict.fromkeys(names.values()), **dict.fromkeys(known.values())}:
            place = next((place for place, called in {**names, **known}.items() if called == name), name)
            self._settle(name, now.get(place), chosen.get(name), view)
        for name in [name for name in self._in if name not in names.values() and name not in known.values()]:
            self._gone(name, keep=False)
        for name in [name for name in self._bench.names() if name not in self._in and name not in names.values()]:
            self._drop(name)
        with self._lock:
            self._seen = set(now)
        self._first = False

    def begin_lesson(self, person: Person, name: str) -> None:
        """The next board that is plugged in shows the position that is to have this name. Raises InputError, Busy."""
        name = check_slot_name(name)
        with self._lock:
            waiting = self._lesson
            if waiting is not None and waiting.place is None and waiting.person.id != person.id:
                raise Busy(
                    "{person} is naming the position {name} just now. Wait until that is done.",
                    person=waiting.person.name,
                    name=waiting.name,
                )
            self._lesson = Lesson(name, person)
            self._taken = set(self._seen)

    @property
    def lesson(self) -> Lesson | None:
        """The one that was begun last, until it is ended."""
        return self._lesson

    def end_lesson(self) -> None:
        with self._lock:
            self._lesson = None

    def _learn(self, now: Mapping[str, Plugged]) -> None:
        with self._lock:
            lesson = self._lesson
            self._taken &= set(now)  # unplugged and plugged in again is as good as new
            fresh = sorted(set(now) - self._taken)
            if lesson is None or lesson.place is not None or not fresh:
                return
            self._lesson = Lesson(lesson.name, lesson.person, fresh[0])
        learn_slot(self._workshop.store, lesson.person, self._station, lesson.name, fresh[0])

    def _settle(self, name: str, there: Plugged | None, recipe: str | None, view: StationView) -> None:
        if self._bench.is_running(name):
            return
        before = self._in.get(name)
        if there is None:
            self._gone(name, keep=True)
            return
        self._misses.pop(name, None)
        if there.is_same_board(before) and self._chosen.get(name) == recipe:
            if there != before:
                self._put(name, there, recipe, fresh=False)
            return
        self._removed(name)
        kept = self._first and self._is_interrupted(name)
        if self._put(name, there, recipe, fresh=not kept) and not self._first:
            self._plugged(name, view)

    def _is_interrupted(self, name: str) -> bool:
        return any(state.slot == name and state.status is Status.INTERRUPTED for state in self._bench.snapshot())

    def _put(self, name: str, there: Plugged, recipe: str | None, *, fresh: bool) -> bool:
        """False when no recipe is for what is there."""
        self._in[name], self._chosen[name] = there, recipe
        first, *others = self._candidates(there, recipe) or (None,)
        if first is None:
            self._bench.set_aside(name, Status.EMPTY, port=there.port, detail=UNKNOWN.format(usb=there.usb))
            return False
        slot = Slot(name, first, there.port, there.volume, others=tuple(others), virtual=there.virtual)
        self._bench.put(slot, fresh=fresh)
        return True

    def _candidates(self, there: Plugged, recipe: str | None) -> tuple[Recipe, ...]:
        names = there.recipes if recipe is None else (recipe,)
        return tuple(self._recipes[name] for name in names if name in self._recipes)

    def _gone(self, name: str, *, keep: bool) -> None:
        """`keep`: the position has a name, so its slot stays, empty."""
        self._misses[name] += 1
        there = name in self._in
        if (there and self._misses[name] < GONE_AFTER) or self._bench.is_running(name):
            return
        was_known = self._in.pop(name, None) is not None or name not in self._bench.names()
        if not keep:
            self._drop(name)
        elif was_known and not self._is_interrupted(name):
            self._bench.set_aside(name, Status.EMPTY, port="", detail="")
        if there:
            self._removed(name)

    def _drop(self, name: str) -> None:
        if name in self._bench.names() and not self._bench.is_running(name) and not self._is_interrupted(name):
            self._bench.remove(name)
