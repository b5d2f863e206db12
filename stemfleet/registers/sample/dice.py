"""A generator of our own, so that a seed gives the same files on every Python, platform and hash seed."""

from collections.abc import MutableSequence, Sequence
from itertools import accumulate
from typing import TypeVar

_MASK = (1 << 64) - 1

T = TypeVar("T")


class Dice:
    """SplitMix64 (Steele, Lea and Flood, 2014) over integers; no floats anywhere."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def roll(self) -> int:
        """64 random bits."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return mixed ^ (mixed >> 31)

    def below(self, limit: int) -> int:
        """0 ≤ result < limit."""
        return self.roll() * limit >> 64

    def between(self, low: int, high: int) -> int:
        """low ≤ result ≤ high."""
        return low + self.below(high - low + 1)

    def chance(self, per_thousand: int) -> bool:
        """True in `per_thousand` of 1,000 rolls."""
        return self.below(1000) < per_thousand

    def pick(self, of: Sequence[T]) -> T:
        """One of a sequence, each as likely."""
        return of[self.below(len(of))]

    def shuffle(self, items: MutableSequence[T]) -> None:
        """Puts a list in random order, in place."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]


class Urn:
    """Draws from a few things that are not equally likely."""

    def __init__(self, weights: dict[str, int]) -> None:
        self._names = list(weights)
        self._bounds = list(accumulate(weights.values()))

    def draw(self, dice: Dice) -> str:
        """One of the names, as likely as its weight."""
        ball = dice.below(self._bounds[-1])
        return next(name for name, bound in zip(self._names, self._bounds, strict=True) if ball < bound)


def apportion(total: int, shares: dict[str, int]) -> dict[str, int]:
    """Splits `total` by shares into whole numbers that add up to it (largest remainder, ties in the given order)."""
    whole = sum(shares.values())
    counts = {name: total * share // whole for name, share in shares.items()}
    by_remainder = sorted(shares, key=lambda name: -(total * shares[name] % whole))
    for name in by_remainder[: total - sum(counts.values())]:
        counts[name] += 1
    return counts
