"""A cap on all places of a region: the best feasible set, and what is no longer promised (group 6)."""

from dataclasses import replace
from itertools import combinations

from allocation_cases import REGIONS, SEED, a_lot, a_school, a_wave, by_merit, chosen, fields, lots, most_reserved
from hypothesis import given, settings
from hypothesis import strategies as st

from stemfleet.allocation.engine import allocate
from stemfleet.allocation.values import Unfilled

many = settings(max_examples=300, deadline=None)
capped = st.builds(lambda lot, cap: replace(lot, region_cap=cap), lots(), st.integers(0, 3))


def within_cap(lot, members):
    regions = [school.region for school in members]
    return all(regions.count(region) <= lot.region_cap for region in regions)


def best_set_under_cap(lot, schools):
    """Most guarantees that the cap lets be used, then lexicographic merit; and that number."""
    ordered = by_merit(schools)
    sets = []
    for bits in range(2 ** len(ordered)):
        taken = tuple(bits >> index & 1 for index in range(len(ordered)))
        members = [school for school, is_in in zip(ordered, taken, strict=True) if is_in]
        if len(members) <= lot.seats and within_cap(lot, members):
            sets.append((most_reserved(lot, members), taken, members))
    most = max(n for n, _, _ in sets)
    size = lot.seats if lot.unfilled is Unfilled.OPEN else most + lot.seats - sum(lot.reserves.values())
    _, _, members = max((s for s in sets if len(s[2]) <= size), key=lambda s: s[:2])
    return {school.school for school in members}, most


@many
@given(capped, fields(regions=REGIONS))
def test_the_choice_is_the_best_feasible_set(lot, schools):
    expected, most = best_set_under_cap(lot, schools)
    result = allocate(a_wave(lot), schools, SEED)
    assert {award.school for award in result.awards} == expected
    assert sum(award.place == "reserved" for award in result.awards) == most


@many
@given(capped, fields(regions=REGIONS))
def test_the_certificate_bounds_every_region_by_the_cap(lot, schools):
    """Over all sets A: the reserves in A and, by region, the cap or the schools outside of A, whichever is less."""
    certificate = allocate(a_wave(lot), schools, SEED).certificates["kit"]
    found = []
    for size in range(len(lot.reserves) + 1):
        for inside in combinations(sorted(lot.reserves), size):
            total = sum(lot.reserves[category] for category in inside)
            for region in REGIONS:
                own = [s.categories & lot.reserves.keys() for s in schools if s.region == region]
                total += min(lot.region_cap, sum(not categories <= set(inside) for categories in own))
            found.append((total, inside))
    n, smallest = min(found, key=lambda item: item[0])
    assert (certificate.n, set(certificate.categories), certificate.by_region) == (n, set(smallest), {})


@settings(max_examples=100, deadline=None)
@given(capped, fields(most=6, regions=REGIONS))
def test_a_replacement_is_the_best_of_those_who_come_in(lot, schools):
    taken = chosen(lot, schools)
    replacements = allocate(a_wave(lot), schools, SEED).replacements["kit"]
    order = [school.school for school in by_merit(schools)]
    for holder in taken:
        entered = chosen(lot, [school for school in schools if school.school != holder]) - taken
        assert replacements[holder] == min(entered, key=order.index, default=None)


def test_the_round_says_what_is_no_longer_promised():
    result = allocate(a_wave(a_lot(seats=2, region_cap=1)), [], SEED)
    assert "a school that leaves may cost another its place" in str(result.notices[0])


def test_a_school_that_leaves_may_cost_another_its_place():
    """What the notice says does happen: without A, the north's only place goes to the guarantee, and B is out."""
    lot = a_lot(seats=2, reserves={"special": 1}, region_cap=1)
    schools = [
        a_school("A", 40, ["special"], region="south"),
        a_school("B", 30, region="north"),
        a_school("C", 20, ["special"], region="north"),
    ]
    assert chosen(lot, schools) == {"A", "B"}
    assert chosen(lot, schools[1:]) == {"C"}
