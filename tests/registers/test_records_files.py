"""Departments, eTwinning records, kits of earlier waves."""

from datetime import date

import pytest

from stemfleet.errors import InputError
from stemfleet.registers import (
    SkipReason,
    department_code,
    read_departments,
    read_evidence,
    read_legacy,
    recipient_code,
    school_code,
)


@pytest.mark.parametrize(
    ("written", "code", "padded"),
    [
        ("2401001", "2401001", False),
        ("501001", "0501001", True),
        ("'0501001", "0501001", False),
        (" 240 1001 ", "2401001", False),
        ("2401001.0", "2401001", False),
        ('="0501001"', "0501001", False),
        ("50100", "0050100", True),
        ("9.051.234", "9051234", True),
        ("9,051,234", "9051234", True),
        ("9051234,00", "9051234", False),
        ("9.051,234", None, False),
        ("051.234", None, False),
        ("1234", None, False),
        ("7", None, False),
        ("０５０１００１", "0501001", False),
        ("0", None, False),
        ("12345678", None, False),
        ("²401001", None, False),
        ("-401001", None, False),
        ("", None, False),
    ],
)
def test_a_school_code_is_seven_digits(written, code, padded) -> None:
    assert school_code(written) == (code, padded)


@pytest.mark.parametrize(
    ("written", "code"),
    [("U-7", "U-7"), ("u07", "U-7"), ("Υ-7", "U-7"), ("U 12", "U-12"), ("U-0", None), ("U-", None), ("V-7", None)],
)
def test_a_department_code_has_one_form(written, code) -> None:
    assert department_code(written) == code


def test_a_recipient_is_a_school_or_a_department() -> None:
    assert recipient_code("U-3") == ("U-3", False)
    assert recipient_code("501001") == ("0501001", True)


def test_departments_are_read(csv_file) -> None:
    read = read_departments(csv_file([["code", "name", "university", "city"], ["U-1", "ΠΤΔΕ", "ΑΠΘ", "Θεσσαλονίκη"]]))
    (department,) = read.rows
    assert (department.code, department.university, department.city) == ("U-1", "ΑΠΘ", "Θεσσαλονίκη")


def test_a_number_in_the_place_of_a_name_is_no_department(csv_file) -> None:
    read = read_departments(csv_file([["code", "name", "university"], ["U-1", "2310", "ΑΠΘ"], ["U-2", "ΠΤΔΕ", "7"]]))
    assert read.rows == ()
    assert [(left.row, left.detail) for left in read.skipped] == [(2, "name: 2310"), (3, "university: 7")]


def test_two_departments_under_one_code_are_refused(csv_file) -> None:
    path = csv_file([["Κωδικός", "Τμήμα", "Πανεπιστήμιο"], ["U-1", "ΠΤΔΕ", "ΑΠΘ"], ["U-1", "ΠΤΝ", "ΑΠΘ"]])
    with pytest.raises(InputError, match="row 3: department U-1 is also in row 2"):
        read_departments(path)


def test_a_record_is_read_with_all_its_cells(xlsx_file) -> None:
    titles = ["Κωδικός Σχολείου", "Είδος", "Έτος", "Διοργάνωση", "Θέση", "Πλήθος", "Πρόσωπο", "Τίτλος"]
    row = [501001, "national_prize", 2024, 19, 1, 2, "P12ab", "Robots"]
    read = read_evidence(xlsx_file([titles, row]))
    (record,) = read.rows
    assert (record.code, record.kind, record.year, record.number) == ("0501001", "national_prize", 2024, 2)
    assert (record.edition, record.rank, record.person, record.title) == ("19", "1", "P12ab", "Robots")
    assert [finding.code for finding in read.findings] == ["code_padded"]


def test_a_record_needs_only_code_kind_and_year(csv_file) -> None:
    (record,) = read_evidence(csv_file([["code", "kind", "year"], ["U-1", "ITE label", "2023-24"]])).rows
    assert (record.code, record.kind, record.year, record.number) == ("U-1", "ite_label", 2023, 1)
    assert (record.edition, record.person) == (None, None)


@pytest.mark.parametrize(
    ("row", "detail"),
    [
        (["2401001", "!", "2024", ""], "kind"),
        (["2401001", "", "2024", ""], "kind"),
        (["2401001", "project", "24", ""], "year"),
        (["2401001", "project", "1999", ""], "year"),
        (["2401001", "project", "2024", "-1"], "n"),
        (["2401001", "project", "2024", "many"], "n"),
    ],
)
def test_a_record_that_cannot_be_used_is_skipped_and_says_which_cell(csv_file, row, detail) -> None:
    read = read_evidence(csv_file([["code", "kind", "year", "n"], row, ["2401001", "project", "2024", "1"]]))
    assert len(read.rows) == 1
    (skip,) = read.skipped
    assert (skip.reason, skip.row) == (SkipReason.INCOMPLETE, 2)
    assert skip.detail.startswith(detail)


def test_a_code_that_is_none_is_shown(csv_file) -> None:
    read = read_evidence(csv_file([["code", "kind", "year"], ["24010011", "project", "2024"]]))
    assert [(skip.reason, skip.detail) for skip in read.skipped] == [(SkipReason.BAD_CODE, "24010011")]


def test_records_without_a_kind_column_are_refused(csv_file) -> None:
    with pytest.raises(InputError, match="«kind»"):
        read_evidence(csv_file([["code", "year"], ["2401001", "2024"]]))


def test_titles_that_people_write_are_read_and_the_others_named(csv_file) -> None:
    titles = ["Σχολείο", "Τύπος διάκρισης", "Σχ. έτος", "Έκδοση", "Κωδ. εκπαιδευτικού", "Σχόλια"]
    records = read_evidence(csv_file([titles, ["2401001", "Έργο", "2023-24", "19", "T1", "ναι"]]))
    row = records.rows[0]
    assert (row.code, row.kind, row.year, row.edition, row.person) == ("2401001", "Έργο", 2023, "19", "T1")
    assert [(f.code, f.facts["columns"]) for f in records.findings] == [("columns_not_read", "ΣΧΟΛΙΑ")]
    titles = ["Σχολική Μονάδα", "Είδος", "Κύμα", "SN"]
    (kit,) = read_legacy(csv_file([titles, ["1ο ΓΥΜΝΑΣΙΟ ΚΕΡΚΥΡΑΣ", "Εκτυπωτής", "STEM3", "A1"]])).rows
    assert (kit.code, kit.model, kit.wave, kit.serial) == ("1ο ΓΥΜΝΑΣΙΟ ΚΕΡΚΥΡΑΣ", "Εκτυπωτής", "STEM3", "A1")


def test_kits_that_are_out_there_are_read(csv_file) -> None:
    titles = ["Κωδικός ΥΠΑΙΘ", "Μοντέλο", "Δράση", "Σειριακός αριθμός", "Ημερομηνία", "Κατάσταση"]
    rows = [
        ["2401001", "wedo-kit", "STEM 1", "", "14/5/2017", "λειτουργεί"],
        ["2401002", "printer-3d", "STEM 3", "AB12", "44330", ""],
    ]
    read = read_legacy(csv_file([titles, *rows]))
    first, second = read.rows
    assert (first.serial, first.date, first.state) == (None, date(2017, 5, 14), "λειτουργεί")
    assert (second.serial, second.date, second.state) == ("AB12", date(2021, 5, 14), None)
    assert [(finding.code, finding.row) for finding in read.findings] == [("date_as_number", 3)]


def test_a_date_of_excel_is_read_as_that_day(xlsx_file) -> None:
    def dated(workbook, sheet) -> None:
        sheet.write_datetime(1, 3, date(2021, 5, 14), workbook.add_format({"num_format": "dd/mm/yyyy"}))

    table = [["school", "model", "wave", "date"], ["2401001", "printer-3d", "STEM 3"]]
    assert read_legacy(xlsx_file(table, extra=dated)).rows[0].date == date(2021, 5, 14)


def test_a_date_that_is_none_skips_the_row(csv_file) -> None:
    table = [["school", "model", "wave", "date"], ["2401001", "wedo-kit", "STEM 1", "31/2/2017"]]
    assert read_legacy(csv_file(table)).skipped_counts == {SkipReason.INCOMPLETE: 1}


def test_one_serial_at_two_schools_is_refused(csv_file) -> None:
    table = [["school", "model", "wave", "serial"], ["2401001", "m", "STEM 1", "A"], ["2401002", "m", "STEM 1", "A"]]
    with pytest.raises(InputError, match="row 3: m with serial A is also in row 2"):
        read_legacy(csv_file(table))
