"""Comparing a register with the stored recipients, and bringing these up to date."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, update
from sqlmodel import Session, col, delete, func, select

from stemfleet.registers import Finding, part_and_row, search_name
from stemfleet.schools.drafts import Draft, Outline, Said
from stemfleet.schools.moves import successors
from stemfleet.store import SEARCHED, Kit, LegacyKit, School, SchoolCategory, SchoolChange, indexed_together
from stemfleet.words import Level, SchoolStatus

MOST_LISTED = 10_000  # of new and of changed recipients; all of them are counted
_HAS_KITS = "School {code} is listed as {status}, and has {count} kits: say where they go (`kit hand-over`)."
_MOVED = "School {code} became {successor} by a decision here, and the file lists it as working: it stays closed."

Changes = dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class _Stored:
    """The stored recipients of one batch; values in the order of the draft's fields, then status and the words."""

    values: Mapping[str, Sequence[Any]]
    categories: Mapping[str, frozenset[str]]


@dataclass
class RecipientsChange:
    """New, changed and closed recipients. A recipient that the file does not name stays as it is.

    `new` and `changed` hold the first ones only; `counts` all of them.
    """

    draft: Draft
    new: dict[str, Outline] = field(default_factory=dict)
    changed: dict[str, Changes] = field(default_factory=dict)
    closed: dict[str, SchoolStatus] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    _moved: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def between(cls, session: Session, draft: Draft, *, count: bool = True) -> "RecipientsChange":
        """`count` False leaves `new`, `changed` and the counts to `apply`, which goes through the rows anyway."""
        change = cls(draft, counts=dict.fromkeys(("new", "changed", "unchanged", "closed"), 0))
        change._moved = successors(session)
        change._close(session)
        if count and session.exec(select(School.code).where(School.kind == draft.kind).limit(1)).first() is None:
            change._count_all_new()
        elif count:
            for batch, new, changed in change._compared(session):
                change._count(batch, new, changed)
        return change

    def apply(self, session: Session, imports: Sequence[int], progress: Callable[[int, int], None]) -> None:
        """Writes every batch as it is compared; reports (done, of all) after each. `imports`: one for each file."""
        writer = _Writer(session.connection(), self.draft, imports)
        done = 0
        with indexed_together(session.connection()):
            for batch, new, changed in self._compared(session):
                self._count(batch, new, changed)
                writer.add(batch if len(new) == len(batch) else [said for said in batch if said.code in new])
                writer.change([said for said in batch if said.code in changed], changed)
                done += len(batch)
                progress(done, self.draft.number)
        writer.close(self.closed)

    def _compared(self, session: Session) -> Iterator[tuple[list[Said], set[str], dict[str, Changes]]]:
        """(batch, new codes, changes by code), batch by batch."""
        for batch in self.draft.batches():
            stored = _stored(session.connection(), self.draft, batch)
            new = {said.code for said in batch} - stored.values.keys()
            known = (said for said in batch if said.code not in new)
            yield batch, new, {said.code: changes for said in known if (changes := self._changes(said, stored))}

    def _changes(self, said: Said, stored: _Stored) -> Changes:
        before = stored.values[said.code]
        changes = {
            name: (old, now)
            for name, old, now in zip(self.draft.fields, before, said.values, strict=False)
            if old != now and not _lost(said, name, now)
        }
        status = SchoolStatus(before[len(said.values)])
        if status is not SchoolStatus.ACTIVE and said.code not in self._moved:
            changes["status"] = (status, SchoolStatus.ACTIVE)
        had = stored.categories.get(said.code, frozenset())
        has = (had - _told(self.draft, said)) | set(said.categories)  # a type may tell what no column of the file does
        if had != has:
            changes["categories"] = (sorted(had), sorted(has))
        return changes

    def _count_all_new(self) -> None:
        self.counts["new"] = self.draft.number
        self.new = self.draft.first(MOST_LISTED)

    def _count(self, batch: Sequence[Said], new: set[str], changed: dict[str, Changes]) -> None:
        self.counts["new"] += len(new)
        self.counts["changed"] += len(changed)
        self.counts["unchanged"] += len(batch) - len(new) - len(changed)
        first = itertools.islice((said for said in batch if said.code in new), MOST_LISTED - len(self.new))
        name, level = (self.draft.fields.index(told) for told in ("name", "level"))
        self.new |= {said.code: (said.values[name], Level(said.values[level])) for said in first}
        self.changed |= dict(itertools.islice(changed.items(), MOST_LISTED - len(self.changed)))
        where = self.draft.place
        self.findings += [
            Finding(
                "moved_but_listed", _MOVED, {"code": said.code, "successor": self._moved[said.code]}, *where(said.row)
            )
            for said in batch
            if said.code in self._moved
        ]

    def _close(self, session: Session) -> None:
        """What the file lists as closed and is stored as something else; kits there are a person's decision."""
        for codes in _chunks(sorted(self.draft.closed)):
            stored = select(School.code, School.status).where(col(School.code).in_(codes))
            self.closed |= {
                code: self.draft.closed[code]
                for code, status in session.exec(stored)
                if status is not self.draft.closed[code] and code not in self._moved
            }
        self.counts["closed"] = len(self.closed)
        for code, number in sorted(_kits(session).items()):
            if code in self.closed:
                facts = {"code": code, "status": self.closed[code], "count": number}
                self.findings.append(Finding("closed_with_kits", _HAS_KITS, facts))


class _Writer:
    """Writes batches of a draft with the database's own driver: the fields of many rows at once."""

    def __init__(self, connection: Connection, draft: Draft, imports: Sequence[int]) -> None:
        self.connection = connection
        self.draft = draft
        self.imports = imports
        columns = ("code", "kind", "status", "search_name", *draft.fields)
        self._insert = _insert_sql(self.connection, "school", columns)
        categories = ("school_code", "category", "import_id", "row")
        self._words = [draft.fields.index(name) for name in SEARCHED if name in draft.fields]
        self._insert_category = _insert_sql(self.connection, "school_category", categories)

    def add(self, batch: Sequence[Said]) -> None:
        if not batch:
            return
        kind, status, words = str(self.draft.kind), str(SchoolStatus.ACTIVE), self._words
        rows = [
            (code, kind, status, search_name([values[place] for place in words]), *values) for code, values, *_ in batch
        ]
        self.connection.exec_driver_sql(self._insert, rows)
        self._add_categories(batch)

    def change(self, batch: Sequence[Said], changed: Mapping[str, Changes]) -> None:
        if not batch:
            return
        stored = _stored(self.connection, self.draft, batch)
        for said in batch:
            told = zip(self.draft.fields, said.values, strict=True)
            values: dict[str, Any] = {name: value for name, value in told if not _lost(said, name, value)}
            if "status" in changed[said.code]:
                values["status"] = SchoolStatus.ACTIVE
            words = dict(zip(SEARCHED, stored.values[said.code][-len(SEARCHED) :], strict=True)) | values
            values["search_name"] = search_name([words[name] for name in SEARCHED])
            self.connection.execute(update(School).where(col(School.code) == said.code), values)
        self._renew_categories([said for said in batch if "categories" in changed[said.code]], stored.categories)
        rows = [self._changed_row(said.code, said.row, changed[said.code]) for said in batch]
        self.connection.execute(insert(SchoolChange), rows)

    def close(self, closed: Mapping[str, SchoolStatus]) -> None:
        for code, status in closed.items():
            before = self.connection.execute(select(School.status).where(School.code == code)).scalar_one()
            self.connection.execute(update(School).where(col(School.code) == code), {"status": status})
            row = self._changed_row(code, None, {"status": (before, status)})
            self.connection.execute(insert(SchoolChange), row)

    def _renew_categories(self, batch: Sequence[Said], stored: Mapping[str, frozenset[str]]) -> None:
        """Only those that a row tells are replaced: an export without remoteness forgets none of it."""
        for told in {_told(self.draft, said) for said in batch}:
            codes = [said.code for said in batch if _told(self.draft, said) == told]
            of_these = col(SchoolCategory.school_code).in_(codes), col(SchoolCategory.category).in_(sorted(told))
            self.connection.execute(delete(SchoolCategory).where(*of_these))
        kept = {said.code: stored.get(said.code, frozenset()) - _told(self.draft, said) for said in batch}
        self._add_categories(
            [said._replace(categories=tuple(c for c in said.categories if c not in kept[said.code])) for said in batch]
        )

    def _changed_row(self, code: str, row: int | None, changes: Changes) -> dict[str, Any]:
        import_id, in_file = (self.imports[0], None) if row is None else self._source(row)
        return {"school_code": code, "import_id": import_id, "row": in_file, "changes": changes}

    def _source(self, row: int) -> tuple[int, int]:
        """(import, row) of the file that a row came from."""
        part, in_file = part_and_row(row)
        return self.imports[part], in_file

    def _add_categories(self, batch: Sequence[Said]) -> None:
        rows = [(said.code, category, *self._source(said.row)) for said in batch for category in said.categories]
        if rows:
            self.connection.exec_driver_sql(self._insert_category, rows)


def _told(draft: Draft, said: Said) -> frozenset[str]:
    """The categories that the row tells, by saying either that the school is of them or that it is not."""
    return draft.known - said.untold


def _lost(said: Said, name: str, value: Any) -> bool:
    """Whether a cell holds an error and no value, so that what is stored stays."""
    return value is None and name in said.untold


def _stored(connection: Connection, draft: Draft, batch: Sequence[Said]) -> _Stored:
    """By a range, because the batch is sorted: one statement, whatever the batch."""
    first, last = batch[0].code, batch[-1].code
    columns = [getattr(School, name) for name in ("code", *draft.fields, "status", *SEARCHED)]
    schools = select(*columns).where(col(School.code).between(first, last), School.kind == draft.kind)
    categories = select(SchoolCategory.school_code, SchoolCategory.category)
    categories = categories.where(col(SchoolCategory.school_code).between(first, last))
    found: dict[str, set[str]] = {}
    for code, category in connection.execute(categories):
        found.setdefault(code, set()).add(category)
    values = {code: values for code, *values in connection.execute(schools)}
    return _Stored(values, {code: frozenset(names) for code, names in found.items()})


def _kits(session: Session) -> dict[str, int]:
    """How many kits each school holds, or is said to hold by a list of earlier waves."""
    tagged = select(Kit.school_code, func.count()).where(col(Kit.school_code).is_not(None)).group_by(Kit.school_code)
    listed = select(LegacyKit.school_code, func.count()).where(col(LegacyKit.answer).is_(None))
    found: Counter[str] = Counter()
    for counted in (tagged, listed.group_by(LegacyKit.school_code)):
        found.update({code: number for code, number in session.exec(counted) if code is not None})
    return found


def _insert_sql(connection: Connection, table: str, columns: Sequence[str]) -> str:
    """With the driver's own marks: much faster than SQLAlchemy's for a hundred thousand rows."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join([mark] * len(columns))})"  # noqa: S608


def _chunks(codes: Sequence[str]) -> Iterator[Sequence[str]]:
    return (codes[start : start + MOST_LISTED] for start in range(0, len(codes), MOST_LISTED))
