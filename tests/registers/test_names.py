"""Comparing names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemfleet.registers import clean, fold, is_named, region_of, search_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1ο Γυμνάσιο Κέρκυρας", "1Ο ΓΥΜΝΑΣΙΟ  ΚΕΡΚΥΡΑΣ"),
        ("Γ.Ε.Λ. Αργούς", "ΓΕΛ ΑΡΓΟΥΣ"),
        ("Ε.Ε.Ε.ΕΚ. Καλαμάτας", "ΕΕΕΕΚ ΚΑΛΑΜΑΤΑΣ"),
        ("Α΄ ΑΘΗΝΑΣ", "Α' Αθήνας"),
        ("Αʹ ΑΘΗΝΑΣ", "Α ΑΘΗΝΑΣ"),
        ("ΘΕΣ/ΝΙΚΗΣ", "Θεσσαλονίκης"),
        ("AΘHNAΣ", "Αθήνας"),
        ("1o ΓΥΜΝΑΣΙΟ", "1ο Γυμνάσιο"),
        ("ΓΥΜΝ.ΚΕΡΚΥΡΑΣ", "Γυμν. Κέρκυρας"),
        ("ΑΧΑΪΑΣ", "Αχαΐας"),
        ("Σχολείο «Ο Όμηρος»", "ΣΧΟΛΕΙΟ Ο ΟΜΗΡΟΣ"),
    ],
)
def test_spellings_of_one_name_are_equal(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize("latin", ["mail@1gym.sch.gr", "registry_no", "KIT"])
def test_a_latin_text_keeps_its_letters(latin: str) -> None:
    assert fold(latin).isascii()


def test_different_names_stay_different() -> None:
    assert len({fold(name) for name in ("1ο ΓΕΛ ΑΡΓΟΥΣ", "2ο ΓΕΛ ΑΡΓΟΥΣ", "1ο ΕΠΑΛ ΑΡΓΟΥΣ", "1ο ΓΕΛ ΑΡΤΑΣ")}) == 4


@given(st.text(max_size=60))
def test_a_folded_text_is_words_with_one_blank_between_them(text: str) -> None:
    folded = fold(text)
    assert folded == " ".join(folded.split())
    assert set(folded).isdisjoint(".,;:-_/«»\"'()")


@given(st.text(max_size=60))
def test_a_cleaned_text_can_be_stored_and_stays_as_it_is(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert once.encode("utf-8").decode("utf-8") == once
    assert once == once.strip()


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("3", "03"),
        ("27", "27"),
        ("ΑΤΤΙΚΗΣ", "03"),
        ("Π.Δ.Ε. Κεντρικής Μακεδονίας", "09"),
        ("ΠΕΡΙΦΕΡΕΙΑΚΗ Δ/ΝΣΗ Π/ΘΜΙΑΣ ΚΑΙ Δ/ΘΜΙΑΣ ΕΚΠ/ΣΗΣ ΔΥΤΙΚΗΣ ΕΛΛΑΔΑΣ", "01"),
        ("Ανατολική Μακεδονία & Θράκη", "12"),
        ("Δυτική Μακεδονία", "10"),
        ("Ν. Αιγαίο", None),
        ("Νότιο Αιγαίο", "04"),
        ("14", None),
        ("Κύπρος", None),
    ],
)
def test_a_region_is_known_by_number_and_by_name(written: str, region: str | None) -> None:
    assert region_of(written) == region


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Κέρκυρας", "kerkyras"),
        ("Κέρκυρας", "KERKIRAS"),
        ("Αγγελόκαστρου", "angelokastrou"),
        ("Ευβοίας", "euboias"),
        ("Ευβοίας", "evias"),
        ("Αυλώνα", "aulona"),
        ("Μπουμπουλίνας", "mpoumpoulinas"),
        ("Ψυχικού", "psychikou"),
        ("Θήβας", "thivas"),
        ("AΘHNAΣ", "athinas"),
    ],
)
def test_spellings_in_latin_letters_come_to_one_key(one: str, other: str) -> None:
    assert search_key(one) == search_key(other)


@pytest.mark.parametrize(
    ("words", "fits"),
    [("gymn kerk", True), ("1ο", True), ("", True), ("χανια", False), ("%", False)],
)
def test_a_list_is_narrowed_down_by_the_same_rule_as_the_search(words: str, fits: bool) -> None:
    assert is_named("1ο Γυμνάσιο Κέρκυρας", words) is fits
