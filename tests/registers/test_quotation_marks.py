"""Quotation marks in CSV files: no row is lost in a cell, and names keep theirs."""

import pytest

from stemfleet.errors import InputError
from stemfleet.registers import SkipReason, read_schools

TITLES = "Κωδικός;Ονομασία;Τύπος;Δήμος"


def lines(*rows: str) -> str:
    return "\n".join([TITLES, *rows]) + "\n"


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        (['2401001;"1ο ΓΕΛ;ΓΕΛ;Α', "2401002;2ο ΓΕΛ;ΓΕΛ;Β", '2401003;3ο "ΓΕΛ";ΓΕΛ;Γ', "2401004;4ο ΓΕΛ;ΓΕΛ;Δ"], 2),
        (["2401001;1ο ΓΕΛ;ΓΕΛ;Α", '2401002;"2ο ΓΕΛ;ΓΕΛ;Β', '2401003;"3ο ΓΕΛ";ΓΕΛ;Γ'], 3),
        (["2401001;1ο ΓΕΛ;ΓΕΛ;Α", '2401002;2ο ΓΕΛ;ΓΕΛ;"Β', "2401003;3ο ΓΕΛ;ΓΕΛ;Γ"], 3),
        (['2401001;1ο ΓΕΛ;ΓΕΛ;"Α', '2401002;2ο ΓΕΛ;ΓΕΛ;Β"', "2401003;3ο ΓΕΛ;ΓΕΛ;Γ"], 2),
        (['501001;"1ο ΓΕΛ;ΓΕΛ;Α', '501002;";ΓΕΛ;Β"', "501003;3ο ΓΕΛ;ΓΕΛ;Γ"], 2),
        ([';"Γραφείο;ΔΔΕ;Α', ';Γραφείο";ΔΔΕ;Α', "2401003;3ο ΓΕΛ;ΓΕΛ;Γ"], 2),
        (['2401001;1ο ΓΕΛ;ΓΕΛ;"'], 2),
        (["2401001;1ο ΓΕΛ;ΓΕΛ;Α"] * 50 + ['2401002;"2ο ΓΕΛ;ΓΕΛ;Β', '2401003;3ο";ΓΕΛ;Γ'], 52),
        (['2401001;"1ο\nΓΕΛ";ΓΕΛ;Α', '2401002;"2ο ΓΕΛ;ΓΕΛ;Β'], 3),
    ],
)
def test_a_mark_left_open_is_refused_with_the_row_where_it_begins(text_file, rows, row) -> None:
    with pytest.raises(InputError, match=rf"row {row}: a quotation mark"):
        read_schools(text_file(lines(*rows)))


def test_an_open_mark_in_the_titles_is_refused(text_file) -> None:
    with pytest.raises(InputError, match="row 1: a quotation mark"):
        read_schools(text_file('"Κωδικός;Ονομασία;Τύπος\n2401001;1ο ΓΕΛ;ΓΕΛ\n'))


@pytest.mark.parametrize(
    ("name", "read_as", "noted"),
    [
        ('ΔΗΜΟΤΙΚΟ "ΑΓΙΟΣ ΝΙΚΟΛΑΟΣ"', 'ΔΗΜΟΤΙΚΟ "ΑΓΙΟΣ ΝΙΚΟΛΑΟΣ"', False),
        ('"ΔΗΜΟΤΙΚΟ ""ΑΓΙΟΣ ΝΙΚΟΛΑΟΣ"""', 'ΔΗΜΟΤΙΚΟ "ΑΓΙΟΣ ΝΙΚΟΛΑΟΣ"', False),
        ('"ΔΗΜΟΤΙΚΟ "ΑΓΙΟΣ ΝΙΚΟΛΑΟΣ""', 'ΔΗΜΟΤΙΚΟ "ΑΓΙΟΣ ΝΙΚΟΛΑΟΣ"', True),
        ('"ΑΓΙΟΣ ΝΙΚΟΛΑΟΣ" ΔΗΜΟΤΙΚΟ', '"ΑΓΙΟΣ ΝΙΚΟΛΑΟΣ" ΔΗΜΟΤΙΚΟ', True),
        ('"ΓΕΛ "Α" και "Β" τάξη"', 'ΓΕΛ "Α" και "Β" τάξη', True),
        ("ΔΗΜΟΤΙΚΟ «ΑΓΙΟΣ ΝΙΚΟΛΑΟΣ»", "ΔΗΜΟΤΙΚΟ «ΑΓΙΟΣ ΝΙΚΟΛΑΟΣ»", False),
        ('ΔΗΜΟΤΙΚΟ 5" ΟΡΟΦΟΣ', 'ΔΗΜΟΤΙΚΟ 5" ΟΡΟΦΟΣ', False),
        ('"1ο ΔΗΜΟΤΙΚΟ\nΚΕΡΚΥΡΑΣ; πρώην 2ο"', "1ο ΔΗΜΟΤΙΚΟ ΚΕΡΚΥΡΑΣ; πρώην 2ο", False),
        ('"1ο ΔΗΜΟΤΙΚΟ\r\n\r\nΚΕΡΚΥΡΑΣ"', "1ο ΔΗΜΟΤΙΚΟ ΚΕΡΚΥΡΑΣ", False),
        ('"ΓΕΛ\n49100; Κέρκυρα"', "ΓΕΛ 49100; Κέρκυρα", False),
    ],
)
def test_a_name_keeps_its_marks_and_line_breaks(text_file, name, read_as, noted) -> None:
    last = "2401002;2ο ΓΕΛ;ΓΕΛ;Β"
    read = read_schools(text_file(lines(f"2401001;{name};ΔΗΜΟΤΙΚΟ;Α", last)))
    assert [(school.name, school.municipality) for school in read.rows] == [(read_as, "Α"), ("2ο ΓΕΛ", "Β")]
    assert [f.row for f in read.findings if f.code == "quotes_not_doubled"] == ([2] if noted else [])


def test_a_separator_inside_of_single_marks_is_a_row_left_out(text_file) -> None:
    read = read_schools(text_file(lines('2401001;"ΓΕΛ "Α; Β"";ΓΕΛ;Α', "2401002;2ο ΓΕΛ;ΓΕΛ;Β")))
    assert [(skip.row, skip.reason) for skip in read.skipped] == [(2, SkipReason.TOO_MANY_CELLS)]
    assert [school.code for school in read.rows] == ["2401002"]


def test_a_cell_that_is_a_book_is_refused_with_its_row(text_file) -> None:
    with pytest.raises(InputError, match=r"row 3: a cell holds 140000 letters"):
        read_schools(text_file(lines("2401001;1ο ΓΕΛ;ΓΕΛ;Α", f"2401002;{'x' * 140_000};ΓΕΛ;Β")))
