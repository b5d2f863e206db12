"""Where a lot closed for the schools of one group: the facts of an explanation that a group has in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stemfleet.allocation.choice import Desk
from stemfleet.allocation.engine import SettledWave
from stemfleet.allocation.guarantees import Guarantees
from stemfleet.allocation.proposals import Settled
from stemfleet.allocation.values import Merit


@dataclass(frozen=True, slots=True)
class Given:
    """How many places of a kind were given, and where the last of them stands."""

    number: int
    last: Merit | None


@dataclass(frozen=True, slots=True)
class Closing:
    """The closing of one lot for one group.

    `own` are the group's categories with a reserve. `places` are guaranteed places by category, as far as they tell why
    the group got no more of them, and `guaranteed` those given: without caps of a region, the places of the group's
    categories and of those that share schools with them, all taken by schools with no other such category; with such a
    cap, the places of the group's own categories, and those that schools of this very group got.
    """

    own: tuple[str, ...]
    places: Mapping[str, int]
    guaranteed: Given
    open: Given
    region: str
    open_in_region: Given
    all_in_region: int


class Closings:
    """Facts of one lot, by group, each computed once."""

    def __init__(self, wave: SettledWave, code: str) -> None:
        self._desk: Desk = wave.desks[code]
        self._merits = wave.merits
        self._settled: Settled = wave.settled[code]
        self._known: dict[int, Closing] = {}
        self._guarantees: Guarantees | None = None

    def of(self, group: int) -> Closing:
        """The closing for a group of the lot's desk, of which a school was refused or holds an open place."""
        if group not in self._known:
            self._known[group] = self._close(group)
        return self._known[group]

    def _close(self, group: int) -> Closing:
        own, region = self._desk.groups[group]
        choice = self._settled.choice
        inside = [rank for rank in self._settled.held if self._region(rank) == region]
        places, given = self._reserved(group)
        return Closing(
            own=own,
            places=places,
            guaranteed=self._given(given),
            open=self._given(choice.open),
            region=region,
            open_in_region=self._given([rank for rank in choice.open if self._region(rank) == region]),
            all_in_region=len(inside),
        )

    def _reserved(self, group: int) -> tuple[dict[str, int], list[int]]:
        """Places by category and the ranks that took them; see `Closing`."""
        lot, reserved = self._desk.lot, self._settled.choice.reserved
        if lot.category_region_caps or lot.region_cap is not None:
            own = self._desk.groups[group].categories
            return {name: lot.reserves[name] for name in own}, [
                rank for rank in reserved if self._desk.group_of[rank] == group
            ]
        if self._guarantees is None:
            self._guarantees = self._desk.guarantees(reserved)
        taken = self._guarantees.taken_with(group)
        within = [rank for rank in reserved if set(self._desk.groups[self._desk.group_of[rank]].categories) <= {*taken}]
        return {name: lot.reserves[name] for name in taken}, within

    def _region(self, rank: int) -> str:
        return self._desk.groups[self._desk.group_of[rank]].region

    def _given(self, ranks: Sequence[int]) -> Given:
        return Given(len(ranks), self._merits[ranks[-1]] if ranks else None)
