"""Synthetic files with true-to-life shapes, for the demo, for training and for the tests.

No register may be passed on with the program, so it draws its own: the same seed gives the same bytes everywhere.
"""

from collections.abc import Sequence
from pathlib import Path

from stemfleet.errors import InputError
from stemfleet.registers.sample.columns import EXPORT_TITLES, api_fields, export_cells
from stemfleet.registers.sample.departments import TITLES as DEPARTMENT_TITLES
from stemfleet.registers.sample.departments import department_rows
from stemfleet.registers.sample.evidence import TITLES as EVIDENCE_TITLES
from stemfleet.registers.sample.evidence import draw_evidence
from stemfleet.registers.sample.schools import MAX_SCHOOLS, draw_register
from stemfleet.registers.sample.write import Row, refuse_ending, whole_file, write_csv, write_envelope, write_xlsx
from stemfleet.registers.schools import read_schools

__all__ = ["sample_departments", "sample_evidence", "sample_register"]


def sample_register(out: Path, *, schools: int = 14_000, seed: int = 1) -> int:
    """Writes a register with `schools` working schools, and closed units, offices and units without code besides.

    `.json` is the mm.sch.gr API's envelope; `.csv` and `.xlsx` are the register's exports with Greek titles, which do
    not tell remoteness. Returns the number of rows. Raises InputError for another ending, for a number of schools
    outside 1 to 1,000,000, and where the file cannot be written.
    """
    if not 1 <= schools <= MAX_SCHOOLS:
        raise InputError("{schools} schools: give a number from 1 to {most}.", schools=schools, most=MAX_SCHOOLS)
    if out.suffix not in {".json", ".csv", ".xlsx"}:
        raise refuse_ending(out, (".json", ".csv", ".xlsx"))
    units = draw_register(schools, seed)
    titles = [title for title, _ in EXPORT_TITLES]
    if out.suffix == ".json":
        whole_file(out, lambda path: write_envelope(path, [api_fields(unit) for unit in units]))
    elif out.suffix == ".csv":
        rows = (export_cells(unit) for unit in units)
        whole_file(out, lambda path: write_csv(path, titles, rows, quote_all=True))
    else:
        rows = (export_cells(unit) for unit in units)
        whole_file(out, lambda path: write_xlsx(path, "Worksheet", titles, rows))
    return len(units)


def sample_departments(out: Path) -> int:
    """Writes the 23 university departments, `.csv` or `.xlsx`. Returns their number."""
    return _write_table(out, "departments", DEPARTMENT_TITLES, department_rows())


def sample_evidence(register: Path, out: Path, *, seed: int = 1) -> int:
    """Writes eTwinning records for the schools of a register file and the 23 departments, `.csv` or `.xlsx`.

    Returns the number of records. Raises InputError as `read_schools` does for the register.
    """
    return _write_table(out, "evidence", EVIDENCE_TITLES, draw_evidence(read_schools(register).rows, seed))


def _write_table(out: Path, sheet: str, titles: tuple[str, ...], rows: Sequence[Row]) -> int:
    if out.suffix == ".csv":
        whole_file(out, lambda path: write_csv(path, titles, rows))
    elif out.suffix == ".xlsx":
        whole_file(out, lambda path: write_xlsx(path, sheet, titles, rows))
    else:
        raise refuse_ending(out, (".csv", ".xlsx"))
    return len(rows)
