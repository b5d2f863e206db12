"""Comparing a register with the stored recipients, and bringing these up to date."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, insert, update
from sqlmodel import Session, col, select

from stemfleet.registers import DepartmentsFile, Finding, SchoolsFile, search_key
from stemfleet.store import School, SchoolCategory
from stemfleet.words import Level, RecipientKind, SchoolStatus

_BATCH = 1000


@dataclass(frozen=True)
class RegisterValues:
    """A register as the values of the columns of `school`, with the categories that it can tell at all (`known`)."""

    rows: Mapping[str, dict[str, Any]]
    categories: Mapping[str, frozenset[str]]
    known: frozenset[str]
    closed: Mapping[str, SchoolStatus]


def school_values(read: SchoolsFile) -> RegisterValues:
    """A field that the file gives for no school at all is left out: what is known of it is kept."""
    fields = ("name", "level", "region", "directorate", "municipality", "address", "postal_code", "phone", "email")
    told = [name for name in fields if any(getattr(row, name) is not None for row in read.rows)]
    return RegisterValues(
        rows={
            row.code: {name: getattr(row, name) for name in told}
            | {"status": row.status, "university": None, "search_name": search_key(row.name)}
            for row in read.rows
        },
        categories={row.code: frozenset(map(str, row.categories)) for row in read.rows},
        known=frozenset(map(str, read.known)),
        closed=read.closed,
    )


def department_values(read: DepartmentsFile) -> RegisterValues:
    return RegisterValues(
        rows={
            row.code: {
                "name": row.name,
                "university": row.university,
                "level": Level.UNIVERSITY,
                "municipality": row.city,
                "status": SchoolStatus.ACTIVE,
                "search_name": search_key(f"{row.name} {row.university}"),
            }
            for row in read.rows
        },
        categories={row.code: frozenset() for row in read.rows},
        known=frozenset(),
        closed={},
    )


@dataclass
class RecipientsChange:
    """New, changed and closed recipients. A recipient that the file does not name stays as it is."""

    kind: RecipientKind
    values: RegisterValues
    new: list[str] = field(default_factory=list)
    changed: dict[str, dict[str, tuple[Any, Any]]] = field(default_factory=dict)
    closed: dict[str, SchoolStatus] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        unchanged = len(self.values.rows) - len(self.new) - len(self.changed)
        return {"new": len(self.new), "changed": len(self.changed), "unchanged": unchanged, "closed": len(self.closed)}

    @classmethod
    def between(cls, session: Session, kind: RecipientKind, values: RegisterValues) -> "RecipientsChange":
        change = cls(kind, values)
        stored = {s.code: s for s in session.exec(select(School).where(School.kind == kind))}
        categories = _stored_categories(session)
        for code, row in values.rows.items():
            if code not in stored:
                change.new.append(code)
            elif different := _differences(stored[code], row, categories.get(code, frozenset()), values, code):
                change.changed[code] = different
        for code, status in values.closed.items():
            if code in stored and stored[code].status is not status:
                change.closed[code] = status
        return change

    def apply(self, session: Session, import_id: int, progress: Any) -> None:
        connection = session.connection()
        steps = [*_batches(self.new), *_batches(self.changed)]
        done, total = 0, len(self.new) + len(self.changed)
        for codes in steps:
            fresh = [code for code in codes if code not in self.changed]
            if fresh:
                rows = [{"code": code, "kind": self.kind, **self.values.rows[code]} for code in fresh]
                connection.execute(insert(School), rows)
            for code in codes:
                if code in self.changed:
                    connection.execute(update(School).where(col(School.code) == code), self.values.rows[code])
            self._set_categories(session, import_id, codes)
            done += len(codes)
            progress(done, total)
        for code, status in self.closed.items():
            connection.execute(update(School).where(col(School.code) == code), {"status": status})

    def _set_categories(self, session: Session, import_id: int, codes: list[str]) -> None:
        """Only those that this file can tell are replaced: an export without remoteness forgets none of it."""
        known = col(SchoolCategory.category).in_(sorted(self.values.known))
        session.connection().execute(delete(SchoolCategory).where(col(SchoolCategory.school_code).in_(codes), known))
        rows = [
            {"school_code": code, "category": category, "import_id": import_id}
            for code in codes
            for category in sorted(self.values.categories[code])
        ]
        if rows:
            session.connection().execute(insert(SchoolCategory), rows)


def _stored_categories(session: Session) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for row in session.exec(select(SchoolCategory)):
        found.setdefault(row.school_code, set()).add(row.category)
    return {code: frozenset(categories) for code, categories in found.items()}


def _differences(
    stored: School, row: Mapping[str, Any], categories: frozenset[str], values: RegisterValues, code: str
) -> dict[str, tuple[Any, Any]]:
    different = {
        name: (getattr(stored, name), value)
        for name, value in row.items()
        if getattr(stored, name) != value and name != "search_name"
    }
    before, now = categories & values.known, values.categories[code]
    if before != now:
        different["categories"] = (sorted(before), sorted(now))
    return different


def _batches(codes: Iterable[str]) -> Iterator[list[str]]:
    whole = list(codes)
    return (whole[start : start + _BATCH] for start in range(0, len(whole), _BATCH))
