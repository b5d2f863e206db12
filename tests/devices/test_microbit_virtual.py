"""The virtual micro:bit by itself, and what our first program answers on it."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stemfleet.devices.line import Line
from stemfleet.devices.talk import Talk
from stemfleet.devices.virtual.fleet import VirtualFleet
from stemfleet.devices.virtual.microbit import MicrobitBoard
from stemfleet.errors import InputError, ToolMissing, Unavailable
from stemfleet.resources import resource

pytestmark = pytest.mark.rig


@pytest.fixture
def board(tmp_path: Path) -> Iterator[MicrobitBoard]:
    made = MicrobitBoard("A1", tmp_path)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def eventually(true: Callable[[], bool], seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while not (now := true()) and time.monotonic() < until:
        time.sleep(0.05)
    return now


def put_first_program(board: MicrobitBoard) -> None:
    assert board.volume is not None
    program = str(resource("firmware", "microbit", "first.py"))
    subprocess.run([sys.executable, "-m", "uflash", program, str(board.volume)], check=True, capture_output=True)
    details = board.volume / "DETAILS.TXT"
    assert eventually(lambda: details.is_file() and "Remount count: 1" in details.read_text())


def test_a_new_board_runs_micropython_and_its_first_words_are_not_lost(board: MicrobitBoard) -> None:
    with Line(board.port) as line:
        assert b"MicroPython" in line.read_until(b">>> ", 10)


def test_the_first_program_answers_the_benchs_questions(board: MicrobitBoard) -> None:
    put_first_program(board)
    with Line(board.port) as line:
        talk = Talk(line)
        assert talk.wait_for_start(10)
        assert talk.program().name == "first"
        assert re.fullmatch("id [0-9a-f]{16}", talk.ask("?id")[0])
        assert int(talk.ask("?ms")[0].removeprefix("ms ")) > 0
        assert talk.ask("?nothing") == ["e unknown"]
        assert talk.ask("α") == ["e garbage"]
        assert talk.program().version == "1.0"


def test_the_first_program_shows_a_picture_and_another_for_a_button(board: MicrobitBoard) -> None:
    put_first_program(board)
    assert eventually(lambda: board.control("screen") == ".#.#./#####/#####/.###./..#..")
    board.control("press a")
    assert eventually(lambda: board.control("screen") == "...../.#.#./...../#...#/.###.")
    board.control("release a")


def test_files_outlive_a_reset_and_a_change_of_plug(board: MicrobitBoard) -> None:
    with Line(board.port) as line:
        line.read_until(b">>> ", 10)
        line.write("f=open('kept.txt','w');f.write('x');f.close()\r")
        line.read_until(b">>> ", 10)
    for order in ("reset", "plug"):
        assert board.control(order) == "ok"
        with Line(board.port) as line:
            line.read_until(b">>> ", 10)
            line.write("import os;os.listdir()\r")
            assert b"kept.txt" in line.read_until(b"]", 10)


def test_a_pulled_plug_takes_port_and_drive_away(board: MicrobitBoard) -> None:
    assert board.volume is not None
    board.control("unplug")
    assert not os.path.lexists(board.port)
    assert not board.volume.exists()
    with pytest.raises(Unavailable):
        board.control("reset")


def test_unknown_orders_and_faults_are_told(board: MicrobitBoard, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not know 'dance'"):
        board.control("dance")
    with pytest.raises(InputError, match="has a, b, 0, 1, 2"):
        board.control("press z")
    with pytest.raises(InputError, match="no fault nonsense"):
        MicrobitBoard("A2", tmp_path, "nonsense")


def test_without_qemu_the_command_that_installs_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match="sudo apt install qemu-system-arm"):
        MicrobitBoard("A1", tmp_path).start()


def emulators_in(folder: Path) -> list[int]:
    """Processes whose command line names the folder, the host of the boards left out."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if str(folder).encode() in command and b"qemu-system-arm" in command:
                found.append(int(process.name))
    return found


def test_emulators_die_with_the_process_that_holds_them_even_if_it_is_killed(tmp_path: Path) -> None:
    with VirtualFleet("microbit:2", tmp_path) as fleet:
        assert eventually(lambda: len(emulators_in(tmp_path)) == 2)
        fleet._process.kill()
        assert eventually(lambda: not emulators_in(tmp_path))
