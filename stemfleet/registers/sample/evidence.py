"""Synthetic eTwinning records for the schools of a register and for the 23 departments, 2014 to 2025.

Schools differ in vigour: most have done little, a fifth are active, one in twenty has won a prize. Special, minority,
second-chance and remote schools tend to have less, and those of several groups at once rather more, so that guarantees
for overlapping groups matter in an allocation.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from stemfleet.registers.sample.departments import DEPARTMENTS
from stemfleet.registers.sample.dice import Dice, Urn
from stemfleet.registers.values import SchoolRow
from stemfleet.words import Category

TITLES = ("code", "kind", "year", "edition", "rank", "n", "person", "title")
FIRST, LAST = 2014, 2025
_FIRST_CONTEST = 2005  # the 20th national contest was in 2025
_COUNTRY = 14_000  # schools for which the contests' numbers are those of the country

# National contests 17 to 20: the briefing, section 7; earlier ones are assumed. European prizes: section 8.
_NATIONAL = dict(zip(range(FIRST, LAST + 1), (100, 105, 110, 105, 110, 112, 100, 95, 32, 20, 17, 19), strict=True))
_EUROPEAN = dict(zip(range(FIRST, LAST + 1), (6, 7, 6, 8, 7, 8, 6, 7, 6, 5, 9, 8), strict=True))
_STEM = {2024: 4, 2025: 4}  # the prize exists since STEM 5
_OFTEN_OVERLOOKED = 70  # of 1,000 national prizes go to schools with guarantees of their own

# Remote schools have least, so that their guarantees are needed; schools of several groups have most, so that it
# matters towards which of their groups they count.
_VIGOUR = {
    "no group": Urn({"top": 55, "active": 145, "some": 300, "none": 500}),
    "one group": Urn({"top": 30, "active": 120, "some": 300, "none": 550}),
    "remote": Urn({"top": 10, "active": 70, "some": 250, "none": 670}),
    "several groups": Urn({"top": 140, "active": 260, "some": 300, "none": 300}),
}

_COURSES = (
    "Arduino Basic: Εισαγωγή στην εκπαιδευτική ρομποτική με χρήση του Arduino",
    "Εκπαιδευτική ρομποτική με το Micro:bit",
    "Εκπαιδευτική Ρομποτική στο νηπιαγωγείο - Beebot",
    "Προγραμματισμός Scratch και εκπαιδευτική ρομποτική",
    "Εργαλεία επεξεργασίας πολυμέσων - Εργαλεία παραγωγής εκπαιδευτικού υλικού",
    "Κινητές συσκευές 1 (Tablets και κινητά τηλέφωνα) - Βασική χρήση",
)
_WORKSHOPS = ("eTwinning Schools", "Twinspace", "Ψηφιακά Εργαλεία και eTwinning", "Ενίσχυση Ποιότητας eTwinning έργων")
_PROJECTS = (
    "Μικροί επιστήμονες", "Robots without borders", "Η θάλασσα που μας ενώνει", "Green code", "Στα βήματα του Αρχιμήδη",
    "Water is life", "Μαθαίνω με το micro:bit", "Our common heritage", "Παραμύθια με ρομπότ", "Weather watchers",
)  # fmt: skip


class Record(NamedTuple):
    """A row of the file, under TITLES."""

    code: str
    kind: str
    year: int
    edition: str | None = None
    rank: str | None = None
    n: int = 1
    person: str | None = None
    title: str | None = None


@dataclass
class _Career:
    """What one school has done so far, and the dice that decide what comes next."""

    code: str
    groups: int
    dice: Dice
    vigour: str
    since: int
    persons: Sequence[str]

    def year(self, year: int) -> Iterable[Record]:
        """The records of one year, without prizes."""
        if year < self.since or (self.vigour == "none" and not self.dice.chance(25)):
            return []
        records = [*self._projects(year), *self._training(year)]
        if self.vigour == "top" and year >= 2018 and year % 2 == 0 and self.dice.chance(220):
            records.append(self._record("school_label", year))
        return records

    def _projects(self, year: int) -> Iterable[Record]:
        likely, labelled = {"top": (800, 500), "active": (450, 260), "some": (120, 90), "none": (200, 0)}[self.vigour]
        for _ in range(2 if self.vigour == "top" else 1):
            if not self.dice.chance(likely):
                continue
            title, person = self.dice.pick(_PROJECTS), self.dice.pick(self.persons)
            yield self._record("project", year, person=person, title=title)
            if self.dice.chance(labelled):
                yield self._record("national_quality_label", year, person=person, title=title)
                if self.dice.chance(420):
                    yield self._record("european_quality_label", year, person=person, title=title)

    def _training(self, year: int) -> Iterable[Record]:
        course, workshop = {"top": (620, 400), "active": (430, 230), "some": (150, 80), "none": (300, 100)}[self.vigour]
        if self.dice.chance(course):
            person = self.dice.pick(self.persons)
            yield self._record("course_completed", year, person=person, title=self.dice.pick(_COURSES))
        if self.dice.chance(workshop):
            yield self._record("workshop", year, n=self.dice.between(1, 3), title=self.dice.pick(_WORKSHOPS))

    def _record(
        self, kind: str, year: int, *, n: int = 1, person: str | None = None, title: str | None = None
    ) -> Record:
        return Record(self.code, kind, year, n=n, person=person, title=title)


def draw_evidence(schools: Iterable[SchoolRow], seed: int) -> list[Record]:
    """The records of all schools and departments, by year, then code. The order of `schools` does not matter."""
    careers = [_career(school, seed) for school in sorted(schools, key=lambda school: school.code)]
    dice = _dice(seed, "contests")
    records: list[Record] = []
    for year in range(FIRST, LAST + 1):
        done = {career.code: list(career.year(year)) for career in careers}
        records += [record for rows in done.values() for record in rows]
        records += _prizes(dice, careers, done, year)
        records += _departments(dice, year)
    return sorted(records, key=lambda record: (record.year, record.code))


def _dice(seed: int, name: str) -> Dice:
    return Dice(int.from_bytes(hashlib.sha256(f"{seed}|{name}".encode()).digest()[:8], "big"))


def _career(school: SchoolRow, seed: int) -> _Career:
    dice = _dice(seed, school.code)
    groups = set(school.categories) - {Category.AWARDED, Category.ACTIVE}
    one = "remote" if groups == {Category.REMOTE} else "one group"
    vigour = _VIGOUR["several groups" if len(groups) > 1 else one if groups else "no group"].draw(dice)
    since = dice.between(2008, 2019 if vigour in {"top", "active"} else 2024)
    persons = [f"P{dice.roll() >> 32:08x}" for _ in range({"top": 4, "active": 2}.get(vigour, 1))]
    return _Career(school.code, len(groups), dice, vigour, since, persons)


def _prizes(dice: Dice, careers: Sequence[_Career], done: dict[str, list[Record]], year: int) -> Iterable[Record]:
    """The year's contests: the schools with the most labelled projects, with some luck, win."""

    def promise(career: _Career) -> tuple[int, str]:
        labels = sum(record.kind.endswith("quality_label") for record in done[career.code])
        return -(dice.below(10) + 2 * labels + career.groups), career.code

    entered = [c for c in careers if any(record.kind == "project" for record in done[c.code])]
    ranked = sorted(entered, key=promise)
    overlooked = [career for career in ranked if career.groups]
    national = _scaled(_NATIONAL[year], careers)
    kept = overlooked[: (national * _OFTEN_OVERLOOKED + 999) // 1000]
    winners = kept + [career for career in ranked if career not in kept][: national - len(kept)]
    edition = f"{year - _FIRST_CONTEST}"
    for place, career in enumerate(winners):
        yield Record(career.code, "national_prize", year, edition, rank=str(place % 3 + 1))
    for career in winners[len(kept) :][: _scaled(_EUROPEAN[year], careers)]:
        yield Record(career.code, "european_prize", year, str(year), rank="1")
    for career in winners[-_scaled(_STEM[year], careers) :] if year in _STEM else ():
        yield Record(career.code, "stem_prize", year, edition)


def _scaled(number: int, careers: Sequence[_Career]) -> int:
    return -(-number * len(careers) // _COUNTRY)


def _departments(dice: Dice, year: int) -> Iterable[Record]:
    """Projects with students since 2021; labels and prizes as in the briefing, section 3: 3 and 6 labels, 3 prizes."""
    codes = [f"U-{number}" for number in range(1, len(DEPARTMENTS) + 1)]
    if year < 2021:
        return
    for place, code in enumerate(codes):
        if dice.chance(650 - 20 * place):
            yield Record(code, "project", year, n=dice.between(1, 3), title="eTwinning στην Αρχική Εκπαίδευση")
        if dice.chance(300):
            yield Record(code, "course_completed", year, n=dice.between(1, 5), title="eTwinning ITE MOOC")
    dice.shuffle(codes)
    for code in codes[: {2024: 3, 2025: 6}.get(year, 0)]:
        yield Record(code, "ite_label", year)
    for code in codes[: {2024: 1, 2025: 2}.get(year, 0)]:
        yield Record(code, "ite_prize", year, title="Ειδικό Εθνικό Βραβείο eTwinning ITE")
