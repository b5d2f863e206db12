"""Makes practice-esp32.bin: `python firmware/esp/make_practice_image.py firmware/esp/practice-esp32.bin`.

An application image in esptool's own format (esptool's own writer), with no program in it that could do anything on a
chip: an endless loop, a text that says what it is, and 96 kB that cannot be compressed away. Virtual boards need an
image that is whole; MicroPython images for real boards are their makers' and are given by the user.
"""

import hashlib
import sys
from itertools import count
from pathlib import Path

from esptool.bin_image import ELFSection, ESP32FirmwareImage

TEXT = b"stemfleet practice image 1.0 for virtual ESP32 boards. This is not MicroPython. Do not flash it to a real board.\0"
SIZE = 96 * 1024
DATA_AT, CODE_AT = 0x3FFB0000, 0x40080000
LOOP = bytes.fromhex("06ffff00")  # Xtensa: jump to itself


def filler(size: int) -> bytes:
    """Always the same bytes, without any pattern."""
    blocks = (hashlib.sha256(b"stemfleet %d" % number).digest() for number in count())
    data = b""
    while len(data) < size:
        data += next(blocks)
    return data[:size]


def image() -> bytes:
    """The whole file."""
    made = ESP32FirmwareImage()
    made.entrypoint = CODE_AT
    made.flash_size_freq = 0x20  # 4 MB, 40 MHz
    made.segments = [
        ELFSection(b".data", DATA_AT, TEXT + filler(SIZE), 0),
        ELFSection(b".text", CODE_AT, LOOP, 0),
    ]
    return made.save(None)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(image())
