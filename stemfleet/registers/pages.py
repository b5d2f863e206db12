"""A register in several files, such as the pages of the mm.sch.gr API, read as one: every row keeps its file.

The rows of the second file are numbered from 10,000,000 on, those of the third from 20,000,000: `part_and_row` takes
such a number apart again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from stemfleet.errors import InputError
from stemfleet.registers.schools import SchoolsReading, open_schools, refuse_other_data
from stemfleet.registers.values import FileFormat, Finding, SchoolRow, Skipped
from stemfleet.words import Category

_PART = 10_000_000  # rows; ten times as many as a spreadsheet has


def part_and_row(number: int) -> tuple[int, int]:
    """(which file, from 0; the row in it) of a row of several files."""
    return divmod(number, _PART)


@dataclass
class PagesReading:
    """Files that are read one after the other; everything but `rows` is whole once these are read.

    Where there are several, what is skipped or found names its file before the sheet. `known`: what each can tell.
    """

    files: Sequence[Path]
    formats: list[FileFormat] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    _known: list[frozenset[Category]] = field(default_factory=list)
    _findings: list[Finding] = field(default_factory=list)
    _columns: frozenset[str] = frozenset()
    _before: int = 0  # bytes of the files that are read
    _now: SchoolsReading | None = None

    @property
    def done(self) -> int:
        """How many of the `size` bytes are read."""
        return self._before + (self._now.done if self._now else 0)

    @property
    def size(self) -> int:
        return sum(file.stat().st_size for file in self.files)

    @property
    def known(self) -> frozenset[Category]:
        return frozenset.intersection(*self._known)

    @property
    def rows(self) -> Iterator[SchoolRow]:
        """The schools of all files, duplicates included. Raises InputError for files with different columns too."""
        for part, file in enumerate(self.files):
            with open_schools(file) as reading:
                self._check_columns(reading)
                self._now, count = reading, 0
                for row in reading.rows:
                    count += 1
                    yield row._replace(row=part * _PART + row.row) if part else row
                self._keep(part, reading, count)
            self._now, self._before = None, self._before + file.stat().st_size

    def findings(self) -> list[Finding]:
        """Pages are missing only where all of them together are not enough."""
        missing = [finding for finding in self._findings if finding.code == "pages_missing"]
        others = [finding for finding in self._findings if finding.code != "pages_missing"]
        if len(self.files) == 1:
            return self._findings
        count = sum(finding.facts["count"] for finding in missing)
        total = max((finding.facts["total"] for finding in missing), default=0)
        if len(missing) < len(self.files) or count >= total:
            return others
        text = "The {files} files hold {count} of the {total} units that the register has: pages are missing."
        return [Finding("pages_missing", text, {"files": len(self.files), "count": count, "total": total}), *others]

    def place(self, number: int) -> tuple[int, str | None]:
        """(the row in its file, the file and sheet as messages name them) of a row."""
        part, row = part_and_row(number)
        return row, self._label(part)

    def refuse_other_data(self, earlier: SchoolRow, later: SchoolRow) -> Finding:
        """As `schools.refuse_other_data`; the rows may be of different files."""
        part, row = part_and_row(later.row)
        earlier_part, earlier_row = part_and_row(earlier.row)
        at = f"{earlier_row} ({self.files[earlier_part].name})" if part != earlier_part else str(earlier_row)
        return refuse_other_data(self.files[part].name, self._label(part), earlier, later._replace(row=row), at)

    def _label(self, part: int) -> str | None:
        sheet = self.formats[part].sheet
        return sheet if len(self.files) == 1 else ", ".join(filter(None, [self.files[part].name, sheet]))

    def _check_columns(self, reading: SchoolsReading) -> None:
        if not self.formats:
            self._columns = reading.columns
        elif differing := sorted(self._columns ^ reading.columns):
            raise InputError(
                "{file} has other columns than {first} ({columns}). Files that are read together have the same ones: "
                "import this one by itself.",
                file=reading.file,
                first=self.files[0].name,
                columns=", ".join(differing),
            )
        self.formats.append(reading.format)

    def _keep(self, part: int, reading: SchoolsReading, count: int) -> None:
        self._known.append(reading.known)
        skipped, found = reading.skipped, reading.findings(count)
        if len(self.files) > 1:
            skipped = [replace(skip, sheet=self._label(part)) for skip in skipped]
            found = [replace(finding, sheet=self._label(part)) for finding in found]
        self.skipped += skipped
        self._findings += found
