"""Checked reading of a parsed file: each value has a place, and a refusal names file, place and value."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from stemfleet.errors import InputError

_SHOWN = 60
WAVE_CODE, LOT_CODE = 32, 64  # characters of a code, at most
MOST = 10**9  # of every number: what a database can store and add up
_CODE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class At:
    """A place in a file: `At("rules.json").key("lots").item(0)` reads `lots[0]`."""

    file: str
    where: str = ""

    def key(self, name: str) -> "At":
        return At(self.file, f"{self.where}.{name}" if self.where else name)

    def item(self, index: int) -> "At":
        return At(self.file, f"{self.where}[{index}]")

    def refuse(self, text: str, **facts: Any) -> NoReturn:
        """Raise an InputError that begins with the file and the place."""
        if self.where:
            raise InputError("{file}: {where}: " + text, file=self.file, where=self.where, **facts)
        raise InputError("{file}: " + text, file=self.file, **facts)


def shown(value: Any) -> str:
    """A value as an error prints it: cut when long."""
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def an_object(value: Any, at: At, keys: Collection[str]) -> dict[str, Any]:
    """An object with exactly these keys."""
    made = a_mapping(value, at)
    if len(made) != len(keys) or any(key not in made for key in keys):
        _refuse_keys(made, at, keys)
    return made


def a_mapping(value: Any, at: At) -> dict[str, Any]:
    if not isinstance(value, dict):
        at.refuse("{value} must be an object.", value=shown(value))
    return value


def _refuse_keys(made: dict[str, Any], at: At, keys: Collection[str]) -> NoReturn:
    for key in made:
        if key not in keys:
            at.refuse("the key {key} is not known. Known: {known}.", key=shown(key), known=", ".join(keys))
    at.refuse("the key {key} is missing.", key=", ".join(key for key in keys if key not in made))


def items(value: Any, at: At) -> Iterator[tuple[Any, At]]:
    """The items of a list, each with its place."""
    return ((item, at.item(index)) for index, item in enumerate(a_list(value, at)))


def a_list(value: Any, at: At) -> list[Any]:
    if not isinstance(value, list):
        at.refuse("{value} must be a list.", value=shown(value))
    return value


def a_text(value: Any, at: At) -> str:
    """A text of at least one character."""
    if not isinstance(value, str) or not value:
        at.refuse("{value} must be a text that is not empty.", value=shown(value))
    return value


def a_code(value: Any, at: At, most: int) -> str:
    """A wave's or lot's code: it stands in file names, addresses and on labels, and must look the same to everybody."""
    code = a_text(value, at)
    if len(code) > most:
        at.refuse("the code {value} is longer than {most} characters.", value=shown(code), most=most)
    if not _CODE.fullmatch(code):
        at.refuse(
            "{value} is no code. Use Latin letters, digits, '.', '_' and '-', and do not begin with '.'.",
            value=shown(code),
        )
    return code


def whole(value: Any, at: At, least: int = 0) -> int:
    """A whole number from `least` to MOST; True and False are none."""
    if type(value) is not int or value < least:
        at.refuse("{value} must be a whole number, {least} or more.", value=shown(value), least=least)
    if value > MOST:
        at.refuse("{value} is too large: {most} is the most.", value=shown(value), most=MOST)
    return value


def a_school_code(value: Any, at: At) -> str:
    """A school's code. It stands in tickets, between `|`, and in lists: blanks and line ends would mislead."""
    code = a_text(value, at)
    if not is_school_code(code):
        at.refuse("{value} is no school code: it holds a blank, a line end, '|' or the like.", value=shown(code))
    return code


def is_school_code(text: str) -> bool:
    return text.isprintable() and " " not in text and "|" not in text and text != ""


def whole_or_none(value: Any, at: At) -> int | None:
    return None if value is None else whole(value, at)


def distinct_texts(value: Any, at: At) -> tuple[str, ...]:
    """A list of texts, none of them twice."""
    made: list[str] = []
    for item, place in items(value, at):
        if a_text(item, place) in made:
            place.refuse("{value} is there twice.", value=shown(item))
        made.append(item)
    return tuple(made)


def counts(value: Any, at: At) -> dict[str, int]:
    """An object of whole numbers from 0 up."""
    made = a_mapping(value, at)
    return {a_text(key, at): whole(number, at.key(key)) for key, number in made.items()}


def the_format(value: Any, at: At, expected: str) -> None:
    if value != expected:
        at.refuse("{value} must be {expected}.", value=shown(value), expected=shown(expected))
