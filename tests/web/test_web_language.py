"""Greek first, English complete: no page, sentence or word of the program is left untranslated."""

import re
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import pytest
from flask import Flask

from stemfleet.allocation.values import Ineligible
from stemfleet.devices.recipe import PHASES, load_recipes
from stemfleet.devices.state import Status
from stemfleet.store import Person, Store
from stemfleet.waves.points import Cut
from stemfleet.words import Category, KitState, Level, ObjectionState, Outcome, Place, Reason, Role, SchoolStatus
from stemfleet_web.words import VOCABULARIES, label, points_label
from tests.web.conftest import Stock, Visitor

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import translations  # noqa: E402

Visit = Callable[..., Visitor]
WORDS: list[tuple[str, type[StrEnum]]] = [
    ("state", KitState),
    ("outcome", Outcome),
    ("status", Status),
    ("level", Level),
    ("category", Category),
    ("role", Role),
    ("place", Place),
    ("school_status", SchoolStatus),
    ("closed", Ineligible),
    ("reason", Reason),
    ("remedy", Reason),
    ("verb", KitState),
    ("cut", Cut),
    ("objection_state", ObjectionState),
]


def test_greek_is_complete_and_compiled() -> None:
    assert translations.languages() == ["el"]  # English is the language of the sources
    assert translations.problems("el") == []


@pytest.mark.parametrize(("vocabulary", "words"), WORDS, ids=[name for name, _words in WORDS])
def test_every_word_of_the_program_has_a_text(vocabulary: str, words: type[StrEnum]) -> None:
    assert {word.value for word in words} <= set(VOCABULARIES[vocabulary])


def test_every_open_point_verb_phase_and_measurement_has_a_text() -> None:
    gate = (ROOT / "stemfleet/kits/gate.py").read_text("utf-8")
    assert set(re.findall(r'OpenPoint\("(\w+)"', gate)) == set(VOCABULARIES["open_point"])
    sources = "".join(file.read_text("utf-8") for file in (ROOT / "stemfleet").rglob("*.py"))
    verbs = set(re.findall(r'write_history\([^()]*?"\w+", [\w.]+, "(\w+)"', sources))
    assert {"board_run", "label_printed", "signed_in"} <= verbs <= set(VOCABULARIES["verb"])
    assert set(PHASES) <= set(VOCABULARIES["phase"])
    checks = {check.name for recipe in load_recipes().values() for check in recipe.checks}
    assert checks <= set(VOCABULARIES["measurement"])


def test_greek_is_the_first_language_and_english_is_remembered(visit: Visit) -> None:
    browser = visit()
    assert '<html lang="el">' in browser.text("/")
    assert 'href="/language/en?next=/waves"' in browser.text("/waves")
    assert browser.get("/language/en?next=/waves").location == "/waves"
    assert '<html lang="en">' in browser.text("/")
    assert "STEM equipment for schools" in browser.text("/")
    assert browser.get("/language/fr").status_code == 404


def test_the_language_stays_when_one_signs_in(visit: Visit, store: Store, nso: Person, warehouse: Person) -> None:
    browser = visit()
    browser.get("/language/en")
    browser.signed_in(store, nso, warehouse)
    assert "Kits by state" in browser.text("/")


def test_an_errors_facts_are_in_the_readers_language_too(visit: Visit, warehouse: Person, stock: Stock) -> None:
    browser = visit(warehouse)
    greek = browser.post(f"/kits/{stock.shipped}/pack").get_data(as_text=True)
    assert "σε κατάσταση «Καθ’ οδόν»· το βήμα αυτό απαιτεί «Δεσμευμένο»" in greek
    browser.get("/language/en")
    english = browser.post(f"/kits/{stock.shipped}/pack").get_data(as_text=True)
    assert f"Kit {stock.shipped} is in the state On its way; this step needs Reserved." in english


def test_words_that_no_table_has_are_shown_as_they_are(app: Flask) -> None:
    with app.test_request_context():
        assert label("island_schools", "category") == "island schools"
        assert label("region:06", "category") == "Περιφέρεια: Κρήτης"
        assert label("measurement:supply", "reason") == "Εκτός ορίων: Τάση τροφοδοσίας"
        assert label("measurement:my_own", "reason") == "Εκτός ορίων: my own"
        assert points_label("national_prize 2014-2017") == "Εθνικό βραβείο eTwinning 2014–2017"
        assert points_label("own_kind 0-2017") == "own kind έως 2017"
        assert points_label("anything else") == "anything else"


@pytest.mark.parametrize(
    "path", ["/", "/waves", "/sign-in", "/kits", "/bench", "/schools?words=9999", "/reports", "/people"]
)
def test_no_greek_is_left_on_an_english_page(path: str, visit: Visit, nso: Person, stock: Stock) -> None:
    """Names of persons, schools and waves stay as they are; everything else is English."""
    browser = visit(nso)
    browser.get("/")  # with the welcome in Greek
    browser.get("/language/en")
    page = browser.text(path)
    for own in (nso.name, "Άρης Α.", "Δοκιμή", "1ο Δημοτικό Κέρκυρας", "Ελληνικά"):
        page = page.replace(own, "")
    assert re.findall("[Α-Ωα-ωΆ-Ώά-ώ]+", page) == []
