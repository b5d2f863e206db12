"""The wall of slots in the terminal: one row per slot with its own bar; plain lines where there is no terminal."""

import queue
import threading
import time

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from stemfleet.devices.bench import Bench
from stemfleet.devices.state import SlotState, Status
from stemfleet.words import Outcome

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


def show(bench: Bench, *, stop: threading.Event | None = None, console: Console | None = None) -> None:
    """Shows the bench until no slot runs; when `stop` is set (by a signal) or on Ctrl-C, stops the bench first."""
    console = console or Console()
    stopped = stop or threading.Event()
    try:
        if console.is_terminal:
            _live(bench, console, stopped)
        else:
            _lines(bench, console, stopped)
    except KeyboardInterrupt:
        stopped.set()
    if stopped.is_set():
        bench.stop()
    if console.is_terminal:
        return
    for state in bench.snapshot():
        console.print(_sentence(state), highlight=False, soft_wrap=True)


def _live(bench: Bench, console: Console, stopped: threading.Event) -> None:
    began = time.monotonic()

    def picture() -> RenderableType:
        return _wall(bench.snapshot(), time.monotonic() - began)

    with Live(picture(), console=console, refresh_per_second=_RATE) as live:
        while not bench.wait(_TICK_S):
            if stopped.is_set():
                bench.stop()
            live.update(picture())
        live.update(picture(), refresh=True)


def _lines(bench: Bench, console: Console, stopped: threading.Event) -> None:
    """A line for every phase that begins and every board that is done."""
    changes: queue.SimpleQueue[SlotState] = queue.SimpleQueue()
    told: dict[str, tuple[str | None, int, Status]] = {}
    end = bench.subscribe(changes.put)
    for state in bench.snapshot():  # what began before
        changes.put(state)
    try:
        going = True
        while going or not changes.empty():
            going = going and not bench.wait(_TICK_S)
            if stopped.is_set():
                bench.stop()
            while not changes.empty():
                state = changes.get()
                step = (state.phase, state.attempt, state.status)
                if told.get(state.slot) != step and state.status is Status.RUNNING:
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
    return f"{state.slot} {state.recipe}: {state.phase or state.status.value}{again}"


def _wall(states: list[SlotState], seconds: float) -> RenderableType:
    table = Table(expand=True, show_edge=False, pad_edge=False)
    for title, ratio in (("Slot", 1), ("Board", 3), ("Phase", 2), ("", 4), ("Outcome", 4)):
        table.add_column(title, ratio=ratio, no_wrap=True)
    for state in states:
        table.add_row(Text(state.slot, style="bold"), state.title, _phase(state), _bar(state), _outcome(state))
    rows: list[RenderableType] = [table]
    rows += [
        Text(f"{state.slot}: {state.detail}", style="dim")
        for state in states
        if state.status is Status.DONE and state.detail
    ]
    return Group(*rows, Text(f"{_summary(states)}   {seconds:.0f} s   Ctrl-C stops all", style="dim"))


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
