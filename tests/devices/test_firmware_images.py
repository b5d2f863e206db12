"""The built images are what the sources give, and what the recipes approve."""

import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from stemfleet.devices.recipe import load_recipes
from stemfleet.resources import resource

IMAGES = sorted(path.relative_to(resource("firmware")) for path in resource("firmware").glob("*/*.hex"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything built again, elsewhere."""
    folder = tmp_path_factory.mktemp("firmware")
    subprocess.run(
        ["make", "-C", str(resource("firmware")), f"IMAGES={folder}", f"BUILD={folder / 'build'}"],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return folder


def test_there_are_images_for_both_chips_and_the_printer() -> None:
    assert {path.name for path in IMAGES} == {
        "selftest-atmega328p.hex",
        "selftest-atmega2560.hex",
        "first-atmega328p.hex",
        "first-atmega2560.hex",
        "printer-atmega2560.hex",
    }


@pytest.mark.parametrize("image", IMAGES, ids=str)
def test_building_again_gives_the_same_bytes(image: Path, built: Path) -> None:
    assert (built / image).read_bytes() == resource("firmware", str(image)).read_bytes()


def test_recipes_approve_the_images_as_they_are() -> None:
    checked = 0
    for recipe in load_recipes().values():
        for image in (recipe.firmware, recipe.first_program):
            if image is not None and image.file is not None and recipe.family in {"arduino", "printer"}:
                assert image.sha256 == sha256(image.file.read_bytes()).hexdigest(), recipe.name
                checked += 1
    assert checked == 7
