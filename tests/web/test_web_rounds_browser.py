"""A round in a real browser: a long step that is left and come back to, and pages without barriers."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from stemfleet.accounts import add_person, issue_link
from stemfleet.rounds import show_round
from stemfleet.store import Person
from stemfleet.words import Role, RoundState, RoundStep
from stemfleet.workshop import Workshop
from stemfleet_web import create_app
from stemfleet_web.door import door_of
from tests.rounds.round_desk import STEPS, VALUE, Desk, open_desk
from tests.web.conftest import ROOT
from tests.web.serving import DESK, barriers, chromium, served

PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def desk(workshop: Workshop, nso: Person, make_school: Callable[..., str]) -> Desk:
    return open_desk(workshop, nso, make_school)


@pytest.fixture
def root(desk: Desk, tmp_path: Path) -> Iterator[str]:
    """The address of the served pages, by the clock of the desk."""
    app: Flask = create_app(desk.workshop, data=tmp_path, secret_key="x", public_url=ROOT, bench=None)
    with served(app) as address:
        yield address
    door_of(app).work.close()


@pytest.fixture
def open_page(browser: Browser, root: str, desk: Desk) -> Iterator[Callable[..., Page]]:
    """`open_page(person)`: a window of its own, signed in."""
    contexts = []

    def opened(person: Person | None = None) -> Page:
        contexts.append(browser.new_context(base_url=root, viewport=DESK))
        contexts[-1].set_default_timeout(PATIENCE_MS)
        page = contexts[-1].new_page()
        if person is not None:
            page.goto(f"/sign-in/{issue_link(desk.workshop.store, desk.niki, person.name)}")
        return page

    yield opened
    for context in contexts:
        context.close()


def test_a_long_step_goes_on_while_one_does_something_else(open_page: Callable[..., Page], desk: Desk) -> None:
    """It waits here for another writer, as it would on a busy day."""
    desk.reach(RoundState.FROZEN)
    desk.wait(days=2)
    page = open_page(desk.aris)
    page.goto("/rounds/R1")
    page.get_by_label("Η τυχαία τιμή, όπως τη δημοσίευσε η πηγή της").fill(VALUE)
    page.get_by_role("button", name="Κλήρωση …").press("Enter")
    expect(page.get_by_text(VALUE)).to_be_visible()
    expect(page.get_by_text("Δεν αναιρείται: γίνεται μία κλήρωση.")).to_be_visible()
    with desk.workshop.store.write():
        page.get_by_role("button", name="Κλήρωση").press("Enter")
        expect(page).to_have_url(re.compile("/work/"))
        expect(page.locator("progress")).to_be_visible()
        page.goto("/waves")
        page.goto("/work")
        page.get_by_role("link", name="Κλήρωση").first.click()
        expect(page.locator("progress")).to_be_visible()
        assert show_round(desk.workshop.store, "R1").round.state is RoundState.FROZEN
    expect(page).to_have_url(re.compile("/rounds/R1$"))
    expect(page.get_by_text("Ακολουθεί η δημοσίευση των αποτελεσμάτων.")).to_be_visible()
    assert show_round(desk.workshop.store, "R1").round.state is RoundState.DRAWN


def test_the_pages_of_a_round_have_no_barriers_that_axe_finds(open_page: Callable[..., Page], desk: Desk) -> None:
    desk.reach(RoundState.PROVISIONAL)
    STEPS[RoundStep.CORRECTED](desk)
    office, fifth, best = open_page(desk.niki), desk.schools["fifth"], desk.schools["best"]
    own = ["/rounds/R1", f"/rounds/R1/applicants?words={fifth}", f"/rounds/R1/applicants/{fifth}"]
    assert barriers(office, own) == []
    desk.reach(RoundState.OFFERS)
    assert barriers(office, ["/", "/rounds/R1/offers"]) == []
    assert barriers(open_page(), ["/rounds", "/rounds/R1"]) == []
    maria = open_page(add_person(desk.workshop.store, desk.niki, "Μαρία", Role.SCHOOL, best))
    assert barriers(maria, ["/", f"/rounds/R1/offers/{best}/accept"]) == []
