"""What a row's words and numbers make of a school: computed once for each combination, and a country has few.

Type, state, special education, orientation, remoteness and region depend on nothing else in the row; only the level of
a school whose type spans levels is found in its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from stemfleet.registers.cells import shortened
from stemfleet.registers.kinds import (
    MINORITY_STEMS,
    REMOTE_STEMS,
    SPECIAL_STEMS,
    closed_reason,
    is_school_category,
    is_special,
    level_of,
    orientation_categories,
    says,
    spans_levels,
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
    "minority",
    "remote",
    "region_id",
    "region",
)

_UNCLEAR = (
    "«{written}» under «{column}» is not understood: what is known of the school is kept. Write ΝΑΙ or ΟΧΙ, or the "
    "register's own word."
)
_MAY_TELL = {
    "orientation": frozenset({Category.MINORITY, Category.SECOND_CHANCE}),
    "special": frozenset({Category.SPECIAL}),
    "minority": frozenset({Category.MINORITY}),
    "remote": frozenset({Category.REMOTE}),
}


class Problem(NamedTuple):
    """A finding, without its row."""

    code: str
    text: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Judgement:
    """`level` None: the name decides. `skipped`: why the unit is left out, and the offending text.

    `type`: as written. `guessed`: the level is to be told by the type, and is not. `region_unknown`: as written, where
    it is no region. `told`: the categories of which a cell says yes or no; `untold`: those of which one says something
    that is not understood, and none says yes or no.
    """

    type: str
    level: Level | None
    guessed: bool
    skipped: tuple[SkipReason, str | None] | None
    found: frozenset[Category]
    region: str | None
    region_unknown: str | None
    told: frozenset[Category]
    untold: frozenset[Category]
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
    found, told, unclear = _categories(said)
    findings = tuple(
        Problem("category_unclear", _UNCLEAR, {"written": shortened(cell), "column": name})
        for name, cell in unclear.items()
    )
    region, region_unknown = _region(said)
    judged = Judgement(
        type=type_text or type_id,
        level=level if isinstance(level, Level) else None,
        guessed=not isinstance(level, Level) and not spans_levels(type_id, type_text),
        skipped=None,
        found=found,
        region=region,
        region_unknown=region_unknown,
        told=told,
        untold=frozenset[Category]().union(*(_MAY_TELL[name] for name in unclear)) - told,
        findings=findings,
    )
    try:
        closed = closed_reason(*_number_and_text(said, "state"))
    except ValueError as unknown:
        closed = None
        sentence = "The state «{state}» is not known: taken as working."
        judged = replace(
            judged, findings=(*findings, Problem("state_unknown", sentence, {"state": shortened(str(unknown))}))
        )
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


def _categories(said: Mapping[str, str]) -> tuple[frozenset[Category], frozenset[Category], dict[str, str]]:
    """(what the school is, of what its cells say yes or no, column → the cell that says neither)."""
    read: dict[str, frozenset[Category] | None] = {
        "orientation": orientation_categories(*_number_and_text(said, "orientation")),
        "special": _one(Category.SPECIAL, is_special(*_number_and_text(said, "special"))),
        "minority": _one(Category.MINORITY, yes_or_no(said.get("minority", ""), MINORITY_STEMS)),
        "remote": _one(Category.REMOTE, yes_or_no(said.get("remote", ""), REMOTE_STEMS)),
    }
    understood = {name: holds for name, holds in read.items() if holds is not None}
    found = frozenset[Category]().union(*understood.values())
    if "special" not in understood and _says_special(said):
        found |= {Category.SPECIAL}
    cells = {name: said.get(name) or said.get(f"{name}_id", "") for name in read.keys() - understood.keys()}
    told = frozenset[Category]().union(*(_MAY_TELL[name] for name in understood))
    return found, told, {name: cells[name] for name in read if cells.get(name)}


def _one(category: Category, holds: bool | None) -> frozenset[Category] | None:
    return None if holds is None else frozenset({category} if holds else ())


def _says_special(said: Mapping[str, str]) -> bool:
    """A type in words («Ειδικό Δημοτικό») where the register's own column does not tell."""
    return any(says(said.get(name, ""), SPECIAL_STEMS) for name in ("type", "subtype"))


def _region(said: Mapping[str, str]) -> tuple[str | None, str | None]:
    """(number, None), or (None, what was written) for a region that is not known."""
    number, text = _number_and_text(said, "region")
    region = region_of(number) or region_of(text)
    return region, (text or number or None) if region is None else None
