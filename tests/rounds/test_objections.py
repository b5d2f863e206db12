"""Objections to provisional points: made in the window, decided by the NSO, seen by these two only."""

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image
from round_desk import Desk, steps
from sqlmodel import select

from stemfleet.accounts import add_person
from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.rounds import freeze_inputs, go_back, publish_points, publish_rules, show_applicant
from stemfleet.rounds.objection_views import list_objections, read_proof, show_objection
from stemfleet.rounds.objections import (
    Acceptance,
    NewRecord,
    accept_objection,
    make_objection,
    preview_acceptance,
    refuse_objection,
    withdraw_objection,
)
from stemfleet.schools.retention import plan_pruning, prune
from stemfleet.store import Attachment, Evidence, HistoryEntry, Person
from stemfleet.words import ObjectionState, Role, RoundState

PDF = b"%PDF-1.4\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"


@pytest.fixture
def teacher(desk: Desk) -> Person:
    """Of the school `fifth`, which has two projects of 2024 and 20 points."""
    return add_person(desk.workshop.store, desk.niki, "Μαρία Μ.", Role.SCHOOL, desk.schools["fifth"])


@pytest.fixture
def stranger(desk: Desk) -> Person:
    return add_person(desk.workshop.store, desk.niki, "Ξένος Ξ.", Role.SCHOOL, desk.schools["best"])


def object_(desk: Desk, person: Person, **more: object) -> int:
    return make_objection(desk.workshop, person, "R1", "Λείπει ένα έργο της κ. Μ.", kind="project", year=2025, **more)


def points_of(desk: Desk, school: str) -> int:
    return show_applicant(desk.workshop.store, "R1", desk.schools[school]).applicant.points


def picture(form: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(out, form)
    return out.getvalue()


def test_an_accepted_objection_adds_the_record_and_the_points_that_follow(desk: Desk, teacher: Person) -> None:
    desk.reach(RoundState.PROVISIONAL)
    number = object_(desk, teacher)
    acceptance = Acceptance(NewRecord("project", 2025, title="Green code"))
    (lines, points) = preview_acceptance(desk.workshop, number, acceptance)
    assert {e.field: (e.old, e.new) for e in (lines, points)}["points"] == (20, 30)
    accept_objection(desk.workshop, desk.niki, number, acceptance, "Βρέθηκε.")
    assert points_of(desk, "fifth") == 30
    view = show_objection(desk.workshop.store, teacher, number)
    assert (view.objection.state, view.objection.answer) == (ObjectionState.ACCEPTED, "Βρέθηκε.")
    assert view.objection.decided is not None
    with desk.workshop.store.read() as session:
        record = session.get_one(Evidence, view.objection.evidence_id)
        assert (record.kind, record.year, record.title) == ("project", 2025, "Green code")


def test_the_log_says_who_objected_and_nothing_that_was_written(desk: Desk, teacher: Person) -> None:
    desk.reach(RoundState.PROVISIONAL)
    accept_objection(
        desk.workshop, desk.niki, object_(desk, teacher), Acceptance(NewRecord("project", 2025)), "Ναι, κ. Μ."
    )
    assert steps(desk)[-3:] == ["objected", "corrected", "objection_decided"]
    with desk.workshop.store.read() as session:
        entries = session.exec(select(HistoryEntry).where(HistoryEntry.subject == "round")).all()
    assert not any("κ. Μ." in str(entry.facts) for entry in entries)
    assert entries[-1].facts["school"] == desk.schools["fifth"]


def test_a_refusal_needs_a_reason_and_changes_nothing(desk: Desk, teacher: Person) -> None:
    desk.reach(RoundState.PROVISIONAL)
    number = object_(desk, teacher)
    with pytest.raises(InputError, match="reason"):
        refuse_objection(desk.workshop, desk.niki, number, " ")
    refuse_objection(desk.workshop, desk.niki, number, "Το έργο μετράει ήδη.")
    assert points_of(desk, "fifth") == 20
    assert show_objection(desk.workshop.store, teacher, number).objection.answer == "Το έργο μετράει ήδη."
    with pytest.raises(Refused, match="decided already"):
        refuse_objection(desk.workshop, desk.niki, number, "Ξανά.")


def test_a_line_can_be_put_right_without_a_record(desk: Desk, teacher: Person) -> None:
    desk.reach(RoundState.PROVISIONAL)
    number = object_(desk, teacher)
    with pytest.raises(InputError, match="which record"):
        accept_objection(desk.workshop, desk.niki, number, Acceptance())
    accept_objection(desk.workshop, desk.niki, number, Acceptance(lines={"project 0-2026": 50}))
    assert points_of(desk, "fifth") == 50


def test_a_record_above_a_cap_is_kept_and_changes_no_points(desk: Desk, teacher: Person) -> None:
    desk.rules = replace(desk.rules, points=({"kind": "project", "points": 10, "max": 20},))
    desk.reach(RoundState.PROVISIONAL)
    number = object_(desk, teacher)
    assert preview_acceptance(desk.workshop, number, Acceptance(NewRecord("project", 2025))) == []
    accept_objection(desk.workshop, desk.niki, number, Acceptance(NewRecord("project", 2025)))
    assert points_of(desk, "fifth") == 20


def test_a_record_that_is_there_already_is_refused(desk: Desk, teacher: Person) -> None:
    desk.reach(RoundState.PROVISIONAL)
    record = Acceptance(NewRecord("project", 2025, title="Green code"))
    accept_objection(desk.workshop, desk.niki, object_(desk, teacher), record)
    second = object_(desk, teacher)
    with pytest.raises(Refused, match="this very record"):
        accept_objection(desk.workshop, desk.niki, second, record)
    assert show_objection(desk.workshop.store, desk.niki, second).objection.state is ObjectionState.OPEN


def test_a_record_keeps_only_what_its_kind_has(desk: Desk, teacher: Person) -> None:
    desk.reach(RoundState.PROVISIONAL)
    number = object_(desk, teacher)
    record = NewRecord("school_label", 2025, edition="7", rank="1", person="P12")
    accept_objection(desk.workshop, desk.niki, number, Acceptance(record))
    with desk.workshop.store.read() as session:
        kept = session.exec(select(Evidence).where(Evidence.kind == "school_label")).one()
    assert (kept.edition, kept.rank, kept.person) == (None, None, None)


def test_what_is_no_record_is_refused(desk: Desk, teacher: Person) -> None:
    desk.reach(RoundState.PROVISIONAL)
    number = object_(desk, teacher)
    for record in (
        NewRecord("lego", 2025),
        NewRecord("project", 2027),
        NewRecord("project", 2025, 0),
        NewRecord("project", 2025, person="Μαρία Μ."),
    ):
        with pytest.raises(InputError):
            accept_objection(desk.workshop, desk.niki, number, Acceptance(record))


def test_objections_are_made_in_the_window_only(desk: Desk, teacher: Person) -> None:
    desk.reach(RoundState.RULES_PUBLISHED)
    with pytest.raises(Refused, match="needs the state provisional"):
        object_(desk, teacher)
    start, until = desk.later(days=1), desk.later(days=4)
    publish_points(desk.workshop, desk.niki, "R1", start=start, until=until)
    with pytest.raises(Refused, match="can be made from"):
        object_(desk, teacher)
    desk.wait(days=2)
    object_(desk, teacher)
    desk.wait(days=3)
    with pytest.raises(Refused, match="can be made from"):
        object_(desk, teacher)


def test_nothing_is_frozen_over_an_open_objection(desk: Desk, teacher: Person) -> None:
    desk.reach(RoundState.PROVISIONAL)
    number = object_(desk, teacher)
    desk.wait(days=6)
    with pytest.raises(Refused, match="wait for a decision"):
        freeze_inputs(desk.workshop, desk.niki, "R1", desk.beacon, desk.later(days=1))
    refuse_objection(desk.workshop, desk.niki, number, "Όχι.")
    freeze_inputs(desk.workshop, desk.niki, "R1", desk.beacon, desk.later(days=1))


def test_another_school_sees_neither_objection_nor_proof(desk: Desk, teacher: Person, stranger: Person) -> None:
    desk.reach(RoundState.PROVISIONAL)
    number = object_(desk, teacher, proofs=[("βεβαίωση.pdf", PDF)])
    store = desk.workshop.store
    (proof,) = show_objection(store, desk.niki, number).proofs
    assert read_proof(store, teacher, number, proof.sha256)[1] == PDF
    assert (proof.name, proof.type) == ("βεβαίωση.pdf", "application/pdf")
    for ask in (
        lambda: show_objection(store, stranger, number),
        lambda: read_proof(store, stranger, number, proof.sha256),
    ):
        with pytest.raises(NotFound):
            ask()
    assert list_objections(store, stranger) == []
    assert [view.objection.id for view in list_objections(store, teacher)] == [number]
    with pytest.raises(NotFound):
        withdraw_objection(desk.workshop, stranger, number)


def test_a_school_can_take_it_back(desk: Desk, teacher: Person) -> None:
    desk.reach(RoundState.PROVISIONAL)
    number = object_(desk, teacher)
    withdraw_objection(desk.workshop, teacher, number)
    assert show_objection(desk.workshop.store, teacher, number).objection.state is ObjectionState.WITHDRAWN


@pytest.mark.parametrize("make", [lambda: PDF, lambda: picture("JPEG"), lambda: picture("PNG")])
def test_a_proof_is_known_by_its_content(desk: Desk, teacher: Person, make: Callable[[], bytes]) -> None:
    desk.reach(RoundState.PROVISIONAL)
    number = object_(desk, teacher, proofs=[("C:\\tmp\\x.bin", make()), ("twice", make())])
    (proof,) = show_objection(desk.workshop.store, teacher, number).proofs
    assert proof.type in {"application/pdf", "image/jpeg", "image/png"}
    assert "\\" not in proof.name


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"MZ\x90\x00 a program", "not a PDF"),
        (b"%PDF-1.4 cut off", "not a PDF"),
        (b"\x89PNG\r\n\x1a\n cut off", "not a PDF"),
        (b"GIF89a" + bytes(50), "not a PDF"),
        (PDF + bytes(5 << 20), "larger than 5 MB"),
    ],
)
def test_other_files_are_refused_and_nothing_is_kept(desk: Desk, teacher: Person, content: bytes, message: str) -> None:
    desk.reach(RoundState.PROVISIONAL)
    with pytest.raises(InputError, match=message):
        object_(desk, teacher, proofs=[("ok.pdf", PDF), ("proof.pdf", content)])
    assert list_objections(desk.workshop.store, desk.niki) == []


def test_accepted_records_count_when_the_points_are_published_again(desk: Desk, teacher: Person) -> None:
    desk.reach(RoundState.PROVISIONAL)
    accept_objection(desk.workshop, desk.niki, object_(desk, teacher), Acceptance(NewRecord("project", 2025)))
    go_back(desk.workshop, desk.niki, "R1", "Λάθος κανόνες")
    publish_rules(desk.workshop, desk.niki, "R1")
    publish_points(desk.workshop, desk.niki, "R1", until=desk.later(days=5))
    assert points_of(desk, "fifth") == 30


def test_only_a_school_objects_and_only_the_nso_decides(desk: Desk, teacher: Person) -> None:
    desk.reach(RoundState.PROVISIONAL)
    with pytest.raises(Refused):
        object_(desk, desk.niki)
    number = object_(desk, teacher)
    with pytest.raises(Refused):
        accept_objection(desk.workshop, teacher, number, Acceptance(NewRecord("project", 2025)))
    with pytest.raises(Refused):
        refuse_objection(desk.workshop, teacher, number, "όχι")


def test_texts_and_proofs_are_deleted_after_their_time_and_the_decision_stays(desk: Desk, teacher: Person) -> None:
    desk.reach(RoundState.PROVISIONAL)
    own = picture("PNG")
    old = object_(desk, teacher, proofs=[("both.pdf", PDF), ("own.png", own)])
    refuse_objection(desk.workshop, desk.niki, old, "Όχι, κ. Μ.")
    young = object_(desk, teacher, proofs=[("both.pdf", PDF)])
    desk.wait(days=2 * 365 + 1)
    plan = plan_pruning(desk.workshop, 6)
    assert (plan.objections, plan.files) == (1, 2)
    prune(desk.workshop, desk.niki, 6)
    view = show_objection(desk.workshop.store, desk.niki, old)
    assert (view.objection.text, view.objection.answer, view.proofs) == ("", None, [])
    assert (view.objection.state, view.objection.decided is not None) == (ObjectionState.REFUSED, True)
    assert show_objection(desk.workshop.store, desk.niki, young).objection.text != ""
    with desk.workshop.store.read() as session:
        kept = {file.content for file in session.exec(select(Attachment))}
    assert PDF in kept, "a younger objection still has it"
    assert own not in kept
    assert plan_pruning(desk.workshop, 6).objections == 0
