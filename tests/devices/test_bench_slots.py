"""Many slots at once: none waits for another, each can be stopped and done again, nothing is left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from core_peers import IDENTITY, BenchtopDriver, Peer, benchtop_recipe, board, processes_with, until

from stemfleet.devices.bench import Bench
from stemfleet.devices.families import FAMILIES
from stemfleet.devices.record import Provisioned
from stemfleet.devices.state import Slot, SlotState, Status
from stemfleet.errors import Busy, NotFound, Refused
from stemfleet.words import Outcome, Reason

SLOW = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture(autouse=True)
def benchtop_family(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "benchtop", "core_peers:BenchtopDriver")
    BenchtopDriver.safe.clear()


def test_a_stuck_slot_delays_no_other(tmp_path: Path) -> None:
    good = benchtop_recipe(tmp_path)
    stuck = benchtop_recipe(tmp_path, flash=SLOW)
    with Peer(board()) as one, Peer(board()) as two, Peer(board()) as three:
        slots = [Slot("A1", stuck, one.port), Slot("A2", good, two.port), Slot("A3", good, three.port)]
        with Bench(slots, station="s", operator="o") as bench:
            bench.start_all()
            until(lambda: not bench.is_running("A2") and not bench.is_running("A3"), 10)
            assert bench.is_running("A1")
            assert [state.outcome for state in bench.snapshot()] == [None, Outcome.PASS, Outcome.PASS]
    assert [result.record.reason for result in bench.results()] == [Reason.STOPPED, None, None]


def test_one_slot_is_stopped_and_done_again_while_the_others_work(tmp_path: Path) -> None:
    recipe = benchtop_recipe(tmp_path, flash=SLOW)
    with Peer(board()) as one, Peer(board()) as two:
        slots = [Slot("A1", recipe, one.port), Slot("A2", recipe, two.port)]
        with Bench(slots, station="s", operator="o") as bench:
            bench.start_all()
            until(lambda: {state.phase for state in bench.snapshot()} == {"flash"})
            with pytest.raises(Busy, match="A1"):
                bench.retry("A1")
            bench.abort("A1")
            until(lambda: not bench.is_running("A1"))
            assert bench.is_running("A2")
            assert bench.snapshot()[0].outcome is Outcome.ABORTED
            assert one.port in BenchtopDriver.safe
            bench.put(Slot("A1", benchtop_recipe(tmp_path), one.port))
            bench.retry("A1")
            until(lambda: not bench.is_running("A1"))
            assert bench.snapshot()[0].outcome is Outcome.PASS


def test_of_two_boards_with_one_identity_the_one_that_is_known_later_is_refused(tmp_path: Path) -> None:
    recipe = benchtop_recipe(tmp_path)
    with Peer(board(id=f"id {IDENTITY}")) as one, Peer(board(id=f"id {IDENTITY}")) as two:
        slots = [Slot("A1", recipe, one.port), Slot("A2", recipe, two.port)]
        with Bench(slots, station="s", operator="o") as bench:
            for name in ("A1", "A2"):
                bench.start(name)
                assert bench.wait(10)
            assert [(s.outcome, s.reason) for s in bench.snapshot()] == [
                (Outcome.PASS, None),
                (Outcome.FAIL, Reason.DUPLICATE_ID),
            ]
            assert "A1" in bench.snapshot()[1].detail


def test_a_board_that_was_moved_to_another_slot_is_no_duplicate_of_itself(tmp_path: Path) -> None:
    recipe = benchtop_recipe(tmp_path)
    port = tmp_path / "port"
    with Peer(board(id=f"id {IDENTITY}")) as one, Peer(board(id=f"id {IDENTITY}")) as two:
        port.symlink_to(one.port)
        slots = [Slot("A1", recipe, str(port)), Slot("A2", recipe, two.port)]
        with Bench(slots, station="s", operator="o") as bench:
            bench.start("A1")
            assert bench.wait(10)
            port.unlink()  # pulled out
            bench.start("A2")
            assert bench.wait(10)
            assert [s.outcome for s in bench.snapshot()] == [Outcome.PASS, Outcome.PASS]


def test_two_slots_with_one_port_do_not_spoil_each_other(tmp_path: Path) -> None:
    recipe = benchtop_recipe(tmp_path, flash=[sys.executable, "-c", "import time; time.sleep(1.5)"])
    with Peer(board()) as peer, Bench([], station="s", operator="o") as bench:
        bench.put(Slot("A1", recipe, peer.port))
        bench.put(Slot("A2", recipe, peer.port))
        bench.start_all()
        assert bench.wait(15)
        assert sorted(str(result.record.reason) for result in bench.results()) == ["None", "port_busy"]


def test_every_change_is_numbered_and_told_to_whoever_listens(tmp_path: Path) -> None:
    told: list[SlotState] = []
    with Peer(board()) as peer, Bench([], station="s", operator="o") as bench:
        end = bench.subscribe(told.append)
        bench.put(Slot("A1", benchtop_recipe(tmp_path), peer.port))
        bench.start("A1")
        assert bench.wait(10)
        end()
        bench.put(Slot("A2", benchtop_recipe(tmp_path), peer.port))
        numbers = [state.number for state in told]
        assert numbers == sorted(set(numbers))
        assert [told[0].status, told[-1].status] == [Status.WAITING, Status.DONE]
        assert bench.snapshot()[0] == told[-1]
        assert {state.slot for state in told} == {"A1"}


def test_a_record_is_kept_before_the_wall_says_done(tmp_path: Path) -> None:
    order: list[str] = []

    def keep(slot: Slot, result: Provisioned) -> None:
        order.append(f"kept {slot.name} {result.record.outcome}")

    with Peer(board()) as peer:
        slots = [Slot("A1", benchtop_recipe(tmp_path), peer.port)]
        with Bench(slots, station="s", operator="o", keep=keep) as bench:
            bench.subscribe(lambda state: order.append(state.status))
            bench.start("A1", operator="Άρης")
            assert bench.wait(10)
    assert order[-2:] == ["kept A1 PASS", "done"]
    assert bench.results()[0].record.operator == "Άρης"


@pytest.mark.parametrize(
    ("error", "reason"),
    [(Refused("No such kit."), Reason.INTERNAL), (OSError(28, "No space left on device"), Reason.DISK_FULL)],
)
def test_a_board_whose_record_cannot_be_kept_has_not_passed_and_its_slot_says_why(
    tmp_path: Path, error: Exception, reason: Reason
) -> None:
    def keep(slot: Slot, result: Provisioned) -> None:
        raise error

    with Peer(board()) as peer:
        slots = [Slot("A1", benchtop_recipe(tmp_path), peer.port)]
        with Bench(slots, station="s", operator="o", keep=keep) as bench:
            bench.start_all()
            assert bench.wait(10)
            state = bench.snapshot()[0]
            assert str(error.args[-1]) in state.detail
            assert (state.outcome, state.reason) == (Outcome.ERROR, reason)
            assert bench.results() == []


def test_a_listener_that_fails_breaks_no_board(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def broken(state: SlotState) -> None:
        raise RuntimeError("nobody is at home")

    with Peer(board()) as peer:
        slots = [Slot("A1", benchtop_recipe(tmp_path), peer.port)]
        with Bench(slots, station="s", operator="o") as bench:
            bench.subscribe(broken)
            bench.start_all()
            assert bench.wait(10)
            assert bench.results()[0].record.outcome is Outcome.PASS
    assert "nobody is at home" in caplog.text


def test_stopping_the_bench_ends_every_thread_and_makes_every_board_safe(tmp_path: Path) -> None:
    recipe = benchtop_recipe(tmp_path, flash=SLOW)
    before = threading.active_count()
    with Peer(board()) as one, Peer(board()) as two:
        slots = [Slot("A1", recipe, one.port), Slot("A2", recipe, two.port)]
        bench = Bench(slots, station="s", operator="o")
        bench.start_all()
        until(lambda: {state.phase for state in bench.snapshot()} == {"flash"})
        began = time.monotonic()
        assert bench.stop()
        assert time.monotonic() - began < 5
        assert sorted(BenchtopDriver.safe) == sorted([one.port, two.port])
        with pytest.raises(Busy):
            bench.start("A1")
    assert [result.record.reason for result in bench.results()] == [Reason.STOPPED] * 2
    assert threading.active_count() == before


def test_a_slot_that_is_not_there_is_named(tmp_path: Path) -> None:
    with (
        Bench([Slot("A1", benchtop_recipe(tmp_path), "/dev/null")], station="s", operator="o") as bench,
        pytest.raises(NotFound, match="B7"),
    ):
        bench.start("B7")


STATION = """
import json, sys, threading
from pathlib import Path
from stemfleet.cli.signals import stop_on_signals
from stemfleet.cli.wall import show
from stemfleet.devices.bench import Bench
from stemfleet.devices.recipe import load_recipes
from stemfleet.devices.virtual.fleet import VirtualFleet

folder = Path(sys.argv[1])
with VirtualFleet("uno:2", folder / "boards") as fleet:
    with stop_on_signals() as stop, Bench(fleet.bench_slots(load_recipes()), station="s", operator="o") as bench:
        bench.start_all()
        show(bench, stop=stop)
    (folder / "records.json").write_text(json.dumps([result.record.to_json() for result in bench.results()]))
"""


def station(folder: Path) -> "subprocess.Popen[str]":
    """A bench of two virtual Unos in a process of its own, in the middle of flashing."""
    process = subprocess.Popen(
        [sys.executable, "-c", STATION, str(folder)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.rstrip().endswith(": flash"):
            return process
    raise AssertionError("the station ended before it flashed")


@pytest.mark.rig
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_leave_whole_records_and_no_process(tmp_path: Path, number: signal.Signals) -> None:
    with station(tmp_path) as process:
        process.send_signal(number)
        process.communicate(timeout=15)
    records = (tmp_path / "records.json").read_text()
    assert records.count('"reason": "stopped"') >= 2
    assert records.count('"ended"') >= 2
    until(lambda: not processes_with(str(tmp_path)))


@pytest.mark.rig
def test_no_emulator_and_no_tool_outlives_a_killed_bench(tmp_path: Path) -> None:
    with station(tmp_path) as process:
        assert len(processes_with(str(tmp_path))) > 2
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=15)
    until(lambda: not processes_with(str(tmp_path)), 5)
