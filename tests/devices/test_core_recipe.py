"""Recipes and records: what their files may hold, and what other programs rely on."""

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from stemfleet.devices.families import FAMILIES, driver_of
from stemfleet.devices.recipe import (
    SHIPPED,
    Limit,
    find_recipe,
    image_problem,
    load_all,
    load_recipes,
    read_recipe,
)
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
part = "m328p"
signature = "1e950f"
[[phases]]
name = "identify"
timeout_s = 5
[[phases]]
name = "flash"
timeout_s = 5
[[phases]]
name = "verify"
timeout_s = 5
[[phases]]
name = "check"
timeout_s = 6
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
    assert recipe.settings == {"programmer": "arduino", "part": "m328p", "signature": "1e950f"}


def test_an_own_recipe_replaces_a_shipped_one_of_its_name(tmp_path: Path) -> None:
    written(tmp_path, GOOD.replace('"mine"', '"arduino-uno"'))
    assert find_recipe("arduino-uno", tmp_path).title == "Mine"


FIRST = '[first_program]\nname = "f"\nversion = "1"\nfile = "image.hex"\nsha256 = "{digest}"\n'

WRONG = [
    (('name = "mine"', ""), "name is missing"),
    (('name = "mine"', 'name = "Mine Nr 1"'), "name must be small letters"),
    (('name = "mine"', "name = 5"), "name must be a text"),
    (('test_version = "1"', 'test_version = "' + "1" * 33 + '"'), "test_version has more than 32"),
    (('family = "arduino"', 'family = "toaster"'), "family must be one of arduino"),
    (("[firmware]", 'usb = ["2341-0043"]\n[firmware]'), 'usb is not written as it must be; an example: ["2341:0043"]'),
    (("timeout_s = 5", 'timeout_s = "five"'), "phases[0].timeout_s must be a number"),
    (("timeout_s = 5", ""), "phases[0].timeout_s is missing"),
    (("timeout_s = 5", "timeout_s = 0"), "phases[0].timeout_s is 0; it must be between 0.1 and 7200"),
    (("timeout_s = 5", "timeout_s = -1"), "phases[0].timeout_s is -1"),
    (("timeout_s = 5", "timeout_s = inf"), "phases[0].timeout_s must be a number"),
    (("timeout_s = 5", "timeout_s = nan"), "phases[0].timeout_s must be a number"),
    (
        ("timeout_s = 5", "timeout_s = 5\nattempts = 1000000"),
        "phases[0].attempts is 1e+06; it must be between 1 and 10",
    ),
    (("timeout_s = 5", "timeout_s = 5\nattempts = 1.5"), "phases[0].attempts must be a whole number"),
    (("timeout_s = 5", "timeout_s = 5\nattempts = true"), "phases[0].attempts must be a whole number"),
    (('name = "identify"', 'name = "polish"'), "phases[0].name must be one of identify"),
    (('name = "identify"', 'name = "check"'), "phases has check twice"),
    (('[[phases]]\nname = "verify"\ntimeout_s = 5\n', ""), "phases lacks the phase verify"),
    (('[[phases]]\nname = "check"\ntimeout_s = 6\n', ""), "phases lacks the phase check"),
    (('[[phases]]\nname = "identify"\ntimeout_s = 5\n', ""), "phases lacks the phase identify"),
    (('name = "verify"', 'name = "finish"'), "phases lacks the phase verify"),
    (("[[checks]]", '[[phases]]\nname = "finish"\n[[checks]]'), "phases[4].timeout_s is missing"),
    (('unit = "V"', 'unti = "V"'), "checks[0].unti is not a key that is known here. Known: equals"),
    (("low = 4.5", "low = 5.6"), "checks[0].low is larger than high"),
    (("low = 4.5", "low = inf"), "checks[0].low must be a number"),
    (("low = 4.5", 'equals = "lab"'), "checks[0].equals is for a text"),
    (("low = 4.5", 'equals = ""'), "checks[0].equals is missing"),
    (('name = "supply"', 'name = "supply voltage"'), "checks[0].name must be letters"),
    (("[[checks]]", '[[checks]]\nname = "supply"\n[[checks]]'), "checks has supply twice"),
    (('sha256 = "{digest}"', 'sha256 = "12"'), "firmware.sha256 must be 64"),
    (('sha256 = "{digest}"', ""), "firmware.sha256 is missing"),
    (("[settings]", "[settings"), "not valid TOML"),
    (("[settings]", "[settings]\nprogramer = 1"), "settings.programer is not a key that is known here"),
    (('programmer = "arduino"', 'programmer = "stk500"'), "settings.programmer must be one of arduino, wiring"),
    (('part = "m328p"', ""), "settings.part is missing"),
    (('signature = "1e950f"', "signature = 1"), "settings.signature must be a text"),
    (('signature = "1e950f"', 'signature = "1e95"'), "settings.signature is not written as it must be"),
    (("[settings]", "[settings]\nbaud = 0"), "settings.baud must be a line speed"),
    (("[settings]", '[settings]\nbaud = ["fast"]'), "settings.baud must be a line speed"),
    (("[settings]", "[settings]\nstart_s = -3"), "settings.start_s is -3; it must be between"),
    (("[settings]", FIRST + "[settings]"), "first_program needs a file, and the phase finish"),
    (('title = "Mine"', 'title = "Mine"\nretries = 3'), "retries is not a key that is known here"),
    (('title = "Mine"', "title = 3"), "title must be a text"),
    (("[[checks]]", "[checks]"), "checks must be a list"),
]


@pytest.mark.parametrize(("change", "named"), WRONG, ids=[named for _change, named in WRONG])
def test_a_wrong_recipe_is_refused_with_file_and_key(tmp_path: Path, change: tuple[str, str], named: str) -> None:
    assert change[0] in GOOD
    path = written(tmp_path, GOOD.replace(*change, 1))
    with pytest.raises(InputError) as wrong:
        read_recipe(path)
    assert f"{path}: {named}" in str(wrong.value) or (named == "not valid TOML" and str(path) in str(wrong.value))


WRONG_SETTINGS = [
    ("microbit-v1", 'board_codes = ["9900", "9901"]', "board_codes = [9900]", "settings.board_codes must be a list"),
    ("microbit-v1", 'runtime = "1.0.1"', "", "settings.runtime is missing"),
    ("microbit-v1", 'display = ["display_errors"]', "display = []", "settings.steps.display must be a list of texts"),
    ("microbit-v1", 'display = ["display_errors"]', 'dance = ["moves"]', "settings.steps.dance is no step of the"),
    ("microbit-v1", 'display = ["display_errors"]', 'display = ["ram_errors"]', "names the measurement ram_errors"),
    ("esp32", 'name = "ram_errors"', 'name = "ram_error"', "checks[3].name: no step measures ram_error"),
    ("esp32", 'address = "0x1000"', "address = 4096", "settings.address must be a text"),
    ("esp32", 'address = "0x1000"', 'address = "1000"', "settings.address is not written as it must be"),
    ("esp32", "stub = true", 'stub = "yes"', "settings.stub must be true or false"),
    ("esp32", "wifi = 15", "wifi = 0", "settings.step_limits.wifi is 0; it must be between"),
    (
        "printer-prusa-mk3s",
        "target = 50",
        "target = 220",
        "settings.warm_up.target is 220; it must be between 30 and 60",
    ),
    ("printer-prusa-mk3s", '"G28 W"', '"M109 S250"', "settings.homing.order is not written as it must be"),
    ("printer-prusa-mk3s", '"G28 W"', '"G28\\nM104 S250"', "settings.homing.order is not written as it must be"),
    ("printer-prusa-mk3s", "fan = { seconds = 3 }", "fan = true", "settings.fan must be a table"),
    ("printer-prusa-mk3s", "seconds = 3 }", "minutes = 3 }", "settings.fan.minutes is not a key that is known here"),
    ("printer-prusa-mk3s", 'part = "m2560"\n', "", "settings.part is missing"),
    ("printer-prusa-mk3s", 'profile = "prusa-mk3s"', 'profile = "none"', "settings.profile: there is no profile"),
]


@pytest.mark.parametrize(("name", "old", "new", "named"), WRONG_SETTINGS, ids=[row[-1] for row in WRONG_SETTINGS])
def test_a_familys_settings_are_looked_at_when_the_recipe_is_read(
    tmp_path: Path, name: str, old: str, new: str, named: str
) -> None:
    text = (SHIPPED / f"{name}.toml").read_text()
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError) as wrong:
        read_recipe(path)
    assert str(wrong.value).startswith((f"{path}: settings.", f"{path}: checks["))
    assert named in str(wrong.value)


def broken(folder: Path) -> dict[str, str]:
    """Own recipes that cannot be read: name → what is said of its file."""
    (folder / "folder.toml").mkdir()
    (folder / "latin.toml").write_bytes('title = "Πλακέτα"'.encode("iso-8859-7"))
    (folder / "loop.toml").symlink_to("loop.toml")
    (folder / "gone.toml").symlink_to("nothing")
    (folder / "large.toml").write_text("#" * 1_000_001)
    (folder / "deep.toml").write_text("a = " + "[" * 100_000)
    (folder / "arduino-uno.toml").write_text('name = "arduino-uno')
    return {
        "folder": "is a folder, not a file",
        "latin": "is not written in UTF-8",
        "loop": "cannot be read: Too many levels of symbolic links",
        "gone": "cannot be read: No such file or directory",
        "large": "is too large",
        "deep": "is not valid TOML",
        "arduino-uno": "is not valid TOML",
    }


def test_a_broken_file_stops_only_what_needs_its_recipe(tmp_path: Path) -> None:
    said = broken(tmp_path)
    written(tmp_path)
    recipes = load_recipes(tmp_path)
    assert "mine" in recipes
    assert "arduino-nano" in recipes
    assert not recipes.keys() & said.keys()  # nor is the shipped Uno taken for the own one that cannot be read
    assert {bad.name: bad.file.name for bad in load_all(tmp_path)[1]} == {name: f"{name}.toml" for name in said}
    for name, words in said.items():
        with pytest.raises(InputError, match=words) as wrong:
            find_recipe(name, tmp_path)
        assert str(tmp_path / f"{name}.toml") in str(wrong.value)


def test_two_own_files_with_one_name_are_told_and_neither_counts(tmp_path: Path) -> None:
    first = written(tmp_path)
    second = tmp_path / "second.toml"
    second.write_text(first.read_text())
    assert "mine" not in load_recipes(tmp_path)
    (bad,) = load_all(tmp_path)[1]
    assert str(bad.error) == f"{second}: name is mine, as in {first}. Give one of them another name."


def test_a_recipes_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "recipes").write_text("")
    assert [bad.file for bad in load_all(tmp_path / "recipes")[1]] == [tmp_path / "recipes"]
    assert load_all(tmp_path / "nowhere")[1] == []
    assert "arduino-uno" in load_recipes(tmp_path / "recipes")


def test_an_image_that_is_not_the_approved_one_is_told_before_a_board_is_there(tmp_path: Path) -> None:
    recipe = read_recipe(written(tmp_path))
    assert image_problem(recipe) is None
    (tmp_path / "image.hex").write_text("another")
    assert "firmware.file" in str(image_problem(recipe))
    (tmp_path / "image.hex").unlink()
    assert "cannot be read" in str(image_problem(recipe))


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
        (Limit("a", "V", None, 2.0), "broken", Outcome.FAIL),
        (Limit("a", "V", 1.0, None), "broken", Outcome.FAIL),
        (Limit("a"), "word", Outcome.PASS),
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
        "phases measurements attachments virtual board_id_scanned first_program"
    )
    assert list(plain["firmware"]) == ["name", "version", "sha256"]
    assert list(plain["phases"][0]) == ["name", "attempt", "started", "ended", "outcome", "reason"]
    assert list(plain["measurements"][0]) == ["name", "value", "unit", "low", "high", "outcome"]
    assert list(plain["attachments"][0]) == ["name", "type", "sha256"]
    assert plain["started"].endswith("+00:00")


def test_a_record_comes_back_from_json_as_it_was() -> None:
    record = a_record()
    assert BoardRecord.from_json(json.loads(json.dumps(record.to_json()))) == record
    left = replace(record, virtual=True, first_program=FirmwareUsed("first", "1.0", "22" * 32))
    assert BoardRecord.from_json(json.loads(json.dumps(left.to_json()))) == left
    old = {key: value for key, value in record.to_json().items() if key not in {"virtual", "first_program"}}
    assert BoardRecord.from_json(old) == record  # written before there were these keys
    empty = replace(record, board_id=None, slot=None, reason=None, firmware=FirmwareUsed(None, None, None))
    assert BoardRecord.from_json(json.loads(json.dumps(empty.to_json()))) == empty
