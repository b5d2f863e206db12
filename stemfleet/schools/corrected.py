"""New records that look like corrected ones: both would count, so a person should know before they are added."""

import itertools
from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple

from sqlmodel import Session, col, select

from stemfleet.registers import EvidenceRow, Finding
from stemfleet.store import Evidence, ImportRun

_TEXT = (
    "A stored record of {code} differs only in {fields} ({file}, row {earlier}). Both would count: if this row "
    "corrects it, withdraw that import first."
)
_MOST = 1000
_CHUNK = 1000
_MAY_DIFFER = ("rank", "number")  # of the others, one may be blank: two prizes have two titles or two persons
_COMPARED = ("edition", "rank", "number", "person", "title")


class _Stored(NamedTuple):
    code: str
    kind: str
    year: int
    edition: str | None
    rank: str | None
    number: int
    person: str | None
    title: str | None
    row: int
    fingerprint: str
    file: str


def resembling_stored(session: Session, new: Sequence[EvidenceRow], again: Set[str]) -> list[Finding]:
    """One for each new row that a stored record resembles, by row, at most 1,000.

    `again`: fingerprints of the stored records that the file has too.
    """
    return sorted(itertools.islice(_findings(session, new, again), _MOST), key=lambda finding: finding.row or 0)


def _findings(session: Session, new: Sequence[EvidenceRow], again: Set[str]) -> Iterator[Finding]:
    by_code = sorted(new, key=lambda row: row.code)
    for start in range(0, len(by_code), _CHUNK):
        rows = by_code[start : start + _CHUNK]
        stored: dict[tuple[str, str, int], list[_Stored]] = {}
        for record in _of(session, {row.code for row in rows}):
            if record.fingerprint not in again:
                stored.setdefault((record.code, record.kind, record.year), []).append(record)
        for row in rows:
            for record in stored.get((row.code, row.kind, row.year), ()):
                if fields := _differences(row, record):
                    facts = {"code": row.code, "fields": fields, "file": record.file, "earlier": record.row}
                    yield Finding("like_stored", _TEXT, facts, row.row)
                    break


def _of(session: Session, codes: Set[str]) -> Iterator[_Stored]:
    e = Evidence
    columns = (e.school_code, e.kind, e.year, e.edition, e.rank, e.number, e.person, e.title, e.row, e.fingerprint)
    chosen = select(*columns, ImportRun.file_name).join(ImportRun, col(ImportRun.id) == col(e.import_id))  # type: ignore[call-overload]
    yield from map(_Stored._make, session.exec(chosen.where(col(e.school_code).in_(sorted(codes)))))


def _differences(row: EvidenceRow, record: _Stored) -> str:
    """The fields that differ, if it may be the same item; blank otherwise."""
    pairs = {name: (getattr(row, name), getattr(record, name)) for name in _COMPARED}
    differing = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if all(name in _MAY_DIFFER or None in pair for name, pair in differing.items()):
        return ", ".join(differing)
    return ""
