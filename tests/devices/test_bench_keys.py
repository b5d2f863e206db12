"""The wall in the terminal by the keyboard: a slot is chosen, done again, stopped, left out; the wall can stay."""

import io
import os
import pty
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench_hub import SLOW, Hub, hub_recipe, hub_workshop
from core_peers import until
from rich.console import Console

from stemfleet.bench import LiveBench
from stemfleet.cli.keys import pressed
from stemfleet.cli.wall import show
from stemfleet.devices.families import FAMILIES
from stemfleet.devices.state import Slot, Status
from stemfleet.store import Person
from stemfleet.words import Outcome
from stemfleet.workshop import Workshop


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'stemfleet.sqlite'}"


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """What is written here is pressed at the terminal that the program reads."""
    near, far = pty.openpty()
    with os.fdopen(far, "r") as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        yield near
    os.close(near)


def test_keys_come_without_enter_and_the_terminal_is_as_before(keyboard: int) -> None:
    import sys
    import termios

    before = termios.tcgetattr(sys.stdin.fileno())
    with pressed() as keys:
        assert keys() == ""
        for typed, meant in ((b"r", "r"), (b"\x1b[A", "up"), (b"\x1b[B", "down")):
            os.write(keyboard, typed)
            assert until(keys) == meant
    assert termios.tcgetattr(sys.stdin.fileno()) == before


def test_where_nobody_can_press_a_key_none_comes() -> None:
    with pressed(io.StringIO()) as keys:
        assert keys() == ""


def test_the_chosen_slot_is_stopped_done_again_and_left_out_and_the_wall_stays_until_q(
    workshop: Workshop, warehouse: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keyboard: int
) -> None:
    monkeypatch.setitem(FAMILIES, "benchtop", "bench_hub:HubDriver")
    shop = hub_workshop(workshop, hub_recipe(tmp_path))
    told = io.StringIO()
    console = Console(file=told, force_terminal=True, width=160)
    with Hub() as hub:
        hub.plug("1", 1)
        hub.plug("2", 2)
        one, two = (port.device or "" for port in hub.ports())
        slots = [Slot("A1", shop.recipes["benchtop"], one), Slot("A2", hub_recipe(tmp_path, flash=SLOW), two)]
        live = LiveBench(shop, slots, "bench-pc")
        orders = {
            "r": lambda slot: live.start(warehouse, slot),
            "a": lambda slot: live.abort(warehouse, slot),
            "s": lambda slot: live.skip(warehouse, slot),
        }
        arguments = {"console": console, "orders": orders, "stay": True}
        wall = threading.Thread(target=show, args=(live.bench,), kwargs=arguments)
        wall.start()
        until(lambda: "S start all" in told.getvalue())
        os.write(keyboard, b"r")
        until(lambda: live.snapshot()[0].outcome is Outcome.PASS)
        os.write(keyboard, b"j")
        os.write(keyboard, b"r")
        until(lambda: live.snapshot()[1].phase == "flash")
        os.write(keyboard, b"r")  # working: refused, with a sentence on the wall
        until(lambda: "Slot A2 is working" in told.getvalue())
        os.write(keyboard, b"a")
        until(lambda: live.snapshot()[1].outcome is Outcome.ABORTED)
        os.write(keyboard, b"s")
        until(lambda: live.snapshot()[1].status is Status.SKIPPED)
        assert wall.is_alive()
        os.write(keyboard, b"q")
        wall.join(10)
        assert not wall.is_alive()
        live.close()
