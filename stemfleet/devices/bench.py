"""The bench: many slots at once, a thread for each that runs, so a stuck one never delays another."""

import itertools
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any

from stemfleet.devices.faults import BoardFault
from stemfleet.devices.provision import is_disk_full, provision
from stemfleet.devices.record import BoardRecord, Provisioned
from stemfleet.devices.state import Slot, SlotState, Status, natural_order, waiting
from stemfleet.devices.twins import Twins
from stemfleet.errors import Busy, NotFound, Refused, StemfleetError
from stemfleet.words import Outcome, Reason

STOP_S = 10.0  # what a stop may take: a tool is killed within a second, a board made safe within five

_log = logging.getLogger(__name__)

Listener = Callable[[SlotState], None]
Keeper = Callable[[Slot, Provisioned], Reason | None]
Guard = Callable[[Slot, str], BoardFault | None]
Chooser = Callable[[Slot, Listener, threading.Event], Slot]


class Bench:
    """The slots of one station; a context manager that stops everything at its end.

    `keep` gets every finished board's record before the wall says that it is done, in that slot's thread; a reason that
    it gives is shown beside the outcome; what it raises is shown at the slot, which then ends with ERROR and without a
    result. `guard` tells why a board (by its id) is not to be done in the slot. `choose` finds out which of a slot's
    recipes its board is for; a StemfleetError that it raises ends the slot with ERROR `undecided`. Listeners are called
    in the slots' threads and must be quick.
    """

    def __init__(
        self,
        slots: Sequence[Slot],
        *,
        station: str,
        operator: str,
        flash: bool = True,
        keep: Keeper | None = None,
        guard: Guard | None = None,
        choose: Chooser | None = None,
    ) -> None:
        self._choose = choose
        self._station = station
        self._operator = operator
        self._flash = flash
        self._keep = keep
        self._guard = guard
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._slots: dict[str, Slot | None] = {}
        self._states: dict[str, SlotState] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._stops: dict[str, threading.Event] = {}
        self._running: set[str] = set()
        self._skips: set[str] = set()
        self._serials: dict[str, str] = {}
        self._twins = Twins()
        self._closed = False
        for slot in slots:
            self.put(slot)

    def put(self, slot: Slot, *, fresh: bool = True) -> None:
        """A board into a slot, a new slot or one that does not run. Raises Busy.

        `fresh` False: it is the board that is there already, on another port; what the slot shows stays.
        """
        state = waiting(slot)
        with self._lock:
            self._not_running(state.slot)
            self._slots[state.slot] = slot
            self._twins.forget(state.slot)
            if fresh:
                self._serials.pop(state.slot, None)
            if not fresh and state.slot in self._states:
                state = replace(self._states[state.slot], port=slot.port)
            state = self._set(state)
        self._tell(state)

    def skip(self, name: str) -> None:
        """Leave a slot out until it is started by its name or gets another board; one that runs is stopped first.

        Raises NotFound.
        """
        self.abort(name)
        with self._lock:
            running = name in self._running
            if running:
                self._skips.add(name)
        if not running:
            self.set_aside(name, Status.SKIPPED)

    def set_aside(self, name: str, status: Status, **facts: Any) -> None:
        """A slot that shows something else than work; what it shows of its last board stays. Raises Busy.

        `facts` are further fields of its state. An EMPTY slot has to be `put` before it can be started.
        """
        with self._lock:
            self._not_running(name)
            if status is Status.EMPTY or name not in self._slots:
                self._slots[name] = None
                self._serials.pop(name, None)
            known = self._states.get(name, SlotState(slot=name, recipe="", title="", port=""))
            state = self._set(replace(known, status=status, **facts))
        self._tell(state)

    def remove(self, name: str) -> None:
        """The slot is there no longer. Raises NotFound, Busy."""
        with self._lock:
            self._not_running(name)
            if self._slots.pop(name, self) is self:
                raise self._no_slot(name)
            gone = replace(self._states.pop(name), status=Status.EMPTY, number=next(self._numbers))
        self._tell(gone)

    def start(self, name: str, *, operator: str | None = None, flash: bool | None = None) -> None:
        """Begin with the board in a slot, for the first time or again. Raises NotFound, Busy, Refused (empty)."""
        with self._lock:
            slot = self._slot(name)
            self._not_running(name)
            if self._closed:
                raise Busy("The bench is being stopped.")
            self._twins.forget(name)
            stop = self._stops[name] = threading.Event()
            thread = threading.Thread(
                target=self._work,
                args=(
                    name,
                    slot,
                    stop,
                    operator or self._operator,
                    self._flash if flash is None else flash,
                ),
                name=f"slot-{name}",
                daemon=True,
            )
            self._threads[name] = thread
            self._skips.discard(name)
            self._running.add(name)
            thread.start()

    retry = start

    def start_all(self) -> None:
        """Begin with every slot that has a board, does not run and is not to be left out."""
        for name in self.ready():
            self.start(name)

    def give_serial(self, name: str, number: str) -> None:
        """The serial number of the machine in a slot, as a person scanned it; "" takes it back.

        It is the identity of a board that tells none, in the run that works or in the next ones, until the board has
        passed or the slot gets another one. Raises NotFound, Refused when the slot is empty.
        """
        with self._lock:
            self._slot(name)
            if number == self._serials.get(name, ""):
                return
            if number:
                self._serials[name] = number
            else:
                self._serials.pop(name, None)
            state = self._set(self._states[name])
        self._tell(state)

    def abort(self, name: str) -> None:
        """Stop one slot; its record says ABORTED. A slot that does not run is left as it is. Raises NotFound."""
        with self._lock:
            if name not in self._slots:
                raise self._no_slot(name)
            if name in self._stops:
                self._stops[name].set()

    def stop(self, timeout: float = STOP_S) -> bool:
        """End everything: boards safe, records complete. False when a slot did not end in time."""
        with self._lock:
            self._closed = True
            for stop in self._stops.values():
                stop.set()
        return self.wait(timeout)

    def wait(self, timeout: float | None = None) -> bool:
        """Until no slot runs; False when the time is over before."""
        until = None if timeout is None else time.monotonic() + timeout
        for thread in list(self._threads.values()):
            thread.join(None if until is None else max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in list(self._threads.values()))

    def names(self) -> list[str]:
        """The slots in the order of their names, whenever they were put: A2 before A10."""
        with self._lock:
            return sorted(self._slots, key=natural_order)

    def ready(self) -> list[str]:
        """The slots that "start all" begins."""
        left_out = {Status.EMPTY, Status.SKIPPED}
        with self._lock:
            there = [name for name, slot in self._slots.items() if slot is not None and name not in self._running]
            return sorted((name for name in there if self._states[name].status not in left_out), key=natural_order)

    def slot(self, name: str) -> Slot:
        """What is in a slot. Raises NotFound, Refused when it is empty."""
        with self._lock:
            return self._slot(name)

    def is_running(self, name: str) -> bool:
        """Whether the slot works on its board just now."""
        return name in self._running

    def snapshot(self) -> list[SlotState]:
        """The state of every slot, for a page that was just opened."""
        with self._lock:
            return [self._states[name] for name in sorted(self._slots, key=natural_order)]

    def results(self) -> list[Provisioned]:
        """The records of the slots that are done, in the order of the slots."""
        return [state.result for state in self.snapshot() if state.result is not None]

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Every change of every slot, from now on; the returned function ends it."""
        with self._lock:
            self._listeners.append(listener)

        def end() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return end

    def __enter__(self) -> "Bench":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _work(self, name: str, slot: Slot, stop: threading.Event, operator: str, flash: bool) -> None:
        last = [waiting(slot)]

        def changed(state: SlotState) -> None:
            last[0] = state
            if state.status is not Status.DONE:
                self._publish(state)

        try:
            if slot.others and self._choose:
                slot = self._slots[name] = self._choose(slot, changed, stop)
            result = provision(
                slot,
                station=self._station,
                operator=operator,
                flash=flash,
                on_event=changed,
                stop=stop,
                bar=partial(self._guard, slot) if self._guard else None,
                twin=partial(self._twins.of, name, slot.port),
                serial=partial(self._serials.get, name),
            )
            self._forget_used(name, result.record)
            problem, reason = self._kept(slot, result)
        except StemfleetError as error:
            problem, reason = str(error), Reason.UNDECIDED
        except Exception as error:
            # Not even a record could be made.
            reason = _whose(error)
            problem = f"No record could be made ({type(error).__name__}: {error}). Do the board again."
        final = replace(last[0], status=Status.SKIPPED if name in self._skips else Status.DONE)
        if reason is not None:
            final = replace(final, reason=reason.value)
        if problem:  # without its record a board was not done, whatever it is like
            final = replace(final, outcome=Outcome.ERROR, detail=problem, result=None)
        with self._lock:  # at once: who finds the slot at rest finds how its board came out, too
            self._running.discard(name)
            final = self._set(final)
        self._tell(final)

    def _forget_used(self, name: str, record: BoardRecord) -> None:
        """A number is for one machine: it stays for another try at one that has not passed yet."""
        told_its_own = record.board_id is not None and not record.board_id_scanned
        if told_its_own or (record.board_id_scanned and record.outcome is Outcome.PASS):
            with self._lock:
                self._serials.pop(name, None)

    def _kept(self, slot: Slot, result: Provisioned) -> tuple[str, Reason | None]:
        """The sentence about a record that could not be kept, empty when it was; the reason that the wall shows."""
        if self._keep is None:
            return "", None
        try:
            return "", self._keep(slot, result)
        except StemfleetError as error:
            return str(error), _whose(error)
        except Exception as error:
            return f"The record could not be stored ({type(error).__name__}: {error}). Do the board again.", _whose(
                error
            )

    def _publish(self, state: SlotState) -> None:
        with self._lock:
            numbered = self._set(state)
        self._tell(numbered)

    def _set(self, state: SlotState) -> SlotState:
        """The state with its number; the lock is held."""
        numbered = self._states[state.slot] = replace(
            state, number=next(self._numbers), serial=self._serials.get(state.slot)
        )
        return numbered

    def _tell(self, state: SlotState) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener(state)
            except Exception:  # whoever only watches must not break the work on a board
                _log.exception("A listener of the bench failed at slot %s.", state.slot)

    def _slot(self, name: str) -> Slot:
        if name not in self._slots:
            raise self._no_slot(name)
        slot = self._slots[name]
        if slot is None:
            raise Refused("Slot {slot} is empty. Plug a board in.", slot=name)
        return slot

    def _no_slot(self, name: str) -> NotFound:
        return NotFound("There is no slot {slot}. Slots: {slots}.", slot=name, slots=", ".join(self._slots))

    def _not_running(self, name: str) -> None:
        if self.is_running(name):
            raise Busy("Slot {slot} is working. Stop it first, or wait for its end.", slot=name)


def _whose(error: Exception) -> Reason:
    return Reason.DISK_FULL if is_disk_full(error) else Reason.INTERNAL
