"""The processor of a micro:bit V1, emulated by QEMU: flash, serial line, buttons, pins and the LEDs of the display.

QEMU is reached through two socket pairs that it inherits: one is the UART, the other its test protocol
("qtest"), by which memory is read and pins are driven while the program runs. No port, file or name on the machine is
taken.
"""

import base64
import contextlib
import shutil
import socket
import subprocess
import time
from pathlib import Path

from stemfleet.errors import InputError, ToolMissing

QEMU = "qemu-system-arm"
FLASH_SIZE = 0x40000
_ANSWER_S = 5.0
_GPIO_OUT = 0x50000504
_TIMER_CAPTURE3, _TIMER_CC3, _TIMER_MASK = 0x4000804C, 0x4000854C, 0xFFFFFF  # TIMER0, 24 bits of microseconds
_TICK_US = 6000  # MicroPython draws a row of the display and looks at the buttons this often
_LOOK_S = 0.1
_LOOKS, _BETWEEN_LOOKS_S = 300, 0.001  # the display is drawn a row in 6 ms; many rounds of its three rows
# Edge connector and buttons -> GPIO of the nRF51 (micro:bit V1 schematic).
_GPIO = {"a": 17, "b": 26, "0": 3, "1": 2, "2": 1}
# The display's 25 LEDs stand in 3 electrical rows of 9: (row, column) of each place, top left to bottom right.
_MATRIX = (
    ((0, 0), (1, 3), (0, 1), (1, 4), (0, 2)),
    ((2, 3), (2, 4), (2, 5), (2, 6), (2, 7)),
    ((1, 1), (0, 8), (1, 2), (2, 8), (1, 0)),
    ((0, 7), (0, 6), (0, 5), (0, 4), (0, 3)),
    ((2, 2), (1, 6), (2, 0), (1, 5), (2, 1)),
)


def need_qemu() -> None:
    """Raises ToolMissing if QEMU is not installed."""
    if shutil.which(QEMU) is None:
        raise ToolMissing(tool=QEMU, install="sudo apt install qemu-system-arm")


class MicrobitCpu:
    """One running QEMU. It dies with the thread that started it (where the system can promise that)."""

    def __init__(self, flash: bytes, folder: Path) -> None:
        """Boots from 256 kB of flash contents; `folder` takes the file that QEMU loads them from."""
        image = folder / "flash.bin"
        image.write_bytes(flash)
        self.uart, uart_end = socket.socketpair()
        self._probe, probe_end = socket.socketpair()
        self._probe.settimeout(_ANSWER_S)
        self._ticked_at, self._next_look = -1, 0.0
        mortal = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        command = [
            *(*mortal, QEMU, "-M", "microbit", "-display", "none", "-nodefaults"),
            *("-chardev", f"socket,id=uart,fd={uart_end.fileno()}", "-serial", "chardev:uart"),
            *("-chardev", f"socket,id=probe,fd={probe_end.fileno()}"),
            *("-object", "qtest,id=qtest,chardev=probe,log=none"),
            *("-device", f"loader,file={_escaped(image)},addr=0"),
        ]
        with (folder / "qemu.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(uart_end.fileno(), probe_end.fileno()),
            )
        uart_end.close()
        probe_end.close()

    def stop(self) -> bytes | None:
        """Ends QEMU. The flash contents at that moment; None if it had died before."""
        flash: bytes | None = None
        with contextlib.suppress(OSError):
            flash = base64.b64decode(self._ask(f"b64read 0x0 {FLASH_SIZE:#x}").split()[1])
        self._process.kill()
        self._process.wait()
        self.uart.close()
        self._probe.close()
        return flash

    def set_input(self, name: str, high: bool) -> None:
        """Drives a button ("a", "b": low is pressed) or a pin ("0", "1", "2"). Raises InputError."""
        if name not in _GPIO:
            raise InputError("A virtual micro:bit has a, b, 0, 1, 2; not {name!r}.", name=name)
        self._ask(f"set_irq_in /machine/nrf51 unnamed-gpio-in {_GPIO[name]} {int(high)}")

    def keep_ticking(self) -> None:
        """To be called again and again: sets the timer going if it stands still.

        QEMU 7.2 overlooks a compare value that passes while the program touches the timer; MicroPython sets the next
        one only at the last, so display and buttons would stand still until the counter comes round, after 17 s.
        """
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + _LOOK_S
        with contextlib.suppress(OSError):
            due = self._read(_TIMER_CC3)
            if due == self._ticked_at:
                self._ask(f"writel {_TIMER_CAPTURE3:#x} 1")
                due = self._read(_TIMER_CC3) + _TICK_US & _TIMER_MASK
                self._ask(f"writel {_TIMER_CC3:#x} {due:#x}")
            self._ticked_at = due

    def screen(self) -> str:
        """The LEDs that are lit, read from the pins that drive them: five rows of # and . joined by /."""
        lit: set[tuple[int, int]] = set()
        for _ in range(_LOOKS):
            time.sleep(_BETWEEN_LOOKS_S)
            self.keep_ticking()
            pins = self._read(_GPIO_OUT)
            rows, columns = pins >> 13 & 0b111, ~(pins >> 4) & 0x1FF
            lit |= {(r, c) for r in range(3) if rows >> r & 1 for c in range(9) if columns >> c & 1}
        return "/".join("".join("#" if led in lit else "." for led in row) for row in _MATRIX)

    def _read(self, address: int) -> int:
        return int(self._ask(f"readl {address:#x}").split()[1], 16)

    def _ask(self, command: str) -> str:
        self._probe.sendall(command.encode() + b"\n")
        answer = bytearray()
        while not answer.endswith(b"\n"):
            piece = self._probe.recv(1 << 20)
            if not piece:
                raise ConnectionResetError("QEMU has ended")
            answer += piece
        return answer.decode()


def _escaped(path: Path) -> str:
    return str(path.resolve()).replace(",", ",,")  # a comma separates QEMU's options
