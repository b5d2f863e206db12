"""The bench of this computer, shared by everybody who looks at its wall: who started what, for which kit."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from stemfleet.bench.begun import dismiss, note_interrupted, this_process
from stemfleet.bench.identify import identified
from stemfleet.bench.images import Images
from stemfleet.bench.plugging import Lister, Watch
from stemfleet.bench.positions import Lesson, Positions
from stemfleet.bench.records import keep_run
from stemfleet.bench.seen import Seen, seen_before
from stemfleet.bench.stations import StationView, read_station, set_auto_start
from stemfleet.devices.bench import Bench, Listener
from stemfleet.devices.families.checklist import board_id_of, check_tools_do
from stemfleet.devices.faults import BoardError, BoardFail, BoardFault
from stemfleet.devices.record import Provisioned
from stemfleet.devices.state import Slot, SlotState, Status
from stemfleet.errors import Busy, InputError, Refused, StemfleetError
from stemfleet.kits import check_fits, check_room, find_kit, is_tag, latin_keys, put_into_kit
from stemfleet.store import BenchStart, Board, Person
from stemfleet.words import Outcome, Reason, Role
from stemfleet.workshop import Workshop


@dataclass(frozen=True)
class Order:
    """Who started a slot, the kit that its board is for, and the row that says so until there is a record."""

    person: Person
    kit_tag: str | None
    start_id: int


class LiveBench:
    """Slots with boards; every record that ends is stored before the wall says so.

    `slots` stay as they are; `watch` instead follows what is plugged in. Changes are numbered: `wait` gives those
    after a number, so that a page that was away misses none.
    """

    def __init__(self, workshop: Workshop, slots: Sequence[Slot], station: str) -> None:
        self._workshop = workshop
        self.station = station
        self.bench = Bench(slots, station=station, operator="", keep=self._keep, guard=self._bar, choose=self._identify)
        self._images = Images(workshop)
        self._ordering = threading.Lock()
        self._orders: dict[str, Order] = {}
        self._expected: dict[str, str] = {}
        self._seen: dict[str, Seen | None] = {}
        self._changed = threading.Condition()
        self._newest = max((state.number for state in self.bench.snapshot()), default=0)
        self.bench.subscribe(self._notice)
        self._positions: Positions | None = None
        self._watch: Watch | None = None
        self._show_interrupted({slot.name or slot.port for slot in slots})

    def watch(self, ports: Lister) -> None:
        """From now on the slots are what is plugged in, asked for once a second."""
        self._show_interrupted(None)
        self._positions = Positions(self._workshop, self.station, self.bench, self._plugged, self._removed)
        self._watch = Watch(ports, self._positions.look)
        self._watch.start()

    @property
    def watches(self) -> bool:
        return self._watch is not None

    def names(self) -> list[str]:
        return self.bench.names()

    def snapshot(self) -> list[SlotState]:
        """One state for each slot, in the order of the slots."""
        return self.bench.snapshot()

    def station_view(self) -> StationView:
        return read_station(self._workshop.store, self.station)

    def kit_of(self, slot: str) -> str | None:
        """The kit that the board in the slot is meant for."""
        order = self._orders.get(slot)
        return self._expected.get(slot) or (order.kit_tag if order else None)

    def seen(self, slot: str) -> Seen | None:
        """What was known of the board in the slot before this run; None for a new board."""
        return self._seen.get(slot)

    def start(self, person: Person, slot: str, kit_tag: str | None = None, *, flash: bool = True) -> None:
        """Begins with the board in the slot, for the first time or again.

        `kit_tag`: None for the kit that is expected in the slot, "" for a board that belongs to none yet.
        Raises Busy when the slot is working, NotFound for no such slot or kit, InputError for what is no tag or for a
        recipe that is a checklist, Refused when the slot is empty or the kit has no such board. Then nothing began.
        """
        person.must_be(Role.WAREHOUSE, Role.NSO)
        with self._ordering:
            board = self.bench.slot(slot)
            if self.bench.is_running(slot):
                raise Busy("Slot {slot} is working. Stop it first, or wait for its end.", slot=slot)
            check_tools_do(board.recipe)
            board, tag = self._for_kit(board, self.kit_of(slot) if kit_tag is None else kit_tag)
            self.bench.put(self._images.current(board), fresh=False)
            before = self._orders.get(slot)
            start = self._orders[slot] = Order(person, tag, self._begin(person, board, tag))
            try:
                self.bench.start(slot, operator=person.name, flash=flash)
            except StemfleetError:
                self._never_began(slot, start, before)
                raise
            self._expected.pop(slot, None)
            self._seen.pop(slot, None)

    def start_all(self, person: Person, *, flash: bool = True) -> dict[str, StemfleetError]:
        """Begins with every slot that has a board, does not work and is not left out.

        What keeps one from it keeps no other; it is given by slot.
        """
        problems = {}
        for slot in self.bench.ready():
            try:
                self.start(person, slot, flash=flash)
            except StemfleetError as error:
                problems[slot] = error
        return problems

    def abort(self, person: Person, slot: str) -> None:
        """Stops one slot; its record says ABORTED."""
        person.must_be(Role.WAREHOUSE, Role.NSO)
        self.bench.abort(slot)

    def skip(self, person: Person, slot: str) -> None:
        """Leaves a slot out until it is started by its name or gets another board; stops it if it works.

        A slot that only shows an interrupted board, with none in it now, goes away.
        """
        person.must_be(Role.WAREHOUSE, Role.NSO)
        state = next((state for state in self.snapshot() if state.slot == slot), None)
        if state is not None and state.status is Status.INTERRUPTED:
            dismiss(self._workshop.store, self.station, slot)
            if slot not in self.bench.ready():
                self._expected.pop(slot, None)
                self.bench.remove(slot)
                return
        self.bench.skip(slot)

    def expect(self, person: Person, slot: str, kit_tag: str) -> None:
        """The next board in the slot is for this kit; one that has passed there already joins the kit at once.

        Raises NotFound, InputError, Refused: the kit has no such board, or the board is part of another one.
        """
        person.must_be(Role.WAREHOUSE, Role.NSO)
        state = next((state for state in self.snapshot() if state.slot == slot), None)
        with self._workshop.store.read() as session:
            tag = find_kit(session, kit_tag).tag
        if state is not None and state.status is Status.DONE and state.outcome is Outcome.PASS and state.board_id:
            put_into_kit(self._workshop, person, state.board_id, tag)
            self._orders[slot] = replace(self._orders[slot], kit_tag=tag)
        elif not self.bench.is_running(slot):
            self._expected[slot] = tag

    def scan_serial(self, person: Person, slot: str, number: str) -> None:
        """The serial number of the machine in the slot, for a board that tells no identity; "" takes it back.

        Raises InputError for what is none, or is a kit's tag; NotFound, Refused: no such slot, no board in it, or the
        machine is known as part of another kit than the slot's.
        """
        person.must_be(Role.WAREHOUSE, Role.NSO)
        number = latin_keys(number.strip())
        if number:
            self._check_serial(slot, number)
        self.bench.give_serial(slot, number)

    def _check_serial(self, slot: str, number: str) -> None:
        if is_tag(number):
            raise InputError("{text} is the tag of a kit. Scan the serial number of the machine.", text=number)
        board_id, tag = board_id_of(self.bench.slot(slot).recipe, number), self.kit_of(slot)
        with self._workshop.store.read() as session:
            board = session.get(Board, board_id)
        if tag and board is not None and board.kit_tag not in (None, tag):
            raise Refused("{board} is part of kit {tag}. Put it back there.", board=board_id, tag=board.kit_tag)

    def auto_start(self, person: Person, on: bool) -> None:
        """Whether boards start as they are plugged in, in the person's name; remembered for this station."""
        set_auto_start(self._workshop.store, person, self.station, on)

    def begin_lesson(self, person: Person, name: str) -> None:
        """The next board that is plugged in shows which position is to have this name. Raises InputError, Busy."""
        person.must_be(Role.WAREHOUSE, Role.NSO)
        if self._positions is None:
            raise Busy("This bench has fixed ports: nothing is to be learned.")
        self._positions.begin_lesson(person, name)

    @property
    def lesson(self) -> Lesson | None:
        return self._positions.lesson if self._positions else None

    def end_lesson(self) -> None:
        if self._positions is not None:
            self._positions.end_lesson()

    def wait(self, after: int, timeout: float) -> tuple[int, list[SlotState]]:
        """(number of the newest change, states changed after number `after`); waits at most `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest > after, timeout)
            newest = self._newest
        return newest, [state for state in self.snapshot() if state.number > after]

    def close(self) -> None:
        """Ends everything: boards safe, records complete."""
        if self._watch is not None:
            self._watch.close()
        self.bench.stop()
        self._images.close()

    def _for_kit(self, board: Slot, kit_tag: str | None) -> tuple[Slot, str | None]:
        """Of several recipes those that the kit has boards for."""
        if not kit_tag:
            return board, None
        if board.virtual and not self._workshop.demo:
            raise Refused(
                "Slot {slot} holds a virtual board: it counts for no kit, outside a demo. Start it without a tag.",
                slot=board.name,
            )
        candidates = (board.recipe, *board.others)
        with self._workshop.store.read() as session:
            kit = find_kit(session, kit_tag)
            fitting = check_fits(self._workshop, kit, [recipe.name for recipe in candidates])
        first, *others = (recipe for recipe in candidates if recipe.name in fitting)
        return replace(board, recipe=first, others=tuple(others)), kit.tag

    def _identify(self, slot: Slot, told: Listener, stop: threading.Event) -> Slot:
        """Nothing was begun with a board that nobody can tell the kind of."""
        try:
            return identified(slot, told, stop)
        except StemfleetError:
            self._forget_start(self._orders[slot.name or slot.port])
            raise

    def _never_began(self, slot: str, order: Order, before: Order | None) -> None:
        """Everything is as it was before this order."""
        self._forget_start(order)
        if before is None:
            del self._orders[slot]
        else:
            self._orders[slot] = before

    def _forget_start(self, order: Order) -> None:
        with self._workshop.store.write() as session:
            session.delete(session.get_one(BenchStart, order.start_id))

    def _begin(self, person: Person, board: Slot, kit_tag: str | None) -> int:
        """From here on a killed program leaves a trace of the board."""
        with self._workshop.store.write() as session:
            start = BenchStart(
                station=self.station,
                slot=board.name or board.port,
                recipe=board.recipe.name,
                kit_tag=kit_tag,
                person_id=person.id,
                process=this_process(),
            )
            session.add(start)
            session.flush()
            return start.id

    def _keep(self, slot: Slot, result: Provisioned) -> Reason | None:
        name = slot.name or slot.port
        order = self._orders[name]
        with self._workshop.store.write() as session:
            start = session.get(BenchStart, order.start_id)
            run = keep_run(session, self._workshop, order.person, result, order.kit_tag, start)
            left_out = order.kit_tag is not None and run.kit_tag is None
        if not left_out:
            nameless = result.record.outcome is Outcome.PASS and result.record.board_id is None
            return Reason.NO_IDENTITY if nameless else None
        self._orders[name] = replace(order, kit_tag=None)  # another slot's board was faster
        return Reason.KIT_FULL

    def _bar(self, slot: Slot, board_id: str) -> BoardFault | None:
        """The board is known now: is it part of another kit than the slot was started for, or is that one full?"""
        name = slot.name or slot.port
        order = self._orders[name]
        with self._workshop.store.write() as session:
            start = session.get(BenchStart, order.start_id)
            if start is not None:
                start.board_id = board_id
            self._seen[name] = seen_before(session, board_id)
            board = session.get(Board, board_id)
            tag = board.kit_tag if board else None
            if order.kit_tag is None or tag == order.kit_tag:
                return None
            if tag is not None:
                detail = f"The board is part of kit {tag}. Put it back there, or scan that kit's tag."
                return BoardFail(Reason.OTHER_KIT, detail)
            try:
                check_room(session, self._workshop, find_kit(session, order.kit_tag), slot.recipe.name)
            except Refused as full:
                return BoardError(Reason.KIT_FULL, str(full))
        return None

    def _plugged(self, name: str, view: StationView) -> None:
        if view.auto_start_by is None:
            return
        try:
            self.start(view.auto_start_by, name)
        except StemfleetError as error:
            self.bench.set_aside(name, Status.WAITING, detail=str(error))

    def _removed(self, name: str) -> None:
        """The next board has nothing to do with the one before."""
        self._orders.pop(name, None)
        self._seen.pop(name, None)

    def _show_interrupted(self, names: set[str] | None) -> None:
        """On the slots named, or on all of this station."""
        for start in note_interrupted(self._workshop.store, self.station):
            if names is None or start.slot in names:
                recipe = self._workshop.recipes.get(start.recipe)
                facts = {"recipe": start.recipe, "title": recipe.title if recipe else start.recipe}
                self.bench.set_aside(start.slot, Status.INTERRUPTED, board_id=start.board_id, **facts)
                if start.kit_tag:
                    self._expected[start.slot] = start.kit_tag

    def _notice(self, state: SlotState) -> None:
        with self._changed:
            self._newest = max(self._newest, state.number)
            self._changed.notify_all()
