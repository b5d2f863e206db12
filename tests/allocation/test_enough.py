"""What would have been enough, put in and rerun: in; one point less: out. All tickets stay those of the draw."""

from dataclasses import replace

from allocation_cases import REGIONS, SEED, a_wave, crowded_lots, crowds, fields, lots
from hypothesis import given, settings
from hypothesis import strategies as st

from stemfleet.allocation.engine import holders, settle_wave
from stemfleet.allocation.enough import Enough

many = settings(max_examples=150, deadline=None)

THREE = ("kit", "printer", "robot")


def gets(rules, schools, school, points, code):
    """Whether the school, with other points, would hold the lot or one that it prefers to it."""
    other = replace(school, points=points, lines=(("projects", points),))
    held = holders(rules, [other if one is school else one for one in schools], SEED).get(school.school)
    wanted = school.preferences
    return held is not None and wanted.index(held) <= wanted.index(code)


def check_all(rules, schools):
    """Every waiting school of every lot; more points than anybody has stand for any number of points."""
    wave = settle_wave(rules, schools, SEED)
    enough = Enough(wave)
    beyond = max((school.points for school in schools), default=0) + 1
    for code, lot in wave.settled.items():
        for rank in lot.waiting:
            school, points = wave.by_merit[rank], enough.points(rank, code)
            if points is None:
                assert not gets(rules, schools, school, beyond, code)
            else:
                assert points > school.points
                assert gets(rules, schools, school, points, code)
                assert not gets(rules, schools, school, points - 1, code)


@many
@given(st.tuples(*(lots(code, seats=3) for code in THREE)), fields(THREE, most=9))
def test_the_stated_points_are_enough_and_one_less_is_not(made, schools):
    check_all(a_wave(*made), schools)


@many
@given(st.tuples(*(lots(code, seats=3, caps=True) for code in THREE)), fields(THREE, most=9, regions=REGIONS))
def test_the_stated_points_are_enough_under_nested_caps(made, schools):
    check_all(a_wave(*made), schools)


@many
@given(lots(), st.integers(0, 3), fields(regions=REGIONS, most=9))
def test_the_stated_points_are_enough_under_a_crossing_cap(lot, cap, schools):
    check_all(a_wave(replace(lot, region_cap=cap)), schools)


@many
@given(st.tuples(*(crowded_lots(code) for code in THREE)), crowds(THREE, least=12, most=18))
def test_the_stated_points_are_enough_where_places_are_scarce_and_moves_follow(made, schools):
    """Holders wait for lots that they prefer, and one that leaves its place sets others moving."""
    check_all(a_wave(*made), schools)
