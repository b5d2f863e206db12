"""The wave planner: rules round-trip through the form, mistakes stand at their fields, only a draft is ever stored."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from werkzeug.test import TestResponse

from stemfleet.accounts import issue_link
from stemfleet.allocation.rules_file import parse_rules, rules_bytes
from stemfleet.allocation.values import Lot, Rules
from stemfleet.errors import NotFound
from stemfleet.resources import resource
from stemfleet.rounds import change_rules, draft_wave, list_rounds, publish_rules, rules_of, show_round
from stemfleet.store import Evidence, ImportRun, Person, Store
from stemfleet.waves import Draw, plan_wave, run_wave
from stemfleet.words import Level
from stemfleet.workshop import Workshop
from tests.web.conftest import Visitor
from tests.web.form_reader import FormReader
from tests.web.serving import chromium, served

Visit = Callable[..., Visitor]
JSON = {"Accept": "application/json"}
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
RULES = Rules(
    wave="W1",
    title="Κύκλος δοκιμής",
    lots=(
        Lot("printer", "printer-3d", seats=1, reserves={"special": 1}, levels=(Level.PRIMARY,)),
        Lot("kit", "microbit-kit", seats=1, levels=(Level.PRIMARY,)),
    ),
    points=({"kind": "project", "points": 10, "max": 40},),
    repeat_years=4,
    default_preferences=("printer", "kit"),
)
RICH: dict[str, Any] = {
    "format": "stemfleet-rules/1",
    "wave": "RICH",
    "title": ' Όλα "μαζί" <b>&amp; ',
    "lots": [
        {
            "lot": "one",
            "model": "printer-3d",
            "seats": 9,
            "units_per_award": 2,
            "reserves": {"region:06": 1, "remote": 0, "rural": 3},
            "unfilled": "keep",
            "admits": [],
            "levels": ["second_chance", "primary"],
            "open_region_cap": 2,
            "category_region_caps": {"rural": 1, "region:06": 0},
            "region_cap": None,
        },
        {
            "lot": "two",
            "model": "a-model-of-old",
            "seats": 0,
            "units_per_award": 1,
            "reserves": {},
            "unfilled": "open",
            "admits": ["region:03", "special", "awarded"],
            "levels": None,
            "open_region_cap": None,
            "category_region_caps": {},
            "region_cap": None,
        },
        {
            "lot": "three",
            "model": "microbit-kit",
            "seats": 1,
            "units_per_award": 1,
            "reserves": {},
            "unfilled": "open",
            "admits": None,
            "levels": [],
            "open_region_cap": 0,
            "category_region_caps": {},
            "region_cap": None,
        },
    ],
    "points": [
        {"kind": "own_kind", "points": 0, "max": 0, "max_per_person": 8, "last_years": 4},
        {"kind": "project", "points": 5, "level_percent": {"primary": 150}, "rank_percent": {"1": 100, "α΄": 50}},
        {"kind": "workshop", "points": 5, "level_percent": {}},
        {"category": "rural", "kinds": ["workshop", "own_kind", "project"], "at_least": 1, "count": "items"},
        {"category": "active", "all_of": [{"kinds": ["project"], "at_least": 2, "count": "kinds", "last_years": 2}]},
        {
            "category": "active",
            "all_of": [
                {"kinds": ["project"], "at_least": 2, "from_year": 2020},
                {"kinds": ["mission"], "at_least": 1, "count": "persons"},
            ],
        },
    ],
    "repeat_years": 0,
    "default_preferences": ["three", "one"],
}


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


WRONG: list[tuple[str, str, str, str]] = [
    ("wave", "ΣΤΕΜ", "wave", "δεν είναι κωδικός"),
    ("wave", "", "wave", "Συμπληρώστε το"),
    ("year", "1999", "year", "2005"),
    ("year", "12025", "year", "2005–2100"),
    ("repeat_years", "-1", "repeat_years", "ακέραιος αριθμός, 0 ή μεγαλύτερος"),
    ("lots[0].lot", "kit", "lots[1].lot", "υπάρχει δύο φορές"),
    ("lots[1].lot", "ένα δύο", "lots[1].lot", "δεν είναι κωδικός"),
    ("lots[0].seats", "πολλές", "lots[0].seats", "'πολλές' πρέπει να είναι ακέραιος"),
    ("lots[0].seats", "", "lots[0].seats", "Συμπληρώστε το"),
    ("lots[0].seats", "1.5", "lots[0].seats", "ακέραιος"),
    ("lots[1].units_per_award", "0", "lots[1].units_per_award", "1 ή μεγαλύτερος"),
    ("lots[1].preference", "1", "lots[1].preference", "υπάρχει δύο φορές"),
    ("lots[1].preference", "πρώτη", "lots[1].preference", "ακέραιος"),
    ("lots[0].reserves[0].places", "2", "lots[0].reserves", "Οι εγγυημένες θέσεις είναι 2"),
    ("lots[0].reserves[0].places", "x", "lots[0].reserves[0]", "ακέραιος"),
    ("lots[0].reserves[0].cap", "x", "lots[0].reserves[0]", "ακέραιος"),
    ("lots[0].open_region_cap", "x", "lots[0].open_region_cap", "ακέραιος"),
    ("lots[1].region_cap", "1", "lots[1].region_cap", "κύκλο με μία παρτίδα"),
    ("lots[1].model", "zeppelin", "lots[1].model", "zeppelin"),
    ("lots[1].levels", "kindergarten", "lots[1].levels", "δεν προορίζεται"),
    ("points[0].points", "x", "points[0].points", "'x'"),
    ("points[0].max", "x", "points[0].max", "'x'"),
    ("points[0].last_years", "x", "points[0].last_years", "'x'"),
    ("points[0].level_percent.primary", "x", "points[0].level_percent", "x"),
]


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
    for wave, year in (("W1", "2025"), ("PAST", "2021")):
        form = form_of(planner.text(f"/planner?from={wave}"))
        assert (form.fields["wave"], form.fields["year"]) == ([""], [year])
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


def test_a_button_that_is_not_there_is_refused(planner: Visitor) -> None:
    fields = form_of(planner.text("/planner")).fields
    for act in ("lots[7].remove", "lots.burn", "points[0].up", "wave[0].up", "__class__[0].up", "[0].", "lots.add"):
        wanted = {"lots.add.wanted": "zeppelin"} if act == "lots.add" else {}
        assert press(planner, "/planner", fields | wanted, act).status_code == 400, act


def test_the_preview_changes_while_one_types_and_unsaved_work_is_not_left_unasked(
    app: Any, store: Store, workshop: Workshop, nso: Person, schools: list[str]
) -> None:
    draft_wave(workshop, nso, RULES, 2025)
    complaints: list[str] = []
    with served(app) as root, chromium() as browser:
        page = browser.new_context(base_url=root, viewport=DESK).new_page()  # type: ignore[arg-type]
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto(f"/sign-in/{issue_link(store, nso, nso.name)}")
        page.goto("/planner/W1")
        line, preview = page.locator("#line"), page.locator("#preview")
        expect(line).to_have_text("Δίνονται 2 από 2 θέσεις")
        expect(preview.get_by_role("link", name="Δεύτερο")).to_have_count(0)
        seats = page.get_by_label("Θέσεις", exact=True).nth(2)  # of the second lot; the first has a guarantee
        seats.fill("2")
        expect(line).to_contain_text("Δίνονται 3 από 3 θέσεις")
        expect(line).to_contain_text("1 αλλαγή από το προσχέδιο")
        expect(preview.get_by_role("link", name="Δεύτερο")).to_have_count(1)
        seats.fill("πολλές")
        expect(page.get_by_text("πρέπει να είναι ακέραιος").locator("visible=true").first).to_be_visible()
        expect(seats).to_have_attribute("aria-invalid", "true")
        seats.fill("2")
        expect(seats).not_to_have_attribute("aria-invalid", "true")
        page.get_by_role("button", name="Προσθήκη παρτίδας").press("Enter")
        expect(page.locator("#f-lots-2-seats")).to_be_focused()
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
        assert barriers(page, "/planner?from=W1", "/planner/W1") == []
    assert len(rules_of(workshop, "W1").lots) == 3
    assert complaints == []


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
