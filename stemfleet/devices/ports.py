"""What is plugged in: serial ports, the recipes that they may be for, and the drive that belongs to the same board."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serial.tools import list_ports as pyserial_ports

from stemfleet.devices.families.microbit_drive import Details, mounted_drives
from stemfleet.devices.recipe import Recipe


@dataclass(frozen=True)
class Port:
    """A port, or a drive whose port is not there (`device` None).

    `usb` is "VID:PID" in capital hex digits; `location` the place on the hubs ("1-2.3"), which names a slot; `recipes`
    those for such a USB device, often several: the port is a hint, the board is known only when it is asked.
    `virtual`: one of our emulated boards.
    """

    device: str | None
    description: str
    usb: str | None
    serial_number: str | None
    location: str | None
    volume: Path | None
    recipes: tuple[str, ...]
    virtual: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain values; the keys are the field names."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**plain, "volume": str(self.volume) if self.volume else None, "recipes": list(self.recipes)}


def list_ports(recipes: Mapping[str, Recipe]) -> list[Port]:
    """Everything that is plugged in now, by place on the hubs."""
    return pair(pyserial_ports.comports(), mounted_drives(), recipes)


def list_serial_ports(recipes: Mapping[str, Recipe]) -> list[Port]:
    """The ports alone, to be asked for again and again: a drive that hangs would hang whoever touches it."""
    return pair(pyserial_ports.comports(), {}, recipes)


def pair(infos: Iterable[Any], drives: Mapping[Path, Details], recipes: Mapping[str, Recipe]) -> list[Port]:
    """Ports (pyserial's ListPortInfo) with their drives; drives that belong to none of them at the end."""
    ports = [_port(info, drives, recipes) for info in infos]
    paired = {port.volume for port in ports}
    ports += [_drive(volume, details, recipes) for volume, details in drives.items() if volume not in paired]
    return sorted(ports, key=lambda port: (port.location or "~", port.device or "~", str(port.volume)))


def _port(info: Any, drives: Mapping[Path, Details], recipes: Mapping[str, Recipe]) -> Port:
    usb = None if info.vid is None else f"{info.vid:04X}:{info.pid:04X}"
    serial_number = (info.serial_number or "").lower()
    # Windows may give a wrong or shortened serial number: then nothing is paired.
    pairs = [place for place, details in drives.items() if serial_number and details.unique_id == serial_number]
    return Port(
        device=info.device,
        description="" if info.description in {None, "n/a"} else info.description,
        usb=usb,
        serial_number=info.serial_number,
        location=info.location,
        volume=pairs[0] if len(pairs) == 1 else None,
        recipes=tuple(name for name, recipe in recipes.items() if usb is not None and usb in recipe.usb),
    )


def _drive(volume: Path, details: Details, recipes: Mapping[str, Recipe]) -> Port:
    named = [name for name, recipe in recipes.items() if details.board_code in recipe.settings.get("board_codes", [])]
    words = "micro:bit bootloader (MAINTENANCE)" if details.bootloader else "micro:bit drive"
    return Port(None, words, None, details.unique_id or None, None, volume, tuple(named))
