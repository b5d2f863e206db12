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
from stemfleet.errors import InputError
from stemfleet.registers import (
    DepartmentsFile,
    EvidenceFile,
    FileFormat,
    Finding,
    LegacyFile,
    read_departments,
    read_evidence,
    read_legacy,
)
from stemfleet.schools.drafts import DepartmentsDraft, Outline, SchoolsDraft
from stemfleet.schools.evidence import EvidenceChange
from stemfleet.schools.legacy import LegacyChange
from stemfleet.schools.recipients import RecipientsChange
from stemfleet.store import ImportRun, Person, Store, write_history
from stemfleet.words import Role

Progress = Callable[[int, int], None]
PART_OF = "part_of"  # among the counts of an import: its changes are counted at the import with this number
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

    def apply(self, session: Session, imports: Sequence[int], progress: Progress) -> None: ...


@dataclass(frozen=True)
class Known:
    """What files are read by: kit models, kinds of evidence, courses."""

    models: Mapping[str, Model]
    evidence: EvidenceCatalogue


@dataclass(frozen=True)
class ImportPlan:
    """What a file holds and would change, or has changed once it is applied.

    `counts` are of everything: new, changed, unchanged, and for each reason the rows left out. Of recipients, `new`
    holds code → (name, level) and `closed` code → status; `changed`: code → field → (stored, in the file). Both `new`
    and `changed` hold the first 10,000. `read` has the rows left out (`skipped`) and the `format`. `files`: several are
    the pages of one register, each with its hash in `sha256s`.
    """

    what: str
    files: Sequence[Path]
    sha256s: Sequence[str]
    read: Source
    known: Known
    counts: Mapping[str, int]
    new: Mapping[str, Outline] = field(default_factory=dict)
    changed: Mapping[str, Mapping[str, tuple[Any, Any]]] = field(default_factory=dict)
    closed: Mapping[str, str] = field(default_factory=dict)
    findings: Sequence[Finding] = ()

    @property
    def name(self) -> str:
        """Of the file, or of all files."""
        return ", ".join(file.name for file in self.files)

    @property
    def formats(self) -> Sequence[FileFormat]:
        """Of each file."""
        return self.read.formats if isinstance(self.read, SchoolsDraft) else [self.read.format]

    @property
    def skipped_counts(self) -> dict[str, int]:
        """How many rows are left out for each reason, the most frequent first."""
        return {str(reason): n for reason, n in Counter(skip.reason for skip in self.read.skipped).most_common()}

    def as_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "file": self.name,
            "files": [
                {"file": file.name, "sha256": sha256, "format": str(form), "sheet": form.sheet}
                for file, sha256, form in zip(self.files, self.sha256s, self.formats, strict=True)
            ],
            "sha256": self.sha256s[0],
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
    *files: Path,
    models: Mapping[str, Model] | None = None,
    evidence: EvidenceCatalogue | None = None,
    progress: Progress = lambda _done, _total: None,
) -> ImportPlan:
    """Reads a file and compares; changes nothing. `what`: schools, departments, evidence, legacy.

    A register of schools may come in several files (pages): they are read as one, and each row keeps its file.
    `models`, `evidence`: the kit models, and the kinds and courses that records are read by; the shipped ones when
    left out. `progress` gets bytes read and to read, of registers of schools. Raises InputError (file, row, reason)
    for a file that cannot be used, and for several where one is expected.
    """
    if len(files) != 1 and what != "schools":
        raise InputError("Only a register of schools may come in several files. Give one file.")
    known = Known(models or read_models(), evidence or read_evidence_catalogue())
    read = SchoolsDraft.read(files, progress) if what == "schools" else _READERS[what](files[0])
    sha256s = [_sha256(file) for file in files]
    _refuse_twice(files, sha256s)
    with store.read() as session:
        return _with(ImportPlan(what, files, sha256s, read, known, {}), _compare(session, read, known))


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _refuse_twice(files: Sequence[Path], sha256s: Sequence[str]) -> None:
    first: dict[str, Path] = {}
    for file, sha256 in zip(files, sha256s, strict=True):
        if (earlier := first.setdefault(sha256, file)) is not file:
            raise InputError(
                "{file} has the same content as {earlier}: is another page meant?", file=file.name, earlier=earlier.name
            )


def apply_import(
    store: Store, person: Person, plan: ImportPlan, progress: Progress = lambda _done, _total: None
) -> ImportPlan:
    """Applies what was planned, all or nothing, against what is stored by now; gives the plan as applied.

    Each file is an import of its own; what several of them changed is counted at the first.
    """
    person.must_be(Role.NSO)
    with store.write() as session:
        change = _compare(session, plan.read, plan.known, count=False)
        runs = [
            ImportRun(
                what=plan.what,
                file_name=file.name,
                file_sha256=sha256,
                format=str(form),
                counts={},
                person_id=person.id,
            )
            for file, sha256, form in zip(plan.files, plan.sha256s, plan.formats, strict=True)
        ]
        for run in runs:
            session.add(run)
            session.flush()
        change.apply(session, [run.id for run in runs], progress)
        runs[0].counts = change.counts
        for run in runs:
            run.counts = run.counts or {PART_OF: runs[0].id}
            facts = {"what": plan.what, "file": run.file_name, "sha256": run.file_sha256, "counts": run.counts}
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
        new=change.new if isinstance(change, RecipientsChange) else {},
        changed=change.changed,
        closed=change.closed if isinstance(change, RecipientsChange) else {},
        findings=[*plan.read.findings, *(_placed(finding, plan) for finding in change.findings)],
    )


def _placed(finding: Finding, plan: ImportPlan) -> Finding:
    """With the sheet, which the comparison of a row does not know; rows of schools may be of several files."""
    if finding.row is None or finding.sheet is not None or plan.what == "schools":
        return finding
    return replace(finding, sheet=plan.read.format.sheet)
