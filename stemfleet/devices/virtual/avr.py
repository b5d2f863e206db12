"""Virtual Arduino boards and printer controllers: real AVR programs and bootloaders on an emulated processor.

A board is a process of its own (avr_emulator/, on libsimavr) with a serial port that avrdude and pyserial open like any
other; opening it resets the board. The process ends when this one does, however that happens: its standard input ends
then.
"""

import contextlib
import select
import subprocess
import threading
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from stemfleet.devices.virtual.avr_build import AvrPrograms, avr_programs
from stemfleet.devices.virtual.faults import check_fault
from stemfleet.errors import InputError, Unavailable

Kind = Literal["uno", "nano", "nano-old", "mega", "printer"]

_EEPROM_BYTES = {"atmega328p": 1024, "atmega2560": 4096}
_ANSWER_S = 10.0
_END_S = 5.0


@dataclass(frozen=True)
class _Fault:
    """What is wrong with a board: another chip, emulator options, orders given at power-on."""

    chip: str | None = None
    options: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Kind:
    recipe: str
    chip: str
    faults: dict[str, _Fault]
    options: tuple[str, ...] = ()
    factory_program: bool = True
    old_bootloader: bool = False


_FAULTS = {
    "bad_flash": _Fault(options=("--bad-cell", "512")),
    "silent": _Fault(options=("--mute",)),  # the USB converter is there, the chip behind it never answers
    "unplugged": _Fault(options=("--unplug-after", "1500")),  # bytes: in the middle of the image
    "garbage": _Fault(options=("--garbage",)),
    "duplicate_id": _Fault(),  # by its serial
}


def _slow(times: int) -> dict[str, _Fault]:
    """So slow that the image is not taken in time, and yet every page within avrdude's patience: 5 s, or 2 s (Mega)."""
    return {"slow": _Fault(options=("--slow", str(times)))}


_ARDUINO_FAULTS = _FAULTS | {
    "wrong_signature": _Fault(chip="atmega168"),
    "brown_out": _Fault(options=("--reset-on", "?test\n")),
    "failed_measurement": _Fault(options=("--supply", "3900")),
    "pins_short": _Fault(orders=("short D2 D3",)),
}
_PRINTER_FAULTS = _FAULTS | {
    "wrong_signature": _Fault(chip="atmega328p"),
    "brown_out": _Fault(options=("--reset-on", "M119")),
    "failed_measurement": _Fault(orders=("adc 14 3946",)),  # 70 °C at the bed
    "open_thermistor": _Fault(orders=("adc 13 5000",)),
    "endstop_stuck": _Fault(orders=("pin E5 0",)),
}
_KINDS: dict[str, _Kind] = {
    "uno": _Kind("arduino-uno", "atmega328p", _ARDUINO_FAULTS | _slow(160)),
    "nano": _Kind("arduino-nano", "atmega328p", _ARDUINO_FAULTS | _slow(160)),
    "nano-old": _Kind("arduino-nano", "atmega328p", _ARDUINO_FAULTS | _slow(120), old_bootloader=True),
    "mega": _Kind(
        "arduino-mega", "atmega2560", _ARDUINO_FAULTS | _slow(62) | {"wrong_signature": _Fault(chip="atmega328p")}
    ),
    # Hot end, bed and axes of a RAMPS 1.4 board; a controller without firmware comes with its bootloader only.
    "printer": _Kind(
        "printer-mega",
        "atmega2560",
        _PRINTER_FAULTS | _slow(50),
        options=(
            *("--thermistor", "13=B4,4", "--thermistor", "14=H5,1"),
            *("--axis", "F0,F1,E5,1600", "--axis", "F6,F7,J1,1600", "--axis", "L3,L1,D3,2000"),
        ),
        factory_program=False,
    ),
}


class AvrBoard:
    """One board. It keeps its flash and EEPROM, in its folder, through stop and start."""

    volume: Path | None = None

    def __init__(
        self, kind: Kind, name: str, folder: Path, fault: str | None = None, *, serial: str | None = None
    ) -> None:
        """`folder` is the board's own. Raises InputError for an unknown kind or fault.

        `serial`: the EEPROM holds an identity from the beginning, made from this text.
        """
        if kind not in _KINDS:
            raise InputError(
                "There is no virtual board {kind}. Kinds: {kinds}.", kind=str(kind), kinds=", ".join(_KINDS)
            )
        self._kind = _KINDS[kind]
        check_fault(kind, fault)
        self.name = name
        self.recipe = self._kind.recipe
        self.folder = folder
        self.port = str(folder / "tty")
        self.fault = fault
        self._fault = self._kind.faults[fault] if fault else _Fault()
        self._serial = serial
        self._process: subprocess.Popen[bytes] | None = None
        self._unread = b""
        self._talking = threading.Lock()

    def start(self) -> None:
        """Powers the board on: its port is there when this returns. Raises ToolMissing, Unavailable."""
        if self._process is not None:
            return
        argv = self._argv(avr_programs())
        self.folder.mkdir(parents=True, exist_ok=True)
        self._engrave()
        self._process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
        try:
            first = self._answer(self._process)
            if first != "ready":
                raise Unavailable("The virtual board {name} did not start: {why}", name=self.name, why=first)
            for order in self._fault.orders:
                self.control(order)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Powers it off; its port is gone when this returns. May be called twice."""
        process, self._process, self._unread = self._process, None, b""
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def control(self, line: str) -> str:
        """One order to the emulator; returns what it answers ("" when it only obeys).

        reset | unplug | plug | adc CHANNEL MILLIVOLTS | adc CHANNEL auto (its thermistor, cold) | supply MILLIVOLTS |
        pin B4 → "out 1" or "in 0" | pin E5 0, 1 or free | short D2 D3 | pace real or max | cpu → seconds used |
        flash FILE, eeprom FILE: copies of the memories.

        Raises InputError for another order, Unavailable when it is off.
        """
        process = self._process
        if process is None or process.poll() is not None:
            raise Unavailable("The virtual board {name} is not running.", name=self.name)
        assert process.stdin is not None
        with self._talking:
            process.stdin.write(line.replace("\n", " ").encode() + b"\n")
            word, _, rest = self._answer(process).partition(" ")
        if word != "ok":
            raise InputError(
                'The virtual board {name} cannot do "{order}": {why}.', name=self.name, order=line, why=rest
            )
        return rest

    def _engrave(self) -> None:
        """The identity of a board that was made with one, as our programs keep it (docs/protocol.md)."""
        memory = self.folder / "eeprom.bin"
        if self._serial is None or memory.exists():
            return
        size = _EEPROM_BYTES[self._fault.chip or self._kind.chip]
        record = b"SF1" + sha256(self._serial.encode()).digest()[:16]
        content = bytearray(b"\xff" * size)
        content[size - 32 : size - 12] = record + bytes([_crc8(record)])
        memory.write_bytes(content)

    def _argv(self, programs: AvrPrograms) -> list[str]:
        chip = self._fault.chip or self._kind.chip
        argv = [str(programs.emulator), "--mcu", chip, "--port", self.port]
        argv += ["--bootloader", str(programs.bootloader(chip, old=self._kind.old_bootloader))]
        if self._kind.factory_program:
            argv += ["--program", str(programs.factory(chip))]
        argv += ["--flash", str(self.folder / "flash.bin"), "--eeprom", str(self.folder / "eeprom.bin")]
        wired = self._kind.options if chip == self._kind.chip else ()
        return [*argv, *wired, *self._fault.options]

    def _answer(self, process: "subprocess.Popen[bytes]") -> str:
        """The emulator's next line. Raises Unavailable when none comes."""
        assert process.stdout is not None
        until = time.monotonic() + _ANSWER_S
        while b"\n" not in self._unread:
            ready, _, _ = select.select([process.stdout], [], [], max(0.0, until - time.monotonic()))
            more = process.stdout.read(4096) if ready else b""
            if not more:
                raise Unavailable("The emulator of the virtual board {name} has stopped.", name=self.name)
            self._unread += more
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode("utf-8", "replace")


def _crc8(data: bytes) -> int:
    """Polynomial 0x07, start 0."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07 if crc & 0x80 else crc << 1) & 0xFF
    return crc
