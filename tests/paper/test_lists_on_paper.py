"""Lists as files: CSV for a Greek Excel, workbooks that keep codes, and paper that says by what it can be checked."""

import io
import re
import zipfile

import pypdfium2
import pytest
from python_calamine import CalamineWorkbook

from stemfleet.errors import InputError
from stemfleet.paper import Column, Heading, Table, csv_bytes, list_pdf, xlsx_bytes

COLUMNS = [Column("Κωδικός", 10), Column("Σχολείο", 30), Column("Μόρια", 8, number=True)]
ROWS = [("0190123", "1ο Γυμνάσιο Κέρκυρας", 40), ("U-7", "Τμήμα «Α»; Β", None)]
WIDTH_MM = 297


def table(rows=ROWS, title="STEM 5: πίνακας κατάταξης"):
    return Table(title, COLUMNS, iter(rows))


def heading(**facts):
    usual = {"title": "STEM 5", "lines": ["γραμμή"], "foot": ["Αποτύπωμα: abc", "drand 4711: def"]}
    return Heading(**{**usual, "page": "σελίδα {number} από {total}", **facts})


def texts(data):
    """The text of each page."""
    found = []
    with pypdfium2.PdfDocument(data) as document:
        for page in document:
            text_page = page.get_textpage()
            found.append(text_page.get_text_bounded())
            text_page.close()
    return found


def test_csv_is_what_a_greek_excel_opens() -> None:
    data = csv_bytes(table())
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.decode("utf-8-sig") == (
        'Κωδικός;Σχολείο;Μόρια\r\n0190123;1ο Γυμνάσιο Κέρκυρας;40\r\nU-7;"Τμήμα «Α»; Β";\r\n'
    )


@pytest.mark.parametrize("cell", ["=1+1", "+30 2610", "-x", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_becomes_a_formula(cell: str) -> None:
    rows = [("0190123", cell, -5)]
    line = csv_bytes(table(rows)).decode("utf-8-sig").split("\r\n", 1)[1]
    assert f"'{cell}" in line
    assert ";-5\r\n" in line, "a number is no text"
    workbook = zipfile.ZipFile(io.BytesIO(xlsx_bytes(table(rows), [], "")))
    assert "<f>" not in workbook.read("xl/worksheets/sheet1.xml").decode()


def test_a_workbook_keeps_codes_as_texts_and_numbers_as_numbers() -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(xlsx_bytes(table(), [("Κύκλος", "STEM5")], "foot")))
    assert book.get_sheet_by_index(0).to_python() == [
        ["Κωδικός", "Σχολείο", "Μόρια"],
        ["0190123", "1ο Γυμνάσιο Κέρκυρας", 40.0],
        ["U-7", "Τμήμα «Α»; Β", ""],
    ]
    assert book.get_sheet_by_index(1).to_python() == [["Κύκλος", "STEM5"]]


def test_a_workbook_has_frozen_titles_filters_and_prints_across_with_its_digest() -> None:
    data = xlsx_bytes(table(), [], "Αποτύπωμα abc")
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()
    for part in ('ySplit="1"', '<autoFilter ref="A1:C3"', 'orientation="landscape"', "Αποτύπωμα abc"):
        assert part in sheet
    assert data == xlsx_bytes(table(), [], "Αποτύπωμα abc")


@pytest.mark.parametrize("title", ["[a]:*?/\\'b", "x" * 60, "//", "Stemfleet"])
def test_any_title_makes_a_sheet(title: str) -> None:
    assert CalamineWorkbook.from_filelike(io.BytesIO(xlsx_bytes(table(title=title), [], ""))).sheet_names


def test_every_page_has_the_titles_its_number_and_what_the_list_is_checked_by() -> None:
    rows = [(f"{number:07d}", f"Σχολείο {number}", number) for number in range(100)]
    pages = texts(list_pdf(heading(), [table(rows[:60], "Παρτίδα a"), table(rows[60:], "Παρτίδα b")]))
    assert len(pages) > 2
    for number, text in enumerate(pages, start=1):
        for part in ("Κωδικός", "Αποτύπωμα: abc", "drand 4711: def", f"σελίδα {number} από {len(pages)}"):
            assert part in text
    assert [code for text in pages for code in re.findall(r"\b\d{7}\b", text)] == [row[0] for row in rows]
    assert "Παρτίδα b" in "".join(pages)


def test_what_is_no_result_is_marked_on_every_page() -> None:
    rows = [("1", "x", number) for number in range(80)]
    marked = texts(list_pdf(heading(mark="ΣΧΕΔΙΑΣΜΟΣ"), [table(rows)]))
    assert len(marked) > 1
    assert all("ΣΧΕΔΙΑΣΜΟΣ" in text for text in marked)
    assert not any("ΣΧΕΔΙΑΣΜΟΣ" in text for text in texts(list_pdf(heading(), [table(rows)])))


def test_long_texts_stay_in_their_cells() -> None:
    long = "Ένα όνομα που δεν χωράει " * 9
    with pypdfium2.PdfDocument(list_pdf(heading(title=long, lines=[long]), [table([(long, long, 1)])])) as document:
        text_page = document[0].get_textpage()
        rects = [text_page.get_rect(number) for number in range(text_page.count_rects())]
        text_page.close()
    assert max(right for _left, _bottom, right, _top in rects) * 25.4 / 72 <= WIDTH_MM - 11


def test_a_list_of_nobody_is_a_page_and_no_list_is_refused() -> None:
    assert "Παρτίδα" in texts(list_pdf(heading(), [table([], "Παρτίδα κενή")]))[0]
    with pytest.raises(InputError, match="no list"):
        list_pdf(heading(), [])


def test_the_same_list_gives_the_same_bytes() -> None:
    assert list_pdf(heading(), [table()]) == list_pdf(heading(), [table()])
