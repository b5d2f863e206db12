"""What stands behind an applicant's published lines, in a round in progress and in an allocated wave alike."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from stemfleet.allocation.rules_file import parse_rules
from stemfleet.allocation.values import Rules
from stemfleet.errors import NotFound
from stemfleet.rounds.applicants import show_applicant
from stemfleet.rounds.process import find_round
from stemfleet.store import Application, Objection, Round, Wave, read_history
from stemfleet.waves.evidence_lines import EvidenceLine, SchoolEvidence, lines_with_evidence
from stemfleet.words import Level, RoundStep
from stemfleet.workshop import Workshop


@dataclass(frozen=True)
class PublishedLine:
    """A line as it is published, and what the stored records give for it; they differ where a person corrected it.

    `published` None: the records give it and the list has no such line; `evidence` None: no record stands behind it.
    """

    label: str
    published: int | None
    evidence: EvidenceLine | None

    @property
    def differs(self) -> bool:
        return (self.published or 0) != (0 if self.evidence is None else self.evidence.points)


@dataclass(frozen=True)
class ApplicantEvidence:
    """Every published line of a school in a wave with its records; `others`: those of kinds that give no points."""

    wave: str
    school: str
    published: datetime
    lines: Sequence[PublishedLine]
    others: SchoolEvidence

    def as_json(self) -> dict[str, Any]:
        """What `evidence lines --json` prints."""
        return {
            "wave": self.wave,
            "school": self.school,
            "published": self.published.isoformat(),
            "lines": [
                {
                    "label": line.label,
                    "points": line.published,
                    "from_records": 0 if line.evidence is None else line.evidence.points,
                    "records": [] if line.evidence is None else line.evidence.as_json()["records"],
                }
                for line in self.lines
            ],
            "other_records": [record.as_json() for record in self.others.others],
        }


@dataclass(frozen=True)
class _Standing:
    rules: Rules
    year: int
    level: Level
    lines: Sequence[tuple[str, int]]
    published: datetime


def evidence_behind(workshop: Workshop, wave: str, school: str) -> ApplicantEvidence:
    """Raises NotFound for an unknown wave or a school that is not in it, Refused before points are published."""
    standing = _standing(workshop, wave, school)
    with workshop.store.read() as session:
        agreed = session.exec(
            select(Objection.evidence_id).where(Objection.wave_code == wave, col(Objection.evidence_id).is_not(None))
        ).all()
    traced = lines_with_evidence(
        workshop,
        standing.rules,
        standing.year,
        school,
        level=standing.level,
        until=standing.published,
        agreed=[number for number in agreed if number is not None],
    )
    published = dict(standing.lines)
    labels = [line.label for line in traced.lines]
    labels += [label for label in published if label not in labels]
    lines = [PublishedLine(label, published.get(label), traced.line(label)) for label in labels]
    return ApplicantEvidence(wave, school, standing.published, lines, traced)


def _standing(workshop: Workshop, wave: str, school: str) -> _Standing:
    with workshop.store.read() as session:
        application = session.get(Application, (wave, school))
        stored = session.exec(select(Wave.rules, Wave.year, Wave.allocated).where(Wave.code == wave)).first()
        at = _points_published(session, wave)
        if stored is not None and application is not None:
            rules, year, allocated = stored
            if not rules:
                raise NotFound("The prizes of {wave} have no points.", wave=wave)
            of_wave = parse_rules(json.dumps(rules).encode())
            lines = [(label, points) for label, points in application.lines]
            return _Standing(of_wave, year, Level(application.level), lines, at or allocated)
        round_ = find_round(session, wave)
    view = show_applicant(workshop.store, wave, school)
    assert at is not None, "an applicant is shown after the points were published"
    return _Standing(view.rules, round_.year, view.applicant.level, view.applicant.lines, at)


def _points_published(session: Session, wave: str) -> datetime | None:
    if session.get(Round, wave) is None:
        return None
    log = read_history(session, "round", wave)
    return next((entry.at for entry, _ in reversed(log) if entry.verb == RoundStep.POINTS_PUBLISHED), None)
