"""Comparing a list of eTwinning records with the stored ones. Records are added, never changed: they are facts."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, select

from stemfleet.registers import EvidenceFile, EvidenceRow, Finding
from stemfleet.store import Evidence, School, canonical

_BATCH = 5000


@dataclass
class EvidenceChange:
    """`new`: (fingerprint, row). Records of recipients that nobody knows are left out, with a finding each."""

    new: list[tuple[str, EvidenceRow]] = field(default_factory=list)
    unchanged: int = 0
    findings: list[Finding] = field(default_factory=list)
    changed: dict[str, dict[str, tuple[Any, Any]]] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        return {"new": len(self.new), "unchanged": self.unchanged, "unknown_school": len(self.findings)}

    @classmethod
    def between(cls, session: Session, read: EvidenceFile) -> "EvidenceChange":
        change = cls()
        codes = set(session.exec(select(School.code)))
        stored = set(session.exec(select(Evidence.fingerprint)))
        seen: Counter[str] = Counter()
        for row in read.rows:
            if row.code not in codes:
                text = "Row {row}: there is no school or department {code}; the record is left out."
                change.findings.append(Finding("unknown_school", text, {"row": row.row, "code": row.code}, row.row))
                continue
            content = canonical(
                [row.code, row.kind, row.year, row.edition, row.rank, row.number, row.person, row.title]
            )
            seen[content] += 1  # two equal rows of a file are two records; the same file again is none
            fingerprint = hashlib.sha256(f"{content}|{seen[content]}".encode()).hexdigest()
            if fingerprint in stored:
                change.unchanged += 1
            else:
                change.new.append((fingerprint, row))
        return change

    def apply(self, session: Session, import_id: int, progress: Any) -> None:
        for start in range(0, len(self.new), _BATCH):
            batch = self.new[start : start + _BATCH]
            session.connection().execute(insert(Evidence), [_values(row, mark, import_id) for mark, row in batch])
            progress(start + len(batch), len(self.new))


def _values(row: EvidenceRow, fingerprint: str, import_id: int) -> dict[str, Any]:
    return {
        "school_code": row.code,
        "kind": row.kind,
        "year": row.year,
        "edition": row.edition,
        "rank": row.rank,
        "number": row.number,
        "person": row.person,
        "title": row.title,
        "row": row.row,
        "fingerprint": fingerprint,
        "import_id": import_id,
    }
