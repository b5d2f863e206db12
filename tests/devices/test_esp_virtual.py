"""The virtual ESP board by itself: its ROM loader, which images it starts, its MicroPython."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stemfleet.devices.line import Line
from stemfleet.devices.virtual.esp import EspBoard
from stemfleet.devices.virtual.esprom import CHIPS, RomLoader, bootable
from stemfleet.errors import InputError
from stemfleet.resources import resource

IMAGE = resource("firmware", "esp", "practice-esp32.bin").read_bytes()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[EspBoard]:
    made = EspBoard("A1", tmp_path)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def flash_with(image: bytes) -> bytes:
    return (b"\xff" * 0x1000 + image).ljust(1 << 20, b"\xff")


def esptool(board: EspBoard, *command: str) -> subprocess.CompletedProcess[str]:
    how = ["--port", board.port, "--before", "no-reset", "--after", "no-reset", "--no-stub"]
    return subprocess.run(
        [sys.executable, "-m", "esptool", *how, *command], capture_output=True, text=True, timeout=60, check=False
    )


def test_only_a_whole_image_starts() -> None:
    assert bootable(flash_with(IMAGE), 0x1000)
    assert not bootable(flash_with(b""), 0x1000)
    assert not bootable(flash_with(IMAGE[:-40]), 0x1000)
    for place in (0, 1, 40, 50_000, len(IMAGE) - 33):  # the last: its checksum
        broken = bytearray(IMAGE)
        broken[place] ^= 0x40
        assert not bootable(flash_with(bytes(broken)), 0x1000), place


def test_a_damaged_packet_is_answered_by_an_error_and_changes_nothing() -> None:
    flash = bytearray(b"\xff" * 8192)
    rom = RomLoader(CHIPS["esp32"], bytes(6), flash)
    begin = b"\xc0\x00\x02\x10\x00" + bytes(4) + b"".join(n.to_bytes(4, "little") for n in (4, 1, 4, 0)) + b"\xc0"
    assert rom.feed(begin)[-5:-1] == bytes(4)
    data = (4).to_bytes(4, "little") + bytes(12) + b"abcd"
    wrong_sum = b"\xc0\x00\x03\x14\x00" + b"\x01\x00\x00\x00" + data + b"\xc0"
    assert rom.feed(wrong_sum)[-5:-3] == b"\x01\x07"
    assert flash[:4] == b"\xff" * 4


def test_noise_and_endless_packets_are_passed_over() -> None:
    rom = RomLoader(CHIPS["esp32"], bytes(6), bytearray(4096))
    assert rom.feed(b"\x03\r\nhello") == b""
    assert rom.feed(b"\xc0" + b"x" * 300_000) == b""
    assert rom.feed(b"\xc0\x00\x08\x24\x00" + bytes(4) + b"\x07\x07\x12\x20" + b"\x55" * 32 + b"\xc0") != b""


@pytest.mark.rig
def test_esptool_writes_compressed_and_plain_and_reads_back(board: EspBoard, tmp_path: Path) -> None:
    image = tmp_path / "image.bin"
    image.write_bytes(IMAGE[:20_000])
    for how in ("--compress", "--no-compress"):
        written = esptool(board, "--chip", "esp32", "write-flash", how, "0x10000", str(image))
        assert "Hash of data verified" in written.stdout, written.stdout
    back = tmp_path / "back.bin"
    assert esptool(board, "--chip", "esp32", "read-flash", "0x10000", "0x400", str(back)).returncode == 0
    assert back.read_bytes() == IMAGE[:0x400]


@pytest.mark.rig
def test_an_empty_board_says_so_and_runs_nothing(board: EspBoard) -> None:
    with Line(board.port) as line:
        assert b"POWERON_RESET" in line.read_until(b"invalid header: 0xffffffff\r\n", 10)
        line.write("print(1+1)\r")
        assert line.drain(quiet=0.3) == b""


@pytest.mark.rig
def test_soft_resets_and_files_are_like_a_boards(board: EspBoard, tmp_path: Path) -> None:
    image = tmp_path / "image.bin"
    image.write_bytes(IMAGE)
    assert esptool(board, "--chip", "esp32", "write-flash", "0x1000", str(image)).returncode == 0
    for order in ("reset", "plug"):
        with Line(board.port) as line:
            line.read_until(b">>> ", 15)
            line.write("f=open('kept.txt','a');f.write('x');f.close()\r")
            line.read_until(b">>> ", 10)
            line.write(b"\x04")
            line.read_until(b"MPY: soft reboot\r\n", 10)
            line.read_until(b">>> ", 10)
            line.write("open('kept.txt').read()\r")
            line.read_until(b"'x", 10)
        assert board.control(order) == "ok"


def test_unknown_chips_and_faults_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no virtual esp99"):
        EspBoard("A1", tmp_path, chip="esp99")
    with pytest.raises(InputError, match="no fault nonsense"):
        EspBoard("A1", tmp_path, "nonsense")
