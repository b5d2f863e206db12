"""The line: every way in which a port or what comes from it can be wrong has its own name, and every read ends."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial
from core_peers import Peer, board

from stemfleet.devices.faults import BoardError, BoardFault, BoardStopped, BoardTimeout
from stemfleet.devices.line import LONGEST_LINE, Line, check_port
from stemfleet.devices.talk import Talk
from stemfleet.words import Reason


def reason_of(port: str) -> str:
    with pytest.raises(BoardError) as fault:
        Line(port).close()
    assert port in fault.value.detail
    return fault.value.reason


@contextlib.contextmanager
def nobody() -> Iterator[None]:
    """As a user who owns no port."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_port_that_does_not_exist_is_missing_within_a_second() -> None:
    began = time.monotonic()
    assert reason_of("/dev/ttyNOTHERE") == Reason.PORT_MISSING
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("wrong", ["folder", "file"])
def test_what_is_no_device_is_no_port(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    assert reason_of(str(tmp_path / wrong)) == Reason.PORT_MISSING


def test_a_port_of_other_users_is_denied() -> None:
    with Peer() as peer:
        Path(peer.port).chmod(0)
        with nobody():
            assert reason_of(peer.port) == Reason.PORT_DENIED


@pytest.mark.parametrize("how", ["plain", "exclusive"])
def test_a_port_that_another_program_has_open_is_busy(how: str) -> None:
    code = (
        "import serial, sys; port = serial.Serial(sys.argv[1], exclusive=sys.argv[2] == 'exclusive' or None);"
        "print('open', flush=True); sys.stdin.read()"
    )
    with (
        Peer() as peer,
        subprocess.Popen(
            [sys.executable, "-c", code, peer.port, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as other,
    ):
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == b"open\n"
        assert reason_of(peer.port) == Reason.PORT_BUSY
        with pytest.raises(BoardError) as before_a_tool:
            check_port(peer.port)
        assert before_a_tool.value.reason == Reason.PORT_BUSY
        other.stdin.close()
        other.wait(5)
        Line(peer.port).close()


def test_a_port_that_this_program_uses_already_is_busy() -> None:
    with Peer() as peer, Line(peer.port):
        assert reason_of(peer.port) == Reason.PORT_BUSY


def test_a_port_claimed_by_the_terminal_driver_is_busy_only_while_its_program_lives() -> None:
    code = (
        "import fcntl, os, sys, termios; port = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY);"
        "fcntl.ioctl(port, termios.TIOCEXCL); print('claimed', flush=True); sys.stdin.read()"
    )
    with Peer() as peer:
        command = [sys.executable, "-c", code, peer.port]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"claimed\n"
            assert reason_of(peer.port) == Reason.PORT_BUSY
            other.kill()
        Line(peer.port).close()


def test_a_device_that_is_no_serial_line_is_no_port() -> None:
    with pytest.raises(BoardError, match="no serial port") as fault:
        check_port("/dev/null")
    assert fault.value.reason == Reason.PORT_MISSING


def test_a_board_that_says_nothing_is_silent() -> None:
    with Peer() as peer, Line(peer.port) as line, pytest.raises(BoardTimeout) as fault:
        line.ask("?id", r"id (\w+)", timeout=0.4)
    assert fault.value.reason == Reason.SILENT


def test_a_board_that_says_other_things_is_unreadable() -> None:
    with (
        Peer(lambda heard: b"what?\n") as peer,
        Line(peer.port) as line,
        pytest.raises(BoardError) as fault,
    ):
        line.ask("?id", r"id (\w+)", timeout=0.4)
    assert fault.value.reason == Reason.UNREADABLE


@pytest.mark.parametrize("chatter", [b"x" * 512, b"\xff\x00\x80" * 100, b"lots of lines\n" * 40])
def test_garbage_and_endless_output_end_as_unreadable_before_the_time_is_over(chatter: bytes) -> None:
    began = time.monotonic()
    with (
        Peer(chatter=chatter) as peer,
        Line(peer.port) as line,
        pytest.raises(BoardError) as fault,
    ):
        line.ask("?id", r"id (\w+)", timeout=20)
    assert fault.value.reason == Reason.UNREADABLE
    assert time.monotonic() - began < 10


def test_memory_for_a_line_without_end_is_bounded() -> None:
    with Peer(chatter=b"y" * 2048) as peer, Line(peer.port) as line:
        with pytest.raises(BoardError):
            line.read_line(5)
        assert line.pending < 3 * LONGEST_LINE


def test_a_port_that_goes_away_is_unplugged() -> None:
    peer = Peer()
    with Line(peer.port) as line:
        threading.Timer(0.2, peer.unplug).start()
        with pytest.raises(BoardError) as fault:
            line.read_line(10)
    assert fault.value.reason == Reason.UNPLUGGED


def test_a_stop_ends_a_read_at_once() -> None:
    stop = threading.Event()
    with Peer() as peer, Line(peer.port, stop=stop) as line:
        threading.Timer(0.2, stop.set).start()
        began = time.monotonic()
        with pytest.raises(BoardStopped):
            line.read_line(30)
        assert time.monotonic() - began < 2


def test_a_read_never_outlasts_the_phase() -> None:
    with (
        Peer() as peer,
        Line(peer.port, limit=time.monotonic() + 0.3) as line,
        pytest.raises(BoardTimeout) as fault,
    ):
        line.read_line(30)
    assert fault.value.reason == Reason.PHASE_TIMEOUT


def test_an_answer_is_found_after_noise() -> None:
    with Peer(lambda heard: b"\xffhello first 1.0\nid 12\n") as peer, Line(peer.port) as line:
        assert line.ask("?id", r"^id (\d+)$")[1] == "12"


def test_a_url_of_pyserial_is_a_port_too() -> None:
    line = Line("loop://")
    with line:
        line.write("there\n")
        assert line.read_line(1) == "there"
    assert isinstance(line.serial, serial.SerialBase)


def test_an_unreachable_url_is_a_missing_port() -> None:
    assert reason_of("socket://127.0.0.1:9") == Reason.PORT_MISSING


def test_the_protocol_reads_numbers_words_and_units() -> None:
    measured = "m supply 4.98 V\ni all well\nm chip atmega328p -\nm ram_errors 0 bytes"
    with Peer(board(test=measured)) as peer, Line(peer.port) as line:
        assert Talk(line).measurements() == [
            ("supply", 4.98, "V"),
            ("chip", "atmega328p", ""),
            ("ram_errors", 0.0, "bytes"),
        ]


@pytest.mark.parametrize("answer", [b"id 12\nend 5\n", b"\x01\x02\nend 1\n", b"id " + b"1" * 90 + b"\nend 1\n"])
def test_an_answer_against_the_protocol_is_unreadable(answer: bytes) -> None:
    with (
        Peer(lambda heard: answer if b"?" in heard else b"") as peer,
        Line(peer.port) as line,
        pytest.raises(BoardFault) as fault,
    ):
        Talk(line).ask("?id", timeout=0.5)
    assert fault.value.reason == Reason.UNREADABLE
