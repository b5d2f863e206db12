"""Builders of files: a test states only what matters to it."""

import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import xlsxwriter

TITLES = ["Κωδικός ΥΠΑΙΘ", "Ονομασία", "Τύπος"]
KERKYRA = ["2401001", "1ο ΓΥΜΝΑΣΙΟ ΚΕΡΚΥΡΑΣ", "ΓΥΜΝΑΣΙΟ"]
PAXOI = ["9240002", "ΝΗΠΙΑΓΩΓΕΙΟ ΠΑΞΩΝ", "ΝΗΠΙΑΓΩΓΕΙΟ"]
SCHOOLS = [TITLES, KERKYRA, PAXOI]

_ODS_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)


@pytest.fixture
def text_file(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str, encoding: str = "utf-8", name: str = "schools.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.fixture
def csv_file(text_file) -> Callable[..., Path]:
    def write(rows: Sequence[Sequence[str]] = SCHOOLS, delimiter: str = ";", **how: str) -> Path:
        return text_file("\r\n".join(delimiter.join(row) for row in rows) + "\r\n", **how)

    return write


@pytest.fixture
def xlsx_file(tmp_path: Path) -> Callable[..., Path]:
    """`extra(workbook, sheet)` may add what a plain table cannot hold; `sheets` are further ones."""

    def write(rows=SCHOOLS, extra=None, sheets=(), name: str = "schools.xlsx") -> Path:
        path = tmp_path / name
        with xlsxwriter.Workbook(str(path)) as workbook:
            for table in (rows, *sheets):
                sheet = workbook.add_worksheet()
                for number, row in enumerate(table):
                    sheet.write_row(number, 0, row)
            if extra is not None:
                extra(workbook, workbook.worksheets()[0])
        return path

    return write


@pytest.fixture
def ods_file(tmp_path: Path) -> Callable[..., Path]:
    """As LibreOffice saves it: with the blank rest of the sheet as repeated cells and rows. `tail` replaces that."""
    blank = '<table:table-cell table:number-columns-repeated="16384"/>'
    rest = f'<table:table-row table:number-rows-repeated="1048500">{blank}</table:table-row>'

    def write(rows=SCHOOLS, tail: str = rest) -> Path:
        path = tmp_path / "schools.ods"
        cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
        lines = "".join(
            f"<table:table-row>{''.join(cell.format(text) for text in row)}</table:table-row>" for row in rows
        )
        content = (
            f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_ODS_NAMES} office:version="1.2">'
            f'<office:body><office:spreadsheet><table:table table:name="Σχολεία">{lines}{tail}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>"
        )
        kind = "application/vnd.oasis.opendocument.spreadsheet"
        manifest_names = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo("mimetype"), kind)
            archive.writestr(
                "META-INF/manifest.xml",
                f'<manifest:manifest {manifest_names}><manifest:file-entry manifest:full-path="/" '
                f'manifest:media-type="{kind}"/></manifest:manifest>',
            )
            archive.writestr("content.xml", content)
        return path

    return write


@pytest.fixture
def api_file(tmp_path: Path) -> Callable[..., Path]:
    """The mm.sch.gr API's envelope around units; a unit has what the test names, and is a working school besides."""
    school = {"name": "1ο ΓΥΜΝΑΣΙΟ ΚΕΡΚΥΡΑΣ", "category_id": 1, "state_id": 1, "unit_type_id": 3, "inaccessible": False}

    def write(*units: dict, pages: int = 1, **envelope) -> Path:
        path = tmp_path / "units.json"
        filled = [{**school, "registry_no": f"240100{number}", **unit} for number, unit in enumerate(units, 1)]
        size = -(-len(filled) // pages)
        documents = [
            {"data": filled[start : start + size], "total": len(filled), "status": 200, **envelope}
            for start in range(0, len(filled), size)
        ]
        path.write_text(json.dumps(documents if pages > 1 else documents[0]), encoding="utf-8")
        return path

    return write


def rewrite_part(path: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    """Changes one part inside a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, change(data) if name == part else data)


@pytest.fixture
def change_part() -> Callable[..., None]:
    return rewrite_part
