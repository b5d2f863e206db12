"""Long work: it can be left and come back to, fails with a sentence, and is never shown as running when it is not."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect
from werkzeug.wrappers import Response

from stemfleet.accounts import issue_link
from stemfleet.bench import LiveBench
from stemfleet.errors import Refused
from stemfleet.store import Person, Store, Work, WorkState, read_history, write_history
from stemfleet.workshop import Workshop
from stemfleet_web import create_app, workroom
from stemfleet_web.door import door_of
from stemfleet_web.words.work import WORK
from stemfleet_web.work import Progress, start_work
from tests.web.conftest import Visitor
from tests.web.serving import chromium, served

Visit = Callable[..., Visitor]
PATIENCE_S = 20.0


class Gate:
    """A use case that goes as far as the test lets it."""

    def __init__(self) -> None:
        self.begun, self.open, self.runs = threading.Event(), threading.Event(), 0

    def __call__(self, workshop: Workshop, person: Person, facts: dict[str, Any], progress: Progress) -> str:
        self.runs += 1
        with workshop.store.write() as session:
            write_history(session, person, "test", "1", "added")
            session.flush()
            progress("points")
            progress.count(3, 10)
            self.begun.set()
            while not self.open.wait(0.02):
                progress("points")
                progress.count(3, 10)
            if facts.get("refused"):
                raise Refused("{person} may not see this page.", person=person.name)
            if facts.get("broken"):
                raise ZeroDivisionError("not for readers")
        return "/waves"


@pytest.fixture
def gate(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """A kind of work, and a page `/begin/<about>` that starts it with the fields of its form."""
    made = Gate()
    monkeypatch.setitem(WORK, "gate", "Test work")  # type: ignore[arg-type]
    monkeypatch.setitem(workroom._TASKS, "gate", made)
    app.add_url_rule("/begin/<about>", "begin", _begin, methods=["POST"])
    yield made
    made.open.set()


def _begin(about: str) -> Response:
    from flask import request

    return start_work("gate", {k: v for k, v in request.form.items() if k != "csrf_token"}, about=about)


def ended(app: Flask, address: str) -> Work:
    """The work behind an address, once it is over."""
    worklist, limit = door_of(app).work.list, time.monotonic() + PATIENCE_S
    while (work := worklist.show(address.rpartition("/")[2])).open:
        assert time.monotonic() < limit, work
        time.sleep(0.02)
    return work


def test_work_can_be_left_and_leads_to_its_result(app: Flask, gate: Gate, visit: Visit, nso: Person) -> None:
    browser = visit(nso)
    answer = browser.post("/begin/STEM1")
    assert answer.status_code == 303
    gate.begun.wait(PATIENCE_S)
    page = browser.text(answer.location)
    assert "Test work" in page
    assert "STEM1" in page
    assert 'role="progressbar"' in page or "<progress" in page
    assert "Εργασία σε εξέλιξη" in browser.text("/")  # on every page, while it runs
    gate.open.set()
    assert ended(app, answer.location).state is WorkState.DONE
    assert "Εργασία σε εξέλιξη" not in browser.text("/")
    assert browser.get(answer.location).location == "/waves"
    assert answer.location in browser.text("/work")


def test_its_steps_and_shares_are_told_while_the_database_is_busy(
    app: Flask, gate: Gate, visit: Visit, nso: Person
) -> None:
    browser = visit(nso)
    now = browser.post("/begin/STEM1").location + "/now"
    limit = time.monotonic() + PATIENCE_S
    while (told := browser.get(now).get_json())["step"] != "points":
        assert time.monotonic() < limit
        time.sleep(0.05)
    assert told["open"]
    assert "Άθροιση των μορίων" in told["html"]
    assert 'max="10" value="3"' in told["html"]


def test_a_double_click_starts_one_work(app: Flask, gate: Gate, visit: Visit, nso: Person) -> None:
    browser = visit(nso)
    first, again, other = (browser.post(f"/begin/{wave}").location for wave in ("STEM1", "STEM1", "STEM2"))
    assert first == again != other
    assert "Αρχίζει" in browser.text(other) or "Μετά από 1 άλλη" in browser.text(other)
    gate.open.set()
    assert [ended(app, place).state for place in (first, other)] == [WorkState.DONE] * 2
    assert gate.runs == 2
    assert browser.post("/begin/STEM1").location != first  # it may be done again


def test_a_refusal_is_a_sentence_and_leads_back(
    app: Flask, gate: Gate, visit: Visit, nso: Person, store: Store
) -> None:
    gate.open.set()
    browser = visit(nso)
    fields = {"csrf_token": browser.token(), "refused": "1"}
    asked = {"Referer": "http://localhost/people?from=here"}
    address = browser.client.post("/begin/STEM1", data=fields, headers=asked).location
    assert ended(app, address).state is WorkState.FAILED
    page = browser.text(address)
    assert "δεν έχει πρόσβαση" in page
    assert nso.name in page
    assert 'href="/people?from=here"' in page


def test_a_fault_of_ours_is_logged_and_tells_no_details(
    app: Flask, gate: Gate, visit: Visit, nso: Person, caplog: pytest.LogCaptureFixture
) -> None:
    gate.open.set()
    browser = visit(nso)
    address = browser.post("/begin/STEM1", broken="1").location
    assert ended(app, address).state is WorkState.FAILED
    page = browser.text(address)
    assert "δική μας πλευρά" in page
    assert "ZeroDivisionError" not in page
    assert "not for readers" not in page
    assert "ZeroDivisionError" in caplog.text


def test_it_is_shown_to_who_started_it_and_to_the_nso(
    app: Flask, gate: Gate, visit: Visit, nso: Person, warehouse: Person, teacher: Person
) -> None:
    worker, office, school = (visit(who) for who in (warehouse, nso, teacher))
    address = worker.post("/begin/STEM1").location
    assert [who.get(address).status_code for who in (worker, office, school)] == [200, 200, 403]
    assert school.get(address + "/now").status_code == 403
    assert visit().get("/work").status_code == 302
    assert address in worker.text("/work")
    assert address not in office.text("/work")  # the list is of one's own
    assert office.get("/work/none").status_code == 404


def test_the_end_of_the_program_rolls_back_what_runs_and_keeps_what_waits(
    app: Flask, gate: Gate, workshop: Workshop, visit: Visit, nso: Person, bench: LiveBench, tmp_path: Path
) -> None:
    browser = visit(nso)
    runs, waits = (browser.post(f"/begin/{wave}").location for wave in ("STEM1", "STEM2"))
    gate.begun.wait(PATIENCE_S)
    door_of(app).work.close()
    assert ended(app, runs).state is WorkState.INTERRUPTED
    assert "στη μέση" in browser.text(runs)
    assert door_of(app).work.list.show(waits.rpartition("/")[2]).state is WorkState.WAITING
    gate.open.set()
    later = create_app(workshop, data=tmp_path, secret_key="x", public_url="http://x", bench=bench)
    try:
        assert ended(later, waits).state is WorkState.DONE
        assert ended(later, runs).state is WorkState.INTERRUPTED
    finally:
        door_of(later).work.close()
    assert gate.runs == 2


def test_a_person_can_stop_it_and_start_it_again(
    app: Flask, gate: Gate, visit: Visit, nso: Person, teacher: Person, store: Store
) -> None:
    """What ran is rolled back, what waits is not begun; only who started it may do so again."""
    browser, other = visit(nso), visit(teacher)
    runs, waits = (browser.post(f"/begin/{wave}").location for wave in ("STEM1", "STEM2"))
    gate.begun.wait(PATIENCE_S)
    assert other.post(f"{runs}/stop").status_code == 403
    assert [browser.post(f"{work}/stop").status_code for work in (waits, runs)] == [303, 303]
    assert [ended(app, work).state for work in (runs, waits)] == [WorkState.STOPPED] * 2
    assert gate.runs == 1
    with store.read() as session:
        assert read_history(session, "test", "1") == []
    assert "Τίποτα" in browser.text(runs)
    assert other.post(f"{runs}/again").status_code == 403
    gate.open.set()
    again = browser.post(f"{runs}/again").location
    assert again != runs
    assert ended(app, again).state is WorkState.DONE
    assert browser.post(f"{again}/again").location == again  # what is done is not done twice
    assert gate.runs == 2


def test_a_list_that_cannot_be_read_is_told_and_takes_no_other_page_with_it(
    visit: Visit, nso: Person, tmp_path: Path
) -> None:
    (tmp_path / "work.sqlite").write_bytes(b"this is no database" * 100)
    browser = visit(nso)
    assert browser.get("/waves").status_code == 200
    answer = browser.get("/work")
    assert answer.status_code == 503
    assert "work.sqlite" in answer.get_data(as_text=True)


KILLED = """
import sys
from pathlib import Path
from stemfleet.accounts import list_people
from stemfleet.workshop import Workshop
from stemfleet_web import create_app
from stemfleet_web.door import door_of
from stemfleet_web.work import task
from stemfleet_web.words.work import WORK

WORK["endless"] = "Endless"

@task("endless")
def endless(workshop, person, facts, progress):
    with workshop.store.write() as session:
        session.connection().exec_driver_sql("DELETE FROM kit_report")
        print(work, flush=True)
        sys.stdin.read()

data = Path(sys.argv[1])
shop = Workshop.open(f"sqlite:///{data / 'stemfleet.sqlite'}", data)
app = create_app(shop, data=data, secret_key="x", public_url="http://x", bench=None)
person = next(one for one in list_people(shop.store) if one.role == "nso")
work = door_of(app).work.start("endless", {}, person, about="", back="/")
sys.stdin.read()
"""


def test_work_of_a_killed_program_is_shown_as_interrupted(
    app: Flask, visit: Visit, nso: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = visit(nso)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        work = program.stdout.readline().strip()
        assert door_of(app).work.list.show(work).state is WorkState.RUNNING
        program.kill()
    monkeypatch.setattr("stemfleet.store.worklist.SILENT_S", 0.1)
    assert ended(app, work).state is WorkState.INTERRUPTED
    assert "στη μέση" in browser.text(f"/work/{work}")
    assert "Εργασία σε εξέλιξη" not in browser.text("/")


def test_a_browser_leaves_and_comes_back_and_is_led_to_the_result(
    app: Flask, gate: Gate, store: Store, nso: Person
) -> None:
    with served(app) as root, chromium() as browser:
        page = _signed_in(browser, root, issue_link(store, nso, nso.name))
        page.evaluate(
            """token => { document.body.insertAdjacentHTML("beforeend", '<form method="post" action="/begin/STEM1">'
            + '<input name="csrf_token"></form>'); const form = document.body.lastElementChild;
            form.firstElementChild.value = token; form.submit(); }""",
            page.locator("input[name=csrf_token]").first.input_value(),
        )
        expect(page.get_by_role("progressbar")).to_have_attribute("value", "3")
        expect(page.locator("#said")).to_have_text("Άθροιση των μορίων")
        page.goto(f"{root}/waves")
        page.get_by_role("link", name="Εργασία σε εξέλιξη").click()
        expect(page.get_by_role("progressbar")).to_have_attribute("value", "3")
        gate.open.set()
        expect(page).to_have_url(f"{root}/waves")


def _signed_in(browser: Browser, root: str, link: str) -> Any:
    page = browser.new_page()
    page.goto(f"{root}/sign-in/{link}")
    return page
