"""Kits without boards of ours: a person goes through the list, the record is the same, the gate opens."""

from datetime import datetime
from pathlib import Path

import pytest

from stemfleet.audit import find_tampering
from stemfleet.bench import pieces_of, record_checklist
from stemfleet.devices.families.checklist import Answer
from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.kits import label_kits, read_file, receive_kits, show_kit
from stemfleet.store import BoardRun, Person, now
from stemfleet.words import KitState, Outcome
from stemfleet.workshop import Workshop

PHOTO = b"\xff\xd8\xff\xe0 a photo"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """The gate is tried on PostgreSQL with the kits; here one kind of database is enough."""
    return f"sqlite:///{tmp_path / 'stemfleet.sqlite'}"


def check(
    workshop: Workshop, person: Person, tag: str, serial: str, *, fails: str = "", recipe: str = "wedo"
) -> BoardRun:
    answers = [
        Answer(step.id, step.id != fails, PHOTO if step.needs_photo else None)
        for step in workshop.recipes[recipe].steps
    ]
    began: datetime = now()
    return record_checklist(workshop, person, tag, recipe, answers, serial=serial, station="phone", started=began)


@pytest.fixture
def tag(workshop: Workshop, warehouse: Person) -> str:
    return receive_kits(workshop, warehouse, "wedo-kit", 1)[0]


def test_a_kit_is_ready_when_every_piece_of_it_has_passed_its_list(
    workshop: Workshop, warehouse: Person, tag: str
) -> None:
    (pieces,) = pieces_of(workshop, show_kit(workshop, tag))
    assert (pieces.recipe.name, pieces.count, pieces.passed) == ("wedo", 2, 0)
    run = check(workshop, warehouse, tag, "BOX-001")
    assert show_kit(workshop, tag).kit.state is KitState.PROVISIONED
    check(workshop, warehouse, tag, "BOX-002")
    view = show_kit(workshop, tag)
    assert (view.kit.state, view.open_points) == (KitState.READY, [])
    assert pieces_of(workshop, view)[0].passed == 2
    photo = next(row for row in run.record["attachments"] if row["type"] == "image/jpeg")
    assert read_file(workshop.store, run.id, photo["name"]) == (PHOTO, "image/jpeg")
    assert run.record["operator"] == warehouse.name
    assert label_kits(workshop, warehouse, [tag], "http://x").startswith(b"%PDF")
    assert find_tampering(workshop.store) is None


def test_a_piece_that_failed_makes_the_kit_faulty_until_it_passes(
    workshop: Workshop, warehouse: Person, tag: str
) -> None:
    step = workshop.recipes["wedo"].steps[-1].id
    assert check(workshop, warehouse, tag, "BOX-001", fails=step).outcome is Outcome.FAIL
    assert show_kit(workshop, tag).kit.state is KitState.FAULTY
    check(workshop, warehouse, tag, "BOX-001")
    assert show_kit(workshop, tag).kit.state is KitState.PROVISIONED
    check(workshop, warehouse, tag, "BOX-002")
    assert show_kit(workshop, tag).kit.state is KitState.READY


def test_a_piece_of_another_kit_is_refused_with_that_kits_tag(workshop: Workshop, warehouse: Person, tag: str) -> None:
    (other,) = receive_kits(workshop, warehouse, "wedo-kit", 1)
    check(workshop, warehouse, tag, "BOX-001")
    with pytest.raises(Refused, match=tag):
        check(workshop, warehouse, other, "BOX-001")


def test_a_piece_more_than_the_kit_has_is_refused_but_one_of_its_own_is_checked_again(
    workshop: Workshop, warehouse: Person, tag: str
) -> None:
    for serial in ("BOX-001", "BOX-002"):
        check(workshop, warehouse, tag, serial)
    with pytest.raises(Refused, match="wedo:BOX-001, wedo:BOX-002"):
        check(workshop, warehouse, tag, "BOX-003")
    check(workshop, warehouse, tag, " box-002 ")  # typed, not scanned
    view = show_kit(workshop, tag)
    assert ([board.id for board in view.boards], len(view.runs)) == (["wedo:BOX-001", "wedo:BOX-002"], 3)


def test_a_list_that_does_not_fit_or_is_not_complete_stores_nothing(
    workshop: Workshop, warehouse: Person, tag: str
) -> None:
    with pytest.raises(Refused, match="wedo-kit"):
        check(workshop, warehouse, tag, "BB-001", recipe="beebot")
    with pytest.raises(NotFound, match="wedo"):
        record_checklist(workshop, warehouse, tag, "arduino-uno", [], serial="1", station="", started=now())
    with pytest.raises(InputError):
        record_checklist(workshop, warehouse, tag, "wedo", [], serial="BOX-1", station="", started=now())
    assert show_kit(workshop, tag).runs == []
