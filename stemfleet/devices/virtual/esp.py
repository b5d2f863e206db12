"""A virtual ESP board: ROM loader and MicroPython on one port.

A tool's first knock brings the ROM loader; closing the port resets the board (a pseudo-terminal has no DTR and RTS to
do it with), and if a bootable image is in the flash, MicroPython runs. What runs does not depend on which image it is:
there is no emulator of the processor, so the image only has to be whole.

Faults to order: silent, bad_flash (what is written is not what is read), wrong_chip (an ESP8266 where an ESP32 should
be), failed_measurement (too little memory).
"""

import hashlib
from pathlib import Path

from stemfleet.devices.virtual.esprom import CHIPS, SYNC_HEAD, RomLoader, bootable
from stemfleet.devices.virtual.micropython import MicroPython, need_micropython
from stemfleet.devices.virtual.ptyboard import PtyBoard
from stemfleet.errors import InputError

FAULTS = ("silent", "bad_flash", "wrong_chip", "failed_measurement")
_HEAP_KB = 256
_POOR_HEAP_KB = 56
_FLASH_SIZE = 4 << 20
_MAC_MAKER = bytes.fromhex("240ac4")  # Espressif
_BOOT = b"ets Jun  8 2016 00:22:57\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
_NOTHING = b"invalid header: 0xffffffff\r\n"


class EspBoard(PtyBoard):
    """One board. Flash and files are kept through resets, and through stop and start."""

    def __init__(self, name: str, folder: Path, fault: str | None = None, chip: str = "esp32") -> None:
        """`folder` is the board's own. Raises InputError for an unknown fault or chip."""
        super().__init__(name, folder, fault)
        if chip not in CHIPS or (fault is not None and fault not in FAULTS):
            raise InputError(
                "There is no virtual {chip} with the fault {fault!r}. Chips: {chips}. Faults: {faults}.",
                chip=chip,
                fault=fault,
                chips=", ".join(CHIPS),
                faults=", ".join(FAULTS),
            )
        self.recipe = chip
        self.mac = _MAC_MAKER + hashlib.sha256(name.encode()).digest()[:3]
        self._flash = bytearray(b"\xff" * _FLASH_SIZE)
        self._chip = CHIPS["esp8266" if fault == "wrong_chip" else chip]
        self._rom = RomLoader(self._chip, self.mac, self._flash, bad_flash=fault == "bad_flash")
        self._heap_kb = _POOR_HEAP_KB if fault == "failed_measurement" else _HEAP_KB
        self._in_rom = False
        self._heard = b""
        self._python: MicroPython | None = None

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
        if self.fault == "silent":
            return
        self._heard = (self._heard + data)[-len(data) - len(SYNC_HEAD) :]
        if not self._in_rom and SYNC_HEAD in self._heard:
            self._halt()
            self._rom.reset()
            self._in_rom = True
            data = self._heard[self._heard.rindex(SYNC_HEAD) :]
        if self._in_rom:
            self.uart.send(self._rom.feed(data))
        elif self._python is not None:
            self._python.write(data)

    def order(self, words: list[str]) -> str:
        """reset"""
        if words == ["reset"]:
            self._reset()
            return "ok"
        return super().order(words)

    def _reset(self) -> None:
        self._halt()
        self._in_rom, self._heard = False, b""
        if self.fault == "silent":
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
