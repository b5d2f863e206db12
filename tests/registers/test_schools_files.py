"""Registers of schools, in every kind of file that people have."""

import json

import pytest

from stemfleet.registers import Container, Shape, SkipReason, read_schools
from stemfleet.words import Category, Level, SchoolStatus


def names(read) -> list[str]:
    return [school.name for school in read.rows]


def codes(findings) -> set[str]:
    return {finding.code for finding in findings}


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8 with BOM"), ("cp1253", "Windows-1253"), ("utf-16", "UTF-16")],
)
def test_a_csv_is_read_in_every_encoding_and_with_every_separator(csv_file, delimiter, encoding, shown) -> None:
    read = read_schools(csv_file(delimiter=delimiter, encoding=encoding))
    assert names(read) == ["1ο ΓΥΜΝΑΣΙΟ ΚΕΡΚΥΡΑΣ", "ΝΗΠΙΑΓΩΓΕΙΟ ΠΑΞΩΝ"]
    assert (read.format.container, read.format.encoding, read.format.delimiter) == (Container.CSV, shown, delimiter)


def test_an_excel_workbook_is_read(xlsx_file) -> None:
    read = read_schools(xlsx_file())
    assert names(read) == ["1ο ΓΥΜΝΑΣΙΟ ΚΕΡΚΥΡΑΣ", "ΝΗΠΙΑΓΩΓΕΙΟ ΠΑΞΩΝ"]
    assert (read.format.container, read.format.sheet, read.rows[1].row) == (Container.XLSX, "Sheet1", 3)


def test_a_libreoffice_workbook_is_read(ods_file) -> None:
    read = read_schools(ods_file())
    assert names(read) == ["1ο ΓΥΜΝΑΣΙΟ ΚΕΡΚΥΡΑΣ", "ΝΗΠΙΑΓΩΓΕΙΟ ΠΑΞΩΝ"]
    assert (read.format.container, read.format.sheet) == (Container.ODS, "Σχολεία")


def test_a_files_ending_is_not_believed(xlsx_file) -> None:
    assert len(read_schools(xlsx_file(name="schools.csv")).rows) == 2


@pytest.mark.parametrize(
    "title", ["Κωδικός Υπουργείου", "Κωδ. ΥΠΑΙΘ", "Κωδικός Υπ.", "ΚΩΔΙΚΟΣ ΥΠ.Α.Ι.Θ.Α.", "Kωδικός", "code"]
)
def test_people_title_the_code_in_many_ways(csv_file, title) -> None:
    read = read_schools(csv_file([[title, "Ονομασία", "Είδος Σχολείου"], ["2401001", "1ο ΓΕΛ", "ΓΕΛ"]]))
    assert read.rows[0].code == "2401001"


def test_the_titles_are_found_below_a_cover(xlsx_file, csv_file) -> None:
    table = [["Πίνακας σχολείων 2025"], [], ["Κωδικός ΥΠΑΙΘ", "Ονομασία", "Τύπος"], ["2401001", "1ο ΓΕΛ", "ΓΕΛ"]]
    for path in (xlsx_file(table), csv_file(table)):
        read = read_schools(path)
        assert (read.format.titles_row, read.rows[0].row) == (3, 4)


def test_all_columns_of_a_persons_spreadsheet_are_read(csv_file) -> None:
    titles = [
        "Κωδικός ΥΠΑΙΘ",
        "Ονομασία",
        "Είδος Σχολείου",
        "Περιφέρεια",
        "Διεύθυνση",
        "Δήμος",
        "ΤΚ",
        "Τηλέφωνο",
        "e-mail",
        "Δυσπρόσιτο",
    ]
    row = [
        "9240002",
        "Νηπιαγωγείο Παξών",
        "Νηπιαγωγείο",
        "Ιονίων Νήσων",
        "Γάιος 3",
        "Παξών",
        "49082",
        "26620 00001",
        "mail@nip.example",
        "ΝΑΙ",
    ]
    (school,) = read_schools(csv_file([titles, row])).rows
    assert (school.level, school.region, school.address, school.municipality) == (
        Level.KINDERGARTEN, "13", "Γάιος 3", "Παξών",
    )  # fmt: skip
    assert (school.postal_code, school.phone, school.email) == ("49082", "26620 00001", "mail@nip.example")
    assert (school.categories, school.untold, school.status) == ((Category.REMOTE,), (), SchoolStatus.ACTIVE)


def test_an_address_column_may_hold_the_directorate_or_the_country(csv_file) -> None:
    titles = ["Κωδικός ΥΠΑΙΘ", "Ονομασία", "Τύπος", "Διεύθυνση"]
    rows = [["2401001", "1ο ΓΕΛ", "ΓΕΛ", "Διεύθυνση Δ.Ε. Κέρκυρας"], ["2401002", "2ο ΓΕΛ", "ΓΕΛ", "ΕΛΛΑΔΑ"]]
    first, second = read_schools(csv_file([titles, *rows])).rows
    assert (first.address, first.directorate) == (None, "Διεύθυνση Δ.Ε. Κέρκυρας")
    assert (second.address, second.directorate) == (None, None)


def test_lost_leading_zeros_are_put_back_with_a_warning(csv_file, xlsx_file) -> None:
    for path in (
        csv_file([["Κωδικός", "Ονομασία", "Τύπος"], ["501001", "1ο ΓΥΜΝΑΣΙΟ", "ΓΥΜΝΑΣΙΟ"]]),
        xlsx_file([["Κωδικός", "Ονομασία", "Τύπος"], [501001, "1ο ΓΥΜΝΑΣΙΟ", "ΓΥΜΝΑΣΙΟ"]]),
    ):
        read = read_schools(path)
        assert read.rows[0].code == "0501001"
        (warning,) = [finding for finding in read.findings if finding.code == "code_padded"]
        assert warning.row == 2
        assert "0501001" in str(warning)


@pytest.mark.parametrize(
    ("fields", "level", "categories"),
    [
        ({"unit_type_id": 1}, Level.KINDERGARTEN, ()),
        ({"unit_type_id": 2, "special_type_id": 1}, Level.PRIMARY, (Category.SPECIAL,)),
        ({"unit_type_id": 3, "special_type_id": 4}, Level.LOWER_SECONDARY, (Category.SPECIAL,)),
        ({"unit_type_id": 4, "special_type_id": 3}, Level.GENERAL_UPPER, ()),
        ({"unit_type_id": 8}, Level.VOCATIONAL_UPPER, ()),
        ({"unit_type_id": 11}, Level.SPECIAL_VOCATIONAL, (Category.SPECIAL,)),
        ({"unit_type_id": 44}, Level.SPECIAL_VOCATIONAL, (Category.SPECIAL,)),
        ({"unit_type_id": 38}, Level.SECOND_CHANCE, (Category.SECOND_CHANCE,)),
        ({"unit_type_id": 2, "orientation_type_id": 6}, Level.PRIMARY, (Category.MINORITY,)),
        ({"unit_type_id": 35, "name": "ΕΚΚΛΗΣΙΑΣΤΙΚΟ ΛΥΚΕΙΟ ΠΑΤΜΟΥ"}, Level.GENERAL_UPPER, ()),
        ({"unit_type_id": None, "unit_type": "ΝΗΠΙΑΓΩΓΕΙΟ"}, Level.KINDERGARTEN, ()),
        ({"unit_type_id": None, "unit_type": "ΓΥΜΝΑΣΙΟ ΜΕ ΛΥΚΕΙΑΚΕΣ ΤΑΞΕΙΣ"}, Level.LOWER_SECONDARY, ()),
        (
            {"unit_type_id": None, "unit_type": "Ε.Ε.Ε.ΕΚ.", "inaccessible": True},
            Level.SPECIAL_VOCATIONAL,
            (Category.REMOTE, Category.SPECIAL),
        ),
    ],
)
def test_level_and_categories_come_from_the_registers_own_columns(api_file, fields, level, categories) -> None:
    (school,) = read_schools(api_file(fields)).rows
    assert (school.level, school.categories) == (level, categories)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"registry_no": None}, SkipReason.NO_CODE),
        ({"registry_no": "12345678"}, SkipReason.BAD_CODE),
        ({"registry_no": "24010x1"}, SkipReason.BAD_CODE),
        ({"name": ""}, SkipReason.NO_NAME),
        ({"unit_type_id": 14}, SkipReason.NOT_A_SCHOOL),
        ({"category_id": 2}, SkipReason.NOT_A_SCHOOL),
        ({"unit_type_id": 99, "name": "ΚΑΤΙ ΑΛΛΟ"}, SkipReason.UNKNOWN_TYPE),
        ({"state_id": 2}, SkipReason.SUSPENDED),
        ({"state_id": 3}, SkipReason.ABOLISHED),
    ],
)
def test_a_unit_that_is_no_working_school_is_skipped_with_its_reason(api_file, fields, reason) -> None:
    read = read_schools(api_file(fields, {"registry_no": "2401009"}))
    assert [school.code for school in read.rows] == ["2401009"]
    assert read.skipped_counts == {reason: 1}
    assert read.skipped[0].row == 1


def test_closed_units_are_told_apart_from_codes_that_live_on(api_file) -> None:
    closed, moved, working = {"state_id": 3}, {"state_id": 2, "registry_no": "2401003"}, {"registry_no": "2401003"}
    assert read_schools(api_file(closed, moved, working)).closed == {"2401001": SchoolStatus.ABOLISHED}


def test_several_pages_are_one_register(api_file) -> None:
    read = read_schools(api_file({}, {}, {}, pages=2))
    assert (len(read.rows), read.format.shape) == (3, Shape.MM_API)


def test_a_missing_page_is_noticed(api_file) -> None:
    assert "pages_missing" in codes(read_schools(api_file({}, total=1500)).findings)


def test_the_list_of_data_gov_gr_is_read(tmp_path) -> None:
    unit = {
        "school_code": "5180901", "school_name": "ΙΔΙΩΤΙΚΟ ΓΥΜΝΑΣΙΟ", "school_type": "Ιδιωτικά Σχολεία",
        "school_subtype": "Ημερήσιο Γυμνάσιο", "school_district": None, "phone_number": 2310012345.0,
        "zip_code": "54622",
        "regional_unit": "ΠΕΡΙΦΕΡΕΙΑΚΗ Δ/ΝΣΗ Π/ΘΜΙΑΣ ΚΑΙ Δ/ΘΜΙΑΣ ΕΚΠ/ΣΗΣ ΚΕΝΤΡΙΚΗΣ ΜΑΚΕΔΟΝΙΑΣ",
    }  # fmt: skip
    path = tmp_path / "schools.json"
    path.write_text(json.dumps([unit]), encoding="utf-8")
    read = read_schools(path)
    (school,) = read.rows
    assert read.format.shape is Shape.DATA_GOV
    assert (school.level, school.region, school.phone) == (Level.LOWER_SECONDARY, "09", "2310012345")
    assert "remoteness_unknown" in codes(read.findings)


def test_a_region_that_is_missing_or_unknown_does_not_stop_a_school(api_file) -> None:
    read = read_schools(api_file({"region_edu_admin": None}, {"region_edu_admin": "ΑΤΛΑΝΤΙΔΑΣ"}))
    assert [school.region for school in read.rows] == [None, None]
    assert [finding.row for finding in read.findings if finding.code == "region_unknown"] == [2]


def test_the_same_row_twice_is_read_once(csv_file) -> None:
    read = read_schools(csv_file([["Κωδικός", "Ονομασία", "Τύπος"], *[["2401001", "1ο ΓΕΛ", "ΓΕΛ"]] * 2]))
    assert len(read.rows) == 1
    assert [finding.row for finding in read.findings if finding.code == "repeated"] == [3]


def test_titles_that_come_again_are_passed_over(csv_file) -> None:
    titles, row = ["Κωδικός", "Ονομασία", "Τύπος"], ["2401001", "1ο ΓΕΛ", "ΓΕΛ"]
    read = read_schools(csv_file([titles, row, titles]))
    assert read.skipped_counts == {SkipReason.REPEATED_TITLES: 1}


def test_a_row_with_a_separator_too_many_is_not_loaded_shifted(csv_file) -> None:
    read = read_schools(csv_file([["Κωδικός", "Ονομασία", "Τύπος"], ["2401001", "1ο", "ΓΕΛ", "ΓΕΛ"]]))
    assert read.rows == ()
    assert read.skipped[0].reason is SkipReason.TOO_MANY_CELLS


def test_a_format_is_told_in_at_most_64_letters(csv_file, xlsx_file) -> None:
    for path in (csv_file(encoding="utf-8-sig"), xlsx_file()):
        assert len(str(read_schools(path).format)) <= 64
