"""The points that a round publishes before its draw, every version of them; the pages of the lists without barriers."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import Flask

from stemfleet.rounds import Correction, correct_applicant, exclude_school, show_round
from stemfleet.store import Person
from stemfleet.words import RoundState, RoundStep
from stemfleet.workshop import Workshop
from tests.rounds.round_desk import STEPS, Desk, open_desk
from tests.web.conftest import Visitor, pages_of
from tests.web.serving import barriers, chromium, served

Visit = Callable[..., Visitor]


@pytest.fixture
def desk(workshop: Workshop, nso: Person, make_school: Callable[..., str]) -> Desk:
    """By points best (60), second, third, fourth, fifth, special (10)."""
    return open_desk(workshop, nso, make_school).reach(RoundState.PROVISIONAL)


@pytest.fixture
def app(desk: Desk, tmp_path: Path) -> Iterator[Flask]:
    with pages_of(desk.workshop, tmp_path) as made:
        yield made


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    made = visit()
    made.get("/language/en")
    return made


def points(visitor: Visitor, query: str = "") -> list[tuple[str, int]]:
    """(code, points) as the CSV has them."""
    text = visitor.get(f"/rounds/R1/points.csv{query}").get_data().decode("utf-8-sig")
    return [(row["Code"], int(row["Points"])) for row in csv.DictReader(io.StringIO(text), delimiter=";")]


def words_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_every_applicant_stands_with_its_points_most_first(visitor: Visitor, desk: Desk) -> None:
    order = ("best", "second", "third", "fourth", "fifth", "special")
    assert points(visitor) == [(desk.schools[name], 60 - 10 * place) for place, name in enumerate(order)]
    page = words_of(visitor.text("/rounds/R1/points"))
    assert "Objections can be made until 9 May 2026, 12:00" in page
    assert points(visitor, "?category=special") == [(desk.schools["special"], 10)]
    assert points(visitor, f"?words={desk.schools['third']}") == [(desk.schools["third"], 40)]
    assert points(visitor, "?lot=kit&level=lower_secondary&region=03")[0] == (desk.schools["best"], 60)
    assert points(visitor, "?region=06") == []


def test_a_school_sees_every_line_and_until_when_it_can_object(visitor: Visitor, desk: Desk) -> None:
    page = words_of(visitor.text(f"/rounds/R1/points/{desk.schools['second']}"))
    assert "project 0-2026" not in page
    for part in ("up to 2026 50", "Together 50", "Until 9 May 2026, 12:00 the school can object"):
        assert part in page
    assert visitor.get("/rounds/R1/points/9999999").status_code == 404


def test_every_line_leads_to_where_it_stands_and_its_records_are_for_the_school_and_the_nso(
    visitor: Visitor, visit: Visit, nso: Person, desk: Desk
) -> None:
    """The sum of the lines is the total; the address is the same for everybody, the records behind it are not."""
    text = visitor.get("/rounds/R1/lines.csv").get_data().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    second = desk.schools["second"]
    (line,) = [row for row in rows if row["Code"] == second]
    page, _hash, anchor = line["Where it stands, with its records"].partition("#")
    assert page.endswith(f"/rounds/R1/points/{second}")
    path = page[page.index("/rounds") :]
    for reader in (visitor, visit(nso)):
        assert f'id="{unquote(anchor)}"' in reader.text(path)
    behind = f'id="behind-{unquote(anchor)}"'
    assert behind in visit(nso).text(path)
    assert behind not in visitor.text(path)
    for code, total in points(visitor):
        assert sum(int(row["Points"]) for row in rows if row["Code"] == code) == total


def test_the_workbook_has_the_lines_on_a_sheet_of_their_own_with_links(visitor: Visitor, desk: Desk) -> None:
    content = io.BytesIO(visitor.get("/rounds/R1/points.xlsx").get_data())
    with zipfile.ZipFile(content) as book:
        schools, lines = (book.read(f"xl/worksheets/_rels/sheet{n}.xml.rels").decode() for n in (1, 2))
    for code in desk.schools.values():
        assert f'/rounds/R1/points/{code}"' in schools
        assert f'/rounds/R1/points/{code}"' in lines


def test_a_correction_shows_before_the_list_is_published_again(visitor: Visitor, desk: Desk) -> None:
    code = desk.schools["fifth"]
    more = Correction(lines={"project 0-2026": 35})
    correct_applicant(desk.workshop, desk.niki, "R1", code, more, "Two projects were missing")
    exclude_school(desk.workshop, desk.niki, "R1", desk.schools["best"], "kit", "Closes in June")
    assert (code, 20) in points(visitor), "what was published stays as it is"
    page = words_of(visitor.text(f"/rounds/R1/points/{code}"))
    assert "20 35 " in page
    assert "Two projects were missing" in page
    assert "Closes in June" in visitor.text(f"/rounds/R1/points/{desk.schools['best']}")


def test_each_published_version_can_be_read(visitor: Visitor, desk: Desk) -> None:
    code = desk.schools["fifth"]
    correct_applicant(desk.workshop, desk.niki, "R1", code, Correction(lines={"project 0-2026": 35}), "missing")
    desk.reach(RoundState.FROZEN)
    steps = show_round(desk.workshop.store, "R1").steps
    first = next(step.number for step in steps if step.step == RoundStep.POINTS_PUBLISHED)
    assert (code, 35) in points(visitor)
    assert (code, 20) in points(visitor, f"?version={first}")
    assert "these points went into the draw" in visitor.text("/rounds/R1/points")
    assert "Others have replaced it" in visitor.text(f"/rounds/R1/points?version={first}")
    assert visitor.get("/rounds/R1/points?version=1").status_code == 404


def test_points_that_were_taken_back_say_so(visitor: Visitor, desk: Desk) -> None:
    page = visitor.text("/rounds/R1")
    assert "Taken back" not in page
    STEPS[RoundStep.WITHDRAWN](desk)
    published = visitor.text("/rounds/R1").partition("What was published")[2].partition(">Log<")[0]
    assert published.count("<summary>") == published.count("Taken back") == 2
    assert "These points were taken back." in visitor.text("/rounds/R1/points")


def test_the_menu_has_the_points_among_the_rounds(visitor: Visitor, desk: Desk) -> None:
    for path in ("/rounds/R1/points", f"/rounds/R1/points/{desk.schools['best']}"):
        assert re.findall(r'<a href="([^"]*)" aria-current="page">', visitor.text(path)) == ["/rounds"]


def test_a_file_that_a_browser_has_is_not_sent_again(visitor: Visitor, desk: Desk) -> None:
    first = visitor.get("/rounds/R1/steps/2/rules.json")
    again = visitor.get("/rounds/R1/steps/2/rules.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)


def test_there_is_no_list_before_points_are_published(visitor: Visitor, desk: Desk) -> None:
    STEPS[RoundStep.WITHDRAWN](desk)
    assert visitor.get("/rounds/R2/points").status_code == 404
    assert visitor.get("/rounds/R2/points.csv").status_code == 404


def test_the_find_form_leads_to_the_points_until_there_are_results(visitor: Visitor, desk: Desk) -> None:
    code = desk.schools["third"]
    assert visitor.get(f"/waves/R1/find?code={code}").location == f"/rounds/R1/points/{code}"
    desk.reach(RoundState.PUBLISHED)
    assert visitor.get(f"/waves/R1/find?code={code}").location == f"/waves/R1/schools/{code}"


def test_the_lists_have_no_barriers_that_axe_finds(app: Flask, desk: Desk) -> None:
    """On a phone and on a desk, with everything opened."""
    correct_applicant(
        desk.workshop, desk.niki, "R1", desk.schools["fifth"], Correction(lines={"project 0-2026": 35}), "missing"
    )
    third, fifth = desk.schools["third"], desk.schools["fifth"]
    with served(app) as root, chromium() as browser:
        context = browser.new_context(base_url=root)
        page = context.new_page()
        assert barriers(page, ["/rounds/R1/points", f"/rounds/R1/points/{fifth}"]) == []
        desk.reach(RoundState.OFFERS)
        STEPS[RoundStep.DECLINED](desk)
        lists = ["/waves/R1", "/waves/R1/list", "/waves/R1/cutoffs", "/waves/R1/find?code=1"]
        assert barriers(page, [*lists, f"/waves/R1/schools/{third}", f"/waves/R1/schools/{fifth}"]) == []
        context.close()
