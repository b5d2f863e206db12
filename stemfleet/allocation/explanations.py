"""Why every applicant got what it got, in Greek and English: facts put into the sentences of `sentences`.

Whole numbers only; every statement can be checked again from the published files (docs/allocation.md says how).
A ticket is shown by its first 12 digits.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stemfleet.allocation.canonical import canonical
from stemfleet.allocation.closings import Closing, Closings, Given
from stemfleet.allocation.engine import SettledWave
from stemfleet.allocation.enough import Enough
from stemfleet.allocation.events import Event, Kind, extra_seat_of
from stemfleet.allocation.sentences import LANGUAGES, Language
from stemfleet.allocation.values import Applicant, Ineligible, Lot, Merit, Rules
from stemfleet.words import Place

_DIGITS = 12


def explanation_files(findings: "Findings") -> dict[str, bytes]:
    """File name → canonical bytes, a file for each language: school code → text."""
    return {
        f"explanations.{code}.json": canonical(Explainer(findings, language).all())
        for code, language in sorted(LANGUAGES.items())
    }


class Findings:
    """What the explanations of one settled wave rest on, whatever the language. Each fact is computed when asked."""

    def __init__(self, wave: SettledWave, events: Sequence[Event] = (), *, planning: bool = False) -> None:
        self.wave = wave
        self.planning = planning
        self.ranks = {applicant.school: rank for rank, applicant in enumerate(wave.by_merit)}
        self.events: dict[str, list[Event]] = {}
        for event in events:
            self.events.setdefault(event.school, []).append(event)
        self.held = {
            rank: (code, place)
            for code, lot in wave.settled.items()
            for place, ranks in ((Place.RESERVED, lot.choice.reserved), (Place.OPEN, lot.choice.open))
            for rank in ranks
        }
        self.waiting = {
            code: {rank: number for number, rank in enumerate(lot.waiting, start=1)}
            for code, lot in wave.settled.items()
        }
        self.closings = {code: Closings(wave, code) for code in wave.desks}
        self._enough = Enough(wave)
        self._enough_points: dict[tuple[int, str], int | None] = {}

    def enough_points(self, rank: int, code: str) -> int | None:
        """See `Enough.points`."""
        key = rank, code
        if key not in self._enough_points:
            self._enough_points[key] = self._enough.points(rank, code)
        return self._enough_points[key]

    @property
    def schools(self) -> list[str]:
        """Everybody who applied, those who left included, by code."""
        return sorted(self.ranks.keys() | self.events.keys())

    def closing(self, rank: int, code: str) -> Closing:
        return self.closings[code].of(self.wave.desks[code].group_of[rank])


class Explainer:
    """Explanations in one language; what many schools read alike is put into words once."""

    def __init__(self, findings: Findings, language: Language) -> None:
        self._found = findings
        self._words = _Words(language, findings.wave.rules)
        self._say = language.sentences
        self._refused: dict[tuple[str, int, int], str] = {}
        self._others: dict[tuple[object, ...], str] = {}

    def all(self) -> dict[str, str]:
        """School code → text, for every applicant."""
        return {school: self.one(school) for school in self._found.schools}

    def one(self, school: str) -> str:
        """The text of one applicant, a line for each lot. KeyError for a school that did not apply."""
        rank = self._found.ranks.get(school)
        parts = [self._say["planning"]] if self._found.planning else []
        happened = self._found.events.get(school, ())
        if rank is None and not happened:
            raise KeyError(school)
        parts.append(self._say["left"].format(school=school) if rank is None else self._head(rank))
        parts += [self._words.event(event) for event in happened]
        if rank is not None:
            parts += self._lots(rank, extra_seat_of(happened))
        return "\n".join(parts)

    def _head(self, rank: int) -> str:
        applicant, merit = self._found.wave.by_merit[rank], self._found.wave.merits[rank]
        points, ticket = self._words.points(applicant.points), merit.ticket[:_DIGITS]
        if not applicant.lines:
            return self._say["head"].format(school=applicant.school, points=points, ticket=ticket)
        lines = self._words.lines(applicant.lines)
        return self._say["head_lines"].format(school=applicant.school, points=points, lines=lines, ticket=ticket)

    def _lots(self, rank: int, extra_seat: str | None) -> list[str]:
        applicant = self._found.wave.by_merit[rank]
        parts = []
        code, place = self._found.held.get(rank, (None, None))
        for choice, lot in enumerate(applicant.preferences, start=1):
            if lot == code:
                assert place is not None
                parts.append(self._got(rank, lot, choice, place))
                parts += [
                    self._say["behind"].format(lot=other, choice=number)
                    for number, other in enumerate(applicant.preferences[choice:], start=choice + 1)
                ]
                break
            parts.append(self._not_got(rank, lot, choice))
        if others := self._not_wanted(applicant, extra_seat):
            parts.append(others)
        return parts

    def _got(self, rank: int, code: str, choice: int, place: Place) -> str:
        closing = self._found.closing(rank, code)
        if place is Place.RESERVED:
            categories = self._words.categories(closing.own)
            return self._say["got_reserved"].format(lot=code, choice=choice, categories=categories)
        return self._say["got_open"].format(lot=code, choice=choice, open=self._words.open(closing, code))

    def _not_got(self, rank: int, code: str, choice: int) -> str:
        key = code, choice, self._found.wave.desks[code].group_of[rank]
        if key not in self._refused:
            closing = self._found.closing(rank, code)
            said = self._say["refused"].format(
                lot=code,
                choice=choice,
                guaranteed=self._words.guaranteed(closing, code),
                open=self._words.open(closing, code),
            )
            before, after = self._say["waiting"].split("{number}")
            after = after.format(length=len(self._found.waiting[code]))
            self._refused[key] = f"{said} {before}".replace("%", "%%") + "%d" + after.replace("%", "%%") + " %s"
        number = self._found.waiting[code][rank]
        return self._refused[key] % (number, self._words.enough(self._found.enough_points(rank, code), choice))

    def _not_wanted(self, applicant: Applicant, extra_seat: str | None) -> str:
        """The lots that the school does not propose to; with an extra seat it asks for none."""
        key = applicant.preferences, applicant.level, tuple(applicant.ineligible.items()), extra_seat
        if key not in self._others:
            self._others[key] = "\n".join(self._words.not_wanted(applicant, extra_seat))
        return self._others[key]


class _Words:
    """Facts of one wave as phrases of one language."""

    def __init__(self, language: Language, rules: Rules) -> None:
        self._language = language
        self._say = language.sentences
        self._rules = rules
        self._lots = {lot.code: lot for lot in rules.lots}
        self._points: dict[int, str] = {}
        self._enough: dict[tuple[int | None, bool], str] = {}

    def points(self, number: int) -> str:
        if number not in self._points:
            self._points[number] = self._language.count("points", number)
        return self._points[number]

    def lines(self, lines: Iterable[tuple[str, int]]) -> str:
        return ", ".join([f"{label}: {number}" for label, number in lines])

    def categories(self, names: Iterable[str]) -> str:
        return ", ".join(self._language.category(name) for name in names)

    def event(self, event: Event) -> str:
        if event.kind is not Kind.CORRECTION:
            return self._say[event.kind].format(lot=event.lot)
        assert event.field is not None
        seat = event.extra_seat
        if seat is not None and seat.given_back:
            return self._say[seat.reason]
        old, new = (self._value(event.field, value) for value in (event.old, event.new))
        return self._say["correction"].format(
            field=self._language.fields[event.field], old=old, new=new, reason=seat.reason if seat else event.reason
        )

    def _value(self, field: str, value: Any) -> str:
        """A field of an applicant as applicants.json has it."""
        if value in (None, [], {}):
            return "—"
        if field == "lines":
            return f"({self.lines(value)})"
        if field == "categories":
            return self.categories(value)
        if field in ("preferences", "ineligible"):
            return ", ".join(value)
        return self._language.levels[value] if field == "level" else str(value)

    def enough(self, points: int | None, choice: int) -> str:
        key = points, choice > 1
        if key not in self._enough:
            self._enough[key] = (
                self._say["never_enough"]
                if points is None
                else self._say["enough_or_better" if choice > 1 else "enough"].format(
                    points=self.points(points), less=self.points(points - 1)
                )
            )
        return self._enough[key]

    def guaranteed(self, closing: Closing, code: str) -> str:
        """The guaranteed places of a refused school's groups, and where they closed."""
        if not closing.own:
            return self._say["no_group"]
        groups = self._say["groups"].format(categories=self.categories(closing.own))
        lot, given = self._lots[code], closing.guaranteed
        places = self._places(closing.places, lot)
        if lot.category_region_caps or lot.region_cap is not None:
            where = self._where(closing.region)
            if not given.number:
                return f"{groups} {self._say['nobody_alike'].format(places=places, where=where)}"
            return f"{groups} {self._given('alike', given, places=places, where=where)}"
        if not given.number:
            return f"{groups} {self._say['no_places'].format(places=places)}"
        return f"{groups} {self._given('taken', given, places=places)}"

    def open(self, closing: Closing, code: str) -> str:
        """The open places, and a region's limit where there is one."""
        lot, given = self._lots[code], closing.open
        said = self._given("open", given) if given.number else self._say["no_open"]
        where = self._where(closing.region)
        if lot.open_region_cap is not None:
            number, cap = closing.open_in_region.number, lot.open_region_cap
            said += " " + self._say["open_in_region"].format(where=where, number=number, cap=cap)
        if lot.region_cap is not None:
            number, cap = closing.all_in_region, lot.region_cap
            said += " " + self._say["all_in_region"].format(where=where, number=number, cap=cap)
        return said

    def not_wanted(self, applicant: Applicant, extra_seat: str | None) -> list[str]:
        said = []
        for code in self._lots:
            if code in applicant.ineligible:
                reason = self._closed(applicant, code)
                said.append(self._say["closed"].format(lot=code, reason=reason))
            elif applicant.preferences and code not in applicant.preferences:
                said.append(self._say["not_asked"].format(lot=code))
        if extra_seat is not None:
            said.append(self._say["extra_seat"].format(lot=extra_seat))
        elif not applicant.preferences and len(applicant.ineligible) < len(self._lots):
            said.append(self._say["nothing"])
        return said

    def _closed(self, applicant: Applicant, code: str) -> str:
        reason: Ineligible = applicant.ineligible[code]
        return self._language.closed[reason].format(
            level=self._language.levels[applicant.level],
            categories=self.categories(self._lots[code].admits or ()) or "—",
            years=self._language.count("years", self._rules.repeat_years),
        )

    def _places(self, places: Mapping[str, int], lot: Lot) -> str:
        said = []
        for name, number in places.items():
            cap = lot.category_region_caps.get(name)
            limit = "" if cap is None else f" ({self._say['capped'].format(cap=cap)})"
            said.append(f"{self._language.category(name)} {number}{limit}")
        return ", ".join(said)

    def _given(self, key: str, given: Given, **facts: str) -> str:
        assert given.last is not None
        return self._language.count(key, given.number, last=self._merit(given.last), **facts)

    def _merit(self, merit: Merit) -> str:
        return self._say["merit"].format(points=self.points(merit.points), ticket=merit.ticket[:_DIGITS])

    def _where(self, region: str) -> str:
        return self._say["region"].format(region=region) if region else self._say["no_region"]
