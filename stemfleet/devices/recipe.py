"""Recipes: what is done to one kind of board, as TOML files. The format is described in docs/bench.md.

Shipped recipes lie in `recipes/`; a user's own in a folder of the data, by the same names if they are to replace ours.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stemfleet.devices.record import Measurement, Value
from stemfleet.errors import InputError, NotFound
from stemfleet.resources import resource
from stemfleet.words import Outcome

FAMILIES = ("arduino", "printer", "microbit", "esp")
PHASES = ("identify", "flash", "verify", "check", "finish")
SHIPPED = Path(__file__).parent / "recipes"


@dataclass(frozen=True)
class Limit:
    """Limits of one measurement, both included. For a text, `low` and `high` are the text it must equal."""

    name: str
    unit: str = ""
    low: float | str | None = None
    high: float | str | None = None

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


@dataclass(frozen=True)
class Recipe:
    """One kind of board. `settings` is the family's own table; `usb` are "VID:PID" in capital hex digits."""

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
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise InputError(
            "{file} is not valid TOML: {problem}.", file=str(path), problem=str(wrong)
        ) from wrong
    raise NotImplementedError(data, resource)
