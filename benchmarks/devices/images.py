"""Images of any size that run: the Uno's self-test, filled up with random bytes; no two of a run are the same."""

import random
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from stemfleet.devices.intelhex import pieces
from stemfleet.devices.recipe import Recipe
from stemfleet.resources import resource

SELFTEST = resource("firmware", "arduino", "selftest-atmega328p.hex")
_ROW = 16  # bytes of an Intel HEX record


def read_hex(file: Path) -> bytes:
    """The data of an Intel HEX file without gaps, from address 0."""
    found = bytearray()
    for piece in pieces(file.read_text("ascii")):
        found[piece.address : piece.address + len(piece.data)] = piece.data
    return bytes(found)


def write_hex(file: Path, data: bytes) -> None:
    rows = []
    for place in range(0, len(data), _ROW):
        row = data[place : place + _ROW]
        record = bytes([len(row)]) + place.to_bytes(2, "big") + b"\x00" + row
        rows.append(":" + (record + bytes([-sum(record) & 0xFF])).hex().upper())
    file.write_text("\n".join([*rows, ":00000001FF", ""]), "ascii")


class Images:
    """Makes them, in one folder; `seed` decides all of them."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder, self._chance, self._count = folder, random.Random(seed), 0  # noqa: S311
        folder.mkdir(parents=True, exist_ok=True)

    def next(self, size: int) -> Path:
        """A new Intel HEX file of so many data bytes."""
        program = read_hex(SELFTEST)
        self._count += 1
        file = self._folder / f"image-{self._count}.hex"
        write_hex(file, program + self._chance.randbytes(size - len(program)))
        return file


def with_image(recipe: Recipe, image: Path) -> Recipe:
    """The recipe, with this image as the approved one."""
    digest = sha256(image.read_bytes()).hexdigest()
    return replace(recipe, firmware=replace(recipe.firmware, file=image, sha256=digest))
