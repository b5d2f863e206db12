"""Imports, as pages: a preview first, then all or nothing; no file stays longer than it must."""

import io
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import expect
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from stemfleet.accounts import issue_link
from stemfleet.schools import show_school
from stemfleet.schools.imported import list_imports
from stemfleet.store import Person, Store, Work, WorkState
from stemfleet_web import uploads
from stemfleet_web.door import door_of
from tests.web.conftest import Visitor
from tests.web.serving import chromium, served

Visit = Callable[..., Visitor]
HEAD = "Κωδικός;Ονομασία;Τύπος;Κατάσταση\r\n"
REGISTER = (
    HEAD + "9190501;1ο Δημοτικό Σχολείο Κέρκυρας;Δημοτικό;Ενεργή\r\n" + ";Δημοτικό χωρίς κωδικό;Δημοτικό;Ενεργή\r\n"
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


def send(
    browser: Visitor, content: bytes | str = REGISTER, name: str = "μητρώο.csv", what: str = "schools"
) -> TestResponse:
    return send_all(browser, {name: content}, what)


def send_all(browser: Visitor, files: Mapping[str, bytes | str], what: str = "schools") -> TestResponse:
    sent = [
        FileStorage(io.BytesIO(content.encode() if isinstance(content, str) else content), name)
        for name, content in files.items()
    ]
    fields = {"csrf_token": browser.token(), "what": what, "file": sent}
    boundary, body = encode_multipart(fields)  # by hand: the client would put a large one into a file and leave it open
    return browser.client.post("/imports", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def ended(app: Flask, answer: TestResponse) -> Work:
    """The work that a post started, once it is over."""
    assert answer.status_code == 303, answer.get_data(as_text=True)
    worklist, limit = door_of(app).work.list, time.monotonic() + 20
    while (work := worklist.show(answer.location.rpartition("/")[2])).open:
        assert time.monotonic() < limit
        time.sleep(0.02)
    return work


def kept(tmp_path: Path) -> list[Path]:
    return [file for file in (tmp_path / "uploads").rglob("*") if file.is_file()]


def test_a_file_is_shown_first_and_applied_when_a_person_says_so(
    app: Flask, visit: Visit, nso: Person, store: Store, tmp_path: Path
) -> None:
    browser = visit(nso)
    preview = ended(app, send(browser)).result
    page = browser.text(preview)
    assert "τίποτα δεν άλλαξε ακόμη" in page
    assert "χωρίς κωδικό υπουργείου" in page
    assert "CSV, UTF-8, ;" in page
    assert browser.get("/schools/9190501").status_code == 404
    assert preview in browser.text("/imports")

    done = ended(app, browser.post(f"{preview}/apply"))
    assert show_school(store, "9190501").school.name == "1ο Δημοτικό Σχολείο Κέρκυρας"
    assert "μητρώο.csv" in browser.text(done.result)
    assert "μητρώο.csv" in browser.text("/imports")
    assert kept(tmp_path) == []
    assert browser.get(preview).status_code == 404


def test_what_changes_is_shown_field_by_field_and_findings_with_their_rows(
    app: Flask, visit: Visit, nso: Person
) -> None:
    browser = visit(nso)
    ended(app, browser.post(f"{ended(app, send(browser)).result}/apply"))
    preview = ended(app, send(browser, REGISTER.replace("1ο", "21ο"))).result
    page = browser.text(f"{preview}?part=changed")
    assert "1ο Δημοτικό Σχολείο Κέρκυρας" in page
    assert "<strong>21ο Δημοτικό Σχολείο Κέρκυρας</strong>" in page
    assert "Δημοτικό χωρίς κωδικό" in browser.text(f"{preview}?part=skipped")


BROKEN = {
    b"": "Το χαλασμένο.xlsx είναι κενό",
    b"<html><p>": "είναι ιστοσελίδα",
    b"PK\x03\x04 no more of it": "χαλασμένο.xlsx: ",
    b"a;b\n\0;1\n": "γραμμή 2: περιέχει μηδενικά byte",
}


@pytest.mark.parametrize(("content", "said"), BROKEN.items())
def test_a_file_that_cannot_be_read_is_told_in_greek_and_gone(
    content: bytes, said: str, app: Flask, visit: Visit, nso: Person, tmp_path: Path
) -> None:
    browser = visit(nso)
    answer = send(browser, content, "χαλασμένο.xlsx")
    work = ended(app, answer)
    assert (work.state, work.problem is not None) == (WorkState.FAILED, True)
    page = browser.text(answer.location)
    assert said in page
    assert str(tmp_path) not in page
    assert kept(tmp_path) == []


def test_pages_of_a_register_are_chosen_at_once_and_shown_as_one(
    app: Flask, visit: Visit, nso: Person, store: Store, tmp_path: Path
) -> None:
    browser = visit(nso)
    second = HEAD + "9190502;2ο Δημοτικό Σχολείο Κέρκυρας;Δημοτικό;Ενεργή\r\n;Χωρίς κωδικό;Δημοτικό;Ενεργή\r\n"
    pages = {"σελ1.csv": REGISTER, "σελ2.csv": second}
    preview = ended(app, send_all(browser, pages)).result
    shown = browser.text(f"{preview}?part=skipped")
    assert "σελ1.csv" in shown
    assert "σελ2.csv · 3" in shown
    ended(app, browser.post(f"{preview}/apply"))
    for code in ("9190501", "9190502"):
        assert show_school(store, code).school.code == code
    imported = browser.text("/imports")
    assert "σελ1.csv" in imported
    assert "σελ2.csv" in imported
    assert "σελ1.csv" in browser.text("/imports/past/2")
    assert kept(tmp_path) == []


def test_a_wrong_list_is_taken_back_on_its_own_page(
    app: Flask, visit: Visit, nso: Person, store: Store, make_school: Callable[..., str]
) -> None:
    browser, school = visit(nso), make_school()
    preview = ended(app, send(browser, f"code,kind,year\n{school},project,2024\n", "λάθος.csv", "evidence")).result
    ended(app, browser.post(f"{preview}/apply"))
    (run, _), *_others = list_imports(store)
    page = f"/imports/past/{run.id}"
    assert "Ανάκληση του καταλόγου" in browser.text(page)
    assert "πίνακας (CSV" in browser.text(page)
    assert browser.post(f"{page}/withdraw", reason="").status_code == 400
    browser.post(f"{page}/withdraw", reason="δεν ήταν ο σωστός")
    assert "Ανάκληση του καταλόγου" not in browser.text(page)
    assert "Ανακλήθηκαν" in browser.text("/imports")


def test_only_a_register_of_schools_comes_in_several_files(app: Flask, visit: Visit, nso: Person) -> None:
    work = ended(app, send_all(visit(nso), {"a.csv": REGISTER, "b.csv": REGISTER + "\r\n"}, what="legacy"))
    assert work.state is WorkState.FAILED
    assert send_all(visit(nso), {"a/x.csv": REGISTER, "b/x.csv": REGISTER}).status_code == 400


def test_a_file_can_be_thrown_away(app: Flask, visit: Visit, nso: Person, tmp_path: Path) -> None:
    browser = visit(nso)
    preview = ended(app, send(browser)).result
    assert browser.post(f"{preview}/drop").status_code == 302
    assert kept(tmp_path) == []
    assert browser.get(preview).status_code == 404


def test_a_file_that_nobody_decides_about_is_gone_after_a_day(
    app: Flask, visit: Visit, nso: Person, tmp_path: Path
) -> None:
    browser = visit(nso)
    preview = ended(app, send(browser)).result
    yesterday = time.time() - uploads.KEPT_S - 60
    os.utime(tmp_path / "uploads" / preview.rpartition("/")[2], (yesterday, yesterday))
    assert preview not in browser.text("/imports")
    assert kept(tmp_path) == []


def test_a_register_may_be_large_and_other_forms_may_not(
    app: Flask, visit: Visit, nso: Person, warehouse: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = HEAD + "".join(f"{9000000 + n};Δημοτικό {n};Δημοτικό;Ενεργή\r\n" for n in range(30_000))
    assert len(large.encode()) > app.config["MAX_CONTENT_LENGTH"]
    browser = visit(nso)
    assert ended(app, send(browser, large)).state is WorkState.DONE
    assert browser.post("/people", name=large).status_code == 413
    assert send(visit(warehouse), large).status_code == 413
    assert send(visit(), large).status_code == 413
    monkeypatch.setattr("stemfleet_web.pages.imports.MOST_BYTES", 1000)
    assert send(browser, large).status_code == 413


@pytest.mark.parametrize("name", ["../../outside.csv", "C:\\temp\\x.csv", "μ" * 300 + ".csv", "...", "facts.json"])
def test_no_name_of_a_file_leads_anywhere(name: str, app: Flask, visit: Visit, nso: Person, tmp_path: Path) -> None:
    browser = visit(nso)
    before = {file for file in tmp_path.rglob("*") if "uploads" not in file.parts}
    assert ended(app, send(browser, name=name)).state is WorkState.DONE
    after = {file for file in tmp_path.rglob("*") if "uploads" not in file.parts}
    assert {file.name for file in after - before} <= {"work.sqlite"}


def test_without_a_file_or_a_kind_the_form_says_so(visit: Visit, nso: Person) -> None:
    browser = visit(nso)
    for fields in ({"what": "schools"}, {"what": "planets", "file": (io.BytesIO(b"x"), "x.csv")}):
        assert browser.post("/imports", **fields).status_code == 400


def test_imports_are_for_the_nso(visit: Visit, warehouse: Person, teacher: Person) -> None:
    for person in (warehouse, teacher):
        assert visit(person).get("/imports").status_code == 403
        assert send(visit(person)).status_code == 403
    assert visit().get("/imports").status_code == 302
    assert visit(warehouse).get("/imports/past/1").status_code == 403


def test_in_a_browser_a_file_goes_from_the_form_to_the_register(
    app: Flask, store: Store, nso: Person, tmp_path: Path
) -> None:
    file = tmp_path / "μητρώο.csv"
    file.write_text(REGISTER, "utf-8")
    with served(app) as root, chromium() as browser:
        page = browser.new_page()
        page.goto(f"{root}/sign-in/{issue_link(store, nso, nso.name)}")
        page.goto(f"{root}/imports")
        page.get_by_label("Αρχείο").set_input_files(file)
        page.get_by_role("button", name="Ανάγνωση").click()
        expect(page.get_by_text("Προεπισκόπηση")).to_be_visible()
        for size in ({"width": 390, "height": 844}, {"width": 1280, "height": 900}):
            page.set_viewport_size(size)
            found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response["violations"]
            assert [violation["id"] for violation in found] == []
        page.get_by_role("button", name="Εφαρμογή").click()
        expect(page.get_by_role("link", name="Άλλο αρχείο")).to_be_visible()
    assert show_school(store, "9190501").school.name == "1ο Δημοτικό Σχολείο Κέρκυρας"
