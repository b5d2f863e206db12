"""What the tests of AVR boards share: powered boards, avrdude by hand, and a plain serial conversation."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import serial

from stemfleet.devices.virtual.avr import AvrBoard
from stemfleet.resources import resource

SELFTEST_UNO = resource("firmware", "arduino", "selftest-atmega328p.hex")
SELFTEST_MEGA = resource("firmware", "arduino", "selftest-atmega2560.hex")
FIRST_UNO = resource("firmware", "arduino", "first-atmega328p.hex")
PRINTER = resource("firmware", "printer", "printer-atmega2560.hex")

UNO = ("arduino", "m328p")
MEGA = ("wiring", "m2560")


@contextlib.contextmanager
def powered(kind: Any, folder: Path, fault: str | None = None) -> Iterator[AvrBoard]:
    """A running virtual board."""
    board = AvrBoard(kind, folder.name, folder, fault)
    board.start()
    try:
        yield board
    finally:
        board.stop()


def avrdude(port: str, programmer: tuple[str, str], *orders: str) -> "subprocess.CompletedProcess[str]":
    """avrdude itself, as a person would call it."""
    kind, part = programmer
    return subprocess.run(
        ["avrdude", "-c", kind, "-p", part, "-b", "115200", "-P", port, "-D", *orders],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def write(board: AvrBoard, programmer: tuple[str, str], image: Path) -> None:
    """Programs a board by avrdude, which also reads it back."""
    done = avrdude(board.port, programmer, "-U", f"flash:w:{image}:i")
    assert done.returncode == 0, done.stderr


def image_of(path: Path) -> dict[int, int]:
    """Address → byte of an Intel HEX file."""
    base, found = 0, {}
    for line in path.read_text().splitlines():
        record = bytes.fromhex(line[1:])
        size, address, kind = record[0], int.from_bytes(record[1:3], "big"), record[3]
        if kind == 0:
            found |= {base + address + place: byte for place, byte in enumerate(record[4 : 4 + size])}
        elif kind == 2:
            base = int.from_bytes(record[4:6], "big") << 4
        elif kind == 4:
            base = int.from_bytes(record[4:6], "big") << 16
    return found


def flash_of(board: AvrBoard) -> bytes:
    """What is in the chip's flash now."""
    copy = board.folder / "copy-of-flash.bin"
    board.control(f"flash {copy}")
    return copy.read_bytes()


class Terminal:
    """A serial terminal on a port; opening it resets the board."""

    def __init__(self, port: str, speed: int = 115200) -> None:
        self.line = serial.Serial(port, speed, timeout=5.0)

    def until(self, mark: str) -> list[str]:
        """Lines up to the one that begins with `mark`, which is the last."""
        lines: list[str] = []
        while not lines or not lines[-1].startswith(mark):
            raw = self.line.readline()
            assert raw.endswith(b"\n"), f"no {mark!r} after {lines} and {raw!r}"
            lines.append(raw.decode("ascii").strip())
        return lines

    def ask(self, question: str, end: str = "end") -> list[str]:
        """The answer of a program of ours, with its end; `end="ok"` for a printer."""
        self.line.write(f"{question}\n".encode())
        return self.until(end)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.line.close()
