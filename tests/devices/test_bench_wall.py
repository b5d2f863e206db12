"""The wall in the terminal, and the fleets of virtual boards that a bench may be given."""

import io
import sys
from pathlib import Path

import pytest
from core_peers import Peer, benchtop_recipe, board, processes_with, until
from rich.console import Console

from stemfleet.cli.wall import show
from stemfleet.devices.bench import Bench
from stemfleet.devices.families import FAMILIES
from stemfleet.devices.recipe import load_recipes
from stemfleet.devices.state import Slot
from stemfleet.devices.virtual import BoardSpec, parse_spec
from stemfleet.devices.virtual.fleet import VirtualFleet
from stemfleet.errors import InputError, NotFound, ToolMissing, Unavailable


def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> str:
    monkeypatch.setitem(FAMILIES, "benchtop", "core_peers:BenchtopDriver")
    told = io.StringIO()
    console = Console(file=told, force_terminal=terminal, width=160)
    short = [sys.executable, "-c", "import time; time.sleep(1)"]
    recipe = benchtop_recipe(tmp_path, flash=short)
    with Peer(board()) as good, Peer(board(test="m supply 3 V")) as bad:
        slots = [Slot("A1", recipe, good.port), Slot("A2", recipe, bad.port), Slot("A3", recipe, "/dev/ttyNOTHERE")]
        with Bench(slots, station="s", operator="o") as bench:
            bench.start_all()
            show(bench, console=console)
    return told.getvalue()


@pytest.mark.parametrize("terminal", [True, False])
def test_every_outcome_is_shown_by_shape_and_word_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    text = shown(tmp_path, monkeypatch, terminal=terminal)
    for words in ("✔ PASS", "✘ FAIL measurement:supply", "? ERROR port_missing"):
        assert words in text
    assert "/dev/ttyNOTHERE is not there" in text


def test_without_a_terminal_every_phase_is_a_plain_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(tmp_path, monkeypatch, terminal=False)
    assert "\x1b" not in text
    for phase in ("flash", "verify", "check"):
        assert f"A1 benchtop: {phase}\n" in text


def test_a_fleet_is_named_by_kind_number_and_fault() -> None:
    assert parse_spec("microbit:2, uno:1:wrong_signature,esp32") == [
        BoardSpec("microbit"),
        BoardSpec("microbit"),
        BoardSpec("uno", "wrong_signature"),
        BoardSpec("esp32"),
    ]


@pytest.mark.parametrize("wrong", ["", "toaster:2", "uno:many", "uno:0"])
def test_a_fleet_that_cannot_be_is_refused(wrong: str) -> None:
    with pytest.raises(InputError):
        parse_spec(wrong)


def test_an_unknown_fault_is_refused_before_a_board_is_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="on_fire"):
        VirtualFleet("uno:1:on_fire", tmp_path)
    until(lambda: not processes_with(str(tmp_path)))


@pytest.mark.rig
def test_a_fleet_fills_the_slots_in_order_and_ends_wholly(tmp_path: Path) -> None:
    with VirtualFleet("uno:8,mega:1", tmp_path) as fleet:
        slots = fleet.bench_slots(load_recipes())
        assert [slot.name for slot in slots] == ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "B1"]
        assert slots[8].recipe.name == "arduino-mega"
        assert all(Path(slot.port).exists() for slot in slots)
        with pytest.raises(NotFound, match="C1"):
            fleet.control("C1", "reset")
        with pytest.raises(NotFound, match="arduino-uno"):
            fleet.bench_slots({})
        assert len(processes_with(str(tmp_path))) > 8
    assert not processes_with(str(tmp_path))
    with pytest.raises(Unavailable):
        fleet.control("A1", "reset")


def test_a_fleet_without_its_emulators_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ToolMissing, match="apt install"):
        VirtualFleet("microbit:1", tmp_path)
