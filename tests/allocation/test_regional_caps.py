"""Caps by region that lie inside the guarantees or the open places: they break none of the properties (group 6)."""

from dataclasses import replace
from itertools import combinations, product

from allocation_cases import (
    REGIONS,
    SEED,
    a_lot,
    a_school,
    a_wave,
    best_set,
    by_merit,
    chosen,
    fields,
    holders,
    lots,
    most_reserved,
    room,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from stemfleet.allocation.engine import allocate

many = settings(max_examples=250, deadline=None)
some = settings(max_examples=80, deadline=None)
THREE = ("kit", "printer", "robot")


def step_by_step(lot, schools):
    """The rule as it is written down, with n by trying every assignment."""
    reserved, rest = [], []
    for school in by_merit(schools):
        raises = most_reserved(lot, [*reserved, school]) > len(reserved)
        (reserved if raises else rest).append(school)
    places = room(lot, schools) - len(reserved)
    taken, by_region = [], {}
    for school in rest:
        in_region = by_region.get(school.region, 0)
        if len(taken) < places and (lot.open_region_cap is None or in_region < lot.open_region_cap):
            taken.append(school)
            by_region[school.region] = in_region + 1
    return {school.school for school in reserved + taken}


@many
@given(lots(caps=True), fields(regions=REGIONS))
def test_the_choice_is_the_written_rule(lot, schools):
    assert chosen(lot, schools) == step_by_step(lot, schools)


@many
@given(lots(caps=True), fields(most=6, regions=REGIONS))
def test_with_caps_inside_reserves_the_choice_is_still_the_best_feasible_set(lot, schools):
    lot = replace(lot, open_region_cap=None)
    assert chosen(lot, schools) == best_set(lot, schools)


@many
@given(lots(caps=True), fields(regions=REGIONS))
def test_one_school_less_displaces_nobody_and_frees_at_most_one_place(lot, schools):
    """Substitutes and size monotonicity survive the caps."""
    taken = chosen(lot, schools)
    for gone in schools:
        without = chosen(lot, [school for school in schools if school is not gone])
        assert taken - {gone.school} <= without
        assert len(without) <= len(taken)


@many
@given(lots(caps=True), fields(regions=REGIONS), st.randoms(use_true_random=False))
def test_choosing_in_two_parts_gives_the_same(lot, schools, random):
    part = [school for school in schools if random.random() < 0.5]
    kept = chosen(lot, part)
    rest = [school for school in schools if school not in part or school.school in kept]
    assert chosen(lot, rest) == chosen(lot, schools)


def bound(lot, schools, inside, by_region):
    """The formula: sum of reserves in A, and by region the caps in B and the schools outside of both."""
    total = sum(lot.reserves[category] for category in inside)
    for region in {school.region or "" for school in schools}:
        capped = by_region.get(region, set())
        total += sum(lot.category_region_caps[category] for category in capped)
        total += sum(
            not (school.categories & lot.reserves.keys()) <= inside | capped
            for school in schools
            if (school.region or "") == region
        )
    return total


def subsets(names):
    return [set(chosen) for size in range(len(names) + 1) for chosen in combinations(sorted(names), size)]


@many
@given(lots(caps=True), fields(regions=REGIONS))
def test_the_certificate_is_the_smallest_set_at_which_the_formula_gives_n(lot, schools):
    certificate = allocate(a_wave(lot), schools, SEED).certificates["kit"]
    inside = set(certificate.categories)
    capped = {region: set(names) for region, names in certificate.by_region.items()}
    assert certificate.n == most_reserved(lot, schools) == bound(lot, schools, inside, capped)
    regions = sorted({school.region or "" for school in schools})
    for other_inside in subsets(lot.reserves):
        options = subsets(lot.category_region_caps.keys() - other_inside)
        for chosen_sets in product(options, repeat=len(regions)):
            other = dict(zip(regions, chosen_sets, strict=True))
            reached = bound(lot, schools, other_inside, other)
            assert reached >= certificate.n
            if reached == certificate.n:
                assert inside <= other_inside
                assert all(capped.get(region, set()) <= other_inside | other[region] for region in regions)


def waves(draw_caps=True):
    return st.tuples(*(lots(code, seats=3, caps=draw_caps) for code in THREE)).map(lambda made: a_wave(*made))


@some
@given(waves(), fields(THREE, regions=REGIONS))
def test_a_replacement_is_who_comes_in_when_the_round_is_rerun_without_the_holder(rules, schools):
    result = allocate(rules, schools, SEED)
    held = {award.school: award.lot for award in result.awards}
    for holder, lot in held.items():
        entered = holders(rules, [school for school in schools if school.school != holder]).keys() - held.keys()
        assert result.replacements[lot][holder] == (entered.pop() if entered else None)


@some
@given(waves(), fields(THREE, most=5, regions=REGIONS), st.data())
def test_no_school_gains_by_misreporting_its_wishes(rules, schools, data):
    held = holders(rules, schools)
    for index, school in enumerate(schools):
        told = data.draw(st.permutations(THREE))[: data.draw(st.integers(0, 3))]
        lied = [*schools[:index], replace(school, preferences=tuple(told)), *schools[index + 1 :]]
        got = holders(rules, lied).get(school.school)
        if got in school.preferences:
            assert school.school in held
            assert school.preferences.index(held[school.school]) <= school.preferences.index(got)


def test_open_places_pass_over_a_region_that_has_its_share():
    schools = [a_school(str(n), 100 - n, region="north" if n < 3 else "south") for n in range(5)]
    assert chosen(a_lot(seats=3, open_region_cap=2), schools) == {"0", "1", "3"}


def test_schools_without_a_region_count_together_as_one():
    schools = [a_school(str(n), 100 - n, region=None if n < 3 else "south") for n in range(5)]
    assert chosen(a_lot(seats=3, open_region_cap=1), schools) == {"0", "3"}


def test_a_cap_inside_a_reserve_moves_its_places_to_other_regions():
    """Two special places, at most one per region; nothing is left open."""
    schools = [a_school(str(n), 100 - n, ["special"], region="north" if n < 2 else "south") for n in range(4)]
    lot = a_lot(seats=2, reserves={"special": 2}, category_region_caps={"special": 1})
    assert chosen(lot, schools) == {"0", "2"}


def test_cutoffs_are_by_region_where_a_cap_is():
    schools = [a_school(str(n), 100 - n, region="north" if n < 3 else None) for n in range(4)]
    result = allocate(a_wave(a_lot(seats=2, open_region_cap=1)), schools, SEED)
    rows = {row.region: (row.last.points, row.chosen, row.refused) for row in result.cutoffs}
    assert rows == {"north": (100, 1, 2), None: (97, 1, 0)}
