"""A school's own page: what is decided there, and the kits of earlier waves that it is asked about."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stemfleet.schools import apply_import, plan_import, show_school
from stemfleet.store import Person, Store
from stemfleet.words import SchoolStatus
from tests.web.conftest import Stock, Visitor

Visit = Callable[..., Visitor]


@pytest.fixture
def listed(store: Store, nso: Person, stock: Stock, tmp_path: Path) -> int:
    """The number of a kit that an old list names for the school."""
    file = tmp_path / "παλιά.csv"
    file.write_text(f"school,model,wave,serial\n{stock.school},microbit-kit,STEM4,MB-1\n", encoding="utf-8")
    apply_import(store, nso, plan_import(store, "legacy", file))
    ((old, _file),) = show_school(store, stock.school).legacy
    return old.id


def test_an_override_is_made_on_the_page_and_shown_with_its_reason(
    visit: Visit, nso: Person, stock: Stock, store: Store
) -> None:
    office, page = visit(nso), f"/schools/{stock.school}"
    answer = office.post(f"{page}/category", category="remote", holds="yes", reason="Έγγραφο 7")
    assert answer.location == f"{page}#category"
    assert "Έγγραφο 7" in office.text(page)
    assert show_school(store, stock.school).categories == ["remote"]
    office.post(f"{page}/category", category="remote", holds="register", reason="Λάθος")
    assert show_school(store, stock.school).categories == []


def test_records_of_a_merged_school_count_for_the_other_when_the_page_is_told_so(
    visit: Visit, nso: Person, stock: Stock, store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "εγγραφές.csv"
    file.write_text(f"code,kind,year,title\n{stock.school},project,2024,Ρομπότ\n", encoding="utf-8")
    apply_import(store, nso, plan_import(store, "evidence", file))
    office, old, new = visit(nso), f"/schools/{stock.school}", f"/schools/{stock.other}"
    office.post(f"{old}/move", kind="merged", successor=stock.other, since="2026-09-01", reason="ΦΕΚ 7")
    assert "εγγραφές.csv" not in office.text(new)
    assert office.post(f"{old}/records", counts="yes", reason="Ίδια τάξη").location == f"{old}#records"
    assert f"από το σχολείο {stock.school}, που συγχωνεύτηκε: Ίδια τάξη" in office.text(new)
    assert "Ίδια τάξη" in office.text(old)
    office.post(f"{old}/records", counts="no", reason="Λάθος")
    assert "εγγραφές.csv" not in office.text(new)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("category", {"category": "remote", "holds": "yes", "reason": " "}),
        ("category", {"category": "awarded", "holds": "yes", "reason": "ΑΒΓ"}),
        ("category", {"category": "remote", "holds": "maybe", "reason": "ΑΒΓ"}),
        ("move", {"kind": "merged", "successor": "9999999", "since": "2026-09-01", "reason": "ΑΒΓ"}),
        ("move", {"kind": "merged", "successor": "OTHER", "since": "χθες", "reason": "ΑΒΓ"}),
        ("move", {"kind": "", "successor": "OTHER", "since": "2026-09-01", "reason": "ΑΒΓ"}),
        ("kits", {"successor": "9999999", "reason": "ΑΒΓ"}),
        ("kits", {"successor": "OTHER", "reason": ""}),
    ],
)
def test_what_cannot_be_decided_is_explained_and_what_was_typed_stays(
    visit: Visit, nso: Person, stock: Stock, store: Store, path: str, fields: dict[str, str]
) -> None:
    fields = {name: stock.other if value == "OTHER" else value for name, value in fields.items()}
    answer = visit(nso).post(f"/schools/{stock.school}/{path}", **fields)
    assert answer.status_code in {400, 404, 409}
    page = answer.get_data(as_text=True)
    assert 'role="alert"' in page
    assert fields["reason"].strip() in page
    assert show_school(store, stock.school).history == []


def test_a_school_is_merged_and_its_kits_handed_over(visit: Visit, nso: Person, stock: Stock, store: Store) -> None:
    office, page = visit(nso), f"/schools/{stock.school}"
    fields = {"kind": "merged", "successor": stock.other, "since": "2026-09-01", "reason": "ΦΕΚ 12"}
    assert office.post(f"{page}/move", **fields).status_code == 302
    assert f"/schools/{stock.other}" in office.text(page)
    assert f"/schools/{stock.school}" in office.text(f"/schools/{stock.other}")
    assert office.post(f"{page}/kits", successor=stock.other, reason="ΦΕΚ 12").status_code == 302
    assert stock.shipped in {kit.tag for kit in show_school(store, stock.other).kits}
    assert office.post(f"{page}/move/undo", reason="Λάθος").status_code == 302
    assert show_school(store, stock.school).school.status is SchoolStatus.ACTIVE


def test_a_school_is_asked_for_its_old_kit_and_gets_a_tag(
    visit: Visit, teacher: Person, stock: Stock, store: Store, listed: int
) -> None:
    phone = visit(teacher)
    assert f"/legacy/{listed}/here" in phone.text("/")
    assert phone.post(f"/schools/{stock.school}/legacy/{listed}/here").status_code == 302
    (kit,) = [kit for kit in show_school(store, stock.school).kits if kit.legacy]
    assert kit.tag in phone.text("/")
    assert phone.get(f"/k/{kit.tag}").status_code == 200
    assert phone.post(f"/k/{kit.tag}/report", works="yes", note="").status_code == 302


def test_a_kit_that_is_gone_needs_a_word(
    visit: Visit, teacher: Person, stock: Stock, store: Store, listed: int
) -> None:
    phone = visit(teacher)
    assert phone.post(f"/schools/{stock.school}/legacy/{listed}/gone", note="").status_code == 400
    assert phone.post(f"/schools/{stock.school}/legacy/{listed}/gone", note="Κλάπηκε").status_code == 302
    assert "Κλάπηκε" in phone.text(f"/schools/{stock.school}")


def test_a_stranger_answers_for_nobody(visit: Visit, stranger: Person, stock: Stock, store: Store, listed: int) -> None:
    assert visit(stranger).post(f"/schools/{stock.school}/legacy/{listed}/here").status_code == 403
    assert visit(stranger).post(f"/schools/{stock.other}/legacy/{listed}/here").status_code in {403, 409}
    assert show_school(store, stock.school).legacy[0][0].answer is None


def test_schools_are_found_in_latin_letters(visit: Visit, nso: Person, stock: Stock) -> None:
    assert stock.school in visit(nso).text("/schools?words=dimotiko+kerkyras")
