"""The list of kits of earlier waves that no school has confirmed: for the support organisation, with filters, files."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from stemfleet.accounts import issue_link
from stemfleet.kits import confirm_legacy, deny_legacy
from stemfleet.schools import apply_import, plan_import, show_school
from stemfleet.store import Person, Store
from stemfleet.workshop import Workshop
from tests.web.conftest import Stock, Visitor
from tests.web.serving import barriers, chromium, served

Visit = Callable[..., Visitor]


@pytest.fixture
def listed(store: Store, nso: Person, stock: Stock, tmp_path: Path) -> list[int]:
    """Numbers of three kits that an old list names: two for the school, one for another."""
    file = tmp_path / "παλιά.csv"
    rows = [
        f"{stock.school},microbit-kit,STEM4,MB-1",
        f"{stock.school},arduino-kit,STEM2,AR-7",
        f"{stock.other},microbit-kit,STEM2,MB-2",
    ]
    file.write_text("\n".join(["school,model,wave,serial", *rows]) + "\n", encoding="utf-8")
    apply_import(store, nso, plan_import(store, "legacy", file))
    return [old.id for code in (stock.school, stock.other) for old, _file in show_school(store, code).legacy]


def test_the_page_counts_what_waits_and_leads_to_each_school(
    visit: Visit, nso: Person, stock: Stock, listed: list[int]
) -> None:
    page = visit(nso).text("/kits/legacy")
    assert {serial for serial in ("MB-1", "AR-7", "MB-2") if serial in page} == {"MB-1", "AR-7", "MB-2"}
    assert f"/schools/{stock.school}#legacy" in page
    assert "παλιά.csv" in page


@pytest.mark.parametrize(
    ("chosen", "serials"),
    [
        ("model=microbit-kit", {"MB-1", "MB-2"}),
        ("wave=STEM2", {"AR-7", "MB-2"}),
        ("model=arduino-kit&wave=STEM4", set()),
        ("region=13", set()),
        ("words=OTHER", {"MB-2"}),
        ("answer=gone", set()),
    ],
)
def test_it_is_narrowed_down_and_the_file_has_the_same_rows(
    visit: Visit, nso: Person, stock: Stock, listed: list[int], chosen: str, serials: set[str]
) -> None:
    office, chosen = visit(nso), chosen.replace("OTHER", stock.other)
    for address in (f"/kits/legacy?{chosen}", f"/kits/legacy.csv?{chosen}"):
        page = office.get(address).get_data().decode("utf-8-sig")
        assert {serial for serial in ("MB-1", "AR-7", "MB-2") if serial in page} == serials


def test_every_word_of_it_is_in_the_readers_language(visit: Visit, nso: Person, listed: list[int]) -> None:
    office = visit(nso)
    assert office.text("/kits/legacy").count("Χωρίς απάντηση") == 2
    office.get("/language/en")
    assert office.text("/kits/legacy").count("No answer yet") == 2


def test_answers_leave_the_list_and_are_found_by_what_was_answered(
    visit: Visit, nso: Person, workshop: Workshop, listed: list[int]
) -> None:
    tag = confirm_legacy(workshop, nso, listed[0])
    deny_legacy(workshop.store, nso, listed[1], "Πλημμύρα 2025")
    office = visit(nso)
    waiting, here, gone = (office.text(f"/kits/legacy{of}") for of in ("", "?answer=here", "?answer=gone"))
    assert "MB-2" in waiting
    assert "MB-1" not in waiting
    assert f"/kits/{tag}" in here
    assert "Πλημμύρα 2025" in gone


def test_the_workbook_leads_to_the_schools_at_a_click(
    visit: Visit, nso: Person, stock: Stock, listed: list[int]
) -> None:
    content = visit(nso).get("/kits/legacy.xlsx").get_data()
    with zipfile.ZipFile(io.BytesIO(content)) as workbook:
        links = workbook.read("xl/worksheets/_rels/sheet1.xml.rels").decode()
    assert links.count("/hyperlink") == len(listed)
    assert f'/schools/{stock.other}"' in links


def test_it_is_for_the_nso(visit: Visit, warehouse: Person, teacher: Person, listed: list[int]) -> None:
    for person in (warehouse, teacher):
        for address in ("/kits/legacy", "/kits/legacy.csv"):
            assert visit(person).get(address).status_code == 403


def test_the_page_has_no_barriers_that_axe_finds(app: Flask, nso: Person, store: Store, listed: list[int]) -> None:
    with served(app) as root, chromium() as browser:
        page = browser.new_page()
        page.goto(f"{root}/sign-in/{issue_link(store, nso, nso.name)}")
        page.get_by_role("button", name="Σύνδεση").click()
        assert barriers(page, [f"{root}/kits/legacy", f"{root}/kits/legacy?answer=gone", f"{root}/imports"]) == []
