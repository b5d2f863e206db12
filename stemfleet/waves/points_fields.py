"""One entry of a points table while it is read: its keys and their values, and the sentence when one is wrong."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from stemfleet.allocation.reading import MOST
from stemfleet.errors import InputError

_FOREVER = 9999
YEARS = ("from_year", "to_year", "last_years")


@dataclass(frozen=True)
class Years:
    """From the first to the last, both included."""

    first: int
    last: int

    def __contains__(self, year: int) -> bool:
        return self.first <= year <= self.last


@dataclass(frozen=True)
class Fields:
    """`number`: of the entry in the rules, from 1; `year`: of the wave."""

    entry: dict[str, Any]
    number: int
    year: int

    @classmethod
    def of(cls, entry: Any, number: int, year: int) -> "Fields":
        """Raises InputError for anything but an object."""
        if not isinstance(entry, dict):
            raise InputError("rules, points entry {number}: not an object", number=number)
        return cls(entry, number, year)

    def allow(self, *keys: str, years: bool = False) -> None:
        known = {*keys, *YEARS} if years else set(keys)
        if unknown := sorted(set(self.entry) - known):
            raise InputError("rules, points entry {number}: unknown key {key}", number=self.number, key=unknown[0])

    def text(self, key: str) -> str:
        value = self.entry.get(key)
        if not isinstance(value, str) or not value:
            raise self._wrong(key, value, "a word")
        return value

    def texts(self, key: str) -> list[str]:
        value = self.entry.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            raise self._wrong(key, value, "a list of words")
        return value

    def one_of(self, key: str, words: Sequence[str]) -> str:
        """The first of the words where the key is left out."""
        value = self.entry.get(key, words[0])
        if value not in words:
            raise self._wrong(key, value, " / ".join(words))
        return str(value)

    def count(self, key: str) -> int:
        value = self.entry.get(key)
        if not _is_count(value):
            raise self._wrong(key, value, f"a whole number from 0 to {MOST}")
        assert isinstance(value, int)
        return value

    def count_or_none(self, key: str) -> int | None:
        return self.count(key) if key in self.entry else None

    def counts(self, key: str, known: Collection[str] | None = None) -> dict[str, int]:
        """Word → whole number; nothing where the key is left out. `known`: the words that may stand there."""
        value = self.entry.get(key, {})
        if not isinstance(value, dict) or not all(map(_is_count, value.values())):
            raise self._wrong(key, value, f"an object of whole numbers from 0 to {MOST}")
        for word in value:
            if known is not None and word not in known:
                raise self._wrong(key, word, " / ".join(known))
        return value

    def inner(self, key: str) -> list["Fields"]:
        value = self.entry[key]
        if not isinstance(value, list) or not value:
            raise self._wrong(key, value, "a list of objects")
        return [Fields.of(item, self.number, self.year) for item in value]

    def years(self) -> Years:
        """Nothing newer than the wave. Raises InputError for years given in both ways."""
        if "last_years" in self.entry:
            if set(self.entry) & {"from_year", "to_year"}:
                raise InputError(
                    "rules, points entry {number}: last_years says the same as from_year and to_year. Keep one way.",
                    number=self.number,
                )
            return Years(self.year - self.count("last_years") + 1, self.year)
        first = self.count("from_year") if "from_year" in self.entry else 0
        last = self.count("to_year") if "to_year" in self.entry else _FOREVER
        return Years(first, min(last, self.year))

    def _wrong(self, key: str, value: Any, needed: str) -> InputError:
        return InputError(
            "rules, points entry {number}: {key} is {value}, but must be {needed}",
            number=self.number,
            key=key,
            value=repr(value),
            needed=needed,
        )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST
