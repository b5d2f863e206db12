"""The bench of this computer, shared by everybody who looks at its wall: who started what, for which kit."""

import threading
from collections.abc import Sequence

from stemfleet.bench.records import check_kit, keep_run
from stemfleet.devices.bench import Bench
from stemfleet.devices.record import Provisioned
from stemfleet.devices.state import Slot, SlotState
from stemfleet.errors import NotFound
from stemfleet.store import Person
from stemfleet.words import Role
from stemfleet.workshop import Workshop


class LiveBench:
    """Slots with boards; every record that ends is stored before the wall says so.

    Changes are numbered: `wait` gives those after a number, so that a page that was away misses none.
    """

    def __init__(self, workshop: Workshop, slots: Sequence[Slot], station: str) -> None:
        self._workshop = workshop
        self._bench = Bench(slots, station=station, operator="", keep=self._keep)
        self._orders: dict[str, tuple[Person, str | None]] = {}
        self._kits: dict[str, str] = {}
        self._changed = threading.Condition()
        self._newest = max((state.number for state in self._bench.snapshot()), default=0)
        self._bench.subscribe(self._notice)

    def names(self) -> list[str]:
        return self._bench.names()

    def snapshot(self) -> list[SlotState]:
        """One state for each slot, in the order of the slots."""
        return self._bench.snapshot()

    def kit_of(self, slot: str) -> str | None:
        """The kit that the board in the slot is meant for."""
        return self._kits.get(slot)

    def results(self) -> list[Provisioned]:
        """The records of the slots that are done."""
        return self._bench.results()

    def start(self, person: Person, slot: str, kit_tag: str | None = None, *, flash: bool = True) -> None:
        """Begins with the board in the slot, for the first time or again.

        Raises Busy when the slot is working, NotFound for no such slot or kit, InputError for what is no tag.
        """
        person.must_be(Role.WAREHOUSE, Role.NSO)
        if slot not in self._bench.names():
            raise NotFound("There is no slot {slot}. Slots: {slots}.", slot=slot, slots=", ".join(self.names()))
        if kit_tag:
            with self._workshop.store.read() as session:
                kit_tag = check_kit(session, kit_tag)
        if not self._bench.is_running(slot):
            self._orders[slot] = (person, kit_tag or None)
            self._kits.pop(slot, None)
            if kit_tag:
                self._kits[slot] = kit_tag
        self._bench.start(slot, operator=person.name, flash=flash)

    def start_all(self, person: Person) -> None:
        """Begins with every slot that does not work, for the kit that it worked for before."""
        for slot in self.names():
            if not self._bench.is_running(slot):
                self.start(person, slot, self._kits.get(slot))

    def abort(self, person: Person, slot: str) -> None:
        """Stops one slot; its record says ABORTED."""
        person.must_be(Role.WAREHOUSE, Role.NSO)
        self._bench.abort(slot)

    def wait(self, after: int, timeout: float) -> tuple[int, list[SlotState]]:
        """(number of the newest change, states changed after number `after`); waits at most `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest > after, timeout)
            newest = self._newest
        return newest, [state for state in self.snapshot() if state.number > after]

    def wait_until_done(self, timeout: float | None = None) -> bool:
        """Until no slot works; False when the time is over before."""
        return self._bench.wait(timeout)

    def close(self) -> None:
        """Ends everything: boards safe, records complete."""
        self._bench.stop()

    def _keep(self, slot: Slot, result: Provisioned) -> None:
        person, kit_tag = self._orders[slot.name or slot.port]
        with self._workshop.store.write() as session:
            keep_run(session, self._workshop, person, result, kit_tag)

    def _notice(self, state: SlotState) -> None:
        with self._changed:
            self._newest = max(self._newest, state.number)
            self._changed.notify_all()
