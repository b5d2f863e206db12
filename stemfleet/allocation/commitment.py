"""`commitment.json`: what is published before the draw: hashes of the frozen inputs, and the random value to come."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from stemfleet.allocation.beacons import known_source, published_at
from stemfleet.allocation.canonical import canonical, parse
from stemfleet.allocation.reading import At, a_text, an_object, shown
from stemfleet.errors import InputError

_KEYS = ("rules_sha256", "applicants_sha256", "beacon", "published")
_HASH = re.compile(r"[0-9a-f]{64}")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Beacon:
    """A future public random value: who publishes it, and which one (a drand round, a pulse, a draw of a named day)."""

    source: str
    round: str


def named_beacon(source: str, round_: str) -> Beacon:
    """The random value as a commitment names it: a known source by its one name, blanks trimmed, in NFC.

    Raises InputError when either is empty, or a round of drand is no number.
    """
    named = [unicodedata.normalize("NFC", text.strip()) for text in (source, round_)]
    if not all(named):
        raise InputError("Name the source and the round of the public random value that will be used.")
    known = known_source(named[0])
    beacon = Beacon(known.name if known else named[0], named[1])
    published_at(beacon.source, beacon.round)
    return beacon


@dataclass(frozen=True, slots=True)
class Commitment:
    """`published` is a date, `YYYY-MM-DD`. Beacon and date are None when nothing was committed before the draw."""

    rules_sha256: str
    applicants_sha256: str
    beacon: Beacon | None = None
    published: str | None = None


def commitment_bytes(commitment: Commitment) -> bytes:
    """The canonical bytes of `commitment.json`."""
    beacon = commitment.beacon
    return canonical(
        {
            "rules_sha256": commitment.rules_sha256,
            "applicants_sha256": commitment.applicants_sha256,
            "beacon": None if beacon is None else {"source": beacon.source, "round": beacon.round},
            "published": commitment.published,
        }
    )


def parse_commitment(data: bytes, file: str = "commitment.json") -> Commitment:
    """The commitment in a file's bytes; `file` is the name that an error gives. Raises InputError."""
    at = At(file)
    found = an_object(parse(data, file), at, _KEYS)
    published = found["published"]
    return Commitment(
        rules_sha256=_hash(found["rules_sha256"], at.key("rules_sha256")),
        applicants_sha256=_hash(found["applicants_sha256"], at.key("applicants_sha256")),
        beacon=None if found["beacon"] is None else _beacon(found["beacon"], at.key("beacon")),
        published=None if published is None else a_date(published, at.key("published")),
    )


def a_date(value: Any, at: At) -> str:
    """A day of the calendar as `YYYY-MM-DD`."""
    if not isinstance(value, str) or not _is_date(value):
        at.refuse("{value} must be a date like 2025-03-31.", value=shown(value))
    return value


def _is_date(text: str) -> bool:
    parts = _DATE.fullmatch(text)
    if parts is None:
        return False
    year, month, day = (int(part) for part in parts.groups())
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1] and (leap or (month, day) != (2, 29))


def _hash(value: Any, at: At) -> str:
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        at.refuse("{value} must be a SHA-256: 64 lower-case hex digits.", value=shown(value))
    return value


def _beacon(value: Any, at: At) -> Beacon:
    found = an_object(value, at, ("source", "round"))
    beacon = Beacon(a_text(found["source"], at.key("source")), a_text(found["round"], at.key("round")))
    try:
        published_at(beacon.source, beacon.round)
    except InputError as wrong:
        at.refuse(wrong.text, **wrong.facts)
    return beacon
