"""One board from flash to record: every way in which it can end, with its outcome and reason."""

import os
import sys
import threading
import time
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from core_peers import IDENTITY, BenchtopDriver, Peer, benchtop_recipe, board

from stemfleet.devices.families import FAMILIES
from stemfleet.devices.provision import provision
from stemfleet.devices.recipe import Recipe
from stemfleet.devices.record import Provisioned
from stemfleet.devices.state import Slot, SlotState
from stemfleet.words import Outcome, Reason


@pytest.fixture(autouse=True)
def benchtop_family(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "benchtop", "core_peers:BenchtopDriver")
    BenchtopDriver.safe.clear()


def run(recipe: Recipe, port: str, **more: Any) -> Provisioned:
    slot = Slot("A1", recipe, port, firmware=more.pop("firmware", None))
    return provision(slot, station="bench-1", operator="Άρης", **more)


def outcome(result: Provisioned) -> tuple[Outcome, str | None]:
    return result.record.outcome, result.record.reason


def phases(result: Provisioned) -> list[tuple[str, int, str]]:
    return [(phase.name, phase.attempt, phase.outcome.value) for phase in result.record.phases]


def writes(mark: Path) -> list[str]:
    """A flash tool that leaves a trace."""
    return [sys.executable, "-c", f"open({str(mark)!r}, 'a').write(open('{{image}}').read() + ';')"]


def test_a_good_board_gives_a_whole_record(tmp_path: Path) -> None:
    with Peer(board(id=f"id {IDENTITY}")) as peer:
        result = run(benchtop_recipe(tmp_path, flash=writes(tmp_path / "written")), peer.port)
    record = result.record
    assert outcome(result) == (Outcome.PASS, None)
    assert phases(result) == [(name, 1, "PASS") for name in ("prepare", "identify", "flash", "verify", "check")]
    assert (record.board_id, record.slot, record.station, record.operator) == (IDENTITY, "A1", "bench-1", "Άρης")
    assert record.started <= record.phases[0].started <= record.phases[-1].ended <= record.ended
    assert [(m.name, m.value, m.low, m.high, m.outcome) for m in record.measurements] == [
        ("supply", 5.0, 4.5, 5.5, Outcome.PASS)
    ]
    assert record.firmware.sha256 == sha256(b"approved image").hexdigest()
    assert {"stemfleet", "pyserial"} < set(record.tools)
    assert record.test_version == "7"
    assert (tmp_path / "written").read_text() == "approved image;"
    assert BenchtopDriver.safe == [peer.port]


def test_every_attachment_is_there_under_its_hash(tmp_path: Path) -> None:
    with Peer(board(id=f"id {IDENTITY}")) as peer:
        result = run(benchtop_recipe(tmp_path, flash=[sys.executable, "-c", "print('tool output')"]), peer.port)
    for attachment in result.record.attachments:
        assert sha256(result.files[attachment.sha256]).hexdigest() == attachment.sha256
    logs = {attachment.name: result.files[attachment.sha256].decode() for attachment in result.record.attachments}
    assert "tool output" in logs["flash-1.log"]
    assert f"id {IDENTITY}" in logs["identify-1.log"]


def test_a_full_disk_is_no_defect_of_the_program_and_none_of_the_board(tmp_path: Path) -> None:
    with Peer(board()) as peer:
        result = run(benchtop_recipe(tmp_path, disk_full=True), peer.port)
    assert outcome(result) == (Outcome.ERROR, Reason.DISK_FULL)


def test_a_bad_measurement_fails_the_board_after_everything_was_measured(tmp_path: Path) -> None:
    with Peer(board(test="m supply 3.2 V\nm later 7 V")) as peer:
        result = run(benchtop_recipe(tmp_path), peer.port)
    assert outcome(result) == (Outcome.FAIL, "measurement:supply")
    assert [m.name for m in result.record.measurements] == ["supply", "later"]
    assert "3.2" in result.detail


def test_a_check_that_the_board_did_not_answer_is_an_error_and_no_failure(tmp_path: Path) -> None:
    with Peer(board(test="i nothing to tell")) as peer:
        result = run(benchtop_recipe(tmp_path), peer.port)
    assert outcome(result) == (Outcome.ERROR, Reason.UNREADABLE)
    assert [(m.name, m.value, m.outcome) for m in result.record.measurements] == [("supply", None, Outcome.ERROR)]


def test_a_wrong_read_back_is_flashed_again_before_it_counts(tmp_path: Path) -> None:
    recipe = benchtop_recipe(tmp_path, flash=writes(tmp_path / "written"), bad_reads=1)
    with Peer(board()) as peer:
        result = run(recipe, peer.port)
    assert outcome(result) == (Outcome.PASS, None)
    assert phases(result)[2:] == [
        ("flash", 1, "PASS"),
        ("verify", 1, "FAIL"),
        ("flash", 2, "PASS"),
        ("verify", 2, "PASS"),
        ("check", 1, "PASS"),
    ]
    assert (tmp_path / "written").read_text() == "approved image;" * 2


def test_a_read_back_that_stays_wrong_fails_after_the_attempts(tmp_path: Path) -> None:
    with Peer(board()) as peer:
        result = run(benchtop_recipe(tmp_path, bad_reads=9), peer.port)
    assert outcome(result) == (Outcome.FAIL, Reason.VERIFY_MISMATCH)
    assert [phase for phase in phases(result) if phase[0] == "verify"] == [("verify", 1, "FAIL"), ("verify", 2, "FAIL")]
    assert result.record.measurements == ()


def test_an_image_that_is_not_the_approved_one_is_never_written(tmp_path: Path) -> None:
    recipe = benchtop_recipe(tmp_path, flash=writes(tmp_path / "written"))
    (tmp_path / "image.bin").write_bytes(b"changed on disk")
    with Peer(board()) as peer:
        result = run(recipe, peer.port)
        assert outcome(result) == (Outcome.ERROR, Reason.FIRMWARE_CHANGED)
        (tmp_path / "image.bin").unlink()
        assert outcome(run(recipe, peer.port)) == (Outcome.ERROR, Reason.FIRMWARE_CHANGED)
        assert not peer.heard
    assert not (tmp_path / "written").exists()


def test_an_image_changed_while_the_board_is_worked_on_is_not_written_either(tmp_path: Path) -> None:
    recipe = benchtop_recipe(tmp_path, flash=writes(tmp_path / "written"))

    def tamper(state: SlotState) -> None:
        if state.phase == "flash":
            (tmp_path / "image.bin").write_bytes(b"changed on disk")

    with Peer(board()) as peer:
        result = run(recipe, peer.port, on_event=tamper)
    assert outcome(result) == (Outcome.PASS, None)
    assert (tmp_path / "written").read_text() == "approved image;"


def test_an_operators_image_counts_only_where_the_recipe_leaves_it_open(tmp_path: Path) -> None:
    own = tmp_path / "own.bin"
    own.write_bytes(b"own image")
    closed = benchtop_recipe(tmp_path, flash=writes(tmp_path / "written"))
    opened = replace(closed, firmware=replace(closed.firmware, open=True))
    with Peer(board()) as peer:
        refused = run(closed, peer.port, firmware=own)
        assert outcome(refused) == (Outcome.ERROR, Reason.FIRMWARE_CHANGED)
        assert not (tmp_path / "written").exists()
        taken = run(opened, peer.port, firmware=own)
    assert outcome(taken) == (Outcome.PASS, None)
    assert (taken.record.firmware.name, taken.record.firmware.version) == ("own.bin", None)
    assert taken.record.firmware.sha256 == sha256(b"own image").hexdigest()
    assert (tmp_path / "written").read_text() == "own image;"


def test_a_check_without_flash_writes_nothing_and_names_what_the_board_runs(tmp_path: Path) -> None:
    recipe = benchtop_recipe(tmp_path, flash=writes(tmp_path / "written"))
    with Peer(board(fw="fw selftest 0.9 chip")) as peer:
        result = run(recipe, peer.port, flash=False)
    assert outcome(result) == (Outcome.PASS, None)
    assert [phase.name for phase in result.record.phases] == ["prepare", "identify", "check"]
    firmware = result.record.firmware
    assert (firmware.name, firmware.version, firmware.sha256) == ("selftest", "0.9", None)
    assert not (tmp_path / "written").exists()


def test_a_missing_port_is_an_error_within_a_second(tmp_path: Path) -> None:
    began = time.monotonic()
    result = run(benchtop_recipe(tmp_path), "/dev/ttyNOTHERE")
    assert outcome(result) == (Outcome.ERROR, Reason.PORT_MISSING)
    assert time.monotonic() - began < 1


def test_a_missing_tool_is_an_error_with_the_command(tmp_path: Path) -> None:
    with Peer(board()) as peer:
        result = run(benchtop_recipe(tmp_path, flash=["qemu-system-arm-of-nobody"]), peer.port)
    assert outcome(result) == (Outcome.ERROR, Reason.TOOL_MISSING)
    assert "apt install" in result.detail


def test_a_silent_board_is_a_timeout(tmp_path: Path) -> None:
    with Peer() as peer:
        result = run(benchtop_recipe(tmp_path), peer.port)
    assert outcome(result) == (Outcome.TIMEOUT, Reason.SILENT)


def test_a_phase_past_its_limit_is_a_timeout(tmp_path: Path) -> None:
    slow = [sys.executable, "-c", "import time; time.sleep(60)"]
    with Peer(board()) as peer:
        result = run(benchtop_recipe(tmp_path, phases={"flash": {"timeout_s": 0.5}}, flash=slow), peer.port)
    assert outcome(result) == (Outcome.TIMEOUT, Reason.PHASE_TIMEOUT)
    assert BenchtopDriver.safe == [peer.port]


@pytest.mark.parametrize("blamed", [None, Reason.PORT_BUSY, Reason.SILENT, Reason.UNREADABLE, Reason.PORT_MISSING])
def test_a_board_that_is_pulled_out_is_unplugged_whatever_it_looks_like(tmp_path: Path, blamed: str | None) -> None:
    peer = Peer(board())

    def pull(state: SlotState) -> None:
        if state.phase == "flash":
            peer.unplug()

    result = run(benchtop_recipe(tmp_path, blames=blamed), peer.port, on_event=pull)
    assert outcome(result) == (Outcome.ERROR, Reason.UNPLUGGED)


def test_a_tool_that_is_missing_is_named_even_when_the_board_is_pulled_out(tmp_path: Path) -> None:
    peer = Peer(board())

    def pull(state: SlotState) -> None:
        if state.phase == "flash":
            peer.unplug()

    result = run(benchtop_recipe(tmp_path, flash=["tool-of-nobody"]), peer.port, on_event=pull)
    assert outcome(result) == (Outcome.ERROR, Reason.TOOL_MISSING)


def test_a_stop_gives_a_whole_record_and_a_safe_board(tmp_path: Path) -> None:
    stop = threading.Event()
    slow = [sys.executable, "-c", "import time; time.sleep(60)"]

    def stop_it(state: SlotState) -> None:
        if state.phase == "flash":
            threading.Timer(0.2, stop.set).start()

    with Peer(board()) as peer:
        began = time.monotonic()
        result = run(benchtop_recipe(tmp_path, flash=slow), peer.port, on_event=stop_it, stop=stop)
    assert time.monotonic() - began < 6
    assert outcome(result) == (Outcome.ABORTED, Reason.STOPPED)
    assert phases(result)[-1] == ("flash", 1, "ABORTED")
    assert BenchtopDriver.safe == [peer.port]


def test_a_defect_of_a_driver_is_our_error_with_its_traceback(tmp_path: Path) -> None:
    with Peer(board()) as peer:
        result = run(benchtop_recipe(tmp_path, defect=True), peer.port)
    assert outcome(result) == (Outcome.ERROR, Reason.INTERNAL)
    assert "a defect of the driver" in result.files[result.record.attachments[-1].sha256].decode()


def test_a_practice_image_is_refused_on_a_real_port(tmp_path: Path) -> None:
    recipe = benchtop_recipe(tmp_path)
    recipe = replace(recipe, firmware=replace(recipe.firmware, practice=True))
    os.mkfifo(tmp_path / "ttyUSB0")
    assert outcome(run(recipe, str(tmp_path / "ttyUSB0"))) == (Outcome.ERROR, Reason.PRACTICE_IMAGE)
    assert outcome(run(recipe, str(tmp_path / "ttyUSB1"))) == (Outcome.ERROR, Reason.PORT_MISSING)
    with Peer(board()) as peer:
        assert outcome(run(recipe, peer.port)) == (Outcome.PASS, None)


def test_the_states_tell_the_whole_way(tmp_path: Path) -> None:
    states: list[SlotState] = []
    with Peer(board()) as peer:
        run(benchtop_recipe(tmp_path), peer.port, on_event=states.append)
    assert [state.number for state in states] == list(range(1, len(states) + 1))
    seen = list(dict.fromkeys(state.phase for state in states))
    assert seen == ["prepare", "identify", "flash", "verify", "check"]
    fractions = [state.fraction for state in states]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert states[-1].outcome is Outcome.PASS


@pytest.mark.parametrize("said", ["nan", "inf", "-inf"])
def test_a_value_that_is_no_number_is_none_and_never_a_pass(tmp_path: Path, said: str) -> None:
    with Peer(board(test=f"m supply {said} V\nm spare {said} V")) as peer:
        result = run(benchtop_recipe(tmp_path), peer.port)
    assert outcome(result) == (Outcome.ERROR, Reason.UNREADABLE)
    assert [row.value for row in result.record.measurements] == [None, None]
