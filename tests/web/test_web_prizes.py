"""Waves of prizes: what the winners came with is an edition and a rank of a contest; nothing was drawn."""

import csv
import io
import re
from collections.abc import Callable

import pypdfium2
import pytest

from stemfleet.store import Person
from stemfleet.waves import Winner, award_prizes
from stemfleet.words import Level
from stemfleet.workshop import Workshop
from tests.web.conftest import Visitor

Visit = Callable[..., Visitor]


@pytest.fixture
def winners(workshop: Workshop, nso: Person, make_school: Callable[..., str]) -> list[str]:
    codes = [make_school(level=Level.LOWER_SECONDARY, name=name) for name in ("Πρώτο", "Δεύτερο")]
    listed = [Winner(code, "arduino-kit", "2025", f"{rank}.5") for rank, code in enumerate(codes, start=1)]
    award_prizes(workshop, nso, "P1", "Βραβεία", 2026, listed)
    return codes


@pytest.fixture
def reader(visit: Visit, nso: Person) -> Visitor:
    made = visit(nso)
    made.get("/language/en")
    return made


def content_of(page: str) -> str:
    """What the page itself says, blanks made one."""
    return " ".join(re.sub(r"<[^>]*>", " ", page.partition("<main")[2]).split())


def test_a_winner_has_an_edition_and_a_rank_and_no_points(reader: Visitor, winners: list[str]) -> None:
    for page in ("/waves/P1", "/waves/P1/list", f"/waves/P1/schools/{winners[0]}", f"/schools/{winners[0]}"):
        said = content_of(reader.text(page))
        for part in ("Contest, edition", "2025", "Rank in the contest", "1.5"):
            assert part in said, page
        assert not re.search(r"\bpoints\b|1\.5 0\b|[Oo]rder of merit", said), page


def test_pages_say_that_nothing_was_drawn(reader: Visitor, winners: list[str]) -> None:
    for page in ("list", "cutoffs", f"schools/{winners[0]}"):
        assert "othing was drawn" in reader.text(f"/waves/P1/{page}")


def test_the_files_are_those_of_the_contest(reader: Visitor, winners: list[str]) -> None:
    text = reader.get("/waves/P1/list.csv").get_data().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    told = [(row["Code"], row["Contest, edition"], row["Rank in the contest"]) for row in rows]
    assert told == [(winners[0], "2025", "1.5"), (winners[1], "2025", "2.5")]
    assert not {"Points", "Order of merit", "Ticket"} & rows[0].keys()
    paper = paper_text(reader.get("/waves/P1/list.pdf").get_data())
    assert "Rank in the contest" in paper
    assert "Points" not in paper


def paper_text(content: bytes) -> str:
    with pypdfium2.PdfDocument(content) as paper:
        page = paper[0]
        text_page = page.get_textpage()
        said: str = text_page.get_text_bounded()
        text_page.close()
        page.close()
    return " ".join(said.split())
