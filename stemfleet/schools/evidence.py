"""Comparing a list of eTwinning records with the stored ones. Records are added, never changed: they are facts."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, col, select

from stemfleet.catalogue.evidence import Course, EvidenceCatalogue
from stemfleet.errors import Refused
from stemfleet.registers import EvidenceFile, EvidenceRow, Finding, fold
from stemfleet.schools.by_name import Recipients
from stemfleet.schools.corrected import resembling_stored
from stemfleet.schools.inherited import inherited_by
from stemfleet.store import Evidence, ImportRun, Person, canonical, now

_BATCH = 5000
IMMATERIAL = ("edition", "rank", "person")  # left out where the kind has no such thing


@dataclass(frozen=True)
class Recogniser:
    """Kinds and courses by any of the names that files give them."""

    catalogue: EvidenceCatalogue
    _kinds: Mapping[str, str]
    _courses: Mapping[str, Course]

    @classmethod
    def of(cls, catalogue: EvidenceCatalogue) -> "Recogniser":
        kinds = {
            fold(word): kind.name
            for kind in catalogue.kinds.values()
            for word in (*kind.also, *kind.title.values(), kind.name, kind.name.replace("_", " "))
        }
        courses = {
            fold(word): course
            for course in catalogue.courses.values()
            for word in (*course.also, *course.title.values(), course.code)
        }
        return cls(catalogue, kinds, courses)

    def kind(self, written: str) -> str | None:
        """Its name, or None for words that no kind is called by."""
        return self._kinds.get(fold(written))

    def course(self, written: str | None) -> Course | None:
        """The course of this code or title, or None."""
        return None if written is None else self._courses.get(fold(written))


@dataclass
class EvidenceChange:
    """`new`: (fingerprint, row). What is left out has a finding each: records of recipients or kinds that nobody knows,
    and of years that have not come yet.
    """

    new: list[tuple[str, EvidenceRow]] = field(default_factory=list)
    unchanged: int = 0
    unknown_school: int = 0
    unknown_kind: int = 0
    future: int = 0
    findings: list[Finding] = field(default_factory=list)
    changed: dict[str, dict[str, tuple[Any, Any]]] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        return {
            "new": len(self.new),
            "unchanged": self.unchanged,
            "unknown_school": self.unknown_school,
            "unknown_kind": self.unknown_kind,
            "future": self.future,
        }

    @classmethod
    def between(cls, session: Session, read: EvidenceFile, catalogue: EvidenceCatalogue) -> "EvidenceChange":
        change, this_year, recipients = cls(), now().year, Recipients(session)
        stored = set(session.exec(select(Evidence.fingerprint)))
        fitting = _Fitting(catalogue)
        seen: Counter[str] = Counter()
        again: set[str] = set()
        for written in read.rows:
            code = recipients.code_of(written.code, written.row)
            if code is None:
                change.unknown_school += 1
                continue
            if written.year > this_year:
                change.future += 1
                change.findings.append(_future_year(written))
                continue
            row = fitting.fit(written if written.code == code else replace(written, code=code))
            if row is None:
                change.unknown_kind += 1
                change.findings.append(_unknown_words(written))
                continue
            content = _content(row)
            seen[content] += 1  # two equal rows of a file are two records; the same file again is none
            fingerprint = _fingerprint(content, seen[content])
            if fingerprint in stored:
                change.unchanged += 1
                again.add(fingerprint)
            else:
                change.new.append((fingerprint, row))
        resembling = resembling_stored(session, [row for _, row in change.new], again) if stored else ()
        change.findings += [*recipients.findings, *resembling, *fitting.findings()]
        return change

    def apply(self, session: Session, imports: Sequence[int], progress: Callable[[int, int], None]) -> None:
        (import_id,) = imports
        for start in range(0, len(self.new), _BATCH):
            batch = self.new[start : start + _BATCH]
            session.connection().execute(insert(Evidence), [_values(row, mark, import_id) for mark, row in batch])
            progress(start + len(batch), len(self.new))


class _Fitting:
    """Brings rows into the form of their kinds, and counts what a person should know about, by kind and column."""

    def __init__(self, catalogue: EvidenceCatalogue) -> None:
        self._names = Recogniser.of(catalogue)
        self._kind = lru_cache(maxsize=4096)(self._names.kind)
        self._course = lru_cache(maxsize=4096)(self._names.course)
        self._kinds = catalogue.kinds
        self._counts: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()

    def fit(self, row: EvidenceRow) -> EvidenceRow | None:
        """None for words that no kind is called by. A name that no file describes is taken as it is."""
        name = self._kind(row.kind) or row.kind
        kind = self._kinds.get(name)
        if kind is None:
            if not name.isascii():
                return None
            self._count("not_described", kind=name)
            return row
        changes: dict[str, Any] = {"kind": name}
        for column in IMMATERIAL:
            if column not in kind.has and getattr(row, column) is not None:
                changes[column] = None
                self._count("no_such_column", kind=name, column=column)
        if "number" not in kind.has and row.number > 1:
            self._count("several", kind=name)
        if row.course is not None:
            changes |= self._with_course(row)
        return replace(row, **changes) if changes != {"kind": row.kind} else row

    def _with_course(self, row: EvidenceRow) -> dict[str, str]:
        course = self._course(row.course)
        if course is None:
            self._count("unknown_course", course=row.course or "")
        return {"title": course.title["el"] if course else row.title or row.course or ""}

    def _count(self, code: str, **facts: str) -> None:
        self._counts[code, tuple(sorted(facts.items()))] += 1

    def findings(self) -> list[Finding]:
        """One for each kind, column or course that was counted."""
        return [_counted(code, {**dict(facts), "count": number}) for (code, facts), number in self._counts.items()]


def _future_year(row: EvidenceRow) -> Finding:
    """Of a school year its first year is read, so no record of the present is newer than the calendar."""
    text = "The year {year} has not come yet; the record is left out. Is it mistyped?"
    return Finding("future_year", text, {"year": str(row.year)}, row.row)


def _unknown_words(row: EvidenceRow) -> Finding:
    facts = {"kind": row.kind}
    return Finding("unknown_kind", "There is no kind of evidence «{kind}»; the record is left out.", facts, row.row)


def _counted(code: str, facts: dict[str, Any]) -> Finding:
    """What is said once for all rows that it is true of."""
    if code == "not_described":
        return Finding(
            code, "«{kind}» is no kind of evidence that is described here ({count} records). They are loaded.", facts
        )
    if code == "unknown_course":
        return Finding(
            code, "There is no course «{course}» ({count} records). They are loaded, and count for no kit.", facts
        )
    if code == "no_such_column":
        return Finding(code, "A record of the kind «{kind}» has no {column} ({count} records). It is not kept.", facts)
    return Finding(
        code,
        "A record of the kind «{kind}» stands for one item, but {count} of them say several. So it is kept.",
        facts,
    )


StoredRecord = tuple[Evidence, str, datetime]


def stored_records(session: Session, code: str) -> Sequence[StoredRecord]:
    """The records of a school or department with the file that each came from and when it came, newest first.

    Those of schools that became this one are among them where a person decided so: `inherited.inherited_by`.
    """
    chosen = select(Evidence, ImportRun.file_name, ImportRun.at).join(
        ImportRun, col(ImportRun.id) == col(Evidence.import_id)
    )
    newest = (col(Evidence.year).desc(), col(Evidence.kind), col(Evidence.id))
    codes = [code, *inherited_by(session, code)]
    return session.exec(chosen.where(col(Evidence.school_code).in_(codes)).order_by(*newest)).all()


def keep_record(session: Session, person: Person, row: EvidenceRow, source: str, sha256: str) -> Evidence:
    """Adds one record that comes from no list; `source` stands for the file name, `sha256` is of what proves it.

    A list that is imported later and holds the same record adds nothing. Raises Refused when there is such a record.
    """
    fingerprint = _fingerprint(_content(row), 1)
    if stored := session.exec(select(Evidence).where(Evidence.fingerprint == fingerprint)).first():
        raise Refused(
            "School {school} has this very record already: {file}, row {row}.",
            school=row.code,
            file=session.get_one(ImportRun, stored.import_id).file_name,
            row=stored.row,
        )
    run = ImportRun(
        what="record", file_name=source, file_sha256=sha256, format="", counts={"new": 1}, person_id=person.id
    )
    session.add(run)
    session.flush()
    record = Evidence(**_values(row, fingerprint, run.id))
    session.add(record)
    session.flush()
    return record


def _fingerprint(content: str, place: int) -> str:
    return hashlib.sha256(f"{content}|{place}".encode()).hexdigest()


def _content(row: EvidenceRow) -> str:
    return canonical([row.code, row.kind, row.year, row.edition, row.rank, row.number, row.person, row.title])


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
