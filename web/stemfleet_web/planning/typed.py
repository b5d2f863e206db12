"""What a person typed into a form of repeated parts: `lots[0].reserves[2].places` and so on."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

_NUMBER = re.compile(r"-?[0-9]{1,15}")


@dataclass(frozen=True)
class Typed:
    """The fields whose names begin with `start`."""

    form: MultiDict[str, str]
    start: str = ""

    def raw(self, key: str) -> str:
        """As it is, blanks and all."""
        return self.form.get(self.start + key, "")

    def text(self, key: str) -> str:
        return self.raw(key).strip()

    def texts(self, key: str) -> list[str]:
        """Of boxes that can be ticked together, in the order of the page."""
        return [text for text in map(str.strip, self.form.getlist(self.start + key)) if text]

    def rows(self, key: str) -> Iterator["Typed"]:
        """The parts `key[0]`, `key[1]`, …, whichever there are."""
        begin = re.compile(re.escape(f"{self.start}{key}") + r"\[([0-9]{1,4})\]\.")
        found = {int(match[1]) for name in self.form if (match := begin.match(name))}
        return (Typed(self.form, f"{self.start}{key}[{number}].") for number in sorted(found))


def number(text: str) -> int | str:
    """A whole number, or the text itself, which the rules then refuse by their own sentence."""
    return int(text) if _NUMBER.fullmatch(text) else text


def number_or_none(text: str) -> int | str | None:
    return number(text) if text else None


def shown(value: Any) -> str:
    """A value of the rules as its field shows it."""
    return "" if value is None else str(value)


def arranged(chosen: Iterable[str], known: Iterable[str]) -> list[str]:
    """What can be ticked, so that the ticked ones stand in their own order: a page sends them from top to bottom."""
    own, offered = list(chosen), list(known)
    rest = iter(offered)
    return offered if all(name in rest for name in own) else own + [name for name in offered if name not in own]
