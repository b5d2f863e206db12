"""Schools as pages and commands show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, and_, col, false, or_, select, true

from stemfleet.errors import NotFound
from stemfleet.registers import fold
from stemfleet.store import Application, Award, Evidence, ImportRun, Kit, School, SchoolCategory, Store
from stemfleet.words import RecipientKind


@dataclass(frozen=True)
class SchoolView:
    """A school with everything that its page shows; `evidence` with the file that each record came from."""

    school: School
    categories: Sequence[str]
    evidence: Sequence[tuple[Evidence, str]]
    applications: Sequence[Application]
    awards: Sequence[Award]
    kits: Sequence[Kit]

    def as_json(self) -> dict[str, Any]:
        """What `school show --json` prints."""
        return {
            **school_row(self.school, self.categories),
            "municipality": self.school.municipality,
            "awards": [{"wave": a.wave_code, "lot": a.lot, "model": a.model, "place": a.place} for a in self.awards],
            "kits": [{"tag": kit.tag, "model": kit.model, "state": kit.state} for kit in self.kits],
            "evidence": [
                {"kind": e.kind, "year": e.year, "number": e.number, "file": file, "row": e.row}
                for e, file in self.evidence
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
        evidence = select(Evidence, ImportRun.file_name).join(ImportRun, col(ImportRun.id) == Evidence.import_id)
        evidence = evidence.where(Evidence.school_code == code).order_by(col(Evidence.year).desc(), col(Evidence.kind))
        return SchoolView(
            school=school,
            categories=categories_of(session, [code]).get(code, []),
            evidence=session.exec(evidence).all(),
            applications=session.exec(select(Application).where(Application.school_code == code)).all(),
            awards=session.exec(select(Award).where(Award.school_code == code).order_by(col(Award.id))).all(),
            kits=session.exec(select(Kit).where(Kit.school_code == code).order_by(Kit.tag)).all(),
        )


def find_schools(
    store: Store, words: str = "", *, kind: RecipientKind | None = None, limit: int | None = 100
) -> list[tuple[School, list[str]]]:
    """(school, its categories) by code: those whose name holds every word, or whose code starts with the text."""
    chosen = select(School).order_by(School.code)
    if kind is not None:
        chosen = chosen.where(School.kind == kind)
    if words.strip():
        by_code = col(School.code).startswith(words.strip().upper(), autoescape=True)
        by_name = [col(School.search_name).contains(word, autoescape=True) for word in fold(words).split()]
        chosen = chosen.where(or_(by_code, and_(false() if not by_name else true(), *by_name)))
    if limit is not None:
        chosen = chosen.limit(limit)
    with store.read() as session:
        schools = session.exec(chosen).all()
        categories = categories_of(session, [school.code for school in schools] if limit is not None else None)
        return [(school, categories.get(school.code, [])) for school in schools]


def categories_of(session: Session, codes: Sequence[str] | None) -> dict[str, list[str]]:
    """Sorted categories by school; `None` for all schools."""
    chosen = select(SchoolCategory).order_by(SchoolCategory.category)
    if codes is not None:
        chosen = chosen.where(col(SchoolCategory.school_code).in_(codes))
    found: dict[str, list[str]] = {}
    for row in session.exec(chosen):
        found.setdefault(row.school_code, []).append(row.category)
    return found
