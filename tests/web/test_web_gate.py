"""Pages that make a kit ready beside the bench: overrides, checklists, files; yield; who is shut out."""

import csv
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pypdfium2
import pytest
from flask import Flask
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from stemfleet.accounts import deactivate_person
from stemfleet.devices.record import Measurement
from stemfleet.kits import list_kits, receive_kits, show_kit
from stemfleet.store import Person, write_history
from stemfleet.words import KitState, Outcome
from stemfleet.workshop import Workshop
from stemfleet_web.door import door_of, install_door
from tests.support.builders import run_board
from tests.web.conftest import Stock, Visitor

Visit = Callable[..., Visitor]
PHOTO = b"\xff\xd8\xff\xe0 a photo"
REASON = "Ελέγχθηκε και με πολύμετρο, η τάση είναι οριακή"


def test_one_person_asks_and_another_one_approves_on_the_kits_page(
    visit: Visit, workshop: Workshop, warehouse: Person, nso: Person, stock: Stock
) -> None:
    address = f"/kits/{stock.faulty}"
    asker, second = visit(warehouse), visit(nso)
    assert asker.post(f"{address}/override", reason="x").status_code == 400
    assert asker.post(f"{address}/override", reason=REASON).location == address
    assert "Έγκριση: το σετ" not in asker.text(address)
    assert asker.post(f"{address}/override/decide", decision="approve").status_code == 409
    assert REASON in second.text("/kits/stale")
    assert "Έγκριση: το σετ" in second.text(address)
    assert second.post(f"{address}/override/decide", decision="approve").location == address
    page = asker.text(address)
    assert "Με παράκαμψη: δεν πέρασαν όλα τον έλεγχο" in page
    assert "Όλα πέρασαν τον έλεγχο" not in page
    assert nso.name in page
    assert show_kit(workshop, stock.faulty).kit.state is KitState.READY


def test_a_school_sees_roles_where_the_staff_sees_names(
    visit: Visit, workshop: Workshop, warehouse: Person, teacher: Person, nso: Person, stock: Stock
) -> None:
    """On the page, in the record, and in the API; the staff sees who it was, and at which command line."""
    with workshop.store.write() as session:
        write_history(session, nso, "kit", stock.shipped, "override_approved", console="aris@bench-pc")
    for address in (f"/kits/{stock.shipped}", f"/kits/{stock.shipped}/record.json", f"/api/kits/{stock.shipped}"):
        seen = visit(teacher).text(address).encode().decode("unicode_escape", errors="ignore") + visit(teacher).text(
            address
        )
        assert warehouse.name not in seen, address
        assert nso.name not in seen, address
        assert "bench-pc" not in seen, address
    assert "Αποθήκη" in visit(teacher).text(f"/kits/{stock.shipped}")
    assert warehouse.name in visit(nso).text(f"/kits/{stock.shipped}")
    assert "aris@bench-pc" in visit(nso).text(f"/kits/{stock.shipped}")
    record = visit(teacher).get(f"/kits/{stock.shipped}/record.json").json
    assert {run["operator"] for run in record["runs"]} == {"warehouse"}


def test_a_checklist_is_filled_in_with_a_photo_and_the_kit_follows(
    visit: Visit, workshop: Workshop, warehouse: Person
) -> None:
    (tag,) = receive_kits(workshop, warehouse, "wedo-kit", 1)
    browser, address = visit(warehouse), f"/kits/{tag}/check/wedo"
    assert address in browser.text(f"/kits/{tag}")
    page = browser.text(address)
    steps = workshop.recipes["wedo"].steps
    assert all(step.title["el"] in page for step in steps)

    def fields(serial: str) -> dict[str, object]:
        answers: dict[str, object] = {f"step:{step.id}": "pass" for step in steps}
        photos = {f"photo:{step.id}": (io.BytesIO(PHOTO), "p.jpg") for step in steps if step.needs_photo}
        return {"serial": serial, **answers, **photos}

    without = {name: value for name, value in fields("BOX-1").items() if not name.startswith("photo")}
    refused = browser.post(address, **without)
    assert refused.status_code == 400
    assert "BOX-1" in refused.get_data(as_text=True)  # nothing that was typed is lost
    assert browser.post(address, **fields("BOX-1")).location == address  # on with the next piece
    assert browser.post(address, **fields("BOX-2")).location == f"/kits/{tag}"
    view = show_kit(workshop, tag)
    assert view.kit.state is KitState.READY
    photo = next(row for row in view.runs[0].record["attachments"] if row["type"] == "image/jpeg")
    answer = browser.get(f"/runs/{view.runs[0].id}/files/{photo['name']}")
    assert (answer.data, answer.mimetype) == (PHOTO, "image/jpeg")
    archive = zipfile.ZipFile(io.BytesIO(browser.get(f"/kits/{tag}/records.zip").data))
    assert sum(name.endswith("record.json") for name in archive.namelist()) == 2


def test_photos_may_be_larger_than_any_other_form(visit: Visit, workshop: Workshop, warehouse: Person) -> None:
    """Up to what a telephone makes; beyond it the answer is a sentence."""
    (tag,) = receive_kits(workshop, warehouse, "wedo-kit", 1)
    step = next(step for step in workshop.recipes["wedo"].steps if step.needs_photo)
    address, words = f"/kits/{tag}/check/wedo", {"serial": "BOX-1", f"step:{step.id}": "fail"}

    def send(size: int) -> int:
        browser, photo = visit(warehouse), FileStorage(io.BytesIO(PHOTO + b"\0" * size), "p.jpg")
        fields = {"csrf_token": browser.token(), **words, f"photo:{step.id}": photo}
        boundary, body = encode_multipart(fields)
        kind = f"multipart/form-data; boundary={boundary}"
        return browser.client.post(address, data=body, content_type=kind).status_code

    assert send(5_000_000) == 302
    assert send(8_100_000) == 400


def test_kits_that_became_stale_are_listed_when_the_firmware_is_released_anew(
    app: Flask, visit: Visit, workshop: Workshop, warehouse: Person, stock: Stock
) -> None:
    assert "Κανένα σετ: όσα είναι έτοιμα" in visit(warehouse).text("/kits/stale")
    recipe = workshop.recipes["arduino-uno"]
    released = replace(recipe, firmware=replace(recipe.firmware, sha256="0" * 64))
    with app.app_context():
        later = replace(workshop, recipes={**workshop.recipes, "arduino-uno": released})
        install_door(app, replace(door_of(app), workshop=later))
    page = visit(warehouse).text("/kits/stale")
    assert all(tag in page for tag in (stock.ready, stock.reserved, stock.packed))
    assert stock.shipped not in page


def test_a_release_is_approved_on_its_page_and_leads_to_the_kits_that_are_stale_now(
    visit: Visit, workshop: Workshop, warehouse: Person, nso: Person
) -> None:
    (tag,) = receive_kits(workshop, warehouse, "microbit-kit", 1)
    run_board(workshop, warehouse, "microbit", tag, recipe="microbit-v1")
    browser = visit(nso)
    wrong = browser.post("/firmware", recipe="microbit-v1", version="2.1", sha256="123")
    assert wrong.status_code == 400
    assert 'value="2.1"' in wrong.get_data(as_text=True)  # nothing that was typed is lost
    image = (io.BytesIO(b"game = 1"), "game.py")
    assert browser.post("/firmware", recipe="microbit-v1", version="2.1", file=image).location == "/kits/stale"
    page = browser.text("/kits/stale")
    assert "1 σετ που ήταν έτοιμο" in page
    assert tag in page
    assert "game.py" in visit(warehouse).text("/firmware")
    assert "sha256 (64" not in visit(warehouse).text("/firmware")  # the form is the support organisation's


def test_a_board_is_taken_out_on_the_kits_page_as_long_as_the_kit_is_not_set_aside(
    visit: Visit, workshop: Workshop, warehouse: Person, stock: Stock
) -> None:
    browser, board = visit(warehouse), f"board-of-{stock.ready}"
    address = f"/kits/{stock.ready}"
    assert f"{address}/take-out" in browser.text(address)
    assert browser.post(f"{address}/take-out", board=board, reason="").status_code == 400
    assert browser.post(f"{address}/take-out", board=board, reason="Λύγισε ένας ακροδέκτης").location == address
    assert "Λύγισε ένας ακροδέκτης" in browser.text(address)
    assert show_kit(workshop, stock.ready).kit.state is KitState.RECEIVED
    assert "/take-out" not in browser.text(f"/kits/{stock.reserved}")


def test_an_override_that_is_over_says_so_on_the_kits_page(
    visit: Visit, workshop: Workshop, warehouse: Person, nso: Person, stock: Stock
) -> None:
    address = f"/kits/{stock.faulty}"
    visit(warehouse).post(f"{address}/override", reason=REASON)
    run_board(workshop, warehouse, "bad-board", stock.faulty, outcome=Outcome.FAIL, reason="flash_refused", minutes=5)
    page = visit(nso).text(address)
    assert "Κάτι άλλο έμεινε ανοικτό" in page
    assert "Έγκριση: το σετ" not in page
    visit(nso).post(f"{address}/override/decide", decision="refuse")
    visit(warehouse).post(f"{address}/override", reason=REASON)
    visit(nso).post(f"{address}/override/decide", decision="approve")
    run_board(workshop, warehouse, "bad-board", stock.faulty, outcome=Outcome.FAIL, reason="flash_refused", minutes=6)
    assert "Δεν ισχύει πια για ό,τι άλλαξε" in visit(nso).text(address)


@pytest.fixture
def delivered(workshop: Workshop, warehouse: Person) -> list[str]:
    tags = receive_kits(workshop, warehouse, "arduino-kit", 2, lot="=Π-17", supplier="Ρομποτική ΑΕ")
    low = Measurement("supply", 4.1, "V", 4.75, 5.25, Outcome.FAIL)
    facts = {"outcome": Outcome.FAIL, "reason": "measurement:supply", "measurements": (low,)}
    run_board(workshop, warehouse, "uno-a", tags[0], **facts)
    run_board(workshop, warehouse, "uno-b", tags[1])
    return tags


def test_the_yield_is_shown_by_what_was_chosen_and_comes_as_a_table(
    visit: Visit, warehouse: Person, delivered: list[str]
) -> None:
    browser = visit(warehouse)
    page = browser.text("/quality?supplier=Ρομποτική+ΑΕ")
    assert "50 %" in page
    assert "Εκτός ορίων: Τάση τροφοδοσίας" in page
    for by in ("model", "supplier", "slot", "day"):
        assert browser.get(f"/quality?by={by}").status_code == 200
    assert browser.get("/quality?by=colour").status_code == 400
    assert browser.get("/quality?since=yesterday").status_code == 400
    assert browser.get("/quality?lot=none").status_code == 404
    (slot,) = set(re.findall(r'href="(/quality\?[^"]*slot=test\+A1[^"]*)"', browser.text("/quality?by=slot")))
    assert 'value="test A1"' in browser.text(slot.partition("#")[0].replace("&amp;", "&"))
    text = browser.get("/quality.csv?supplier=Ρομποτική+ΑΕ").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert {"by": "lot", "value": "'=Π-17", "boards": "2", "passed_first": "1"}.items() <= rows[1].items()
    assert rows[-1]["by"] == "reason"


def test_a_claim_is_a_pdf_and_without_anything_faulty_a_sentence(
    visit: Visit, warehouse: Person, delivered: list[str]
) -> None:
    answer = visit(warehouse).post("/quality/claim", supplier="Ρομποτική ΑΕ", lot="")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    document = pypdfium2.PdfDocument(answer.data)
    assert "Εκτός ορίων: Τάση τροφοδοσίας" in document[0].get_textpage().get_text_range()
    document.close()
    assert visit(warehouse).post("/quality/claim", supplier="Κανένας").status_code == 404


def test_lot_and_supplier_are_given_at_receipt_and_kept_when_something_is_wrong(
    visit: Visit, workshop: Workshop, warehouse: Person, stock: Stock
) -> None:
    browser = visit(warehouse)
    fields = {"model": "arduino-kit", "lot": "Π-18", "supplier": "Κύκλωμα ΕΠΕ"}
    assert 'value="Κύκλωμα ΕΠΕ"' in browser.post("/kits/receive", count="0", **fields).get_data(as_text=True)
    browser.post("/kits/receive", count="1", **fields)
    assert "Κύκλωμα ΕΠΕ" in browser.text("/kits/receive")  # offered for the next delivery
    newest, _name = list_kits(workshop.store)[-1]
    assert (newest.delivery_lot, newest.supplier) == ("Π-18", "Κύκλωμα ΕΠΕ")


def test_who_is_shut_out_is_signed_out_at_once(
    visit: Visit, workshop: Workshop, nso: Person, warehouse: Person
) -> None:
    browser, office = visit(warehouse), visit(nso)
    assert browser.get("/kits").status_code == 200
    assert office.post("/people/active", name=warehouse.name, on="0").location == "/people"
    assert browser.get("/kits").location == "/sign-in"
    assert "Επαναφορά πρόσβασης" in office.text("/people")
    assert office.post("/people/active", name=nso.name, on="0").status_code == 409
    office.post("/people/active", name=warehouse.name, on="1")
    assert visit(warehouse).get("/kits").status_code == 200
    deactivate_person(workshop.store, nso, warehouse.name)
