"""Two persons together may let a kit leave; stale kits; the label says what is true."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest

from stemfleet.accounts import add_person, issue_link
from stemfleet.audit import find_tampering
from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.kits import (
    ask_override,
    decide_override,
    label_kits,
    list_waiting_overrides,
    put_into_kit,
    receive_kits,
    report_kit,
    show_kit,
    stale_kits,
    take_out,
)
from stemfleet.shipments import reserve_kit, ship_kits
from stemfleet.store import Person
from stemfleet.words import KitState, Outcome, Role
from stemfleet.workshop import Workshop
from tests.support.builders import award_to, run_board

REASON = "Η τροφοδοσία μετρά οριακά· ο έλεγχος έγινε και με το χέρι"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """The gate is tried on PostgreSQL with the kits; here one kind of database is enough."""
    return f"sqlite:///{tmp_path / 'stemfleet.sqlite'}"


@pytest.fixture
def failed(workshop: Workshop, warehouse: Person) -> str:
    (tag,) = receive_kits(workshop, warehouse, "arduino-kit", 1)
    run_board(workshop, warehouse, "uno-1", tag)
    run_board(workshop, warehouse, "uno-1", tag, outcome=Outcome.FAIL, reason="measurement:supply", minutes=1)
    return tag


def label_text(workshop: Workshop, person: Person, tag: str) -> str:
    document = pypdfium2.PdfDocument(label_kits(workshop, person, [tag], "http://x"))
    text: str = document[0].get_textpage().get_text_range()
    document.close()
    return text


def test_a_reason_and_a_second_person_let_a_kit_leave_and_it_shows_for_ever(
    workshop: Workshop, warehouse: Person, nso: Person, failed: str, make_school: Callable[..., str]
) -> None:
    ask_override(workshop, warehouse, failed, REASON)
    assert show_kit(workshop, failed).kit.state is KitState.FAULTY
    assert [(override.reason, kit.tag, name) for override, kit, name in list_waiting_overrides(workshop)] == [
        (REASON, failed, warehouse.name)
    ]
    decide_override(workshop, nso, failed, approve=True)
    view = show_kit(workshop, failed)
    assert (view.kit.state, view.open_points) == (KitState.READY, [])
    assert [point.code for point in view.waived] == ["failed", "not_passed"]
    assert [entry.verb for entry, _name in view.history][-3:] == ["override_asked", "override_approved", "ready"]
    assert {name for _entry, name in view.history[-3:]} == {warehouse.name, nso.name}
    assert "παράκαμψη ελέγχου" in label_text(workshop, warehouse, failed)
    school = make_school()
    award_to(workshop.store, nso, school)
    ship_kits(workshop, warehouse, [failed], school)
    assert view.as_json()["overrides"][0]["decided_by"] == nso.name
    assert find_tampering(workshop.store) is None
    assert list_waiting_overrides(workshop) == []


def test_nobody_decides_alone(workshop: Workshop, warehouse: Person, nso: Person, failed: str) -> None:
    ask_override(workshop, warehouse, failed, REASON)
    with pytest.raises(Refused, match="Another person"):
        decide_override(workshop, warehouse, failed, approve=True)
    decide_override(workshop, nso, failed, approve=False)
    assert show_kit(workshop, failed).kit.state is KitState.FAULTY
    with pytest.raises(Refused, match="no override waits"):
        decide_override(workshop, nso, failed, approve=True)


def test_an_override_covers_what_was_open_and_nothing_that_comes_later(
    workshop: Workshop, warehouse: Person, nso: Person, failed: str
) -> None:
    ask_override(workshop, warehouse, failed, REASON)
    run_board(workshop, warehouse, "uno-1", failed, outcome=Outcome.FAIL, reason="wrong_board", minutes=2)
    with pytest.raises(Refused, match="wrong_board"):
        decide_override(workshop, nso, failed, approve=True)
    decide_override(workshop, nso, failed, approve=False)
    ask_override(workshop, warehouse, failed, REASON)
    decide_override(workshop, nso, failed, approve=True)
    run_board(workshop, warehouse, "uno-1", failed, outcome=Outcome.FAIL, reason="verify_mismatch", minutes=3)
    assert show_kit(workshop, failed).kit.state is KitState.FAULTY


def test_an_override_needs_a_reason_something_open_and_is_asked_for_once(
    workshop: Workshop, warehouse: Person, nso: Person, failed: str
) -> None:
    with pytest.raises(InputError, match="reason"):
        ask_override(workshop, warehouse, failed, " ok ")
    ask_override(workshop, warehouse, failed, REASON)
    with pytest.raises(Refused, match="already"):
        ask_override(workshop, nso, failed, REASON)
    (good,) = receive_kits(workshop, warehouse, "arduino-kit", 1)
    run_board(workshop, warehouse, "uno-2", good)
    with pytest.raises(Refused, match="nothing open"):
        ask_override(workshop, warehouse, good, REASON)


def test_a_school_person_neither_asks_nor_decides(
    workshop: Workshop, warehouse: Person, nso: Person, failed: str, make_school: Callable[..., str]
) -> None:
    teacher = add_person(workshop.store, nso, "Μαρία", Role.SCHOOL, make_school())
    with pytest.raises(Refused):
        ask_override(workshop, teacher, failed, REASON)
    ask_override(workshop, warehouse, failed, REASON)
    with pytest.raises(Refused):
        decide_override(workshop, teacher, failed, approve=True)


def test_an_override_ends_with_what_it_was_given_for(workshop: Workshop, warehouse: Person, nso: Person) -> None:
    """Given for one run with one old firmware: neither a later run like it, nor a later release is covered."""
    (tag,) = receive_kits(workshop, warehouse, "arduino-kit", 1)
    run_board(workshop, warehouse, "uno-1", tag, firmware="1" * 64, phases=("flash",))
    ask_override(workshop, warehouse, tag, REASON)
    decide_override(workshop, nso, tag, approve=True)
    assert show_kit(workshop, tag).kit.state is KitState.READY
    recipe = workshop.recipes["arduino-uno"]
    released = replace(recipe, firmware=replace(recipe.firmware, version="9", sha256="9" * 64))
    later = replace(workshop, recipes={**workshop.recipes, recipe.name: released})
    assert [stale.open[0].detail for stale in stale_kits(later)] == ["#1 → 9 999999999999"]
    run_board(workshop, warehouse, "uno-1", tag, firmware="1" * 64, phases=("flash",), minutes=1)
    view = show_kit(workshop, tag)
    assert ([point.code for point in view.open_points], view.waived) == (["old_firmware"], [])
    assert view.kit.state is KitState.PROVISIONED
    (override,) = view.overrides
    assert override.over == override.points
    assert find_tampering(workshop.store) is None


def test_an_override_for_two_missing_pieces_is_none_for_one(workshop: Workshop, warehouse: Person, nso: Person) -> None:
    (tag,) = receive_kits(workshop, warehouse, "wedo-kit", 1)
    ask_override(workshop, warehouse, tag, REASON)
    decide_override(workshop, nso, tag, approve=True)
    assert [point.detail for point in show_kit(workshop, tag).waived] == ["×2"]
    run_board(workshop, warehouse, "wedo:1", tag, recipe="wedo", firmware=None)
    view = show_kit(workshop, tag)
    assert [(point.detail, view.kit.state) for point in view.open_points] == [("×1", KitState.PROVISIONED)]


def test_the_second_person_does_not_have_the_account_or_the_link_from_the_first(
    workshop: Workshop, warehouse: Person, nso: Person, failed: str
) -> None:
    made = add_person(workshop.store, nso, "Φτιαχτός", Role.NSO)
    ask_override(workshop, nso, failed, REASON)
    with pytest.raises(Refused, match="account or sign-in link"):
        decide_override(workshop, made, failed, approve=True)
    issue_link(workshop.store, made, warehouse.name)
    decide_override(workshop, made, failed, approve=False)  # whoever says no needs no proof
    ask_override(workshop, made, failed, REASON)
    with pytest.raises(Refused, match="account or sign-in link"):
        decide_override(workshop, warehouse, failed, approve=True)
    decide_override(workshop, nso, failed, approve=True)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE gate_override SET approved = 1, decided_by = 1, decided = '2026-01-01 00:00:00'",
        "UPDATE gate_override SET points = '[]'",
        "DELETE FROM gate_override",
    ],
)
def test_an_override_that_was_made_past_the_program_is_found(
    workshop: Workshop, warehouse: Person, failed: str, change: str
) -> None:
    ask_override(workshop, warehouse, failed, REASON)
    with workshop.store.engine.begin() as connection:
        connection.exec_driver_sql(change)
    assert "override" in (find_tampering(workshop.store) or "")


def test_a_new_firmware_release_shows_the_ready_kits_that_are_stale(
    workshop: Workshop, warehouse: Person, nso: Person, make_school: Callable[..., str]
) -> None:
    """And keeps them in; kits of other models, and kits that have left, are not among them."""
    old, reserved, gone = receive_kits(workshop, warehouse, "arduino-kit", 3)
    (other,) = receive_kits(workshop, warehouse, "robot-kit-s1", 1)
    for tag in (old, reserved, gone):
        run_board(workshop, warehouse, f"uno-{tag}", tag)
    run_board(workshop, warehouse, "esp-1", other, recipe="esp32")
    school = make_school()
    award_to(workshop.store, nso, school, units=3)
    reserve_kit(workshop, warehouse, reserved, school)
    ship_kits(workshop, warehouse, [gone], school)
    assert stale_kits(workshop) == []
    recipe = workshop.recipes["arduino-uno"]
    released = replace(recipe, firmware=replace(recipe.firmware, version="9", sha256="0" * 64))
    later = replace(workshop, recipes={**workshop.recipes, recipe.name: released})
    found = stale_kits(later)
    assert [(stale.kit.tag, [point.code for point in stale.open]) for stale in found] == [
        (old, ["old_firmware"]),
        (reserved, ["old_firmware"]),
    ]
    assert stale_kits(later, "robot-kit-s1") == []
    with pytest.raises(NotFound, match="arduino-kit"):
        stale_kits(later, "no-such-model")
    with pytest.raises(Refused, match="old_firmware"):
        ship_kits(later, warehouse, [old], school)
    run_board(later, warehouse, f"uno-{old}", old, minutes=5)
    assert [stale.kit.tag for stale in stale_kits(later)] == [reserved]


def test_a_board_that_was_left_half_written_has_not_passed(workshop: Workshop, warehouse: Person) -> None:
    """Even when a check alone passes afterwards: who knows what runs there."""
    (tag,) = receive_kits(workshop, warehouse, "arduino-kit", 1)
    run_board(workshop, warehouse, "uno-1", tag)
    run_board(
        workshop, warehouse, "uno-1", tag, outcome=Outcome.ABORTED, reason="stopped", minutes=1, phases=("flash",)
    )
    view = show_kit(workshop, tag)
    assert ([point.code for point in view.open_points], view.kit.state) == (["half_written"], KitState.PROVISIONED)
    run_board(workshop, warehouse, "uno-1", tag, firmware=None, minutes=2)
    assert [point.code for point in show_kit(workshop, tag).open_points] == ["half_written"]
    run_board(workshop, warehouse, "uno-1", tag, minutes=3, phases=("flash", "verify"))
    assert show_kit(workshop, tag).kit.state is KitState.READY


def test_the_label_of_a_kit_that_was_reported_broken_is_refused_for_that_reason(
    workshop: Workshop, warehouse: Person, nso: Person, make_school: Callable[..., str]
) -> None:
    (tag,) = receive_kits(workshop, warehouse, "arduino-kit", 1)
    run_board(workshop, warehouse, "uno-1", tag)
    school = make_school()
    award_to(workshop.store, nso, school)
    ship_kits(workshop, warehouse, [tag], school)
    assert "παράκαμψη ελέγχου" not in label_text(workshop, warehouse, tag)
    report_kit(workshop.store, add_person(workshop.store, nso, "Μ", Role.SCHOOL, school), tag, False, "Δεν ανάβει")
    with pytest.raises(Refused, match="reported broken by its school"):
        label_kits(workshop, warehouse, [tag], "http://x")


def test_a_board_joins_a_kit_afterwards_only_when_it_has_passed_and_fits(workshop: Workshop, warehouse: Person) -> None:
    (tag,) = receive_kits(workshop, warehouse, "arduino-kit", 1)
    run_board(workshop, warehouse, "bad", None, outcome=Outcome.FAIL, reason="measurement:supply")
    run_board(workshop, warehouse, "bit", None, recipe="microbit-v1")
    run_board(workshop, warehouse, "good", None)
    for board, words in (("bad", "has not passed"), ("bit", "no board of the kind"), ("none", "never seen")):
        with pytest.raises((Refused, NotFound), match=words):
            put_into_kit(workshop, warehouse, board, tag)
    put_into_kit(workshop, warehouse, "good", tag)
    put_into_kit(workshop, warehouse, "good", tag)
    view = show_kit(workshop, tag)
    assert (view.kit.state, [run.board_id for run in view.runs]) == (KitState.READY, ["good"])


def test_a_full_kit_takes_no_further_board_of_that_kind(workshop: Workshop, warehouse: Person) -> None:
    """Neither afterwards, with its board named, nor by a pass with its tag, which then is a board without a kit."""
    full, empty = receive_kits(workshop, warehouse, "arduino-kit", 2)
    run_board(workshop, warehouse, "uno-1", full)
    run_board(workshop, warehouse, "uno-2", None)
    with pytest.raises(Refused, match=rf"{full} has all its boards of the kind arduino-uno: uno-1\."):
        put_into_kit(workshop, warehouse, "uno-2", full)
    run_board(workshop, warehouse, "uno-3", full, minutes=1)
    view = show_kit(workshop, full)
    assert ([board.id for board in view.boards], [run.board_id for run in view.runs]) == (["uno-1"], ["uno-1"])
    assert (view.kit.state, view.history[-1][0].verb) == (KitState.READY, "board_left_out")
    put_into_kit(workshop, warehouse, "uno-3", empty)
    run_board(workshop, warehouse, "uno-1", full, minutes=2)
    assert len(show_kit(workshop, full).runs) == 2


def test_a_board_that_is_taken_out_leaves_its_place_and_its_failures_count_no_more(
    workshop: Workshop, warehouse: Person, failed: str
) -> None:
    with pytest.raises(InputError, match="reason"):
        take_out(workshop, warehouse, "uno-1", " ")
    assert take_out(workshop, warehouse, "uno-1", "Δεν κρατά τη μνήμη της") == failed
    view = show_kit(workshop, failed)
    assert (view.kit.state, view.boards, len(view.runs)) == (KitState.RECEIVED, [], 2)
    assert [point.code for point in view.open_points] == ["board_missing"]
    assert [entry.verb for entry, _name in view.history][-2:] == ["board_taken_out", "received"]
    with pytest.raises(Refused, match="no kit"):
        take_out(workshop, warehouse, "uno-1", "Ακόμη μία φορά")
    with pytest.raises(Refused, match="has not passed"):
        put_into_kit(workshop, warehouse, "uno-1", failed)
    run_board(workshop, warehouse, "uno-2", failed, minutes=2)
    assert show_kit(workshop, failed).kit.state is KitState.READY
    assert find_tampering(workshop.store) is None


def test_no_board_is_taken_out_of_a_kit_that_is_set_aside_for_a_school(
    workshop: Workshop, warehouse: Person, nso: Person, make_school: Callable[..., str]
) -> None:
    (tag,) = receive_kits(workshop, warehouse, "arduino-kit", 1)
    run_board(workshop, warehouse, "uno-1", tag)
    award_to(workshop.store, nso, school := make_school())
    reserve_kit(workshop, warehouse, tag, school)
    with pytest.raises(Refused, match="reserved"):
        take_out(workshop, warehouse, "uno-1", "Για άλλο σετ")


def test_a_board_counts_as_the_kind_as_which_it_passed_last(workshop: Workshop, warehouse: Person) -> None:
    """A pass by a recipe that the kit does not ask for opens no gate; the right recipe puts it right."""
    (tag,) = receive_kits(workshop, warehouse, "arduino-kit", 1)
    run_board(workshop, warehouse, "board", tag, outcome=Outcome.FAIL, reason="measurement:supply")
    run_board(workshop, warehouse, "board", None, recipe="arduino-nano", minutes=1)
    with pytest.raises(Refused, match="arduino-nano"):
        put_into_kit(workshop, warehouse, "board", tag)
    assert show_kit(workshop, tag).kit.state is KitState.FAULTY
    run_board(workshop, warehouse, "board", tag, minutes=2)
    assert show_kit(workshop, tag).kit.state is KitState.READY
