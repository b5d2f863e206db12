"""The bench's pages: positions and their wizard, codes for the scanner, boards that come and go on the wall."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from stemfleet.accounts import issue_link
from stemfleet.bench import LiveBench, learn_slot
from stemfleet.devices.ports import Port
from stemfleet.devices.recipe import load_all
from stemfleet.devices.state import Slot, Status
from stemfleet.errors import InputError
from stemfleet.store import Person, Store
from stemfleet.words import Outcome
from stemfleet.workshop import Workshop
from stemfleet_web import create_app
from stemfleet_web.scans import Scan, codes, read_scan
from tests.support.builders import run_board
from tests.web.conftest import ROOT, Stock, Visitor
from tests.web.serving import chromium, served

Visit = Callable[..., Visitor]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


def uno(place: str) -> Port:
    """As pyserial lists it; its device is not there, so a run ends at once with ERROR."""
    return Port(f"/dev/no-such-{place}", "", "2341:0043", f"S{place}", place, None, ("arduino-uno",))


@pytest.fixture
def plugged() -> list[Port]:
    """What is plugged in; a test puts ports in and takes them out."""
    return []


@pytest.fixture
def bench(workshop: Workshop, plugged: list[Port], monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveBench]:
    """A bench that follows `plugged`, quickly."""
    monkeypatch.setattr("stemfleet.bench.plugging.POLL_S", 0.05)
    live = LiveBench(workshop, [], "bench-pc")
    live.watch(lambda: list(plugged))
    yield live
    live.close()


def until(bench: LiveBench, holds: Callable[[], object]) -> None:
    newest = 0
    for _ in range(200):
        if holds():
            return
        newest, _states = bench.wait(newest, 0.1)
    raise AssertionError("it did not come true")


def test_an_empty_bench_offers_nothing_to_start(visit: Visit, warehouse: Person) -> None:
    page = visit(warehouse).text("/bench")
    assert 'form="wall" disabled' in page
    assert "Συνδέστε μία: θα φανεί εδώ μόνη της" in page


def test_the_wizard_names_the_position_into_which_a_board_is_plugged(
    visit: Visit, warehouse: Person, bench: LiveBench, plugged: list[Port]
) -> None:
    browser = visit(warehouse)
    assert browser.post("/bench/positions", name="A 3").status_code == 400
    assert browser.post("/bench/positions", name="A3").location == "/bench/positions/learn"
    assert 'http-equiv="refresh"' in browser.text("/bench/positions/learn")  # without a script it goes on too
    assert browser.get("/bench/positions/learn.json").json == {"place": None, "over": False}
    plugged.append(uno("1-2.3"))
    until(bench, lambda: bench.names() == ["A3"])
    assert browser.get("/bench/positions/learn.json").json == {"place": "1-2.3", "over": False}
    page = browser.text("/bench/positions/learn")
    assert "Η θέση 1-2.3 ονομάζεται από τώρα A3." in page
    assert 'value="A4"' in page  # the next one of the hub
    browser.post("/bench/positions/end")
    assert browser.get("/bench/positions/learn").location == "/bench/positions"
    browser.post("/bench/positions/A3/recipe", recipe="arduino-nano")
    until(bench, lambda: bench.snapshot()[0].recipe == "arduino-nano")
    browser.post("/bench/positions/A3/forget")
    until(bench, lambda: bench.names() == ["1-2.3"])


def test_boards_start_by_themselves_in_the_name_of_who_said_so(
    visit: Visit, warehouse: Person, bench: LiveBench, plugged: list[Port]
) -> None:
    visit(warehouse).post("/bench/auto-start", on="1")
    assert 'aria-pressed="true"' in visit(warehouse).text("/bench")
    plugged.append(uno("1-1"))
    until(bench, lambda: [state.status for state in bench.snapshot()] == [Status.DONE])
    (state,) = bench.snapshot()
    assert (state.outcome, state.reason) == (Outcome.ERROR, "port_missing")
    assert state.result is not None
    assert state.result.record.operator == warehouse.name
    visit(warehouse).post("/bench/auto-start", on="0")
    assert bench.station_view().auto_start_by is None


def test_a_scanner_alone_goes_to_a_slot_starts_it_leaves_it_out_and_says_what_it_does_not_know(
    visit: Visit, warehouse: Person, bench: LiveBench, plugged: list[Port], stock: Stock
) -> None:
    plugged += [uno("1-1"), uno("1-2")]
    learn_slot(bench._workshop.store, warehouse, "bench-pc", "A1", "1-1")
    learn_slot(bench._workshop.store, warehouse, "bench-pc", "A2", "1-2")
    until(bench, lambda: bench.names() == ["A1", "A2"])
    browser = visit(warehouse)

    def scan(text: str, slot: str = "A1", **fields: str) -> dict[str, object]:
        data = {"csrf_token": browser.token(), "scan": text, "slot": slot, **fields}
        answer = browser.client.post("/bench", data=data, headers={"Accept": "application/json"})
        said: dict[str, object] = answer.json
        return said

    assert scan("*SLOT-A2") == {"problems": {}, "focus": "A2"}
    assert scan("*ΣΛΟΤ-Α2") == {"problems": {}, "focus": "A2"}  # a Greek keyboard layout
    assert "A1, A2" in str(scan("*SLOT-B7")["problems"])
    assert "δεν είναι εντολή" in str(scan("*RUN")["problems"])
    scan("*SKIP", "A2")
    assert bench.snapshot()[1].status is Status.SKIPPED
    scan("*ALL", **{"kit:A1": stock.received, "kit:A2": ""})
    until(bench, lambda: bench.snapshot()[0].status is Status.DONE)
    assert bench.snapshot()[1].status is Status.SKIPPED
    assert bench.kit_of("A1") == stock.received
    scan("*START", "A2", **{"kit:A2": ""})
    until(bench, lambda: bench.snapshot()[1].status is Status.DONE)


def test_a_tag_that_is_scanned_is_kept_for_the_next_board_in_the_slot(
    visit: Visit, warehouse: Person, bench: LiveBench, plugged: list[Port], stock: Stock
) -> None:
    plugged.append(uno("1-1"))
    until(bench, lambda: bench.names() == ["1-1"])
    browser = visit(warehouse)
    browser.post("/bench", expect="1-1", **{"kit:1-1": stock.received})
    assert bench.kit_of("1-1") == stock.received
    browser.post("/bench", expect="1-1", **{"kit:1-1": "SF-00001X"})
    assert "δεν είναι κωδικός σετ" in browser.text("/bench")
    assert bench.kit_of("1-1") == stock.received


def test_the_sheet_has_a_code_for_every_order_and_every_slot(
    visit: Visit, warehouse: Person, bench: LiveBench, plugged: list[Port]
) -> None:
    plugged.append(uno("1-1"))
    until(bench, lambda: bench.names() == ["1-1"])
    document = pypdfium2.PdfDocument(visit(warehouse).get("/bench/codes.pdf").data)
    picture = document[0].render(scale=3).to_pil()
    document.close()
    found = {code.text for code in zxingcpp.read_barcodes(picture)}
    assert found == set(codes(["1-1"]))
    assert {read_scan(text, ["1-1"])[0] for text in found} == set(Scan)
    with pytest.raises(InputError):
        read_scan("*SLOT-", ["1-1"])


def test_a_boards_page_has_every_run_whichever_kit_it_was_for(
    visit: Visit, workshop: Workshop, warehouse: Person, stock: Stock
) -> None:
    run_board(workshop, warehouse, "board/1", None, outcome=Outcome.FAIL, reason="measurement:supply")
    run_board(workshop, warehouse, "board/1", stock.received, minutes=1)
    page = visit(warehouse).text("/boards/board/1")
    assert "Πέρασε" in page
    assert "Εκτός ορίων: Τάση τροφοδοσίας" in page
    assert stock.received in page
    assert visit(warehouse).get("/boards/none").status_code == 404


def test_the_wall_follows_the_hub_and_remembers_its_sound_and_has_no_barriers(
    app: Flask, store: Store, nso: Person, warehouse: Person, bench: LiveBench, plugged: list[Port]
) -> None:
    """Boards appear and go without a reload; what is typed stays. The new pages are sound for axe, phone and desk."""
    found = []
    with served(app) as root, chromium() as browser:
        context = browser.new_context(base_url=root, locale="el-GR")
        context.set_default_timeout(60_000)
        page, axe = context.new_page(), Axe()
        page.goto(f"/sign-in/{issue_link(store, nso, warehouse.name)}")
        page.goto("/bench")
        expect(page.locator("#line")).to_have_text("Ζωντανά")
        expect(page.locator("#start-all")).to_be_disabled()
        page.get_by_role("button", name="Ήχος: όχι").click()
        plugged.append(uno("1-1"))
        field = page.get_by_label("Σετ στη θέση 1-1")
        expect(field).to_be_visible(timeout=60_000)
        expect(page.locator("#start-all")).to_be_enabled()
        field.fill("SF-0")
        plugged.append(uno("1-2"))
        expect(page.locator(".slot")).to_have_count(2, timeout=60_000)
        expect(field).to_have_value("SF-0")
        plugged.clear()
        expect(page.locator(".slot")).to_have_count(0, timeout=60_000)
        page.reload()
        expect(page.get_by_role("button", name="Ήχος: ναι")).to_be_visible()
        plugged.append(uno("1-1"))
        learn_slot(store, warehouse, "bench-pc", "A1", "1-1")
        until(bench, lambda: bench.names() == ["A1"])
        plugged.extend(uno(f"1-{place}") for place in range(2, 25))
        until(bench, lambda: len(bench.names()) == 24)
        for address in ("/bench", "/bench/positions", "/quality", "/kits/stale", "/firmware"):
            for width in (390, 1280):
                page.set_viewport_size({"width": width, "height": 900})
                page.goto(address)
                if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                    found.append(f"{address} is too wide at {width}")
                report = axe.run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
                found += [f"{address}: {v['id']} {v['nodes'][0]['html']}" for v in report.response["violations"]]
        found += all_at_a_glance(page)
        context.close()
    assert found == []


def all_at_a_glance(page: Page) -> list[str]:
    """Of 24 slots on a small screen: each is seen, with its state, wherever the page is scrolled to."""
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto("/bench")
    page.get_by_label("Σετ στη θέση A1").press_sequentially("*SLOT-1-24\n")
    expect(page.get_by_label("Σετ στη θέση 1-24")).to_be_focused()
    page.keyboard.type("*START\n")
    expect(page.locator("#overview button").last).to_have_text(re.compile("1-24.*Δεν ελέγχθηκε"))
    seen = page.evaluate("[...document.querySelectorAll('.glance')].map(g => g.getBoundingClientRect().bottom)")
    return [f"slot {n} is not on the screen: {at}" for n, at in enumerate(seen, 1) if not 0 < at < 720 / 2]


def test_no_bench_no_positions(workshop: Workshop, store: Store, nso: Person, warehouse: Person, app: Flask) -> None:
    without = create_app(workshop, data=app.extensions["stemfleet"].data, secret_key="x", public_url=ROOT, bench=None)
    visitor = Visitor(without).signed_in(store, nso, warehouse)
    assert visitor.get("/bench/positions").status_code == 404
    assert visitor.get("/bench").status_code == 200


def test_the_wall_marks_a_virtual_board_and_names_an_own_recipe_that_cannot_be_used(
    workshop: Workshop, store: Store, warehouse: Person, nso: Person, tmp_path: Path
) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\nfamily = "arduino"\n')
    shop = replace(workshop, bad_recipes=tuple(load_all(tmp_path)[1]))
    live = LiveBench(shop, [Slot("A1", shop.recipes["arduino-uno"], "/dev/none", virtual=True)], "s (virtual)")
    try:
        app = create_app(shop, data=tmp_path, secret_key="x", public_url="http://kits.example", bench=live)
        page = Visitor(app).signed_in(store, nso, warehouse).text("/bench")
    finally:
        live.close()
    assert f"{tmp_path}/mine.toml: λείπει το settings.programmer." in page
    assert "Εικονική πλακέτα" in page
