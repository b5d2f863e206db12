"""How the catalogue's TOML files are read: a sentence naming the file and the key when something is wrong."""

import tomllib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from stemfleet.errors import InputError

T = TypeVar("T")


def read_toml(file: Path, keys: Collection[str], build: Callable[[Mapping[str, Any]], T]) -> T:
    """Raises InputError for a file that is no TOML, has other keys, or lacks what `build` looks for."""
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError("{file} cannot be read: {why}", file=file, why=error) from error
    if unknown := sorted(set(data) - set(keys)):
        raise InputError("{file}: unknown key {key}", file=file, key=unknown[0])
    try:
        return build(data)
    except KeyError as error:
        raise InputError("{file}: the key {key} is missing", file=file, key=error.args[0]) from error
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError("{file}: {why}", file=file, why=error) from error


def only(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """A table inside a file. Raises ValueError for a key that it does not have."""
    if unknown := sorted(set(data) - set(keys)):
        raise ValueError(f"unknown key {unknown[0]}")
    return data


def text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is not a name")
    return value


def texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    return tuple(map(text, value))


def count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{value!r} is not a count of 1 or more")
    return value


def title(value: Any) -> dict[str, str]:
    """In Greek and in English."""
    return {"el": text(value["el"]), "en": text(value["en"])}
