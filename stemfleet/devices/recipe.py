"""Recipes: what is done to one kind of board, as TOML files. The format is described in docs/bench.md.

Shipped recipes lie in `recipes/`; a user's own in a folder of the data, by the same names if they are to replace ours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from stemfleet.devices.families import FAMILIES
from stemfleet.devices.families.settings import LONGEST_S, check_settings
from stemfleet.devices.profile import profile_limits
from stemfleet.devices.record import Measurement, Value
from stemfleet.devices.tomltable import Table, read_toml
from stemfleet.errors import InputError, NotFound
from stemfleet.resources import resource
from stemfleet.words import Outcome

CHECKLIST = "checklist"  # the family that a person checks by a list of steps; no driver, no firmware
PHASES = ("identify", "flash", "verify", "check", "finish")
SHIPPED = Path(__file__).parent / "recipes"
MOST_ATTEMPTS = 10

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_STEP_ID = re.compile(r"[a-z][a-z0-9_]{0,47}")
_CHECK_NAME = re.compile(r"\w{1,48}")
_USB = re.compile(r"[0-9A-F]{4}:[0-9A-F]{4}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


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
        if self.low is None and self.high is None:
            return Outcome.PASS
        if isinstance(value, str) or isinstance(self.low, str):
            return Outcome.PASS if str(value) == self.low else Outcome.FAIL
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
    `silent`: a first program that does not speak our lines.
    """

    name: str
    version: str
    file: Path | None
    sha256: str | None
    open: bool = False
    practice: bool = False
    silent: bool = False


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
    first_program: Firmware | None = None  # what the board leaves with, where that is another image than the firmware

    @property
    def is_checklist(self) -> bool:
        """Whether a person checks it, step by step, and no tool of ours does (`families/checklist.py`)."""
        return self.family == CHECKLIST

    def limit(self, name: str, unit: str = "") -> Limit:
        """The limits of a measurement; none of its own: a limit that everything is within."""
        return next((limit for limit in self.checks if limit.name == name), Limit(name, unit))


@dataclass(frozen=True)
class BadRecipe:
    """An own recipe that cannot be used: its file, the name that nothing can be done for now, and why."""

    file: Path
    name: str
    error: InputError


def load_recipes(own: Path | None = None) -> dict[str, Recipe]:
    """The recipes alone, as `load_all`."""
    return load_all(own)[0]


def find_recipe(name: str, own: Path | None = None) -> Recipe:
    """One recipe by name. Raises NotFound naming those there are, InputError when its own file cannot be used."""
    recipes, bad = load_all(own)
    for each in bad:
        if each.name == name:
            raise each.error
    if name not in recipes:
        raise NotFound("There is no recipe {name}. Recipes: {names}.", name=name, names=", ".join(recipes))
    return recipes[name]


def load_all(own: Path | None) -> tuple[dict[str, Recipe], list[BadRecipe]]:
    """Shipped and own recipes by name, sorted, own ones in the place of shipped ones; and those that cannot be used.

    An own file that cannot be used takes its name out, the shipped recipe of that name too.
    """
    recipes = {recipe.name: recipe for recipe in map(read_recipe, sorted(SHIPPED.glob("*.toml")))}
    bad: list[BadRecipe] = []
    files: dict[str, Path] = {}
    for path in _own_files(own, bad):
        try:
            recipe = read_recipe(path)
            if recipe.name in files:
                raise InputError(
                    "{file}: {key} is {name}, as in {other}. Give one of them another name.",
                    file=str(path),
                    key="name",
                    name=recipe.name,
                    other=str(files[recipe.name]),
                )
        except InputError as error:
            bad.append(BadRecipe(path, _name_in(path), error))
        else:
            files[recipe.name] = path
            recipes[recipe.name] = recipe
    return {name: recipes[name] for name in sorted(recipes.keys() - {each.name for each in bad})}, bad


def _own_files(own: Path | None, bad: list[BadRecipe]) -> list[Path]:
    """The folder need not be there; what stands in its place must be one."""
    try:
        return sorted(path for path in own.iterdir() if path.suffix == ".toml") if own is not None else []
    except FileNotFoundError:
        return []
    except OSError as wrong:
        assert own is not None
        error = InputError("{file} cannot be read: {problem}.", file=str(own), problem=wrong.strerror)
        bad.append(BadRecipe(own, own.name, error))
        return []


def _name_in(path: Path) -> str:
    """The name that a broken file was meant for, as far as it can be told."""
    try:
        return read_toml(path).text("name")
    except InputError:
        return path.stem


def read_recipe(path: Path) -> Recipe:
    """One recipe file. Raises InputError with the file and the key that is wrong."""
    table = read_toml(path)
    name, family = table.text("name"), table.text("family")
    if not _NAME.fullmatch(name):
        raise table.refuse("{file}: {key} must be small letters, digits, hyphens and dots; at most 64.", "name")
    if family not in (*FAMILIES, CHECKLIST):
        raise table.refuse("{file}: {key} must be one of {names}.", "family", names=", ".join((*FAMILIES, CHECKLIST)))
    return _checklist(table) if family == CHECKLIST else _of_board(table, family)


def image_problem(recipe: Recipe) -> InputError | None:
    """What is wrong with the images that the recipe approves; they are read for it. None: nothing."""
    for key, image in (("firmware", recipe.firmware), ("first_program", recipe.first_program)):
        if image is None or image.file is None:
            continue
        facts = {"file": str(recipe.path), "key": f"{key}.file", "image": str(image.file)}
        try:
            digest = sha256(image.file.read_bytes()).hexdigest()
        except OSError as wrong:
            return InputError("{file}: {key}: {image} cannot be read: {problem}.", **facts, problem=wrong.strerror)
        if digest != image.sha256:
            return InputError(
                "{file}: {key}: {image} has sha256 {found}, approved is {approved}.",
                **facts,
                found=digest,
                approved=image.sha256,
            )
    return None


def _of_board(table: Table, family: str) -> Recipe:
    settings = table.get("settings", dict, {})
    check_settings(family, Table(table.file, "settings.", settings))
    phases = tuple(_phase(part) for part in table.tables("phases"))
    _check_order(table, [phase.name for phase in phases])
    checks = tuple(_limit(part) for part in table.tables("checks"))
    checks += tuple(Limit(*row) for row in profile_limits(table, settings.get("profile")))
    _check_once(table, "checks", [limit.name for limit in checks])
    _check_owed(table, settings, checks)
    usb = [item.upper() for item in table.texts("usb")] if "usb" in table else []
    if not all(_USB.fullmatch(item) for item in usb):
        raise table.refuse(
            "{file}: {key} is not written as it must be; an example: {example}.", "usb", example='["2341:0043"]'
        )
    first = (
        _image(table.table("first_program"), first=True) if family == "arduino" and "first_program" in table else None
    )
    if first is not None and (first.file is None or "finish" not in [phase.name for phase in phases]):
        raise table.refuse("{file}: {key} needs a file, and the phase finish that writes it.", "first_program")
    recipe = Recipe(
        name=table.text("name"),
        title=table.text("title"),
        family=family,
        test_version=table.text("test_version", 32),
        firmware=_image(table.table("firmware")),
        phases=phases,
        checks=checks,
        usb=tuple(usb),
        settings=settings,
        path=table.file,
        first_program=first,
    )
    table.nothing_else()
    return recipe


def _checklist(table: Table) -> Recipe:
    recipe = Recipe(
        name=table.text("name"),
        title=table.text("title"),
        family=CHECKLIST,
        test_version=table.text("test_version", 32),
        firmware=NO_FIRMWARE,
        phases=(),
        checks=(),
        path=table.file,
        steps=tuple(_step(part) for part in table.tables("steps")),
    )
    table.nothing_else()
    if not recipe.steps:
        raise table.refuse("{file}: {key} needs at least one entry.", "steps")
    _check_once(table, "steps", [step.id for step in recipe.steps])
    return recipe


def _step(table: Table) -> Step:
    title = table.table("title")
    step = Step(
        id=table.text("id"),
        title={"el": title.text("el"), "en": title.text("en")},
        needs_photo=table.get("needs_photo", bool, False),
    )
    title.nothing_else()
    table.nothing_else()
    if not _STEP_ID.fullmatch(step.id):
        raise table.refuse("{file}: {key} must be small letters, digits and _, beginning with a letter.", "id")
    return step


def _image(table: Table, *, first: bool = False) -> Firmware:
    named = table.get("file", str, "") or None
    digest = table.get("sha256", str, "").lower() or None
    firmware = Firmware(
        name=table.text("name"),
        version=table.text("version", 64),
        file=_image_file(table.file, named) if named else None,
        sha256=digest,
        open=not first and table.get("open", bool, False),
        practice=not first and table.get("practice", bool, False),
        silent=first and table.get("silent", bool, False),
    )
    table.nothing_else()
    if digest is not None and not _SHA256.fullmatch(digest):
        raise table.refuse("{file}: {key} must be 64 hexadecimal digits.", "sha256")
    if named and digest is None:
        raise table.refuse("{file}: {key} is missing: a file is only approved with its sha256.", "sha256")
    return firmware


def _image_file(recipe: Path, named: str) -> Path:
    """Beside an own recipe, or among the shipped images; one that is nowhere is missed beside the recipe."""
    beside, shipped = recipe.parent / named, resource("firmware", *named.split("/"))
    return shipped if shipped.is_file() and not beside.is_file() else beside


def _phase(table: Table) -> PhasePlan:
    name = table.text("name")
    if name not in PHASES:
        raise table.refuse("{file}: {key} must be one of {names}.", "name", names=", ".join(PHASES))
    plan = PhasePlan(
        name=name,
        timeout_s=table.between("timeout_s", 0.1, LONGEST_S),
        attempts=int(table.between("attempts", 1, MOST_ATTEMPTS, table.get("attempts", int, 1))),
        without_flash=table.get("without_flash", bool, name in {"identify", "check"}),
    )
    table.nothing_else()
    return plan


def _check_order(table: Table, names: list[str]) -> None:
    """Each phase once and in its order; nothing is written without being read back, nothing passes without a check."""
    _check_once(table, "phases", names)
    needed = {"identify", "check"} | ({"verify"} if "flash" in names else set())
    for name in PHASES:
        if name in needed and name not in names:
            raise table.refuse("{file}: {key} lacks the phase {name}.", "phases", name=name)
    if names != [name for name in PHASES if name in names]:
        raise table.refuse("{file}: {key} must stand in this order: {names}.", "phases", names=", ".join(PHASES))


def _check_once(table: Table, key: str, names: list[str]) -> None:
    for place, name in enumerate(names):
        if name in names[:place]:
            raise table.refuse("{file}: {key} has {name} twice.", key, name=name)


def _check_owed(table: Table, settings: dict[str, Any], checks: tuple[Limit, ...]) -> None:
    """Where the self-test's steps say what they measure, a check of something else could never pass."""
    if "steps" not in settings:
        return
    steps = (*settings["steps"].values(), *settings.get("hardware_steps", {}).values())
    owed = {name for step in steps for name in step} | {"flash_size"}  # which an ESP's loader tells
    for place, limit in enumerate(checks):
        if limit.name not in owed and not limit.optional:
            raise table.refuse("{file}: {key}: no step measures {name}.", f"checks[{place}].name", name=limit.name)


def _limit(table: Table) -> Limit:
    equals = table.text("equals") if "equals" in table else None
    limit = Limit(
        name=table.text("name"),
        unit=table.get("unit", str, ""),
        low=equals or table.number("low", None),
        high=equals or table.number("high", None),
        hardware=table.get("hardware", bool, False),
        optional=table.get("optional", bool, False),
    )
    if equals and ("low" in table or "high" in table):
        raise table.refuse("{file}: {key} is for a text, low and high for a number. Give one of them.", "equals")
    table.get("equals", str, "")
    table.nothing_else()
    if not _CHECK_NAME.fullmatch(limit.name):
        raise table.refuse("{file}: {key} must be letters, digits and _, at most 48.", "name")
    if isinstance(limit.low, float) and isinstance(limit.high, float) and limit.low > limit.high:
        raise table.refuse("{file}: {key} is larger than high: no board could pass.", "low")
    return limit
