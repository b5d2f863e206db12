"""Imports: a file is read, compared with what is stored, shown, and applied whole or not at all."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from sqlmodel import Session

from stemfleet.catalogue import Model, read_models
from stemfleet.catalogue.evidence import EvidenceCatalogue, read_evidence_catalogue
from stemfleet.registers import (
    DepartmentsFile,
    EvidenceFile,
    Finding,
    LegacyFile,
    read_departments,
    read_evidence,
    read_legacy,
)
from stemfleet.schools.drafts import DepartmentsDraft, SchoolsDraft
from stemfleet.schools.evidence import EvidenceChange
from stemfleet.schools.legacy import LegacyChange
from stemfleet.schools.recipients import RecipientsChange
from stemfleet.store import ImportRun, Person, Store, write_history
from stemfleet.words import Role

Progress = Callable[[int, int], None]
Source = SchoolsDraft | DepartmentsFile | EvidenceFile | LegacyFile


_READERS: Mapping[str, Callable[[Path], DepartmentsFile | EvidenceFile | LegacyFile]] = {
    "departments": read_departments,
    "evidence": read_evidence,
    "legacy": read_legacy,
}


class Change(Protocol):
    """What an import would do to the stored rows; computed and applied in one transaction."""

    changed: dict[str, dict[str, tuple[Any, Any]]]
    findings: list[Finding]

    @property
    def counts(self) -> dict[str, int]: ...

    def apply(self, session: Session, import_id: int, progress: Progress) -> None: ...


@dataclass(frozen=True)
class Known:
    """What files are read by: kit models, kinds of evidence, courses."""

    models: Mapping[str, Model]
    evidence: EvidenceCatalogue


@dataclass(frozen=True)
class ImportPlan:
    """What a file holds and would change, or has changed once it is applied.

    `counts` are of everything: new, changed, unchanged, and for each reason the rows left out. Of recipients, `new`
    holds the codes and `closed` code → status; `changed`: code → field → (stored, in the file). Both `new` and
    `changed` hold the first 10,000. `read` has the rows left out (`skipped`) and the `format`.
    """

    what: str
    file: Path
    sha256: str
    read: Source
    known: Known
    counts: Mapping[str, int]
    new: Sequence[str] = ()
    changed: Mapping[str, Mapping[str, tuple[Any, Any]]] = field(default_factory=dict)
    closed: Mapping[str, str] = field(default_factory=dict)
    findings: Sequence[Finding] = ()

    @property
    def skipped_counts(self) -> dict[str, int]:
        """How many rows are left out for each reason, the most frequent first."""
        return {str(reason): n for reason, n in Counter(skip.reason for skip in self.read.skipped).most_common()}

    def as_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "file": self.file.name,
            "sha256": self.sha256,
            "format": str(self.read.format),
            "sheet": self.read.format.sheet,
            "titles_row": self.read.format.titles_row,
            "counts": dict(self.counts),
            "new": list(self.new),
            "changed": self.changed,
            "closed": self.closed,
            "skipped": [
                {"row": s.row, "reason": s.reason, "code": s.code, "name": s.name, "detail": s.detail, "sheet": s.sheet}
                for s in self.read.skipped
            ],
            "findings": [
                {"code": f.code, "text": str(f), "row": f.row, "sheet": f.sheet, "weight": f.weight}
                for f in self.findings
            ],
        }


def plan_import(
    store: Store,
    what: str,
    file: Path,
    *,
    models: Mapping[str, Model] | None = None,
    evidence: EvidenceCatalogue | None = None,
    progress: Progress = lambda _done, _total: None,
) -> ImportPlan:
    """Reads a file and compares; changes nothing. `what`: schools, departments, evidence, legacy.

    `models`, `evidence`: the kit models, and the kinds and courses that records are read by; the shipped ones when
    left out. `progress` gets bytes read and to read, of registers of schools. Raises InputError (file, row, reason)
    for a file that cannot be used.
    """
    known = Known(models or read_models(), evidence or read_evidence_catalogue())
    read = SchoolsDraft.read(file, progress) if what == "schools" else _READERS[what](file)
    with file.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    with store.read() as session:
        return _with(ImportPlan(what, file, sha256, read, known, {}), _compare(session, read, known))


def apply_import(
    store: Store, person: Person, plan: ImportPlan, progress: Progress = lambda _done, _total: None
) -> ImportPlan:
    """Applies what was planned, all or nothing, against what is stored by now; gives the plan as applied."""
    person.must_be(Role.NSO)
    with store.write() as session:
        change = _compare(session, plan.read, plan.known, count=False)
        run = ImportRun(
            what=plan.what,
            file_name=plan.file.name,
            file_sha256=plan.sha256,
            format=str(plan.read.format),
            counts={},
            person_id=person.id,
        )
        session.add(run)
        session.flush()
        change.apply(session, run.id, progress)
        run.counts = change.counts
        facts = {"what": plan.what, "file": run.file_name, "sha256": run.file_sha256, "counts": change.counts}
        write_history(session, person, "import", str(run.id), "imported", **facts)
    return _with(plan, change)


def _compare(session: Session, read: Source, known: Known, *, count: bool = True) -> Change:
    """`count` False: only to be applied, which counts too."""
    if isinstance(read, EvidenceFile):
        return EvidenceChange.between(session, read, known.evidence)
    if isinstance(read, LegacyFile):
        return LegacyChange.between(session, read, known.models)
    draft = DepartmentsDraft(read) if isinstance(read, DepartmentsFile) else read
    return RecipientsChange.between(session, draft, count=count)


def _with(plan: ImportPlan, change: Change) -> ImportPlan:
    skipped = {f"skipped_{reason}": number for reason, number in sorted(plan.skipped_counts.items())}
    return replace(
        plan,
        counts={**change.counts, **skipped},
        new=change.new if isinstance(change, RecipientsChange) else (),
        changed=change.changed,
        closed=change.closed if isinstance(change, RecipientsChange) else {},
        findings=[*plan.read.findings, *change.findings],
    )
