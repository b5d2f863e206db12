"""What a row's words and numbers make of a school: computed once for each combination, and a country has few.

Type, state, special education, orientation, remoteness and region depend on nothing else in the row; only the level of
a school whose type spans levels is found in its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from stemfleet.registers.kinds import (
    closed_reason,
    is_school_category,
    is_special,
    level_of,
    orientation_categories,
    yes_or_no,
)
from stemfleet.registers.regions import region_of
from stemfleet.registers.values import SkipReason
from stemfleet.words import Category, Level

JUDGED = (
    "type_id",
    "type",
    "subtype",
    "category_id",
    "category",
    "state_id",
    "state",
    "orientation_id",
    "orientation",
    "special_id",
    "special",
    "remote",
    "region_id",
    "region",
)


class Problem(NamedTuple):
    """A finding, without its row."""

    code: str
    text: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Judgement:
    """`level` None: the name decides. `skipped`: why the unit is left out, and the offending text.

    `type`: as written. `region_unknown`: as written, where it is no region.
    """

    type: str
    level: Level | None
    skipped: tuple[SkipReason, str | None] | None
    found: frozenset[Category]
    region: str | None
    region_unknown: str | None
    remote_known: bool
    findings: tuple[Problem, ...] = ()

    def categories(self, level: Level) -> tuple[Category, ...]:
        return _with_level(self.found, level)


@lru_cache(maxsize=1024)
def _with_level(found: frozenset[Category], level: Level) -> tuple[Category, ...]:
    """Sorted. A second-chance school and one of special vocational education are in their category by their level."""
    by_level = {Level.SECOND_CHANCE: Category.SECOND_CHANCE, Level.SPECIAL_VOCATIONAL: Category.SPECIAL}
    return tuple(sorted(found | {by_level[level]} if level in by_level else found))


@lru_cache(maxsize=16384)
def judge(filed: bool, *cells: str | None) -> Judgement:
    """`cells` in the order of JUDGED; `filed`: the file is a public register's, which files units by category."""
    said = {name: cell for name, cell in zip(JUDGED, cells, strict=True) if cell is not None}
    type_id, type_text = _type(said)
    level = level_of(type_id, type_text, "")
    remote = yes_or_no(said.get("remote", ""))
    region, region_unknown = _region(said)
    judged = Judgement(
        type=type_text or type_id,
        level=level if isinstance(level, Level) else None,
        skipped=None,
        found=_categories(said, remote),
        region=region,
        region_unknown=region_unknown,
        remote_known=remote is not None,
    )
    try:
        closed = closed_reason(*_number_and_text(said, "state"))
    except ValueError as unknown:
        closed = None
        sentence = "The state «{state}» is not known: taken as working."
        judged = replace(judged, findings=(Problem("state_unknown", sentence, {"state": str(unknown)}),))
    if filed and not is_school_category(*_number_and_text(said, "category")):
        return replace(judged, skipped=(SkipReason.NOT_A_SCHOOL, said.get("category")))
    if level is SkipReason.NOT_A_SCHOOL:
        return replace(judged, skipped=(SkipReason.NOT_A_SCHOOL, judged.type))
    return replace(judged, skipped=(closed, said.get("state"))) if closed else judged


def _type(said: Mapping[str, str]) -> tuple[str, str]:
    """The type's number and words. data.gov.gr says «Ιδιωτικά Σχολεία» and has the kind of school as the subtype."""
    number, text = _number_and_text(said, "type")
    return number, f"{said['subtype']} {text}" if "subtype" in said else text


def _number_and_text(said: Mapping[str, str], name: str) -> tuple[str, str]:
    """The register's number and its words; the column of words may hold the number."""
    number, text = said.get(f"{name}_id", ""), said.get(name, "")
    if not number and text.isascii() and text.isdigit():
        return text, ""
    return number, text


def _categories(said: Mapping[str, str], remote: bool | None) -> frozenset[Category]:
    found = set(orientation_categories(*_number_and_text(said, "orientation")))
    if is_special(*_number_and_text(said, "special")) or _says_special(said):
        found.add(Category.SPECIAL)
    if remote:
        found.add(Category.REMOTE)
    return frozenset(found)


def _says_special(said: Mapping[str, str]) -> bool:
    """A type in words («Ειδικό Δημοτικό») where the register's own column is missing."""
    if "special_id" in said or "special" in said:
        return False
    return is_special("", said.get("type", "")) or is_special("", said.get("subtype", ""))


def _region(said: Mapping[str, str]) -> tuple[str | None, str | None]:
    """(number, None), or (None, what was written) for a region that is not known."""
    number, text = _number_and_text(said, "region")
    region = region_of(number) or region_of(text)
    return region, (text or number or None) if region is None else None
