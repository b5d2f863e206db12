"""ESP32 boards end to end: the real esptool and ampy, a ROM loader, a real MicroPython, our self-test."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from upy_peers import Boards, attempts, boards, measured

from stemfleet.devices.families.esp import EspDriver
from stemfleet.devices.families.rawrepl import RawRepl
from stemfleet.devices.faults import BoardFail
from stemfleet.devices.line import Line
from stemfleet.devices.provision import provision
from stemfleet.devices.recipe import load_recipes
from stemfleet.devices.run import Run
from stemfleet.devices.state import Slot
from stemfleet.devices.talk import Talk
from stemfleet.devices.tools import ToolResult
from stemfleet.resources import resource
from stemfleet.words import Outcome, Reason

pytestmark = pytest.mark.rig

SPEC = "esp32:2,esp32:1:silent,esp32:1:bad_flash,esp32:1:wrong_signature,esp32:1:failed_measurement,esp8266:1"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boards]:
    """Every board flashed once, all at the same time."""
    with boards(SPEC, tmp_path_factory.mktemp("boards")) as made:
        yield made


def run_of(bench: Boards, tmp_path: Path, kind: type[Run] = Run) -> Run:
    """A run on the good board, outside the phases."""
    slot = bench.slots[bench.by_fault[None]]
    run = kind(recipe=slot.recipe, port=slot.port, volume=None, workdir=tmp_path, stop=threading.Event())
    run.begin(60)
    return run


def test_an_esp8266_is_written_by_the_stub_that_can_tell_what_is_in_its_flash(bench: Boards) -> None:
    (slot,) = (board.slot for board in bench.fleet.slots if board.recipe == "esp8266")
    result = bench.results[slot]
    assert (result.record.outcome, result.record.reason) == (Outcome.PASS, None), result.detail
    logs = {row.name: result.files[row.sha256].decode() for row in result.record.attachments}
    assert "Stub flasher running" in logs["flash-1.log"]
    assert "Verification successful" in logs["verify-1.log"]


def test_good_boards_pass_side_by_side_each_with_its_own_mac(bench: Boards) -> None:
    good = [bench.results[board.slot].record for board in bench.fleet.slots if board.fault is None]
    assert [record.outcome for record in good] == [Outcome.PASS] * 3
    assert all(str(record.board_id).startswith("240ac4") for record in good)
    assert len({record.board_id for record in good}) == 3


def test_the_record_tells_image_tools_and_what_was_measured(bench: Boards) -> None:
    record = bench.record(None)
    image = resource("firmware", "esp", "practice-esp32.bin")
    assert record.firmware.name == "practice image"
    assert record.firmware.sha256 == sha256(image.read_bytes()).hexdigest()
    assert {"esptool", "ampy", "pyserial"} <= record.tools.keys()
    values = measured(record)
    assert (values["flash_size"], values["ram_errors"], values["file_errors"]) == (4, 0, 0)
    assert float(values["heap_free"] or 0) > 60000
    assert float(values["fs_size"] or 0) == 1 << 20


def test_what_only_hardware_can_tell_is_named_and_never_passed(bench: Boards) -> None:
    assert bench.results[bench.by_fault[None]].identity["needs_hardware"] == "cpu wifi"
    assert not {"cpu_frequency", "wifi_networks"} & measured(bench.record(None)).keys()


def test_the_flash_phase_counts_the_bytes_of_the_image(bench: Boards) -> None:
    slot = bench.by_fault[None]
    seen = [(state.done, state.total) for state in bench.states if (state.slot, state.phase) == (slot, "flash")]
    size = resource("firmware", "esp", "practice-esp32.bin").stat().st_size
    done = [done for done, total in seen if total == size]
    assert done == sorted(done)
    assert done[-1] == size
    assert len(set(done)) > 10


def test_another_chip_is_refused_unwritten(bench: Boards) -> None:
    assert bench.ended("wrong_signature") == (Outcome.FAIL, Reason.WRONG_BOARD)
    assert attempts(bench.record("wrong_signature")) == [("prepare", 1), ("identify", 1)]


def test_a_flash_that_reads_back_differently_fails_after_the_retry(bench: Boards) -> None:
    assert bench.ended("bad_flash") == (Outcome.FAIL, Reason.VERIFY_MISMATCH)
    assert attempts(bench.record("bad_flash"))[-2:] == [("flash", 1), ("flash", 2)]


def test_a_silent_board_times_out(bench: Boards) -> None:
    assert bench.ended("silent") == (Outcome.TIMEOUT, Reason.SILENT)


def test_too_little_memory_fails_its_measurement_and_the_rest_is_still_measured(bench: Boards) -> None:
    assert bench.ended("failed_measurement") == (Outcome.FAIL, "measurement:heap_free")
    assert measured(bench.record("failed_measurement")).keys() == measured(bench.record(None)).keys()


def test_self_test_and_first_program_are_on_the_board_byte_by_byte(bench: Boards, tmp_path: Path) -> None:
    with run_of(bench, tmp_path).line() as line:
        repl = RawRepl(run_of(bench, tmp_path), line)
        repl.enter(10, fresh=False)
        assert repl.file("/main.py") == resource("firmware", "esp", "first.py").read_bytes()
        assert repl.file("/selftest.py") == resource("firmware", "esp", "selftest.py").read_bytes()
        repl.restart()


def test_the_first_program_answers_the_benchs_questions(bench: Boards) -> None:
    bench.fleet.control(bench.by_fault[None], "reset")
    with Line(bench.slots[bench.by_fault[None]].port) as line:
        talk = Talk(line)
        assert talk.wait_for_start(15)
        assert (talk.program().name, talk.program().version) == ("first", "1.0")
        assert talk.identity() is None  # the Unix port has no chip number
        assert int(talk.ask("?ms")[0].removeprefix("ms ")) > 0
        assert talk.ask("?nothing") == ["e unknown"]
        assert talk.ask("x" * 90) == ["e too_long"]


class TamperedRun(Run):
    """After ampy has put the first program, one letter of it changes on the board."""

    def tool(
        self,
        argv: Sequence[str],
        *,
        timeout: float | None = None,
        on_output: Callable[[str], None] | None = None,
        name: str | None = None,
        env: dict[str, str] | None = None,
    ) -> ToolResult:
        told = super().tool(argv, timeout=timeout, on_output=on_output, name=name, env=env)
        if "put" in argv and argv[-1] == "first.py":
            with self.line() as line:
                repl = RawRepl(self, line)
                repl.enter(10, fresh=False)
                repl.run("f=open('/first.py','r+b')\nf.write(b'!')\nf.close()", 10)
                repl.leave()
        return told


def test_a_program_that_changed_on_the_board_never_becomes_the_main_one(bench: Boards, tmp_path: Path) -> None:
    run = run_of(bench, tmp_path, TamperedRun)
    with pytest.raises(BoardFail) as fault:
        EspDriver(run).finish()
    assert (fault.value.reason, fault.value.retry) == (Reason.VERIFY_MISMATCH, True)
    with run.line() as line:
        repl = RawRepl(run, line)
        repl.enter(10, fresh=False)
        repl.run("import os", 10)
        assert repl.value("sorted(os.listdir('/'))") == ["first.py", "selftest.py"]
        repl.leave()


def test_a_board_can_be_done_again_and_then_only_checked(bench: Boards) -> None:
    assert bench.again(None).record.outcome is Outcome.PASS
    record = bench.again(None, flash=False).record
    assert record.outcome is Outcome.PASS
    assert (record.firmware.name, record.firmware.version) == ("first", "1.0")
    assert attempts(record) == [("prepare", 1), ("identify", 1), ("check", 1)]


def test_a_real_port_is_refused_the_practice_image_before_it_is_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ttyUSB0")
    slot = Slot("A1", load_recipes()["esp32"], str(tmp_path / "ttyUSB0"))
    result = provision(slot, station="bench-1", operator="Άρης")
    assert (result.record.outcome, result.record.reason) == (Outcome.ERROR, Reason.PRACTICE_IMAGE)
    assert "--firmware" in result.detail


def test_a_network_port_that_nobody_offers_is_missing_and_not_busy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = f"socket://127.0.0.1:{once.getsockname()[1]}"
    recipe = load_recipes()["esp32"]
    real = replace(recipe, firmware=replace(recipe.firmware, practice=False))
    record = provision(Slot("A1", real, port), station="bench-1", operator="Άρης").record
    assert (record.outcome, record.reason) == (Outcome.ERROR, Reason.PORT_MISSING)


def test_an_image_that_is_larger_than_the_boards_flash_is_refused_unwritten(bench: Boards, tmp_path: Path) -> None:
    image = resource("firmware", "esp", "practice-esp32.bin").read_bytes()
    (tmp_path / "large.bin").write_bytes(image.ljust(5 << 20, b"\xff"))
    result = bench.again(None, firmware=tmp_path / "large.bin", version="2.0")
    record = result.record
    assert (record.outcome, record.reason) == (Outcome.ERROR, Reason.BAD_IMAGE)
    assert "the flash has 4194304" in result.detail
    assert (record.firmware.name, record.firmware.version) == ("large.bin", "2.0")
    assert attempts(record)[-1] == ("flash", 1)
    assert "write-flash" not in "".join(content.decode() for content in result.files.values())


@pytest.mark.parametrize("port", ["rfc2217://127.0.0.1:9", "socket://127.0.0.1:9"])
def test_a_port_in_the_network_is_refused_the_practice_image(port: str) -> None:
    record = provision(Slot("A1", load_recipes()["esp32"], port), station="bench-1", operator="Άρης").record
    assert (record.outcome, record.reason) == (Outcome.ERROR, Reason.PRACTICE_IMAGE)


@pytest.mark.parametrize("chip", ["esp32", "esp8266"])
def test_the_practice_image_is_what_its_script_makes(tmp_path: Path, chip: str) -> None:
    script = resource("firmware", "esp", "make_practice_image.py")
    made = tmp_path / "image.bin"
    subprocess.run([sys.executable, str(script), chip, str(made)], check=True)
    assert made.read_bytes() == resource("firmware", "esp", f"practice-{chip}.bin").read_bytes()
