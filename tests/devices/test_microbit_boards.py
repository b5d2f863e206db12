"""micro:bits end to end: the real uflash, a real MicroPython on QEMU, the drive's behaviour, our self-test."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from core_peers import Peer
from upy_peers import Boards, attempts, boards, measured

from stemfleet.devices.families.microbit_drive import read_details
from stemfleet.devices.provision import provision
from stemfleet.devices.recipe import load_recipes
from stemfleet.devices.state import Slot
from stemfleet.resources import resource
from stemfleet.words import Outcome, Reason

pytestmark = pytest.mark.rig

FAULTS = (
    "silent",
    "fail_target",
    "fail_transient",
    "fail_transient_once",
    "bad_flash",
    "clone",
    "wrong_signature",
    "failed_measurement",
)
SPEC = ",".join(["microbit:3", *(f"microbit:1:{fault}" for fault in FAULTS)])


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boards]:
    """Every board flashed once, all at the same time."""
    with boards(SPEC, tmp_path_factory.mktemp("boards")) as made:
        yield made


def volume(bench: Boards, fault: str | None) -> Path:
    place = bench.slots[bench.by_fault[fault]].volume
    assert place is not None
    return place


def test_good_boards_pass_side_by_side(bench: Boards) -> None:
    good = [board.slot for board in bench.fleet.slots if board.fault is None]
    assert [bench.results[slot].record.outcome for slot in good] == [Outcome.PASS] * 3
    assert len({bench.results[slot].record.board_id for slot in good}) == 3


def test_the_record_tells_board_firmware_tools_and_what_was_measured(bench: Boards) -> None:
    record = bench.record(None)
    details = read_details(volume(bench, None))
    assert details is not None
    assert record.board_id == details.unique_id
    assert record.board_id.startswith("9900")
    assert record.firmware.sha256 == sha256(resource("firmware", "microbit", "first.py").read_bytes()).hexdigest()
    assert record.tools["uflash"] == "2.0.0"
    assert measured(record) == {
        "display_errors": 0,
        "buttons_stuck": 0,
        "pins_stuck": 0,
        "pins_short": 0,
        "heap_free": pytest.approx(8000, abs=1000),
        "ram_errors": 0,
        "file_errors": 0,
    }
    assert bench.results[bench.by_fault[None]].identity["runtime"] == "1.0.1"


def test_what_only_hardware_can_tell_is_named_and_never_passed(bench: Boards) -> None:
    told = bench.results[bench.by_fault[None]]
    assert told.identity["needs_hardware"] == "accelerometer compass temperature radio"
    assert not {"gravity", "magnetic_field", "temperature", "radio_errors"} & set(measured(told.record))


def test_the_flash_phase_shows_progress(bench: Boards) -> None:
    slot = bench.by_fault[None]
    seen = [state.done for state in bench.states if state.slot == slot and state.phase == "flash" and state.total]
    assert seen == sorted(seen)
    assert len(set(seen)) >= 3
    assert seen[-1] == 100


def test_a_refusal_that_names_the_target_is_a_bad_board(bench: Boards) -> None:
    assert bench.ended("fail_target") == (Outcome.FAIL, Reason.FLASH_REFUSED)
    assert attempts(bench.record("fail_target")).count(("flash", 1)) == 1
    assert ("flash", 2) not in attempts(bench.record("fail_target"))


def test_any_other_refusal_is_tried_once_more_and_then_an_error(bench: Boards) -> None:
    assert bench.ended("fail_transient") == (Outcome.ERROR, Reason.FLASH_INTERRUPTED)
    assert attempts(bench.record("fail_transient"))[-2:] == [("flash", 1), ("flash", 2)]


def test_a_passing_disturbance_costs_one_retry(bench: Boards) -> None:
    assert bench.ended("fail_transient_once") == (Outcome.PASS, None)
    flashes = [phase for phase in bench.record("fail_transient_once").phases if phase.name == "flash"]
    assert [phase.outcome for phase in flashes] == [Outcome.ERROR, Outcome.PASS]


def test_a_program_that_reads_back_differently_is_written_again_and_then_fails(bench: Boards) -> None:
    assert bench.ended("bad_flash") == (Outcome.FAIL, Reason.VERIFY_MISMATCH)
    assert attempts(bench.record("bad_flash"))[-4:] == [("flash", 1), ("verify", 1), ("flash", 2), ("verify", 2)]


def test_a_silent_board_times_out_while_the_others_go_on(bench: Boards) -> None:
    assert bench.ended("silent") == (Outcome.TIMEOUT, Reason.SILENT)


def test_a_copy_passes_with_a_warning(bench: Boards) -> None:
    assert bench.ended("clone") == (Outcome.PASS, Reason.CLONE)


def test_a_stuck_button_fails_its_measurement_and_the_rest_is_still_measured(bench: Boards) -> None:
    assert bench.ended("failed_measurement") == (Outcome.FAIL, "measurement:buttons_stuck")
    assert measured(bench.record("failed_measurement")).keys() == measured(bench.record(None)).keys()


def test_a_v2_board_with_the_v1_recipe_is_refused_unwritten(bench: Boards) -> None:
    assert bench.ended("wrong_signature") == (Outcome.FAIL, Reason.WRONG_BOARD)
    details = read_details(volume(bench, "wrong_signature"))
    assert details is not None
    assert details.remounts == 0
    assert bench.record("wrong_signature").board_id == details.unique_id


def test_a_v1_board_with_the_v2_recipe_is_refused_unwritten(bench: Boards) -> None:
    before = read_details(volume(bench, "clone"))
    record = bench.again("clone", recipe="microbit-v2").record
    assert (record.outcome, record.reason) == (Outcome.FAIL, Reason.WRONG_BOARD)
    assert read_details(volume(bench, "clone")) == before


def test_the_pupils_program_is_what_stays_on_the_board(bench: Boards) -> None:
    told = bench.results[bench.by_fault[None]]
    assert told.identity["program"] == "first 1.0"
    assert bench.fleet.control(bench.by_fault[None], "screen") == ".#.#./#####/#####/.###./..#.."


def test_a_check_writes_nothing_and_tells_what_runs(bench: Boards) -> None:
    before = read_details(volume(bench, "clone"))
    record = bench.again("clone", flash=False).record
    assert record.outcome is Outcome.PASS
    assert (record.firmware.name, record.firmware.version) == ("first", "1.0")
    assert attempts(record) == [("prepare", 1), ("identify", 1), ("check", 1)]
    assert read_details(volume(bench, "clone")) == before


def test_a_pin_held_high_is_found(bench: Boards) -> None:
    slot = bench.by_fault["clone"]
    bench.fleet.control(slot, "pin 1 1")
    try:
        record = bench.again("clone", flash=False).record
    finally:
        bench.fleet.control(slot, "reset")
    assert (record.outcome, record.reason) == (Outcome.FAIL, "measurement:pins_stuck")


def test_a_board_that_is_not_there_is_an_error_and_works_when_it_is_back(bench: Boards) -> None:
    slot = bench.by_fault["fail_transient_once"]
    try:
        bench.fleet.control(slot, "unplug")
        missing = bench.again("fail_transient_once").record
    finally:
        bench.fleet.control(slot, "plug")
    assert (missing.outcome, missing.reason) == (Outcome.ERROR, Reason.PORT_MISSING)
    assert bench.again("fail_transient_once").record.outcome is Outcome.PASS


def test_an_operators_own_program_is_written_and_need_not_answer(bench: Boards, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_bytes(b"from microbit import *\r\ndisplay.show('7')\r\n")
    result = bench.again("clone", firmware=own)
    assert result.record.outcome is Outcome.PASS
    assert result.record.firmware.sha256 == sha256(own.read_bytes()).hexdigest()


def test_an_approved_program_that_does_not_answer_is_named(bench: Boards, tmp_path: Path) -> None:
    """It is on the board, as was read back; only it says nothing of itself."""
    mute = tmp_path / "mute.py"
    mute.write_bytes(b"from microbit import *\ndisplay.show('7')\n")
    slot = bench.slots[bench.by_fault["clone"]]
    approved = replace(slot.recipe.firmware, file=mute, sha256=sha256(mute.read_bytes()).hexdigest())
    mine = replace(slot, recipe=replace(slot.recipe, firmware=approved))
    record = provision(mine, station="bench-1", operator="Άρης").record
    assert (record.outcome, record.reason, record.phases[-1].name) == (Outcome.ERROR, Reason.NO_ANSWER, "finish")


@pytest.mark.parametrize(("name", "size"), [("own.hex", 100), ("own.py", 20_151)])
def test_a_program_that_no_board_can_take_is_refused_unwritten(
    bench: Boards, tmp_path: Path, name: str, size: int
) -> None:
    (tmp_path / name).write_bytes(b"#" * size)
    before = read_details(volume(bench, "clone"))
    result = bench.again("clone", firmware=tmp_path / name)
    assert (result.record.outcome, result.record.reason) == (Outcome.ERROR, Reason.BAD_IMAGE)
    assert "20150 bytes" in result.detail
    assert read_details(volume(bench, "clone")) == before


def without_board(tmp_path: Path, drive: Path | None, port: str = "") -> tuple[Outcome, str | None]:
    slot = Slot("A1", load_recipes()["microbit-v1"], port or str(tmp_path / "tty"), drive)
    record = provision(slot, station="bench-1", operator="Άρης").record
    return record.outcome, record.reason


def test_a_port_without_a_drive_is_an_error_that_says_so(tmp_path: Path) -> None:
    with Peer() as peer:
        assert without_board(tmp_path, None, peer.port) == (Outcome.ERROR, Reason.DRIVE_MISSING)


@pytest.mark.parametrize("drive", [None, Path("/media/nobody/MICROBIT")])
def test_without_port_and_drive_the_port_is_what_is_missing(tmp_path: Path, drive: Path | None) -> None:
    assert without_board(tmp_path, drive) == (Outcome.ERROR, Reason.PORT_MISSING)


def test_a_busy_port_is_found_before_anything_is_written(bench: Boards) -> None:
    slot = bench.slots[bench.by_fault["clone"]]
    before = read_details(volume(bench, "clone"))
    code = "import serial, sys; port = serial.Serial(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, slot.port], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        record = provision(slot, station="bench-1", operator="Άρης").record
        other.communicate()
    assert (record.outcome, record.reason) == (Outcome.ERROR, Reason.PORT_BUSY)
    assert read_details(volume(bench, "clone")) == before


def test_a_folder_that_is_no_drive_is_an_error_and_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    assert without_board(tmp_path, tmp_path / "papers") == (Outcome.ERROR, Reason.DRIVE_MISSING)
    assert list((tmp_path / "papers").iterdir()) == []


def test_a_board_in_maintenance_mode_is_refused(tmp_path: Path) -> None:
    drive = tmp_path / "MAINTENANCE"
    drive.mkdir()
    (drive / "DETAILS.TXT").write_text("Unique ID: 9900360136424e45\r\nDaplink Mode: Bootloader\r\n")
    assert without_board(tmp_path, drive) == (Outcome.ERROR, Reason.MAINTENANCE)
    assert [file.name for file in drive.iterdir()] == ["DETAILS.TXT"]


def test_a_port_that_never_comes_is_an_error_after_the_drive_took_the_program(bench: Boards, tmp_path: Path) -> None:
    slot = bench.slots[bench.by_fault["clone"]]
    lost = Slot("B1", slot.recipe, str(tmp_path / "tty"), slot.volume)
    record = provision(lost, station="bench-1", operator="Άρης").record
    assert (record.outcome, record.reason) == (Outcome.ERROR, Reason.PORT_MISSING)
