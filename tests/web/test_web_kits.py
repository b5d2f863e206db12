"""Kits on the warehouse's pages and in the API: the gate holds everywhere."""

import json
from collections.abc import Callable

import pypdfium2
import pytest

from stemfleet.kits import show_kit
from stemfleet.store import Person
from stemfleet.words import KitState
from stemfleet.workshop import Workshop
from tests.web.conftest import Stock, Visitor

Visit = Callable[..., Visitor]


@pytest.mark.parametrize(("which", "why"), [("received", "λείπει πλακέτα"), ("faulty", "ο τελευταίος έλεγχος απέτυχε")])
def test_a_kit_without_a_pass_is_shipped_neither_by_page_nor_by_api(
    which: str, why: str, visit: Visit, workshop: Workshop, warehouse: Person, stock: Stock
) -> None:
    tag = getattr(stock, which)
    browser = visit(warehouse)
    page = browser.post(f"/kits/{tag}/ship", to=stock.school)
    api = browser.send(f"/api/kits/{tag}/ship", {"to": stock.school})
    assert page.status_code == api.status_code == 409
    sentence = f"Το σετ {tag} δεν μπορεί να φύγει: {why}"
    assert sentence in page.get_data(as_text=True)
    assert sentence in (api.json or {})["error"]
    assert show_kit(workshop, tag).kit.state is not KitState.SHIPPED


def test_a_label_is_refused_as_a_whole_when_one_kit_has_not_passed(
    visit: Visit, workshop: Workshop, warehouse: Person, stock: Stock
) -> None:
    answer = visit(warehouse).post("/labels", tag=[stock.ready, stock.faulty])
    assert answer.status_code == 409
    assert stock.faulty in answer.get_data(as_text=True)
    assert "label_printed" not in [entry.verb for entry, _name in show_kit(workshop, stock.ready).history]


def test_labels_of_several_kits_come_as_one_pdf(visit: Visit, warehouse: Person, stock: Stock) -> None:
    answer = visit(warehouse).post("/labels", tag=[stock.ready, stock.packed])
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("inline")
    pdf = pypdfium2.PdfDocument(answer.get_data())
    try:
        text = "".join(page.get_textpage().get_text_range() for page in pdf)
    finally:
        pdf.close()
    assert stock.ready in text
    assert stock.packed in text


def test_the_delivery_note_of_a_sent_kit_comes_as_pdf(visit: Visit, warehouse: Person, stock: Stock) -> None:
    browser = visit(warehouse)
    assert browser.post(f"/kits/{stock.shipped}/note").get_data().startswith(b"%PDF")
    assert browser.post(f"/kits/{stock.packed}/note").status_code == 409


def test_a_kit_goes_from_the_shelf_to_its_school_by_the_pages(
    visit: Visit, workshop: Workshop, warehouse: Person, stock: Stock
) -> None:
    browser, tag = visit(warehouse), stock.ready
    assert stock.school in browser.text(f"/kits/{tag}")  # offered as a recipient
    for step, fields in (("reserve", {"to": stock.school}), ("pack", {}), ("ship", {"to": stock.school})):
        assert browser.post(f"/kits/{tag}/{step}", **fields).location == f"/kits/{tag}"
    view = show_kit(workshop, tag)
    assert view.kit.state is KitState.SHIPPED
    assert view.history[-1][1] == warehouse.name
    assert "Στάλθηκε" in browser.text(f"/kits/{tag}")


def test_shipping_asks_once_more_and_shows_to_whom(visit: Visit, warehouse: Person, stock: Stock) -> None:
    page = visit(warehouse).text(f"/kits/{stock.packed}/ship")
    assert "1ο Δημοτικό Κέρκυρας" in page
    assert "Ναι, να σταλεί" in page


def test_the_api_ships_a_packed_kit(visit: Visit, workshop: Workshop, nso: Person, stock: Stock) -> None:
    answer = visit(nso).send(f"/api/kits/{stock.packed}/ship", {"to": stock.school})
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["to"] == stock.school
    assert show_kit(workshop, stock.packed).kit.state is KitState.SHIPPED


@pytest.mark.parametrize("body", [None, {}, {"to": 5}, ["x"]])
def test_the_api_says_what_it_needs(body: object, visit: Visit, nso: Person, stock: Stock) -> None:
    answer = visit(nso).send(f"/api/kits/{stock.packed}/ship", body)
    assert answer.status_code == 400
    assert '{"to": "1234567"}' in (answer.json or {})["error"]


def test_the_record_is_the_kit_with_its_runs_and_history(visit: Visit, nso: Person, stock: Stock) -> None:
    browser = visit(nso)
    file = browser.get(f"/kits/{stock.shipped}/record.json")
    assert f"filename={stock.shipped}.json" in file.headers["Content-Disposition"]
    record = json.loads(file.get_data())
    assert record == browser.get(f"/api/kits/{stock.shipped}").json
    assert [run["outcome"] for run in record["runs"]] == ["PASS"]
    assert record["history"][-1]["verb"] == "shipped"


def test_receiving_issues_as_many_tags_as_kits_came(visit: Visit, workshop: Workshop, warehouse: Person) -> None:
    page = visit(warehouse).post("/kits/receive", model="microbit-kit", count="3").get_data(as_text=True)
    assert [tag for tag in ("SF-00001B", "SF-00002C", "SF-00003D") if tag in page] == [
        "SF-00001B",
        "SF-00002C",
        "SF-00003D",
    ]


@pytest.mark.parametrize("count", ["0", "1001", "viele", "", "-1", "9" * 5000])
def test_a_wrong_number_of_kits_is_refused_and_the_form_kept(count: str, visit: Visit, warehouse: Person) -> None:
    answer = visit(warehouse).post("/kits/receive", model="microbit-kit", count=count)
    assert answer.status_code == 400
    assert '<option value="microbit-kit" selected>' in answer.get_data(as_text=True)


def test_kits_are_found_by_state_model_school_and_scan(visit: Visit, warehouse: Person, stock: Stock) -> None:
    browser = visit(warehouse)
    assert stock.ready in browser.text("/kits?state=ready")
    assert stock.packed not in browser.text("/kits?state=ready")
    assert stock.ready not in browser.text("/kits?model=microbit-kit")
    by_school = browser.text("/kits?words=ΚΕΡΚΥΡΑΣ δημοτικο")
    assert stock.shipped in by_school
    assert stock.ready not in by_school
    for scan in (stock.ready, stock.ready.lower(), f"https://kits.example/k/{stock.ready}"):
        assert browser.get("/kits", query_string={"words": scan}).location == f"/kits/{stock.ready}"
    assert browser.get("/kits?state=nonsense").status_code == 400


def test_a_faulty_kits_page_says_why_and_offers_no_way_out(visit: Visit, warehouse: Person, stock: Stock) -> None:
    page = visit(warehouse).text(f"/kits/{stock.faulty}")
    assert "Αυτό το σετ δεν μπορεί να φύγει" in page
    assert "Είναι άλλου είδους πλακέτα" in page
    assert "/labels" not in page
    assert "/reserve" not in page
