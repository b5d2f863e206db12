"""Broken and hostile files: a clear refusal or finding, never a stack trace, never half a register."""

import contextlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stemfleet.errors import InputError
from stemfleet.registers import SkipReason, read_evidence, read_schools

CODE, NAME, TYPE = "Κωδικός ΥΠΑΙΘ", "Ονομασία", "Τύπος"
ROW = ["2401001", "1ο ΓΕΛ", "ΓΕΛ"]


def refusal(path) -> str:
    with pytest.raises(InputError) as caught:
        read_schools(path)
    sentence = str(caught.value)
    assert path.name in sentence
    return sentence


@pytest.mark.parametrize(("missing", "shown"), [(0, "Κωδικός ΥΠΑΙΘΑ"), (1, NAME), (2, "Τύπος σχολείου")])
def test_a_missing_column_is_named(csv_file, xlsx_file, missing, shown) -> None:
    table = [[cell for place, cell in enumerate(row) if place != missing] for row in ([CODE, NAME, TYPE], ROW)]
    for path in (csv_file(table), xlsx_file(table)):
        assert f"«{shown}»" in refusal(path)


def test_a_missing_field_of_a_json_is_named(tmp_path) -> None:
    path = tmp_path / "units.json"
    path.write_text(json.dumps({"data": [{"registry_no": "2401001", "unit_type_id": 3}]}), encoding="utf-8")
    assert "«Ονομασία»" in refusal(path)


def test_two_schools_under_one_code_are_refused_with_both_rows(csv_file) -> None:
    sentence = refusal(csv_file([[CODE, NAME, TYPE], ROW, [ROW[0], "2ο ΓΕΛ", "ΓΕΛ"]]))
    assert "row 3" in sentence
    assert "in row 2" in sentence
    assert "«2ο ΓΕΛ»" in sentence


def test_a_broken_letter_in_utf8_is_found_by_row(text_file) -> None:
    path = text_file(f"{CODE};{NAME};{TYPE}\n2401001;1ο ΓΕΛ;ΓΕΛ\n2401002;2ο ΓΕΛ;ΓΕΛ\n")
    path.write_bytes(path.read_bytes().replace("2ο".encode(), b"2\xce"))
    assert "row 3" in refusal(path)


def test_letters_of_no_known_encoding_are_found_by_row(text_file) -> None:
    path = text_file(f"{CODE};{NAME};{TYPE}\n2401001;", encoding="cp1253")
    path.write_bytes(path.read_bytes() + b"\xd2\xff\n")
    assert "row 2" in refusal(path)


def test_greek_read_with_the_wrong_encoding_is_refused_not_loaded(text_file) -> None:
    spoiled = f"{CODE};{NAME};{TYPE}\n2401001;1ο ΓΕΛ;ΓΕΛ\n".encode().decode("cp1252", "replace")
    assert "titles" in refusal(text_file(spoiled))


def test_nul_bytes_are_refused(text_file) -> None:
    assert "row 2" in refusal(text_file(f"{CODE};{NAME};{TYPE}\n2401001;1ο\0;ΓΕΛ\n"))


def test_a_quotation_mark_left_open_is_refused(text_file) -> None:
    rows = "\n".join(f"24{number:05d};ΓΕΛ;ΓΕΛ" for number in range(9000))
    assert "quotation mark" in refusal(text_file(f'{CODE};{NAME};{TYPE}\n2401001;"1ο ΓΕΛ;ΓΕΛ\n{rows}\n'))


def test_an_empty_file_is_refused(text_file) -> None:
    assert "is empty" in refusal(text_file(" \n\n"))


def test_a_web_page_named_xls_is_refused(text_file) -> None:
    assert "web page" in refusal(text_file("<html><table><tr><td>2401001</td></tr></table></html>", name="a.xls"))


def test_an_old_or_locked_workbook_is_refused(tmp_path) -> None:
    path = tmp_path / "schools.xls"
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2048))
    assert "old Excel" in refusal(path)


def test_a_document_is_refused(text_file) -> None:
    assert "document" in refusal(text_file("%PDF-1.7 ...", name="schools.pdf"))


def test_a_truncated_workbook_is_refused(xlsx_file) -> None:
    path = xlsx_file()
    path.write_bytes(path.read_bytes()[:2500])
    assert "cut short" in refusal(path)


def test_a_workbook_with_a_spoiled_sheet_is_refused(xlsx_file, change_part) -> None:
    path = xlsx_file()
    change_part(path, "xl/worksheets/sheet1.xml", lambda xml: xml[: len(xml) // 2] + b"<<<")
    assert "not a workbook" in refusal(path)


def test_a_zip_that_is_no_workbook_is_refused(xlsx_file, change_part) -> None:
    path = xlsx_file()
    change_part(path, "xl/workbook.xml", lambda _: b"")
    assert "not a workbook" in refusal(path)


def test_a_zip_bomb_is_refused(xlsx_file, change_part) -> None:
    path = xlsx_file()
    change_part(path, "xl/worksheets/sheet1.xml", lambda xml: xml + b" " * (200 << 20))
    assert path.stat().st_size < 300_000
    assert "padding" in refusal(path)


def test_a_blank_cell_in_the_last_corner_is_refused(xlsx_file) -> None:
    def stain(workbook, sheet) -> None:
        sheet.write_blank(1048575, 16383, None, workbook.add_format({"bold": True}))

    sentence = refusal(xlsx_file(extra=stain))
    assert "row 1048576" in sentence


def test_a_workbook_that_needs_too_much_memory_kills_its_reader_only(ods_file) -> None:
    repeated = (
        '<table:table-cell office:value-type="string" table:number-columns-repeated="16384">'
        "<text:p>x</text:p></table:table-cell>"
    )
    path = ods_file(tail=f'<table:table-row table:number-rows-repeated="6000">{repeated}</table:table-row>')
    assert "far" in refusal(path)


def test_cells_outside_of_any_table_are_refused_in_ods(ods_file) -> None:
    blank = '<table:table-cell table:number-columns-repeated="16383"/>'
    far = '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
    path = ods_file(
        tail=f'<table:table-row table:number-rows-repeated="1048000">{blank}</table:table-row>'
        f"<table:table-row>{blank}{far}</table:table-row>"
    )
    assert "far" in refusal(path)


def test_a_cell_with_a_book_in_it_is_refused(xlsx_file, change_part) -> None:
    path = xlsx_file()
    change_part(path, "xl/sharedStrings.xml", lambda xml: xml.replace(b"1\xce\xbf", b"x" * 40_000))
    assert "letters" in refusal(path)


def test_formulas_without_a_value_and_errors_are_skipped_rows(xlsx_file) -> None:
    def add(_workbook, sheet) -> None:
        sheet.write_formula(3, 0, '="240"&"1003"', None, "")
        sheet.write_row(3, 1, ["3ο ΓΕΛ", "ΓΕΛ"])
        sheet.write_formula(4, 0, "=1/0", None, "#DIV/0!")
        sheet.write_row(4, 1, ["4ο ΓΕΛ", "ΓΕΛ"])

    read = read_schools(xlsx_file(extra=add))
    assert len(read.rows) == 2
    assert [skip.row for skip in read.skipped] == [4, 5]


def test_merged_cells_are_pointed_out(xlsx_file) -> None:
    read = read_schools(xlsx_file(extra=lambda _, sheet: sheet.merge_range(3, 0, 4, 0, "2401003")))
    assert [finding.row for finding in read.findings if finding.code == "merged_cells"] == [4]
    assert len(read.rows) == 2


def test_a_sheet_that_is_not_read_is_named(xlsx_file) -> None:
    read = read_schools(xlsx_file(sheets=[[["Παρατηρήσεις"]]]))
    (finding,) = [finding for finding in read.findings if finding.code == "sheets_not_read"]
    assert "Sheet2" in str(finding)


def test_codes_that_are_dates_or_powers_of_ten_are_not_guessed(xlsx_file) -> None:
    read = read_schools(xlsx_file([[CODE, NAME, TYPE], ["9.24E+06", "ΓΕΛ", "ΓΕΛ"], [9240002.5, "ΓΕΛ", "ΓΕΛ"]]))
    assert read.skipped_counts == {SkipReason.BAD_CODE: 2}


def test_a_truncated_json_is_refused(api_file) -> None:
    path = api_file({}, {})
    path.write_bytes(path.read_bytes()[:-30])
    assert "line 1" in refusal(path)


def test_an_answer_that_reports_an_error_is_refused(api_file) -> None:
    assert "Too many requests" in refusal(api_file({}, status=429, message="Too many requests"))


@pytest.mark.parametrize("text", ['{"a": 1}', "[1, 2]", "[]", '{"data": []}', '{"data": 7}', "[" * 100_000])
def test_json_of_another_kind_is_refused(text_file, text) -> None:
    assert refusal(text_file(text, name="units.json")).startswith("units.json")


def test_a_file_that_is_not_there_is_named(tmp_path) -> None:
    assert "no such file" in refusal(tmp_path / "schools.csv")


def test_a_folder_is_refused(tmp_path) -> None:
    assert "cannot be read" in refusal(tmp_path)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rubbish=st.binary(max_size=300), place=st.integers(0, 200))
def test_no_spoiled_csv_brings_the_reader_down(tmp_path, rubbish, place) -> None:
    good = f"{CODE};{NAME};{TYPE}\r\n2401001;1ο ΓΕΛ;ΓΕΛ\r\n2401002;2ο ΓΕΛ;ΓΕΛ\r\n".encode()
    path = tmp_path / "fuzzed.csv"
    path.write_bytes(good[:place] + rubbish + good[place:])
    for read in (read_schools, read_evidence):
        with contextlib.suppress(InputError):
            read(path)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "total", "status", "registry_no", "name", "unit_type", "state_id", "email"]), inner
        )
    ),
    max_leaves=20,
)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=_JSON)
def test_no_json_brings_the_reader_down(tmp_path, document) -> None:
    path = tmp_path / "fuzzed.json"
    path.write_text(json.dumps({"data": [document]} if isinstance(document, dict) else document), encoding="utf-8")
    with contextlib.suppress(InputError):
        read_schools(path)
