"""`stemfleet recipe`: own recipes that cannot be used are told with file and key, and stop nothing else."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from stemfleet.cli import stemfleet as command_line
from stemfleet.devices.recipe import SHIPPED
from stemfleet.errors import InputError
from stemfleet.workshop import Workshop


def stemfleet(data: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and standard output; its errors are raised."""
    done = CliRunner().invoke(command_line, ["--data", str(data), *arguments], standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.return_value or 0, done.stdout


def own(data: Path, name: str, text: str) -> Path:
    file = data / "recipes" / f"{name}.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


def test_one_broken_recipe_stops_no_other_command(tmp_path: Path) -> None:
    file = own(tmp_path, "robot", 'name = "robot"\nfamily = "esp"\n')
    for command in (
        ["recipe", "list"],
        ["wave", "list"],
        ["kit", "list"],
        ["ports"],
        ["recipe", "show", "arduino-uno"],
    ):
        assert stemfleet(tmp_path, *command)[0] == 0, command
    with pytest.raises(InputError) as needed:
        stemfleet(tmp_path, "check", "/dev/null", "--recipe", "robot")
    assert str(needed.value) == f"{file}: settings.chip is missing."


def test_recipe_check_says_no_with_file_and_key(tmp_path: Path) -> None:
    uno = (SHIPPED / "arduino-uno.toml").read_text()
    own(tmp_path, "good", uno.replace('"arduino-uno"', '"good"'))
    assert stemfleet(tmp_path, "recipe", "check") == (0, "Nothing is wrong.\n")
    bad = own(tmp_path, "bad", uno.replace("timeout_s = 30", "timeout_s = 0"))
    image = own(tmp_path, "image", uno.replace('"arduino-uno"', '"image"').replace("59e27becf418", "000000000000"))
    code, told = stemfleet(tmp_path, "recipe", "check", "--json")
    assert code == 1
    first, second = json.loads(told)
    assert first["file"] == str(bad)
    assert "phases[0].timeout_s is 0; it must be between" in first["problem"]
    assert second["file"] == str(image)
    assert "firmware.file" in second["problem"]
    code, alone = stemfleet(tmp_path, "recipe", "check", str(bad))
    assert (code, str(bad) in alone, str(image) in alone) == (1, True, False)


def test_version_and_sha256_of_an_image_need_the_image_and_must_be_such(tmp_path: Path) -> None:
    provision = ["provision", "/dev/null", "--recipe", "esp32"]
    for more, words in (
        (["--version", "1.24"], "about the image of --firmware"),
        (["--sha256", "00" * 32], "about the image of --firmware"),
        (["--firmware", "a.bin", "--sha256", "12"], "12 is not 64 hexadecimal digits"),
    ):
        with pytest.raises(InputError, match=words):
            stemfleet(tmp_path, *provision, *more)


def test_the_workshop_names_own_recipes_that_cannot_be_used(tmp_path: Path) -> None:
    own(tmp_path, "bad", "=")
    workshop = Workshop.open(f"sqlite:///{tmp_path / 'x.sqlite'}", tmp_path)
    workshop.store.close()
    assert [bad.name for bad in workshop.bad_recipes] == ["bad"]
    assert "arduino-uno" in workshop.recipes
