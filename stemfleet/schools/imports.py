"""Imports: a file is read, compared with what is stored, shown, and applied whole or not at all."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sqlmodel import Session

from stemfleet.catalogue.evidence import EvidenceCatalogue, read_evidence_catalogue
from stemfleet.registers import (
    DepartmentsFile,
    EvidenceFile,
    Finding,
    Read,
    SchoolsFile,
    read_departments,
    read_evidence,
    read_schools,
)
from stemfleet.schools.evidence import EvidenceChange
from stemfleet.schools.recipients import RecipientsChange, department_values, school_values
from stemfleet.store import ImportRun, Person, Store, write_history
from stemfleet.words import RecipientKind, Role

Progress = Callable[[int, int], None]


class Change(Protocol):
    """What an import would do to the stored rows; computed and applied in one transaction."""

    changed: dict[str, dict[str, tuple[Any, Any]]]
    findings: list[Finding]

    @property
    def counts(self) -> dict[str, int]: ...

    def apply(self, session: Session, import_id: int, progress: Progress) -> None: ...


@dataclass(frozen=True)
class ImportPlan:
    """What a file holds and would change. `changed`: code → field → (stored, in the file)."""

    what: str
    file: Path
    sha256: str
    read: Read[Any]
    counts: dict[str, int]
    changed: dict[str, dict[str, tuple[Any, Any]]]
    findings: Sequence[Finding]
    evidence: EvidenceCatalogue  # the kinds and courses by which it was read

    def as_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "file": self.file.name,
            "format": str(self.read.format),
            "counts": self.counts,
            "changed": self.changed,
            "skipped": [
                {"row": s.row, "reason": s.reason, "code": s.code, "name": s.name, "sheet": s.sheet}
                for s in self.read.skipped
            ],
            "findings": [
                {"code": f.code, "text": str(f), "row": f.row, "sheet": f.sheet, "weight": f.weight}
                for f in self.findings
            ],
        }


def plan_import(store: Store, what: str, file: Path, evidence: EvidenceCatalogue | None = None) -> ImportPlan:
    """Reads a file and compares; changes nothing. `what`: schools, departments, evidence.

    `evidence`: the kinds and courses that records are read by; the shipped ones when left out.

    Raises InputError (file, row, reason) for a file that cannot be used.
    """
    read, known = _read(what, file), evidence or read_evidence_catalogue()
    with store.read() as session:
        return _plan(what, file, read, _compare(session, read, known), known)


def apply_import(
    store: Store, person: Person, plan: ImportPlan, progress: Progress = lambda _done, _total: None
) -> ImportPlan:
    """Applies what was planned, all or nothing, against what is stored by now; gives the plan as applied."""
    person.must_be(Role.NSO)
    with store.write() as session:
        change = _compare(session, plan.read, plan.evidence)
        run = ImportRun(
            what=plan.what,
            file_name=plan.file.name,
            file_sha256=plan.sha256,
            format=str(plan.read.format),
            counts=change.counts,
            person_id=person.id,
        )
        session.add(run)
        session.flush()
        change.apply(session, run.id, progress)
        facts = {"what": plan.what, "file": run.file_name, "sha256": run.file_sha256, "counts": change.counts}
        write_history(session, person, "import", str(run.id), "imported", **facts)
    return _plan(plan.what, plan.file, plan.read, change, plan.evidence)


def _read(what: str, file: Path) -> Read[Any]:
    readers: dict[str, Callable[[Path], Read[Any]]] = {
        "schools": read_schools,
        "departments": read_departments,
        "evidence": read_evidence,
    }
    return readers[what](file)


def _compare(session: Session, read: Read[Any], evidence: EvidenceCatalogue) -> Change:
    if isinstance(read, EvidenceFile):
        return EvidenceChange.between(session, read, evidence)
    if isinstance(read, DepartmentsFile):
        return RecipientsChange.between(session, RecipientKind.DEPARTMENT, department_values(read))
    assert isinstance(read, SchoolsFile)
    return RecipientsChange.between(session, RecipientKind.SCHOOL, school_values(read))


def _plan(what: str, file: Path, read: Read[Any], change: Change, evidence: EvidenceCatalogue) -> ImportPlan:
    skipped = Counter(str(skip.reason) for skip in read.skipped)
    counts = {**change.counts, **{f"skipped_{reason}": number for reason, number in sorted(skipped.items())}}
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    findings = [*read.findings, *change.findings]
    return ImportPlan(what, file, sha256, read, counts, change.changed, findings, evidence)
