"""Recipes and records: what their files may hold, and what other programs rely on."""

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from stemfleet.devices.families import FAMILIES, driver_of
from stemfleet.devices.recipe import Limit, find_recipe, load_recipes, read_recipe
from stemfleet.devices.record import (
    Attachment,
    BoardRecord,
    FirmwareUsed,
    Measurement,
    PhaseResult,
    now,
)
from stemfleet.errors import InputError, NotFound
from stemfleet.words import Outcome

GOOD = """
name = "mine"
title = "Mine"
family = "arduino"
test_version = "1"
[firmware]
name = "image"
version = "2"
file = "image.hex"
sha256 = "{digest}"
[settings]
programmer = "arduino"
[[phases]]
name = "identify"
timeout_s = 5
[[checks]]
name = "supply"
unit = "V"
low = 4.5
high = 5.5
"""


def written(folder: Path, text: str = GOOD) -> Path:
    (folder / "image.hex").write_text("image")
    path = folder / "mine.toml"
    path.write_text(text.replace("{digest}", sha256(b"image").hexdigest()))
    return path


def test_the_shipped_recipes_are_there_and_their_images_are_the_approved_ones() -> None:
    recipes = load_recipes()
    assert {
        "microbit-v1",
        "microbit-v2",
        "arduino-uno",
        "arduino-nano",
        "arduino-mega",
        "printer-mega",
        "esp32",
    } <= set(recipes)
    for recipe in recipes.values():
        image = recipe.firmware
        if image.file is None:  # the user brings it, or there is none at all
            assert image.open or recipe.is_checklist, recipe.name
        else:
            assert sha256(image.file.read_bytes()).hexdigest() == image.sha256, recipe.name


def test_an_image_that_is_nowhere_is_missed_beside_its_own_recipe(tmp_path: Path) -> None:
    path = written(tmp_path)
    (tmp_path / "image.hex").unlink()
    assert read_recipe(path).firmware.file == tmp_path / "image.hex"


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_of_a_recipe_has_its_driver(family: str) -> None:
    assert {"identify", "flash", "verify", "check", "finish", "make_safe"} <= set(dir(driver_of(family)))


def test_an_own_recipe_is_read_with_its_own_image(tmp_path: Path) -> None:
    written(tmp_path)
    recipe = load_recipes(tmp_path)["mine"]
    assert recipe.firmware.file == tmp_path / "image.hex"
    assert recipe.limit("supply") == Limit("supply", "V", 4.5, 5.5)
    assert recipe.phases[0].timeout_s == 5
    assert recipe.settings == {"programmer": "arduino"}


def test_an_own_recipe_replaces_a_shipped_one_of_its_name(tmp_path: Path) -> None:
    written(tmp_path, GOOD.replace('"mine"', '"arduino-uno"'))
    assert find_recipe("arduino-uno", tmp_path).title == "Mine"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (('name = "mine"', ""), "name is missing"),
        (('family = "arduino"', 'family = "toaster"'), "family must be one of arduino"),
        (("timeout_s = 5", 'timeout_s = "five"'), "phases[0].timeout_s must be a number"),
        (("timeout_s = 5", "timeout_s = 0"), "phases[0].timeout_s"),
        (('name = "identify"', 'name = "polish"'), "phases[0].name must be one of identify"),
        (('unit = "V"', 'unti = "V"'), "checks[0].unti"),
        (('sha256 = "{digest}"', 'sha256 = "12"'), "firmware.sha256 must be 64"),
        (('sha256 = "{digest}"', ""), "firmware.sha256 is missing"),
        (("[settings]", "[settings"), "not valid TOML"),
    ],
)
def test_a_wrong_recipe_is_refused_with_file_and_key(tmp_path: Path, change: tuple[str, str], named: str) -> None:
    path = written(tmp_path, GOOD.replace(*change))
    with pytest.raises(InputError) as wrong:
        read_recipe(path)
    assert str(path) in str(wrong.value)
    assert named in str(wrong.value)


def test_an_unknown_recipe_is_refused_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="arduino-uno"):
        find_recipe("nothing")


@pytest.mark.parametrize(
    ("limit", "value", "outcome"),
    [
        (Limit("a", "V", 1.0, 2.0), 1.0, Outcome.PASS),
        (Limit("a", "V", 1.0, 2.0), 2.0, Outcome.PASS),
        (Limit("a", "V", 1.0, 2.0), 2.01, Outcome.FAIL),
        (Limit("a", "V", 1.0, None), 99.0, Outcome.PASS),
        (Limit("a", "V", None, 2.0), -99.0, Outcome.PASS),
        (Limit("a"), 5.0, Outcome.PASS),
        (Limit("a", "", "v1", "v1"), "v1", Outcome.PASS),
        (Limit("a", "", "v1", "v1"), "v2", Outcome.FAIL),
        (Limit("a", "V", 1.0, 2.0), "broken", Outcome.FAIL),
        (Limit("a", "V", 1.0, 2.0), None, Outcome.ERROR),
    ],
)
def test_limits_are_included_and_no_value_is_never_a_failure(
    limit: Limit, value: float | str | None, outcome: Outcome
) -> None:
    assert limit.judge(value).outcome is outcome


def a_record() -> BoardRecord:
    start = now()
    return BoardRecord(
        board_id="ab12",
        recipe="arduino-uno",
        family="arduino",
        slot="A1",
        station="bench-1",
        operator="Άρης",
        started=start,
        ended=start + timedelta(seconds=8),
        outcome=Outcome.FAIL,
        reason="measurement:supply",
        firmware=FirmwareUsed("selftest", "1.0", "00" * 32),
        tools={"avrdude": "7.1"},
        test_version="1",
        phases=(PhaseResult("check", 1, start, start, Outcome.FAIL, "measurement:supply"),),
        measurements=(Measurement("supply", 3.9, "V", 4.5, 5.5, Outcome.FAIL),),
        attachments=(Attachment("check-1.log", "text/plain", "11" * 32),),
    )


def test_a_record_has_the_keys_that_others_rely_on() -> None:
    plain = a_record().to_json()
    assert " ".join(plain) == (
        "board_id recipe family slot station operator started ended outcome reason firmware tools test_version "
        "phases measurements attachments"
    )
    assert list(plain["firmware"]) == ["name", "version", "sha256"]
    assert list(plain["phases"][0]) == ["name", "attempt", "started", "ended", "outcome", "reason"]
    assert list(plain["measurements"][0]) == ["name", "value", "unit", "low", "high", "outcome"]
    assert list(plain["attachments"][0]) == ["name", "type", "sha256"]
    assert plain["started"].endswith("+00:00")


def test_a_record_comes_back_from_json_as_it_was() -> None:
    record = a_record()
    assert BoardRecord.from_json(json.loads(json.dumps(record.to_json()))) == record
    empty = replace(record, board_id=None, slot=None, reason=None, firmware=FirmwareUsed(None, None, None))
    assert BoardRecord.from_json(json.loads(json.dumps(empty.to_json()))) == empty
