"""A virtual ESP board: ROM loader and MicroPython on one port.

A tool's first knock brings the ROM loader; closing the port resets the board (a pseudo-terminal has no DTR and RTS to
do it with), and if a bootable image is in the flash, MicroPython runs. What runs does not depend on which image it is:
there is no emulator of the processor, so the image only has to be whole.
Faults to order: faults.py.
"""

import hashlib
import time
from pathlib import Path

from stemfleet.devices.virtual.esprom import CHIPS, SYNC_HEAD, RomLoader, bootable
from stemfleet.devices.virtual.faults import check_fault
from stemfleet.devices.virtual.micropython import MicroPython, need_micropython
from stemfleet.devices.virtual.ptyboard import PtyBoard
from stemfleet.errors import InputError

_HEAP_KB = 256
_POOR_HEAP_KB = {"esp32": 56, "esp8266": 32}
_FLASH_SIZE = 4 << 20
_SLOW_S = 2.5  # before every answer of a slow board's loader; tools wait three seconds
_PULLED_AFTER = 20_000  # bytes: in the middle of the image
_LAST_STRAW = b"ram_errors"  # of the self-test
_NOISE = bytes(range(128, 256)).replace(b"\xc0", b"")
_MAC_MAKER = bytes.fromhex("240ac4")  # Espressif
_BOOT = b"ets Jun  8 2016 00:22:57\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
_NOTHING = b"invalid header: 0xffffffff\r\n"


class EspBoard(PtyBoard):
    """One board. Flash and files are kept through resets, and through stop and start."""

    def __init__(
        self,
        name: str,
        folder: Path,
        fault: str | None = None,
        chip: str = "esp32",
        *,
        serial: str | None = None,
    ) -> None:
        """`folder` is the board's own; the MAC is made from `serial`, else from the name.

        Raises InputError for an unknown fault or chip.
        """
        super().__init__(name, folder, fault)
        if chip not in CHIPS:
            raise InputError("There is no virtual {kind}. Kinds: {kinds}.", kind=chip, kinds=", ".join(CHIPS))
        check_fault(chip, fault)
        self.recipe = chip
        self.mac = _MAC_MAKER + hashlib.sha256((serial or name).encode()).digest()[:3]
        self._flash = bytearray(b"\xff" * _FLASH_SIZE)
        other = next(name for name in CHIPS if name != chip)
        self._chip = CHIPS[other if fault == "wrong_signature" else chip]
        self._rom = RomLoader(self._chip, self.mac, self._flash, bad_flash=fault == "bad_flash")
        self._heap_kb = _POOR_HEAP_KB[chip] if fault == "failed_measurement" else _HEAP_KB
        self._in_rom = False
        self._heard = b""
        self._python: MicroPython | None = None
        self._late: list[tuple[float, bytes]] = []  # answers of a slow board: when, what
        self._bytes_to_pull = _PULLED_AFTER if fault == "unplugged" else 0

    def need_tools(self) -> None:
        need_micropython()

    def power_on(self) -> None:
        self._reset()

    def power_off(self) -> None:
        self._halt()

    def closed(self) -> None:
        if self._in_rom:
            self._reset()

    def received(self, data: bytes) -> None:
        if self.fault in ("silent", "garbage") or self._is_pulled(len(data)):
            return
        longest = max(len(SYNC_HEAD), len(_LAST_STRAW))
        self._heard = (self._heard + data)[-len(data) - longest :]
        if not self._in_rom and SYNC_HEAD in self._heard:
            self._halt()
            self._rom.reset()
            self._in_rom = True
            data = self._heard[self._heard.rindex(SYNC_HEAD) :]
        if self._in_rom:
            self._answer(self._rom.feed(data), is_knock=SYNC_HEAD in data)
        elif self.fault == "brown_out" and _LAST_STRAW in self._heard:
            self._reset()
        elif self._python is not None:
            self._python.write(data)

    def chores(self) -> None:
        """What a slow board says late, and noise."""
        while self._late and self._late[0][0] <= time.monotonic():
            self.uart.send(self._late.pop(0)[1])
        if self.fault == "garbage" and self.uart.is_open:
            self.uart.send(_NOISE)

    def _answer(self, said: bytes, *, is_knock: bool) -> None:
        if self.fault == "slow" and not is_knock and said:
            self._late.append((time.monotonic() + _SLOW_S, said))
        else:
            self.uart.send(said)

    def _is_pulled(self, more: int) -> bool:
        """Whether the cable goes with these bytes."""
        before, self._bytes_to_pull = self._bytes_to_pull, max(0, self._bytes_to_pull - more)
        if before and not self._bytes_to_pull:
            self.pull_out()
            return True
        return False

    def order(self, words: list[str]) -> str:
        """reset"""
        if words == ["reset"]:
            self._reset()
            return "ok"
        return super().order(words)

    def _reset(self) -> None:
        self._halt()
        self._in_rom, self._heard = False, b""
        self._late.clear()
        if self.fault in ("silent", "garbage"):
            return
        whole = bootable(self._flash, self._chip.app_at)
        self.uart.send(_BOOT if whole else _BOOT + _NOTHING)
        if whole:
            self._python = MicroPython(self.folder / "files.bin", self._heap_kb)
            self.sources[self._python.fd] = self._printed

    def _halt(self) -> None:
        if self._python is not None:
            self.sources.pop(self._python.fd, None)
            self._python.stop()
            self._python = None
        self.uart.forget()

    def _printed(self) -> None:
        assert self._python is not None
        self.sources.pop(self._python.fd)
        self.uart.send(self._python.read())
        self.sources[self._python.fd] = self._printed
