"""The emulated AVR board as a board: real avrdude, a port that behaves like one, memories that stay, and an end."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import serial
from avr_peers import (
    MEGA,
    SELFTEST_MEGA,
    SELFTEST_UNO,
    UNO,
    Terminal,
    avrdude,
    flash_of,
    image_of,
    powered,
    write,
)
from core_peers import processes_with, until

from stemfleet.devices.virtual.avr import AvrBoard
from stemfleet.devices.virtual.avr_build import avr_programs
from stemfleet.errors import InputError, ToolMissing, Unavailable

pytestmark = pytest.mark.rig


@pytest.mark.parametrize(
    ("kind", "programmer", "image"),
    [("uno", UNO, SELFTEST_UNO), ("nano", UNO, SELFTEST_UNO), ("mega", MEGA, SELFTEST_MEGA)],
)
def test_avrdude_writes_the_image_and_nothing_else(
    tmp_path: Path, kind: str, programmer: tuple[str, str], image: Path
) -> None:
    with powered(kind, tmp_path) as board:
        before = flash_of(board)
        write(board, programmer, image)
        after = flash_of(board)
    wanted = image_of(image)
    assert {place: after[place] for place in wanted} == wanted
    page = 256
    pages = {place // page for place in wanted}
    assert all(after[at] == before[at] for at in range(len(after)) if at // page not in pages)


def test_a_board_of_another_chip_tells_its_own_signature_and_keeps_its_flash(tmp_path: Path) -> None:
    with powered("uno", tmp_path, "wrong_signature") as board:
        before = flash_of(board)
        refused = avrdude(board.port, UNO, "-U", f"flash:w:{SELFTEST_UNO}:i")
        assert "1e9406" in refused.stderr
        assert refused.returncode != 0
        assert flash_of(board) == before


def test_a_silent_board_says_nothing_whatever_is_asked(tmp_path: Path) -> None:
    with powered("uno", tmp_path) as board:
        write(board, UNO, SELFTEST_UNO)
    with powered("uno", tmp_path, "silent") as board, serial.Serial(board.port, 115200, timeout=2.5) as line:
        line.write(b"?fw\n")
        assert line.read(1) == b""


def test_two_boards_are_programmed_at_once_and_stay_apart(tmp_path: Path) -> None:
    with powered("uno", tmp_path / "one") as one, powered("mega", tmp_path / "two") as two:
        jobs = [
            threading.Thread(target=write, args=(one, UNO, SELFTEST_UNO)),
            threading.Thread(target=write, args=(two, MEGA, SELFTEST_MEGA)),
        ]
        for job in jobs:
            job.start()
        for job in jobs:
            job.join()
        with Terminal(one.port) as first, Terminal(two.port) as second:
            first.until("hello")
            second.until("hello")
            assert first.ask("?fw")[0] == "fw selftest 1.0.0 atmega328p"
            assert second.ask("?fw")[0] == "fw selftest 1.0.0 atmega2560"


def test_every_opening_resets_the_board_also_right_after_a_closing(tmp_path: Path) -> None:
    with powered("uno", tmp_path) as board:
        write(board, UNO, SELFTEST_UNO)
        for _ in range(3):
            with Terminal(board.port) as terminal:
                terminal.until("hello")


def test_a_new_board_blinks_and_is_silent(tmp_path: Path) -> None:
    with powered("uno", tmp_path) as board, serial.Serial(board.port, 115200, timeout=0.3) as line:
        until(lambda: board.control("pin B5") == "out 1")
        until(lambda: board.control("pin B5") == "out 0")
        assert line.read(1) == b""


def test_a_wrong_line_speed_gives_garbage(tmp_path: Path) -> None:
    with powered("uno", tmp_path) as board:
        write(board, UNO, SELFTEST_UNO)
        with Terminal(board.port, 57600) as terminal:
            heard = terminal.line.read(10)
    assert heard
    assert b"hello" not in heard


def test_flash_and_eeprom_outlive_a_power_cut(tmp_path: Path) -> None:
    with powered("uno", tmp_path) as board:
        write(board, UNO, SELFTEST_UNO)
        with Terminal(board.port) as terminal:
            terminal.until("hello")
            terminal.ask(f"!id {'ab' * 16}")
    with powered("uno", tmp_path) as board, Terminal(board.port) as terminal:
        terminal.until("hello selftest")
        assert terminal.ask("?id")[0] == f"id {'ab' * 16}"
        board.control(f"eeprom {tmp_path / 'copy'}")
        assert b"SF1" + bytes.fromhex("ab" * 16) in (tmp_path / "copy").read_bytes()


def test_an_unplugged_board_loses_its_port_and_gets_it_back_under_the_same_name(tmp_path: Path) -> None:
    with powered("uno", tmp_path) as board:
        write(board, UNO, SELFTEST_UNO)
        with Terminal(board.port) as terminal:
            terminal.until("hello")
            board.control("unplug")
            with pytest.raises(serial.SerialException):
                until(lambda: terminal.line.read(1))
        assert not Path(board.port).exists()
        board.control("plug")
        with Terminal(board.port) as terminal:
            terminal.until("hello")


def test_a_stopped_board_is_gone_and_says_so(tmp_path: Path) -> None:
    board = AvrBoard("uno", "u", tmp_path)
    board.start()
    port = board.port
    board.stop()
    board.stop()
    assert not Path(port).exists()
    assert processes_with(str(tmp_path)) == []
    with pytest.raises(Unavailable, match="not running"):
        board.control("reset")


def test_the_emulator_ends_when_its_program_is_killed(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from stemfleet.devices.virtual.avr import AvrBoard
board = AvrBoard("uno", "u", Path({str(tmp_path)!r}))
board.start()
print("up", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        (emulator,) = [found for found in processes_with(f"{tmp_path}/tty") if found != parent.pid]
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
    until(lambda: not Path(f"/proc/{emulator}").exists())
    assert not (tmp_path / "tty").is_symlink()


@pytest.mark.parametrize("order", ["fly", "pin Z9", "adc 99 5", "pin B0 maybe", "adc 0 auto", "plug"])
def test_an_order_that_cannot_be_done_is_refused(tmp_path: Path, order: str) -> None:
    with powered("uno", tmp_path) as board, pytest.raises(InputError, match="cannot do"):
        board.control(order)


def test_unknown_kinds_and_faults_are_refused_with_the_choices(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="uno, nano, nano-old, mega, printer"):
        AvrBoard("due", "d", tmp_path)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="wrong_signature, silent"):
        AvrBoard("uno", "u", tmp_path, "on_fire")


def test_a_missing_compiler_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ToolMissing, match="sudo apt install gcc libc6-dev"):
        avr_programs()


def test_programs_that_build_the_emulator_at_once_all_get_it(tmp_path: Path) -> None:
    found: list[bool] = []
    jobs = [threading.Thread(target=lambda: found.append(avr_programs(tmp_path).emulator.is_file())) for _ in range(3)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert found == [True, True, True]
    assert len(list((tmp_path / "avr").iterdir())) == 1


def test_bootloaders_lie_in_their_section_of_the_flash() -> None:
    programs = avr_programs()
    for chip, start, end in (
        ("atmega328p", 0x7E00, 0x8000),
        ("atmega168", 0x3E00, 0x4000),
        ("atmega2560", 0x3E000, 0x40000),
    ):
        places = image_of(programs.bootloader(chip)).keys()
        assert start == min(places), chip
        assert max(places) < end, chip
