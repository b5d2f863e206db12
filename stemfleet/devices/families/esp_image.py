"""Is a file an image for an ESP chip? Looked at before a board is touched; esptool writes whatever it is given.

Header, segments, checksum and appended sha256 as in Espressif's "Firmware Image Format" (esptool's documentation). What
may follow the first image, such as the partitions and the program of a MicroPython release, is not looked at.
"""

from dataclasses import dataclass
from functools import reduce
from hashlib import sha256
from operator import xor

MAGIC = 0xE9
_MOST_SEGMENTS = 16
_HEADER, _EXTENDED, _SEGMENT = 8, 16, 8  # bytes
_CHECKSUM_START = 0xEF
_DIGEST = 32
# The chip ids of the extended header; an ESP8266's image has none.
CHIP_IDS = {
    "esp32": 0,
    "esp32s2": 2,
    "esp32c3": 5,
    "esp32s3": 9,
    "esp32c2": 12,
    "esp32c6": 13,
    "esp32h2": 16,
    "esp32p4": 18,
    "esp32c61": 20,
    "esp32c5": 23,
    "esp32h21": 25,
    "esp32h4": 28,
}


@dataclass(frozen=True)
class ImageFault(Exception):
    """Why it is no image for the chip, as a sentence's end."""

    words: str


def check_esp_image(content: bytes, chip: str) -> None:
    """Raises ImageFault when this cannot be an image for the chip ("esp32", as in a recipe)."""
    if not content or content[0] != MAGIC:
        begins = f"0x{content[0]:02x}" if content else "nothing"
        raise ImageFault(f"it begins with {begins}, an ESP image with 0xe9")
    extended = chip != "esp8266"
    place = _HEADER + (_EXTENDED if extended else 0)
    if len(content) < place:
        raise ImageFault(f"it has {len(content)} bytes, too few for its header")
    if extended:
        _check_chip(int.from_bytes(content[12:14], "little"), chip)
    if not 1 <= content[1] <= _MOST_SEGMENTS:
        raise ImageFault(f"its header tells {content[1]} segments, possible are 1 to {_MOST_SEGMENTS}")
    end = _check_segments(content, place, content[1])
    if extended and content[23] == 1 and content[end : end + _DIGEST] != sha256(content[:end]).digest():
        raise ImageFault("its own sha256 does not fit: the file is cut off or damaged")


def _check_chip(told: int, chip: str) -> None:
    known = CHIP_IDS.get(chip)
    if known is not None and told != known:
        name = next((name for name, number in CHIP_IDS.items() if number == told), f"chip number {told}")
        raise ImageFault(f"it is for {name}, the recipe for {chip}")


def _check_segments(content: bytes, place: int, count: int) -> int:
    """Where the image ends, with its checksum."""
    checksum = _CHECKSUM_START
    for number in range(count):
        size = int.from_bytes(content[place + 4 : place + 8], "little")
        begin, place = place + _SEGMENT, place + _SEGMENT + size
        if size == 0 or place > len(content):
            raise ImageFault(
                f"its segment {number + 1} of {count} is not whole: the file is cut off or of another chip"
            )
        checksum = reduce(xor, content[begin:place], checksum)
    end = place // 16 * 16 + 16  # the checksum is the last byte of a block of 16
    if end > len(content) or content[end - 1] != checksum:
        raise ImageFault("its checksum does not fit: the file is cut off or damaged")
    return end
