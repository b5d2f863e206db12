"""What docs/bench.md promises is so."""

import re
from pathlib import Path

from stemfleet.devices.families import FAMILIES
from stemfleet.devices.recipe import CHECKLIST, load_recipes, read_recipe
from stemfleet.devices.record import BoardRecord
from stemfleet.devices.virtual import KINDS
from stemfleet.devices.virtual.faults import markdown_table
from stemfleet.words import Reason

TEXT = (Path(__file__).parents[2] / "docs" / "bench.md").read_text()


def test_the_recipe_in_the_page_is_one(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert example is not None
    (tmp_path / "lab.hex").write_bytes(b"abc")
    file = tmp_path / "lab.toml"
    file.write_text(example[1])
    recipe = read_recipe(file)
    assert recipe.firmware.file == tmp_path / "lab.hex"
    assert recipe.limit("mode").low == "lab"
    assert "arduino-uno-lab" in load_recipes(tmp_path)


def test_the_checklist_in_the_page_is_one(tmp_path: Path) -> None:
    example = next(block for block in re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL) if '"checklist"' in block)
    (tmp_path / "robot-x.toml").write_text(example)
    steps = load_recipes(tmp_path)["robot-x"].steps
    assert [(step.id, step.needs_photo) for step in steps] == [("housing", True), ("power", False)]


def test_the_profile_in_the_page_is_one(tmp_path: Path) -> None:
    example = next(block for block in re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL) if "[[settings]]" in block)
    for folder in ("profiles", "recipes"):
        (tmp_path / folder).mkdir()
    (tmp_path / "profiles" / "my-printer.toml").write_text(example)
    shipped = load_recipes()["printer-marlin-ramps"].path
    assert shipped is not None
    own = shipped.read_text().replace('"marlin-ramps"', '"my-printer"')
    (tmp_path / "recipes" / "mine.toml").write_text(own)
    limit = read_recipe(tmp_path / "recipes" / "mine.toml").limit("M92_Z")
    assert (limit.low, limit.high) == (396.0, 404.0)


def test_every_reason_has_its_row_with_the_outcome() -> None:
    for reason in Reason:
        assert re.search(rf"\| (PASS|FAIL|ERROR|TIMEOUT|ABORTED) \| `{reason}` \|", TEXT), reason


def test_every_key_of_the_record_is_explained() -> None:
    for key in BoardRecord.__dataclass_fields__:
        assert f"`{key}`" in TEXT, key


def test_every_family_and_every_kind_of_virtual_board_is_named() -> None:
    for name in (*FAMILIES, CHECKLIST, *KINDS):
        assert f"`{name}`" in TEXT, name


def test_every_setting_of_a_shipped_recipe_is_explained() -> None:
    for recipe in load_recipes().values():
        for key in recipe.settings:
            assert f"`{key}`" in TEXT or f"`{key} =" in TEXT, (recipe.name, key)


def test_the_table_of_faults_is_the_one_in_the_code() -> None:
    assert markdown_table() in TEXT
