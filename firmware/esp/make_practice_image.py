"""Makes practice-esp32.bin or practice-esp8266.bin: `python firmware/esp/make_practice_image.py esp32 FILE`.

An application image in esptool's own format (esptool's own writer), with no program in it that could do anything on a
chip: an endless loop, a text that says what it is, and 96 kB that cannot be compressed away. Virtual boards need an
image that is whole; MicroPython images for real boards are their makers' and are given by the user.
"""

import hashlib
import sys
from itertools import count
from pathlib import Path

from esptool.bin_image import ELFSection, ESP32FirmwareImage, ESP8266ROMFirmwareImage

TEXT = b"stemfleet practice image 1.0 for virtual %s boards. This is not MicroPython. Do not flash it to a real board.\0"
SIZE = 96 * 1024
PLACES = {"esp32": (0x3FFB0000, 0x40080000), "esp8266": (0x3FFE8000, 0x40100000)}  # of data and code
WRITERS = {"esp32": ESP32FirmwareImage, "esp8266": ESP8266ROMFirmwareImage}
LOOP = bytes.fromhex("06ffff00")  # Xtensa: jump to itself


def filler(size: int) -> bytes:
    """Always the same bytes, without any pattern."""
    blocks = (hashlib.sha256(b"stemfleet %d" % number).digest() for number in count())
    data = b""
    while len(data) < size:
        data += next(blocks)
    return data[:size]


def image(chip: str) -> bytes:
    """The whole file."""
    made = WRITERS[chip]()
    data_at, code_at = PLACES[chip]
    made.entrypoint = code_at
    made.flash_size_freq = {"esp32": 0x20, "esp8266": 0x40}[chip]  # 4 MB, 40 MHz
    made.segments = [
        ELFSection(b".data", data_at, TEXT % chip.upper().encode() + filler(SIZE), 0),
        ELFSection(b".text", code_at, LOOP, 0),
    ]
    saved = made.save(None)
    return saved[-1] if isinstance(saved, tuple) else saved  # an ESP8266's program outside the flash is a part of its own


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(image(sys.argv[1]))
