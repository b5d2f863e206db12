"""The choice within one lot: meritorious horizontal choice.

Source: T. Sönmez and M. B. Yenmez, "Affirmative action in India via vertical, horizontal, and overlapping
reservations", Econometrica 90(3), 2022. Down the order of merit, a school takes a reserved place if that raises the
number of reserved places that can be filled; then the best of the rest take the open places.

Schools are ranks here: 0 is the first in the order of merit.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from stemfleet.allocation.crossing import choose_under_region_cap
from stemfleet.allocation.guarantees import Group, Guarantees
from stemfleet.allocation.values import Applicant, Certificate, Lot, Unfilled


class Choice(NamedTuple):
    """Who a lot takes, each list in order of merit, and the proof that no more guarantees can be used."""

    reserved: list[int]
    open: list[int]
    proof: Certificate

    @property
    def all(self) -> list[int]:
        """Everybody taken, in order of merit."""
        return sorted(self.reserved + self.open)


class Desk:
    """One lot with the applicants as it sees them. `by_merit` holds every applicant in order of merit."""

    def __init__(self, lot: Lot, by_merit: Sequence[Applicant]) -> None:
        self.lot = lot
        self.regions = [applicant.region or "" for applicant in by_merit] if lot.by_region else None
        self.groups: list[Group] = []
        self.group_of = self._sort_into_groups(by_merit)

    def choose(self, candidates: Iterable[int]) -> Choice:
        """The choice from these ranks, which must be in order of merit."""
        if self.lot.region_cap is not None:
            return Choice(*choose_under_region_cap(self.lot, self.groups, self.group_of, candidates))
        guarantees = Guarantees(self.lot.reserves, self.lot.category_region_caps, self.groups)
        still_open, group_of = guarantees.open, self.group_of
        reserved: list[int] = []
        rest: list[int] = []
        for rank in candidates:
            group = group_of[rank]
            if still_open[group] and guarantees.place(group):
                reserved.append(rank)
            else:
                rest.append(rank)
        return Choice(reserved, self._open_places(rest, len(reserved)), guarantees.certificate())

    def guarantees(self, reserved: Iterable[int]) -> Guarantees:
        """The guaranteed places as these ranks fill them; the ranks must be such as `choose` took for them."""
        filled = Guarantees(self.lot.reserves, self.lot.category_region_caps, self.groups)
        for rank in reserved:
            assert filled.place(self.group_of[rank])
        return filled

    def signature(self, group: int) -> tuple[str, ...]:
        """The categories of the group that have a reserve in the lot."""
        return self.groups[group].categories

    def _open_places(self, rest: list[int], reserved: int) -> list[int]:
        if self.lot.unfilled is Unfilled.KEEP:
            reserved = sum(self.lot.reserves.values())
        places = self.lot.seats - reserved
        if self.lot.open_region_cap is None:
            return rest[:places]
        return self._open_places_by_region(rest, places, self.lot.open_region_cap)

    def _open_places_by_region(self, rest: list[int], places: int, cap: int) -> list[int]:
        assert self.regions is not None
        taken: dict[str, int] = {}
        chosen: list[int] = []
        for rank in rest:
            if len(chosen) == places:
                break
            region = self.regions[rank]
            if taken.get(region, 0) < cap:
                taken[region] = taken.get(region, 0) + 1
                chosen.append(rank)
        return chosen

    def _sort_into_groups(self, by_merit: Sequence[Applicant]) -> list[int]:
        known: dict[tuple[frozenset[str], str | None], int] = {}
        group_of: list[int] = []
        for applicant in by_merit:
            key = (applicant.categories, applicant.region)
            group = known.get(key)
            if group is None:
                group = known[key] = self._group(applicant)
            group_of.append(group)
        return group_of

    def _group(self, applicant: Applicant) -> int:
        reserved = tuple(sorted(applicant.categories & self.lot.reserves.keys()))
        group = Group(reserved, (applicant.region or "") if self.lot.by_region else "")
        if group not in self.groups:
            self.groups.append(group)
        return self.groups.index(group)
