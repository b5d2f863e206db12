"""The MICROBIT drive: what its DETAILS.TXT and FAIL.TXT say, and where it is mounted.

Names and values are those of DAPLink, the firmware of a micro:bit's interface chip.
"""

import os
import re
import string
import sys
from dataclasses import dataclass
from pathlib import Path

_SMALL = 8192  # bytes; both files are a few hundred


@dataclass(frozen=True)
class Details:
    """What a drive tells of its board. `unique_id`: 48 hex digits, the first four name the board's version.

    `remounts` is None on old interface firmware, which does not count them. `bootloader`: a MAINTENANCE drive.
    """

    unique_id: str
    interface: str
    remounts: int | None
    clone: bool
    bootloader: bool

    @property
    def board_code(self) -> str:
        """Four hex digits: 9900 V1.3, 9901 V1.5, 9903 to 9906 V2."""
        return self.unique_id[:4]


def read_details(volume: Path) -> Details | None:
    """What DETAILS.TXT of a drive says; None if the drive is away, or the file is not (yet) whole."""
    facts = _facts(volume / "DETAILS.TXT")
    if facts is None:
        return None
    mode = facts.get("daplink mode", "")
    bootloader = mode.lower() == "bootloader" or volume.name.upper().startswith("MAINTENANCE")
    unique_id = facts.get("unique id", "")
    if not re.fullmatch(r"[0-9A-Fa-f]{8,64}", unique_id) and not bootloader:
        return None
    remounts = facts.get("remount count", "")
    return Details(
        unique_id=unique_id.lower(),
        interface=facts.get("interface version", ""),
        remounts=int(remounts) if remounts.isdigit() else None,
        clone=facts.get("local mods", "0") != "0",
        bootloader=bootloader,
    )


@dataclass(frozen=True)
class Failure:
    """FAIL.TXT: DAPLink's own words, and the types of the error ("target", "transient", "user", ...)."""

    error: str
    types: frozenset[str]


def read_failure(volume: Path) -> Failure | None:
    """What FAIL.TXT says, None if there is none: which alone proves nothing."""
    facts = _facts(volume / "FAIL.TXT")
    if facts is None:
        return None
    types = frozenset(part.strip().lower() for part in facts.get("type", "").split(",") if part.strip())
    return Failure(facts.get("error", "unknown"), types)


def mounted_drives() -> dict[Path, Details]:
    """Every mounted micro:bit drive, the MAINTENANCE ones too."""
    return {place: details for place in _mount_points() if (details := read_details(place)) is not None}


def _facts(file: Path) -> dict[str, str] | None:
    try:
        with file.open("rb") as opened:
            text = opened.read(_SMALL).decode("ascii", "replace")
    except OSError:
        return None
    rows = (line.partition(":") for line in text.splitlines() if not line.startswith("#"))
    return {key.strip().lower(): value.strip() for key, colon, value in rows if colon}


def _mount_points() -> list[Path]:
    if sys.platform == "win32":
        return [Path(f"{letter}:\\") for letter in string.ascii_uppercase[2:]]
    if sys.platform == "darwin":
        return sorted(Path("/Volumes").glob("*"))
    try:
        rows = [row.split() for row in Path("/proc/self/mounts").read_text().splitlines()]
    except OSError:
        return []
    # The drive is FAT; anything else (a network share that hangs) is not even looked at.
    return [Path(os.fsdecode(_unescaped(row[1]))) for row in rows if len(row) > 2 and row[2] in ("vfat", "msdos")]


def _unescaped(place: str) -> bytes:
    """A mount point's blanks are written as octal numbers."""
    return re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), os.fsencode(place))
