"""TOML files that people write: one table, which knows where it stands and which of its keys were read."""

import tomllib
from collections.abc import Iterator
from math import isfinite, isnan, nan
from pathlib import Path
from typing import Any, TypeVar

from stemfleet.errors import InputError

LARGEST = 1_000_000  # bytes of a file; a recipe has a few thousand

T = TypeVar("T")


def read_toml(path: Path) -> "Table":
    """The table of a whole file. Raises InputError for what cannot be read, or is no TOML."""
    try:
        if path.is_dir():
            raise InputError("{file} is a folder, not a file. Rename it, or move it away.", file=str(path))
        if path.stat().st_size > LARGEST:
            raise InputError("{file} is too large for such a file. Is it the right one?", file=str(path))
        text = path.read_text(encoding="utf-8-sig")
    except OSError as wrong:
        raise InputError("{file} cannot be read: {problem}.", file=str(path), problem=wrong.strerror) from wrong
    except UnicodeDecodeError as wrong:
        raise InputError("{file} is not written in UTF-8. Save it as UTF-8.", file=str(path)) from wrong
    try:
        return Table(path, "", tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as wrong:
        raise InputError("{file} is not valid TOML: {problem}.", file=str(path), problem=str(wrong)) from wrong


class Table:
    """One table of a file; `place` is the path of keys that leads to it. What is wrong is an InputError with file
    and key."""

    def __init__(self, file: Path, place: str, data: dict[str, Any]) -> None:
        self.file, self.place, self._data = file, place, data
        self._read: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def __iter__(self) -> Iterator[str]:
        """The keys, in the order of the file."""
        return iter(self._data)

    def refuse(self, text: str, key: str, **facts: Any) -> InputError:
        """The error to raise about a key: a whole sentence with the places {file} and {key}."""
        return InputError(text, file=str(self.file), key=f"{self.place}{key}", **facts)

    def get(self, key: str, kind: type[T], default: T) -> T:
        """The value of a key that may be missing."""
        self._read.add(key)
        value = self._data.get(key, default)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self._wrong_kind(key, kind)
        return value

    def _wrong_kind(self, key: str, kind: type) -> InputError:
        if kind is bool:
            return self.refuse("{file}: {key} must be true or false.", key)
        if kind is int:
            return self.refuse("{file}: {key} must be a whole number.", key)
        if kind is list:
            return self.refuse("{file}: {key} must be a list: [...].", key)
        if kind is dict:
            return self.refuse("{file}: {key} must be a table.", key)
        return self.refuse("{file}: {key} must be a text.", key)

    def text(self, key: str, longest: int = 200) -> str:
        """A text that must be there, in at most so many characters."""
        value = self.get(key, str, "").strip()
        if not value:
            raise self.refuse("{file}: {key} is missing.", key)
        if len(value) > longest:
            raise self.refuse("{file}: {key} has more than {most} characters. Shorten it.", key, most=longest)
        return value

    def number(self, key: str, default: float | None = nan) -> float | None:
        """A finite number; without a default it must be there."""
        self._read.add(key)
        value = self._data.get(key, default)
        if value is None:
            return None
        if key not in self._data and isnan(value):
            raise self.refuse("{file}: {key} is missing.", key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise self.refuse("{file}: {key} must be a number.", key)
        return float(value)

    def between(self, key: str, low: float, high: float, default: float = nan) -> float:
        """A number within these limits, both included; without a default it must be there."""
        value = self.number(key, default)
        assert value is not None
        if not low <= value <= high:
            raise self.refuse(
                "{file}: {key} is {value}; it must be between {low} and {high}.",
                key,
                value=f"{value:g}",
                low=f"{low:g}",
                high=f"{high:g}",
            )
        return value

    def table(self, key: str) -> "Table":
        """A table that must be there."""
        if key not in self._data:
            raise self.refuse("{file}: {key} is missing.", key)
        return Table(self.file, f"{self.place}{key}.", self.get(key, dict, {}))

    def tables(self, key: str) -> list["Table"]:
        """An array of tables; empty when it is not there."""
        rows = self.get(key, list, [])
        if not all(isinstance(row, dict) for row in rows):
            raise self.refuse("{file}: {key} must be tables: [[...]].", key)
        return [Table(self.file, f"{self.place}{key}[{place}].", row) for place, row in enumerate(rows)]

    def texts(self, key: str) -> list[str]:
        """A list of texts, at least one; it must be there."""
        rows = self.get(key, list, [])
        if not rows or not all(isinstance(row, str) and row for row in rows):
            raise self.refuse("{file}: {key} must be a list of texts, at least one.", key)
        return rows

    def nothing_else(self) -> None:
        """Raises when the file has a key that nobody read: most often a typing error."""
        for key in self._data:
            if key not in self._read:
                known = ", ".join(sorted(self._read))
                raise self.refuse("{file}: {key} is not a key that is known here. Known: {known}.", key, known=known)
