"""The words of the program as readers see them: one table per vocabulary, value → text in the reader's language.

A value that no table has (a category that a wave's rules define, a measurement of one's own recipe) is shown as it
is, with blanks.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import current_app
from flask_babel import get_locale
from flask_babel import lazy_gettext as _

from stemfleet.registers import REGIONS
from stemfleet.words import MEASUREMENT_REASON
from stemfleet_web.words.bench import (
    DIMENSIONS,
    MEASUREMENTS,
    OUTCOMES,
    PHASES,
    REASONS,
    REMEDIES,
    SCANS,
    STATUSES,
    UNITS,
    VALUES,
)
from stemfleet_web.words.history import FACTS, VERBS
from stemfleet_web.words.imports import IMPORT_FIELDS, IMPORT_PARTS, IMPORTS, SHAPES, SKIPS
from stemfleet_web.words.kits import OPEN_POINTS, STATES
from stemfleet_web.words.labels import Labels
from stemfleet_web.words.rounds import (
    APPEAL_REMEDIES,
    APPLICANT_FIELDS,
    OBJECTION_STATES,
    OF_SENTENCES,
    OFFER_STATES,
    ROUND_STATES,
    STAGE_MARKS,
)
from stemfleet_web.words.schools import CATEGORIES, LEGACY_ANSWERS, LEVELS, MOVE_KINDS, ROLES, SCHOOL_STATUSES
from stemfleet_web.words.waves import ABSENCES, CLOSED, CUTS, PLACES, STANDINGS
from stemfleet_web.words.whatif import CHANGES, RULES, UNFILLED
from stemfleet_web.words.work import STEPS, WORK, WORK_STATES

VOCABULARIES: Mapping[str, Labels] = {
    "state": STATES,
    "outcome": OUTCOMES,
    "status": STATUSES,
    "work_state": WORK_STATES,
    "import": IMPORTS,
    "import_part": IMPORT_PARTS,
    "skip": SKIPS,
    "import_field": IMPORT_FIELDS,
    "shape": SHAPES,
    "change": CHANGES,
    "rule": RULES,
    "unfilled": UNFILLED,
    "work": WORK,
    "step": STEPS,
    "round_state": ROUND_STATES,
    "offer_state": OFFER_STATES,
    "standing": STANDINGS,
    "absence": ABSENCES,
    "stage_mark": STAGE_MARKS,
    "field": APPLICANT_FIELDS,
    "appeal_remedy": APPEAL_REMEDIES,
    "level": LEVELS,
    "category": CATEGORIES,
    "role": ROLES,
    "place": PLACES,
    "school_status": SCHOOL_STATUSES,
    "closed": CLOSED,
    "open_point": OPEN_POINTS,
    "cut": CUTS,
    "objection_state": OBJECTION_STATES,
    "phase": PHASES,
    "reason": REASONS,
    "remedy": REMEDIES,
    "verb": VERBS,
    "move_kind": MOVE_KINDS,
    "legacy_answer": LEGACY_ANSWERS,
    "fact": FACTS,
    "measurement": MEASUREMENTS,
    "unit": UNITS,
    "value": VALUES,
    "scan": SCANS,
    "dimension": DIMENSIONS,
}
_IN_SENTENCES = (
    STATES,
    OUTCOMES,
    ROLES,
    LEVELS,
    OPEN_POINTS,
    REASONS,
    ROUND_STATES,
    OFFER_STATES,
    OF_SENTENCES,
    VERBS,
)

_EITHER = " / "  # between words of which one is meant


def label(value: str, vocabulary: str) -> str:
    """The text of a value in the reader's language: `label("in_use", "state")`."""
    if vocabulary == "category" and value.startswith("region:"):
        return str(_("Region: %(name)s", name=region_name(value.removeprefix("region:"))))
    if vocabulary == "reason" and value.startswith(MEASUREMENT_REASON):
        name = label(value.removeprefix(MEASUREMENT_REASON), "measurement")
        return str(_("Out of its limits: %(name)s", name=name))
    if vocabulary == "remedy" and value.startswith(MEASUREMENT_REASON):
        return str(_("Put the board aside as faulty."))
    if vocabulary == "evidence":
        return _kind_title(value)
    return str(VOCABULARIES[vocabulary].get(value, value.replace("_", " ")))


def _kind_title(name: str) -> str:
    """Kinds of evidence are data: their titles stand in their files."""
    kind = current_app.config["EVIDENCE"].kinds.get(name)
    return name.replace("_", " ") if kind is None else kind.title[str(get_locale())]


def label_of_fact(value: str) -> str:
    """A fact of an error's sentence: words of ours are translated, everything else stays as it is."""
    if value.startswith(MEASUREMENT_REASON):
        return label(value, "reason")
    return _EITHER.join(_of_ours(part) for part in value.split(_EITHER))


def _of_ours(value: str) -> str:
    return next((str(words[value]) for words in _IN_SENTENCES if value in words), value)


def region_name(number: str | None) -> str:
    return REGIONS.get(number or "", number or "")


def prize(lines: Sequence[Sequence[Any]]) -> tuple[str, str]:
    """(edition of the contest, rank in it) from the one line that a winner's application has: `2025: 1`."""
    edition, _colon, rank = str(lines[0][0] if lines else "").partition(": ")
    return edition, rank


def line_anchor(line: str) -> str:
    """Where a line of points stands on a school's page; the part of an address after the `#`."""
    return f"line-{line.replace(' ', '-')}"


def points_label(line: str) -> str:
    """A line of points, `national_prize 2014-2017`, as text; lines of other forms stay as they are."""
    kind, _blank, years = line.rpartition(" ")
    first, dash, last = years.partition("-")
    if not (kind and dash and first.isdigit() and last.isdigit()):
        return line
    period = str(_("up to %(year)s", year=last)) if int(first) == 0 else f"{first}–{last}"
    return f"{label(kind, 'evidence')} {period}"
