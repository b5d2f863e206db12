"""Training coverage: how many recipients of a wave have a teacher who completed a course for the kit that they get."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, or_, select

from stemfleet.errors import NotFound
from stemfleet.schools import heirs
from stemfleet.schools.evidence import Recogniser
from stemfleet.store import Award, Evidence, Wave
from stemfleet.workshop import Workshop

COMPLETED = ("course_completed", "mooc_completed")


@dataclass(frozen=True)
class LotCoverage:
    """`covered` of the `recipients` of a lot; `courses`: codes of those about its kit. Without any, nobody can be."""

    lot: str
    model: str
    courses: tuple[str, ...]
    recipients: int
    covered: int
    missing: tuple[str, ...]  # codes of the others

    def as_json(self) -> dict[str, Any]:
        return {**self.__dict__, "courses": list(self.courses), "missing": list(self.missing)}


def training_coverage(workshop: Workshop, wave: str) -> list[LotCoverage]:
    """By lot, in the order of their codes, over all years of records. Raises NotFound."""
    names = Recogniser.of(workshop.evidence)
    with workshop.store.read() as session:
        if session.exec(select(Wave.code).where(Wave.code == wave)).first() is None:
            raise NotFound("There is no wave {code}.", code=wave)
        awards = session.exec(select(Award).where(Award.wave_code == wave).order_by(Award.lot, Award.school_code)).all()
        completed = _completed(session, names, wave)
    lots: dict[tuple[str, str], list[str]] = defaultdict(list)
    for award in awards:
        lots[award.lot, award.model].append(award.school_code)
    return [_coverage(workshop, lot, model, schools, completed) for (lot, model), schools in sorted(lots.items())]


def _completed(session: Session, names: Recogniser, wave: str) -> dict[str, set[str]]:
    """School → codes of the courses that somebody of it completed, of the recipients of a wave."""
    chosen = select(Evidence.school_code, Evidence.title).where(col(Evidence.kind).in_(COMPLETED)).distinct()
    moved = heirs(session)
    recipients = select(Award.school_code).where(Award.wave_code == wave)
    known = or_(col(Evidence.school_code).in_(recipients), col(Evidence.school_code).in_(sorted(moved)))
    found: dict[str, set[str]] = defaultdict(set)
    for school, title in session.exec(chosen.where(known)):
        if course := names.course(title):
            found[moved.get(school, school)].add(course.code)
    return found


def _coverage(
    workshop: Workshop, lot: str, model: str, schools: list[str], completed: dict[str, set[str]]
) -> LotCoverage:
    courses = tuple(course.code for course in workshop.evidence.courses_for(model))
    missing = tuple(school for school in schools if not completed.get(school, set()).intersection(courses))
    return LotCoverage(lot, model, courses, len(schools), len(schools) - len(missing), missing)
