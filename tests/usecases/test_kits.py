"""Kits: tags, boards that join by their runs, the gate, labels, what schools report."""

from collections.abc import Callable
from datetime import UTC, datetime

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from stemfleet.accounts import add_person
from stemfleet.errors import InputError, NotFound, Refused, StemfleetError
from stemfleet.kits import confirm_receipt, label_kits, list_kits, list_reports, receive_kits, report_kit, show_kit
from stemfleet.kits.tags import make_tag, parse_tag
from stemfleet.shipments import pack_kit, print_note, reserve_kit, ship_kits
from stemfleet.store import Attachment, BoardRun, Kit, Person, Shipment, Store
from stemfleet.words import KitState, Outcome, Role
from stemfleet.workshop import Workshop
from tests.support.builders import award_to, run_board

NOT_PASSED = [Outcome.FAIL, Outcome.ERROR, Outcome.TIMEOUT, Outcome.ABORTED]


@pytest.fixture
def tag(workshop: Workshop, warehouse: Person) -> str:
    return receive_kits(workshop, warehouse, "arduino-kit", 1)[0]


@pytest.fixture
def school(store: Store, nso: Person, make_school: Callable[..., str]) -> str:
    code = make_school()
    award_to(store, nso, code)
    return code


@pytest.fixture
def teacher(store: Store, nso: Person, school: str) -> Person:
    return add_person(store, nso, "Μαρία", Role.SCHOOL, school)


def state_of(workshop: Workshop, tag: str) -> KitState:
    return show_kit(workshop, tag).kit.state


@given(st.integers(1, 999_999_999), st.data())
def test_a_mistyped_digit_or_two_swapped_ones_are_noticed(number: int, data: st.DataObject) -> None:
    tag = make_tag(number)
    assert parse_tag(f" {tag.lower()} ") == tag
    place = data.draw(st.integers(3, len(tag) - 2))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != tag[place]]))
    with pytest.raises(InputError):
        parse_tag(tag[:place] + other + tag[place + 1 :])
    if place < len(tag) - 2 and tag[place] != tag[place + 1]:
        with pytest.raises(InputError):
            parse_tag(tag[:place] + tag[place + 1] + tag[place] + tag[place + 2 :])


def test_a_scanned_address_is_as_good_as_the_tag() -> None:
    assert parse_tag("https://stem.example.gr/k/" + make_tag(17)) == make_tag(17)


def test_tags_count_on(workshop: Workshop, warehouse: Person) -> None:
    receive_kits(workshop, warehouse, "arduino-kit", 2)
    assert receive_kits(workshop, warehouse, "microbit-kit", 2) == [make_tag(3), make_tag(4)]


def test_an_unknown_model_and_an_absurd_count_are_refused(workshop: Workshop, warehouse: Person) -> None:
    with pytest.raises(NotFound, match="arduino-kit"):
        receive_kits(workshop, warehouse, "arduino", 1)
    with pytest.raises(InputError):
        receive_kits(workshop, warehouse, "arduino-kit", 0)


def test_a_passed_board_makes_the_kit_ready(workshop: Workshop, warehouse: Person, tag: str) -> None:
    run_board(workshop, warehouse, "uno-1", tag)
    view = show_kit(workshop, tag)
    assert view.kit.state is KitState.READY
    assert [board.id for board in view.boards] == ["uno-1"]
    assert view.open_points == []
    assert [entry.verb for entry, _name in view.history] == ["received", "board_run", "ready"]
    assert {name for _entry, name in view.history} == {warehouse.name}


@pytest.mark.parametrize("outcome", NOT_PASSED)
def test_a_board_that_did_not_pass_keeps_its_kit_in(
    workshop: Workshop, warehouse: Person, tag: str, school: str, outcome: Outcome
) -> None:
    run_board(workshop, warehouse, None, tag, outcome=outcome, reason="wrong_board")
    assert state_of(workshop, tag) is (KitState.FAULTY if outcome is Outcome.FAIL else KitState.RECEIVED)
    steps: list[Callable[[], object]] = [
        lambda: reserve_kit(workshop, warehouse, tag, school),
        lambda: pack_kit(workshop, warehouse, tag),
        lambda: ship_kits(workshop, warehouse, [tag], school),
        lambda: label_kits(workshop, warehouse, [tag], "http://x"),
    ]
    for step in steps:
        with pytest.raises(Refused, match=tag):
            step()
    with workshop.store.read() as session:
        assert not session.exec(select(Shipment)).all()


def test_a_kit_that_nobody_tested_cannot_leave(workshop: Workshop, warehouse: Person, tag: str, school: str) -> None:
    with pytest.raises(Refused, match="board_missing"):
        ship_kits(workshop, warehouse, [tag], school)


def test_a_kit_whose_checklists_are_not_done_cannot_leave(workshop: Workshop, warehouse: Person, school: str) -> None:
    (tag,) = receive_kits(workshop, warehouse, "beebot-kit", 1)
    with pytest.raises(Refused, match="board_missing"):
        ship_kits(workshop, warehouse, [tag], school)


def test_a_failed_kit_is_ready_again_after_a_pass(workshop: Workshop, warehouse: Person, tag: str) -> None:
    run_board(workshop, warehouse, "uno-1", tag, outcome=Outcome.FAIL, reason="measurement:supply")
    assert state_of(workshop, tag) is KitState.FAULTY
    run_board(workshop, warehouse, "uno-1", tag, minutes=1)
    assert state_of(workshop, tag) is KitState.READY


def test_a_fail_after_a_pass_closes_the_gate(workshop: Workshop, warehouse: Person, tag: str, school: str) -> None:
    run_board(workshop, warehouse, "uno-1", tag)
    run_board(workshop, warehouse, "uno-1", tag, outcome=Outcome.FAIL, reason="measurement:supply", minutes=1)
    with pytest.raises(Refused):
        ship_kits(workshop, warehouse, [tag], school)


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.TIMEOUT, Outcome.ABORTED])
def test_a_run_that_could_not_tell_takes_nothing_away(
    workshop: Workshop, warehouse: Person, tag: str, outcome: Outcome
) -> None:
    run_board(workshop, warehouse, "uno-1", tag)
    run_board(workshop, warehouse, "uno-1", tag, outcome=outcome, reason="silent", minutes=1)
    assert state_of(workshop, tag) is KitState.READY


@pytest.mark.parametrize(
    ("facts", "code"), [({"firmware": "0" * 64}, "old_firmware"), ({"test_version": "0"}, "old_test")]
)
def test_only_the_current_firmware_and_test_open_the_gate(
    workshop: Workshop, warehouse: Person, tag: str, facts: dict[str, str], code: str
) -> None:
    run_board(workshop, warehouse, "uno-1", tag, **facts)
    view = show_kit(workshop, tag)
    assert [point.code for point in view.open_points] == [code]
    assert view.kit.state is KitState.PROVISIONED


def test_a_check_without_flashing_keeps_the_proof_of_the_firmware(
    workshop: Workshop, warehouse: Person, tag: str
) -> None:
    run_board(workshop, warehouse, "uno-1", tag)
    run_board(workshop, warehouse, "uno-1", tag, firmware=None, minutes=1)
    assert show_kit(workshop, tag).open_points == []


def test_a_check_alone_does_not_prove_the_firmware(workshop: Workshop, warehouse: Person, tag: str) -> None:
    run_board(workshop, warehouse, "uno-1", tag, firmware=None)
    assert [point.code for point in show_kit(workshop, tag).open_points] == ["old_firmware"]


def test_a_board_of_another_recipe_does_not_fill_the_kit(workshop: Workshop, warehouse: Person, tag: str) -> None:
    run_board(workshop, warehouse, "9900-1", tag, recipe="microbit-v1")
    assert "board_missing" in {point.code for point in show_kit(workshop, tag).open_points}


def test_the_record_and_its_logs_are_kept_once(workshop: Workshop, warehouse: Person, tag: str) -> None:
    run_board(workshop, warehouse, "uno-1", tag)
    run_board(workshop, warehouse, "uno-1", tag, minutes=1)
    with workshop.store.read() as session:
        assert len(session.exec(select(BoardRun)).all()) == 2
        assert [file.content for file in session.exec(select(Attachment))] == [b"avrdude said so"]


def test_the_way_to_a_school(
    workshop: Workshop, warehouse: Person, nso: Person, tag: str, school: str, teacher: Person
) -> None:
    run_board(workshop, warehouse, "uno-1", tag)
    assert label_kits(workshop, warehouse, [tag], "https://stem.example.gr").startswith(b"%PDF")
    reserve_kit(workshop, warehouse, tag, school)
    pack_kit(workshop, warehouse, tag)
    ship_kits(workshop, warehouse, [tag], school)
    confirm_receipt(workshop.store, teacher, tag)
    report_kit(workshop.store, teacher, tag, False, "Δεν ανάβει")
    view = show_kit(workshop, tag)
    assert view.kit.state is KitState.FAULTY
    assert [entry.verb for entry, _name in view.history] == [
        "received",
        "board_run",
        "ready",
        "label_printed",
        "reserved",
        "packed",
        "shipped",
        "delivered",
        "reported_broken",
        "faulty",
    ]
    ((report, kit, at, name),) = list_reports(workshop.store)
    assert (report.note, report.works, kit.tag, at.code, name) == ("Δεν ανάβει", False, tag, school, teacher.name)


def test_a_broken_kit_needs_a_word_of_why(
    workshop: Workshop, warehouse: Person, tag: str, school: str, teacher: Person
) -> None:
    run_board(workshop, warehouse, "uno-1", tag)
    ship_kits(workshop, warehouse, [tag], school)
    with pytest.raises(InputError):
        report_kit(workshop.store, teacher, tag, False, "  ")
    assert state_of(workshop, tag) is KitState.SHIPPED


def test_a_school_speaks_for_its_own_kits_only(
    workshop: Workshop, warehouse: Person, nso: Person, tag: str, school: str, make_school: Callable[..., str]
) -> None:
    run_board(workshop, warehouse, "uno-1", tag)
    ship_kits(workshop, warehouse, [tag], school)
    stranger = add_person(workshop.store, nso, "Ξένη", Role.SCHOOL, make_school())
    with pytest.raises(Refused):
        confirm_receipt(workshop.store, stranger, tag)
    with pytest.raises(Refused):
        report_kit(workshop.store, warehouse, tag, True, "")


def test_a_kit_that_was_not_sent_cannot_be_confirmed(
    workshop: Workshop, warehouse: Person, tag: str, school: str, teacher: Person
) -> None:
    run_board(workshop, warehouse, "uno-1", tag)
    reserve_kit(workshop, warehouse, tag, school)
    with pytest.raises(Refused, match="not been sent"):
        confirm_receipt(workshop.store, teacher, tag)


def test_confirming_twice_is_confirming_once(
    workshop: Workshop, warehouse: Person, tag: str, school: str, teacher: Person
) -> None:
    run_board(workshop, warehouse, "uno-1", tag)
    ship_kits(workshop, warehouse, [tag], school)
    confirm_receipt(workshop.store, teacher, tag)
    confirm_receipt(workshop.store, teacher, tag)
    assert [entry.verb for entry, _ in show_kit(workshop, tag).history].count("delivered") == 1


def test_a_school_gets_no_more_kits_than_its_award(
    workshop: Workshop, warehouse: Person, tag: str, school: str
) -> None:
    (second,) = receive_kits(workshop, warehouse, "arduino-kit", 1)
    run_board(workshop, warehouse, "uno-1", tag)
    run_board(workshop, warehouse, "uno-2", second)
    ship_kits(workshop, warehouse, [tag], school)
    with pytest.raises(Refused, match="no award"):
        ship_kits(workshop, warehouse, [second], school)


def test_a_school_without_an_award_gets_nothing(
    workshop: Workshop, warehouse: Person, tag: str, make_school: Callable[..., str]
) -> None:
    run_board(workshop, warehouse, "uno-1", tag)
    with pytest.raises(Refused, match="no award"):
        ship_kits(workshop, warehouse, [tag], make_school())


def test_kits_of_a_shipment_leave_together_or_not_at_all(
    workshop: Workshop, warehouse: Person, nso: Person, make_school: Callable[..., str], tag: str
) -> None:
    school = make_school()
    award_to(workshop.store, nso, school, units=2)
    (untested,) = receive_kits(workshop, warehouse, "arduino-kit", 1)
    run_board(workshop, warehouse, "uno-1", tag)
    with pytest.raises(Refused, match=untested):
        ship_kits(workshop, warehouse, [tag, untested], school)
    assert state_of(workshop, tag) is KitState.READY
    with workshop.store.read() as session:
        assert session.get_one(Kit, tag).school_code is None


def test_a_kit_reserved_for_one_school_is_not_sent_to_another(
    workshop: Workshop, warehouse: Person, nso: Person, tag: str, school: str, make_school: Callable[..., str]
) -> None:
    other = make_school()
    award_to(workshop.store, nso, other)
    run_board(workshop, warehouse, "uno-1", tag)
    reserve_kit(workshop, warehouse, tag, school)
    with pytest.raises(Refused, match=school):
        ship_kits(workshop, warehouse, [tag], other)


def test_a_school_person_may_not_do_the_warehouses_work(
    workshop: Workshop, warehouse: Person, tag: str, school: str, teacher: Person
) -> None:
    run_board(workshop, warehouse, "uno-1", tag)
    for step in (
        lambda: receive_kits(workshop, teacher, "arduino-kit", 1),
        lambda: label_kits(workshop, teacher, [tag], "http://x"),
        lambda: reserve_kit(workshop, teacher, tag, school),
        lambda: ship_kits(workshop, teacher, [tag], school),
    ):
        with pytest.raises(Refused):
            step()


def test_kits_are_found_by_state_and_model(workshop: Workshop, warehouse: Person, tag: str) -> None:
    receive_kits(workshop, warehouse, "microbit-kit", 1)
    run_board(workshop, warehouse, "uno-1", tag)
    assert [kit.tag for kit, _ in list_kits(workshop.store, state=KitState.READY)] == [tag]
    assert [kit.model for kit, _ in list_kits(workshop.store, model="microbit-kit")] == ["microbit-kit"]


def test_an_unknown_tag_is_not_found(workshop: Workshop) -> None:
    with pytest.raises(NotFound):
        show_kit(workshop, make_tag(99))
    with pytest.raises(StemfleetError, match="SF-"):
        show_kit(workshop, "nonsense")


def test_the_delivery_note_names_the_kit_its_boards_and_its_parts(
    workshop: Workshop, warehouse: Person, tag: str, school: str
) -> None:
    run_board(workshop, warehouse, "uno-1", tag)
    shipment = ship_kits(workshop, warehouse, [tag], school)
    document = pypdfium2.PdfDocument(print_note(workshop, warehouse, shipment.id, "https://stem.example.gr"))
    text = document[0].get_textpage().get_text_range()
    document.close()
    assert all(part in text for part in (tag, "uno-1", school, "Σετ Arduino Uno", "Καλώδιο USB", "TEST"))
    with pytest.raises(NotFound):
        print_note(workshop, warehouse, 999, "https://stem.example.gr")


def test_the_delivery_note_has_the_day_as_it_is_in_greece(
    workshop: Workshop, warehouse: Person, tag: str, school: str
) -> None:
    run_board(workshop, warehouse, "uno-1", tag)
    shipment = ship_kits(workshop, warehouse, [tag], school)
    with workshop.store.write() as session:
        session.get_one(Shipment, shipment.id).shipped = datetime(2026, 1, 31, 22, 30, tzinfo=UTC)
    document = pypdfium2.PdfDocument(print_note(workshop, warehouse, shipment.id, "https://stem.example.gr"))
    text = document[0].get_textpage().get_text_range()
    document.close()
    assert "01/02/2026" in text
