"""Files as they come from outside, in one table: each is read as told, or refused in a sentence with Greek."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from babel.messages.pofile import read_po

from stemfleet.errors import InputError
from stemfleet.registers import SkipReason, read_departments, read_schools

T = ["Κωδικός ΥΠΑΙΘΑ", "Ονομασία", "Τύπος"]
A = ["2401001", "1ο ΓΕΛ", "ΓΕΛ"]
B = ["2401002", "2ο ΓΕΛ", "ΓΕΛ"]
A_, B_ = A[0], B[0]
PO = Path(__file__).parents[2] / "web/stemfleet_web/translations/el/LC_MESSAGES/messages.po"

Make = Callable[[Path], Path]


@dataclass(frozen=True)
class Case:
    """A file; the codes that it gives, row → why it is skipped, kind of finding → row; or how it is refused."""

    name: str
    make: Make
    codes: Sequence[str] = ()
    skipped: Mapping[int, tuple[SkipReason, str | None]] = field(default_factory=dict)
    found: Mapping[str, int | None] = field(default_factory=dict)
    refused: str | None = None


def text(*rows: Sequence[str] | str, sep: str = ";", encoding: str = "utf-8", name: str = "a.csv") -> Make:
    lines = [row if isinstance(row, str) else sep.join(row) for row in rows]
    return raw(("\r\n".join(lines) + "\r\n").encode(encoding), name)


def raw(content: bytes, name: str) -> Make:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def book(
    *sheets: Sequence[Sequence[Any]], extra: Callable[[Any, Any], Any] | None = None, name: str = "a.xlsx"
) -> Make:
    def make(folder: Path) -> Path:
        with xlsxwriter.Workbook(str(folder / name)) as workbook:
            day = workbook.add_format({"num_format": "dd/mm/yyyy"})
            for rows in sheets:
                sheet = workbook.add_worksheet()
                for number, row in enumerate(rows):
                    for place, cell in enumerate(row):
                        sheet.write(number, place, cell, *([day] if isinstance(cell, date) else []))
            if extra is not None:
                extra(workbook, workbook.worksheets()[0])
        return folder / name

    return make


def units(*pages: Any, **envelope: Any) -> Make:
    """Pages of the API; a unit has what is given, and is a working school besides."""
    filled = [
        [{"name": "1ο ΓΕΛ", "unit_type_id": 4, "category_id": 1, "state_id": 1, **u} for u in page] for page in pages
    ]
    total = sum(map(len, pages))
    documents = [{"data": page, "total": total, "count": len(page), "status": 200, **envelope} for page in filled]
    return raw(json.dumps(documents if len(pages) > 1 else documents[0], ensure_ascii=False).encode(), "a.json")


def hide_the_last(_workbook: Any, sheet: Any) -> None:
    sheet.set_row(2, None, None, {"hidden": True})


def hide_the_first(workbook: Any, sheet: Any) -> None:
    workbook.worksheets()[1].activate()
    sheet.hide()


def merge_titles(workbook: Any, sheet: Any) -> None:
    sheet.merge_range(0, 0, 0, 2, "Στοιχεία σχολείου", workbook.add_format())


def formulas(_workbook: Any, sheet: Any) -> None:
    sheet.write_formula(2, 0, "=VLOOKUP(B3,Φύλλο2!A:B,2)", None, "")
    sheet.write_formula(3, 0, "=X1", None, "#REF!")
    sheet.write_row(3, 1, ["3ο ΓΕΛ", "ΓΕΛ"])
    sheet.write_row(4, 0, ["2401004"])
    sheet.write_formula(4, 1, "=X1", None, "#N/A")
    sheet.write_formula(5, 0, '="240"&"1005"', None, "2401005")
    sheet.write_row(5, 1, ["5ο ΓΕΛ", "ΓΕΛ"])


def only_formulas(_workbook: Any, sheet: Any) -> None:
    for row in (1, 2):
        for column in range(3):
            sheet.write_formula(row, column, "=Z9", None, "")


ODS_ROW = '<table:table-row table:number-rows-repeated="{n}">{cells}</table:table-row>'
BAD, NO_CODE, NO_NAME = SkipReason.BAD_CODE, SkipReason.NO_CODE, SkipReason.NO_NAME

CASES = [
    Case("tabs in a file named csv", text(T, A, B, sep="\t"), [A_, B_]),
    Case("a semicolon table with trailing separators", text("Κωδικός;Ονομασία;Τύπος;;;", ";".join(A) + ";;;"), [A_]),
    Case("trailing separators on the rows only", text(T, ";".join(A) + ";;;;"), [A_]),
    Case("commas inside of quoted names", text(T, [A_, '"ΓΕΛ, Τμήμα Α"', "ΓΕΛ"], sep=","), [A_]),
    Case("utf-16 big endian with its mark",
         raw("\ufeffΚωδικός\tΟνομασία\tΤύπος\n2401001\tΓΕΛ\tΓΕΛ\n".encode("utf-16-be"), "a.txt"), [A_]),
    Case("two marks of utf-8", raw(b"\xef\xbb\xbf\xef\xbb\xbf" + ";".join(T).encode() + b"\n" + ";".join(A).encode(),
         "a.csv"), [A_]),
    Case("windows letters in the last row only", text("code;name;type", "2401001;x;primary", "2401002;Άνω;primary",
         encoding="cp1253"), [A_, B_]),
    Case("Greek of the ISO", text(T, [A_, "Άνω Λύκειο", "ΓΕΛ"], encoding="iso8859_7"), [A_]),
    Case("json in utf-16", raw(json.dumps([{"registry_no": A_, "name": "ΓΕΛ", "unit_type_id": 4}]).encode("utf-16"),
         "a.json"), [A_]),
    Case("blank lines everywhere", text("", "", T, "", A, ";;", "", B, "", ""), [A_, B_]),
    Case("blank columns before and between", text(";;Κωδικός;;Ονομασία;;Τύπος", ";;2401001;;ΓΕΛ;;ΓΕΛ"), [A_]),
    Case("an old workbook named xlsx", raw(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(900), "a.xlsx"),
         refused="old Excel"),
    Case("a workbook named xls", book([T, A], name="a.xlsx"), [A_]),
    Case("a csv named xlsx", text(T, A, name="a.xlsx"), [A_]),
    Case("xml of office 2003", raw(b'<?xml version="1.0"?><Workbook/>', "a.xls"), refused="web page or XML"),
    Case("dates under the code", book([T, [date(2024, 5, 1), "ΓΕΛ", "ΓΕΛ"], A]), [A_], {2: (BAD, "2024-05-01")}),
    Case("thousands in codes", text(T, ["9.051.234", "ΓΕΛ", "ΓΕΛ"], A), ["9051234", A_], found={"code_separated": 2}),
    Case("thousands with blanks", text(T, ["9 051 234", "ΓΕΛ", "ΓΕΛ"]), ["9051234"]),
    Case("codes with their decimals", text(T, ["2401001,00", "ΓΕΛ", "ΓΕΛ"], ["2401002.0", "ΓΕΛ", "ΓΕΛ"]), [A_, B_]),
    Case("codes as powers of ten", text(T, ["2,4E+06", "ΓΕΛ", "ΓΕΛ"], A), [A_], {2: (BAD, "2,4E+06")}),
    Case("an apostrophe before the code", text(T, ["'0501001", "ΓΕΛ", "ΓΕΛ"], ["’2401001", "ΓΕΛ", "ΓΕΛ"]), ["0501001",
         A_]),
    Case("full-width digits", text(T, ["２４０１００１", "ΓΕΛ", "ΓΕΛ"]), [A_]),
    Case("Latin and Greek letters that look like digits", text(T, ["24O1OO1", "ΓΕΛ", "ΓΕΛ"], B), [B_], {2: (BAD,
         "24O1OO1")}),
    Case("a running number as the code", text(T, ["1", "1ο ΓΕΛ", "ΓΕΛ"], ["1234", "2ο", "ΓΕΛ"], A), [A_], {2: (BAD,
         "1"), 3: (BAD, "1234")}),
    Case("six digits", text(T, ["501001", "ΓΕΛ", "ΓΕΛ"]), ["0501001"], found={"code_padded": 2}),
    Case("a totals row at the end", text(T, A, ["", "ΣΥΝΟΛΟ", ""], ["Σύνολο", "1", ""]), [A_], {3: (NO_CODE, None),
         4: (BAD, "Σύνολο")}),
    Case("a total that looks like a code", text(T, A, ["14000", "", ""]), [A_], {3: (NO_NAME, None)}),
    Case("notes below the table", text(T, A, "* Πηγή: ΥΠΑΙΘΑ", "Ημερομηνία: 1/9/2025"), [A_], {3: (BAD,
         "* Πηγή: ΥΠΑΙΘΑ"), 4: (BAD, "Ημερομηνία: 1/9/2025")}),
    Case("hidden rows", book([T, A, B], extra=hide_the_last), [A_, B_], found={"hidden_rows": None}),
    Case("a merged cover", book([["", "", ""], T, A], extra=merge_titles), [A_]),
    Case("the data on the second sheet", book([["Οδηγίες"], ["Συμπληρώστε το δεύτερο φύλλο"]], [T, A]), [A_],
         found={"sheets_not_read": None}),
    Case("a hidden sheet before the data", book([T, B], [T, A], extra=hide_the_first), [A_],
         found={"sheets_not_read": None}),
    Case("an empty form before the data", book([T], [T, A]), [A_], found={"sheets_not_read": None}),
    Case("other data of a school on another sheet", book([T, A], [T, [A_, "άλλο", "ΓΕΛ"]]), [A_],
         found={"sheets_not_read": None}),
    Case("errors and formulas without results", book([T, A, ["", "2ο ΓΕΛ", "ΓΕΛ"]], extra=formulas), [A_, "2401005"],
         {3: (BAD, "=VLOOKUP(B3,Φύλλο2!A:B,2)"), 4: (BAD, "#REF!"), 5: (NO_NAME, None)}, {"formula_cell": 3,
         "error_cell": 5}),
    Case("a table of formulas without results", book([T, ["", "", ""]], extra=only_formulas), [],
         {2: (BAD, "=Z9"), 3: (BAD, "=Z9")}, {"formula_cell": 3, "no_schools": None}),
    Case("errors of a Greek Excel in a csv", text(T, ["#ΑΝΑΦ!", "ΓΕΛ", "ΓΕΛ"], [A_, "#Δ/Υ", "ΓΕΛ"], ["####", "ΓΕΛ",
         "ΓΕΛ"]), [],
         {2: (BAD, "#ΑΝΑΦ!"), 3: (NO_NAME, None), 4: (BAD, "####")}, {"error_cell": 4, "no_schools": None}),
    Case("texts kept by equal signs", text(T, '="0501001";="1ο ΓΕΛ";="ΓΕΛ"'), ["0501001"]),
    Case("a name with a number sign", text(T, [A_, "ΓΕΛ #1", "ΓΕΛ"]), [A_]),
    Case("several pages of the API", units([{"registry_no": A_}], [{"registry_no": B_}]), [A_, B_]),
    Case("the same page twice", units([{"registry_no": A_}], [{"registry_no": A_}]), [A_], found={"repeated": 2}),
    Case("codes of JSON that are none", units([{"registry_no": True}, {"registry_no": [1]}, {"registry_no": {"a": 1}},
         {"registry_no": A_}]), [A_],
         {1: (BAD, "true"), 2: (BAD, "[1]"), 3: (BAD, '{"a": 1}')}, {"wrong_kind": 3}),
    Case("names of JSON that are none", units([{"registry_no": A_, "name": ["ΓΕΛ"]}, {"registry_no": B_}]), [B_],
         {1: (NO_NAME, None)}, {"wrong_kind": 1}),
    Case("numbers and fractions as codes of JSON", units([{"registry_no": 2401001}, {"registry_no": 2401002.0},
         {"registry_no": 2401003.5}]), [A_, B_], {3: (BAD, "2401003.5")}),
    Case("a nested type", units([{"registry_no": A_, "unit_type_id": {"id": 4}}]), [A_], found={"wrong_kind": 1,
         "type_missing": 1}),
    Case("an error page of the API", units([{}], status=500, message="down"), refused="error"),
    Case("two columns of codes that agree", text(["Κωδικός", *T], [A_, *A], [B_, *B]), [A_, B_],
         found={"two_codes": None}),
    Case("two columns of codes that differ", text(["Κωδικός", *T], [B_, *A]), [A_], found={"two_codes": None,
         "codes_differ": 2}),
    Case("a running number beside the code", text(["Κωδικός", *T], ["1", *A], ["2", *B]), [A_, B_]),
    Case("two columns of one title that differ", text([T[0], *T], [A_, *A], [B_, *A]),
         refused="row 3: two columns have the title"),
    Case("schools without a type", text(T, [A_, "1ο Γυμνάσιο", ""], [B_, "2ο Δημοτικό", ""]), [A_, B_],
         found={"type_missing": 3}),
    Case("a type that is none", text(T, [A_, "1ο Γυμνάσιο", "Α/βάθμια"]), [A_], found={"type_guessed": 2}),
    Case("types in short", text(T, *[[f"240100{n}", "Χ", short] for n,
         short in enumerate(["ΔΗΜ", "Δ.Σ.", "Δ/Σ", "Ν/Γ", "ΝΗΠ"])]),
         [f"240100{n}" for n in range(5)]),
    Case("names without a letter", text(T, [A_, "---", "ΓΕΛ"], [A_, "1234", "ΓΕΛ"], B), [B_], {2: (NO_NAME, "---"),
         3: (NO_NAME, "1234")}),
    Case("blanks of programs", text([*T, "Δήμος"], [*A, "NULL"], ["nan", *B[1:], "x"], [B_, "None", "ΓΕΛ", ""]), [A_],
         {3: (NO_CODE, None), 4: (NO_NAME, None)}),
    Case("schools that do not work", text([*T, "Κατάσταση"], [*A, "Δεν λειτουργεί"], [*B, "Σε λειτουργία"]), [B_],
         {2: (SkipReason.ABOLISHED, "Δεν λειτουργεί")}),
    Case("a church school", text(T, [A_, "Εκκλησιαστικό Λύκειο", "Εκκλησιαστικό"]), [A_]),
    Case("a book as an address", text([*T, "Δήμος"], [*A, "δ" * 400]), [A_], found={"too_long": 2}),
    Case("a book as an e-mail", text([*T, "e-mail"], [*A, "a" * 300 + "@b.gr"]), [A_], found={"email_unusable": 2}),
    Case("a line of three megabytes", raw(";".join(T).encode() + b"\n" + b"x;" * (3 << 19), "a.csv"),
         refused="row 2: a line of more than 1 MB"),
    Case("titles in the middle of a sentence", text("Κωδικός σχολείου, όνομα και τύπος", T, A), [A_]),
    Case("titles in two languages", text(["School Code / Κωδικός", "Ονομασία", "Τύπος"], A), refused="Κωδικός ΥΠΑΙΘΑ"),
    Case("control letters in a name", text(T, [A_, "1ο\x0b\u200bΓΕΛ\u2028", "ΓΕΛ"]), [A_]),
]  # fmt: skip


@cache
def greek() -> dict[str, str]:
    with PO.open("rb") as file:
        return {message.id: message.string for message in read_po(file) if isinstance(message.id, str)}


QUIET = {"remoteness_unknown", "special_unknown", "minority_unknown", "states_unknown", "regions_unknown"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_from_outside_is_read_as_told(tmp_path, case) -> None:
    path = case.make(tmp_path)
    if case.refused is not None:
        with pytest.raises(InputError) as caught:
            read_schools(path)
        assert case.refused in str(caught.value)
        assert greek()[caught.value.text].format(**caught.value.facts)
        return
    read = read_schools(path)
    assert [school.code for school in read.rows] == list(case.codes)
    assert {skip.row: (skip.reason, skip.detail) for skip in read.skipped} == dict(case.skipped)
    assert {f.code: f.row for f in read.findings if f.code not in QUIET} == dict(case.found)
    for finding in read.findings:
        assert greek()[finding.text].format(**finding.facts)


def test_the_two_old_encodings_of_greek_are_told_apart(tmp_path) -> None:
    for encoding, shown in (("iso8859_7", "ISO-8859-7"), ("cp1253", "Windows-1253")):
        read = read_schools(text(T, [A_, "Άνω Λύκειο", "ΓΕΛ"], encoding=encoding)(tmp_path))
        assert (read.rows[0].name, read.format.encoding) == ("Άνω Λύκειο", shown)


@pytest.mark.parametrize(
    "titles",
    [
        ["ΚΩΔ.ΥΠ.", "ΟΝΟΜΑΣΙΑ ΣΧΟΛΕΙΟΥ", "ΤΥΠΟΣ/ΒΑΘΜΙΔΑ"],
        ["Κωδ. Σχ.", "Όνομα Σχολείου", "Τύπος σχ. μονάδας"],
        ["Κωδικός Σχολικής Μονάδας", "Σχολική Μονάδα", "Είδος"],
        ["Κωδικός Υ.ΠΑΙ.Θ.", "Ονομασία", "Κατηγορία Σχολείου"],
        ["Κωδικός\u00a0ΥΠΑΙΘΑ (7ψήφιος)", "Oνομασία", "Tύπος"],
    ],
)
def test_odd_titles_are_known(tmp_path, titles) -> None:
    assert [school.code for school in read_schools(text(titles, A)(tmp_path)).rows] == [A_]


def test_repeated_cells_of_a_libreoffice_sheet_are_not_unfolded(ods_file) -> None:
    blank = '<table:table-cell table:number-columns-repeated="16384"/>'
    name = '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
    wide = ODS_ROW.format(n=1, cells=name + blank.replace("16384", "1000000000"))
    for tail in (ODS_ROW.format(n=1_000_000_000, cells=blank), ODS_ROW.format(n=1_000_000_000, cells=name), wide):
        with pytest.raises(InputError, match="far outside of any table") as caught:
            read_schools(ods_file([T, A], tail))
        assert greek()[caught.value.text].format(**caught.value.facts)


def test_errors_of_a_libreoffice_sheet_are_counted(ods_file) -> None:
    error = (
        '<table:table-cell xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" '
        'office:value-type="string" office:string-value="" calcext:value-type="error"><text:p>#REF!</text:p>'
        "</table:table-cell>"
    )
    read = read_schools(ods_file([T, A], ODS_ROW.format(n=1, cells=error * 2)))
    (finding,) = [finding for finding in read.findings if finding.code == "error_cells"]
    assert finding.facts["count"] == 2


def test_a_register_without_types_has_one_finding_for_each_level(tmp_path) -> None:
    rows = [[f"24{number:05d}", f"{number}ο {'Γυμνάσιο' if number % 3 else 'Λύκειο'}", ""] for number in range(3000)]
    found = [f for f in read_schools(text(T, *rows)(tmp_path)).findings if f.code == "type_missing"]
    assert [(f.facts["level"], f.facts["count"], f.facts["first"]) for f in found] == [
        ("general_upper", 1000, 2), ("lower_secondary", 2000, 3),
    ]  # fmt: skip


def test_what_is_wrong_with_a_list_of_departments_is_told_alike(tmp_path) -> None:
    titles = ["code", "name", "university", "city"]
    rows = [
        ["12", "α", "β", "γ"],
        ["U-2", "#REF!", "β", "γ"],
        ["U-3", "δ" * 400, "β", "γ"],
        *[["U-4", "α", "β", "γ"]] * 2,
    ]
    read = read_departments(text(titles, *rows)(tmp_path))
    assert [(row.code, len(row.name)) for row in read.rows] == [("U-3", 300), ("U-4", 1)]
    assert [(skip.row, skip.reason, skip.detail) for skip in read.skipped] == [
        (2, BAD, "12"), (3, SkipReason.INCOMPLETE, "name"),
    ]  # fmt: skip
    assert {finding.code: finding.row for finding in read.findings} == {"error_cell": 3, "too_long": 4, "repeated": 6}
