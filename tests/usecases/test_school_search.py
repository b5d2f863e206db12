"""A school is found as people name it, in Greek or Latin letters, on both databases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from stemfleet.kits import list_kits
from stemfleet.registers import search_key, search_words
from stemfleet.schools import count_schools, find_schools
from stemfleet.store import Kit, School, Store
from stemfleet.words import KitState, RecipientKind

NAMES = {
    "2401001": "1ο Γυμνάσιο Κέρκυρας",
    "2401002": "2ο ΓΥΜΝΑΣΙΟ ΚΕΡΚΥΡΑΣ",
    "2401010": "11ο ΝΗΠΙΑΓΩΓΕΙΟ ΚΕΡΚΥΡΑΣ",
    "0501001": "1ο Γ.Ε.Λ. ΑΓΓΕΛΟΚΑΣΤΡΟΥ",
    "5001001": "ΓΥΜΝΑΣΙΟ ΧΑΝΙΩΝ",
    "2101001": "ΛΥΚΕΙΟ ΞΑΝΘΗΣ",
    "1701001": "1ο ΕΠΑΛ ΗΡΑΚΛΕΙΟΥ",
    "1901001": "5ο ΔΗΜΟΤΙΚΟ ΣΧΟΛΕΙΟ ΕΥΟΣΜΟΥ ΘΕΣ/ΝΙΚΗΣ",
    "1901002": "1/Θ Δ.Σ. Αγ. Νικολάου",
    "1901003": "2ο Ν/Γ ΕΔΕΣΣΑΣ",
    "1901004": "ΓΕΝΙΚΟ ΛΥΚΕΙΟ ΕΔΕΣΣΑΣ",
    "1901005": "Γυμν. με Λ.Τ. Γουμένισσας",
}


@pytest.fixture
def schools(store: Store) -> Store:
    with store.write() as session:
        for code, name in NAMES.items():
            facts = {"kind": "school", "level": "primary", "status": "active", "search_name": search_key(name)}
            session.add(School.model_validate({"code": code, "name": name, **facts}))
        session.add(
            School(code="U-7", name="ΠΤΔΕ Κρήτης", kind="department", level="university", status="active",
                   search_name=search_key("ΠΤΔΕ Κρήτης"))
        )  # fmt: skip
    return store


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("1ο Γυμνάσιο Κέρκυρας", ["2401001"]),
        ("gymnasio kerkyras", ["2401001", "2401002"]),
        ("1o gymnasio kerkiras", ["2401001"]),
        ("ΓΥΜΝ ΚΕΡΚ", ["2401001", "2401002"]),
        ("γυμν.κερκ.", ["2401001", "2401002"]),
        ("GYMNASIO KERKYRAS 2", ["2401002"]),
        ("KEPKYPA", ["2401001", "2401002", "2401010"]),  # Latin capitals that look Greek
        ("kerkyras 1o", ["2401001"]),
        ("2401001", ["2401001"]),
        ("24010", ["2401001", "2401002", "2401010"]),
        ("aggelokastro", ["0501001"]),
        ("angelokastro", ["0501001"]),
        ("gel", ["0501001", "1901004"]),
        ("xania", ["5001001"]),
        ("chania", ["5001001"]),
        ("hania", ["5001001"]),
        ("xanthi", ["2101001"]),
        ("lykeio", ["0501001", "1701001", "1901004", "1901005", "2101001"]),
        ("λυκε ξανθ", ["2101001"]),
        ("Δ.Σ.", ["1901001", "1901002"]),
        ("ΔΣ ΕΥΟΣΜ", ["1901001"]),
        ("Δ.Σ ευόσμου", ["1901001"]),
        ("ds evosmou", ["1901001"]),
        ("δημοτικό σχολείο αγίου νικολάου", ["1901002"]),
        ("Γ.Ε.Λ. Έδεσσας", ["1901004"]),
        ("gel edessas", ["1901004"]),
        ("g.e.l. edessas", ["1901004"]),
        ("γενικό λύκειο", ["0501001", "1901004"]),
        ("επαγγελματικό λύκειο ηράκλειο", ["1701001"]),
        ("ΕΠΑΛ", ["1701001"]),
        ("1/Θ", ["1901002"]),
        ("1/th", ["1901002"]),
        ("1/θέσιο", ["1901002"]),
        ("μονοθέσιο", ["1901002"]),
        ("6/Θ", []),
        ("Ν/Γ", ["1901003", "2401010"]),
        ("ν.γ. έδεσσας", ["1901003"]),
        ("ΝΗΠ ΕΔΕΣ", ["1901003"]),
        ("nipiagogeio edessas", ["1901003"]),
        ("γυμνάσιο γουμένισσας", ["1901005"]),
        ("γυμνάσιο λυκειακές τάξεις", ["1901005"]),
        ("hrakleio", ["1701001"]),
        ("irakleiou", ["1701001"]),
        ("Χανιά", ["5001001"]),
        ("εύοσμος", ["1901001"]),
        ("evosmou thessalonikis", ["1901001"]),
        ("ευοσμ θεσσαλον", ["1901001"]),
        ("ptde kritis", ["U-7"]),
        ("u-7", ["U-7"]),
        ("%", []),
        ("\"'*() OR", []),
        ("πατρα", []),
    ],
)  # fmt: skip
def test_a_school_is_found_as_people_write_it(schools: Store, words: str, found: list[str]) -> None:
    assert sorted(school.code for school, _ in find_schools(schools, words)) == found
    assert count_schools(schools, words) == len(found)


def test_the_closest_comes_first_and_a_code_before_all(schools: Store) -> None:
    with schools.write() as session:
        name = "ΓΥΜΝΑΣΙΟ ΚΑΙ ΛΥΚΕΙΑΚΕΣ ΤΑΞΕΙΣ ΑΓΙΟΥ ΜΑΤΘΑΙΟΥ ΚΕΡΚΥΡΑΣ"
        facts = {"kind": "school", "level": "primary", "status": "active", "search_name": search_key(name)}
        session.add(School.model_validate({"code": "2400000", "name": name, **facts}))
    codes = [school.code for school, _ in find_schools(schools, "γυμνάσιο κέρκυρας")]
    assert codes[-1] == "2400000"
    assert [school.code for school, _ in find_schools(schools, "γυμνάσιο κέρκυρας", limit=2)] == codes[:2]


def test_the_short_word_finds_first_who_has_it_in_its_name(schools: Store) -> None:
    assert next(school.code for school, _ in find_schools(schools, "λύκειο")) == "2101001"
    assert [school.code for school, _ in find_schools(schools, "δημοτικο ευοσμου")] == ["1901001"]


def test_departments_and_schools_are_found_apart(schools: Store) -> None:
    assert find_schools(schools, "κρητης", kind=RecipientKind.SCHOOL) == []
    assert [s.code for s, _ in find_schools(schools, "κρητης", kind=RecipientKind.DEPARTMENT)] == ["U-7"]
    assert count_schools(schools, kind=RecipientKind.SCHOOL) == len(NAMES)


def test_the_index_follows_every_change_of_a_name(schools: Store) -> None:
    with schools.write() as session:
        school = session.get_one(School, "2401001")
        school.search_name = search_key("1ο Γυμνάσιο Παξών")
        session.add(school)
        session.delete(session.get_one(School, "2401002"))
    assert find_schools(schools, "gymnasio kerkyras") == []
    assert [s.code for s, _ in find_schools(schools, "gymnasio paxon")] == ["2401001"]


def test_the_index_survives_a_vacuum(schools: Store) -> None:
    if schools.engine.dialect.name == "sqlite":
        with schools.write() as session:
            session.delete(session.get_one(School, "2401001"))
        with schools.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.connection.driver_connection.execute("VACUUM")  # type: ignore[union-attr]
    else:
        with schools.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM FULL school"))
    assert [s.code for s, _ in find_schools(schools, "xania")] == ["5001001"]


def test_kits_are_found_by_their_school_too(schools: Store) -> None:
    with schools.write() as session:
        session.add(Kit(tag="SF-00001B", model="x", state=KitState.SHIPPED, school_code="2401001"))
    assert [kit.tag for kit, _ in list_kits(schools, words="gymnasio kerkyras")] == ["SF-00001B"]
    assert list_kits(schools, words="xania") == []


@given(st.text(max_size=40))
def test_whatever_is_typed_becomes_plain_words(typed: str) -> None:
    for readings in search_words(typed):
        assert readings
        for reading in readings:
            assert reading.isascii()
            assert reading.isalnum()
            assert reading == reading.lower()


@given(st.text(alphabet="ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩάέήίόύώϊϋΐ ", max_size=20))
def test_a_greek_name_is_found_by_itself(name: str) -> None:
    stored = search_key(name).split()
    for readings in search_words(name):
        assert any(word.startswith(reading) for reading in readings for word in stored)
