"""Every recipe has a current firmware: its own, or, where it is open, the one that a person approved last."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stemfleet.audit import find_tampering
from stemfleet.catalogue import Component
from stemfleet.devices.recipe import load_recipes
from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.kits import (
    Image,
    approve_release,
    list_current_firmware,
    list_releases,
    receive_kits,
    show_kit,
    stale_kits,
)
from stemfleet.store import Person
from stemfleet.words import KitState
from stemfleet.workshop import Workshop
from tests.support.builders import run_board

IMAGE = Image("first.py", b"from microbit import display\n")
MARLIN = "printer-marlin-ramps"
SHA256 = hashlib.sha256(IMAGE.content).hexdigest()


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'stemfleet.sqlite'}"


@pytest.mark.parametrize(
    ("model", "recipe", "given"),
    [("robot-kit-s1", "esp32", {"sha256": SHA256}), ("microbit-kit", "microbit-v2", {"image": IMAGE})],
)
def test_a_release_approved_for_an_open_recipe_shows_the_ready_kits_that_are_stale(
    workshop: Workshop, warehouse: Person, nso: Person, model: str, recipe: str, given: dict[str, Any]
) -> None:
    ready, other = receive_kits(workshop, warehouse, model, 2)
    run_board(workshop, warehouse, "board-1", ready, recipe=recipe)
    run_board(workshop, warehouse, "board-2", other, recipe=recipe, firmware=SHA256)  # an image that somebody gave
    assert [point.code for point in show_kit(workshop, other).open_points] == ["old_firmware"]
    assert stale_kits(workshop) == []
    approval = approve_release(workshop, nso, recipe, "2.1", **given)
    assert approval.stale == [ready]
    (stale,) = stale_kits(workshop)
    wanted = f"#1 → 2.1 {SHA256[:12]}"
    assert [(stale.kit.tag, point.code, point.detail) for point in stale.open] == [(ready, "old_firmware", wanted)]
    run_board(workshop, warehouse, "board-1", ready, recipe=recipe, firmware=SHA256, minutes=1)
    run_board(workshop, warehouse, "board-2", other, recipe=recipe, firmware=SHA256, minutes=1)
    assert {show_kit(workshop, tag).kit.state for tag in (ready, other)} == {KitState.READY}
    assert [(row.id, name) for row, name in list_releases(workshop.store)] == [(approval.release.id, nso.name)]
    assert find_tampering(workshop.store) is None


def test_a_new_first_program_makes_a_kit_stale_as_new_firmware_does(workshop: Workshop, warehouse: Person) -> None:
    (tag,) = receive_kits(workshop, warehouse, "arduino-kit", 1)
    run_board(workshop, warehouse, "uno", tag)
    recipe = workshop.recipes["arduino-uno"]
    assert recipe.first_program
    released = replace(recipe, first_program=replace(recipe.first_program, version="1.1", sha256="b" * 64))
    later = replace(workshop, recipes={**workshop.recipes, recipe.name: released})
    (stale,) = stale_kits(later)
    assert [(point.code, point.detail) for point in stale.open] == [("old_firmware", f"#1 → 1.1 {'b' * 12}")]
    run_board(later, warehouse, "uno", tag, minutes=1)
    assert stale_kits(later) == []
    assert find_tampering(workshop.store) is None


def test_no_board_is_ready_before_somebody_has_approved_a_firmware_for_it(
    workshop: Workshop, warehouse: Person, nso: Person
) -> None:
    """A printer whose maker's firmware is given at the bench, by the hash of what was given."""
    model = replace(workshop.models["printer-3d"], components=(Component((MARLIN,), 1),))
    shop = replace(workshop, models={**workshop.models, "printer-3d": model})
    (tag,) = receive_kits(shop, warehouse, "printer-3d", 1)
    run_board(shop, warehouse, "printer", tag, recipe=MARLIN, firmware=SHA256)
    assert [(point.code, point.subject) for point in show_kit(shop, tag).open_points] == [("no_release", MARLIN)]
    approve_release(shop, nso, MARLIN, "2.0.9.5", sha256=SHA256.upper())
    run_board(shop, warehouse, "printer", tag, recipe=MARLIN, firmware=SHA256, minutes=1)
    assert show_kit(shop, tag).kit.state is KitState.READY


def test_what_is_no_release_is_refused_with_the_remedy(workshop: Workshop, nso: Person, warehouse: Person) -> None:
    with pytest.raises(Refused, match="not open"):
        approve_release(workshop, nso, "arduino-uno", "2", image=IMAGE)
    with pytest.raises(Refused, match="not open"):
        approve_release(workshop, nso, "wedo", "2", image=IMAGE)
    with pytest.raises(NotFound, match="esp32"):
        approve_release(workshop, nso, "no-such", "2", image=IMAGE)
    with pytest.raises(Refused, match=warehouse.name):
        approve_release(workshop, warehouse, "esp32", "2", image=IMAGE)
    wrong = ({}, {"sha256": "abc"}, {"image": Image("x.bin", b"")}, {"sha256": "g" * 64})
    for facts in wrong:
        with pytest.raises(InputError):
            approve_release(workshop, nso, "esp32", "2", **facts)
    with pytest.raises(InputError, match="no firmware for this board"):
        approve_release(workshop, nso, "esp32", "2", image=IMAGE)
    with pytest.raises(InputError, match="version"):
        approve_release(workshop, nso, "esp32", " ", image=IMAGE)
    with pytest.raises(InputError, match="Is it the right one"):
        approve_release(workshop, nso, "microbit-v1", "2", image=IMAGE, sha256="0" * 64)
    assert list_releases(workshop.store) == []


def test_the_current_firmware_of_every_recipe_is_listed_with_who_says_so(workshop: Workshop, nso: Person) -> None:
    """A file's folders are left out of its name."""
    approve_release(workshop, nso, "microbit-v1", "2.1", name="game", image=Image("../../C:\\game 2.py", b"x = 1"))
    told = {row.recipe: row for row in list_current_firmware(workshop)}
    assert set(told) == {name for name, recipe in load_recipes().items() if not recipe.is_checklist}
    now = told["microbit-v1"]
    assert (now.name, now.version, now.file) == ("game", "2.1", "game_2.py")
    assert (now.approved_by, told["arduino-uno"].open) == (nso.name, False)
    assert told[MARLIN].sha256 is None


@pytest.mark.parametrize("change", ["UPDATE firmware_release SET sha256 = '0'", "DELETE FROM firmware_release"])
def test_a_release_that_was_changed_past_the_program_is_found(workshop: Workshop, nso: Person, change: str) -> None:
    approve_release(workshop, nso, "microbit-v2", "2.1", image=IMAGE)
    with workshop.store.engine.begin() as connection:
        connection.exec_driver_sql(change)
    assert "firmware release" in (find_tampering(workshop.store) or "")
