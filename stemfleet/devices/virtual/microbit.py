"""A virtual micro:bit: an emulated V1 processor, its serial port, and a folder that plays the MICROBIT drive.

Faults to order: faults.py. No emulator runs a V2's processor: a V2 here is a drive with a silent port.
"""

import functools
from pathlib import Path
from typing import Literal

from stemfleet.devices.intelhex import Piece
from stemfleet.devices.virtual import daplink, uhex
from stemfleet.devices.virtual.faults import check_fault
from stemfleet.devices.virtual.microbit_cpu import FLASH_SIZE, MicrobitCpu, need_qemu
from stemfleet.devices.virtual.ptyboard import PtyBoard
from stemfleet.errors import InputError, ToolMissing

_LAST_STRAW = b"display_errors"  # the self-test's first step lights all LEDs: too much for a weak supply
_NOISE = bytes(range(128, 256))
_FILES_AT = 0x38C00  # where MicroPython for V1 keeps its files; uflash writes the script there


class MicrobitBoard(PtyBoard):
    """One board; `volume` is its drive. It keeps its flash through resets, and through stop and start."""

    def __init__(
        self,
        name: str,
        folder: Path,
        fault: str | None = None,
        version: Literal["v1", "v2"] = "v1",
        *,
        serial: str | None = None,
    ) -> None:
        """`folder` is the board's own; the unique id is made from `serial`, else from the name.

        Raises InputError for an unknown fault.
        """
        super().__init__(name, folder, fault)
        check_fault("microbit", fault)
        self.recipe = f"microbit-{version}"
        version = "v2" if fault == "wrong_signature" else version
        bootloader = fault == "maintenance"
        self.volume: Path | None = folder / ("MAINTENANCE" if bootloader else "MICROBIT")
        self._drive = daplink.DaplinkDrive(
            self.volume, serial or name, version, clone=fault == "clone", bootloader=bootloader
        )
        self._runs = version == "v1" and fault not in ("silent", "garbage")
        self._heard = b""
        self._was_pulled = False
        self._transfers = 0
        self._flash: bytes | None = None  # of the last time it was up
        self._cpu: MicrobitCpu | None = None

    def need_tools(self) -> None:
        """Raises ToolMissing for QEMU and uflash."""
        need_qemu()
        try:
            import uflash  # noqa: F401, PLC0415 - two megabytes of firmware: only where it is needed
        except ImportError as missing:
            raise ToolMissing(tool="uflash", install="pip install uflash") from missing

    def power_on(self) -> None:
        self._boot(self._flash or _factory_flash())
        self._drive.mount()

    def power_off(self) -> None:
        self._halt()
        self._drive.remove()

    def received(self, data: bytes) -> None:
        if self._cpu is None or not self._runs:
            return
        self._cpu.uart.sendall(data)
        self._heard = (self._heard + data)[-len(data) - len(_LAST_STRAW) :]
        if self.fault == "brown_out" and _LAST_STRAW in self._heard:
            self._heard = b""
            self._boot(self._halt() or _factory_flash())

    def chores(self) -> None:
        """Looks whether a hex file was dropped, and programs it as the interface chip does."""
        if self._cpu is not None:
            self._cpu.keep_ticking()
        if self.fault == "garbage" and self.uart.is_open:
            self.uart.send(_NOISE)
        try:
            pieces = None if self.fault == "slow" else self._drive.take()
            if pieces is None:
                return
            if self.fault == "unplugged" and not self._was_pulled:
                self._was_pulled = True
                self.pull_out()
                return
            self._transfers += 1
            self._refuse_on_order()
            self._program(pieces)
            self._drive.remount()
        except daplink.Refusal as refusal:
            self._drive.remount(refusal)

    def order(self, words: list[str]) -> str:
        """reset | press a | release b | pin 0 1 | screen"""
        if self._cpu is None:
            raise InputError("The virtual micro:bit {name} has no running processor.", name=self.name)
        match words:
            case ["reset"]:
                self._boot(self._halt() or _factory_flash())
            case ["press" | "release" as verb, button]:
                self._cpu.set_input(button, high=verb == "release")
            case ["pin", pin, ("0" | "1") as level]:
                self._cpu.set_input(pin, high=level == "1")
            case ["screen"]:
                return self._cpu.screen()
            case _:
                return super().order(words)
        return "ok"

    def _refuse_on_order(self) -> None:
        if self.fault == "fail_target":
            raise daplink.Refusal(*daplink.TARGET_FAULT)
        if self.fault == "fail_transient" or (self.fault == "fail_transient_once" and self._transfers == 1):
            raise daplink.Refusal(*daplink.TRANSIENT_FAULT)

    def _program(self, pieces: tuple[Piece, ...]) -> None:
        flash = uhex.image(pieces, FLASH_SIZE)
        if self.fault == "bad_flash":
            flash[_FILES_AT + 20] ^= 0x01  # a byte of the script's beginning
        self._halt()
        self._boot(bytes(flash))

    def _boot(self, flash: bytes) -> None:
        self._flash = flash
        self._cpu = MicrobitCpu(flash, self.folder)
        self.sources[self._cpu.uart.fileno()] = self._printed
        if self.fault == "failed_measurement":
            self._cpu.set_input("a", high=False)

    def _halt(self) -> bytes | None:
        if self._cpu is not None:
            self.sources.pop(self._cpu.uart.fileno(), None)
            self._flash = self._cpu.stop() or self._flash
            self._cpu = None
        self.uart.forget()
        return self._flash

    def _printed(self) -> None:
        assert self._cpu is not None
        data = self._cpu.uart.recv(65536)
        if not data:  # QEMU has ended: the board falls silent
            self.sources.pop(self._cpu.uart.fileno())
        elif self._runs:
            self.uart.send(data)


@functools.cache
def _factory_flash() -> bytes:
    """A micro:bit that was never flashed by us: MicroPython without a script."""
    import uflash  # noqa: PLC0415

    return bytes(uhex.image(uhex.pieces_for(uflash._RUNTIME, "9900"), FLASH_SIZE))
