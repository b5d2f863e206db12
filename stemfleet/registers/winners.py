"""The list of a contest's winners: who gets what as a prize."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stemfleet.errors import InputError
from stemfleet.registers.cells import Fields
from stemfleet.registers.codes import recipient_code
from stemfleet.registers.columns import Column
from stemfleet.registers.tables import open_table

WINNER_COLUMNS: Sequence[Column] = (
    Column("code", ("CODE", "SCHOOL", "SCHOOL CODE", "ΚΩΔ* ΥΠ*", "ΚΩΔ* ΣΧΟΛ*", "ΚΩΔΙΚΟΣ"), "school", needed=True),
    Column("model", ("MODEL", "KIT", "ΜΟΝΤΕΛΟ*", "ΕΞΟΠΛΙΣΜΟΣ*"), "model", needed=True),
    Column("edition", ("EDITION", "ΔΙΟΡΓΑΝΩΣΗ*", "ΔΙΑΓΩΝΙΣΜΟΣ*"), "edition", needed=True),
    Column("rank", ("RANK", "ΘΕΣΗ*", "ΔΙΑΚΡΙΣΗ*"), "rank", needed=True),
    Column("units", ("UNITS", "N", "ΤΕΜΑΧΙΑ", "ΠΛΗΘΟΣ*")),
)


@dataclass(frozen=True)
class WinnerRow:
    """A winner as written in the file; `units` is 1 if blank."""

    code: str
    model: str
    edition: str
    rank: str
    units: int
    row: int


def read_winners(path: Path) -> tuple[WinnerRow, ...]:
    """Reads school, model, edition and rank, and units if there are any; every row must be complete.

    Raises InputError with file, row and reason: a prize that is left out silently is a prize not given.
    """
    with open_table(path, WINNER_COLUMNS) as table:
        rows = tuple(_winner(table.file, number, fields) for number, fields in table.rows)
        for left_out in table.skipped:
            raise InputError(
                "{file}, row {row} cannot be used: {reason}.", file=table.file, row=left_out.row, reason=left_out.reason
            )
    return rows


def _winner(file: str, row: int, fields: Fields) -> WinnerRow:
    for name in ("code", "model", "edition", "rank"):
        if name not in fields:
            raise InputError("{file}, row {row}: {column} is missing.", file=file, row=row, column=name)
    code, _padded = recipient_code(fields["code"])
    if code is None:
        raise InputError("{file}, row {row}: {code} is no school's code.", file=file, row=row, code=fields["code"])
    units = fields.get("units", "1")
    if not units.isdigit():
        raise InputError("{file}, row {row}: {units} is no number of kits.", file=file, row=row, units=units)
    return WinnerRow(code, fields["model"], fields["edition"], fields["rank"], int(units), row)
