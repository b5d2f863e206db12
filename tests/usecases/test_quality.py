"""Yield and claims: what is counted, by what, and what a supplier is shown."""

import zipfile
from datetime import UTC, date, datetime
from io import BytesIO

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from stemfleet.bench import Chosen, Dimension, FirstRun, first_runs, known_origins, pareto, supplier_claim, yield_by
from stemfleet.devices.record import Measurement
from stemfleet.errors import InputError, NotFound, Unavailable
from stemfleet.kits import kit_archive, read_file, receive_kits, show_kit
from stemfleet.paper.claim import Claim, ClaimItem, claim_sheet
from stemfleet.store import Attachment, Person, Store, read_history
from stemfleet.words import Outcome
from stemfleet.workshop import Workshop
from tests.support.builders import run_board

LOW = Measurement("supply", 4.1, "V", 4.75, 5.25, Outcome.FAIL)


@pytest.fixture
def delivered(workshop: Workshop, warehouse: Person) -> list[str]:
    """Three kits of one lot (a pass, a fail that passed later, a fail), one of another supplier that failed."""
    tags = receive_kits(workshop, warehouse, "arduino-kit", 3, lot="Π-17/2026", supplier="Ρομποτική ΑΕ")
    tags += receive_kits(workshop, warehouse, "microbit-kit", 1, lot="Π-18/2026", supplier="Κύκλωμα ΕΠΕ")
    run_board(workshop, warehouse, "uno-1", tags[0])
    run_board(workshop, warehouse, "uno-2", tags[1], outcome=Outcome.TIMEOUT, reason="silent", slot="A2")
    run_board(workshop, warehouse, "uno-2", tags[1], outcome=Outcome.FAIL, reason="verify_mismatch", minutes=1)
    run_board(workshop, warehouse, "uno-2", tags[1], minutes=2)
    facts = {"outcome": Outcome.FAIL, "reason": "measurement:supply", "measurements": (LOW,), "slot": "A2"}
    run_board(workshop, warehouse, "uno-3", tags[2], minutes=3, **facts)
    run_board(workshop, warehouse, "uno-1", tags[2], outcome=Outcome.FAIL, reason="other_kit", minutes=4)
    run_board(workshop, warehouse, None, tags[3], recipe="microbit-v1", outcome=Outcome.FAIL, reason="flash_refused")
    return tags


def test_a_board_counts_once_by_its_first_run_that_tells(workshop: Workshop, delivered: list[str]) -> None:
    runs = first_runs(workshop)
    assert [(run.passed, run.reason, run.untold) for run in runs] == [
        (True, "", 0),
        (False, "flash_refused", 0),
        (False, "verify_mismatch", 1),
        (False, "measurement:supply", 0),
    ]
    rows = {row.value: (row.boards, row.passed, row.untold) for row in yield_by(runs, Dimension.SUPPLIER)}
    assert rows == {"Ρομποτική ΑΕ": (3, 1, 1), "Κύκλωμα ΕΠΕ": (1, 0, 0)}
    assert {row.value for row in yield_by(runs, Dimension.LOT)} == {"Π-17/2026", "Π-18/2026"}
    assert {row.value: row.boards for row in yield_by(runs, Dimension.SLOT)} == {"test A1": 3, "test A2": 1}
    assert [run.reason for run in first_runs(workshop, Chosen(slot="test A2"))] == ["measurement:supply"]
    assert [(row.value, row.boards) for row in yield_by(runs, Dimension.DAY)] == [("2026-03-02", 4)]
    assert [row.value for row in yield_by(runs, Dimension.MODEL)] == ["microbit-kit", "arduino-kit"]  # worst first


def test_what_is_our_own_fault_counts_neither_in_the_yield_nor_in_a_claim(
    workshop: Workshop, warehouse: Person, nso: Person
) -> None:
    """The wrong board in a slot, one identity twice: the boards themselves may be good, and one passes later."""
    tags = receive_kits(workshop, warehouse, "arduino-kit", 2, supplier="Ρομποτική ΑΕ")
    run_board(workshop, warehouse, "uno-1", tags[0], outcome=Outcome.FAIL, reason="wrong_board")
    run_board(workshop, warehouse, "uno-1", tags[0], minutes=1)
    run_board(workshop, warehouse, "uno-2", tags[1], outcome=Outcome.FAIL, reason="duplicate_id", minutes=2)
    assert [(run.passed, run.reason) for run in first_runs(workshop)] == [(True, "")]
    with pytest.raises(InputError, match="nothing to claim"):
        supplier_claim(workshop, nso, "Ρομποτική ΑΕ", "el")


def test_a_board_that_was_nameless_at_its_first_try_counts_once_and_is_not_claimed_when_it_passes(
    workshop: Workshop, warehouse: Person, nso: Person
) -> None:
    good, bad = receive_kits(workshop, warehouse, "arduino-kit", 2, supplier="Ρομποτική ΑΕ")
    failed = {"outcome": Outcome.FAIL, "reason": "verify_mismatch"}
    for minutes in (0, 1):
        run_board(workshop, warehouse, None, good, minutes=minutes, **failed)
    run_board(workshop, warehouse, "uno-1", good, minutes=2)
    run_board(workshop, warehouse, None, bad, minutes=3, **failed)
    assert [(run.passed, run.reason) for run in first_runs(workshop)] == [(False, "verify_mismatch")] * 2
    text = text_of(supplier_claim(workshop, nso, "Ρομποτική ΑΕ", "en"))
    assert bad in text
    assert good not in text


def test_a_board_that_failed_for_one_delivery_and_passed_in_another_is_not_claimed(
    workshop: Workshop, warehouse: Person, nso: Person
) -> None:
    (first,) = receive_kits(workshop, warehouse, "arduino-kit", 1, supplier="Ρομποτική ΑΕ")
    (second,) = receive_kits(workshop, warehouse, "arduino-kit", 1, supplier="Κύκλωμα ΕΠΕ")
    run_board(workshop, warehouse, "uno-1", first, outcome=Outcome.FAIL, reason="verify_mismatch")
    run_board(workshop, warehouse, "uno-1", second, minutes=1)
    with pytest.raises(InputError, match="nothing to claim"):
        supplier_claim(workshop, nso, "Ρομποτική ΑΕ", "el")


def test_what_is_counted_can_be_chosen(workshop: Workshop, delivered: list[str]) -> None:
    assert len(first_runs(workshop, Chosen(lot="Π-17/2026"))) == 3
    assert len(first_runs(workshop, Chosen(supplier="Κύκλωμα ΕΠΕ", model="arduino-kit"))) == 0
    assert len(first_runs(workshop, Chosen(since=date(2026, 3, 3)))) == 0
    assert len(first_runs(workshop, Chosen(since=date(2026, 3, 2), until=date(2026, 3, 2)))) == 4
    assert known_origins(workshop.store) == (["Π-17/2026", "Π-18/2026"], ["Κύκλωμα ΕΠΕ", "Ρομποτική ΑΕ"])


reasons = st.sampled_from(["wrong_board", "verify_mismatch", "measurement:supply", "flash_refused"])


@given(st.lists(st.tuples(st.booleans(), reasons)))
def test_the_reasons_add_up_to_all_that_failed_the_commonest_first(outcomes: list[tuple[bool, str]]) -> None:
    runs = [FirstRun(passed, "" if passed else reason, "m", "", "", "", "2026-01-01", 0) for passed, reason in outcomes]
    rows = pareto(runs)
    failed = sum(not run.passed for run in runs)
    assert sum(row.boards for row in rows) == failed
    assert [row.boards for row in rows] == sorted((row.boards for row in rows), reverse=True)
    assert not rows or abs(rows[-1].together - 1) < 1e-9
    groups = yield_by(runs, Dimension.MODEL)
    assert sum(row.boards - row.passed for row in groups) == failed


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    text = "\n".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("el", ("ΠΡΩΤΟΚΟΛΛΟ", "Εκτός ορίων: supply", "μετρήθηκε 4,1 V, επιτρέπεται 4,75 έως 5,25 V", "Π-17/2026")),
        ("en", ("CLAIM", "Out of its limits: supply", "measured 4.1 V, allowed 4.75 to 5.25 V", "3 items were tested")),
    ],
)
def test_a_claim_names_the_boards_that_are_faulty_now_with_their_evidence(
    workshop: Workshop, nso: Person, delivered: list[str], language: str, words: tuple[str, ...]
) -> None:
    text = text_of(supplier_claim(workshop, nso, "Ρομποτική ΑΕ", language))  # type: ignore[arg-type]
    run = next(run for run in show_kit(workshop, delivered[2]).runs if run.board_id == "uno-3")
    log = run.record["attachments"][0]["sha256"]
    assert all(word in text for word in (*words, "uno-3", delivered[2], log, nso.name, "avrdude 7.1"))
    assert "uno-2" not in text  # it passed later
    assert "uno-1" not in text  # it was only put at the wrong kit
    with workshop.store.read() as session:
        ((entry, name),) = read_history(session, "supplier", "Ρομποτική ΑΕ")
    assert (entry.verb, name, len(entry.facts["items"])) == ("claim_drawn_up", nso.name, 1)


def test_there_is_no_claim_without_something_faulty(
    workshop: Workshop, nso: Person, warehouse: Person, delivered: list[str]
) -> None:
    with pytest.raises(NotFound, match="Κανένας"):
        supplier_claim(workshop, nso, "Κανένας", "el")
    (tag,) = receive_kits(workshop, warehouse, "arduino-kit", 1, supplier="Άριστος")
    run_board(workshop, warehouse, "uno-9", tag)
    with pytest.raises(InputError, match="nothing to claim"):
        supplier_claim(workshop, nso, "Άριστος", "el")


def test_a_long_claim_goes_on_over_pages_and_loses_nothing() -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    items = tuple(
        ClaimItem(f"board-{n:03}", None, "Kit", "L1", "verify_mismatch", at, "pc A1", (), (), "0" * 64, ())
        for n in range(60)
    )
    sheet = claim_sheet(Claim("Supplier", None, "N.", 60, 0, items), "en", made=at)
    text = text_of(sheet)
    assert [n for n in range(60) if f"board-{n:03}" not in text] == []
    assert "page 1 of 5" in text
    assert claim_sheet(Claim("Supplier", None, "N.", 60, 0, items), "en", made=at) == sheet


def test_a_delivery_lot_that_is_too_long_is_refused(workshop: Workshop, warehouse: Person) -> None:
    with pytest.raises(InputError, match="64 characters"):
        receive_kits(workshop, warehouse, "arduino-kit", 1, lot="x" * 65)


def test_records_logs_and_photos_of_a_kit_come_in_one_archive(
    workshop: Workshop, store: Store, delivered: list[str]
) -> None:
    view = show_kit(workshop, delivered[0])
    archive = zipfile.ZipFile(BytesIO(kit_archive(store, view)))
    folder = f"runs/{view.runs[0].id:06d}-PASS"
    assert archive.namelist() == ["kit.json", f"{folder}/record.json", f"{folder}/identify-1.log"]
    assert archive.read(f"{folder}/identify-1.log") == b"avrdude said so"
    assert kit_archive(store, view) == kit_archive(store, view)


def test_a_log_that_was_changed_is_not_handed_out_as_what_it_was(
    workshop: Workshop, store: Store, delivered: list[str]
) -> None:
    run = show_kit(workshop, delivered[0]).runs[0]
    assert read_file(store, run.id, "identify-1.log") == (b"avrdude said so", "text/plain")
    with pytest.raises(NotFound):
        read_file(store, run.id, "other.log")
    with store.write() as session:
        session.exec(select(Attachment)).one().content = b"made up"
    with pytest.raises(Unavailable, match="was changed"):
        read_file(store, run.id, "identify-1.log")
