"""What if, as a page: computed in the background, kept, shared, and by which rule whose place changes."""

import csv
import io
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from stemfleet.allocation.rules_file import parse_rules
from stemfleet.allocation.values import Rules
from stemfleet.store import Evidence, ImportRun, Person, Store, Wave
from stemfleet.waves import Draw, compare_wave, run_wave, show_wave
from stemfleet.words import Level
from stemfleet.workshop import Workshop
from stemfleet_web.door import door_of
from tests.web.conftest import Visitor

Visit = Callable[..., Visitor]
TABLE = [{"kind": "project", "points": 3, "from_year": 2020, "to_year": 2024}]
RULES: dict[str, Any] = {
    "format": "stemfleet-rules/1",
    "wave": "W1",
    "title": "Ένα κύμα",
    "lots": [
        {
            "lot": "arduino",
            "model": "arduino-kit",
            "seats": 2,
            "units_per_award": 1,
            "reserves": {"remote": 1},
            "unfilled": "open",
            "admits": None,
            "levels": ["lower_secondary"],
            "open_region_cap": None,
            "category_region_caps": {},
            "region_cap": None,
        }
    ],
    "points": TABLE,
    "repeat_years": 0,
    "default_preferences": ["arduino"],
}


@pytest.fixture
def schools(workshop: Workshop, nso: Person, make_school: Callable[..., str], tmp_path: Path) -> dict[str, str]:
    """Three schools in a drawn wave of two places: `best` by projects, `far` by its guarantee, `refused` beside it."""
    best, refused, far = (make_school(level=Level.LOWER_SECONDARY, categories=c) for c in ((), (), ("remote",)))
    for school, kind, number in ((best, "project", 4), (refused, "project", 2), (far, "course", 5)):
        _has(workshop.store, nso, school, kind, number)
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(RULES), "utf-8")
    run_wave(workshop, nso, file, 2024, Draw("a-public-value"))
    assert {row.school.code for row in show_wave(workshop.store, "W1")[1]} == {best, far}
    return {"best": best, "refused": refused, "far": far}


def _has(store: Store, person: Person, school: str, kind: str, number: int, year: int = 2023) -> None:
    """The school has so many of a kind of evidence."""
    with store.write() as session:
        run = ImportRun(
            what="evidence", file_name="e.csv", file_sha256="0" * 64, format="", counts={}, person_id=person.id
        )
        session.add(run)
        session.flush()
        facts = {"school_code": school, "kind": kind, "year": year, "number": number}
        session.add(Evidence(**facts, fingerprint=f"{school}-{kind}-{year}", import_id=run.id, row=2))


def other(**changes: Any) -> Rules:
    return parse_rules(json.dumps({**RULES, **changes}).encode(), "other.json")


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


def test_points_are_counted_anew_under_another_table(workshop: Workshop, schools: dict[str, str]) -> None:
    """Under a table that counts courses the school with courses is first; the answer to why is the points table."""
    courses = other(points=[{"kind": "course", "points": 9, "from_year": 2020, "to_year": 2024}], wave="W2")
    no_reserve = replace(courses, lots=(replace(courses.lots[0], seats=1, reserves={}),))
    _drawn, made = compare_wave(workshop, "W1", [("courses", courses), ("one", no_reserve)])
    assert [str(notice) for notice in made[0].notices] == [
        "points differs and was counted anew from what is stored: by the wave's own rules that still gives everything "
        "that was published."
    ]
    assert str(made[0].steps[0].rule) == "points"
    (change,) = (c for c in made[1].changes if c.school == schools["best"])
    assert change.after is None


def test_a_school_whose_stored_evidence_changed_keeps_what_was_published_and_is_counted(
    workshop: Workshop, nso: Person, schools: dict[str, str]
) -> None:
    """Projects that came in after the draw do not help: only the difference between the tables does."""
    _has(workshop.store, nso, schools["refused"], "project", 9, 2024)
    same_worth = other(points=[*TABLE, {"kind": "course", "points": 0, "from_year": 2020, "to_year": 2024}])
    _drawn, (made, *_ready) = compare_wave(workshop, "W1", [("the same", same_worth)])
    assert made.changes == ()
    (notice,) = made.notices
    assert notice.facts["number"] == 1


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
