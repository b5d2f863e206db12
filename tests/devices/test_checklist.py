"""Kits without a firmware of ours: steps that a person answers become the same record as a board's."""

from hashlib import sha256
from pathlib import Path

import pytest

from stemfleet.devices.families.checklist import LARGEST_PHOTO, Answer, checklist_record
from stemfleet.devices.provision import provision
from stemfleet.devices.recipe import Recipe, find_recipe, load_recipes, read_recipe
from stemfleet.devices.record import BoardRecord, Provisioned, now
from stemfleet.devices.state import Slot
from stemfleet.errors import InputError
from stemfleet.words import Outcome

PHOTO = b"\xff\xd8\xff\xe0 a picture"
KITS = ("beebot", "edison", "tablet", "thymio", "wedo")


def answers(recipe: Recipe, *failing: str) -> list[Answer]:
    return [Answer(s.id, s.id not in failing, PHOTO if s.needs_photo else None) for s in recipe.steps]


def record_of(recipe: Recipe, given: list[Answer], serial: str = "BB-00123") -> Provisioned:
    return checklist_record(recipe, given, serial=serial, station="bench-1", operator="Άρης", started=now())


@pytest.mark.parametrize("name", KITS)
def test_every_shipped_checklist_is_in_both_languages_and_asks_for_a_picture(name: str) -> None:
    recipe = load_recipes()[name]
    assert recipe.is_checklist
    assert all(step.title["el"] != step.title["en"] for step in recipe.steps)
    assert any(step.needs_photo for step in recipe.steps)
    assert record_of(recipe, answers(recipe)).record.outcome is Outcome.PASS


def test_the_record_has_every_step_and_its_picture_and_survives_json() -> None:
    recipe = find_recipe("beebot")
    made = record_of(recipe, answers(recipe))
    record = made.record
    assert (record.board_id, record.family, record.outcome, record.reason) == (
        "beebot:BB-00123",
        "checklist",
        Outcome.PASS,
        None,
    )
    assert [row.name for row in record.measurements] == [step.id for step in recipe.steps]
    assert (sha256(PHOTO).hexdigest(), PHOTO) in made.files.items()
    assert {row.sha256 for row in record.attachments} == set(made.files)
    assert BoardRecord.from_json(record.to_json()) == record


def test_a_step_that_failed_fails_the_piece_by_its_name() -> None:
    recipe = find_recipe("thymio")
    record = record_of(recipe, answers(recipe, "friendly", "fearful")).record
    assert (record.outcome, record.reason) == (Outcome.FAIL, "measurement:friendly")


def test_a_robot_that_does_not_start_needs_no_answers_about_driving() -> None:
    recipe = find_recipe("beebot")
    given = answers(recipe, "power")[:3]
    record = record_of(recipe, given).record
    assert record.reason == "measurement:power"
    assert [row.name for row in record.measurements] == ["housing", "charge", "power"]


def test_a_note_is_kept_in_the_log() -> None:
    recipe = find_recipe("beebot")
    given = answers(recipe)
    made = record_of(recipe, [*given[:-1], Answer(given[-1].step, True, note="στο δεύτερο\nπάτημα")])
    log = next(row for row in made.record.attachments if row.name == "check-1.log")
    assert "(στο δεύτερο πάτημα)" in made.files[log.sha256].decode()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda given: given[:-1], "clear has no answer"),
        (lambda given: [*given, given[0]], "housing is answered twice"),
        (lambda given: [*given, Answer("wings", True)], "no step wings"),
        (lambda given: [Answer("housing", True), *given[1:]], "housing needs a photo"),
        (lambda given: [Answer("housing", True, b"GIF89a"), *given[1:]], "neither a JPEG nor a PNG"),
        (lambda given: [Answer("housing", True, PHOTO + bytes(LARGEST_PHOTO)), *given[1:]], "larger than 8 MB"),
        (lambda given: [*given[:-1], Answer("clear", True, note="x" * 501)], "more than 500"),
    ],
)
def test_an_incomplete_or_wrong_answer_makes_no_record(change, message: str) -> None:
    recipe = find_recipe("beebot")
    with pytest.raises(InputError, match=message):
        record_of(recipe, change(answers(recipe)))


@pytest.mark.parametrize("serial", ["", "  ", "a", "ένα νούμερο", "x" * 80, "1 2 3"])
def test_what_is_no_serial_number_is_refused(serial: str) -> None:
    recipe = find_recipe("beebot")
    with pytest.raises(InputError, match="no serial number"):
        record_of(recipe, answers(recipe), serial)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ('[[steps]]\nid = "A b"\ntitle = { el = "α", en = "a" }', "small letters"),
        ('[[steps]]\nid = "a"\ntitle = { el = "α" }', r"title.en is missing"),
        ('[[steps]]\nid = "a"\ntitle = { el = "α", en = "a" }\n' * 2, "steps has a twice"),
        ("", "steps needs at least one entry"),
        ("[firmware]\n", "firmware is not a key"),
    ],
)
def test_a_wrong_checklist_is_refused_by_its_key(tmp_path: Path, change: str, message: str) -> None:
    file = tmp_path / "x.toml"
    file.write_text(f'name = "x"\ntitle = "X"\nfamily = "checklist"\ntest_version = "1"\n{change}')
    with pytest.raises(InputError, match=message):
        read_recipe(file)


def test_no_tool_is_let_loose_on_a_checklist() -> None:
    with pytest.raises(InputError, match="checklist"):
        provision(Slot("A1", find_recipe("wedo"), "/dev/null"), station="s", operator="o")
