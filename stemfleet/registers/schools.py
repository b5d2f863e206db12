"""Registers of schools: every shape that they come in, read into SchoolRow."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from stemfleet.errors import InputError
from stemfleet.registers.codes import school_code
from stemfleet.registers.columns import Column
from stemfleet.registers.kinds import (
    closed_reason,
    is_school_category,
    is_special,
    level_of,
    orientation_categories,
    yes_or_no,
)
from stemfleet.registers.names import fold
from stemfleet.registers.regions import region_of
from stemfleet.registers.tables import Fields, Table, open_table
from stemfleet.registers.values import Finding, SchoolRow, SchoolsFile, Shape, Skipped, SkipReason, Weight
from stemfleet.words import Category, Level, SchoolStatus

# Titles in folded form. The mm code («Κωδικός ΜΜ») is not the school's code, and must not fit the first line.
COLUMNS: Sequence[Column] = (
    Column(
        "code",
        ("ΚΩΔ* ΥΠ*", "REGISTRY NO", "SCHOOL CODE", "ΚΩΔ* ΣΧΟΛ*", "ΚΩΔ* ΜΟΝΑΔΑΣ", "ΚΩΔΙΚΟΣ", "ΚΩΔ", "CODE"),
        "Κωδικός ΥΠΑΙΘΑ",
        needed=True,
    ),
    Column(
        "name",
        ("ΟΝΟΜΑΣΙΑ*", "ΟΝΟΜΑ", "ΟΝΟΜΑ ΣΧΟΛ*", "ΣΧΟΛΕΙΟ", "ΣΧΟΛΙΚΗ ΜΟΝΑΔΑ", "NAME", "SCHOOL NAME"),
        "Ονομασία",
        needed=True,
    ),
    Column("type_id", ("UNIT TYPE ID",)),
    Column(
        "type",
        (
            "ΤΥΠΟΣ",
            "ΤΥΠΟΣ ΣΧΟΛ*",
            "ΤΥΠΟΣ ΜΟΝΑΔ*",
            "ΕΙΔΟΣ",
            "ΕΙΔΟΣ ΣΧΟΛ*",
            "ΒΑΘΜΙΔΑ*",
            "UNIT TYPE",
            "SCHOOL TYPE",
            "TYPE",
            "LEVEL",
        ),
        "Τύπος σχολείου",
        needed=True,
    ),
    Column("subtype", ("SCHOOL SUBTYPE",)),
    Column("category_id", ("CATEGORY ID",)),
    Column("category", ("ΚΑΤΗΓΟΡΙΑ", "CATEGORY")),
    Column("state_id", ("STATE ID",)),
    Column("state", ("ΚΑΤΑΣΤΑΣΗ*", "STATE")),
    Column("orientation_id", ("ORIENTATION TYPE ID",)),
    Column("orientation", ("ΠΡΟΣΑΝΑΤΟΛΙΣΜΟΣ", "ORIENTATION TYPE")),
    Column("special_id", ("SPECIAL TYPE ID",)),
    Column("special", ("ΕΙΔΙΚΟΣ ΧΑΡΑΚΤΗΡΙΣΜΟΣ", "ΕΙΔΙΚΗ ΑΓΩΓΗ", "ΕΙΔΙΚΗΣ ΑΓΩΓΗΣ", "SPECIAL TYPE")),
    Column("remote", ("ΔΥΣΠΡΟΣΙΤ*", "ΑΠΟΜΑΚΡΥΣΜΕΝ*", "INACCESSIBLE", "REMOTE")),
    Column("region_id", ("REGION EDU ADMIN ID",)),
    Column("region", ("ΠΕΡΙΦΕΡΕΙΑ", "ΠΕΡΙΦΕΡΕΙΑΚΗ ΔΙΕΥΘΥΝΣΗ*", "ΠΔΕ", "REGION EDU ADMIN", "REGIONAL UNIT", "REGION")),
    Column(
        "directorate",
        (
            "ΔΙΕΥΘΥΝΣΗ ΕΚΠ*",
            "ΔΙΕΥΘΥΝΣΗ ΠΕ*",
            "ΔΙΕΥΘΥΝΣΗ ΔΕ*",
            "ΔΙΕΥΘΥΝΣΗ * ΕΚΠ*",
            "EDU ADMIN",
            "DISTRICT",
            "DIRECTORATE",
        ),
    ),
    Column("municipality", ("ΔΗΜΟΣ*", "ΚΑΛΛΙΚΡΑΤΙΚΟΣ ΔΗΜΟΣ", "MUNICIPALITY")),
    Column("address", ("ΔΙΕΥΘΥΝΣΗ*", "ΟΔΟΣ*", "ΤΑΧ* ΔΙΕΥΘΥΝΣΗ", "STREET ADDRESS", "ADDRESS")),
    Column("postal_code", ("ΤΑΧ* ΚΩΔ*", "ΤΚ", "Τ Κ", "POSTAL CODE", "ZIP CODE")),
    Column("phone", ("ΤΗΛΕΦΩΝΟ*", "ΤΗΛ", "PHONE NUMBER", "PHONE")),
    Column(
        "email",
        ("ΗΛΕΚΤΡΟΝΙΚΗ ΑΛΛΗΛΟΓΡΑΦΙΑ", "E MAIL*", "Ε MAIL*", "EMAIL*", "ΗΛΕΚΤΡ* ΤΑΧΥΔΡΟΜΕΙΟ", "ΗΛΕΚΤΡ* ΔΙΕΥΘΥΝΣΗ"),
    ),
)

_UNTOLD = {
    Category.REMOTE: (
        "remoteness_unknown",
        "The file does not say which schools are remote: what is known of them is kept.",
    ),
    Category.SPECIAL: (
        "special_unknown",
        "The file has no column for special education: what is known of it is kept.",
    ),
    Category.MINORITY: (
        "minority_unknown",
        "The file has no column for minority schools: what is known of them is kept.",
    ),
}
_COUNTRY = {"ΕΛΛΑΔΑ", "ΕΛΛΑΣ", "GREECE"}


def read_schools(path: Path) -> SchoolsFile:
    """Reads a register of schools: mm.sch.gr (API JSON, CSV or XLSX export), data.gov.gr JSON, or a spreadsheet.

    Rows without a code, units that are not schools and closed ones come back as skipped. Raises InputError, with
    nothing returned, for an unreadable file, a missing column (code, name, type), or two different schools under one
    code; NotFound when there is no such file.
    """
    rows: dict[str, SchoolRow] = {}
    with open_table(path, COLUMNS) as table:
        for school in iter_schools(table):
            earlier = rows.setdefault(school.code, school)
            if earlier is not school:
                table.findings.append(_repeated(table, earlier, school))
    known = known_categories(table)
    findings = (*_about_the_file(table, known, rows), *table.findings)
    return SchoolsFile(table.file, table.format, tuple(rows.values()), tuple(table.skipped), findings, known)


def iter_schools(table: Table) -> Iterator[SchoolRow]:
    """The schools of an open table, one at a time in the file's order, duplicates included.

    What is left out or odd is appended to the table's `skipped` and `findings` on the way.
    """
    for row, fields in table.rows:
        read = _read_row(table, row, fields)
        if isinstance(read, SchoolRow):
            yield read
        else:
            table.skipped.append(read)


def known_categories(table: Table) -> frozenset[Category]:
    """The categories that the table's columns can tell. A type such as «ΣΔΕ» or «ΕΕΕΕΚ» tells even without them."""
    known = {
        Category.SPECIAL: {"special", "special_id", "subtype"},
        Category.MINORITY: {"orientation", "orientation_id"},
        Category.SECOND_CHANCE: {"type", "type_id"},
        Category.REMOTE: {"remote"},
    }
    return frozenset(category for category, fields in known.items() if fields & table.fields)


def _read_row(table: Table, row: int, fields: Fields) -> SchoolRow | Skipped:
    written, name = fields.get("code", ""), fields.get("name")
    code, padded = school_code(written)
    type_id, type_text = _type(fields)
    level = level_of(type_id, type_text, name or "")
    filed_elsewhere = table.format.shape is not Shape.TABLE and not is_school_category(
        *_number_and_text(fields, "category")
    )
    reasons = (
        (SkipReason.NOT_A_SCHOOL, filed_elsewhere, fields.get("category")),
        (SkipReason.NOT_A_SCHOOL, level is SkipReason.NOT_A_SCHOOL, type_text or type_id),
        (closed := _closed(table, row, fields), closed is not None, fields.get("state")),
        (SkipReason.NO_CODE, not written, None),
        (SkipReason.BAD_CODE, code is None, written),
        (SkipReason.NO_NAME, name is None, None),
        (SkipReason.UNKNOWN_TYPE, level is SkipReason.UNKNOWN_TYPE, type_text or type_id),
    )
    for reason, holds, detail in reasons:
        if holds:
            assert reason is not None
            return Skipped(row, reason, code, name, detail, table.format.sheet)
    assert code is not None
    assert isinstance(level, Level)
    if padded:
        text = "The code {written} lost its leading zeros: read as {code}."
        table.findings.append(_finding(table, "code_padded", text, row, written=written, code=code))
    return _school(table, row, fields, code, level)


def _school(table: Table, row: int, fields: Fields, code: str, level: Level) -> SchoolRow:
    address, directorate = _address(fields)
    remote = yes_or_no(fields.get("remote", ""))
    postal, phone = fields.get("postal_code"), fields.get("phone")
    return SchoolRow(
        code=code,
        name=fields["name"],
        level=level,
        region=_region(table, row, fields),
        directorate=directorate,
        municipality=fields.get("municipality"),
        address=address,
        postal_code=postal.removesuffix(".0").replace(" ", "").zfill(5) if postal else None,
        phone=phone.removesuffix(".0") if phone else None,
        email=_email(table, row, fields),
        status=SchoolStatus.ACTIVE,
        categories=tuple(sorted(_categories(fields, level, remote))),
        remote_known=remote is not None,
        row=row,
    )


def _categories(fields: Fields, level: Level, remote: bool | None) -> set[Category]:
    found = set(orientation_categories(*_number_and_text(fields, "orientation")))
    if level is Level.SECOND_CHANCE:
        found.add(Category.SECOND_CHANCE)
    special = is_special(*_number_and_text(fields, "special"))
    if special or level is Level.SPECIAL_VOCATIONAL or _says_special(fields):
        found.add(Category.SPECIAL)
    if remote:
        found.add(Category.REMOTE)
    return found


def _says_special(fields: Fields) -> bool:
    """A type in words («Ειδικό Δημοτικό») where the register's own column is missing."""
    if "special_id" in fields or "special" in fields:
        return False
    return is_special("", fields.get("type", "")) or is_special("", fields.get("subtype", ""))


def _type(fields: Fields) -> tuple[str, str]:
    """The type's number and words. data.gov.gr says «Ιδιωτικά Σχολεία» and has the kind of school as the subtype."""
    number, text = _number_and_text(fields, "type")
    return number, f"{fields['subtype']} {text}" if "subtype" in fields else text


def _number_and_text(fields: Fields, name: str) -> tuple[str, str]:
    """The register's number and its words; the column of words may hold the number."""
    number, text = fields.get(f"{name}_id", ""), fields.get(name, "")
    if not number and text.isascii() and text.isdigit():
        return text, ""
    return number, text


def _closed(table: Table, row: int, fields: Fields) -> SkipReason | None:
    state_id, text = _number_and_text(fields, "state")
    try:
        return closed_reason(state_id, text)
    except ValueError:
        sentence = "The state «{state}» is not known: taken as working."
        table.findings.append(_finding(table, "state_unknown", sentence, row, state=text or state_id))
        return None


def _region(table: Table, row: int, fields: Fields) -> str | None:
    number, text = _number_and_text(fields, "region")
    written = number or text
    if not written:
        return None
    region = region_of(number) or region_of(text)
    if region is None:
        sentence = "The region «{region}» is not known: the school is loaded without one."
        table.findings.append(_finding(table, "region_unknown", sentence, row, region=text or number))
    return region


def _address(fields: Fields) -> tuple[str | None, str | None]:
    """(street, directorate): a column «Διεύθυνση» may hold either of them, and in the register's export the country."""
    address, directorate = fields.get("address"), fields.get("directorate")
    if address is None:
        return None, directorate
    folded = fold(address)
    if folded in _COUNTRY:
        return None, directorate
    if folded.startswith("ΔΙΕΥΘΥΝΣΗ ") and directorate is None:
        return None, address
    return address, directorate


def _email(table: Table, row: int, fields: Fields) -> str | None:
    email = fields.get("email")
    if email is None or (email.count("@") == 1 and " " not in email and "." in email.partition("@")[2]):
        return email
    table.findings.append(
        _finding(table, "email_unusable", "«{email}» is not an e-mail address: left out.", row, email=email)
    )
    return None


def _repeated(table: Table, earlier: SchoolRow, later: SchoolRow) -> Finding:
    differences = earlier.differences(later)
    if differences:
        field, (one, other) = next(iter(differences.items()))
        raise InputError(
            "{file}, row {row}: school {code} is also in row {earlier}, with another {field} "
            "(«{one}», here «{other}»). "
            "Correct or delete one of the two rows.",
            file=table.file,
            row=later.row,
            code=later.code,
            earlier=earlier.row,
            field=field,
            one=one,
            other=other,
        )
    text = "School {code} is in row {earlier} already, with the same data: read once."
    return _finding(table, "repeated", text, later.row, Weight.NOTE, code=later.code, earlier=earlier.row)


def _finding(
    table: Table, code: str, text: str, row: int, weight: Weight = Weight.WARNING, /, **facts: object
) -> Finding:
    return Finding(code, text, facts, row, table.format.sheet, weight)


def _about_the_file(table: Table, known: frozenset[Category], rows: dict[str, SchoolRow]) -> Iterator[Finding]:
    sheet = table.format.sheet
    for category, (code, text) in _UNTOLD.items():
        if category not in known:
            yield Finding(code, text, sheet=sheet)
    if not {"state", "state_id"} & table.fields and table.format.shape is not Shape.DATA_GOV:
        text = "The file does not say which schools are closed: all of them are taken as working."
        yield Finding("states_unknown", text, sheet=sheet, weight=Weight.NOTE)
    if not rows:
        yield Finding("no_schools", "No row of the file is a school that works.", sheet=sheet)
    if not {"region", "region_id"} & table.fields and table.format.shape is not Shape.DATA_GOV:
        yield Finding("regions_unknown", "The file has no column for regions.", sheet=sheet, weight=Weight.NOTE)
