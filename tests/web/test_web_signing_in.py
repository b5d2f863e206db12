"""One-time links, sessions, and forms that come from elsewhere."""

from collections.abc import Callable

import pytest
from sqlmodel import update

from stemfleet.accounts import issue_link
from stemfleet.kits import show_kit
from stemfleet.store import Person, Store
from stemfleet.words import KitState
from stemfleet.workshop import Workshop
from stemfleet_web.protection import safe_target
from tests.web.conftest import ROOT, Stock, Visitor

Visit = Callable[..., Visitor]


def test_a_link_signs_in_once(visit: Visit, store: Store, nso: Person, warehouse: Person) -> None:
    path = f"/sign-in/{issue_link(store, nso, warehouse.name)}"
    first, second = visit(), visit()
    assert first.get(path).location == "/"
    assert warehouse.name in first.text("/")
    refused = second.get(path)
    assert refused.status_code == 403
    assert "δεν ισχύει πια" in refused.get_data(as_text=True)
    assert second.get("/kits").location == "/sign-in"


def test_a_program_that_looks_ahead_does_not_use_up_the_link(
    visit: Visit, store: Store, nso: Person, warehouse: Person
) -> None:
    path = f"/sign-in/{issue_link(store, nso, warehouse.name)}"
    assert visit().client.head(path).status_code == 200
    assert visit().get(path).status_code == 302


def test_after_signing_in_one_comes_back_to_the_scanned_kit(
    visit: Visit, store: Store, nso: Person, teacher: Person, stock: Stock
) -> None:
    phone = visit()
    page = phone.text(f"/k/{stock.shipped}")
    assert stock.shipped in page
    assert "Κέρκυρας" not in page  # nothing about the school
    assert phone.get(f"/sign-in/{issue_link(store, nso, teacher.name)}").location == f"/k/{stock.shipped}"


def test_after_signing_in_one_comes_back_to_the_page_that_asked_for_it(
    visit: Visit, store: Store, nso: Person, warehouse: Person
) -> None:
    browser = visit()
    assert browser.get("/kits?state=ready").location == "/sign-in"
    assert browser.get(f"/sign-in/{issue_link(store, nso, warehouse.name)}").location == "/kits?state=ready"


def test_what_a_page_asks_for_behind_the_scenes_is_not_where_one_comes_back_to(
    visit: Visit, store: Store, nso: Person, warehouse: Person
) -> None:
    browser = visit()
    assert browser.get("/bench/snapshot", headers={"Sec-Fetch-Dest": "empty"}).location == "/sign-in"
    assert browser.get(f"/sign-in/{issue_link(store, nso, warehouse.name)}").location == "/"


def test_signing_out_ends_the_session(visit: Visit, warehouse: Person) -> None:
    browser = visit(warehouse)
    assert browser.post("/sign-out").location == "/"
    assert browser.get("/kits").location == "/sign-in"


def test_a_person_who_is_no_longer_active_is_out_at_once(visit: Visit, store: Store, warehouse: Person) -> None:
    browser = visit(warehouse)
    with store.write() as session:
        session.connection().execute(update(Person).where(Person.id == warehouse.id).values(active=False))  # type: ignore[arg-type]
    assert browser.get("/kits").location == "/sign-in"


def test_the_session_cookie_is_for_this_site_and_not_for_scripts(
    visit: Visit, store: Store, nso: Person, warehouse: Person
) -> None:
    answer = visit().get(f"/sign-in/{issue_link(store, nso, warehouse.name)}")
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("stemfleet="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize("path", ["/kits/{}/ship", "/api/kits/{}/ship"])
def test_a_form_from_elsewhere_changes_nothing(
    path: str, visit: Visit, workshop: Workshop, warehouse: Person, stock: Stock
) -> None:
    browser = visit(warehouse)
    answer = browser.client.post(path.format(stock.packed), data={"to": stock.school})
    assert answer.status_code == 400
    assert "Δεν άλλαξε τίποτα" in (answer.json["error"] if answer.json else answer.get_data(as_text=True))
    assert show_kit(workshop, stock.packed).kit.state is KitState.PACKED


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", "", None]
)
def test_a_redirect_never_leaves_the_site(target: str | None, visit: Visit) -> None:
    assert safe_target(target, "/home") == "/home"
    if target:
        assert visit().get("/language/en", query_string={"next": target}).location == "/"


def test_the_nso_adds_a_person_and_hands_over_the_link(visit: Visit, nso: Person, stock: Stock) -> None:
    office = visit(nso)
    page = office.post("/people", name="Νέα Δασκάλα", role="school", school=stock.school).get_data(as_text=True)
    link = page.split(f'value="{ROOT}/sign-in/')[1].split('"')[0]
    newcomer = visit()
    assert newcomer.get(f"/sign-in/{link}").status_code == 302
    assert stock.shipped in newcomer.text("/")
    again = office.post("/people", name="Νέα Δασκάλα", role="school", school=stock.school)
    assert again.status_code == 400
    assert 'value="Νέα Δασκάλα"' in again.get_data(as_text=True)  # what was typed is kept


def test_a_fresh_link_for_a_person_is_shown_once(visit: Visit, nso: Person, warehouse: Person) -> None:
    office = visit(nso)
    page = office.post("/people/link", name=warehouse.name).get_data(as_text=True)
    token = page.split(f"{ROOT}/sign-in/")[1].split('"')[0]
    assert token not in office.text("/people")
    assert visit().get(f"/sign-in/{token}").status_code == 302
