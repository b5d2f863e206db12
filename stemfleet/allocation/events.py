"""What happens after the draw: corrections, acceptances, declines and expiries, in order, under the same tickets.

The frozen files stay as they are; events are applied after the seed. A school that declines, or lets its offer expire,
leaves the wave, and one that accepts wishes for no other lot. The whole rule then runs again: holders who have not
answered may move up, never down, and at most one school that held nothing comes in for each place given up.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from stemfleet.allocation.applicants_file import ApplicantReader, applicant_document
from stemfleet.allocation.canonical import canonical, encode, parse
from stemfleet.allocation.engine import holders
from stemfleet.allocation.reading import At, a_mapping, a_text, an_object, items, shown, the_format
from stemfleet.allocation.values import Applicant, Result, Rules

FORMAT = "stemfleet-events/1"
FIELDS = ("level", "region", "categories", "points", "lines", "preferences", "ineligible")
_EXTRA_SEAT = re.compile(r"extra seat( given back)?: ([A-Za-z0-9_-][A-Za-z0-9._-]*); (.*)", re.DOTALL)


class Kind(StrEnum):
    CORRECTION = "correction"
    ACCEPTANCE = "acceptance"
    DECLINE = "decline"
    EXPIRY = "expiry"


_KEYS = {
    Kind.CORRECTION: ("event", "school", "field", "old", "new", "reason"),
    Kind.ACCEPTANCE: ("event", "school", "lot"),
    Kind.DECLINE: ("event", "school"),
    Kind.EXPIRY: ("event", "school"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a school. `lot` is what it accepts; the rest belongs to a correction.

    `old` and `new` are the values of `field` as in applicants.json; `reason` is a text without personal data.
    """

    kind: Kind
    school: str
    lot: str | None = None
    field: str | None = None
    old: Any = None
    new: Any = None
    reason: str | None = None

    @property
    def extra_seat(self) -> "ExtraSeat | None":
        """What a correction says of a seat beside the rule, by the fixed form of its reason."""
        found = _EXTRA_SEAT.fullmatch(self.reason or "")
        if found is None or (found[1] and found[3] not in (Kind.DECLINE, Kind.EXPIRY)):
            return None
        return ExtraSeat(lot=found[2], given_back=found[1] is not None, reason=found[3])


@dataclass(frozen=True, slots=True)
class ExtraSeat:
    """A seat more than the rules have, in `lot`; when `given_back`, `reason` is `decline` or `expiry`."""

    lot: str
    given_back: bool
    reason: str

    def __str__(self) -> str:
        """The fixed form: the reason of every correction that goes with the seat."""
        return f"extra seat{' given back' if self.given_back else ''}: {self.lot}; {self.reason}"


def seat_given_back(school: str, lot: str, kind: Kind) -> Event:
    """A school with an extra seat declines it, or lets its offer expire: by the rule it holds nothing to answer for."""
    reason = str(ExtraSeat(lot, given_back=True, reason=kind.value))
    return Event(Kind.CORRECTION, school, field="preferences", old=[], new=[], reason=reason)


def extra_seat_of(events: Sequence[Event]) -> str | None:
    """The lot of the extra seat that a school has by its events, or None."""
    said = [event.extra_seat for event in events if event.extra_seat is not None]
    return said[-1].lot if said and not said[-1].given_back else None


@dataclass(frozen=True, slots=True)
class Change:
    """What a school held before and after; None is nothing."""

    school: str
    before: str | None
    after: str | None


def parse_events(data: bytes, file: str = "events.json") -> tuple[Event, ...]:
    """The events in a file's bytes; `file` is the name that an error gives. Raises InputError."""
    at = At(file)
    found = an_object(parse(data, file), at, ("format", "events"))
    the_format(found["format"], at.key("format"), FORMAT)
    return tuple(_event(item, place) for item, place in items(found["events"], at.key("events")))


def events_bytes(events: Iterable[Event]) -> bytes:
    """The canonical bytes of `events.json`."""
    return canonical({"format": FORMAT, "events": [_document(event) for event in events]})


def after_events(
    rules: Rules, applicants: Sequence[Applicant], seed: str, events: Sequence[Event], file: str = "events.json"
) -> tuple[Applicant, ...]:
    """The applicants as they stand after the events, by school code; those who left are missing.

    Raises InputError for an event that cannot have happened: a correction whose `old` is not what stood there, an
    answer of a school that has left, an acceptance of a lot that the school does not hold at that moment.
    """
    book = _Book(rules, applicants, seed)
    for index, event in enumerate(events):
        at = At(file).key("events").item(index)
        book.check_present(event.school, at.key("school"))
        if event.kind is Kind.CORRECTION:
            book.correct(event, at)
        else:
            book.close_corrections()
            book.answer(event, at)
    book.close_corrections()
    return book.standing()


def changes(before: Result, after: Result) -> tuple[Change, ...]:
    """Who holds something else than before, by school code: the difference to a published list."""
    held, holding = ({award.school: award.lot for award in result.awards} for result in (before, after))
    schools = sorted(held.keys() | holding.keys())
    found = (Change(school, held.get(school), holding.get(school)) for school in schools)
    return tuple(change for change in found if change.before != change.after)


class _Book:
    """The applicants while events are written into it."""

    def __init__(self, rules: Rules, applicants: Sequence[Applicant], seed: str) -> None:
        self._rules, self._seed = rules, seed
        self._reader = ApplicantReader(rules)
        self._schools = {applicant.school: applicant for applicant in applicants}
        self._left: set[str] = set()
        self._accepted: set[str] = set()
        # Schools with corrections that are not checked yet: points and their lines are corrected one after the other.
        self._corrected: dict[str, tuple[dict[str, Any], At]] = {}
        self._holders: Mapping[str, str] | None = None
        # Answers push nobody out, except where a hard cap crosses the guarantees: who held a place holds one still.
        self._keeps_places = all(lot.region_cap is None for lot in rules.lots)
        self._safe: set[str] = set()

    def check_present(self, school: str, at: At) -> None:
        if school in self._left:
            at.refuse("school {school} has left the wave already.", school=school)
        if school not in self._schools:
            at.refuse("school {school} is not in this round.", school=school)

    def correct(self, event: Event, at: At) -> None:
        document, _ = self._corrected.get(event.school, (applicant_document(self._schools[event.school]), at))
        assert event.field is not None
        if encode(document[event.field]) != encode(event.old):
            at.key("old").refuse(
                "{old} is not what stands in {field} of school {school}: {found}.",
                old=shown(event.old),
                field=event.field,
                school=event.school,
                found=shown(document[event.field]),
            )
        self._corrected[event.school] = ({**document, event.field: event.new}, at)

    def close_corrections(self) -> None:
        """Check every corrected school as a whole, as strictly as the file of applicants."""
        for school, (document, at) in self._corrected.items():
            self._schools[school] = self._reader.read(document, at)
            if encode(applicant_document(self._schools[school])) != encode(document):
                at.key("new").refuse("the categories of school {school} must be sorted.", school=school)
            self._holders = None
            self._safe.clear()
        self._corrected.clear()

    def answer(self, event: Event, at: At) -> None:
        if event.kind is Kind.ACCEPTANCE:
            held = self._held(event.school)
            if event.lot is None or held != event.lot:
                at.key("lot").refuse(
                    "school {school} cannot accept {lot}: it holds {held}.",
                    school=event.school,
                    lot=event.lot,
                    held=held or "nothing",
                )
            self._schools[event.school] = replace(self._schools[event.school], preferences=(event.lot,))
            self._accepted.add(event.school)
            return
        if event.kind is Kind.EXPIRY and (event.school in self._accepted or not self._holds(event.school)):
            at.key("school").refuse("school {school} has no offer that could expire.", school=event.school)
        del self._schools[event.school]
        self._left.add(event.school)
        self._holders = None

    def standing(self) -> tuple[Applicant, ...]:
        return tuple(self._schools[school] for school in sorted(self._schools))

    def _holds(self, school: str) -> bool:
        return school in self._safe or self._held(school) is not None

    def _held(self, school: str) -> str | None:
        if self._holders is None:
            self._holders = holders(self._rules, list(self._schools.values()), self._seed)
            self._safe = set(self._holders) if self._keeps_places else set()
        return self._holders.get(school)


def _event(value: Any, at: At) -> Event:
    kind = a_mapping(value, at).get("event")
    if kind not in list(Kind):
        at.key("event").refuse("{kind} is not known. Known: {known}.", kind=shown(kind), known=", ".join(Kind))
    found = an_object(value, at, _KEYS[Kind(kind)])
    school = a_text(found["school"], at.key("school"))
    if kind == Kind.ACCEPTANCE:
        return Event(Kind.ACCEPTANCE, school, lot=a_text(found["lot"], at.key("lot")))
    if kind != Kind.CORRECTION:
        return Event(Kind(kind), school)
    if found["field"] not in FIELDS:
        at.key("field").refuse(
            "{field} cannot be corrected. Known: {known}.", field=shown(found["field"]), known=", ".join(FIELDS)
        )
    return Event(
        Kind.CORRECTION,
        school,
        field=found["field"],
        old=found["old"],
        new=found["new"],
        reason=a_text(found["reason"], at.key("reason")),
    )


def _document(event: Event) -> dict[str, Any]:
    values = {
        "event": event.kind,
        "school": event.school,
        "lot": event.lot,
        "field": event.field,
        "old": event.old,
        "new": event.new,
        "reason": event.reason,
    }
    return {key: values[key] for key in _KEYS[event.kind]}
