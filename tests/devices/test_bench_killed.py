"""`kill -9` of the bench: no record is lost, none is invented, boards in the middle are known and done again."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from bench_hub import SLOW, Hub, hub_recipe, hub_workshop
from core_peers import until
from sqlmodel import select

from stemfleet.audit import find_tampering
from stemfleet.bench import LiveBench
from stemfleet.devices.families import FAMILIES
from stemfleet.devices.state import Slot, Status
from stemfleet.kits import receive_kits, show_kit
from stemfleet.store import BoardRun, Person
from stemfleet.words import KitState, Outcome
from stemfleet.workshop import Workshop

# Two slots: the first passes at once, the second never ends its flash.
STATION = """
import sys, time
from pathlib import Path
from bench_hub import SLOW, hub_recipe, hub_workshop
from stemfleet.accounts import console_person
from stemfleet.bench import LiveBench
from stemfleet.devices.families import FAMILIES
from stemfleet.devices.state import Slot
from stemfleet.workshop import Workshop

folder, one, two, *tags = sys.argv[1:]
FAMILIES["benchtop"] = "bench_hub:HubDriver"
shop = hub_workshop(Workshop.open(f"sqlite:///{folder}/stemfleet.sqlite", Path(folder)), hub_recipe(Path(folder)))
slow = hub_recipe(Path(folder), flash=SLOW)
live = LiveBench(shop, [Slot("A1", shop.recipes["benchtop"], one), Slot("A2", slow, two)], "bench-pc")
person = console_person(shop.store)
for slot, tag in zip(live.names(), tags):
    live.start(person, slot, tag)
while live.snapshot()[0].outcome is None or live.snapshot()[1].phase != "flash":
    time.sleep(0.02)
print("in the middle", flush=True)
time.sleep(60)
"""


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'stemfleet.sqlite'}"


def test_after_a_kill_the_record_that_was_complete_is_there_and_the_board_in_the_middle_is_named(
    workshop: Workshop, warehouse: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FAMILIES, "benchtop", "bench_hub:HubDriver")
    shop = hub_workshop(workshop, hub_recipe(tmp_path))
    good, cut = receive_kits(shop, warehouse, "bench-kit", 2)
    with Hub() as hub:
        hub.plug("1", 1)
        interrupted = hub.plug("2", 2)
        one, two = (port.device or "" for port in hub.ports())
        command = [sys.executable, "-c", STATION, str(tmp_path), one, two, good, cut]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, start_new_session=True, cwd=Path(__file__).parent
        ) as station:
            assert station.stdout is not None
            assert station.stdout.readline() == "in the middle\n"
            slots = [Slot("A1", shop.recipes["benchtop"], one), Slot("A2", shop.recipes["benchtop"], two)]
            beside = LiveBench(shop, slots, "bench-pc")
            assert [state.status for state in beside.snapshot()] == [Status.WAITING] * 2  # it lives and works
            beside.close()
            station.send_signal(signal.SIGKILL)
        live = LiveBench(shop, slots, "bench-pc")
        first, second = live.snapshot()
        assert (first.status, second.status, second.board_id) == (Status.WAITING, Status.INTERRUPTED, interrupted)
        assert live.kit_of("A2") == cut
        with shop.store.read() as session:
            (run,) = session.exec(select(BoardRun)).all()
        assert (run.outcome, run.kit_tag) == (Outcome.PASS, good)
        assert find_tampering(shop.store) is None
        assert show_kit(shop, good).kit.state is KitState.READY
        assert [point.code for point in show_kit(shop, cut).open_points] == ["interrupted", "board_missing"]
        live.start(warehouse, "A2")
        until(lambda: not live.bench.is_running("A2"))
        assert live.bench.wait(10)
        view = show_kit(shop, cut)
        assert (view.kit.state, view.open_points) == (KitState.READY, [])
        live.close()


def test_a_slot_that_has_worked_since_is_not_called_interrupted(
    workshop: Workshop, warehouse: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The board that was cut off is still known at its kit."""
    monkeypatch.setitem(FAMILIES, "benchtop", "bench_hub:HubDriver")
    monkeypatch.setattr("stemfleet.bench.live.this_process", lambda: "999999999:1.00")  # of a program that is gone
    shop = hub_workshop(workshop, hub_recipe(tmp_path))
    cut, other = receive_kits(shop, warehouse, "bench-kit", 2)
    with Hub() as hub:
        hub.plug("1", 1)
        (port,) = hub.ports()
        slots = [Slot("A1", hub_recipe(tmp_path, flash=SLOW), port.device or "")]
        dying = LiveBench(shop, slots, "bench-pc")
        dying.start(warehouse, "A1", cut)
        until(lambda: dying.snapshot()[0].phase == "flash")
        live = LiveBench(shop, [], "bench-pc")
        live.watch(list)
        assert [state.status for state in live.snapshot()] == [Status.INTERRUPTED]
        live.skip(warehouse, "A1")  # somebody has seen it, and there is no board
        assert live.snapshot() == []
        live.close()
        dying.bench._keep = None  # its record never comes
        dying.close()
        hub.unplug("1")
        hub.plug("1", 2)
        (port,) = hub.ports()
        live = LiveBench(shop, [Slot("A1", shop.recipes["benchtop"], port.device or "")], "bench-pc")
        live.start(warehouse, "A1", other)
        assert live.bench.wait(10)
        live.close()
        again = LiveBench(shop, slots, "bench-pc")
        assert [state.status for state in again.snapshot()] == [Status.WAITING]
        again.close()
    assert "interrupted" in {point.code for point in show_kit(shop, cut).open_points}
