"""What schools do on their phones, and what the support organisation sees of it."""

from collections.abc import Callable

import pytest

from stemfleet.kits import show_kit
from stemfleet.store import Person
from stemfleet.words import KitState
from stemfleet.workshop import Workshop
from tests.web.conftest import Stock, Visitor

Visit = Callable[..., Visitor]


def test_a_school_confirms_and_reports_and_the_nso_sees_it(
    visit: Visit, workshop: Workshop, teacher: Person, nso: Person, stock: Stock
) -> None:
    phone, office = visit(teacher), visit(nso)
    before = office.get("/reports/newest")
    assert phone.post(f"/k/{stock.shipped}/received").location == f"/k/{stock.shipped}"
    assert show_kit(workshop, stock.shipped).kit.state is KitState.DELIVERED
    phone.post(f"/k/{stock.shipped}/report", works="no", note="Δεν ανάβει")
    assert show_kit(workshop, stock.shipped).kit.state is KitState.FAULTY
    after = office.get("/reports/newest", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "Δεν ανάβει" in after.get_data(as_text=True)
    assert "Δεν ανάβει" in office.text("/")


def test_the_list_of_reports_is_sent_again_only_when_it_changed(visit: Visit, nso: Person, stock: Stock) -> None:
    office = visit(nso)
    mark = office.get("/reports/newest").headers["ETag"]
    assert office.get("/reports/newest", headers={"If-None-Match": mark}).status_code == 304


def test_broken_without_a_word_is_refused_and_a_long_note_is_kept(visit: Visit, teacher: Person, stock: Stock) -> None:
    phone = visit(teacher)
    empty = phone.post(f"/k/{stock.shipped}/report", works="no", note=" ")
    assert empty.status_code == 400
    assert "Πείτε με λίγα λόγια" in empty.get_data(as_text=True)
    long = phone.post(f"/k/{stock.shipped}/report", works="yes", note="α" * 2001)
    assert long.status_code == 400
    assert "α" * 2001 in long.get_data(as_text=True)


@pytest.mark.parametrize("answer", [{}, {"works": ""}, {"works": "maybe"}])
def test_a_report_that_says_neither_makes_no_kit_faulty(
    visit: Visit, workshop: Workshop, teacher: Person, stock: Stock, answer: dict[str, str]
) -> None:
    assert visit(teacher).post(f"/k/{stock.shipped}/report", note="Ήρθε", **answer).status_code == 400
    assert show_kit(workshop, stock.shipped).kit.state is KitState.SHIPPED


def test_what_people_write_is_shown_as_text(visit: Visit, teacher: Person, nso: Person, stock: Stock) -> None:
    visit(teacher).post(f"/k/{stock.shipped}/report", works="yes", note="<script>alert(1)</script>")
    assert "<script>alert" not in visit(nso).text("/reports")
    assert "&lt;script&gt;alert" in visit(nso).text("/reports")


def test_a_kit_that_was_not_sent_yet_takes_no_report(visit: Visit, teacher: Person, stock: Stock) -> None:
    phone = visit(teacher)
    assert "δεν έχει σταλεί ακόμη" in phone.text(f"/k/{stock.packed}")
    assert phone.post(f"/k/{stock.packed}/received").status_code == 409


def test_a_school_finds_its_own_kits_and_its_own_page_only(visit: Visit, teacher: Person, stock: Stock) -> None:
    phone = visit(teacher)
    start = phone.text("/")
    assert stock.shipped in start
    assert stock.ready not in start
    assert phone.get(f"/schools/{stock.school}").status_code == 200
    assert phone.get(f"/schools/{stock.other}").status_code == 403
    assert phone.get(f"/kits/{stock.ready}").status_code == 403
    assert phone.get(f"/api/kits/{stock.ready}").status_code == 403


def test_an_unknown_tag_is_not_found_and_a_wrong_one_is_explained(visit: Visit) -> None:
    unknown = visit().get("/k/SF-09999A")
    assert unknown.status_code in {400, 404}
    answers = {visit().get(f"/k/SF-09999{letter}").status_code for letter in "ABCDEFGHJKLMNPRSTUVWXYZ"}
    assert answers == {400, 404}  # one letter fits the number: that tag was never issued
    assert "SF-" in visit().get("/k/rubbish").get_data(as_text=True)


def test_schools_are_found_by_words_without_accents_and_by_code(visit: Visit, nso: Person, stock: Stock) -> None:
    office = visit(nso)
    assert stock.school in office.text("/schools?words=κερκυρας")
    assert stock.other not in office.text("/schools?words=κερκυρας")
    assert "2ο Γυμνάσιο Χανίων" in office.text(f"/schools?words={stock.other}")
