"""What if, as a page: computed in the background, kept, shared, and by which rule whose place changes."""

import csv
import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import expect
from werkzeug.test import TestResponse

from stemfleet.accounts import issue_link
from stemfleet.store import Person, Store, Wave
from stemfleet.waves import show_wave
from stemfleet.workshop import Workshop
from stemfleet_web.door import door_of
from tests.support.waves import RULES, draw_wave
from tests.web.conftest import Visitor
from tests.web.serving import chromium, served

Visit = Callable[..., Visitor]


@pytest.fixture
def schools(workshop: Workshop, nso: Person, make_school: Callable[..., str], tmp_path: Path) -> dict[str, str]:
    return draw_wave(workshop, nso, make_school, tmp_path)


def result(app: Flask, answer: TestResponse) -> str:
    """The address of the comparison that a post started, once it is made."""
    assert answer.status_code == 303, answer.get_data(as_text=True)
    worklist, limit = door_of(app).work.list, time.monotonic() + 20
    while (work := worklist.show(answer.location.rpartition("/")[2])).open:
        assert time.monotonic() < limit
        time.sleep(0.02)
    assert work.state == "done", work
    return work.result


def test_a_comparison_is_made_kept_and_shared(
    app: Flask, visit: Visit, nso: Person, schools: dict[str, str], workshop: Workshop
) -> None:
    """One place more lets the refused school in; the page says by which rule, and the wave stays as it was."""
    more = {**RULES, "lots": [{**RULES["lots"][0], "seats": 3}]}
    browser = visit(nso)
    file = (io.BytesIO(json.dumps(more).encode()), "μία ακόμη.json")
    address = result(app, browser.post("/waves/W1/whatif", rules=file))
    page = browser.text(address)
    assert "μία ακόμη.json" in page
    assert "arduino: θέσεις: 2 → 3" in page
    assert schools["refused"] in page
    assert schools["best"] not in page
    assert "δεν αλλάζει τίποτα" in page
    assert address in browser.text("/waves/W1/whatif")
    assert "Μόνο σειρά μορίων" in browser.text(f"{address}?with=2")
    assert {row.school.code for row in show_wave(workshop.store, "W1")[1]} == {schools["best"], schools["far"]}


def test_every_school_that_changes_is_in_the_csv(
    app: Flask, visit: Visit, nso: Person, schools: dict[str, str]
) -> None:
    browser = visit(nso)
    address = result(app, browser.post("/waves/W1/whatif"))
    rows = list(csv.DictReader(io.StringIO(browser.get(f"{address}.csv?with=1").get_data().decode("utf-8-sig"))))
    assert [(row["Κωδικός"], row["Έχει"], row["Θα είχε"]) for row in rows] == [
        (schools["refused"], "", "arduino"),
        (schools["far"], "arduino", ""),
    ]
    assert all("Απομακρυσμένη περιοχή" in row["Από ποιον κανόνα"] for row in rows)


def test_the_changes_can_be_narrowed_down(app: Flask, visit: Visit, nso: Person, schools: dict[str, str]) -> None:
    browser = visit(nso)
    address = result(app, browser.post("/waves/W1/whatif"))
    for query, there, missing in (
        ("change=entered", "refused", "far"),
        ("change=left", "far", "refused"),
        (f"words={schools['far']}", "far", "refused"),
    ):
        page = browser.text(f"{address}?with=1&{query}")
        assert schools[there] in page.partition("<tbody>")[2]
        assert f"/schools/{schools[missing]}" not in page
    assert "Κανένα σχολείο" in browser.text(f"{address}?with=1&words=nobody")


def test_files_that_are_no_rules_are_refused_at_once_and_by_name(
    visit: Visit, nso: Person, schools: dict[str, str]
) -> None:
    bad = {**RULES, "lots": [{**RULES["lots"][0], "reserves": {"remote": 9}}]}
    for content in (b"\x00no", json.dumps(bad).encode()):
        answer = visit(nso).post("/waves/W1/whatif", rules=(io.BytesIO(content), "bad.json"))
        assert answer.status_code == 400
        assert "bad.json" in answer.get_data(as_text=True)


def test_a_comparison_can_be_thrown_away(app: Flask, visit: Visit, nso: Person, schools: dict[str, str]) -> None:
    browser = visit(nso)
    address = result(app, browser.post("/waves/W1/whatif"))
    assert browser.post(f"{address}/drop").status_code == 302
    assert browser.get(address).status_code == 404


def test_it_is_for_the_nso(visit: Visit, warehouse: Person, teacher: Person, schools: dict[str, str]) -> None:
    for person in (warehouse, teacher):
        assert visit(person).get("/waves/W1/whatif").status_code == 403
        assert visit(person).post("/waves/W1/whatif").status_code == 403
    assert visit().get("/waves/W1/whatif").status_code == 302


def test_a_wave_of_which_nothing_was_drawn_has_no_comparison(
    visit: Visit, nso: Person, stock: Any, store: Store
) -> None:
    with store.write() as session:
        session.get_one(Wave, "TEST").seed = None
    assert visit(nso).get("/waves/TEST/whatif").status_code == 404


def test_in_a_browser_the_comparison_is_made_and_has_no_barriers(
    app: Flask, store: Store, nso: Person, schools: dict[str, str]
) -> None:
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    with served(app) as root, chromium() as browser:
        page = browser.new_page()
        page.goto(f"{root}/sign-in/{issue_link(store, nso, nso.name)}")
        page.goto(f"{root}/waves/W1/whatif")
        page.get_by_role("button", name="Σύγκριση").click()
        expect(page.get_by_role("heading", name="Ποιος κανόνας άλλαξε πόσα")).to_be_visible()
        for size in ({"width": 390, "height": 844}, {"width": 1280, "height": 900}):
            page.set_viewport_size(size)
            assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
            found = Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]}).response["violations"]
            assert [violation["id"] for violation in found] == []
        page.get_by_role("link", name="Μόνο σειρά μορίων").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Μόνο σειρά μορίων")
