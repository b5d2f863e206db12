"""What stands behind the lines of one school's points: the records, their files and rows, and what was cut off."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stemfleet.allocation.values import Rules
from stemfleet.errors import NotFound
from stemfleet.schools import inherited_by
from stemfleet.schools.evidence import StoredRecord, stored_records
from stemfleet.schools.inherited import Inherited
from stemfleet.store import Evidence, School
from stemfleet.waves.points import Counted, Cut, Item, PointsEntry, PointsTable
from stemfleet.words import Level
from stemfleet.workshop import Workshop


@dataclass(frozen=True)
class Traced:
    """A record as a line counts it: the file, row and date that it came from, its worth, what counts, why not more.

    `inherited`: why it counts here, where it is of a school that became this one.
    """

    record: Evidence
    file: str
    imported: datetime
    worth: int
    counted: int
    cut: Cut | None
    inherited: Inherited | None = None

    def as_json(self) -> dict[str, Any]:
        record = self.record
        from_other = None if self.inherited is None else {"kind": self.inherited.kind, "reason": self.inherited.reason}
        return {
            "school": record.school_code,
            "inherited": from_other,
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
    nor do those of another school that a person let count later,
    except those with the ids `agreed`. Raises NotFound for an unknown school, InputError for rules that are none.
    """
    table = PointsTable.read(rules.points, year)
    with workshop.store.read() as session:
        found = session.get(School, school)
        if found is None:
            raise NotFound("There is no school {code}.", code=school)
        stored, inherited = stored_records(session, school), inherited_by(session, school)
    level = level or found.level

    def known(row: StoredRecord) -> bool:
        why = inherited.get(row[0].school_code)
        at = row[2] if why is None else max(row[2], why.decided)
        return until is None or at <= until or row[0].id in agreed

    early, late = [row for row in stored if known(row)], [row for row in stored if not known(row)]
    lines = [_line(entry, early, late, level, inherited) for entry in table.points]
    kinds = {entry.kind for entry in table.points}
    others = tuple(_traced(row, Counted(0, 0, None), inherited) for row in stored if row[0].kind not in kinds)
    return SchoolEvidence(tuple(line for line in lines if line.records), others)


def _line(
    entry: PointsEntry,
    early: Sequence[StoredRecord],
    late: Sequence[StoredRecord],
    level: Level | None,
    inherited: Mapping[str, Inherited],
) -> EvidenceLine:
    of_kind = [row for row in early if row[0].kind == entry.kind]
    traced = [
        _traced(row, counted, inherited)
        for row, counted in zip(of_kind, entry.trace([_item(row) for row in of_kind], level), strict=True)
    ]
    for row in late:
        if row[0].kind == entry.kind:
            worth = row[0].number * entry.worth(row[0].rank, level)
            cut = Cut.LATER if row[0].year in entry.years else Cut.AGE
            traced.append(_traced(row, Counted(worth, 0, cut), inherited))
    return EvidenceLine(entry.label, entry.kind, sum(record.counted for record in traced), tuple(traced))


def _traced(row: StoredRecord, counted: Counted, inherited: Mapping[str, Inherited]) -> Traced:
    return Traced(*row, *counted, inherited.get(row[0].school_code))


def _item(row: StoredRecord) -> Item:
    record = row[0]
    return Item(record.kind, record.year, record.number, record.person, record.rank)
