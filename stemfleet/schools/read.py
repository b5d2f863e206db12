"""Schools as pages and commands show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, or_, select

from stemfleet.errors import NotFound
from stemfleet.schools.categories import CategorySource, categories_of, sources_of
from stemfleet.schools.evidence import StoredRecord, stored_records
from stemfleet.schools.inherited import Inherited, inherited_by
from stemfleet.store import (
    Application,
    Award,
    HistoryEntry,
    ImportRun,
    Kit,
    LegacyKit,
    School,
    SchoolChange,
    SchoolMove,
    Store,
    read_history,
)


@dataclass(frozen=True)
class SchoolView:
    """A school with everything that its page shows; `evidence` with the file that each record came from.

    `inherited`: schools whose records are among these by a decision, and why.
    `moves`: what it became and what became it; `changes`: what imports changed, newest first, with the import;
    `legacy`: kits of earlier waves on a list, with the file; `history`: what people decided, oldest first, with names.
    """

    school: School
    categories: Sequence[str]
    sources: Sequence[CategorySource]
    evidence: Sequence[StoredRecord]
    inherited: Mapping[str, Inherited]
    applications: Sequence[Application]
    awards: Sequence[Award]
    kits: Sequence[Kit]
    legacy: Sequence[tuple[LegacyKit, str]]
    moves: Sequence[SchoolMove]
    changes: Sequence[tuple[SchoolChange, ImportRun]]
    history: Sequence[tuple[HistoryEntry, str]]

    def as_json(self) -> dict[str, Any]:
        """What `school show --json` prints."""
        old_kit = ("id", "model", "wave", "year", "serial", "state", "answer", "row")
        return {
            **school_row(self.school, self.categories),
            "municipality": self.school.municipality,
            "category_sources": [
                _told(said, "category", "holds", "file", "row", "person", "reason", "at") for said in self.sources
            ],
            "awards": [{"wave": award.wave_code, **_told(award, "lot", "model", "place")} for award in self.awards],
            "kits": [_told(kit, "tag", "model", "state", "legacy") for kit in self.kits],
            "legacy": [
                {**_told(old, *old_kit), "date": _plain(old.delivered), "tag": old.kit_tag, "file": file}
                for old, file in self.legacy
            ],
            "evidence": [
                {
                    **_told(record, "kind", "year", "number", "row"),
                    "file": file,
                    "imported": _plain(at),
                    "school": record.school_code,
                }
                for record, file, at in self.evidence
            ],
            "moves": [
                {"school": move.school_code, **_told(move, "successor", "kind", "since", "reason", "evidence_counts")}
                for move in self.moves
            ],
            "changes": [
                {**_told(change, "changes", "row"), "file": run.file_name, "at": _plain(run.at)}
                for change, run in self.changes
            ],
            "history": [{**_told(entry, "at", "verb", "facts"), "person": name} for entry, name in self.history],
        }


def _told(row: object, *names: str) -> dict[str, Any]:
    """These values of a row as JSON."""
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value  # a datetime is a date, too


def school_row(school: School, categories: Sequence[str]) -> dict[str, Any]:
    """The row that other programs rely on."""
    return {
        "code": school.code,
        "name": school.name,
        "level": school.level,
        "region": school.region,
        "categories": list(categories),
        "status": school.status,
    }


def show_school(store: Store, code: str) -> SchoolView:
    """Raises NotFound."""
    with store.read() as session:
        school = session.get(School, code)
        if school is None:
            raise NotFound("There is no school {code}.", code=code)
        return SchoolView(
            school=school,
            categories=categories_of(session, [code]).get(code, []),
            sources=sources_of(session, code),
            evidence=stored_records(session, code),
            inherited=inherited_by(session, code),
            applications=session.exec(select(Application).where(Application.school_code == code)).all(),
            awards=session.exec(select(Award).where(Award.school_code == code).order_by(col(Award.id))).all(),
            kits=session.exec(select(Kit).where(Kit.school_code == code).order_by(Kit.tag)).all(),
            legacy=_legacy_of(session, code),
            moves=session.exec(
                select(SchoolMove).where(or_(SchoolMove.school_code == code, SchoolMove.successor == code))
            ).all(),
            changes=session.exec(
                select(SchoolChange, ImportRun)
                .join(ImportRun, col(ImportRun.id) == SchoolChange.import_id)
                .where(SchoolChange.school_code == code)
                .order_by(col(SchoolChange.id).desc())
            ).all(),
            history=read_history(session, "school", code),
        )


def _legacy_of(session: Session, code: str) -> Sequence[tuple[LegacyKit, str]]:
    """The kits of earlier waves of a school, each with the name of the file that it came from."""
    chosen = select(LegacyKit, ImportRun.file_name).join(ImportRun, col(ImportRun.id) == LegacyKit.import_id)
    return session.exec(chosen.where(LegacyKit.school_code == code).order_by(col(LegacyKit.id))).all()
