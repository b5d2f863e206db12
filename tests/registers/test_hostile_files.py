"""More files that nobody wants: refused or pointed out with their row, in Greek too, and nothing of them is loaded."""

import contextlib
import gzip
import json
import os
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stemfleet.accounts import console_person
from stemfleet.errors import InputError
from stemfleet.registers import SkipReason, read_departments, read_evidence, read_legacy, read_schools
from stemfleet.schools import apply_import, find_schools, plan_import
from stemfleet.store import Store

CODE, NAME, TYPE = "Κωδικός ΥΠΑΙΘ", "Ονομασία", "Τύπος"
TITLES = [CODE, NAME, TYPE]
GOOD = ["2401001", "1ο ΓΕΛ", "ΓΕΛ"]
PO = Path(__file__).parents[2] / "web/stemfleet_web/translations/el/LC_MESSAGES/messages.po"


@cache
def greek() -> dict[str, str]:
    with PO.open("rb") as file:
        return {message.id: message.string for message in read_po(file) if isinstance(message.id, str)}


def refusal(path, read=read_schools) -> str:
    """The English sentence of the refusal; there is a Greek one with the same facts."""
    with pytest.raises(InputError) as caught:
        read(path)
    assert greek().get(caught.value.text), caught.value.text
    assert path.name in greek()[caught.value.text].format(**caught.value.facts)
    return str(caught.value)


def findings(read) -> dict[str, int | None]:
    """Kind of finding → row; all of them have Greek."""
    for finding in read.findings:
        assert greek().get(finding.text), finding.text
        greek()[finding.text].format(**finding.facts)
    return {finding.code: finding.row for finding in read.findings}


def test_a_second_row_of_titles_is_a_row_without_a_code(csv_file) -> None:
    read = read_schools(csv_file([TITLES, ["(7 ψηφία)", "(πλήρης)", "(ΓΕΛ, ΕΠΑΛ)"], GOOD]))
    assert [school.code for school in read.rows] == ["2401001"]
    assert [(skip.row, skip.reason) for skip in read.skipped] == [(2, SkipReason.BAD_CODE)]


def test_titles_split_over_two_rows_are_refused_by_what_is_missing(xlsx_file) -> None:
    assert "no column for «Κωδικός ΥΠΑΙΘΑ»" in refusal(xlsx_file([[CODE, "Στοιχεία", ""], ["", NAME, TYPE], GOOD]))


def test_group_titles_above_the_titles_are_passed_over(xlsx_file) -> None:
    assert len(read_schools(xlsx_file([["Στοιχεία σχολείου", "", "Άλλα"], TITLES, GOOD])).rows) == 1


def test_codes_of_eight_digits_are_listed_with_their_rows(xlsx_file) -> None:
    read = read_schools(xlsx_file([TITLES, [24010011, "1ο ΓΕΛ", "ΓΕΛ"], ["024010012", "2ο ΓΕΛ", "ΓΕΛ"], GOOD]))
    assert [(skip.row, skip.reason, skip.detail) for skip in read.skipped] == [
        (2, SkipReason.BAD_CODE, "24010011"),
        (3, SkipReason.BAD_CODE, "024010012"),
    ]


def test_line_ends_of_an_old_mac_are_read(text_file) -> None:
    assert len(read_schools(text_file("\r".join([";".join(TITLES), ";".join(GOOD)]))).rows) == 1


def test_a_separator_that_excel_names_in_the_first_line_is_no_title(text_file) -> None:
    read = read_schools(text_file(f"sep=;\n{';'.join(TITLES)}\n{';'.join(GOOD)}\n"))
    assert (len(read.rows), read.format.titles_row) == (1, 2)


def test_line_breaks_inside_of_cells_do_not_shift_rows(text_file) -> None:
    read = read_schools(text_file(f'{";".join(TITLES)}\n2401001;"1ο\nΓΕΛ";ΓΕΛ\n24010;x;ΕΠΑΛ\n123456789;x;ΓΕΛ\n'))
    assert read.rows[0].name == "1ο ΓΕΛ"
    assert [skip.row for skip in read.skipped] == [4]
    assert findings(read)["code_padded"] == 3


def test_compressed_and_utf16_files_without_a_mark_are_refused(tmp_path) -> None:
    text = f"{';'.join(TITLES)}\n{';'.join(GOOD)}\n"
    for name, content in (("a.csv.gz", gzip.compress(text.encode() * 50)), ("b.csv", text.encode("utf-16-le"))):
        (tmp_path / name).write_bytes(content)
        refusal(tmp_path / name)


def test_a_zip_with_a_text_document_is_refused(tmp_path) -> None:
    path = tmp_path / "schools.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    assert "not a workbook" in refusal(path)


def test_a_workbook_whose_packed_bytes_are_spoiled_is_refused(xlsx_file) -> None:
    path = xlsx_file([TITLES, *([GOOD] * 200)])
    data = bytearray(path.read_bytes())
    at = data.index(b"xl/worksheets/sheet1.xml") + 40
    data[at : at + 60] = bytes(60)
    path.write_bytes(bytes(data))
    assert "damaged" in refusal(path)


def test_pages_put_one_after_the_other_are_one_register(tmp_path) -> None:
    units = [{"registry_no": f"240100{n}", "name": "1ο ΓΕΛ", "unit_type_id": 4, "category_id": 1} for n in range(1, 5)]
    pages = [json.dumps({"data": units[n : n + 2], "total": 4, "status": 200}) for n in (0, 2)]
    path = tmp_path / "pages.json"
    path.write_text("\n".join(pages), encoding="utf-8")
    assert len(read_schools(path).rows) == 4
    path.write_text("\n".join([*pages, '{"data": [']), encoding="utf-8")
    assert "line 2" in refusal(path)


def test_csv_pages_put_one_after_the_other_are_one_register(csv_file) -> None:
    assert len(read_schools(csv_file([TITLES, GOOD, TITLES, ["2401002", "2ο ΓΕΛ", "ΓΕΛ"]])).rows) == 2


def test_a_row_of_very_many_cells_does_not_hold_the_reader_up(text_file) -> None:
    wide = ";".join(["κωδικοί"] * 30_000)
    assert len(read_schools(text_file(f"{';'.join(TITLES)};{wide}\n{';'.join(GOOD)}\n")).rows) == 1


def test_what_is_no_file_is_not_waited_for(tmp_path) -> None:
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    assert "not a file" in refusal(path)


def test_two_rows_of_one_school_show_what_differs_under_its_title(csv_file) -> None:
    sentence = refusal(csv_file([[*TITLES, "Δήμος"], [*GOOD, "Κέρκυρας"], [*GOOD, ""]]))
    assert "another Δήμος («Κέρκυρας», here «–»)" in sentence


def test_a_file_without_one_school_is_told(csv_file) -> None:
    assert "no_schools" in findings(read_schools(csv_file([TITLES])))


def test_days_as_numbers_are_read_and_wrong_days_are_skipped(csv_file) -> None:
    days = ["44000", "31/2/2021", "7/1/1950", "99999"]
    rows = [["2401001", "m", "STEM4", day] for day in days]
    read = read_legacy(csv_file([["school", "model", "wave", "date"], *rows]))
    assert [str(row.date) for row in read.rows] == ["2020-06-18", "2173-10-13"]
    assert "date_as_number" in findings(read)
    assert read.skipped_counts == {SkipReason.INCOMPLETE: 2}


def test_texts_longer_than_their_columns_are_skipped_rows(csv_file) -> None:
    rows = [["2401001", "m" * 65, "A", ""], ["2401001", "m", "A", "s" * 65], ["2401001", "m", "A", "s" * 64]]
    read = read_legacy(csv_file([["school", "model", "wave", "serial"], *rows]))
    assert [row.row for row in read.rows] == [4]


def test_a_name_that_is_a_text_is_a_skipped_row(csv_file) -> None:
    read = read_schools(csv_file([TITLES, ["2401002", "Σ" * 301, "ΓΕΛ"], GOOD]))
    assert ([row.code for row in read.rows], read.skipped_counts) == (["2401001"], {SkipReason.INCOMPLETE: 1})


def test_one_serial_at_two_places_refuses_the_list(csv_file) -> None:
    rows = [["2401001", "m", "STEM4", "7"], ["2401002", "m", "STEM4", "7"]]
    assert "also in row 2" in refusal(csv_file([["school", "model", "wave", "serial"], *rows]), read_legacy)


def test_of_very_many_findings_the_first_are_listed_and_all_are_counted(csv_file) -> None:
    rows = [[f"5{number:05d}", f"{number}ο ΓΕΛ", "ΓΕΛ"] for number in range(1500)]
    read = read_schools(csv_file([TITLES, *rows]))
    padded = [finding for finding in read.findings if finding.code == "code_padded"]
    assert (len(read.rows), len(padded), padded[-1].facts["count"]) == (1500, 1001, 500)


@pytest.fixture
def empty_store(tmp_path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'stemfleet.sqlite'}")
    yield opened
    opened.close()


@pytest.mark.parametrize("last", [["2400001", "άλλο", "ΓΕΛ"], ["2499999", '"1ο ΓΕΛ' + "x" * 140_000, "ΓΕΛ"]])
def test_a_file_that_breaks_on_its_last_row_loads_nothing(empty_store, csv_file, last) -> None:
    rows = [[f"24{number:05d}", f"{number}ο ΓΕΛ", "ΓΕΛ"] for number in range(3000)]
    path = csv_file([TITLES, *rows, last])
    with pytest.raises(InputError, match="row 3002"):
        apply_import(empty_store, console_person(empty_store), plan_import(empty_store, "schools", path))
    assert find_schools(empty_store) == []


def test_a_failure_in_the_middle_of_storing_leaves_nothing(empty_store, csv_file) -> None:
    rows = [[f"24{number:05d}", f"{number}ο ΓΕΛ", "ΓΕΛ"] for number in range(3000)]
    plan = plan_import(empty_store, "schools", csv_file([TITLES, *rows]))

    def fail(done: int, _total: int) -> None:
        if done > 1500:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        apply_import(empty_store, console_person(empty_store), plan, fail)
    assert find_schools(empty_store) == []
    assert apply_import(empty_store, console_person(empty_store), plan).counts["new"] == 3000
    assert [school.code for school, _ in find_schools(empty_store, "2999ο")] == ["2402999"]


QUIET = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@settings(max_examples=25, **QUIET)
@given(place=st.floats(0, 1), spoiled=st.binary(min_size=1, max_size=40), cut=st.booleans())
def test_no_spoiled_workbook_brings_the_reader_down(xlsx_file, place, spoiled, cut) -> None:
    path = xlsx_file(name="fuzzed.xlsx")
    good = path.read_bytes()
    at = int(place * len(good))
    path.write_bytes(good[:at] + spoiled + (b"" if cut else good[at + len(spoiled) :]))
    with contextlib.suppress(InputError):
        read_schools(path)


_WORDS = st.text(max_size=12) | st.sampled_from(["2401001", "U-7", "STEM4", "44000", "project", "2024"])
_ROWS = st.lists(st.lists(_WORDS, max_size=9), max_size=6)


@settings(max_examples=120, **QUIET)
@given(rows=_ROWS, delimiter=st.sampled_from(";,\t"), encoding=st.sampled_from(["utf-8", "utf-16", "cp1253"]))
def test_no_table_brings_a_reader_down(tmp_path, rows, delimiter, encoding) -> None:
    titles = ["Κωδικός", "Ονομασία", "Τύπος", "model", "wave", "date", "Είδος", "Έτος", "university"]
    path = tmp_path / "fuzzed.csv"
    path.write_text("\n".join(delimiter.join(row) for row in [titles, *rows]), encoding=encoding, errors="replace")
    for read in (read_schools, read_evidence, read_legacy, read_departments):
        with contextlib.suppress(InputError):
            findings(read(path))
