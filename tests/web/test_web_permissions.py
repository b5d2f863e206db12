"""Who may see and do what: every route is in the table, and nobody gets further than the table says."""

from collections.abc import Callable

import pytest
from flask import Flask

from stemfleet.store import Person
from tests.web.conftest import Stock, Visitor

ALL = {"anybody", "teacher", "stranger", "warehouse", "nso"}
SIGNED_IN = ALL - {"anybody"}
STAFF = {"warehouse", "nso"}
OWN = STAFF | {"teacher"}
NSO = {"nso"}
SCHOOLS = {"teacher", "stranger", "nso"}  # may report at all; about which kit, the use case decides

# (method, rule) → who; `{name}` places are filled from the stock.
TABLE: dict[tuple[str, str], set[str]] = {
    ("GET", "/"): ALL,
    ("GET", "/waves"): ALL,
    ("GET", "/waves/<code>"): ALL,
    ("GET", "/waves/<code>/bundle.zip"): ALL,
    ("GET", "/waves/<wave>/list"): ALL,
    ("GET", "/waves/<wave>/list.<any(csv, xlsx, pdf):kind>"): ALL,
    ("GET", "/waves/<wave>/cutoffs"): ALL,
    ("GET", "/waves/<wave>/cutoffs.<any(csv, xlsx):kind>"): ALL,
    ("GET", "/waves/<wave>/bundle/<name>"): ALL,
    ("GET", "/waves/<wave>/find"): ALL,
    ("GET", "/waves/<wave>/schools/<code>"): ALL,
    ("GET", "/rounds/<wave>/points"): ALL,
    ("GET", "/rounds/<wave>/points.<any(csv, xlsx, pdf):kind>"): ALL,
    ("GET", "/rounds/<wave>/points/<code>"): ALL,
    ("GET", "/rounds/<wave>/lines.csv"): ALL,
    ("GET", "/waves/<wave>/lines.csv"): ALL,
    ("GET", "/rounds"): ALL,
    ("GET", "/rounds/<wave>"): ALL,
    ("GET", "/rounds/<wave>/steps/<int:step>/<name>"): ALL,
    ("GET", "/rounds/<wave>/steps/<int:step>.zip"): ALL,
    ("POST", "/rounds/<wave>/take/<step>"): NSO,
    ("GET", "/rounds/<wave>/applicants"): NSO,
    ("GET", "/rounds/<wave>/applicants/<school>"): NSO,
    ("POST", "/rounds/<wave>/applicants/<school>"): NSO,
    ("GET", "/rounds/<wave>/offers"): NSO,
    ("GET", "/rounds/<wave>/offers/<school>/<answer>"): {"teacher", "nso"},
    ("POST", "/rounds/<wave>/offers/<school>/<answer>"): {"teacher", "nso"},
    ("GET", "/objections"): SCHOOLS,
    ("GET", "/objections/<int:number>"): SCHOOLS,
    ("POST", "/objections/<int:number>"): NSO,
    ("POST", "/objections/<int:number>/withdraw"): {"teacher", "stranger"},
    ("GET", "/objections/<int:number>/proofs/<sha256>"): SCHOOLS,
    ("GET", "/rounds/<wave>/objections/new"): {"teacher", "stranger"},
    ("POST", "/rounds/<wave>/objections/new"): {"teacher", "stranger"},
    ("GET", "/schools/<code>/points/<wave>"): {"teacher", "nso"},
    ("GET", "/figures"): ALL,
    ("GET", "/language/<code>"): ALL,
    ("GET", "/sign-in"): ALL,
    ("GET", "/bench"): STAFF,
    ("POST", "/bench"): STAFF,
    ("GET", "/bench/snapshot"): STAFF,
    ("GET", "/bench/events"): STAFF,
    ("GET", "/bench/positions"): STAFF,
    ("POST", "/bench/positions"): STAFF,
    ("GET", "/bench/positions/learn"): STAFF,
    ("GET", "/bench/positions/learn.json"): STAFF,
    ("POST", "/bench/positions/end"): STAFF,
    ("POST", "/bench/positions/<name>/recipe"): STAFF,
    ("POST", "/bench/positions/<name>/forget"): STAFF,
    ("POST", "/bench/auto-start"): STAFF,
    ("GET", "/bench/codes.pdf"): STAFF,
    ("GET", "/boards/<path:board_id>"): STAFF,
    ("GET", "/quality"): STAFF,
    ("GET", "/quality.csv"): STAFF,
    ("POST", "/quality/claim"): STAFF,
    ("GET", "/kits/stale"): STAFF,
    ("GET", "/firmware"): STAFF,
    ("POST", "/firmware"): NSO,
    ("POST", "/kits/<tag>/take-out"): STAFF,
    ("POST", "/kits/<tag>/override"): STAFF,
    ("POST", "/kits/<tag>/override/decide"): STAFF,
    ("GET", "/kits/<tag>/check/<recipe>"): STAFF,
    ("POST", "/kits/<tag>/check/<recipe>"): STAFF,
    ("GET", "/kits/<tag>/records.zip"): STAFF,
    ("GET", "/runs/<int:run>/files/<name>"): STAFF,
    ("GET", "/runs/<int:run>/record.json"): STAFF,
    ("POST", "/people/active"): NSO,
    ("GET", "/kits"): STAFF,
    ("GET", "/kits/receive"): STAFF,
    ("POST", "/kits/receive"): STAFF,
    ("GET", "/kits/<tag>"): OWN,
    ("GET", "/kits/<tag>/record.json"): OWN,
    ("POST", "/kits/<tag>/reserve"): STAFF,
    ("POST", "/kits/<tag>/pack"): STAFF,
    ("GET", "/kits/<tag>/ship"): STAFF,
    ("POST", "/kits/<tag>/ship"): STAFF,
    ("POST", "/kits/<tag>/note"): STAFF,
    ("POST", "/labels"): STAFF,
    ("GET", "/k/<tag>"): OWN | {"anybody"},
    ("POST", "/k/<tag>/received"): {"teacher", "nso"},
    ("POST", "/k/<tag>/report"): {"teacher", "nso"},
    ("GET", "/schools"): STAFF,
    ("GET", "/schools/<code>"): OWN,
    ("POST", "/schools/<code>/category"): NSO,
    ("POST", "/schools/<code>/move"): NSO,
    ("POST", "/schools/<code>/move/undo"): NSO,
    ("POST", "/schools/<code>/records"): NSO,
    ("POST", "/schools/<code>/kits"): NSO,
    ("POST", "/schools/<code>/legacy/<int:number>/here"): {"teacher", "nso"},
    ("POST", "/schools/<code>/legacy/<int:number>/gone"): {"teacher", "nso"},
    ("GET", "/reports"): NSO,
    ("GET", "/reports/newest"): NSO,
    ("GET", "/planner"): NSO,
    ("POST", "/planner"): NSO,
    ("GET", "/planner/<wave>"): NSO,
    ("POST", "/planner/<wave>"): NSO,
    ("GET", "/imports"): NSO,
    ("GET", "/kits/legacy"): NSO,
    ("GET", "/kits/legacy.<any(csv, xlsx):kind>"): NSO,
    ("POST", "/imports"): NSO,
    ("GET", "/imports/<upload>"): NSO,
    ("POST", "/imports/<upload>/apply"): NSO,
    ("POST", "/imports/<upload>/drop"): NSO,
    ("GET", "/imports/past/<int:number>"): NSO,
    ("POST", "/imports/past/<int:number>/withdraw"): NSO,
    ("GET", "/waves/<wave>/whatif"): NSO,
    ("POST", "/waves/<wave>/whatif"): NSO,
    ("GET", "/waves/<wave>/whatif/<comparison>"): NSO,
    ("GET", "/waves/<wave>/whatif/<comparison>.csv"): NSO,
    ("POST", "/waves/<wave>/whatif/<comparison>/drop"): NSO,
    ("GET", "/work"): SIGNED_IN,
    ("GET", "/work/<work>"): SIGNED_IN,  # whose work it is, the page decides
    ("GET", "/work/<work>/now"): SIGNED_IN,
    ("POST", "/work/<work>/again"): SIGNED_IN,
    ("POST", "/work/<work>/stop"): SIGNED_IN,
    ("GET", "/people"): NSO,
    ("POST", "/people"): NSO,
    ("POST", "/people/link"): NSO,
    ("GET", "/api/waves"): ALL,
    ("GET", "/api/kits/<tag>"): OWN,
    ("GET", "/api/bench"): STAFF,
    ("POST", "/api/kits/<tag>/ship"): STAFF,
    ("GET", "/sign-in/<token>"): set(),  # nobody with a link that is none
    ("POST", "/sign-out"): ALL,
}


def test_every_route_is_in_the_table(app: Flask) -> None:
    routes = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.endpoint.endswith("static")
    }
    assert routes == set(TABLE)


@pytest.mark.parametrize("who", sorted(ALL))
def test_nobody_gets_further_than_the_table_says(
    who: str, request: pytest.FixtureRequest, visit: Callable[..., Visitor], stock: Stock
) -> None:
    person: Person | None = None if who == "anybody" else request.getfixturevalue(who)
    visitor = visit(person)
    places = {"<tag>": stock.shipped, "<school>": stock.school, "<code>": stock.school, "<token>": "none"}
    places |= {"<int:number>": "1", "<int:run>": "1", "<any(csv, xlsx):kind>": "csv"}
    wrong = []
    for (method, rule), allowed in TABLE.items():
        path = rule
        for place, value in places.items():
            path = path.replace(place, value)
        answer = visitor.get(path) if method == "GET" else visitor.post(path)
        answer.close()
        if _let_in(answer.status_code, answer.location) != (who in allowed):
            wrong.append(f"{method} {rule}: {answer.status_code} {answer.location or ''}")
    assert wrong == []


def _let_in(status: int, location: str | None) -> bool:
    """Whether the person got as far as the use case; what that says (404, 409) is another matter."""
    return status not in {401, 403} and location != "/sign-in"


def test_a_stranger_may_not_even_report_on_another_schools_kit(
    visit: Callable[..., Visitor], stranger: Person, stock: Stock
) -> None:
    answer = visit(stranger).post(f"/k/{stock.shipped}/report", works="yes", note="")
    assert answer.status_code == 403
    assert "Κέρκυρας" not in answer.get_data(as_text=True)


def test_a_warehouse_person_at_the_kits_address_sees_its_page(
    visit: Callable[..., Visitor], warehouse: Person, stock: Stock
) -> None:
    assert visit(warehouse).get(f"/k/{stock.shipped}").location == f"/kits/{stock.shipped}"
