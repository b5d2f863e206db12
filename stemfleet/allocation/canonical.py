"""Canonical JSON: one byte sequence per value, so that a hash of a file means something.

`json.dumps(x, sort_keys=True, ensure_ascii=False, separators=(",", ":"))` and a line end, in UTF-8, strings in NFC.
Duplicate keys, floats, lone surrogates and zero characters are refused.
"""

import codecs
import json
import unicodedata
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NoReturn

from stemfleet.allocation.faults import refuse_fault
from stemfleet.errors import InputError

_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


class _Unfit(ValueError):
    """Raised inside the JSON reader, which knows no place; `refuse_fault` finds it."""


def encode(value: Any) -> str:
    """The canonical text of a value, without the line end."""
    return _ENCODER.encode(value)


def canonical(value: Any) -> bytes:
    """The canonical bytes of a value of dicts, lists, NFC strings, whole numbers, booleans and None."""
    return as_bytes(encode(value) + "\n")


def as_bytes(text: str) -> bytes:
    """UTF-8; InputError for half a character, which a program's or the command line's text may hold."""
    try:
        return text.encode()
    except UnicodeEncodeError as wrong:
        raise InputError(
            "The text {text} holds half a character (a lone surrogate).", text=ascii(text[: wrong.end][-60:])
        ) from None


def digest(data: bytes) -> str:
    """SHA-256 in lower-case hex."""
    return sha256(data).hexdigest()


def parse(data: bytes, file: str, made: Callable[[dict[str, Any]], Any] = lambda value: value) -> Any:
    """The value in `data`, strings in NFC; `file` is the name that an error gives. Raises InputError.

    `made` turns each object that is not empty into what stands for it, the inner ones first, so that a long list of
    objects never exists as dicts.
    """
    if data.startswith(codecs.BOM_UTF8):
        raise InputError("{file} begins with a byte order mark. Save it as UTF-8 without one.", file=file)
    try:
        text = data.decode()
    except UnicodeDecodeError as wrong:
        raise InputError(
            "{file} is not UTF-8: byte {byte} at position {position}. Save it as UTF-8.",
            file=file,
            byte=f"0x{data[wrong.start]:02x}",
            position=wrong.start,
        ) from None
    # A text that is NFC has NFC strings only, unless it spells characters as escapes.
    plain = "\\u" not in text and unicodedata.is_normalized("NFC", text)

    def finished(pairs: list[tuple[str, Any]]) -> Any:
        if not pairs:
            return {}
        value = dict(pairs) if plain else composed(unique(pairs))
        return made(value if len(value) == len(pairs) else unique(pairs))

    try:
        return _loaded(text, file, finished, plain=plain)
    except json.JSONDecodeError as wrong:
        raise InputError(
            "{file} is not JSON: {problem} (line {line}, column {column}).",
            file=file,
            problem=wrong.msg,
            line=wrong.lineno,
            column=wrong.colno,
        ) from None
    except RecursionError:
        raise InputError("{file} is nested too deeply.", file=file) from None


def _loaded(text: str, file: str, finished: Callable[[list[tuple[str, Any]]], Any], *, plain: bool) -> Any:
    try:
        value = json.loads(text, object_pairs_hook=finished, parse_float=no_float, parse_constant=no_float)
        return value if plain else composed(value)
    except json.JSONDecodeError:
        raise
    except ValueError:
        refuse_fault(text, file)
        raise


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's pairs as a dict; a key that is there twice is refused."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Unfit
    return made


def no_float(_text: str) -> NoReturn:
    """Refuse a number with a fraction or exponent, and NaN and the infinities."""
    raise _Unfit


def composed(value: Any) -> Any:
    """The same value with every string in NFC; a lone surrogate and a zero character are refused."""
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise _Unfit
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [composed(item) for item in value]
    if isinstance(value, dict):
        return unique([(composed(key), composed(item)) for key, item in value.items()])
    return value
