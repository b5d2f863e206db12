"""`applicants.json`: between the file's form (`stemfleet-applicants/1`) and `Applicant` values.

Schools are many and their level, categories, preferences and closed lots come in few combinations. Each combination is
checked once and its values are shared.
"""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import islice, pairwise
from typing import Any, NamedTuple

from stemfleet.allocation.canonical import as_bytes, encode, parse
from stemfleet.allocation.eligibility import admitted, closed_by
from stemfleet.allocation.reading import (
    MOST,
    At,
    a_list,
    a_mapping,
    a_school_code,
    a_text,
    an_object,
    distinct_texts,
    is_school_code,
    items,
    shown,
    the_format,
    whole,
)
from stemfleet.allocation.rules_file import a_level
from stemfleet.allocation.values import Applicant, Ineligible, Rules
from stemfleet.words import Level

FORMAT = "stemfleet-applicants/1"
_KEYS = ("school", "level", "region", "categories", "points", "lines", "preferences", "ineligible")
_KEY_SET = frozenset(_KEYS)


# Applicants that are encoded together: one by one takes twice the time, all at once many times the memory.
_AT_ONCE = 256


class _Standing(NamedTuple):
    """What many schools have in common."""

    level: Level
    categories: frozenset[str]
    preferences: tuple[str, ...]
    ineligible: dict[str, Ineligible]


def parse_applicants(data: bytes, rules: Rules, file: str = "applicants.json") -> tuple[Applicant, ...]:
    """The applicants in a file's bytes, by school code, checked against the rules.

    `file` is the name that an error gives. Raises InputError, naming the school where it is one school's fault.
    """
    at = At(file)
    reader = ApplicantReader(rules)
    count = 0

    def made(value: dict[str, Any]) -> Any:
        """An applicant as soon as its object is read; anything else, and a faulty one, is left for the checks below."""
        nonlocal count
        if len(value) != len(_KEYS) or value.keys() != _KEY_SET:
            return value
        count += 1
        return reader.read_alike(value) or reader.read(value, at.key("applicants").item(count - 1))

    found = an_object(parse(data, file, made), at, ("format", "applicants"))
    the_format(found["format"], at.key("format"), FORMAT)
    applicants = a_list(found["applicants"], at.key("applicants"))
    for index, item in enumerate(applicants):
        if type(item) is not Applicant:
            reader.read(item, at.key("applicants").item(index))
    return in_order(applicants, file)


def applicants_chunks(applicants: Iterable[Applicant]) -> Iterator[str]:
    """The canonical text of `applicants.json` in pieces; the applicants must be in order of school code."""
    yield '{"applicants":['
    comma, waiting = "", iter(applicants)
    categories: dict[frozenset[str], list[str]] = {}
    while some := [_document(applicant, categories) for applicant in islice(waiting, _AT_ONCE)]:
        yield comma + encode(some)[1:-1]
        comma = ","
    yield f'],"format":"{FORMAT}"}}\n'


def applicants_bytes(applicants: Sequence[Applicant]) -> bytes:
    """The canonical bytes of `applicants.json`."""
    written = BytesIO()
    for text in applicants_chunks(in_order(applicants, "applicants.json")):
        written.write(as_bytes(text))
    return written.getvalue()


def in_order(applicants: Iterable[Applicant], file: str) -> tuple[Applicant, ...]:
    """The applicants by school code (by code point); a code that is there twice is refused."""
    ordered = sorted(applicants, key=lambda applicant: applicant.school)
    for first, second in pairwise(ordered):
        if first.school == second.school:
            At(file).refuse("the school {school} is there twice. Keep one.", school=first.school)
    return tuple(ordered)


class ApplicantReader:
    """Reads one applicant after another under the same rules."""

    def __init__(self, rules: Rules) -> None:
        self._lots = {lot.code: lot for lot in rules.lots}
        self._standings: dict[tuple[Any, ...], _Standing] = {}
        self._lines: dict[tuple[str, int, type], tuple[str, int]] = {}
        self._regions: dict[str | None, str | None] = {None: None}

    def read(self, value: Any, at: At) -> Applicant:
        """One applicant; InputError names its school once that is known."""
        found = an_object(value, at, _KEYS)
        school = a_school_code(found["school"], at.key("school"))
        at = At(f"{at.file}: school {school}")
        standing = self._standing(found, at)
        lines = self._read_lines(found["lines"], at)
        points = found["points"]
        total = sum([number for _, number in lines])
        if type(points) is not int or not 0 <= points <= MOST or total != points:
            whole(points, at.key("points"))
            at.key("lines").refuse(
                "they add up to {total}, but points is {points}. Correct one of them.", total=total, points=points
            )
        region = self._read_region(found["region"], at.key("region"))
        level, categories, preferences, ineligible = standing
        return Applicant(school, level, region, categories, points, lines, preferences, ineligible)

    def read_alike(self, found: dict[str, Any]) -> Applicant | None:
        """An applicant whose every part was there before with another school; None when a part has to be checked."""
        school, points = found["school"], found["points"]
        try:
            standing = self._standings[_standing_key(found)]
            region = self._regions[found["region"]]
            lines = self._known_lines(found["lines"])
        except (KeyError, TypeError, ValueError, AttributeError):
            return None
        if type(school) is not str or not is_school_code(school) or type(points) is not int or points > MOST:
            return None
        if sum([number for _, number in lines]) != points:
            return None
        level, categories, preferences, ineligible = standing
        return Applicant(school, level, region, categories, points, lines, preferences, ineligible)

    def _read_region(self, value: Any, at: At) -> str | None:
        return None if value is None else self._regions.setdefault(a_text(value, at), value)

    def _standing(self, found: dict[str, Any], at: At) -> _Standing:
        try:
            return self._standings[_standing_key(found)]
        except (KeyError, TypeError, AttributeError):  # new, or a value of the wrong kind: the check says which
            standing = self._check_standing(found, at)
        self._standings[_standing_key(found)] = standing
        return standing

    def _check_standing(self, found: dict[str, Any], at: At) -> _Standing:
        standing = _Standing(
            level=a_level(found["level"], at.key("level")),
            categories=frozenset(distinct_texts(found["categories"], at.key("categories"))),
            preferences=distinct_texts(found["preferences"], at.key("preferences")),
            ineligible=self._ineligible(found["ineligible"], at.key("ineligible")),
        )
        for code in standing.preferences:
            if code not in self._lots:
                at.key("preferences").refuse("there is no lot {lot} in the rules.", lot=code)
            if code in standing.ineligible:
                at.key("preferences").refuse(
                    "lot {lot} is in ineligible as well ({reason}). Take it out of one of them.",
                    lot=code,
                    reason=standing.ineligible[code].value,
                )
        self._check_against_rules(standing, at.key("ineligible"))
        return standing

    def _ineligible(self, value: Any, at: At) -> dict[str, Ineligible]:
        found = a_mapping(value, at)
        for code, reason in found.items():
            if code not in self._lots:
                at.key(code).refuse("there is no lot {lot} in the rules.", lot=code)
            if reason not in list(Ineligible):
                at.key(code).refuse(
                    "the reason {reason} is not known. Known: {known}.",
                    reason=shown(reason),
                    known=", ".join(Ineligible),
                )
        return {code: Ineligible(reason) for code, reason in sorted(found.items())}

    def _check_against_rules(self, standing: _Standing, at: At) -> None:
        for code, lot in self._lots.items():
            given = standing.ineligible.get(code)
            if given is None:
                closed = closed_by(lot, standing.level, standing.categories)
                if closed is not None:
                    at.refuse(
                        "lot {lot} is missing, but its {key} in the rules close it to this school. "
                        "Add it with the reason '{reason}'.",
                        lot=code,
                        key="levels" if closed is Ineligible.LEVEL else "admits",
                        reason=closed.value,
                    )
            elif given is Ineligible.LEVEL and (lot.levels is None or standing.level in lot.levels):
                at.key(code).refuse(
                    "the reason 'level' is wrong: lot {lot} is open to {level}.", lot=code, level=standing.level.value
                )
            elif given is Ineligible.ADMITS and admitted(lot, standing.categories):
                at.key(code).refuse("the reason 'admits' is wrong: lot {lot} admits this school.", lot=code)

    def _read_lines(self, value: Any, at: At) -> tuple[tuple[str, int], ...]:
        try:
            return self._known_lines(value)
        except (KeyError, TypeError, ValueError):  # new, or a value of the wrong kind: the check says which
            return tuple([self._check_line(item, place) for item, place in items(value, at.key("lines"))])

    def _known_lines(self, value: Any) -> tuple[tuple[str, int], ...]:
        if type(value) is not list:
            raise TypeError
        return tuple([self._lines[label, number, type(number)] for label, number in value])

    def _check_line(self, value: Any, at: At) -> tuple[str, int]:
        if not isinstance(value, list) or len(value) != 2:
            at.refuse("{value} must be a pair: [label, points].", value=shown(value))
        line = (a_text(value[0], at), whole(value[1], at))
        return self._lines.setdefault((*line, int), line)


def _standing_key(found: dict[str, Any]) -> tuple[Any, ...]:
    """What decides a standing, as something that can be looked up. TypeError or AttributeError for wrong kinds."""
    categories, preferences = found["categories"], found["preferences"]
    closed = found["ineligible"].items()
    return (type(categories), type(preferences), found["level"], *categories, None, *preferences, *closed)


def _document(a: Applicant, known: dict[frozenset[str], list[str]]) -> dict[str, Any]:
    """`applicant_document` for many: `known` are sets of categories that were sorted before."""
    categories = known.get(a.categories)
    if categories is None:
        categories = known[a.categories] = sorted(a.categories)
    return {
        "categories": categories,
        "ineligible": dict(a.ineligible),
        "level": a.level,
        "lines": a.lines,
        "points": a.points,
        "preferences": a.preferences,
        "region": a.region,
        "school": a.school,
    }


def applicant_document(applicant: Applicant) -> dict[str, Any]:
    """An applicant as the JSON value that the file holds."""
    return {
        "school": applicant.school,
        "level": applicant.level,
        "region": applicant.region,
        "categories": sorted(applicant.categories),
        "points": applicant.points,
        "lines": [list(line) for line in applicant.lines],
        "preferences": list(applicant.preferences),
        "ineligible": dict(applicant.ineligible),
    }
