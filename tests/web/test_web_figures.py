"""The page of figures: public, in both languages, every number of the tables on it."""

from collections.abc import Callable

from stemfleet.catalogue.figures import read_figures
from tests.web.conftest import Visitor


def test_every_table_is_there_in_both_languages(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    greek = visitor.text("/figures")
    visitor.get("/language/en")
    english = visitor.text("/figures")
    for table in read_figures():
        assert f">{table.title['el']}</h2>" in greek
        assert f">{table.title['en'].replace(chr(39), '&#39;')}</h2>" in english
    assert "35.777" in greek
    assert "35,777" in english


def test_what_does_not_add_up_stands_side_by_side(visit: Callable[..., Visitor]) -> None:
    text = " ".join(visit().text("/figures").split())
    assert "τυπωμένο «ΣΥΝΟΛΟ» 13.529, υπολογισμένο <b>13.314</b> – διαφέρουν" in text
    assert "<b>940+</b>" in text
    assert text.count("διαφέρουν") == 3
