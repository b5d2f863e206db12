"""The draw: from the committed files and a public random value to one seed, and from the seed to a ticket per school.

Nothing else in a round is random, and a ticket decides nothing but ties in points.
"""

import re
from collections.abc import Iterable
from hashlib import sha256

from stemfleet.allocation.beacons import known_source
from stemfleet.errors import InputError

# The fixed value for planning before a draw; a result made with it is marked so everywhere.
PLANNING = "planning"

_VISIBLE = re.compile(r"[!-~]{1,200}")


def beacon_value(typed: str, source: str | None = None) -> str:
    """The public random value as it enters the seed: trimmed, otherwise as typed.

    1 to 200 visible ASCII characters; from `drand` exactly 64, from `nist` exactly 128 hex digits in lower case: each
    other way to write the same value would be another seed. Raises InputError.
    """
    value = typed.strip()
    if not _VISIBLE.fullmatch(value):
        raise InputError(
            "The beacon value {value} must be 1 to 200 visible ASCII characters without blanks; it has {length}.",
            value=repr(value[:60]),
            length=len(value),
        )
    known = None if source is None else known_source(source)
    if known is None:
        return value
    if not re.fullmatch(rf"[0-9a-fA-F]{{{known.digits}}}", value):
        raise InputError(
            "The beacon value {value} must be exactly {digits} hex digits, because the commitment names {source}.",
            value=repr(value[:60]),
            digits=known.digits,
            source=known.name,
        )
    if value != value.lower():
        raise InputError(
            "The beacon value {value} of {source} must have its hex digits in lower case, however its source writes "
            "them, so that there is one way to write it and one draw.",
            value=repr(value[:60]),
            source=known.name,
        )
    return value


def round_seed(rules_sha256: str, applicants_sha256: str, beacon: str) -> str:
    """The seed of a round, in hex, from the hashes of the canonical files and the beacon value."""
    return sha256(f"stemfleet/1|{rules_sha256}|{applicants_sha256}|{beacon}".encode()).hexdigest()


def tickets(seed: str, wave: str, schools: Iterable[str]) -> list[str]:
    """A ticket in hex for each school code, in the order given."""
    start = sha256(f"{seed}|{wave}|".encode())
    drawn = []
    for school in schools:
        ticket = start.copy()
        ticket.update(school.encode())
        drawn.append(ticket.hexdigest())
    return drawn
