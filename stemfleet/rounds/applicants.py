"""The applicants of a round as they stand: with the corrections so far, and after the draw with everything since."""

from dataclasses import dataclass

from sqlmodel import Session

from stemfleet.allocation.bundle import APPLICANTS
from stemfleet.allocation.events import after_events
from stemfleet.allocation.values import Applicant, Rules
from stemfleet.errors import Refused
from stemfleet.rounds.corrections import find_applicant
from stemfleet.rounds.draw import seed_of
from stemfleet.rounds.process import find_round, read_bytes, read_events, read_inputs
from stemfleet.schools import find_schools
from stemfleet.store import Round, School, Store
from stemfleet.waves.points import PointsTable


@dataclass(frozen=True)
class ApplicantView:
    """One applicant with the school's name, the rules that it stands under, and the labels of their points table."""

    rules: Rules
    applicant: Applicant
    name: str
    labels: list[str]


def show_applicant(store: Store, wave: str, school: str) -> ApplicantView:
    """Raises NotFound, and Refused before the points are published."""
    with store.read() as session:
        found = find_round(session, wave)
        rules, standing = _standing(session, found)
        applicant = find_applicant(rules, standing, school)
        labels = [entry.label for entry in PointsTable.read(rules.points, found.year).points]
        return ApplicantView(rules, applicant, session.get_one(School, school).name, labels)


def find_applicants(store: Store, wave: str, words: str, limit: int = 50) -> list[tuple[Applicant, str]]:
    """(applicant, name) of those whose name holds every word, or whose code starts with the text.

    Raises as `show_applicant`.
    """
    with store.read() as session:
        _rules, standing = _standing(session, find_round(session, wave))
    by_code = {applicant.school: applicant for applicant in standing}
    found = [school for school, _categories in find_schools(store, words, limit=None) if school.code in by_code]
    return [(by_code[school.code], school.name) for school in found[:limit]]


def _standing(session: Session, round_: Round) -> tuple[Rules, tuple[Applicant, ...]]:
    if read_bytes(session, round_, APPLICANTS) is None:
        raise Refused("The points of {wave} are not published yet.", wave=round_.wave_code)
    inputs = read_inputs(session, round_)
    if round_.beacon_value is None:
        return inputs.rules, inputs.applicants
    events = read_events(session, round_)
    return inputs.rules, after_events(inputs.rules, inputs.applicants, seed_of(session, round_), events)
