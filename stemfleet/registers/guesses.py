"""Levels that were found in the names of schools because their rows say no type that is known."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from stemfleet.registers.values import Finding
from stemfleet.words import Level

_ROW = {
    True: "«{type}» is no type that is known here: by its name «{name}» the school is {level}.",
    False: "No type is given: by its name «{name}» the school is {level}.",
}
_MANY = {
    True: "«{type}» is no type that is known here: by their names {count} such schools are {level} (the first in row "
    "{first}).",
    False: "No type is given: by their names {count} such schools are {level} (the first in row {first}).",
}


@dataclass
class Guesses:
    """By type as written ("" where none is) and level: how many, and (row, name) of the first MOST."""

    MOST = 20

    counts: dict[tuple[str, Level], int] = field(default_factory=dict)
    first: dict[tuple[str, Level], list[tuple[int, str]]] = field(default_factory=dict)

    def add(self, type_: str, level: Level, row: int, name: str) -> None:
        """One school whose level is found in its name."""
        key = (type_, level)
        self.counts[key] = self.counts.get(key, 0) + 1
        if self.counts[key] <= self.MOST:
            self.first.setdefault(key, []).append((row, name))

    def findings(self, sheet: str | None) -> Iterator[Finding]:
        """Of each school, where there are few of a kind; otherwise one for all of them."""
        for (type_, level), count in self.counts.items():
            facts = {"type": type_, "level": level}
            code = "type_guessed" if type_ else "type_missing"
            first = self.first[type_, level]
            if count > self.MOST:
                many = facts | {"count": count, "first": first[0][0]}
                yield Finding(code, _MANY[bool(type_)], many, sheet=sheet)
            else:
                for row, name in first:
                    yield Finding(code, _ROW[bool(type_)], facts | {"name": name}, row, sheet)
