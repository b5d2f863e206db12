"""The public random values that stemfleet knows by name: how their sources write them, and when they appear.

Periods and beginnings are those that the League of Entropy publishes for its two drand chains (`/info` of each chain).
"""

import re
from dataclasses import dataclass

from stemfleet.errors import InputError


@dataclass(frozen=True, slots=True)
class Chain:
    """A drand chain: round 1 was published at `begun` (seconds since 1970), and one every `period` seconds since."""

    begun: int
    period: int

    def published(self, number: int) -> int:
        """Seconds since 1970."""
        return self.begun + (number - 1) * self.period


@dataclass(frozen=True, slots=True)
class Source:
    """A source by the name that a commitment has for it; its values are `digits` lower-case hex digits."""

    name: str
    digits: int
    chain: Chain | None = None


# `drand` is the default chain.
_KNOWN = (
    Source("drand", 64, Chain(1595431050, 30)),
    Source("drand-quicknet", 64, Chain(1692803367, 3)),
    Source("nist", 128),
)
_BY_LETTERS = {re.sub(r"\W", "", known.name): known for known in _KNOWN}
_NUMBER = re.compile(r"[1-9][0-9]{0,9}")


def known_source(named: str) -> Source | None:
    """The known source of that name, however its letters, blanks and hyphens are written; None for another one.

    Raises InputError for a name that begins like a known one: its values would escape the checks of their form.
    """
    letters = re.sub(r"[\W_]", "", named).casefold()
    found = _BY_LETTERS.get(letters)
    if found is None and letters.startswith(("drand", "nist")):
        raise InputError(
            "The source {source} of random values is not known. Known: {known}; give any other a name of its own.",
            source=named,
            known=", ".join(known.name for known in _KNOWN),
        )
    return found


def published_at(source: str, round_: str) -> int | None:
    """When a round of a drand chain is public, in seconds since 1970; None for a source whose times are not known.

    Raises InputError for a round of drand that is no number.
    """
    known = known_source(source)
    if known is None or known.chain is None:
        return None
    if not _NUMBER.fullmatch(round_):
        raise InputError("The round {round} of {source} must be its number: digits only.", round=round_, source=source)
    return known.chain.published(int(round_))
