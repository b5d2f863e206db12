"""The wall's field for the serial number of a machine that tells no identity, and what a person is told to do."""

from collections.abc import Iterator

import pytest
from flask import Flask, render_template
from playwright.sync_api import expect

from stemfleet.accounts import issue_link
from stemfleet.bench import LiveBench
from stemfleet.devices.state import Instruction, Slot, SlotState, Status
from stemfleet.store import Person, Store
from stemfleet.words import Outcome, Reason
from stemfleet.workshop import Workshop
from tests.web.conftest import Stock
from tests.web.serving import chromium, served

PRINTER, UNO = "printer-ender3-v2", "arduino-uno"


@pytest.fixture
def bench(workshop: Workshop) -> Iterator[LiveBench]:
    """Ports that are not there: a run ends at once with ERROR."""
    slots = [Slot(name, workshop.recipes[recipe], f"/dev/no-{name}") for name, recipe in (("A1", PRINTER), ("A2", UNO))]
    live = LiveBench(workshop, slots, "bench-pc")
    yield live
    live.close()


def test_a_serial_number_is_scanned_at_the_wall_and_outlives_a_reload(
    app: Flask, store: Store, nso: Person, warehouse: Person, bench: LiveBench, stock: Stock
) -> None:
    with served(app) as root, chromium() as browser:
        page = browser.new_page(base_url=root, locale="el-GR")
        page.set_default_timeout(60_000)
        page.goto(f"/sign-in/{issue_link(store, nso, warehouse.name)}")
        page.goto("/bench")
        expect(page.locator("#line")).to_have_text("Ζωντανά")
        field = page.get_by_label("Σειριακός αριθμός της συσκευής στη θέση A1")
        expect(page.get_by_label("Σειριακός αριθμός της συσκευής στη θέση A2")).to_be_hidden()
        field.press_sequentially(f"{stock.ready}\n")
        expect(page.locator(".slot-problem").first).to_contain_text("είναι ετικέτα σετ")
        field.fill("")
        field.press_sequentially("ψρ-0012\n")  # a scanner under a Greek layout
        expect(page.get_by_label("Σετ στη θέση A1")).to_be_focused()
        expect(field).to_have_value("CR-0012")
        page.reload()
        expect(field).to_have_value("CR-0012")
        assert bench.snapshot()[0].serial == "CR-0012"
        page.get_by_role("button", name="Έναρξη A1").click()
        expect(page.locator(".slot").first).to_have_attribute("data-outcome", "ERROR")
        expect(field).to_have_value("CR-0012")


def test_a_slot_says_in_greek_what_to_do_and_what_is_missing(app: Flask) -> None:
    plain = SlotState("A1", PRINTER, "Ender", "/dev/no", phases=("flash",), phase="flash")
    todo = Instruction(
        "Copy {image} as {file} onto an SD card, put it into the printer, switch it off and on, and wait "
        "until it runs version {version}.",
        (("image", "m.bin"), ("file", "fw.bin"), ("version", "2.1")),
    )
    working = SlotState(**{**vars(plain), "status": Status.RUNNING, "instruction": todo, "detail": str(todo)})
    facts = {"status": Status.DONE, "outcome": Outcome.PASS, "reason": Reason.NO_IDENTITY}
    nameless = SlotState(**{**vars(plain), **facts})
    with app.test_request_context("/bench"):
        said = render_template("bench/_slot.html", state=working, seen=None)
        asked = render_template("bench/_slot.html", state=nameless, seen=None)
    assert "Αντιγράψτε το m.bin με όνομα fw.bin σε κάρτα SD" in said
    assert "Σαρώστε ή πληκτρολογήστε τον σειριακό αριθμό" in asked
