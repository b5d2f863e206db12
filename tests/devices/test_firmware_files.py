"""A firmware file is looked at before the board: what it is not for is refused, and nothing is written."""

import os
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import uflash

from stemfleet.devices.families.esp_image import CHIP_IDS, ImageFault, check_esp_image
from stemfleet.devices.families.images import check_image
from stemfleet.devices.faults import BoardError
from stemfleet.devices.provision import provision
from stemfleet.devices.recipe import Recipe, find_recipe
from stemfleet.devices.record import FirmwareUsed
from stemfleet.devices.state import Slot
from stemfleet.resources import resource
from stemfleet.words import Outcome, Reason

ESP32 = resource("firmware", "esp", "practice-esp32.bin").read_bytes()
ESP8266 = resource("firmware", "esp", "practice-esp8266.bin").read_bytes()
UNO = resource("firmware", "arduino", "selftest-atmega328p.hex").read_text()
MEGA = resource("firmware", "printer", "printer-atmega2560.hex").read_text()
UNIVERSAL = uflash._RUNTIME


def changed(content: bytes, place: int, value: int) -> bytes:
    return content[:place] + bytes([value]) + content[place + 1 :]


def hex_line(address: int, data: bytes) -> str:
    record = bytes([len(data)]) + address.to_bytes(2, "big") + b"\0" + data
    return f":{(record + bytes([-sum(record) & 0xFF])).hex().upper()}\n"


@pytest.mark.parametrize(("content", "chip"), [(ESP32, "esp32"), (ESP8266, "esp8266"), (ESP32 + b"more", "esp32")])
def test_a_whole_image_for_the_chip_is_taken(content: bytes, chip: str) -> None:
    check_esp_image(content, chip)


@pytest.mark.parametrize(
    ("content", "chip", "words"),
    [
        (b"", "esp32", "begins with nothing"),
        (b"PK\x03\x04 a zip", "esp32", "begins with 0x50, an ESP image with 0xe9"),
        (ESP32[:20], "esp32", "too few for its header"),
        (ESP32, "esp32c3", "it is for esp32, the recipe for esp32c3"),
        (changed(ESP32, 12, CHIP_IDS["esp32s3"]), "esp32", "it is for esp32s3, the recipe for esp32"),
        (changed(ESP32, 12, 250), "esp32", "it is for chip number 250"),
        (changed(ESP32, 1, 0), "esp32", "tells 0 segments"),
        (changed(ESP32, 1, 200), "esp32", "tells 200 segments"),
        (ESP32[:50_000], "esp32", "segment 1 of 2 is not whole"),
        (ESP32[:-33], "esp32", "checksum does not fit"),
        (ESP32[:-1], "esp32", "sha256 does not fit"),
        (changed(ESP32, 5000, 7), "esp32", "checksum does not fit"),
        (changed(ESP8266, 5000, 7), "esp8266", "checksum does not fit"),
        (ESP32, "esp8266", "segment 1 of 2 is not whole"),
        (ESP8266, "esp32", "it is for chip number"),
    ],
)
def test_what_is_no_image_for_the_chip_is_told_why(content: bytes, chip: str, words: str) -> None:
    with pytest.raises(ImageFault) as wrong:
        check_esp_image(content, chip)
    assert words in wrong.value.words


@pytest.mark.parametrize(
    ("recipe", "name", "content", "words"),
    [
        ("arduino-uno", "a.hex", UNO.replace(":00000001FF", ""), "has no end record: it is cut off"),
        ("arduino-uno", "a.hex", UNO.replace("\n:10", "\n:11", 1), "line 2 is no record of an Intel HEX file"),
        ("arduino-uno", "a.hex", "\n" + UNO.replace("\n", "0\n", 1), "line 2 is no record"),
        ("arduino-uno", "a.hex", hex_line(0, b"ab")[:-3] + "00\n:00000001FF\n", "line 1 has a wrong checksum"),
        ("arduino-uno", "a.hex", ":00000001FF\n", "holds nothing to write"),
        ("arduino-uno", "a.hex", "Πρόγραμμα", "is not text"),
        ("arduino-uno", "a.hex", hex_line(0x7E00, b"a") + ":00000001FF\n", "m328p has 32256 below its bootloader"),
        ("arduino-uno", "a.elf", "\x7fELF", "line 1 is no record"),
        ("printer-mega", "a.hex", ":020000043F00BB\n" + hex_line(0, b"a") + ":00000001FF\n", "m2560 has 253952"),
        ("microbit-v1", "a.hex", UNIVERSAL, "it is a universal hex file for V1 and V2; a micro:bit takes a Python"),
        ("microbit-v2", "a.hex", UNO, "it is a hex file for one version of the board"),
        ("microbit-v1", "a.py", ":what", "it is a damaged hex file"),
        ("microbit-v1", "a.txt", "x = 1", "it has 5 bytes; a micro:bit takes a Python program (.py) of at most 20150"),
        ("microbit-v1", "a.py", "x = 1\nif x\n", "it is no Python program in line 2"),
        ("microbit-v1", "a.py", "x = '\0'", "it is no Python program"),
        ("esp32", "a.bin", "MicroPython", "begins with 0x4d"),
    ],
)
def test_a_file_that_boards_of_a_recipe_cannot_take_is_named_with_what_is_wrong(
    tmp_path: Path, recipe: str, name: str, content: str, words: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(BoardError) as wrong:
        check_image(find_recipe(recipe), tmp_path / name)
    assert wrong.value.reason == Reason.BAD_IMAGE
    assert words in wrong.value.detail
    assert f"{name} is no firmware for this board" in wrong.value.detail
    assert "Nothing was written" in wrong.value.detail


def test_the_shipped_images_are_taken() -> None:
    for name in (
        "arduino-uno",
        "arduino-nano",
        "arduino-mega",
        "printer-mega",
        "microbit-v1",
        "microbit-v2",
        "esp8266",
    ):
        recipe = find_recipe(name)
        assert recipe.firmware.file is not None
        check_image(recipe, recipe.firmware.file)


@pytest.fixture
def refused(tmp_path: Path) -> Callable[..., tuple[str | None, str, FirmwareUsed]]:
    """Provisions on a port that must never be opened: reason, detail, and the firmware of the record."""

    def run(recipe: Recipe, content: bytes, **given: str) -> tuple[str | None, str, FirmwareUsed]:
        (tmp_path / "given.bin").write_bytes(content)
        os.mkfifo(tmp_path / "tty")
        slot = Slot(None, recipe, str(tmp_path / "tty"), firmware=tmp_path / "given.bin", **given)  # type: ignore[arg-type]
        result = provision(slot, station="s", operator="o")
        assert result.record.outcome is Outcome.ERROR
        assert [phase.name for phase in result.record.phases] == ["prepare"]
        return result.record.reason, result.detail, result.record.firmware

    return run


def test_an_image_for_another_chip_never_reaches_the_port(
    refused: Callable[..., tuple[str, str, FirmwareUsed]],
) -> None:
    content = changed(ESP32, 12, CHIP_IDS["esp32s2"])
    reason, detail, firmware = refused(find_recipe("esp32"), content, version="1.24.1")
    assert reason == Reason.BAD_IMAGE
    assert "it is for esp32s2, the recipe for esp32" in detail
    assert firmware == FirmwareUsed("given.bin", "1.24.1", sha256(content).hexdigest())


def test_a_given_image_must_have_the_sha256_that_was_told(
    refused: Callable[..., tuple[str, str, FirmwareUsed]],
) -> None:
    reason, detail, _firmware = refused(find_recipe("esp32"), changed(ESP32, 12, 5), sha256="00" * 32)
    assert reason == Reason.FIRMWARE_CHANGED
    assert "told was 0000" in detail


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "tty")
    for given in (Path("/dev/zero"), tmp_path):
        result = provision(
            Slot(None, find_recipe("esp32"), str(tmp_path / "tty"), firmware=given), station="s", operator="o"
        )
        assert (result.record.reason, "is no file" in result.detail) == (Reason.BAD_IMAGE, True)


def test_a_recipe_that_is_not_open_takes_no_other_image(refused: Callable[..., tuple[str, str, FirmwareUsed]]) -> None:
    recipe = find_recipe("esp32")
    closed = replace(recipe, firmware=replace(recipe.firmware, open=False))
    assert refused(closed, changed(ESP32, 100, 5))[0] == Reason.FIRMWARE_CHANGED
