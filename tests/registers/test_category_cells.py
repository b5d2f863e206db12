"""How people say that a school is special, of a minority or remote; what is not understood is told, never guessed."""

import pytest

from stemfleet.registers import read_schools
from stemfleet.words import Category

TITLES = ["Κωδικός", "Ονομασία", "Τύπος", "Ειδική Αγωγή", "Μειονοτικό", "Δυσπρόσιτο", "Προσανατολισμός"]
COLUMN = {Category.SPECIAL: 3, Category.MINORITY: 4, Category.REMOTE: 5}
YES = ["ΝΑΙ", "ναι", "Ναί", "NAI", "nai", "yes", "X", "x", "Χ", "1", "TRUE", "True", "ΑΛΗΘΗΣ", "√", "✓", "✔", "✔️", "☑"]
NO = ["", "ΟΧΙ", "Όχι", "OXI", "no", "NO", "0", "FALSE", "ΨΕΥΔΗΣ", "-", "–"]
UNCLEAR = ["ίσως", "?", "7", "N/A", "βλ. σημείωση", "☐☑", "2024-05-01"]


def row(code: str | int = "2401001", **cells: object) -> list[object]:
    filled: list[object] = [code, "1ο ΓΕΛ", "ΓΕΛ", "", "", "", ""]
    for place, cell in cells.items():
        filled[int(place.removeprefix("at"))] = cell
    return filled


def one(path):
    """(categories, the untold ones, what is not understood and its column) of the only school."""
    read = read_schools(path)
    (school,) = read.rows
    unclear = [finding for finding in read.findings if finding.code == "category_unclear"]
    assert all(finding.row == 2 for finding in unclear)
    return school.categories, school.untold, [(f.facts["written"], f.facts["column"]) for f in unclear]


@pytest.mark.parametrize("category", COLUMN)
@pytest.mark.parametrize("written", YES)
def test_a_yes_is_understood_however_it_is_written(csv_file, category, written) -> None:
    assert one(csv_file([TITLES, row(**{f"at{COLUMN[category]}": written})])) == ((category,), (), [])


@pytest.mark.parametrize("category", COLUMN)
@pytest.mark.parametrize("written", NO)
def test_a_no_is_understood_however_it_is_written(csv_file, category, written) -> None:
    assert one(csv_file([TITLES, row(**{f"at{COLUMN[category]}": written})])) == ((), (), [])


@pytest.mark.parametrize("category", COLUMN)
@pytest.mark.parametrize("written", UNCLEAR)
def test_what_is_neither_is_told_with_its_row_and_title(csv_file, category, written) -> None:
    place = COLUMN[category]
    told = one(csv_file([TITLES, row(**{f"at{place}": written})]))
    assert told == ((), (category,), [(written, TITLES[place])])


@pytest.mark.parametrize(
    ("written", "categories", "untold"),
    [
        ("Μειονοτικό", (Category.MINORITY,), ()),
        ("ΜΕΙΟΝΟΤΙΚΗ ΕΚΠΑΙΔΕΥΣΗ", (Category.MINORITY,), ()),
        ("6", (Category.MINORITY,), ()),
        ("Σ.Δ.Ε.", (Category.SECOND_CHANCE,), ()),
        ("Μουσικό", (), ()),
        ("Γενικός", (), ()),
        ("ΚΑΝΕΝΑΣ", (), ()),
        ("√", (), (Category.MINORITY, Category.SECOND_CHANCE)),
        ("Οδοντωτό", (), (Category.MINORITY, Category.SECOND_CHANCE)),
        ("77", (), (Category.MINORITY, Category.SECOND_CHANCE)),
    ],
)
def test_an_orientation_that_is_none_is_told(csv_file, written, categories, untold) -> None:
    told = one(csv_file([TITLES, row(at6=written)]))
    assert told == (categories, untold, [(written, "Προσανατολισμός")] if untold else [])


@pytest.mark.parametrize(
    ("written", "special"),
    [
        ("Ειδικό σχολείο", True),
        ("Σ.Μ.Ε.Α.Ε.", True),
        ("2", True),
        ("3", False),
        ("Μη ειδικό", False),
        ("Γενική", False),
    ],
)
def test_the_registers_own_words_for_special_education_are_understood(csv_file, written, special) -> None:
    told = one(csv_file([TITLES, row(at3=written)]))
    assert told == ((Category.SPECIAL,) if special else (), (), [])


def test_true_booleans_and_numbers_of_a_workbook_are_understood(xlsx_file) -> None:
    rows = [row(2401001, at3=True, at4=1, at5=True), row(2401002, at3=False, at4=0, at5=0), row(2401003, at5=1.0)]
    first, second, third = read_schools(xlsx_file([TITLES, *rows])).rows
    assert first.categories == (Category.MINORITY, Category.REMOTE, Category.SPECIAL)
    assert (second.categories, third.categories) == ((), (Category.REMOTE,))
    assert {school.untold for school in (first, second, third)} == {()}


def test_a_type_in_words_tells_special_education_where_its_column_does_not(csv_file) -> None:
    for written, unclear in (("", []), ("ίσως", [("ίσως", "Ειδική Αγωγή")])):
        assert one(csv_file([TITLES, row(at2="Ειδικό Λύκειο", at3=written)]))[::2] == ((Category.SPECIAL,), unclear)
    assert one(csv_file([TITLES, row(at2="Ειδικό Λύκειο", at3="ΟΧΙ")])) == ((), (), [])


def test_a_column_that_another_one_answers_leaves_nothing_untold(csv_file) -> None:
    assert one(csv_file([TITLES, row(at4="ΟΧΙ", at6="?")]))[1] == (Category.SECOND_CHANCE,)


def test_what_is_no_value_is_not_a_no(csv_file, xlsx_file, api_file) -> None:
    def error(_workbook, sheet) -> None:
        sheet.write_formula(1, 5, "=NA()", None, "#N/A")

    for path in (csv_file([TITLES, row(at5="#N/A")]), xlsx_file([TITLES, row()], extra=error)):
        assert one(path) == ((), (Category.REMOTE,), [("#N/A", "Δυσπρόσιτο")])
    read = read_schools(api_file({"inaccessible": [1], "orientation_type_id": True, "special_type_id": {"id": 1}}))
    assert read.rows[0].untold == tuple(sorted({*COLUMN, Category.SECOND_CHANCE}))
    unclear = [finding.facts["written"] for finding in read.findings if finding.code == "category_unclear"]
    assert unclear == ["JSON true", 'JSON {"id": 1}', "JSON [1]"]


def test_a_column_without_one_cell_tells_nothing(csv_file) -> None:
    read = read_schools(csv_file([TITLES, row(at4="ΟΧΙ")]))
    assert Category.MINORITY in read.known
    assert not {Category.SPECIAL, Category.REMOTE} & read.known
    assert {"special_unknown", "remoteness_unknown"} <= {finding.code for finding in read.findings}
