"""What stands behind the lines of one school's points: the records, their files and rows, and what was cut off."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stemfleet.allocation.values import Rules
from stemfleet.errors import NotFound
from stemfleet.schools.evidence import StoredRecord, stored_records
from stemfleet.store import Evidence, School
from stemfleet.waves.points import Counted, Cut, Item, PointsEntry, PointsTable
from stemfleet.words import Level
from stemfleet.workshop import Workshop


@dataclass(frozen=True)
class Traced:
    """A record as a line counts it: the file, row and date that it came from, its worth, what counts, why not more."""

    record: Evidence
    file: str
    imported: datetime
    worth: int
    counted: int
    cut: Cut | None

    def as_json(self) -> dict[str, Any]:
        record = self.record
        return {
            "kind": record.kind,
            "year": record.year,
            "number": record.number,
            "edition": record.edition,
            "rank": record.rank,
            "person": record.person,
            "title": record.title,
            "file": self.file,
            "row": record.row,
            "imported": self.imported.isoformat(),
            "worth": self.worth,
            "counted": self.counted,
            "cut": self.cut,
        }


@dataclass(frozen=True)
class EvidenceLine:
    """A line of the points table with every record of its kind, the newest first. `points`: what they give."""

    label: str
    kind: str
    points: int
    records: tuple[Traced, ...]

    @property
    def counting(self) -> list[Traced]:
        return [record for record in self.records if record.counted]

    @property
    def cut_off(self) -> list[Traced]:
        """Those that count for less than they are worth, or not at all."""
        return [record for record in self.records if record.cut is not None]

    def as_json(self) -> dict[str, Any]:
        return {"label": self.label, "points": self.points, "records": [record.as_json() for record in self.records]}


@dataclass(frozen=True)
class SchoolEvidence:
    """Every line for which the school has a record, in the table's order; `others`: of kinds that give no points."""

    lines: tuple[EvidenceLine, ...]
    others: tuple[Traced, ...]

    @property
    def total(self) -> int:
        return sum(line.points for line in self.lines)

    def line(self, label: str) -> EvidenceLine | None:
        return next((line for line in self.lines if line.label == label), None)


def lines_with_evidence(
    workshop: Workshop,
    rules: Rules,
    year: int,
    school: str,
    *,
    level: Level | None = None,
    until: datetime | None = None,
    agreed: Collection[int] = (),
) -> SchoolEvidence:
    """For each line of the rules' points, the records that count and those that a cap or an age limit cut off.

    `level`: as the wave has it, when it is not the stored one. `until`: records that were imported later do not count,
    except those with the ids `agreed`. Raises NotFound for an unknown school, InputError for rules that are none.
    """
    table = PointsTable.read(rules.points, year)
    with workshop.store.read() as session:
        found = session.get(School, school)
        if found is None:
            raise NotFound("There is no school {code}.", code=school)
        stored = stored_records(session, school)
    level = level or found.level
    early = [row for row in stored if until is None or row[2] <= until or row[0].id in agreed]
    late = [row for row in stored if row not in early]
    lines = [_line(entry, early, late, level) for entry in table.points]
    kinds = {entry.kind for entry in table.points}
    others = tuple(Traced(*row, worth=0, counted=0, cut=None) for row in stored if row[0].kind not in kinds)
    return SchoolEvidence(tuple(line for line in lines if line.records), others)


def _line(
    entry: PointsEntry, early: Sequence[StoredRecord], late: Sequence[StoredRecord], level: Level | None
) -> EvidenceLine:
    of_kind = [row for row in early if row[0].kind == entry.kind]
    traced = [
        Traced(*row, *counted)
        for row, counted in zip(of_kind, entry.trace([_item(row) for row in of_kind], level), strict=True)
    ]
    for row in late:
        if row[0].kind == entry.kind:
            worth = row[0].number * entry.worth(row[0].rank, level)
            traced.append(Traced(*row, *Counted(worth, 0, Cut.LATER)))
    return EvidenceLine(entry.label, entry.kind, sum(record.counted for record in traced), tuple(traced))


def _item(row: StoredRecord) -> Item:
    record = row[0]
    return Item(record.kind, record.year, record.number, record.person, record.rank)
