"""The world's files as values: school registers, university departments, eTwinning records, kits of earlier waves.

    read_schools(path) -> SchoolsFile          read_evidence(path) -> EvidenceFile
    read_departments(path) -> DepartmentsFile  read_legacy(path) -> LegacyFile

Each detects what the file is (`.format`), gives its rows (`.rows`), the rows left out with the reason (`.skipped`),
and what a person should look at (`.findings`). A file that cannot be used as a whole raises InputError, and nothing
comes back. `fold` compares names; `search_key` and `search_words` bring them into the spelling of the search; `REGIONS`
names the regions by their two-digit number. The room knows no database. The synthetic files that the demo and the tests
load are made in `stemfleet.registers.sample`.
"""

from stemfleet.registers.codes import department_code, recipient_code, school_code
from stemfleet.registers.names import clean, fold
from stemfleet.registers.pages import PagesReading, part_and_row
from stemfleet.registers.records import read_departments, read_evidence, read_legacy
from stemfleet.registers.regions import REGIONS, region_of
from stemfleet.registers.schools import SchoolsReading, open_schools, read_schools
from stemfleet.registers.searching import SPELLING, is_named, search_key, search_name, search_words
from stemfleet.registers.values import (
    SKIP_TEXTS,
    Container,
    DepartmentRow,
    DepartmentsFile,
    EvidenceFile,
    EvidenceRow,
    FileFormat,
    Finding,
    LegacyFile,
    LegacyRow,
    Read,
    SchoolRow,
    SchoolsFile,
    Shape,
    Skipped,
    SkipReason,
    Weight,
    closed_codes,
)
from stemfleet.registers.winners import WinnerRow, read_winners

__all__ = [
    "REGIONS",
    "SKIP_TEXTS",
    "SPELLING",
    "Container",
    "DepartmentRow",
    "DepartmentsFile",
    "EvidenceFile",
    "EvidenceRow",
    "FileFormat",
    "Finding",
    "LegacyFile",
    "LegacyRow",
    "PagesReading",
    "Read",
    "SchoolRow",
    "SchoolsFile",
    "SchoolsReading",
    "Shape",
    "SkipReason",
    "Skipped",
    "Weight",
    "WinnerRow",
    "clean",
    "closed_codes",
    "department_code",
    "fold",
    "is_named",
    "open_schools",
    "part_and_row",
    "read_departments",
    "read_evidence",
    "read_legacy",
    "read_schools",
    "read_winners",
    "recipient_code",
    "region_of",
    "school_code",
    "search_key",
    "search_name",
    "search_words",
]
