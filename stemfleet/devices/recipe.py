"""Recipes: what is done to one kind of board, as TOML files. The format is described in docs/bench.md.

Shipped recipes lie in `recipes/`; a user's own in a folder of the data, by the same names if they are to replace ours.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isnan, nan
from pathlib import Path
from typing import Any, TypeVar

from stemfleet.devices.families import FAMILIES
from stemfleet.devices.record import Measurement, Value
from stemfleet.errors import InputError, NotFound
from stemfleet.resources import resource
from stemfleet.words import Outcome

CHECKLIST = "checklist"  # the family that a person checks by a list of steps; no driver, no firmware
PHASES = ("identify", "flash", "verify", "check", "finish")
SHIPPED = Path(__file__).parent / "recipes"
PROFILES = Path(__file__).parent / "profiles"

_STEP_ID = re.compile(r"[a-z][a-z0-9_]*")

T = TypeVar("T")
_KIND_NAMES: dict[type, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    list: "a list",
    dict: "a table",
}


@dataclass(frozen=True)
class Limit:
    """Limits of one measurement, both included. For a text, `low` and `high` are the text it must equal.

    `hardware`: only a real board can tell; of an emulated one it is not judged, nor missed. `optional`: a board
    without this part reports nothing, and is none the worse for it.
    """

    name: str
    unit: str = ""
    low: float | str | None = None
    high: float | str | None = None
    hardware: bool = False
    optional: bool = False

    def judge(self, value: Value) -> Measurement:
        """The measurement with its outcome: ERROR without a value, else PASS or FAIL."""
        return Measurement(self.name, value, self.unit, self.low, self.high, self._outcome(value))

    def _outcome(self, value: Value) -> Outcome:
        if value is None:
            return Outcome.ERROR
        if isinstance(value, str) or isinstance(self.low, str):
            return Outcome.PASS if self.low is None or str(value) == self.low else Outcome.FAIL
        low_enough = self.low is None or value >= self.low
        high_enough = self.high is None or isinstance(self.high, str) or value <= self.high
        return Outcome.PASS if low_enough and high_enough else Outcome.FAIL


@dataclass(frozen=True)
class PhasePlan:
    """`timeout_s` is for one attempt; `without_flash`: it belongs to a check that writes nothing."""

    name: str
    timeout_s: float
    attempts: int = 1
    without_flash: bool = False


@dataclass(frozen=True)
class Firmware:
    """The approved image. `open`: the operator may give another file (`--firmware`) of any sha256.

    `file` is None when no image ships: the operator must give one. `practice`: only for virtual boards.
    """

    name: str
    version: str
    file: Path | None
    sha256: str | None
    open: bool = False
    practice: bool = False


NO_FIRMWARE = Firmware(name="", version="", file=None, sha256=None)


@dataclass(frozen=True)
class Step:
    """One step of a checklist. `title` by language ("el", "en"); `needs_photo`: no answer without a picture."""

    id: str
    title: Mapping[str, str]
    needs_photo: bool = False


@dataclass(frozen=True)
class Recipe:
    """One kind of board. `settings` is the family's own table; `usb` are "VID:PID" in capital hex digits.

    A checklist has `steps`, and neither phases nor checks nor a firmware of ours (NO_FIRMWARE).
    """

    name: str
    title: str
    family: str
    test_version: str
    firmware: Firmware
    phases: tuple[PhasePlan, ...]
    checks: tuple[Limit, ...]
    usb: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    path: Path | None = None
    steps: tuple[Step, ...] = ()

    @property
    def is_checklist(self) -> bool:
        """Whether a person checks it, step by step, and no tool of ours does (`families/checklist.py`)."""
        return self.family == CHECKLIST

    def limit(self, name: str, unit: str = "") -> Limit:
        """The limits of a measurement; none of its own: a limit that everything is within."""
        return next((limit for limit in self.checks if limit.name == name), Limit(name, unit))


def load_recipes(own: Path | None = None) -> dict[str, Recipe]:
    """Shipped and own recipes by name, sorted; own ones replace shipped ones of the same name.

    Raises InputError with file and key when one cannot be used.
    """
    found = {recipe.name: recipe for recipe in _folder(SHIPPED)}
    if own is not None and own.is_dir():
        found |= {recipe.name: recipe for recipe in _folder(own)}
    return dict(sorted(found.items()))


def find_recipe(name: str, own: Path | None = None) -> Recipe:
    """One recipe by name. Raises NotFound naming those there are."""
    recipes = load_recipes(own)
    if name not in recipes:
        raise NotFound("There is no recipe {name}. Recipes: {names}.", name=name, names=", ".join(recipes))
    return recipes[name]


def _folder(folder: Path) -> Iterator[Recipe]:
    return (read_recipe(path) for path in sorted(folder.glob("*.toml")))


def read_recipe(path: Path) -> Recipe:
    """One recipe file. Raises InputError with the file and the key that is wrong."""
    table = _read(path)
    family = table.text("family")
    if family not in (*FAMILIES, CHECKLIST):
        raise table.wrong("family", f"must be one of {', '.join((*FAMILIES, CHECKLIST))}")
    if family == CHECKLIST:
        return _checklist(table)
    settings = table.get("settings", dict, {})
    recipe = Recipe(
        name=table.text("name"),
        title=table.text("title"),
        family=family,
        test_version=table.text("test_version"),
        firmware=_firmware(table.table("firmware")),
        phases=tuple(_phase(part) for part in table.tables("phases")),
        checks=(*(_limit(part) for part in table.tables("checks")), *_profile(table, settings.get("profile"))),
        usb=tuple(str(item).upper() for item in table.get("usb", list, [])),
        settings=settings,
        path=path,
    )
    table.nothing_else()
    if not recipe.phases:
        raise table.wrong("phases", "needs at least one phase")
    return recipe


def _read(path: Path) -> "_Table":
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise InputError("{file} is not valid TOML: {problem}.", file=str(path), problem=str(wrong)) from wrong
    return _Table(path, "", data)


def _checklist(table: "_Table") -> Recipe:
    recipe = Recipe(
        name=table.text("name"),
        title=table.text("title"),
        family=CHECKLIST,
        test_version=table.text("test_version"),
        firmware=NO_FIRMWARE,
        phases=(),
        checks=(),
        path=table.file,
        steps=tuple(_step(part) for part in table.tables("steps")),
    )
    table.nothing_else()
    if not recipe.steps:
        raise table.wrong("steps", "needs at least one step")
    if len({step.id for step in recipe.steps}) < len(recipe.steps):
        raise table.wrong("steps", "has one id twice")
    return recipe


def _step(table: "_Table") -> Step:
    title = table.table("title")
    step = Step(
        id=table.text("id"),
        title={"el": title.text("el"), "en": title.text("en")},
        needs_photo=table.get("needs_photo", bool, False),
    )
    title.nothing_else()
    table.nothing_else()
    if not _STEP_ID.fullmatch(step.id):
        raise table.wrong("id", "must be small letters, digits and _, beginning with a letter")
    return step


def _firmware(table: "_Table") -> Firmware:
    named = table.get("file", str, "") or None
    digest = table.get("sha256", str, "").lower() or None
    firmware = Firmware(
        name=table.text("name"),
        version=table.text("version"),
        file=_image(table.file, named) if named else None,
        sha256=digest,
        open=table.get("open", bool, False),
        practice=table.get("practice", bool, False),
    )
    table.nothing_else()
    if digest is not None and (len(digest) != 64 or set(digest) - set("0123456789abcdef")):
        raise table.wrong("sha256", "must be 64 hexadecimal digits")
    if named and digest is None:
        raise table.wrong("sha256", "is missing: a file is only approved with its sha256")
    return firmware


def _profile(table: "_Table", named: str | None) -> Iterator[Limit]:
    """Limits of a printer's settings: from NAME.toml beside the recipe's folder in profiles/, or a shipped one."""
    if named is None:
        return
    own, shipped = table.file.parent.parent / "profiles" / f"{named}.toml", PROFILES / f"{named}.toml"
    path = own if own.is_file() else shipped
    if not path.is_file():
        names = ", ".join(sorted(file.stem for file in PROFILES.glob("*.toml")))
        raise table.wrong("settings.profile", f"is not there: {own}. Shipped: {names}")
    profile = _read(path)
    profile.text("title")
    for part in profile.tables("settings"):
        order, unit, tolerance = part.text("order"), part.get("unit", str, ""), part.number("tolerance") or 0.0
        values = part.table("values")
        for letter in part.get("values", dict, {}):
            value = values.number(letter) or 0.0
            slack = abs(value) * tolerance
            yield Limit(f"{order}_{letter}", unit, round(value - slack, 4), round(value + slack, 4))
        part.nothing_else()
    profile.nothing_else()


def _image(recipe: Path, named: str) -> Path:
    """Beside an own recipe, or among the shipped images; one that is nowhere is missed beside the recipe."""
    beside, shipped = recipe.parent / named, resource("firmware", *named.split("/"))
    return shipped if shipped.is_file() and not beside.is_file() else beside


def _phase(table: "_Table") -> PhasePlan:
    name = table.text("name")
    if name not in PHASES:
        raise table.wrong("name", f"must be one of {', '.join(PHASES)}")
    plan = PhasePlan(
        name=name,
        timeout_s=table.number("timeout_s") or 0.0,
        attempts=table.get("attempts", int, 1),
        without_flash=table.get("without_flash", bool, name in {"identify", "check"}),
    )
    table.nothing_else()
    if plan.timeout_s <= 0 or plan.attempts < 1:
        raise table.wrong("timeout_s", "and attempts must be more than nothing")
    return plan


def _limit(table: "_Table") -> Limit:
    equals = table.get("equals", str, "") or None
    limit = Limit(
        name=table.text("name"),
        unit=table.get("unit", str, ""),
        low=equals if equals else table.number("low", None),
        high=equals if equals else table.number("high", None),
        hardware=table.get("hardware", bool, False),
        optional=table.get("optional", bool, False),
    )
    table.nothing_else()
    return limit


class _Table:
    """One table of a recipe file, which knows where it stands and what of it was read."""

    def __init__(self, file: Path, place: str, data: dict[str, Any]) -> None:
        self.file, self.place, self._data = file, place, data
        self._read: set[str] = set()

    def wrong(self, key: str, problem: str) -> InputError:
        return InputError("{file}: {key} {problem}.", file=str(self.file), key=f"{self.place}{key}", problem=problem)

    def get(self, key: str, kind: type[T], default: T) -> T:
        """The value of a key that may be missing."""
        self._read.add(key)
        value = self._data.get(key, default)
        if not isinstance(value, kind):
            raise self.wrong(key, f"must be {_KIND_NAMES[kind]}")
        return value

    def text(self, key: str) -> str:
        """A text that must be there."""
        value = self.get(key, str, "")
        if not value:
            raise self.wrong(key, "is missing")
        return value

    def number(self, key: str, default: float | None = nan) -> float | None:
        """A number; without a default it must be there."""
        self._read.add(key)
        value = self._data.get(key, default)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or isnan(value):
            raise self.wrong(key, "must be a number")
        return float(value)

    def table(self, key: str) -> "_Table":
        """A table that must be there."""
        if key not in self._data:
            raise self.wrong(key, "is missing")
        return _Table(self.file, f"{self.place}{key}.", self.get(key, dict, {}))

    def tables(self, key: str) -> list["_Table"]:
        """An array of tables; empty when it is not there."""
        rows = self.get(key, list, [])
        if not all(isinstance(row, dict) for row in rows):
            raise self.wrong(key, "must be tables: [[...]]")
        return [_Table(self.file, f"{self.place}{key}[{place}].", row) for place, row in enumerate(rows)]

    def nothing_else(self) -> None:
        """Raises when the file has a key that nobody read: most often a typing error."""
        for key in self._data.keys() - self._read:
            raise self.wrong(key, "is not a key that recipes have")
