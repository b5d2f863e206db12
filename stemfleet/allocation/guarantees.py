"""The reserved places of one lot while they are being filled: a largest matching, kept by augmenting paths.

A school counts for at most one place, of one of its categories. Schools of the same group (the same reserved
categories and, where regions matter, the same region) are alike here, so only counts per category and group are kept,
and a path runs over categories, not over schools.

With a cap per region inside a category, a place of category t is reached through the pair (t, region). Nodes of the
search are such pairs and the categories themselves.

A search that fails has found a set of nodes that no later path can leave either (no residual edge goes out of it, and
no augmentation enters it): it is closed for the rest of the scan, and it proves that the refused schools could not
have raised the number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from stemfleet.allocation.values import Certificate


class Group(NamedTuple):
    """Schools that are alike for a lot: their reserved categories, in order, and their region ("" for none or any)."""

    categories: tuple[str, ...]
    region: str


Pair = tuple[str, str]  # (category, region)


@dataclass(slots=True)
class _Step:
    """How a pair was reached in a search: `group` enters it, having left category `leaves` behind, reached before."""

    group: int
    leaves: str | None
    before: Pair | None


class Guarantees:
    """Reserved places being filled. `groups` are the lot's groups; methods take an index into it."""

    def __init__(self, reserves: Mapping[str, int], region_caps: Mapping[str, int], groups: Sequence[Group]) -> None:
        self._reserves = reserves
        self._caps = region_caps
        self._groups = groups
        self._held: dict[str, dict[int, int]] = {category: {} for category in reserves}
        self._used = dict.fromkeys(reserves, 0)
        self._used_pair: dict[Pair, int] = {}
        self._closed: set[Pair] = set()
        self._closed_categories: set[str] = set()
        self.filled = 0
        # Whether a school of the group may still raise the number: read in the caller's inner loop.
        self.open = [bool(group.categories) for group in groups]

    def place(self, group: int) -> bool:
        """Count one more school of the group if that raises the number of filled places; say whether it did."""
        if not self._search(group):
            self.open[group] = False
            return False
        self.filled += 1
        return True

    def certificate(self) -> Certificate:
        """Proof of the number filled, once every candidate has been tried."""
        return Certificate(self.filled, tuple(sorted(self._closed_categories)), self._closed_in_regions())

    def taken_with(self, group: int) -> tuple[str, ...]:
        """The categories that a school of the group would have to make room in, its own first of all.

        When the number cannot be raised, the places of these categories are all taken, and by schools that have no
        other reserved category. Not for lots with a cap per region inside a category.
        """
        reached = list(self._groups[group].categories)
        for category in reached:
            for mover in self._held[category]:
                reached += [other for other in self._groups[mover].categories if other not in reached]
        return tuple(sorted(reached))

    def _closed_in_regions(self) -> dict[str, tuple[str, ...]]:
        """Region → the categories whose cap there is exhausted though the category itself is not."""
        by_region: dict[str, list[str]] = {}
        for category, region in sorted(self._closed):
            if category not in self._closed_categories:
                by_region.setdefault(region, []).append(category)
        return {region: tuple(categories) for region, categories in by_region.items()}

    def _search(self, group: int) -> bool:
        """Breadth first for a place that is free; take it along the path, or close what was seen."""
        for category in self._groups[group].categories:  # nearest of all, and most often found
            pair = category, self._groups[group].region
            if self._used[category] < self._reserves[category] and not self._full(pair):
                self._count(category, group, 1)
                return True
        steps: dict[Pair, _Step] = {}
        seen: set[str] = set()
        queue: list[Pair] = []
        self._reach(group, None, None, steps, queue)
        for pair in queue:
            category, _ = pair
            if not self._full(pair):
                if category in seen or category in self._closed_categories:
                    continue
                if self._used[category] < self._reserves[category]:
                    self._take(pair, steps)
                    return True
                seen.add(category)
                movers = list(self._held[category])
            else:
                movers = [mover for mover in self._held[category] if self._groups[mover].region == pair[1]]
            for mover in movers:
                self._reach(mover, category, pair, steps, queue)
        self._closed.update(queue)
        self._closed_categories |= seen
        return False

    def _reach(
        self, group: int, leaves: str | None, before: Pair | None, steps: dict[Pair, _Step], queue: list[Pair]
    ) -> None:
        categories, region = self._groups[group]
        for category in categories:
            pair = (category, region)
            if pair not in steps and pair not in self._closed:
                steps[pair] = _Step(group, leaves, before)
                queue.append(pair)

    def _full(self, pair: Pair) -> bool:
        cap = self._caps.get(pair[0])
        return cap is not None and self._used_pair.get(pair, 0) >= cap

    def _take(self, last: Pair, steps: Mapping[Pair, _Step]) -> None:
        at: Pair | None = last
        while at is not None:
            step = steps[at]
            self._count(at[0], step.group, 1)
            if step.leaves is not None:
                self._count(step.leaves, step.group, -1)
            at = step.before

    def _count(self, category: str, group: int, change: int) -> None:
        held = self._held[category]
        held[group] = held.get(group, 0) + change
        if not held[group]:
            del held[group]
        self._used[category] += change
        pair = (category, self._groups[group].region)
        self._used_pair[pair] = self._used_pair.get(pair, 0) + change
