"""The wave planner: rules round-trip through the form, mistakes stand at their fields, only a draft is ever stored."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect
from werkzeug.test import TestResponse

from stemfleet.accounts import issue_link
from stemfleet.allocation.rules_file import parse_rules, rules_bytes
from stemfleet.errors import NotFound
from stemfleet.resources import resource
from stemfleet.rounds import change_rules, draft_wave, go_back, list_rounds, publish_rules, rules_of, show_round
from stemfleet.store import Evidence, ImportRun, Person, Store
from stemfleet.waves import Draw, plan_wave, run_wave
from stemfleet.workshop import Workshop
from stemfleet_web.pages.planner import field_id
from tests.web.conftest import Visitor
from tests.web.form_reader import FormReader
from tests.web.planner_cases import RICH, RULES, WRONG
from tests.web.serving import chromium, served

Visit = Callable[..., Visitor]
JSON = {"Accept": "application/json"}
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
PATIENCE_MS = 30_000
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


@pytest.fixture
def planner(visit: Visit, nso: Person) -> Visitor:
    return visit(nso)


@pytest.fixture
def schools(workshop: Workshop, nso: Person, make_school: Callable[..., str]) -> list[str]:
    """Three primary schools with 3, 2 and 1 projects; the last is special."""
    codes = [make_school(name="Πρώτο"), make_school(name="Δεύτερο"), make_school(("special",), name="Τρίτο")]
    with workshop.store.write() as session:
        run = ImportRun(what="x", file_name="x", file_sha256="0" * 64, format="", counts={}, person_id=nso.id)
        session.add(run)
        session.flush()
        for row, code in enumerate(codes):
            facts = {"kind": "project", "year": 2024, "number": 3 - row, "fingerprint": f"{row:064d}", "row": row + 2}
            session.add(Evidence(school_code=code, import_id=run.id, **facts))
    return codes


def form_of(page: str) -> FormReader:
    return FormReader(page, "rules-form")


def press(planner: Visitor, path: str, fields: dict[str, Any], act: str, **more: Any) -> TestResponse:
    data = {**fields, "csrf_token": planner.token(), "act": act}
    return planner.client.post(path, data=data, **more)


def imported(planner: Visitor, content: bytes, path: str = "/planner", year: str = "2025") -> FormReader:
    """The page with a rules file in its form."""
    fields = form_of(planner.text(path)).fields | {"year": [year]}
    answer = press(planner, path, fields | {"file": (io.BytesIO(content), "rules.json")}, "import")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return form_of(answer.get_data(as_text=True))


@pytest.mark.parametrize("wave", ["STEM1", "STEM2", "STEM3", "STEM4", "STEM5", "RICH"])
def test_rules_go_through_the_form_and_come_out_byte_for_byte(planner: Visitor, wave: str) -> None:
    """From a file into the page, from the page as a browser sends it, and into a file again; twice."""
    shipped = (
        json.dumps(RICH).encode() if wave == "RICH" else resource("examples", "waves", f"{wave}.json").read_bytes()
    )
    canonical = rules_bytes(parse_rules(shipped))
    form = imported(planner, shipped)
    for _time in range(2):
        answer = press(planner, "/planner", form.fields, "export")
        assert answer.get_data() == canonical
        assert answer.headers["Content-Disposition"] == f"attachment; filename={wave}.json"
        form = form_of(press(planner, "/planner", form.fields, "preview").get_data(as_text=True))
    assert list_rounds(planner_store(planner)) == []


def planner_store(planner: Visitor) -> Store:
    from stemfleet_web.door import door_of

    return door_of(planner.app).store


def test_every_button_that_adds_moves_or_removes_keeps_the_rest(planner: Visitor) -> None:
    """Added and removed again, moved and moved back: the same rules as before."""
    form = imported(planner, json.dumps(RICH).encode())
    before = press(planner, "/planner", form.fields, "export").get_data()
    pairs = [
        ("lots.add", "lots[3].remove"),
        ("lots[0].add_reserve", "lots[0].reserves[3].remove"),
        ("lots[0].down", "lots[1].up"),
        ("points.add_line", "points[6].remove"),
        ("points.add_category", "points[6].remove"),
        ("points[1].add_rank", "points[1].rank_percent[2].remove"),
        ("points[3].add_condition", "points[3].conditions[1].remove"),
        ("points[0].down", "points[1].up"),
        ("points[2].up", "points[1].down"),
    ]
    for there, back in pairs:
        assert there in form.buttons
        form = form_of(press(planner, "/planner", form.fields, there).get_data(as_text=True))
        if not back.endswith(("reserves[3].remove", "rank_percent[2].remove")):  # blank rows are left out by themselves
            assert back in form.buttons
            form = form_of(press(planner, "/planner", form.fields, back).get_data(as_text=True))
        assert press(planner, "/planner", form.fields, "export").get_data() == before, there


def test_a_new_lot_has_the_levels_that_its_equipment_is_made_for(planner: Visitor, workshop: Workshop) -> None:
    fields = form_of(planner.text("/planner")).fields | {"lots.add.wanted": ["beebot-kit"]}
    form = form_of(press(planner, "/planner", fields, "lots.add").get_data(as_text=True))
    assert form.fields["lots[0].levels"] == [level.value for level in workshop.models["beebot-kit"].levels]
    assert (form.fields["lots[0].lot"], form.fields["lots[0].preference"]) == (["beebot-kit"], ["1"])
    form.fields["lots[0].model"] = ["printer-3d"]
    form = form_of(press(planner, "/planner", form.fields, "lots[0].take_levels").get_data(as_text=True))
    assert form.fields["lots[0].levels"] == [level.value for level in workshop.models["printer-3d"].levels]


def test_a_mistake_is_named_at_its_field_and_what_was_typed_is_kept(planner: Visitor, schools: list[str]) -> None:
    right = imported(planner, rules_bytes(RULES)).fields
    missed = []
    for field, value, place, told in WRONG:
        fields = right | {field: [value]}
        answer = press(planner, "/planner", fields, "save")
        page = form_of(answer.get_data(as_text=True))
        if answer.status_code not in (400, 404) or list(page.problems) != [place] or told not in page.problems[place]:
            missed.append((field, value, answer.status_code, page.problems))
        names = fields.keys() - {"csrf_token"}
        if lost := {name: page.fields.get(name) for name in names if page.fields.get(name) != fields[name]}:
            missed.append((field, value, "lost", lost))
        if f'id="{field_id(place)}"' not in answer.get_data(as_text=True):
            missed.append((field, value, "no part of the page to go to", place))
        said = press(planner, "/planner", fields, "save", headers=JSON).get_json()
        if said["problem"] != {"field": place, "text": page.problems.get(place)}:
            missed.append((field, value, "as parts", said["problem"]))
    assert missed == []
    assert list_rounds(planner_store(planner)) == []


def test_a_mistake_in_one_of_several_conditions_stands_at_that_one(planner: Visitor) -> None:
    form = imported(planner, json.dumps(RICH).encode())
    form.fields["points[5].conditions[1].at_least"] = ["κανένα"]
    page = form_of(press(planner, "/planner", form.fields, "save").get_data(as_text=True))
    assert list(page.problems) == ["points[5].conditions[1].at_least"]


def test_a_category_that_is_reserved_twice_is_named_at_its_row(planner: Visitor) -> None:
    form = imported(planner, json.dumps(RICH).encode())
    form.fields["lots[0].reserves[1].category"] = form.fields["lots[0].reserves[0].category"]
    page = form_of(press(planner, "/planner", form.fields, "save").get_data(as_text=True))
    assert list(page.problems) == ["lots[0].reserves[1]"]


def test_the_preview_is_the_plan_and_marked_as_planning(
    planner: Visitor, workshop: Workshop, schools: list[str]
) -> None:
    form = imported(planner, rules_bytes(RULES))
    said = press(planner, "/planner", form.fields, "preview", headers=JSON).get_json()
    plan = plan_wave(workshop, RULES, 2025)
    shown = said["preview"][said["preview"].index("Ποιοι θα έπαιρναν θέση") :]
    assert re.findall(r'href="/schools/(\d+)"', shown) == [one.code for one in plan.selected]
    assert "Σχεδιασμός: χωρίς κλήρωση" in said["preview"]
    assert "Δίνονται 2 από 2 θέσεις" in said["line"]
    everybody = press(planner, "/planner", form.fields, "schools").get_data(as_text=True)
    assert re.findall(r'href="/schools/(\d+)"', everybody) == [one.code for one in plan.selected]
    assert "Σχεδιασμός: χωρίς κλήρωση" in everybody


def test_a_plan_can_be_looked_at_before_it_has_a_code(planner: Visitor, schools: list[str]) -> None:
    form = imported(planner, rules_bytes(RULES))
    form.fields["wave"] = [""]
    said = press(planner, "/planner", form.fields, "preview", headers=JSON).get_json()
    assert said["problem"] is None
    assert "Δίνονται 2 από 2 θέσεις" in said["line"]


def test_a_plan_is_saved_as_a_draft_changed_and_dropped(
    planner: Visitor, workshop: Workshop, schools: list[str]
) -> None:
    form = imported(planner, rules_bytes(RULES))
    answer = press(planner, "/planner", form.fields, "save")
    assert answer.location == "/planner/W1"
    assert (rules_of(workshop, "W1"), show_round(workshop.store, "W1").round.year) == (RULES, 2025)
    form = form_of(planner.text("/planner/W1"))
    form.fields["lots[1].seats"] = ["2"]
    said = press(planner, "/planner/W1", form.fields, "preview", headers=JSON).get_json()
    assert "1 αλλαγή από το προσχέδιο" in said["line"]
    assert "μπαίνει" in said["preview"]
    assert rules_of(workshop, "W1") == RULES, "nothing is stored by looking"
    assert press(planner, "/planner/W1", form.fields, "save", headers=JSON).get_json() == {"location": "/planner/W1"}
    assert rules_of(workshop, "W1").lots[1].seats == 2
    assert "απορρίφθηκε" in planner.client.post(
        "/planner/W1", data={"act": "drop", "reason": "λάθος", "csrf_token": planner.token()}, follow_redirects=True
    ).get_data(as_text=True)
    with pytest.raises(NotFound):
        rules_of(workshop, "W1")


def test_a_draft_that_published_something_is_not_dropped_and_its_form_is_as_before(
    planner: Visitor, workshop: Workshop, nso: Person
) -> None:
    draft_wave(workshop, nso, RULES, 2025)
    publish_rules(workshop, nso, "W1")
    go_back(workshop, nso, "W1", "άλλοι κανόνες")
    answer = planner.post("/planner/W1", act="drop", reason="λάθος")
    assert answer.status_code == 409
    assert "έχει ήδη δημοσιεύσει" in answer.get_data(as_text=True)
    form = form_of(answer.get_data(as_text=True))
    assert parse_rules(press(planner, "/planner/W1", form.fields, "export").get_data()) == RULES


def test_a_draft_keeps_its_code_and_a_code_that_is_taken_is_refused(
    planner: Visitor, workshop: Workshop, nso: Person, schools: list[str]
) -> None:
    draft_wave(workshop, nso, RULES, 2025)
    form = imported(planner, rules_bytes(replace(RULES, wave="OTHER", title="Νέος")), "/planner/W1")
    assert form.fields["wave"] == ["W1"]
    assert press(planner, "/planner/W1", form.fields | {"wave": ["OTHER"]}, "save").location == "/planner/W1"
    assert rules_of(workshop, "W1").title == "Νέος"
    form = imported(planner, rules_bytes(RULES))
    page = form_of(press(planner, "/planner", form.fields, "save").get_data(as_text=True))
    assert list(page.problems) == ["wave"]


def test_what_somebody_else_saved_meanwhile_is_not_overwritten_unseen(
    planner: Visitor, workshop: Workshop, nso: Person, schools: list[str]
) -> None:
    draft_wave(workshop, nso, RULES, 2025)
    form = form_of(planner.text("/planner/W1"))
    form.fields["title"] = ["Δικός μου"]
    change_rules(workshop, nso, replace(RULES, title="Άλλου"), 2025)
    answer = press(planner, "/planner/W1", form.fields, "save")
    assert answer.status_code == 409
    assert "άλλαξε στο μεταξύ" in answer.get_data(as_text=True)
    assert rules_of(workshop, "W1").title == "Άλλου"
    seen = form_of(answer.get_data(as_text=True))
    assert seen.fields["title"] == ["Δικός μου"]
    assert press(planner, "/planner/W1", seen.fields, "save").location == "/planner/W1"
    assert rules_of(workshop, "W1").title == "Δικός μου"


def test_rules_that_are_published_are_planned_no_more_but_can_be_copied(
    planner: Visitor, workshop: Workshop, nso: Person, schools: list[str], tmp_path: Any
) -> None:
    draft_wave(workshop, nso, RULES, 2025)
    publish_rules(workshop, nso, "W1")
    assert planner.get("/planner/W1").status_code == 409
    file = tmp_path / "past.json"
    file.write_bytes(rules_bytes(replace(RULES, wave="PAST")))
    run_wave(workshop, nso, file, 2021, Draw("value"))
    for wave in ("W1", "PAST"):
        form = form_of(planner.text(f"/planner?from={wave}"))
        assert (form.fields["wave"], form.fields["year"]) == ([""], [f"{workshop.clock().year}"])
        form.fields["wave"] = ["COPY"]
        copy = parse_rules(press(planner, "/planner", form.fields, "export").get_data())
        assert copy == replace(RULES, wave="COPY")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "δεν είναι JSON"),
        (b"\xff", "δεν είναι UTF-8"),
        (b"{}", "λείπει το κλειδί"),
        (json.dumps({**RICH, "points": ["x"]}).encode(), "points entry 1"),
        (json.dumps({**RICH, "wave": "α"}).encode(), "δεν είναι κωδικός"),
    ],
)
def test_a_file_that_is_no_rules_leaves_the_form_as_it_is(planner: Visitor, content: bytes, told: str) -> None:
    fields = form_of(planner.text("/planner")).fields | {"title": ["Ό,τι έγραψα"], "year": ["2025"]}
    answer = press(planner, "/planner", fields | {"file": (io.BytesIO(content), "other.json")}, "import")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert told in text or told.replace("points entry 1", "1") in text
    assert form_of(text).fields["title"] == ["Ό,τι έγραψα"]


def test_the_first_lot_and_the_parts_with_a_mistake_stand_open(planner: Visitor) -> None:
    fields = imported(planner, json.dumps(RICH).encode()).fields
    for wrong, opened in (("lots[1].seats", "lot two"), ("points[4].conditions[0].at_least", "category active")):
        page = press(planner, "/planner", fields | {wrong: ["κανένα"]}, "preview").get_data(as_text=True)
        assert re.findall(r'data-kept="([^"]*?) *" open', page) == ["lot one", opened]


def test_without_script_a_button_for_the_preview_is_there(planner: Visitor) -> None:
    page = planner.text("/planner")
    assert re.search(r'<button class="(?!visually-hidden)[^"]*" name="act" value="preview">', page)


def test_a_button_that_is_not_there_is_refused(planner: Visitor) -> None:
    fields = form_of(planner.text("/planner")).fields
    for act in ("lots[7].remove", "lots.burn", "points[0].up", "wave[0].up", "__class__[0].up", "[0].", "lots.add"):
        wanted = {"lots.add.wanted": "zeppelin"} if act == "lots.add" else {}
        assert press(planner, "/planner", fields | wanted, act).status_code == 400, act


def test_the_preview_changes_while_one_types_and_unsaved_work_is_not_left_unasked(
    app: Any, store: Store, workshop: Workshop, nso: Person, schools: list[str]
) -> None:
    draft_wave(workshop, nso, RULES, 2025)
    expect.set_options(timeout=PATIENCE_MS)
    complaints: list[str] = []
    with served(app) as root, chromium() as browser:
        page = browser.new_context(base_url=root, viewport=DESK).new_page()  # type: ignore[arg-type]
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto(f"/sign-in/{issue_link(store, nso, nso.name)}")
        page.goto("/planner/W1")
        see_the_preview_follow(page)
        add_a_lot_by_the_keyboard_and_save(page)
        assert barriers(page, "/planner?from=W1", "/planner/W1") == []
        assert complaints == []
        page.goto("/planner/W1", wait_until="networkidle")  # every answer, a picture's too, brings the cookie anew
        page.context.clear_cookies()
        page.locator("#f-title").fill("Μετά την αποσύνδεση")
        expect(page.locator("#line")).to_contain_text("Αποσυνδεθήκατε")
        page.context.new_page().goto(f"/sign-in/{issue_link(store, nso, nso.name)}")
        page.get_by_role("button", name="Αποθήκευση ως προσχέδιο").click()
        expect(page.get_by_text("Αποθηκεύτηκε ως προσχέδιο")).to_be_visible()
    saved = rules_of(workshop, "W1")
    assert (len(saved.lots), saved.lots[1].seats, saved.title) == (3, 2, "Μετά την αποσύνδεση")


def see_the_preview_follow(page: Page) -> None:
    line, preview = page.locator("#line"), page.locator("#preview")
    expect(line).to_have_text("Δίνονται 2 από 2 θέσεις")
    expect(preview.get_by_role("link", name="Δεύτερο")).to_have_count(0)
    seats = page.locator("#f-lots-1-seats")
    expect(page.locator("#f-lots-0-seats")).to_be_visible()
    expect(seats).to_be_hidden()
    open_by_the_keyboard(page, "kit")
    seats.fill("2")
    expect(lot(page, "kit")).to_contain_text("Θέσεις: 2")
    expect(line).to_contain_text("Δίνονται 3 από 3 θέσεις")
    expect(line).to_contain_text("1 αλλαγή από το προσχέδιο")
    expect(preview.get_by_role("link", name="Δεύτερο")).to_have_count(1)
    seats.fill("πολλές")
    expect(page.locator("#f-lots-1-seats-p")).to_contain_text("'πολλές' πρέπει να είναι ακέραιος")
    expect(seats).to_have_attribute("aria-invalid", "true")
    seats.fill("2")
    expect(seats).not_to_have_attribute("aria-invalid", "true")


def lot(page: Page, name: str) -> Locator:
    return page.locator("details.folds > summary", has=page.get_by_role("heading", name=name, exact=True))


def open_by_the_keyboard(page: Page, name: str) -> None:
    lot(page, name).focus()
    page.keyboard.press("Enter")


def add_a_lot_by_the_keyboard_and_save(page: Page) -> None:
    """Asked before what was typed is left behind; not asked any more once it is saved."""
    page.get_by_role("button", name="Προσθήκη παρτίδας").press("Enter")
    expect(page.locator("#f-lots-2-seats")).to_be_focused()
    expect(page.locator("#f-lots-1-seats")).to_be_visible()  # it stood open
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="Σχολεία", exact=True).click()
    expect(page).to_have_url(re.compile("/planner/W1$"))
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="Αποθήκευση ως προσχέδιο").click()
    expect(page.get_by_text("Αποθηκεύτηκε ως προσχέδιο")).to_be_visible()
    expect(page.locator("#f-lots-2-seats")).to_have_value("0")
    page.get_by_role("link", name="Σχολεία", exact=True).click()
    expect(page).to_have_url(re.compile("/schools$"))


def barriers(page: Page, *paths: str) -> list[str]:
    """What axe finds, and what does not fit into a phone or a screen."""
    found = []
    for path in paths:
        page.goto(path)
        for size in (PHONE, DESK):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                found.append(f"{path} is wider than {size['width']}")
        report = Axe().run(page, options={"runOnly": WCAG, "resultTypes": ["violations"]})
        for violation in report.response["violations"]:
            found.append(f"{path}: {violation['id']} {[node['html'] for node in violation['nodes']][:2]}")
    return found
