"""The serial number that a USB device has of its own, as far as it tells one apart from others of its make."""

import os
import re

from serial.tools import list_ports

_SERIAL_NUMBER = re.compile(r"[0-9A-Za-z_-]{8,64}")
_FEWEST_CHARACTERS = 4  # different ones: "00000001" is the serial number of a whole series
_COUNTED = ("0123456789abcdef", "1234567890abcdef")


def usb_serial_number(port: str) -> str | None:
    """In small letters; None for a port that is no USB device, or whose number all its kind share."""
    for known in list_ports.comports():
        if known.device == os.path.realpath(port) and known.serial_number:
            return own_number(str(known.serial_number))
    return None


def own_number(told: str) -> str | None:
    """The number, unless it looks like one that nobody has filled in: too short, repeated, or counted up."""
    number = told.lower()
    invented = len(set(number)) < _FEWEST_CHARACTERS or any(row.startswith(number[:8]) for row in _COUNTED)
    return number if _SERIAL_NUMBER.fullmatch(number) and not invented else None
