"""What is wrong with an applicant, put right: in the provisional phase, and by appeals after the draw.

A change is of what a person knows (a line of points, a category, level, region); what follows from it (the sum, the
closed lots, the preferences) is worked out here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sqlmodel import Session

from stemfleet.allocation.applicants_file import applicant_document
from stemfleet.allocation.bundle import APPLICANTS, Inputs, inputs_of
from stemfleet.allocation.events import FIELDS, Event, Kind
from stemfleet.allocation.reading import MOST
from stemfleet.allocation.values import Applicant, Ineligible, Rules
from stemfleet.errors import InputError, NotFound
from stemfleet.registers import REGIONS
from stemfleet.rounds.process import a_reason, find_round, must_allow, nfc, read_inputs, take_step, write_bytes
from stemfleet.store import Person, Round
from stemfleet.waves.applicants import Closing
from stemfleet.words import Category, Level, Role, RoundStep
from stemfleet.workshop import Workshop

_OF_REGION = "region:"
_BY_RULE = {Ineligible.LEVEL, Ineligible.ADMITS, Ineligible.REPEAT}


@dataclass(frozen=True)
class Correction:
    """What a person says about one applicant. `lines`: label → points, 0 takes the line out; None keeps a value."""

    lines: Mapping[str, int] = field(default_factory=dict)
    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()
    level: Level | None = None
    region: str | None = None

    def apply(self, applicant: Applicant, closing: Closing) -> Applicant:
        """The applicant as it then stands, everything resolved.

        Raises InputError when nothing would change, and for a region, category or number that cannot be.
        """
        self._check_names(closing.rules)
        region = applicant.region if self.region is None else self.region
        categories = (applicant.categories | set(map(nfc, self.add))) - set(map(nfc, self.remove))
        if region != applicant.region:
            categories = (categories - {f"region:{applicant.region}"}) | {f"region:{region}"}
        lines = self._lines(applicant)
        level = self.level or applicant.level
        by_person = {lot: why for lot, why in applicant.ineligible.items() if why not in _BY_RULE}
        # Equipment of other waves counts as it did when the points were published: it closes no lot that is open since.
        by_rule = closing.lots(applicant.school, level, categories).items()
        closed = {lot: why for lot, why in by_rule if why is not Ineligible.REPEAT or lot in applicant.ineligible}
        closed |= by_person
        corrected = replace(
            applicant,
            level=level,
            region=region,
            categories=categories,
            lines=lines,
            points=sum(points for _label, points in lines),
            preferences=_preferences(applicant, closed, closing.rules.default_preferences),
            ineligible=dict(sorted(closed.items())),
        )
        if corrected == applicant:
            raise InputError("Nothing of school {school} would change.", school=applicant.school)
        return corrected

    def _check_names(self, rules: Rules) -> None:
        if self.region is not None and self.region not in REGIONS:
            raise InputError(
                "There is no region {region}. Known: {known}.", region=self.region, known=", ".join(REGIONS)
            )
        known = known_categories(rules)
        for category in sorted({nfc(name) for name in self.add | self.remove}):
            if category.startswith(_OF_REGION):
                raise InputError("{category} follows from the region. Correct that instead.", category=category)
            if category not in known and category in map(nfc, self.add):
                raise InputError(
                    "There is no category {category} in this round. Known: {known}.",
                    category=category,
                    known=", ".join(known),
                )

    def _lines(self, applicant: Applicant) -> tuple[tuple[str, int], ...]:
        given = {nfc(label): points for label, points in self.lines.items()}
        for label, points in given.items():
            if not 0 <= points <= MOST:
                raise InputError(
                    "{label}: {points} points. A line has a whole number from 0 (which takes it out) to {most}.",
                    label=label,
                    points=points,
                    most=MOST,
                )
        known = {label for label, _points in applicant.lines}
        lines = [(label, given.get(label, points)) for label, points in applicant.lines]
        lines += [(label, points) for label, points in given.items() if label not in known]
        if (total := sum(points for _label, points in lines)) > MOST:
            raise InputError(
                "School {school} would have {total} points. {most} is the most.",
                school=applicant.school,
                total=total,
                most=MOST,
            )
        return tuple((label, points) for label, points in lines if points)


def known_categories(rules: Rules) -> list[str]:
    """The categories that a person can give: of the register, of the lots and of the points table; no regions."""
    of_lots = {category for lot in rules.lots for category in (*lot.reserves, *(lot.admits or ()))}
    of_points = {entry["category"] for entry in rules.points if "category" in entry}
    named = sorted(name for name in (of_lots | of_points) - set(Category) if not name.startswith(_OF_REGION))
    return [*Category, *named]


def _preferences(applicant: Applicant, closed: Mapping[str, Ineligible], default: tuple[str, ...]) -> tuple[str, ...]:
    """What stays open in the applicant's own order; a lot that opens stands where the rules' order has it."""
    opened = [lot for lot in applicant.ineligible if lot not in closed]
    kept = [lot for lot in applicant.preferences if lot not in closed]
    by_rules = sorted(kept, key=default.index) if set(kept) <= set(default) else None
    if by_rules == kept:
        return tuple(lot for lot in default if lot in kept or lot in opened)
    return tuple(kept + [lot for lot in default if lot in opened])


def corrections_between(before: Applicant, after: Applicant, reason: str) -> list[Event]:
    """One event for each field of applicants.json that differs."""
    old, new = applicant_document(before), applicant_document(after)
    return [
        Event(Kind.CORRECTION, before.school, field=name, old=old[name], new=new[name], reason=reason)
        for name in FIELDS
        if old[name] != new[name]
    ]


def correct_applicant(
    workshop: Workshop, person: Person, wave: str, school: str, correction: Correction, reason: str
) -> Applicant:
    """Corrects an applicant in the provisional phase; the log says what, by whom and why. Gives it as it stands now.

    Raises NotFound, InputError, and Refused in any other phase.
    """
    person.must_be(Role.NSO)
    with workshop.store.write() as session:
        return correct(session, workshop, person, find_round(session, wave), school, correction, reason)


def correct(
    session: Session,
    workshop: Workshop,
    person: Person,
    round_: Round,
    school: str,
    correction: Correction,
    reason: str,
) -> Applicant:
    """`correct_applicant` in the caller's transaction."""
    must_allow(session, round_, RoundStep.CORRECTED)
    inputs, why = read_inputs(session, round_), a_reason(reason)
    before = find_applicant(inputs.rules, inputs.applicants, school)
    after = correction.apply(before, closing_of(session, workshop, round_, inputs))
    _put(session, round_, inputs, after)
    fields = {event.field: [event.old, event.new] for event in corrections_between(before, after, why)}
    take_step(session, person, round_, RoundStep.CORRECTED, school=school, fields=fields, reason=why)
    return after


def preview_correction(workshop: Workshop, wave: str, school: str, correction: Correction) -> list[Event]:
    """What a correction would change, field by field; nothing is stored. Raises as `correct_applicant`."""
    with workshop.store.read() as session:
        found = find_round(session, wave)
        must_allow(session, found, RoundStep.CORRECTED)
        inputs = read_inputs(session, found)
        before = find_applicant(inputs.rules, inputs.applicants, school)
        return corrections_between(before, correction.apply(before, closing_of(session, workshop, found, inputs)), "-")


def exclude_school(
    workshop: Workshop, person: Person, wave: str, school: str, lot: str | None, reason: str
) -> Applicant:
    """Closes a lot, or with None every lot that is open to it, to a school, with the reason code `excluded`.

    Raises NotFound, InputError when no such lot is open to the school, and Refused outside the provisional phase.
    """
    person.must_be(Role.NSO)
    with workshop.store.write() as session:
        found = find_round(session, wave)
        must_allow(session, found, RoundStep.EXCLUDED)
        inputs, why = read_inputs(session, found), a_reason(reason)
        codes = [known.code for known in inputs.rules.lots]
        if lot is not None and lot not in codes:
            raise NotFound("There is no lot {lot} in wave {wave}.", lot=lot, wave=wave)
        before = find_applicant(inputs.rules, inputs.applicants, school)
        lots = [code for code in codes if lot in (None, code) and code not in before.ineligible]
        if not lots:
            raise InputError("School {school} is not eligible there already.", school=school)
        after = replace(
            before,
            ineligible={**before.ineligible, **dict.fromkeys(lots, Ineligible.EXCLUDED)},
            preferences=tuple(code for code in before.preferences if code not in lots),
        )
        _put(session, found, inputs, after)
        take_step(session, person, found, RoundStep.EXCLUDED, school=school, lots=lots, reason=why)
    return after


def closing_of(session: Session, workshop: Workshop, round_: Round, inputs: Inputs) -> Closing:
    return Closing.read(session, workshop.models, inputs.rules, round_.year)


def find_applicant(rules: Rules, applicants: Iterable[Applicant], school: str) -> Applicant:
    """Raises NotFound."""
    for applicant in applicants:
        if applicant.school == school:
            return applicant
    raise NotFound("School {school} is not in round {wave}.", school=school, wave=rules.wave)


def _put(session: Session, round_: Round, inputs: Inputs, changed: Applicant) -> None:
    """The list with one applicant replaced, checked as a whole."""
    applicants = [changed if a.school == changed.school else a for a in inputs.applicants]
    write_bytes(session, round_, APPLICANTS, inputs_of(inputs.rules, applicants).applicants_json)
