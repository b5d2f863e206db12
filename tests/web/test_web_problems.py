"""What goes wrong is a sentence, never a stack trace; what may run on a page is ours alone."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

import stemfleet_web
from stemfleet.errors import Busy, InputError, NotFound, Refused, StemfleetError, Unavailable
from stemfleet.store import Person
from stemfleet.workshop import Workshop
from stemfleet_web import create_app
from stemfleet_web.persons import NotYours
from stemfleet_web.problems import status_of
from tests.web.conftest import ROOT, Stock, Visitor

Visit = Callable[..., Visitor]
TEMPLATES = sorted((Path(stemfleet_web.__file__).parent / "templates").rglob("*.html"))


@pytest.mark.parametrize(
    ("kind", "status"),
    [(InputError, 400), (NotFound, 404), (Refused, 409), (Busy, 409), (NotYours, 403), (Unavailable, 503)],
)
def test_every_error_of_ours_has_a_fitting_status(kind: type[StemfleetError], status: int) -> None:
    assert status_of(kind("x")) == status


def test_a_bug_is_a_page_without_its_trace_and_json_below_api(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def broken() -> str:
        raise RuntimeError("the inner secret")

    app.add_url_rule("/broken", "broken", broken)
    app.add_url_rule("/api/broken", "api_broken", broken)
    client = app.test_client()
    for path in ("/broken", "/api/broken"):
        answer = client.get(path)
        assert answer.status_code == 500
        assert "secret" not in answer.get_data(as_text=True)
        assert "Traceback" not in answer.get_data(as_text=True)
    assert client.get("/api/broken").json == {
        "error": "Κάτι πήγε στραβά από τη δική μας πλευρά. Καταγράφηκε στο ημερολόγιο και τίποτα δεν έμεινε μισό."
    }
    assert "the inner secret" in caplog.text


def test_the_api_answers_in_json_whatever_happens(visit: Visit, nso: Person) -> None:
    browser = visit()
    for path, status in (("/api/nothing", 404), ("/api/kits/SF-00001B", 401)):
        answer = browser.get(path)
        assert answer.status_code == status
        assert set(answer.json or {}) == {"error"}
    assert visit(nso).get("/api/kits/rubbish").status_code == 400
    wrong_method = browser.get("/api/kits/SF-00001B/ship")
    assert wrong_method.status_code == 405
    assert "POST" in wrong_method.headers["Allow"]


def test_a_page_that_is_not_there(visit: Visit) -> None:
    answer = visit().get("/nothing")
    assert answer.status_code == 404
    assert "Δεν υπάρχει τέτοια σελίδα" in answer.get_data(as_text=True)


def test_odd_requests_are_refused_and_break_nothing(visit: Visit, nso: Person, stock: Stock) -> None:
    office = visit(nso)
    for path in ("/kits?words=%00", "/schools?words=a%00", "/k/%00", "/schools/%00", "/kits?state=%00"):
        assert office.get(path).status_code == 400, path
    assert office.post("/people", name="\0", role="nso", school="").status_code == 400
    assert office.send(f"/api/kits/{stock.packed}/ship", {"to": "\0"}).status_code == 400
    for path in ("/kits?page=99999999999999999999", "/kits?page=-3", "/kits?page=x", "/reports/newest?limit=-1"):
        assert office.get(path).status_code == 200, path


def test_every_answer_carries_the_protecting_headers(visit: Visit, nso: Person, stock: Stock) -> None:
    browser = visit(nso)
    for path in ("/", "/nothing", f"/kits/{stock.shipped}", "/api/waves", "/static/bench.js"):
        answer = browser.get(path)
        answer.close()
        headers = answer.headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
    assert "private" in browser.get("/").headers["Cache-Control"]


def test_a_form_that_is_too_large_names_the_limit_and_leads_back(visit: Visit, nso: Person) -> None:
    browser = visit(nso)
    for referrer, leads in ((f"{ROOT}/planner?from=W1", True), ("http://elsewhere.example/planner", False)):
        answer = browser.client.post(
            "/planner",
            data=bytes(1_500_000),
            content_type="multipart/form-data; boundary=cut",
            headers={"Referer": referrer},
            base_url=ROOT,
        )
        page = answer.get_data(as_text=True)
        assert (answer.status_code, "1,0 MB" in page) == (413, True)
        assert ('href="/planner">Πίσω στη φόρμα' in page) is leads


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_script_style_or_foreign_address(template: Path) -> None:
    text = template.read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|https?://", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_form_that_changes_something_carries_the_token(template: Path) -> None:
    for form in re.findall(r'<form[^>]*method="post".*?</form>', template.read_text("utf-8"), re.DOTALL):
        assert "csrf" in form


def test_a_computer_without_a_bench_says_so(
    workshop: Workshop, visit: Visit, warehouse: Person, nso: Person, tmp_path: Path
) -> None:
    root = "https://kits.example"
    app = create_app(workshop, data=tmp_path, secret_key="x", public_url=root, bench=None, demo=True)
    browser = Visitor(app).signed_in(workshop.store, nso, warehouse)
    assert browser.get("/api/bench").status_code == 404
    assert browser.get("/bench/events").status_code == 404
    page = browser.text("/bench")
    assert "δεν έχει πάγκο" in page
    assert 'href="/bench"' not in page
    assert "Επίδειξη" in page  # a demo is marked everywhere


def test_behind_https_the_cookies_are_for_https_only(workshop: Workshop, tmp_path: Path) -> None:
    app = create_app(workshop, data=tmp_path, secret_key="x", public_url="https://kits.example", bench=None)
    assert app.config["SESSION_COOKIE_SECURE"] is True
    assert "Secure" in app.test_client().get("/language/en").headers["Set-Cookie"]
