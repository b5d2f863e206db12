"""The bench of this computer, shared by everybody who looks at its wall: who started what, for which kit."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from stemfleet.bench.records import keep_run
from stemfleet.devices.bench import Bench
from stemfleet.devices.record import Provisioned
from stemfleet.devices.state import Slot, SlotState
from stemfleet.errors import Busy, NotFound
from stemfleet.kits import find_kit
from stemfleet.store import Board, Person
from stemfleet.words import Role
from stemfleet.workshop import Workshop


@dataclass(frozen=True)
class Order:
    """Who started a slot, and the kit that its board is for."""

    person: Person
    kit_tag: str | None


class LiveBench:
    """Slots with boards; every record that ends is stored before the wall says so.

    Changes are numbered: `wait` gives those after a number, so that a page that was away misses none.
    """

    def __init__(self, workshop: Workshop, slots: Sequence[Slot], station: str) -> None:
        self._workshop = workshop
        self.bench = Bench(slots, station=station, operator="", keep=self._keep, owner=self._other_kit)
        self._ordering = threading.Lock()
        self._orders: dict[str, Order] = {}
        self._changed = threading.Condition()
        self._newest = max((state.number for state in self.bench.snapshot()), default=0)
        self.bench.subscribe(self._notice)

    def names(self) -> list[str]:
        return self.bench.names()

    def snapshot(self) -> list[SlotState]:
        """One state for each slot, in the order of the slots."""
        return self.bench.snapshot()

    def kit_of(self, slot: str) -> str | None:
        """The kit that the board in the slot is meant for."""
        order = self._orders.get(slot)
        return order.kit_tag if order else None

    def start(self, person: Person, slot: str, kit_tag: str | None = None, *, flash: bool = True) -> None:
        """Begins with the board in the slot, for the first time or again.

        Raises Busy when the slot is working, NotFound for no such slot or kit, InputError for what is no tag.
        """
        person.must_be(Role.WAREHOUSE, Role.NSO)
        if slot not in self.bench.names():
            raise NotFound("There is no slot {slot}. Slots: {slots}.", slot=slot, slots=", ".join(self.names()))
        if kit_tag:
            with self._workshop.store.read() as session:
                kit_tag = find_kit(session, kit_tag).tag
        with self._ordering:
            if self.bench.is_running(slot):
                raise Busy("Slot {slot} is working. Stop it first, or wait for its end.", slot=slot)
            self._orders[slot] = Order(person, kit_tag or None)
            self.bench.start(slot, operator=person.name, flash=flash)

    def start_all(self, person: Person) -> None:
        """Begins with every slot that does not work, for the kit that it worked for before."""
        for slot in self.names():
            if not self.bench.is_running(slot):
                self.start(person, slot, self.kit_of(slot))

    def abort(self, person: Person, slot: str) -> None:
        """Stops one slot; its record says ABORTED."""
        person.must_be(Role.WAREHOUSE, Role.NSO)
        self.bench.abort(slot)

    def wait(self, after: int, timeout: float) -> tuple[int, list[SlotState]]:
        """(number of the newest change, states changed after number `after`); waits at most `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest > after, timeout)
            newest = self._newest
        return newest, [state for state in self.snapshot() if state.number > after]

    def close(self) -> None:
        """Ends everything: boards safe, records complete."""
        self.bench.stop()

    def _keep(self, slot: Slot, result: Provisioned) -> None:
        order = self._orders[slot.name or slot.port]
        with self._workshop.store.write() as session:
            keep_run(session, self._workshop, order.person, result, order.kit_tag)

    def _other_kit(self, slot: Slot, board_id: str) -> str | None:
        """The kit that the board is part of, when the slot was started for another one."""
        meant = self._orders[slot.name or slot.port].kit_tag
        with self._workshop.store.read() as session:
            board = session.get(Board, board_id)
        return board.kit_tag if board and meant and board.kit_tag != meant else None

    def _notice(self, state: SlotState) -> None:
        with self._changed:
            self._newest = max(self._newest, state.number)
            self._changed.notify_all()
