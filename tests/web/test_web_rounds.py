"""A round over its pages: what each step shows to whom, from the draft to the last answer."""

import hashlib
import io
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from stemfleet.accounts import add_person
from stemfleet.allocation.draw import PLANNING
from stemfleet.allocation.rules_file import rules_bytes
from stemfleet.rounds import read_published, show_round
from stemfleet.store import Person, Round
from stemfleet.waves import Draw, run_wave
from stemfleet.words import Role, RoundState, RoundStep
from stemfleet.workshop import Workshop
from stemfleet_web.pages.round_forms import FORMS
from tests.rounds.round_desk import RULES, STEPS, VALUE, Desk, open_desk
from tests.web.conftest import Visitor, pages_of

Visit = Callable[..., Visitor]
ATHENS = ZoneInfo("Europe/Athens")
PATIENCE_S = 20.0


@pytest.fixture
def desk(workshop: Workshop, nso: Person, make_school: Callable[..., str]) -> Desk:
    return open_desk(workshop, nso, make_school)


@pytest.fixture
def app(desk: Desk, tmp_path: Path) -> Iterator[Flask]:
    """The pages by the clock of the desk."""
    with pages_of(desk.workshop, tmp_path) as made:
        yield made


def typed(moment: datetime) -> str:
    """As a browser sends what a person in Greece puts in."""
    return moment.astimezone(ATHENS).strftime("%Y-%m-%dT%H:%M")


def shown(moment: datetime) -> str:
    """As pages in English show it."""
    return moment.astimezone(ATHENS).strftime("%-d %b %Y, %H:%M")


def state(desk: Desk) -> RoundState:
    return show_round(desk.workshop.store, "R1").round.state


def ask(visitor: Visitor, step: RoundStep, **fields: Any) -> TestResponse:
    return visitor.post(f"/rounds/R1/take/{step}", **fields)


def take(visitor: Visitor, step: RoundStep, **fields: Any) -> None:
    """Asks, confirms, and waits for what takes long."""
    asked = ask(visitor, step, **fields)
    assert asked.status_code == 200, asked.get_data(as_text=True)
    answer = ask(visitor, step, confirmed="yes", **fields)
    assert answer.status_code in (302, 303), answer.get_data(as_text=True)
    if FORMS[step].long:
        assert work_ends(visitor, answer.location).endswith("/rounds/R1")


def work_ends(visitor: Visitor, work: str) -> str:
    """Where a work leads to when it is done."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        answer = visitor.get(work)
        if answer.status_code == 302:
            return str(answer.location)
        assert 'role="alert"' not in answer.get_data(as_text=True)
        time.sleep(0.05)
    raise AssertionError(f"{work} does not end")


def english(visitor: Visitor) -> Visitor:
    visitor.get("/language/en")
    return visitor


def to_results(desk: Desk, niki: Visitor, aris: Visitor) -> None:
    """From the draft to published results, with one correction and one exclusion."""
    desk.reach(RoundState.DRAFT)
    take(niki, RoundStep.RULES_PUBLISHED)
    take(niki, RoundStep.POINTS_PUBLISHED, until=typed(desk.later(days=5)))
    fifth, fourth = (f"/rounds/R1/applicants/{desk.schools[name]}" for name in ("fifth", "fourth"))
    values = {"line:project 0-2026": "25", "category": [], "level": "lower_secondary", "region": "03"}
    preview = niki.post(fifth, decision="preview", **values).get_data(as_text=True)
    assert "Correct it so" in preview
    assert niki.post(fifth, decision="correct", reason="A project was missing", **values).status_code == 302
    excluded = {"decision": "exclude", "lot": "kit", "reason": "Closes in June"}
    assert "Leave this school out?" in niki.post(fourth, **excluded).get_data(as_text=True)
    assert niki.post(fourth, confirmed="yes", **excluded).status_code == 302
    desk.wait(days=6)
    beacon = {"source": "drand", "round": desk.beacon.round, "expected": typed(desk.later(days=1))}
    take(niki, RoundStep.FROZEN, **beacon)
    desk.wait(days=2)
    take(aris, RoundStep.DRAWN, value=VALUE)
    take(niki, RoundStep.RESULTS_PUBLISHED, until=typed(desk.later(days=5)))


def to_the_end(desk: Desk, niki: Visitor, school: Visitor) -> None:
    """Appeals, final lists, and offers: one accepted by its school, one declined in its name, the others late."""
    fifth, fourth = (f"/rounds/R1/applicants/{desk.schools[name]}" for name in ("fifth", "fourth"))
    more = {"line:project 0-2026": "900", "level": "lower_secondary", "region": "03"}
    preview = niki.post(fifth, decision="preview", **more).get_data(as_text=True)
    assert "Others may lose their places." in preview
    assert niki.post(fifth, decision="extra_seat", reason="The prize counts", **more).status_code == 302
    assert niki.post(fourth, decision="reject", reason="Too late", confirmed="yes").status_code == 302
    desk.wait(days=6)
    take(niki, RoundStep.FINALIZED)
    take(niki, RoundStep.OFFERED, days="14")
    best, second = desk.schools["best"], desk.schools["second"]
    assert f"/rounds/R1/offers/{best}/accept" in school.text("/")
    assert school.post(f"/rounds/R1/offers/{best}/accept").status_code == 302
    assert f"/rounds/R1/offers/{second}/decline" in niki.text("/rounds/R1/offers")
    assert niki.post(f"/rounds/R1/offers/{second}/decline").status_code == 302
    while late := len(show_round(desk.workshop.store, "R1").open_offers):
        desk.wait(days=15)
        assert f"{late} offer" in niki.text("/rounds/R1")
        take(niki, RoundStep.EXPIRED)
    take(niki, RoundStep.CLOSED)


def test_a_round_goes_over_pages_from_the_draft_to_the_last_answer(desk: Desk, visit: Visit) -> None:
    """And the public pages show every step of it, with the files, and no name of a person."""
    niki, aris, anybody = english(visit(desk.niki)), english(visit(desk.aris)), english(visit())
    maria = add_person(desk.workshop.store, desk.niki, "Μαρία Δασκάλα", Role.SCHOOL, desk.schools["best"])
    to_results(desk, niki, aris)
    assert state(desk) is RoundState.PUBLISHED
    to_the_end(desk, niki, english(visit(maria)))
    assert state(desk) is RoundState.CLOSED
    page = anybody.text("/rounds/R1")
    for told in ("A project was missing", "Closes in June", "Too late", "An extra seat", "Offers expired", VALUE):
        assert told in page, told
    for person in (desk.niki, desk.aris, maria):
        assert person.name not in page + anybody.text("/rounds")
        assert person.name in niki.text("/rounds/R1")
    assert desk.aris.name not in visit(maria).text("/rounds/R1")
    for step in show_round(desk.workshop.store, "R1").steps:
        for name, sha256 in step.published.items():
            assert sha256 in page
            got = anybody.get(f"/rounds/R1/steps/{step.number}/{name}")
            assert hashlib.sha256(got.get_data()).hexdigest() == sha256


def test_all_files_of_a_step_come_as_one_packed_zip(desk: Desk, visit: Visit) -> None:
    desk.reach(RoundState.FROZEN)
    step = len(show_round(desk.workshop.store, "R1").steps)
    with zipfile.ZipFile(io.BytesIO(visit().get(f"/rounds/R1/steps/{step}.zip").get_data())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_DEFLATED}
    assert files == read_published(desk.workshop.store, "R1", step)
    assert visit().get(f"/rounds/R1/steps/{step}/result.json").status_code == 404
    assert visit().get("/rounds/R1/steps/99.zip").status_code == 404


def test_a_draft_is_seen_by_the_nso_alone(desk: Desk, visit: Visit, warehouse: Person) -> None:
    desk.reach(RoundState.DRAFT)
    for visitor in (visit(), visit(warehouse)):
        assert visitor.get("/rounds/R1").status_code == 404
        assert "R1" not in visitor.text("/")
        assert "R1" not in visitor.text("/rounds")
    assert "/planner/R1" in visit(desk.aris).text("/rounds/R1")


def test_what_was_published_once_stays_public_when_the_round_goes_back(desk: Desk, visit: Visit) -> None:
    desk.reach(RoundState.PROVISIONAL)
    take(visit(desk.niki), RoundStep.WITHDRAWN, reason="The window was wrong")
    page = visit().text("/rounds/R1")
    assert "The window was wrong" in page
    assert visit().get("/rounds/R1/steps/3/applicants.json").status_code == 200


@pytest.mark.parametrize(
    ("before", "step", "fields", "sentence"),
    [
        (RoundState.RULES_PUBLISHED, RoundStep.POINTS_PUBLISHED, {"until": "soon"}, "soon is not a day and time"),
        (RoundState.PROVISIONAL, RoundStep.WITHDRAWN, {"reason": "  "}, "Give a reason."),
        (RoundState.FINAL, RoundStep.OFFERED, {"days": "400"}, "400 days for an answer"),
        (RoundState.FROZEN, RoundStep.DRAWN, {"value": "5f5f"}, "must be exactly 64 hex digits"),
        (RoundState.FROZEN, RoundStep.DRAWN, {"value": PLANNING + "0"}, "must be exactly 64 hex digits"),
    ],
)
def test_what_cannot_be_used_is_answered_at_its_form_and_stays_there(
    desk: Desk, visit: Visit, before: RoundState, step: RoundStep, fields: dict[str, str], sentence: str
) -> None:
    desk.reach(before)
    desk.wait(days=2)
    answer = ask(english(visit(desk.aris)), step, **fields)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert sentence in text
    assert all(value in text for value in fields.values())
    assert state(desk) is before


def test_times_that_are_over_are_told_at_the_form(desk: Desk, visit: Visit) -> None:
    niki, over = english(visit(desk.niki)), typed(desk.later(days=-1))
    for before, step, fields, sentence in (
        (RoundState.RULES_PUBLISHED, RoundStep.POINTS_PUBLISHED, {"until": over}, "The window would end at"),
        (RoundState.DRAWN, RoundStep.RESULTS_PUBLISHED, {"until": over}, "The time for appeals would end at"),
    ):
        desk.reach(before)
        page = ask(niki, step, **fields).get_data(as_text=True)
        assert sentence in page
        assert f'value="{over}"' in page


def test_the_source_of_the_random_value_can_have_any_name(desk: Desk, visit: Visit) -> None:
    desk.reach(RoundState.PROVISIONAL)
    desk.wait(days=6)
    niki, later = english(visit(desk.niki)), typed(desk.later(days=1))
    nameless = ask(niki, RoundStep.FROZEN, source="other", other=" ", round="2841", expected=later)
    assert "Name the source" in nameless.get_data(as_text=True)
    take(niki, RoundStep.FROZEN, source="other", other="Εθνικό Λαχείο", round="2841", expected=later)
    assert "Εθνικό Λαχείο" in visit().text("/rounds/R1")


def test_who_froze_is_told_before_typing_that_another_must_draw(desk: Desk, visit: Visit) -> None:
    desk.reach(RoundState.FROZEN)
    desk.wait(days=2)
    niki = english(visit(desk.niki))
    page = niki.text("/rounds/R1")
    assert "must be typed in by another person" in page
    assert 'name="value"' not in page
    refused = ask(niki, RoundStep.DRAWN, value=VALUE, confirmed="yes")
    assert refused.status_code == 409
    assert 'name="value"' in english(visit(desk.aris)).text("/rounds/R1")
    assert state(desk) is RoundState.FROZEN


def test_a_step_that_is_too_early_says_until_when_in_athens_time(desk: Desk, visit: Visit) -> None:
    desk.reach(RoundState.PROVISIONAL)
    until = shown(desk.later(days=5))
    niki = english(visit(desk.niki))
    sentence = f"Objections to the points of R1 can be made until {until}."
    assert sentence in niki.text("/rounds/R1")
    early = ask(niki, RoundStep.FROZEN, confirmed="yes")
    assert early.status_code == 409
    assert sentence in early.get_data(as_text=True)


def test_a_page_that_is_no_longer_true_takes_no_step(desk: Desk, visit: Visit) -> None:
    """It was opened before somebody else took the step."""
    desk.reach(RoundState.RULES_PUBLISHED)
    answer = ask(visit(desk.niki), RoundStep.RULES_PUBLISHED, confirmed="yes")
    assert answer.status_code == 409
    assert "βρίσκεται στην κατάσταση Κανόνες" in answer.get_data(as_text=True)
    assert ask(visit(desk.niki), RoundStep.CORRECTED).status_code == 404  # has no form of this kind


def test_a_long_step_that_fails_says_why_on_its_page(desk: Desk, visit: Visit) -> None:
    """Somebody else was faster while it waited for its turn."""
    desk.reach(RoundState.DRAWN)
    niki, until = english(visit(desk.niki)), typed(desk.later(days=5))
    with desk.workshop.store.write() as session:
        answer = ask(niki, RoundStep.RESULTS_PUBLISHED, until=until, confirmed="yes")
        session.get_one(Round, "R1").state = RoundState.PUBLISHED
    end, page = time.monotonic() + PATIENCE_S, ""
    while 'role="alert"' not in page and time.monotonic() < end:
        page = niki.text(answer.location)
        time.sleep(0.05)
    assert "The step Results published needs the state Draw." in page
    assert 'href="/rounds/R1"' in page


def test_a_correction_is_only_made_as_it_was_shown(desk: Desk, visit: Visit) -> None:
    """A preview changes nothing; a decision without a reason keeps what was typed."""
    desk.reach(RoundState.PROVISIONAL)
    niki, fifth = english(visit(desk.niki)), f"/rounds/R1/applicants/{desk.schools['fifth']}"
    values = {"line:project 0-2026": "77", "category": ["remote"], "level": "lower_secondary", "region": "06"}
    page = niki.post(fifth, decision="preview", **values).get_data(as_text=True)
    changed = re.search(r'<table class="changes.*?</table>', page, re.DOTALL)
    assert changed
    for told in (">77<", "Κρήτης", "Remote area"):
        assert told in changed[0]
    refused = niki.post(fifth, decision="correct", reason=" ", **values)
    assert refused.status_code == 400
    assert "Give a reason." in refused.get_data(as_text=True)
    assert '<input type="hidden" name="line:project 0-2026" value="77">' in refused.get_data(as_text=True)
    assert [s.step for s in show_round(desk.workshop.store, "R1").steps][-1] == "points_published"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"line:project 0-2026": "-5"}, "-5 is no number of points"),
        ({"line:project 0-2026": "20"}, "would change"),
        ({"label": "late", "points": "x"}, "x is no number of points"),
    ],
)
def test_a_correction_that_says_nothing_is_answered_at_the_form(
    desk: Desk, visit: Visit, values: dict[str, str], sentence: str
) -> None:
    desk.reach(RoundState.PROVISIONAL)
    answer = english(visit(desk.niki)).post(
        f"/rounds/R1/applicants/{desk.schools['fifth']}", decision="preview", **values
    )
    assert answer.status_code == 400
    assert sentence in answer.get_data(as_text=True)


def test_an_extra_seat_that_would_be_none_is_not_offered(desk: Desk, visit: Visit) -> None:
    desk.reach(RoundState.PUBLISHED)
    niki, path = english(visit(desk.niki)), f"/rounds/R1/applicants/{desk.schools['fifth']}"
    page = niki.post(path, decision="preview", **{"line:project 0-2026": "21"}).get_data(as_text=True)
    assert "An extra seat is for a place that" in page
    assert 'value="extra_seat"' not in page
    assert 'value="reallocation"' in page


def test_applicants_are_found_and_shown_as_they_stand(desk: Desk, visit: Visit) -> None:
    desk.reach(RoundState.PROVISIONAL)
    STEPS[RoundStep.CORRECTED](desk)
    niki, code = visit(desk.niki), desk.schools["fifth"]
    assert f"/rounds/R1/applicants/{code}" in niki.text(f"/rounds/R1/applicants?words={code}")
    assert ">90<" in niki.text(f"/rounds/R1/applicants/{code}")
    assert niki.get("/rounds/R1/applicants/9999999").status_code == 404


def test_a_school_answers_its_own_offer_and_no_other(desk: Desk, visit: Visit, warehouse: Person) -> None:
    desk.reach(RoundState.OFFERS)
    best, second, fifth = (desk.schools[name] for name in ("best", "second", "fifth"))
    maria = visit(add_person(desk.workshop.store, desk.niki, "Μαρία", Role.SCHOOL, best))
    for answer in ("accept", "decline"):
        assert maria.get(f"/rounds/R1/offers/{second}/{answer}").status_code == 403
        assert maria.post(f"/rounds/R1/offers/{second}/{answer}").status_code == 403
        assert visit(warehouse).post(f"/rounds/R1/offers/{best}/{answer}").status_code == 403
    assert maria.get(f"/rounds/R1/offers/{best}/perhaps").status_code == 404
    deadline = desk.later(days=14).astimezone(ATHENS).strftime("%H:%M")
    for path in ("/", f"/schools/{best}", f"/rounds/R1/offers/{best}/accept"):
        assert deadline in maria.text(path), path
    assert maria.post(f"/rounds/R1/offers/{best}/accept").location == "/"
    offers = {o.school_code: str(o.state) for o in show_round(desk.workshop.store, "R1").offers}
    assert (offers[best], offers[second]) == ("accepted", "open")
    assert visit(desk.niki).get(f"/rounds/R1/offers/{fifth}/accept").status_code == 404  # it was offered nothing


def test_a_late_answer_is_refused_with_the_deadline(desk: Desk, visit: Visit) -> None:
    desk.reach(RoundState.OFFERS)
    best = desk.schools["best"]
    maria = english(visit(add_person(desk.workshop.store, desk.niki, "Μαρία", Role.SCHOOL, best)))
    until = shown(desk.later(days=14))
    desk.wait(days=15)
    assert f"/rounds/R1/offers/{best}/accept" not in maria.text("/")
    answer = maria.post(f"/rounds/R1/offers/{best}/accept")
    assert answer.status_code == 409
    assert f"could be answered until {until}" in answer.get_data(as_text=True)


def test_offers_can_be_looked_through_by_answer_and_name(desk: Desk, visit: Visit) -> None:
    desk.reach(RoundState.OFFERS)
    STEPS[RoundStep.ACCEPTED](desk)
    niki, best, second = visit(desk.niki), desk.schools["best"], desk.schools["second"]
    accepted = niki.text("/rounds/R1/offers?state=accepted")
    assert (best in accepted, second in accepted) == (True, False)
    named = niki.text(f"/rounds/R1/offers?words=σχολειο {second}")
    assert (best in named, second in named) == (False, True)


def test_the_start_page_of_the_nso_and_of_anybody_tells_what_comes_next_and_when(desk: Desk, visit: Visit) -> None:
    desk.reach(RoundState.PROVISIONAL)
    until = shown(desk.later(days=5))
    for reader in (visit(), visit(desk.aris)):
        assert f"Objections to the points until {until}." in english(reader).text("/")
    desk.wait(days=6)
    assert f"The time for objections ended on {until}." in english(visit(desk.aris)).text("/")


def test_a_replay_says_that_it_was_allocated_at_once(desk: Desk, visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    file.write_bytes(rules_bytes(RULES))
    run_wave(desk.workshop, desk.niki, file, 2026, Draw("value"))
    page = english(visit(desk.niki)).text("/rounds/R1")
    assert "This wave was allocated all at once" in page
    assert 'href="/waves/R1/bundle.zip"' in page
    assert "What can be done now" not in page
    assert 'class="stages"' not in page
