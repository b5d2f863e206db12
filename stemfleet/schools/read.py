"""Schools as pages and commands show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, or_, select

from stemfleet.errors import NotFound
from stemfleet.schools.categories import CategorySource, categories_of, sources_of
from stemfleet.schools.evidence import StoredRecord, stored_records
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

    `moves`: what it became and what became it; `changes`: what imports changed, newest first, with the import;
    `legacy`: kits of earlier waves on a list, with the file; `history`: what people decided, oldest first, with names.
    """

    school: School
    categories: Sequence[str]
    sources: Sequence[CategorySource]
    evidence: Sequence[StoredRecord]
    applications: Sequence[Application]
    awards: Sequence[Award]
    kits: Sequence[Kit]
    legacy: Sequence[tuple[LegacyKit, str]]
    moves: Sequence[SchoolMove]
    changes: Sequence[tuple[SchoolChange, ImportRun]]
    history: Sequence[tuple[HistoryEntry, str]]

    def as_json(self) -> dict[str, Any]:
        """What `school show --json` prints."""
        return {
            **school_row(self.school, self.categories),
            "municipality": self.school.municipality,
            "category_sources": [
                {
                    "category": said.category,
                    "holds": said.holds,
                    "file": said.file,
                    "row": said.row,
                    "person": said.person,
                    "reason": said.reason,
                    "at": said.at.isoformat(),
                }
                for said in self.sources
            ],
            "awards": [{"wave": a.wave_code, "lot": a.lot, "model": a.model, "place": a.place} for a in self.awards],
            "kits": [
                {"tag": kit.tag, "model": kit.model, "state": kit.state, "legacy": kit.legacy} for kit in self.kits
            ],
            "legacy": [
                {
                    "id": old.id,
                    "model": old.model,
                    "wave": old.wave,
                    "year": old.year,
                    "serial": old.serial,
                    "date": old.delivered.isoformat() if old.delivered else None,
                    "state": old.state,
                    "answer": old.answer,
                    "tag": old.kit_tag,
                    "file": file,
                    "row": old.row,
                }
                for old, file in self.legacy
            ],
            "evidence": [
                {
                    "kind": e.kind,
                    "year": e.year,
                    "number": e.number,
                    "file": file,
                    "row": e.row,
                    "imported": at.isoformat(),
                }
                for e, file, at in self.evidence
            ],
            "moves": [
                {
                    "school": move.school_code,
                    "successor": move.successor,
                    "kind": move.kind,
                    "since": move.since.isoformat(),
                    "reason": move.reason,
                }
                for move in self.moves
            ],
            "changes": [
                {"changes": change.changes, "file": run.file_name, "row": change.row, "at": run.at.isoformat()}
                for change, run in self.changes
            ],
            "history": [
                {"at": entry.at.isoformat(), "person": name, "verb": entry.verb, "facts": entry.facts}
                for entry, name in self.history
            ],
        }


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
