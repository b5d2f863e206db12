"""What the canonical form forbids, found with its place: a file that was refused is read once more, slowly."""

import json
import unicodedata
from typing import Any

from stemfleet.allocation.reading import At

_LONGEST = 20  # digits of a whole number; every bound is far below


class _Pairs(list[tuple[str, Any]]):
    """An object with its keys as they stand there, those that are there twice too."""


class _NoWhole(str):
    """A number with a fraction or an exponent, NaN or an infinity, as it is written."""


class _TooLong(str):
    """A whole number with more digits than any can have here."""


def refuse_fault(text: str, file: str) -> None:
    """Raises InputError for the first thing in a JSON text that the canonical form forbids, by key path or school."""
    value = json.loads(
        text,
        object_pairs_hook=_Pairs,
        parse_float=_NoWhole,
        parse_constant=_NoWhole,
        parse_int=lambda digits: int(digits) if len(digits) <= _LONGEST else _TooLong(digits),
    )
    waiting = [(value, At(file))]
    while waiting:
        value, at = waiting.pop()
        if isinstance(value, _Pairs):
            waiting += reversed(_children(value, at))
        elif isinstance(value, list):
            waiting += reversed([(item, at.item(index)) for index, item in enumerate(value)])
        elif isinstance(value, str):
            _check_text(value, at)


def _children(pairs: _Pairs, at: At) -> list[tuple[Any, At]]:
    """The values of an object; what a school's object holds is named by the school, as everywhere."""
    keys = set[str]()
    for key, _value in pairs:
        _check_text(key, at)
        if (composed := unicodedata.normalize("NFC", key)) in keys:
            at.refuse("the key {key} is there twice in one object. Keep one.", key=json.dumps(composed))
        keys.add(composed)
    school = dict(pairs).get("school")
    if type(school) is str and school.isprintable():
        at = At(f"{at.file}: school {school[:_LONGEST]}")
    return [(value, at.key(key)) for key, value in pairs]


def _check_text(text: str, at: At) -> None:
    if isinstance(text, _NoWhole):
        at.refuse("{value} is not a whole number. Use whole numbers only (hundredths if needed).", value=str(text[:40]))
    if isinstance(text, _TooLong):
        at.refuse(
            "{value} is a number of {digits} digits, too long to be used.", value=text[:20] + "…", digits=len(text)
        )
    if any("\ud800" <= character <= "\udfff" for character in text):
        at.refuse("the text {value} holds half a character (a lone surrogate).", value=json.dumps(text)[:60])
    if "\0" in text:
        at.refuse("the text {value} holds a zero character (\\u0000). Take it out.", value=json.dumps(text)[:60])
