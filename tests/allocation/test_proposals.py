"""Deferred acceptance across lots, against every assignment tried out (groups 4 and 5)."""

from dataclasses import replace
from itertools import permutations, product

from allocation_cases import SEED, a_lot, a_school, a_wave, best_set, fields, holders, lots
from hypothesis import given, settings
from hypothesis import strategies as st

from stemfleet.allocation.engine import allocate

some = settings(max_examples=100, deadline=None)
few = settings(max_examples=40, deadline=None)

TWO = ("kit", "printer")
THREE = ("kit", "printer", "robot")


def waves(codes):
    return st.tuples(*(lots(code, seats=2) for code in codes)).map(lambda made: a_wave(*made))


def place(wanted, code):
    """How good a lot is for a school; a smaller number is better, and nothing is worst."""
    return wanted.index(code) if code is not None else len(wanted)


def is_stable(rules, schools, held):
    """No lot would rather drop a holder, and no school and lot would rather have each other."""
    for lot in rules.lots:
        own = [school for school in schools if held.get(school.school) == lot.code]
        asking = [
            s
            for s in schools
            if lot.code in s.preferences and place(s.preferences, held.get(s.school)) >= s.preferences.index(lot.code)
        ]
        if {school.school for school in own} != best_set(lot, asking):
            return False
    return True


@some
@given(waves(THREE), fields(THREE, most=6))
def test_the_outcome_is_stable(rules, schools):
    assert is_stable(rules, schools, holders(rules, schools))


@few
@given(waves(TWO), fields(TWO, most=4))
def test_it_is_the_best_stable_outcome_for_every_school(rules, schools):
    """Every assignment is tried; in none of the stable ones is any school better off."""
    held = holders(rules, schools)
    for options in product(*([*school.preferences, None] for school in schools)):
        other = {s.school: code for s, code in zip(schools, options, strict=True) if code is not None}
        if is_stable(rules, schools, other):
            for school in schools:
                wanted = school.preferences
                assert place(wanted, held.get(school.school)) <= place(wanted, other.get(school.school))


@few
@given(waves(THREE), fields(THREE, most=5))
def test_no_school_gains_by_misreporting_its_wishes(rules, schools):
    held = holders(rules, schools)
    every_list = [order for size in range(len(THREE) + 1) for order in permutations(THREE, size)]
    for index, school in enumerate(schools):
        for told in every_list:
            lied = [*schools[:index], replace(school, preferences=told), *schools[index + 1 :]]
            got = holders(rules, lied).get(school.school)
            if got is None or got in school.preferences:
                assert place(school.preferences, held.get(school.school)) <= place(school.preferences, got)


@some
@given(waves(THREE), fields(THREE))
def test_a_school_that_leaves_hurts_nobody_and_lets_at_most_one_in(rules, schools):
    held = holders(rules, schools)
    for gone in schools:
        after = holders(rules, [school for school in schools if school is not gone])
        for school in schools:
            if school is not gone:
                wanted = school.preferences
                assert place(wanted, after.get(school.school)) <= place(wanted, held.get(school.school))
        assert len(after.keys() - held.keys()) <= (gone.school in held)


@some
@given(waves(THREE), fields(THREE))
def test_a_replacement_is_who_comes_in_when_the_round_is_rerun_without_the_holder(rules, schools):
    """For every holder; nobody where the rerun brings in nobody."""
    result = allocate(rules, schools, SEED)
    held = {award.school: award.lot for award in result.awards}
    for holder, lot in held.items():
        after = holders(rules, [school for school in schools if school.school != holder])
        entered = after.keys() - held.keys()
        assert result.replacements[lot][holder] == (entered.pop() if entered else None)
    assert {lot: set(entrants) for lot, entrants in result.replacements.items()} == {
        lot.code: {school for school, code in held.items() if code == lot.code} for lot in rules.lots
    }


@some
@given(waves(THREE), fields(THREE))
def test_waiting_are_those_who_want_the_lot_more_than_what_they_hold(rules, schools):
    result = allocate(rules, schools, SEED)
    held = {award.school: award.lot for award in result.awards}
    for lot in rules.lots:
        wanting = {
            s.school
            for s in schools
            if lot.code in s.preferences and place(s.preferences, held.get(s.school)) > s.preferences.index(lot.code)
        }
        assert set(result.waiting[lot.code]) == wanting


@some
@given(waves(THREE), fields(THREE), st.randoms(use_true_random=False))
def test_the_order_of_lots_and_rows_changes_nothing(rules, schools, random):
    other_lots, other_schools = list(rules.lots), list(schools)
    random.shuffle(other_lots)
    random.shuffle(other_schools)
    assert allocate(replace(rules, lots=tuple(other_lots)), other_schools, SEED) == allocate(rules, schools, SEED)


def test_the_rejected_propose_to_their_next_lot():
    """B loses the printer to A and takes the kit from C, who had it for a while."""
    schools = [
        a_school("A", 30, wants=["printer", "kit"]),
        a_school("B", 20, wants=["printer", "kit"]),
        a_school("C", 10, wants=["kit"]),
    ]
    rules = a_wave(a_lot("kit", 1), a_lot("printer", 1))
    result = allocate(rules, schools, SEED)
    assert {award.school: award.lot for award in result.awards} == {"A": "printer", "B": "kit"}
    assert result.waiting == {"kit": ("C",), "printer": ("B",)}
    assert result.replacements == {"kit": {"B": "C"}, "printer": {"A": "C"}}


def test_a_school_that_wants_nothing_gets_nothing():
    assert allocate(a_wave(a_lot(seats=5)), [a_school("A", 9, wants=())], SEED).awards == ()
