"""Objections and the records behind points, over the pages."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from stemfleet.accounts import add_person
from stemfleet.rounds.objection_views import list_objections
from stemfleet.store import Person
from stemfleet.words import ObjectionState, Role, RoundState
from stemfleet.workshop import Workshop
from tests.rounds.round_desk import Desk, open_desk
from tests.web.conftest import Visitor, pages_of

PDF = b"%PDF-1.4\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"
NEW = "/rounds/R1/objections/new"


@pytest.fixture
def desk(workshop: Workshop, nso: Person, make_school: Callable[..., str]) -> Desk:
    return open_desk(workshop, nso, make_school).reach(RoundState.PROVISIONAL)


@pytest.fixture
def app(desk: Desk, tmp_path: Path) -> Iterator[Flask]:
    """The pages by the clock of the desk."""
    with pages_of(desk.workshop, tmp_path) as made:
        yield made


@pytest.fixture
def maria(desk: Desk) -> Person:
    """Of the school `fifth`, which has 20 points."""
    return add_person(desk.workshop.store, desk.niki, "Μαρία Μ.", Role.SCHOOL, desk.schools["fifth"])


def only_one(desk: Desk) -> ObjectionState:
    (view,) = list_objections(desk.workshop.store, desk.niki)
    return view.objection.state


def test_a_school_objects_with_proof_and_the_nso_accepts_what_it_previewed(
    visit: Callable[..., Visitor], desk: Desk, maria: Person
) -> None:
    school, nso = visit(maria), visit(desk.niki)
    assert NEW in school.text("/")
    assert "e.csv" in school.text(NEW), "the records behind the points are beside the form"
    proofs = [(io.BytesIO(PDF), "βεβαίωση.pdf"), (io.BytesIO(PDF), "again.pdf")]
    answer = school.post(NEW, kind="project", year="2025", text="Λείπει ένα έργο", proofs=proofs)
    page = answer.location
    assert "Αναμένει απάντηση" in school.text(page)
    assert page in nso.text("/objections?state=open")
    preview = nso.post(page, decision="preview", kind="project", year="2025", number="1").get_data(as_text=True)
    assert "Αποδοχή της ένστασης" in preview
    assert ">30<" in preview
    assert nso.post(page, decision="accept", kind="project", year="2025", number="1", answer="Ναι").status_code == 302
    assert only_one(desk) is ObjectionState.ACCEPTED
    behind = nso.text(f"/schools/{desk.schools['fifth']}/points/R1")
    assert "objection 1 (R1)" in behind
    assert "Ναι" in school.text(page)


def test_a_proof_is_handed_out_as_a_file_to_these_two_only(
    visit: Callable[..., Visitor], desk: Desk, maria: Person
) -> None:
    school, nso = visit(maria), visit(desk.niki)
    school.post(NEW, text="Λείπει", proofs=[(io.BytesIO(PDF), "p.pdf")])
    (view,) = list_objections(desk.workshop.store, desk.niki)
    address = f"/objections/1/proofs/{view.proofs[0].sha256}"
    got = nso.get(address)
    assert (got.data, got.mimetype) == (PDF, "application/pdf")
    assert "attachment" in got.headers["Content-Disposition"]
    other = add_person(desk.workshop.store, desk.niki, "Ξένος Ξ.", Role.SCHOOL, desk.schools["best"])
    stranger = visit(other)
    assert stranger.get(address).status_code == 404
    assert stranger.get("/objections/1").status_code == 404
    assert visit().get(address).status_code == 302


def test_a_refusal_without_a_reason_keeps_what_was_typed_and_says_so(
    visit: Callable[..., Visitor], desk: Desk, maria: Person
) -> None:
    visit(maria).post(NEW, text="Λείπει")
    nso = visit(desk.niki)
    assert nso.post("/objections/1", decision="refuse", reason=" ").status_code == 400
    assert only_one(desk) is ObjectionState.OPEN
    assert nso.post("/objections/1", decision="refuse", reason="Μετράει ήδη").status_code == 302
    assert only_one(desk) is ObjectionState.REFUSED


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": ""}, "Γράψτε τι λείπει"),
        ({"text": "x", "year": "δύο"}, "δεν είναι ακέραιος"),
        ({"text": "x", "year": "1999"}, "δεν είναι έτος"),
        ({"text": "x", "kind": "lego"}, "Δεν υπάρχει είδος εγγραφής"),
    ],
)
def test_what_cannot_be_taken_is_said_in_greek(
    visit: Callable[..., Visitor], desk: Desk, maria: Person, fields: dict[str, str], said: str
) -> None:
    answer = visit(maria).post(NEW, **fields)
    assert answer.status_code == 400
    assert said in answer.get_data(as_text=True)


def send(school: Visitor, files: list[bytes]) -> TestResponse:
    """The form as bytes: the test client would leave its temporary file open."""
    parts = [("csrf_token", "", school.token().encode()), ("text", "", b"x")]
    parts += [("proofs", f'; filename="{number}.pdf"', content) for number, content in enumerate(files)]
    body = b"".join(
        b'--cut\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (name.encode(), more.encode(), content)
        for name, more, content in parts
    )
    return school.client.post(NEW, data=body + b"--cut--\r\n", content_type="multipart/form-data; boundary=cut")


def test_files_of_megabytes_may_come_and_larger_ones_may_not(
    visit: Callable[..., Visitor], desk: Desk, maria: Person
) -> None:
    school = visit(maria)
    large = PDF + bytes(4 << 20) + b"%%EOF"
    assert send(school, [large]).status_code == 302
    answer = send(school, [large + bytes(2 << 20)])
    assert (answer.status_code, "5 MB" in answer.get_data(as_text=True)) == (400, True)
    assert send(school, [bytes(5 << 20)] * 6).status_code == 413
    assert [view.objection.state for view in list_objections(desk.workshop.store, maria)] == [ObjectionState.OPEN]


def test_after_the_window_the_page_says_when_it_was(visit: Callable[..., Visitor], desk: Desk, maria: Person) -> None:
    desk.wait(days=6)
    school = visit(maria)
    assert "Ενστάσεις υποβάλλονται από" in school.text(NEW)
    assert school.post(NEW, text="x").status_code == 409
    assert NEW not in school.text("/")


def test_a_school_takes_its_objection_back(visit: Callable[..., Visitor], desk: Desk, maria: Person) -> None:
    school = visit(maria)
    school.post(NEW, text="x")
    assert school.post("/objections/1/withdraw").status_code == 302
    assert only_one(desk) is ObjectionState.WITHDRAWN


def test_the_records_behind_points_are_for_the_school_and_the_nso(
    visit: Callable[..., Visitor], desk: Desk, maria: Person
) -> None:
    own, other = desk.schools["fifth"], desk.schools["best"]
    assert visit(maria).get(f"/schools/{own}/points/R1").status_code == 200
    assert visit(maria).get(f"/schools/{other}/points/R1").status_code == 403
    assert visit(desk.niki).get(f"/schools/{other}/points/R1").status_code == 200
