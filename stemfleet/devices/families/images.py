"""Is a firmware file what boards of the family take? Looked at before a board is touched."""

import ast
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from stemfleet.devices.families.esp_image import ImageFault, check_esp_image
from stemfleet.devices.faults import BoardError
from stemfleet.devices.intelhex import BLOCK_START, HEADER, HexFault, as_avrdude_reads, pieces, records
from stemfleet.devices.recipe import Recipe
from stemfleet.words import Reason

LONGEST_SCRIPT = 20150  # bytes; uflash's limit: what both versions of a micro:bit hold
# Bytes of flash below the smallest usual bootloader, by avrdude's name of the part (data sheets; Optiboot: 512 bytes,
# stk500v2: 8 kB, Caterina: 4 kB). Of other parts avrdude says itself what does not fit.
_AVR_ROOM = {
    "m328p": 0x7E00,
    "m328pb": 0x7E00,
    "m168": 0x3E00,
    "m168p": 0x3E00,
    "m32u4": 0x7000,
    "m1284p": 0x1FC00,
    "m1280": 0x1F000,
    "m2560": 0x3E000,
}
_HEX_WORDS = {
    "parser": "is no record of an Intel HEX file",
    "checksum": "has a wrong checksum: the file is damaged",
}

LARGEST_IMAGE = 32_000_000  # bytes; the largest flash, of an ESP32, has half of it


def read_image(file: Path) -> bytes:
    """The whole file. Raises BoardError: bad_image for none, or a huge one; firmware_changed for an unreadable one."""
    try:
        if file.exists() and not file.is_file():
            raise BoardError(Reason.BAD_IMAGE, f"{file} is no file. Nothing was written. Give the firmware's file.")
        if file.stat().st_size > LARGEST_IMAGE:
            raise BoardError(
                Reason.BAD_IMAGE, f"{file} is larger than any board. Nothing was written. Is it the right file?"
            )
        return file.read_bytes()
    except OSError as error:
        raise firmware_changed(f"The firmware file {file} cannot be read: {error.strerror}.") from error


def firmware_changed(detail: str) -> BoardError:
    """The fault of an image that is not the approved one."""
    return BoardError(Reason.FIRMWARE_CHANGED, detail)


def check_image(recipe: Recipe, image: Path) -> None:
    """Raises BoardError(bad_image) for a file that boards of the recipe cannot take, where the family can tell."""
    check = _CHECKS.get(recipe.family)
    if check is not None:
        check(recipe, image)


def check_avr_image(recipe: Recipe, image: Path) -> None:
    """An Intel HEX file, whole, that leaves the bootloader alone. A printer flashed from a card takes anything."""
    if "programmer" not in recipe.settings:
        return
    part = str(recipe.settings["part"])
    try:
        text = as_avrdude_reads(image.read_bytes().decode("ascii"))
        deque(records(text.splitlines()), maxlen=0)  # a bad line is told before a missing end
        found = list(pieces(text))
    except UnicodeDecodeError as wrong:
        raise _bad(image, "it is not text: an Intel HEX file is needed") from wrong
    except HexFault as wrong:
        words = f"line {wrong.line} {_HEX_WORDS[wrong.kind]}" if wrong.line else "it has no end record: it is cut off"
        raise _bad(image, words) from wrong
    if not found:
        raise _bad(image, "it holds nothing to write")
    end, room = max(piece.address + len(piece.data) for piece in found), _AVR_ROOM.get(part)
    if room is not None and end > room:
        raise _bad(image, f"it reaches up to byte {end}; {part} has {room} below its bootloader")


def check_script(recipe: Recipe, image: Path) -> None:
    """A Python program that fits beside MicroPython; uflash brings the runtime, for both versions of the board."""
    content = image.read_bytes()
    if content.startswith(b":"):
        raise _bad(image, f"{_hex_kind(content)}; {_wanted(recipe)}")
    if image.suffix != ".py" or len(content) > LONGEST_SCRIPT:
        raise _bad(image, f"it has {len(content)} bytes; {_wanted(recipe)}")
    try:
        ast.parse(content)
    except (SyntaxError, ValueError, RecursionError) as wrong:
        line = f" in line {wrong.lineno}" if isinstance(wrong, SyntaxError) and wrong.lineno else ""
        raise _bad(image, f"it is no Python program{line}: {wrong.args[0] if wrong.args else wrong}") from wrong


def _wanted(recipe: Recipe) -> str:
    runtime = recipe.settings.get("runtime", "")
    return (
        f"a micro:bit takes a Python program (.py) of at most {LONGEST_SCRIPT} bytes, MicroPython {runtime} is "
        "written with it"
    )


def _hex_kind(content: bytes) -> str:
    """What a hex file for a micro:bit is for."""
    try:
        found = list(records(content.decode("ascii", "replace").splitlines()))
    except HexFault:
        return "it is a damaged hex file"
    boards = {"9900": "V1", "9901": "V1", "9903": "V2"}
    ids = [record[HEADER : HEADER + 2].hex().upper() for record in found if record[3] == BLOCK_START]
    named = " and ".join(dict.fromkeys(boards.get(number, number) for number in ids))
    return f"it is a universal hex file for {named}" if named else "it is a hex file for one version of the board"


def _esp(recipe: Recipe, image: Path) -> None:
    try:
        check_esp_image(image.read_bytes(), recipe.settings["chip"])
    except ImageFault as wrong:
        raise _bad(image, wrong.words) from wrong


def _bad(image: Path, words: str) -> BoardError:
    return BoardError(
        Reason.BAD_IMAGE,
        f"{image.name} is no firmware for this board: {words}. Nothing was written. Give the right file.",
    )


_CHECKS: Mapping[str, Callable[[Recipe, Path], None]] = {
    "arduino": check_avr_image,
    "printer": check_avr_image,
    "microbit": check_script,
    "esp": _esp,
}
