"""The published lists: the same as the bundle row for row, a school's own line with its reasons, and for everybody."""

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from click.testing import CliRunner
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlmodel import select

from stemfleet.cli import stemfleet
from stemfleet.resources import resource
from stemfleet.rounds import accept_offer, decline_offer, reject_appeal, show_round, uphold_appeal
from stemfleet.store import Person, School
from stemfleet.waves import Chosen, Draw, Standing, Winner, award_prizes, keep, list_results, run_wave
from stemfleet.words import Level, Remedy, RoundState, SchoolStatus
from stemfleet.workshop import Workshop
from stemfleet_web.language import ATHENS
from stemfleet_web.paging import PAGE
from tests.rounds.round_desk import MORE, VALUE, Desk, open_desk
from tests.web.conftest import ROOT, Visitor, pages_of

Visit = Callable[..., Visitor]
LANGUAGES = ("el", "en")


@pytest.fixture
def desk(workshop: Workshop, nso: Person, make_school: Callable[..., str]) -> Desk:
    """By merit best, second, third, fourth, fifth, special; printer: 2 places, 1 for special; kit: 2 places."""
    made = open_desk(workshop, nso, make_school)
    with workshop.store.write() as session:
        for number, school in enumerate(session.exec(select(School)).all()):
            school.phone, school.email, school.address = f"26610-4711{number}", f"s{number}@example.gr", "Οδός 12"
            session.add(school)
    return made


@pytest.fixture
def app(desk: Desk, tmp_path: Path) -> Iterator[Flask]:
    with pages_of(desk.workshop, tmp_path) as made:
        yield made


@pytest.fixture
def published(desk: Desk) -> Desk:
    return desk.reach(RoundState.PUBLISHED)


def bundle_of(visitor: Visitor, wave: str = "R1") -> dict[str, Any]:
    """Every JSON file of the bundle that the pages offer, read."""
    with zipfile.ZipFile(io.BytesIO(visitor.get(f"/waves/{wave}/bundle.zip").get_data())) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}


def rows_of(visitor: Visitor, path: str) -> list[dict[str, str]]:
    """A CSV file that the pages offer, by its titles."""
    text = visitor.get(path).get_data().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def words_of(page: str) -> str:
    """The visible text of a page, blanks made one."""
    body = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(body).split())


def english(visitor: Visitor) -> Visitor:
    visitor.get("/language/en")
    return visitor


def test_the_list_is_the_bundles_result_row_for_row(visit: Visit, published: Desk) -> None:
    """Awards, kinds of place, waiting lists and their numbers, points with lines, in the order of merit."""
    visitor = english(visit())
    files, rows = bundle_of(visitor), rows_of(visitor, "/waves/R1/list.csv")
    result, applicants = files["result.json"], {a["school"]: a for a in files["applicants.json"]["applicants"]}
    assert {row["Code"] for row in rows} == set(applicants)
    merit = [(-int(row["Points"]), row["Ticket"]) for row in rows]
    assert merit == sorted(merit)
    assert [int(row["Order of merit"]) for row in rows] == list(range(1, len(rows) + 1))
    kinds = {"reserved": "Guaranteed place", "open": "Open place"}
    awards = {(a["school"], a["lot"], kinds[a["place"]]) for a in result["awards"]}
    assert {(row["Code"], row["Lot"], row["Place"]) for row in rows if row["Lot"]} == awards
    waiting = {(lot, n, school) for lot, schools in result["waiting"].items() for n, school in enumerate(schools, 1)}
    shown = re.compile(r"(\w+) (\d+)")
    assert waiting == {
        (lot, int(number), row["Code"])
        for row in rows
        for lot, number in shown.findall(row["Number on the waiting lists"])
    }
    for row in rows:
        assert int(row["Points"]) == applicants[row["Code"]]["points"]
        assert len(row["Where its points come from"].split("; ")) == len(applicants[row["Code"]]["lines"])
        assert row["Lots wanted, best first"] == ", ".join(applicants[row["Code"]]["preferences"])


def test_page_workbook_paper_and_command_say_the_same(
    visit: Visit, published: Desk, tmp_path: Path, database_url: str
) -> None:
    visitor = visit()
    data = visitor.get("/waves/R1/list.csv").get_data()
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    book = CalamineWorkbook.from_filelike(io.BytesIO(visitor.get("/waves/R1/list.xlsx").get_data()))
    cells = [[f"{c:.0f}" if isinstance(c, float) else c for c in row] for row in book.get_sheet_by_index(0).to_python()]
    assert cells == rows
    page = words_of(visitor.text("/waves/R1/list"))
    assert all(row[1] in page and row[2] in page for row in rows[1:])
    paper = text_of(visitor.get("/waves/R1/list.pdf").get_data())
    assert text_of(visitor.get("/waves/R1/list.pdf?lot=kit").get_data()) == paper, "always all awards"
    codes = {row[1] for row in rows}
    on_paper = list(dict.fromkeys(code for code in re.findall(r"\b\d{7}\b", paper) if code in codes))
    assert on_paper == [row[1] for lot in ("printer", "kit") for row in rows if row[12] == lot]
    file = tmp_path / "list.csv"
    environment = {"STEMFLEET_DATABASE_URL": database_url, "STEMFLEET_PUBLIC_URL": ROOT}
    arguments = ["--data", str(tmp_path), "wave", "show", "R1", "--csv", str(file)]
    done = CliRunner().invoke(stemfleet, arguments, env=environment)
    assert done.exit_code == 0, done.output
    assert file.read_bytes() == data


def text_of(pdf: bytes) -> str:
    texts = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            text_page = page.get_textpage()
            texts.append(text_page.get_text_bounded())
            text_page.close()
    return "\n".join(texts)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("standing=got", ["best", "second", "third", "special"]),
        ("standing=waiting", ["fourth", "fifth"]),
        ("standing=closed", []),
        ("standing=nonsense", []),
        ("lot=kit", ["second", "third", "fourth", "fifth"]),
        ("lot=printer", ["best", "second", "third", "fourth", "fifth", "special"]),
        ("lot=printer&standing=got", ["best", "special"]),
        ("category=special", ["special"]),
        ("region=03&level=lower_secondary", ["best", "second", "third", "fourth", "fifth", "special"]),
        ("level=kindergarten", []),
        ("region=06", []),
    ],
)
def test_the_list_is_narrowed_down_in_the_order_of_merit(
    visit: Visit, published: Desk, query: str, names: list[str]
) -> None:
    codes = {code: name for name, code in published.schools.items()}
    visitor = english(visit())
    assert [codes[row["Code"]] for row in rows_of(visitor, f"/waves/R1/list.csv?{query}")] == names
    assert f"{len(names)} of 6 applicants" in visitor.text(f"/waves/R1/list?{query}")


def test_a_school_is_found_in_the_list_by_its_code_and_by_words(visit: Visit, published: Desk) -> None:
    visitor, code = english(visit()), published.schools["third"]
    for words in (code, f" {code} ", code[:6]):
        assert code in {row["Code"] for row in rows_of(visitor, f"/waves/R1/list.csv?words={words}")}
    assert "0 of 6 applicants" in visitor.text("/waves/R1/list?words=Πουθενά")


def test_a_long_list_comes_in_pages_of_a_hundred(
    visit: Visit, workshop: Workshop, nso: Person, make_school: Callable[..., str], desk: Desk
) -> None:
    for _ in range(PAGE + 3 - len(desk.schools)):
        make_school(level=Level.LOWER_SECONDARY)
    run_wave(workshop, nso, resource("examples", "waves", "STEM4.json"), 2023, Draw("value"))
    visitor = english(visit())
    assert visitor.text("/waves/STEM4/list").count('<th scope="row">') == PAGE
    assert visitor.text("/waves/STEM4/list?page=2").count('<th scope="row">') == 3
    assert visitor.text("/waves/STEM4/list?page=999999").count('<th scope="row">') == 0
    assert len(rows_of(visitor, "/waves/STEM4/list.csv")) == PAGE + 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_schools_line_has_exactly_the_bundles_explanation(visit: Visit, published: Desk, language: str) -> None:
    """But for the labels of its lines of points, which the page gives as readers know them."""
    shown = {"el": "Έργο eTwinning έως 2026", "en": "eTwinning project up to 2026"}[language]
    visitor = visit()
    visitor.get(f"/language/{language}")
    texts = bundle_of(visitor)[f"explanations.{language}.json"]
    assert set(texts) == set(published.schools.values())
    for code, text in texts.items():
        page = visitor.text(f"/waves/R1/schools/{code}")
        reasons = re.search(r'<div class="reasons">(.*?)</div>', page, re.DOTALL)
        assert reasons is not None
        assert "project 0-2026: " in text or code == published.schools["special"]
        assert words_of(reasons[1]) == " ".join(text.replace("project 0-2026: ", f"{shown}: ").split())


def test_a_round_too_large_for_all_explanations_still_explains_each_school(
    visit: Visit, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keep, "MOST_EXPLAINED", 5)
    desk.reach(RoundState.PUBLISHED)
    visitor = visit()
    assert "explanations.el.json" not in bundle_of(visitor)
    assert "θα έπαιρνε θέση" in visitor.text(f"/waves/R1/schools/{desk.schools['fifth']}")


def test_a_line_shows_points_ticket_and_waiting_places(visit: Visit, published: Desk) -> None:
    code = published.schools["fifth"]
    line = list_results(published.workshop.store, "R1", Chosen(words=code)).lines[0]
    assert (line.standing, line.lot, line.waiting) == (Standing.WAITING, None, {"printer": 4, "kit": 2})
    page = words_of(english(visit()).text(f"/waves/R1/schools/{code}"))
    assert line.ticket is not None
    for part in ("On a waiting list", f"{line.points}", line.ticket[:12], "Waiting list of kit: number 2 of 2"):
        assert part in page


def test_what_happened_after_the_draw_is_told_once_and_names_nobody(visit: Visit, published: Desk) -> None:
    """An appeal lets the fifth in and costs another school its place; a later one changes nothing for either."""
    desk, schools = published, published.schools
    uphold_appeal(desk.workshop, desk.niki, "R1", schools["fifth"], MORE, Remedy.REALLOCATION, "Ένα έργο έλειπε")
    reject_appeal(desk.workshop, desk.niki, "R1", schools["fourth"], "Είχαν μετρηθεί όλα")
    desk.reach(RoundState.OFFERS)
    accept_offer(desk.workshop, desk.niki, "R1", schools["fifth"])
    decline_offer(desk.workshop, desk.niki, "R1", schools["best"])
    visitor = english(visit())
    fifth = words_of(visitor.text(f"/waves/R1/schools/{schools['fifth']}"))
    for part in ("The appeal was found right.", "Ένα έργο έλειπε", "Held before: nothing . Holds since", "Accepted"):
        assert part in fifth
    assert fifth.count("Held before") == 1
    assert "By the appeal of another school." in words_of(visitor.text(f"/waves/R1/schools/{schools['third']}"))
    assert "The appeal was not found right." in words_of(visitor.text(f"/waves/R1/schools/{schools['fourth']}"))
    best = words_of(visitor.text(f"/waves/R1/schools/{schools['best']}"))
    assert "Left the wave" in best
    assert "The school declined and left the wave." in best
    assert [row["Code"] for row in rows_of(visitor, "/waves/R1/list.csv?standing=left")] == [schools["best"]]
    assert desk.niki.name not in fifth + best


def test_an_extra_seat_is_told_as_one(visit: Visit, published: Desk) -> None:
    desk, code = published, published.schools["fifth"]
    uphold_appeal(desk.workshop, desk.niki, "R1", code, MORE, Remedy.EXTRA_SEAT, "Ένα έργο έλειπε")
    desk.reach(RoundState.FINAL)
    page = words_of(english(visit()).text(f"/waves/R1/schools/{code}"))
    assert "Extra place" in page
    assert "nobody else lost one" in page


def test_a_schools_line_is_found_by_its_code(visit: Visit, published: Desk) -> None:
    """Blanks do not matter; before the results it leads to the points."""
    code, visitor = published.schools["second"], visit()
    for typed in (code, f" {code[:3]} {code[3:]} "):
        answer = visitor.get("/waves/R1/find", query_string={"code": typed})
        assert (answer.status_code, answer.location) == (302, f"/waves/R1/schools/{code}")


def test_a_zero_that_a_spreadsheet_dropped_is_put_back(
    visit: Visit, workshop: Workshop, desk: Desk, make_school: Callable[..., str]
) -> None:
    with workshop.store.write() as session:
        facts = session.exec(select(School)).first().model_dump() | {"code": "0123456", "name": "Με μηδέν"}
        session.add(School.model_validate(facts))
    desk.reach(RoundState.PROVISIONAL)
    assert visit().get("/waves/R1/find?code=123456").location == "/rounds/R1/points/0123456"


def test_a_code_without_a_line_is_told_why(
    visit: Visit, workshop: Workshop, published: Desk, make_school: Callable[..., str]
) -> None:
    kindergarten = make_school(level=Level.KINDERGARTEN)
    newer = make_school(level=Level.LOWER_SECONDARY)
    closed = make_school(level=Level.LOWER_SECONDARY, name="Κλειστό")
    with workshop.store.write() as session:
        school = session.get_one(School, closed)
        school.status = SchoolStatus.ABOLISHED
        session.add(school)
    award_prizes(workshop, published.niki, "P1", "Βραβεία", 2026, [Winner(newer, "arduino-kit", "21", "1")])
    visitor = english(visit())
    for wave, typed, why in (
        ("R1", "9999999", "No school of the register"),
        ("R1", "κάτι", "not the form of a code"),
        ("R1", "0000000", "not all of them zeros"),
        ("R1", kindergarten, "No lot of this wave is made"),
        ("R1", newer, "joined later"),
        ("R1", closed, "suspended or closed down"),
        ("P1", closed, "only the winners"),
    ):
        answer = visitor.get(f"/waves/{wave}/find", query_string={"code": typed})
        assert answer.status_code == 404
        assert why in words_of(answer.get_data(as_text=True)), typed
    assert visitor.get("/waves/R1/find?code=").status_code == 200
    assert visitor.get("/waves/R99/find?code=1").status_code == 404
    assert visitor.get(f"/waves/R1/schools/{kindergarten}").status_code == 404


def test_the_cut_offs_are_the_bundles(visit: Visit, published: Desk) -> None:
    visitor = english(visit())
    rows, cutoffs = rows_of(visitor, "/waves/R1/cutoffs.csv"), bundle_of(visitor)["result.json"]["cutoffs"]
    kinds = {"reserved": "Guaranteed place", "open": "Open place"}
    titles = ("Lot", "Kind of place", "Chosen", "Without a place", "Points of the last one", "Ticket of the last one")
    assert [tuple(row[title] for title in titles) for row in rows] == [
        (c["lot"], kinds[c["place"]], f"{c['chosen']}", f"{c['refused']}", *last_of(c)) for c in cutoffs
    ]
    page = words_of(visitor.text("/waves/R1/cutoffs"))
    assert "2 of 2 places were given: 1 guaranteed and 1 open ones. 4 schools wait." in page
    assert all(last[1][:12] in page for c in cutoffs if (last := last_of(c))[1])


def last_of(cutoff: dict[str, Any]) -> tuple[str, str]:
    last = cutoff["last"]
    return (f"{last['points']}", last["ticket"]) if last else ("", "")


def test_what_the_pages_offer_verifies_on_a_plain_python(visit: Visit, published: Desk, tmp_path: Path) -> None:
    """The bundle, and the verifier downloaded alone, with the command that the page gives."""
    visitor = visit()
    folder = tmp_path / "R1"
    with zipfile.ZipFile(io.BytesIO(visitor.get("/waves/R1/bundle.zip").get_data())) as archive:
        archive.extractall(folder)
    alone = tmp_path / "verify_round.py"
    alone.write_bytes(visitor.get("/waves/R1/bundle/verify_round.py").get_data())
    assert alone.read_bytes() == (folder / "verify_round.py").read_bytes()
    command = re.search(r"python3 (-I R1/verify_round.py R1 --beacon) ΤΙΜΗ", visitor.text("/waves/R1"))
    assert command is not None
    for arguments in ([*command[1].split(), VALUE], ["-I", "verify_round.py", "R1"]):
        done = subprocess.run([sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout.startswith("OK\n")
        assert VALUE in done.stdout
    assert visitor.get("/waves/R1/bundle/passwords.txt").status_code == 404


def test_no_public_list_holds_personal_data(visit: Visit, published: Desk) -> None:
    """Neither of persons nor how to reach a school."""
    visitor, code = visit(), published.schools["best"]
    pages = ("", "/list", "/cutoffs", f"/schools/{code}", "/find?code=1")
    paths = [*(f"/waves/R1{page}" for page in pages), "/rounds/R1/points", f"/rounds/R1/points/{code}"]
    files = [f"/waves/R1/list.{kind}" for kind in ("csv", "pdf")] + ["/rounds/R1/points.csv", "/rounds/R1/points.pdf"]
    texts = [visitor.text(path) for path in paths]
    for path in files:
        data = visitor.get(path).get_data()
        texts.append(text_of(data) if path.endswith("pdf") else data.decode("utf-8-sig"))
    for text in texts:
        for secret in ("26610-4711", "@example.gr", "Οδός 12", published.niki.name, published.aris.name):
            assert secret not in text


def test_a_plan_is_marked_in_every_file(visit: Visit, workshop: Workshop, nso: Person, desk: Desk) -> None:
    run_wave(workshop, nso, resource("examples", "waves", "STEM4.json"), 2023, Draw("planning"))
    visitor = visit()
    assert "ΣΧΕΔΙΑΣΜΟΣ: ΟΧΙ ΑΠΟΤΕΛΕΣΜΑ" in text_of(visitor.get("/waves/STEM4/list.pdf").get_data())
    book = CalamineWorkbook.from_filelike(io.BytesIO(visitor.get("/waves/STEM4/list.xlsx").get_data()))
    assert book.get_sheet_by_name("stemfleet").to_python()[0][0] == "ΣΧΕΔΙΑΣΜΟΣ: ΟΧΙ ΑΠΟΤΕΛΕΣΜΑ"
    for kind in ("csv", "xlsx", "pdf"):
        assert "STEM4-PLANNING-list" in visitor.get(f"/waves/STEM4/list.{kind}").headers["Content-Disposition"]
    assert "STEM4-PLANNING-bundle" in visitor.get("/waves/STEM4/bundle.zip").headers["Content-Disposition"]
    best = desk.schools["best"]
    for page in ("/waves/STEM4/list", "/waves/STEM4/cutoffs", f"/waves/STEM4/schools/{best}", "/rounds/STEM4"):
        assert "Σχεδιασμός: χωρίς κλήρωση" in visitor.text(page)
    for page in ("/waves/STEM4/whatif", f"/schools/{best}"):
        assert "Σχεδιασμός: χωρίς κλήρωση" in visit(nso).text(page)


def test_tables_name_their_encoding_once(visit: Visit, published: Desk) -> None:
    for path in ("/waves/R1/list.csv", "/waves/R1/cutoffs.csv", "/rounds/R1/points.csv"):
        assert visit().get(path).headers["Content-Type"] == "text/csv; charset=utf-8"
    verifier = visit().get("/waves/R1/bundle/verify_round.py")
    assert verifier.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_list_and_cut_offs_show_the_digest_that_binds_them(visit: Visit, published: Desk) -> None:
    digest = list_results(published.workshop.store, "R1").digest
    for page in ("", "/list", "/cutoffs"):
        assert digest in visit().text(f"/waves/R1{page}")


def test_while_appeals_can_be_made_their_stage_says_until_when(visit: Visit, published: Desk) -> None:
    until = show_round(published.workshop.store, "R1").round.appeals_until
    assert until is not None
    said = f"can be made until {until.astimezone(ATHENS):%-d %b %Y, %H:%M}"
    assert said in english(visit()).text("/rounds/R1")
    published.wait(days=6)
    assert said not in english(visit()).text("/rounds/R1")
