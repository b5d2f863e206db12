"""The MICROBIT drive of a micro:bit: a folder that behaves as the interface chip's (DAPLink's) drive does.

File names, keys and error texts are those of DAPLink's firmware (interface version 0255), since programs read them.
"""

import contextlib
import hashlib
import time
from pathlib import Path

from stemfleet.devices.intelhex import HexFault, Piece, is_finished
from stemfleet.devices.virtual import uhex

HIC_ID = "97969901"  # of the interface chip on a V1
_BOARD_IDS = {"v1": "9900", "v2": "9904"}
_SECTIONS = {"v1": "9900", "v2": "9903"}  # a V2's file section carries the first V2 id
_STABLE_S = 0.1
_UNFINISHED_S = 1.5
_AWAY_S = 0.15  # while the drive is gone before it comes back

_USER = "transient, user"
_HEX_FAULTS = {
    "checksum": ("The hex file cannot be decoded. Checksum calculation failure occurred.", _USER),
    "parser": ("The hex file cannot be decoded. Parser logic failure occurred.", _USER),
    "unfinished": ("The transfer timed out.", _USER),
    "other_board": (
        "The hex file you dropped isn't compatible with this mode or device. "
        "Are you in MAINTENANCE mode? See HELP FAQ.HTM",
        "user",
    ),
}
TARGET_FAULT = ("The interface firmware FAILED to reset/halt the target MCU", "target")
TRANSIENT_FAULT = ("An error occurred during the transfer", "transient")


class Refusal(Exception):
    """The dropped file is not programmed; `error` and `kind` go into FAIL.TXT."""

    def __init__(self, error: str, kind: str) -> None:
        super().__init__(error)
        self.error = error
        self.kind = kind


class DaplinkDrive:
    """One drive. Not thread-safe: belongs to the board's thread."""

    def __init__(self, folder: Path, name: str, version: str, *, clone: bool = False, bootloader: bool = False) -> None:
        """`version` is "v1" or "v2"; the unique id is made from the name, so the same board keeps its own.

        `bootloader`: the drive is the one of a board that was plugged in with its reset button held.
        """
        self.folder = folder
        self.unique_id = _BOARD_IDS[version] + hashlib.sha256(name.encode()).hexdigest()[:36] + HIC_ID
        self._section = _SECTIONS[version]
        self._clone = clone
        self._mode = "Bootloader" if bootloader else "Interface"
        self._remounts = 0
        self._seen: tuple[Path, int] | None = None  # the file on its way in, and its size
        self._since = 0.0

    def mount(self, refusal: Refusal | None = None) -> None:
        """The drive (re)appears, empty but for its own files; with FAIL.TXT after a refusal."""
        self.unmount()
        self.folder.mkdir(parents=True, exist_ok=True)
        if refusal:
            self._write("FAIL.TXT", f"error: {refusal.error}\ntype: {refusal.kind}\n")
        self._write("MICROBIT.HTM", '<meta http-equiv="refresh" content="0; url=https://microbit.org/"/>\n')
        self._write("DETAILS.TXT", self._details())

    def unmount(self) -> None:
        """The drive is gone: an empty folder stands for it."""
        if self.folder.is_dir():
            for file in self.folder.iterdir():
                file.unlink()

    def remount(self, refusal: Refusal | None = None) -> None:
        """Away and back after a transfer, the remount count one higher."""
        self._remounts += 1
        self._seen = None
        self.unmount()
        time.sleep(_AWAY_S)
        self.mount(refusal)

    def take(self) -> tuple[Piece, ...] | None:
        """The program of a hex file that was dropped, as soon as it is complete; None while there is none.

        Raises Refusal for a file that cannot be programmed.
        """
        file = next((f for f in self.folder.glob("*") if f.suffix.lower() == ".hex"), None)
        if file is None or not self._stable(file):
            return None
        text = file.read_text(encoding="ascii", errors="replace")
        if not is_finished(text) and time.monotonic() - self._since < _UNFINISHED_S:
            return None
        try:
            return uhex.pieces_for(text, self._section)
        except HexFault as fault:
            raise Refusal(*_HEX_FAULTS[fault.kind]) from fault

    def _stable(self, file: Path) -> bool:
        seen = (file, file.stat().st_size)
        if seen != self._seen:
            self._seen, self._since = seen, time.monotonic()
        return time.monotonic() - self._since >= _STABLE_S

    def _details(self) -> str:
        facts = {
            "Unique ID": self.unique_id,
            "HIC ID": self.unique_id[-8:],
            "Auto Reset": "1",
            "Automation allowed": "0",
            "Overflow detection": "0",
            "Daplink Mode": self._mode,
            "Interface Version": "0255",
            "Local Mods": "1" if self._clone else "0",
            "USB Interfaces": "MSD, CDC, HID, WebUSB",
            "Remount count": str(self._remounts),
            "URL": f"https://microbit.org/device/?id={self.unique_id[:4]}&v=0255",
        }
        lines = [f"{key}: {value}" for key, value in facts.items()]
        return "\n".join(["# DAPLink Firmware - see https://mbed.com/daplink", *lines, ""])

    def _write(self, name: str, text: str) -> None:
        """Whole or not at all: a reader never sees half a file."""
        whole = self.folder.with_name(f".{name}")
        whole.write_text(text.replace("\n", "\r\n"), encoding="ascii", newline="")
        whole.replace(self.folder / name)

    def remove(self) -> None:
        """The board is unplugged: drive and folder are gone."""
        self.unmount()
        with contextlib.suppress(OSError):
            self.folder.rmdir()
