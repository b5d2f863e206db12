"""The records behind a school's points: on its own page, and beside its line in a wave's lists."""

from typing import Any

from flask import Blueprint, render_template

from stemfleet.errors import NotFound, Refused
from stemfleet.rounds.evidence import ApplicantEvidence, evidence_behind
from stemfleet.waves.coverage import LotCoverage, training_coverage
from stemfleet.words import Role
from stemfleet_web.door import the_door
from stemfleet_web.language import language
from stemfleet_web.persons import check_may_see, only, person_or_none

blueprint = Blueprint("evidence", __name__)


@blueprint.app_context_processor
def _behind() -> dict[str, Any]:
    """`evidence_behind(wave, school)` for `_evidence_lines.html`; `coverage_of(wave)` for `_training.html`."""
    return {"evidence_behind": _for_reader, "coverage_of": _coverage}


def _for_reader(wave: str, school: str) -> ApplicantEvidence | None:
    """None for everybody but the school itself and the support organisation, and where there are no points."""
    person = person_or_none()
    if person is None or not (person.role is Role.NSO or person.school_code == school):
        return None
    try:
        return evidence_behind(the_door().workshop, wave, school)
    except (NotFound, Refused):
        return None


def _coverage(wave: str) -> list[LotCoverage]:
    """For the support organisation only."""
    person = person_or_none()
    if person is None or person.role is not Role.NSO:
        return []
    return training_coverage(the_door().workshop, wave)


@blueprint.app_template_filter("course_title")
def course_title(code: str) -> str:
    course = the_door().workshop.evidence.courses.get(code)
    return code if course is None else course.title[language()]


@blueprint.get("/schools/<code>/points/<wave>")
@only(Role.NSO, Role.SCHOOL)
def lines(code: str, wave: str) -> str:
    """Every line of points of a school in a wave, with its records."""
    check_may_see(code)
    behind = evidence_behind(the_door().workshop, wave, code)
    return render_template("schools/evidence_lines.html", behind=behind, wave_code=wave, school_code=code)
