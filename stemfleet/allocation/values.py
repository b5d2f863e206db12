"""What the allocation takes and gives: plain frozen values, no file, no database.

Points are whole numbers (hundredths if a wave needs them); places are counted in awards, one award being one school's
place, and a lot's units are `seats` x `units_per_award`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from stemfleet.words import Level, Place


class Unfilled(StrEnum):
    """What happens to the reserved places that nobody qualifies for."""

    OPEN = "open"
    KEEP = "keep"


class Ineligible(StrEnum):
    """Why a pair of school and lot does not exist."""

    LEVEL = "level"  # the kit does not fit the school's level
    ADMITS = "admits"  # the lot is for members of other categories
    REPEAT = "repeat"  # the same model or family, in a wave of the last `repeat_years`
    OBLIGATION = "obligation"  # an earlier wave's obligation is not fulfilled
    EXCLUDED = "excluded"  # by a person, with a reason that is kept elsewhere


@dataclass(frozen=True, slots=True)
class Lot:
    """A kit model with its places in one wave. `None` for `admits` and `levels` means all; `()` means nobody."""

    code: str
    model: str
    seats: int
    units_per_award: int = 1
    reserves: Mapping[str, int] = field(default_factory=dict)
    unfilled: Unfilled = Unfilled.OPEN
    admits: tuple[str, ...] | None = None
    levels: tuple[Level, ...] | None = None
    open_region_cap: int | None = None
    category_region_caps: Mapping[str, int] = field(default_factory=dict)
    region_cap: int | None = None

    @property
    def units(self) -> int:
        """Kits in the lot."""
        return self.seats * self.units_per_award

    @property
    def by_region(self) -> bool:
        """Whether a school's region matters here, so that cut-offs are by region too."""
        return bool(self.category_region_caps) or self.open_region_cap is not None or self.region_cap is not None


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one wave. `points` is carried and hashed, not interpreted here: JSON values without floats."""

    wave: str
    title: str
    lots: tuple[Lot, ...]
    points: tuple[Any, ...] = ()
    repeat_years: int = 0
    default_preferences: tuple[str, ...] = ()

    def lot(self, code: str) -> Lot:
        """The lot of that code; KeyError when there is none."""
        for lot in self.lots:
            if lot.code == code:
                return lot
        raise KeyError(code)


@dataclass(frozen=True, slots=True)
class Applicant:
    """A school as it stands in a round, everything resolved.

    `lines` are (label, points) and add up to `points`. `preferences` are lot codes, best first, none of them in
    `ineligible`, which gives the reason for every lot that is closed to the school.
    """

    school: str
    level: Level
    region: str | None
    categories: frozenset[str]
    points: int
    lines: tuple[tuple[str, int], ...]
    preferences: tuple[str, ...]
    ineligible: Mapping[str, Ineligible] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Award:
    """A school has a place of a lot."""

    school: str
    lot: str
    place: Place


class Merit(NamedTuple):
    """A place in the order of merit: more points first, then the lower ticket."""

    points: int
    ticket: str


@dataclass(frozen=True, slots=True)
class Cutoff:
    """Where the places closed for the schools of one signature (and region, where regions matter) in one lot.

    `chosen` got a place of this kind, `last` being the last of them; `refused` asked for the lot and got nothing in it.
    """

    lot: str
    signature: tuple[str, ...]
    region: str | None
    place: Place
    last: Merit | None
    chosen: int
    refused: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """Proof that no choice could have used more guarantees: the deficiency formula gives `n` at these categories.

    `categories` is the smallest minimising set; `by_region` the capped categories that are exhausted in a region only
    ("" is the region of the schools without one).
    """

    n: int
    categories: tuple[str, ...]
    by_region: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the person who runs a round should know; `text` with {fact} places, as in the errors."""

    text: str
    facts: Mapping[str, Any]

    def __str__(self) -> str:
        return self.text.format(**self.facts)


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a round.

    `awards` by school and lot; `waiting` per lot in order of merit; `replacements` per lot: holder → the school that
    held nothing and would come in if only that holder left, or None.
    """

    seed: str
    awards: tuple[Award, ...]
    waiting: Mapping[str, tuple[str, ...]]
    replacements: Mapping[str, Mapping[str, str | None]]
    cutoffs: tuple[Cutoff, ...]
    certificates: Mapping[str, Certificate]
    notices: tuple[Notice, ...] = ()
