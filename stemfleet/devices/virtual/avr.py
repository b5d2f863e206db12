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
from pathlib import Path
from typing import Literal

from stemfleet.devices.virtual.avr_build import AvrPrograms, avr_programs
from stemfleet.errors import InputError, Unavailable

Kind = Literal["uno", "nano", "mega", "printer"]

_ANSWER_S = 10.0
_END_S = 5.0


@dataclass(frozen=True)
class _Fault:
    """What is wrong with a board: another chip, emulator options, orders given at power-on."""

    chip: str | None = None
    options: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()


_SILENT = _Fault(options=("--mute",))  # the USB converter is there, the chip behind it never answers
_LOW_SUPPLY = _Fault(options=("--supply", "3900"))
_SHORT = _Fault(orders=("short D2 D3",))


@dataclass(frozen=True)
class _Kind:
    recipe: str
    chip: str
    faults: dict[str, _Fault]
    options: tuple[str, ...] = ()
    factory_program: bool = True


_SMALL_FAULTS = {
    "wrong_signature": _Fault(chip="atmega168"),
    "silent": _SILENT,
    "failed_measurement": _LOW_SUPPLY,
    "pins_short": _SHORT,
}
_PRINTER_FAULTS = {
    "silent": _SILENT,
    "open_thermistor": _Fault(orders=("adc 13 5000",)),
    "endstop_stuck": _Fault(orders=("pin E5 0",)),
}
_KINDS: dict[str, _Kind] = {
    "uno": _Kind("arduino-uno", "atmega328p", _SMALL_FAULTS),
    "nano": _Kind("arduino-nano", "atmega328p", _SMALL_FAULTS),
    "mega": _Kind(
        "arduino-mega",
        "atmega2560",
        {"silent": _SILENT, "failed_measurement": _LOW_SUPPLY, "pins_short": _SHORT},
    ),
    # Hot end and bed of a RAMPS 1.4 board; a controller without firmware comes with its bootloader only.
    "printer": _Kind(
        "printer-mega",
        "atmega2560",
        _PRINTER_FAULTS,
        options=("--thermistor", "13=B4,4", "--thermistor", "14=H5,1"),
        factory_program=False,
    ),
}


class AvrBoard:
    """One board. It keeps its flash and EEPROM, in its folder, through stop and start."""

    volume: Path | None = None

    def __init__(self, kind: Kind, name: str, folder: Path, fault: str | None = None) -> None:
        """`folder` is the board's own. Raises InputError for an unknown kind or fault."""
        if kind not in _KINDS:
            raise InputError(
                "There is no virtual board {kind}. Kinds: {kinds}.", kind=str(kind), kinds=", ".join(_KINDS)
            )
        self._kind = _KINDS[kind]
        if fault is not None and fault not in self._kind.faults:
            raise InputError(
                "A virtual {kind} has no fault {fault}. Faults: {faults}.",
                kind=kind,
                fault=fault,
                faults=", ".join(self._kind.faults),
            )
        self.name = name
        self.recipe = self._kind.recipe
        self.folder = folder
        self.port = str(folder / "tty")
        self.fault = fault
        self._fault = self._kind.faults[fault] if fault else _Fault()
        self._process: subprocess.Popen[bytes] | None = None
        self._unread = b""
        self._talking = threading.Lock()

    def start(self) -> None:
        """Powers the board on: its port is there when this returns. Raises ToolMissing, Unavailable."""
        if self._process is not None:
            return
        argv = self._argv(avr_programs())
        self.folder.mkdir(parents=True, exist_ok=True)
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

    def _argv(self, programs: AvrPrograms) -> list[str]:
        chip = self._fault.chip or self._kind.chip
        argv = [str(programs.emulator), "--mcu", chip, "--port", self.port]
        argv += ["--bootloader", str(programs.bootloader(chip))]
        if self._kind.factory_program:
            argv += ["--program", str(programs.factory(chip))]
        argv += ["--flash", str(self.folder / "flash.bin"), "--eeprom", str(self.folder / "eeprom.bin")]
        return [*argv, *self._kind.options, *self._fault.options]

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
