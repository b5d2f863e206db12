"""What people do, in a real browser: a school on a phone, the support organisation, the warehouse's wall."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from stemfleet.accounts import issue_link
from stemfleet.bench import LiveBench
from stemfleet.devices.virtual.fleet import VirtualFleet
from stemfleet.kits import receive_kits, show_kit
from stemfleet.store import Person, Store
from stemfleet.words import KitState
from stemfleet.workshop import Workshop
from stemfleet_web import create_app
from tests.web.conftest import Stock
from tests.web.serving import chromium, served

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
PATIENCE_MS = 60_000
BOARD_MS = 150_000
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def root(app: Flask) -> Iterator[str]:
    with served(app) as address:
        yield address


@pytest.fixture
def open_page(browser: Browser, root: str, store: Store, nso: Person) -> Iterator[Callable[..., Page]]:
    """`open_page(person)`: a window of its own, signed in; what the browser complains about fails the test."""
    contexts, complaints = [], list[str]()

    def opened(person: Person | None = None, *, size: dict[str, int] = DESK, at: str = root) -> Page:
        context = browser.new_context(base_url=at, viewport=size)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if _is_complaint(said) else None)
        if person is not None:
            page.goto(f"/sign-in/{issue_link(store, nso, person.name)}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def _is_complaint(said: ConsoleMessage) -> bool:
    """Scripts that fail, files that are missing, what the policy forbids; not the refusals that a test is about."""
    return said.type == "error" and not re.search(r"status of (409|503)", said.text)


def test_a_school_scans_the_code_confirms_and_reports_and_the_nso_sees_it_at_once(
    open_page: Callable[..., Page],
    store: Store,
    workshop: Workshop,
    nso: Person,
    teacher: Person,
    stock: Stock,
) -> None:
    office = open_page(nso)
    office.goto("/reports")
    expect(office.get_by_text("Κανένα σχολείο δεν έχει κάνει αναφορά")).to_be_visible()
    phone = open_page(size=PHONE)
    phone.goto(f"/k/{stock.shipped}")
    expect(phone.get_by_role("heading", name="Σετ Arduino Uno")).to_be_visible()
    phone.goto(f"/sign-in/{issue_link(store, nso, teacher.name)}")
    expect(phone).to_have_url(re.compile(f"/k/{stock.shipped}$"))
    phone.get_by_role("button", name="Το παραλάβαμε").click()
    expect(phone.get_by_text("Η παραλαβή επιβεβαιώθηκε")).to_be_visible()
    expect(phone.get_by_role("button", name="Το παραλάβαμε")).to_have_count(0)
    phone.get_by_label("Σημείωση").fill("Δεν ανάβει η οθόνη")
    phone.get_by_role("button", name="Χάλασε").click()
    expect(phone.get_by_text("βλέπει τώρα την αναφορά σας")).to_be_visible()
    expect(office.get_by_text("Δεν ανάβει η οθόνη")).to_be_visible(timeout=PATIENCE_MS)  # without touching the page
    assert show_kit(workshop, stock.shipped).kit.state is KitState.FAULTY


def test_the_language_is_one_visible_link_away(open_page: Callable[..., Page], warehouse: Person) -> None:
    page = open_page(warehouse, size=PHONE)
    page.goto("/kits")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="Kits")).to_be_visible()
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="Ελληνικά").click()
    expect(page.get_by_role("heading", name="Αποθήκη")).to_be_visible()


def test_a_kit_leaves_by_the_keyboard_alone(
    open_page: Callable[..., Page], workshop: Workshop, warehouse: Person, stock: Stock
) -> None:
    """From the scan on the start page to the shipment, without a mouse."""
    page = open_page(warehouse)
    page.goto("/")
    expect(page.get_by_label("Σαρώστε ένα σετ")).to_be_focused()
    page.keyboard.type(stock.packed)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/kits/{stock.packed}$"))
    page.get_by_role("link", name="Αποστολή …").press("Enter")
    expect(page.get_by_text("1ο Δημοτικό Κέρκυρας")).to_be_visible()
    page.get_by_role("button", name="Ναι, να σταλεί").press("Enter")
    expect(page.locator(".badge-word", has_text="Καθ’ οδόν")).to_be_visible()
    assert show_kit(workshop, stock.packed).kit.state is KitState.SHIPPED


PAGES = {
    "anybody": ["/", "/waves", "/sign-in", "/k/{shipped}", "/waves/TEST", "/figures"],
    "teacher": ["/", "/k/{shipped}", "/kits/{shipped}", "/schools/{school}"],
    "warehouse": ["/", "/bench", "/kits", "/kits/{ready}", "/kits/{faulty}", "/kits/{packed}/ship", "/kits/receive"],
    "nso": [
        "/",
        "/reports",
        "/people",
        "/schools?words=1ο",
        "/schools/{school}",
        "/imports",
        "/work",
        "/waves/TEST/whatif",
    ],
}


@pytest.mark.parametrize("who", sorted(PAGES))
def test_the_pages_have_no_barriers_that_axe_finds(
    who: str, request: pytest.FixtureRequest, open_page: Callable[..., Page], stock: Stock
) -> None:
    person = None if who == "anybody" else request.getfixturevalue(who)
    page, axe, found = open_page(person), Axe(), []
    for path in PAGES[who]:
        address = path.format(**vars(stock))
        for size in (PHONE, DESK):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.goto(address)
            wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            if wide > 0:
                found.append(f"{address} at {size['width']}: {wide} px too wide")
            report = axe.run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
            for violation in report.response["violations"]:
                found.append(f"{address}: {violation['id']} {[node['html'] for node in violation['nodes']][:2]}")
    assert found == []


def test_the_wall_shows_what_happens_without_being_touched_and_survives_a_reload(
    open_page: Callable[..., Page], bench: LiveBench, warehouse: Person
) -> None:
    page = open_page(warehouse)
    page.goto("/bench")
    expect(page.locator("#line")).to_have_text("Ζωντανά")
    first = page.locator('.slot[data-slot="A1"]')
    expect(first.locator(".big-word")).to_have_text("Σε αναμονή")
    bench.start(warehouse, "A1")  # by somebody else
    expect(first.locator(".big-word")).to_have_text("Δεν ελέγχθηκε")
    expect(first).to_contain_text("Η θύρα δεν υπάρχει. Συνδέστε την πλακέτα")
    expect(page.locator("#said")).to_contain_text("A1: Δεν ελέγχθηκε")
    page.reload()
    expect(first.locator(".big-word")).to_have_text("Δεν ελέγχθηκε")


def test_the_wall_says_when_it_may_be_old_and_comes_back_by_itself(
    browser: Browser,
    workshop: Workshop,
    bench: LiveBench,
    store: Store,
    nso: Person,
    warehouse: Person,
    tmp_path: Path,
) -> None:
    """Through a restart of the program: what happened meanwhile is there."""

    def program() -> Flask:
        root = "http://kits.example"
        return create_app(workshop, data=tmp_path, secret_key="the same", public_url=root, bench=bench)

    context = browser.new_context()
    page = context.new_page()
    with served(program()) as root:
        page.goto(f"{root}/sign-in/{issue_link(store, nso, warehouse.name)}")
        page.goto(f"{root}/bench")
        expect(page.locator("#line")).to_have_text("Ζωντανά")
    expect(page.locator("#line")).to_have_text("Δεν υπάρχει σύνδεση. Όσα βλέπετε μπορεί να είναι παλιά.")
    bench.start(warehouse, "A1")
    assert bench.bench.wait(20)
    with served(program(), int(root.rpartition(":")[2])):
        expect(page.locator('.slot[data-slot="A1"] .big-word')).to_have_text("Δεν ελέγχθηκε", timeout=PATIENCE_MS)
        expect(page.locator("#line")).to_have_text("Ζωντανά", timeout=PATIENCE_MS)
        context.close()


def test_a_scanner_moves_from_slot_to_slot_and_on_to_the_start(
    open_page: Callable[..., Page], bench: LiveBench, warehouse: Person, stock: Stock
) -> None:
    page = open_page(warehouse)
    page.goto("/bench")
    expect(page.locator("#line")).to_have_text("Ζωντανά")
    expect(page.get_by_label("Σετ στη θέση A1")).to_be_focused()
    for scan in (stock.received, f"http://kits.example/k/{stock.ready}"):
        page.keyboard.type(scan)
        page.keyboard.press("Enter")
    expect(page.locator("#start-all")).to_be_focused()
    page.reload()  # what was scanned is not lost
    expect(page.get_by_label("Σετ στη θέση A1")).to_have_value(stock.received)
    page.locator("#start-all").press("Enter")
    expect(page.locator('.slot[data-status="done"]')).to_have_count(2)
    assert [bench.kit_of("A1"), bench.kit_of("A2")] == [stock.received, stock.ready]


def test_a_wall_without_a_live_place_asks_again_and_again(
    open_page: Callable[..., Page], app: Flask, bench: LiveBench, warehouse: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stemfleet_web.feed.MOST_WALLS", 0)
    page = open_page(warehouse)
    page.goto("/bench")
    expect(page.locator("#line")).to_have_text("Κάθε δύο δευτερόλεπτα")
    bench.start(warehouse, "A2")
    expect(page.locator('.slot[data-slot="A2"] .big-word')).to_have_text("Δεν ελέγχθηκε")


def test_a_page_that_lives_by_itself_notices_that_one_was_signed_out(
    open_page: Callable[..., Page], nso: Person
) -> None:
    page = open_page(nso)
    page.goto("/reports")
    expect(page.get_by_role("heading", name="Αναφορές των σχολείων")).to_be_visible()
    page.context.clear_cookies()
    expect(page.get_by_role("heading", name="Σύνδεση")).to_be_visible(timeout=PATIENCE_MS)


def test_a_wrong_tag_is_named_at_its_slot(open_page: Callable[..., Page], warehouse: Person) -> None:
    page = open_page(warehouse)
    page.goto("/bench")
    page.get_by_label("Σετ στη θέση A2").fill("SF-00001X")
    page.locator('.slot[data-slot="A2"]').get_by_role("button", name="Έναρξη").click()
    problem = page.locator('.slot[data-slot="A2"] .slot-problem')
    expect(problem).to_contain_text("δεν είναι κωδικός σετ")


@pytest.mark.rig
def test_boards_are_flashed_and_checked_from_the_wall(
    browser: Browser, workshop: Workshop, store: Store, nso: Person, warehouse: Person, tmp_path: Path
) -> None:
    """An emulated Uno passes before one's eyes; the wrong board beside it fails with its reason; the gate follows."""
    workshop = replace(workshop, demo=True)  # elsewhere a virtual board counts for no kit
    good, bad = receive_kits(workshop, warehouse, "arduino-kit", 2)
    with VirtualFleet("uno:1,uno:1:wrong_signature", tmp_path / "boards") as fleet:
        live = LiveBench(workshop, fleet.bench_slots(workshop.recipes), "test")
        try:
            app = create_app(workshop, data=tmp_path, secret_key="x", public_url="http://kits.example", bench=live)
            with served(app) as root:
                context = browser.new_context(base_url=root, viewport=DESK)  # type: ignore[arg-type]
                page = context.new_page()
                page.goto(f"/sign-in/{issue_link(store, nso, warehouse.name)}")
                page.goto("/bench")
                expect(page.get_by_label("Σετ στη θέση A1")).to_be_focused()
                for scan in (good, bad):
                    page.keyboard.type(scan)
                    page.keyboard.press("Enter")
                page.locator("#start-all").press("Enter")
                tiles = page.locator(".slot")
                expect(tiles.nth(0).locator("progress")).to_be_visible(timeout=BOARD_MS)
                expect(tiles.nth(0)).to_have_attribute("data-outcome", "PASS", timeout=BOARD_MS)
                expect(tiles.nth(1)).to_have_attribute("data-outcome", "FAIL", timeout=BOARD_MS)
                expect(tiles.nth(1)).to_contain_text("Είναι άλλου είδους πλακέτα. Δεν γράφτηκε τίποτα.")
                page.goto(f"/kits/{good}")
                expect(page.get_by_text("Όλα πέρασαν τον έλεγχο")).to_be_visible()
                context.close()
        finally:
            live.close()
    assert show_kit(workshop, good).kit.state is KitState.READY
    assert show_kit(workshop, bad).kit.state is KitState.FAULTY
