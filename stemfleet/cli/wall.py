"""The wall of slots in the terminal: one row per slot with its own bar; plain lines where there is no terminal.

Keys where there is one: up and down (or k and j) choose a slot; r does it again, a stops it, s leaves it out; S starts
all; q ends a wall that stays.
"""

import queue
import threading
import time
from collections.abc import Callable, Mapping

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from stemfleet.cli.keys import Keys, pressed
from stemfleet.devices.bench import Bench
from stemfleet.devices.state import SlotState, Status
from stemfleet.errors import StemfleetError
from stemfleet.words import Outcome

Orders = Mapping[str, Callable[[str], object]]  # by key: what is done with the chosen slot

# Colour, shape and word: none of them alone carries the meaning.
LOOKS = {
    Outcome.PASS: ("green", "✔"),
    Outcome.FAIL: ("bold red", "✘"),
    Outcome.ERROR: ("magenta", "?"),
    Outcome.TIMEOUT: ("yellow", "⏱"),
    Outcome.ABORTED: ("cyan", "■"),
}
_RATE = 8  # pictures a second
_TICK_S = 0.1


def show(
    bench: Bench,
    *,
    stop: threading.Event | None = None,
    console: Console | None = None,
    orders: Orders | None = None,
    stay: bool = False,
) -> None:
    """Shows the bench until no slot runs; when `stop` is set (by a signal) or on Ctrl-C, stops the bench first.

    `orders`: what the keys do; `stay`: until q or a stop, for boards that are still to come.
    """
    console = console or Console()
    stopped = stop or threading.Event()
    try:
        if console.is_terminal:
            with pressed() as keys:
                _live(bench, console, stopped, _Hand(bench, keys, orders or {}, stay))
        else:
            _lines(bench, console, stopped, stay)
    except KeyboardInterrupt:
        stopped.set()
    if stopped.is_set():
        bench.stop()
    if console.is_terminal:
        return
    for state in bench.snapshot():
        console.print(_sentence(state), highlight=False, soft_wrap=True)


class _Hand:
    """What the keys have chosen and said."""

    def __init__(self, bench: Bench, keys: Keys, orders: Orders, stay: bool) -> None:
        self._bench, self._keys, self._orders = bench, keys, orders
        self.stay = stay
        self.said = ""
        self._chosen = 0

    @property
    def slot(self) -> str | None:
        """The chosen slot; None where there are no keys to choose with."""
        names = self._bench.names()
        return names[min(self._chosen, len(names) - 1)] if names and self._orders else None

    def work(self) -> None:
        """Does what was pressed since the last time."""
        while key := self._keys():
            if key in ("up", "k"):
                self._chosen = max(0, self._chosen - 1)
            elif key in ("down", "j"):
                self._chosen = min(len(self._bench.names()) - 1, self._chosen + 1)
            elif key == "q":
                self.stay = False
            elif key in self._orders and self.slot:
                self._order(self._orders[key], self.slot)

    def _order(self, order: Callable[[str], object], slot: str) -> None:
        self.said = ""
        try:
            order(slot)
        except StemfleetError as error:
            self.said = str(error)


def _live(bench: Bench, console: Console, stopped: threading.Event, hand: _Hand) -> None:
    began = time.monotonic()

    def picture() -> RenderableType:
        return _wall(bench.snapshot(), time.monotonic() - began, hand)

    with Live(picture(), console=console, refresh_per_second=_RATE) as live:
        while _goes_on(bench, stopped, hand.stay):
            hand.work()
            live.update(picture())
        live.update(picture(), refresh=True)


def _goes_on(bench: Bench, stopped: threading.Event, stay: bool) -> bool:
    """After a tick: whether there is still something to show. A stop ends the boards first."""
    if stopped.is_set():
        bench.stop()
        return False
    if not bench.wait(_TICK_S):
        return True
    return stay and not stopped.wait(_TICK_S)


def _lines(bench: Bench, console: Console, stopped: threading.Event, stay: bool) -> None:
    """A line for every phase that begins, for what a person has to do, and for every board that is done."""
    changes: queue.SimpleQueue[SlotState] = queue.SimpleQueue()
    told: dict[str, tuple[str | None, int, Status, str]] = {}
    end = bench.subscribe(changes.put)
    for state in bench.snapshot():  # what began before
        changes.put(state)
    try:
        going = True
        while going or not changes.empty():
            going = going and _goes_on(bench, stopped, stay)
            while not changes.empty():
                state = changes.get()
                step = (state.phase, state.attempt, state.status, state.detail)
                if told.get(state.slot) != step and (state.status is Status.RUNNING or stay):
                    console.print(_sentence(state), highlight=False, soft_wrap=True)
                told[state.slot] = step
    finally:
        end()


def _sentence(state: SlotState) -> str:
    if state.status is Status.DONE and state.outcome is not None:
        shape = LOOKS[state.outcome][1]
        words = [shape, state.outcome.value, state.reason or "", state.board_id or "", state.detail]
        return f"{state.slot} {state.recipe}: {' '.join(word for word in words if word)}"
    again = f" (attempt {state.attempt})" if state.attempt > 1 else ""
    todo = f": {state.detail}" if state.detail else ""
    return f"{state.slot} {state.recipe}: {state.phase or state.status.value}{again}{todo}"


def _wall(states: list[SlotState], seconds: float, hand: _Hand) -> RenderableType:
    table = Table(expand=True, show_edge=False, pad_edge=False)
    for title, ratio in (("Slot", 1), ("Board", 3), ("Phase", 2), ("", 4), ("Outcome", 4)):
        table.add_column(title, ratio=ratio, no_wrap=True)
    for state in states:
        name = Text(f"▶ {state.slot}" if state.slot == hand.slot else state.slot, style="bold")
        title = f"{state.title} (virtual)" if state.virtual else state.title
        table.add_row(name, title, _phase(state), _bar(state), _outcome(state))
    rows: list[RenderableType] = [table]
    rows += [
        Text(f"{state.slot}: {state.detail}", style="dim")
        for state in states
        if state.status in (Status.DONE, Status.RUNNING) and state.detail
    ]
    if hand.said:
        rows.append(Text(hand.said, style="red"))
    keys = "   ↑↓ choose  r again  a stop  s leave out  S start all" if hand.slot else ""
    ends = "   q ends" if hand.stay else ""
    return Group(*rows, Text(f"{_summary(states)}   {seconds:.0f} s{keys}{ends}   Ctrl-C stops all", style="dim"))


def _phase(state: SlotState) -> Text:
    if state.status is not Status.RUNNING:
        return Text(state.status.value, style="dim")
    again = f" #{state.attempt}" if state.attempt > 1 else ""
    return Text(f"{state.phase}{again}")


def _bar(state: SlotState) -> RenderableType:
    style = LOOKS[state.outcome][0] if state.outcome else "blue"
    return ProgressBar(total=100, completed=state.fraction * 100, complete_style=style, finished_style=style)


def _outcome(state: SlotState) -> Text:
    if state.outcome is None:
        return Text("…" if state.status is Status.RUNNING else "", style="dim")
    style, shape = LOOKS[state.outcome]
    return Text(f"{shape} {state.outcome.value} {state.reason or ''}", style=style)


def _summary(states: list[SlotState]) -> str:
    counts = {outcome: sum(state.outcome is outcome for state in states) for outcome in LOOKS}
    done = [f"{number} {outcome.value}" for outcome, number in counts.items() if number]
    running = sum(state.status is Status.RUNNING for state in states)
    return ", ".join([*done, *([f"{running} running"] if running else [])]) or "nothing running"
