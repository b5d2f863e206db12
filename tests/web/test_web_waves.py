"""The waves in public: who got what and why, departments apart, the bundle to check it."""

import hashlib
import io
import re
import zipfile
from collections.abc import Callable

import pytest

from stemfleet.resources import resource
from stemfleet.store import Evidence, ImportRun, Person, School
from stemfleet.waves import Draw, run_wave, show_wave
from stemfleet.words import Category, Level, RecipientKind, SchoolStatus
from stemfleet.workshop import Workshop
from tests.web.conftest import Visitor

Visit = Callable[..., Visitor]


@pytest.fixture
def wave(workshop: Workshop, nso: Person, make_school: Callable[..., str]) -> list[str]:
    """STEM 5 over three schools and a department; the codes of the schools, the best first."""
    codes = [
        make_school((Category.SPECIAL, Category.REMOTE), name=f"{number}ο Γυμνάσιο Χανίων", level=Level.LOWER_SECONDARY)
        for number in range(1, 4)
    ]
    with workshop.store.write() as session:
        run = ImportRun(what="x", file_name="x", file_sha256="0" * 64, format="", counts={}, person_id=nso.id)
        session.add(run)
        session.flush()
        department = School(
            code="U-7",
            kind=RecipientKind.DEPARTMENT,
            name="Τμήμα Νηπιαγωγών",
            level=Level.UNIVERSITY,
            status=SchoolStatus.ACTIVE,
        )
        session.add(department)
        session.flush()
        for number, code in enumerate([*codes, "U-7"]):
            facts = {"kind": "national_quality_label", "year": 2022, "number": 4 - number, "row": number + 2}
            session.add(Evidence(school_code=code, fingerprint=f"{number:064d}", import_id=run.id, **facts))
    rules = resource("examples", "waves", "STEM5.json")
    run_wave(workshop, nso, rules, 2024, Draw("a-public-value", source="the lottery", round="1"))
    return codes


def test_departments_are_shown_apart_and_never_counted_as_schools(visit: Visit, wave: list[str]) -> None:
    browser = visit()
    browser.get("/language/en")
    for path in ("/", "/waves", "/waves/STEM5"):
        text = re.sub("<[^>]*>", "", browser.text(path))
        assert re.search(r"3\s+schools", text), path
        assert re.search(r"1\s+university department\b", text), path


def test_an_award_says_which_place_points_and_merit(visit: Visit, workshop: Workshop, wave: list[str]) -> None:
    page = visit().text("/waves/STEM5")
    _view, rows = show_wave(workshop.store, "STEM5")
    best = next(row for row in rows if row.school.code == wave[0])
    assert best.application.lines
    assert "Εθνική Ετικέτα Ποιότητας" in page
    assert f"<b>{best.application.lines[0][1]}</b>" in page
    assert "Εγγυημένη θέση" in page
    assert "Περιφέρεια: Αττικής" in page


def test_awards_are_narrowed_down_by_name_code_and_lot(visit: Visit, workshop: Workshop, wave: list[str]) -> None:
    browser = visit()
    first = "1ο Γυμνάσιο Χανίων"
    assert first in browser.text("/waves/STEM5?words=χανιων 1ο")
    assert "2ο Γυμνάσιο Χανίων" not in browser.text("/waves/STEM5?words=χανιων 1ο")
    assert first in browser.text(f"/waves/STEM5?words={wave[0]}")
    assert "Τμήμα Νηπιαγωγών" in browser.text("/waves/STEM5?lot=departments")
    assert first not in browser.text("/waves/STEM5?lot=departments")


def test_the_bundle_is_the_stored_one_and_its_digest_stands_beside_it(visit: Visit, wave: list[str]) -> None:
    browser = visit()
    answer = browser.get("/waves/STEM5/bundle.zip")
    digest = answer.headers["X-Bundle-Digest"]
    assert digest in browser.text("/waves/STEM5")
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as bundle:
        assert {"rules.json", "applicants.json", "result.json"} <= set(bundle.namelist())
    assert len(digest) == len(hashlib.sha256().hexdigest())


def test_a_wave_that_was_not_drawn_is_marked(
    visit: Visit, workshop: Workshop, nso: Person, make_school: Callable[..., str]
) -> None:
    make_school((Category.SPECIAL,))
    run_wave(workshop, nso, resource("examples", "waves", "STEM5.json"), 2024, Draw("planning"))
    assert "Σχεδιασμός: χωρίς κλήρωση" in visit().text("/")
    assert "Σχεδιασμός: χωρίς κλήρωση" in visit().text("/waves/STEM5")


def test_a_schools_page_says_how_it_stood_and_where_its_records_came_from(
    visit: Visit, nso: Person, wave: list[str]
) -> None:
    page = visit(nso).text(f"/schools/{wave[0]}")
    assert "register.csv" in page or ">x<" in page  # the file of the evidence
    assert "Σειρά κατάταξης" in page
    assert "Το σετ δεν προορίζεται για αυτή τη βαθμίδα" in page or "Μόνο για σχολεία ορισμένων κατηγοριών" in page
    assert "Εγγυημένη θέση" in page


def test_the_api_lists_the_waves_as_the_command_does(visit: Visit, wave: list[str]) -> None:
    listed = visit().get("/api/waves").json
    assert isinstance(listed, list)
    assert [lot["awards"] for lot in listed[0]["lots"]] == [3, 0, 1] or sum(
        lot["awards"] for lot in listed[0]["lots"]
    ) == 4


def test_an_unknown_wave_is_not_found(visit: Visit) -> None:
    assert visit().get("/waves/STEM99").status_code == 404
    assert "Δεν υπάρχει κύκλος STEM99" in visit().text("/waves/STEM99")
