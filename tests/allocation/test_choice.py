"""The choice within one lot, against the definition tried out on every set (groups 1, 2, 3 and 9)."""

from dataclasses import replace
from itertools import combinations

from allocation_cases import (
    CATEGORIES,
    SEED,
    a_lot,
    a_school,
    a_wave,
    best_set,
    by_merit,
    chosen,
    crowded_lots,
    crowds,
    deficiency,
    fields,
    lots,
    most_reserved,
    room,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from stemfleet.allocation.engine import allocate
from stemfleet.allocation.values import Unfilled

many = settings(max_examples=300, deadline=None)
some = settings(max_examples=120, deadline=None)


@many
@given(lots(), fields())
def test_the_choice_is_the_best_feasible_set(lot, schools):
    """Most guarantees used, then the order of merit, over all sets that fit."""
    assert chosen(lot, schools) == best_set(lot, schools)


@many
@given(crowded_lots(), crowds())
def test_the_choice_is_the_best_feasible_set_where_groups_overlap_and_places_are_scarce(lot, schools):
    assert chosen(lot, schools) == best_set(lot, schools)


@many
@given(lots(), fields())
def test_the_choice_is_that_of_one_pass(lot, schools):
    """Down the order of merit, a school stays iff the guarantees can still be used as far as possible."""
    ordered = by_merit(schools)
    reachable, size = most_reserved(lot, ordered), room(lot, ordered)
    taken = []
    for school in ordered:
        with_it = [*taken, school]
        if len(with_it) + reachable - most_reserved(lot, with_it) <= size:
            taken = with_it
    assert chosen(lot, schools) == {school.school for school in taken}


@many
@given(lots(), fields())
def test_the_certificate_is_the_deficiency_formula(lot, schools):
    """n by paths equals the formula's minimum, and the set is the smallest at which the minimum is reached."""
    certificate = allocate(a_wave(lot), schools, SEED).certificates["kit"]
    n, smallest = deficiency(lot, schools)
    assert (certificate.n, set(certificate.categories)) == (n, smallest)
    assert n == most_reserved(lot, schools)


@many
@given(lots(), fields())
def test_nobody_is_passed_over_unless_a_guarantee_would_suffer(lot, schools):
    """No justified envy: swapping a better refused school in for a worse holder always loses a guarantee."""
    taken = chosen(lot, schools)
    ordered = by_merit(schools)
    used = most_reserved(lot, [s for s in ordered if s.school in taken])
    for better, worse in combinations(ordered, 2):
        if better.school not in taken and worse.school in taken:
            swapped = [s for s in ordered if s.school in taken and s is not worse] + [better]
            assert most_reserved(lot, swapped) < used


@many
@given(lots(), fields())
def test_no_place_is_wasted(lot, schools):
    assert len(chosen(lot, schools)) == min(room(lot, schools), len(schools))


@many
@given(lots(), fields())
def test_one_school_less_displaces_nobody_and_frees_at_most_one_place(lot, schools):
    """Substitutes and size monotonicity, for every single removal."""
    taken = chosen(lot, schools)
    for gone in schools:
        without = chosen(lot, [school for school in schools if school is not gone])
        assert taken - {gone.school} <= without
        assert len(without - taken) <= 1
        assert len(without) <= len(taken)


@many
@given(lots(), fields(), st.randoms(use_true_random=False))
def test_choosing_in_two_parts_gives_the_same(lot, schools, random):
    """Path independence: the choice from the choice of one part together with the rest."""
    part = [school for school in schools if random.random() < 0.5]
    kept = chosen(lot, part)
    rest = [school for school in schools if school not in part or school.school in kept]
    assert chosen(lot, rest) == chosen(lot, schools)


@many
@given(lots(), fields(), st.data())
def test_one_category_more_or_more_points_never_hurt(lot, schools, data):
    taken = chosen(lot, schools)
    for index, school in enumerate(schools):
        if school.school not in taken:
            continue
        more = school.categories | {data.draw(st.sampled_from(CATEGORIES))}
        for better in (replace(school, categories=more), replace(school, points=school.points + 1)):
            assert school.school in chosen(lot, [*schools[:index], better, *schools[index + 1 :]])


@some
@given(lots(), fields())
def test_one_seat_more_keeps_everybody(lot, schools):
    assert chosen(lot, schools) <= chosen(replace(lot, seats=lot.seats + 1), schools)


@some
@given(lots(), fields(), st.sampled_from(CATEGORIES))
def test_one_reserved_place_more_never_lowers_that_categorys_count(lot, schools, category):
    more = {**lot.reserves, category: lot.reserves.get(category, 0) + 1}
    if sum(more.values()) > lot.seats:
        lot = replace(lot, seats=lot.seats + 1)

    def count(reserves):
        taken = chosen(replace(lot, reserves=reserves, unfilled=Unfilled.OPEN), schools)
        return sum(school.school in taken and category in school.categories for school in schools)

    assert count(more) >= count(dict(lot.reserves))


@some
@given(fields(), st.integers(0, 5))
def test_without_reserves_the_choice_is_pure_merit(schools, seats):
    assert chosen(a_lot(seats=seats), schools) == {school.school for school in by_merit(schools)[:seats]}


def test_the_example_of_the_replacements():
    """Two seats, one for special; O1, O2, S1, S2 by merit: if O1 leaves, O2 enters; if S1 leaves, S2 enters."""
    schools = [a_school("O1", 40), a_school("O2", 30), a_school("S1", 20, ["special"]), a_school("S2", 10, ["special"])]
    result = allocate(a_wave(a_lot(seats=2, reserves={"special": 1})), schools, SEED)
    assert [(award.school, award.place) for award in result.awards] == [("O1", "open"), ("S1", "reserved")]
    assert result.waiting["kit"] == ("O2", "S2")
    assert result.replacements["kit"] == {"O1": "O2", "S1": "S2"}


def test_a_school_in_two_categories_leaves_the_scarce_place_to_the_other():
    """The better school of both groups counts where the other one does not fit: overlap wastes no guarantee."""
    schools = [
        a_school("both", 30, ["special", "remote"]),
        a_school("special", 20, ["special"]),
        a_school("good", 90),
        a_school("better", 95),
    ]
    assert chosen(a_lot(seats=2, reserves={"special": 1, "remote": 1}), schools) == {"both", "special"}


def test_a_reserve_that_nobody_can_use_becomes_open_with_a_notice():
    result = allocate(a_wave(a_lot(seats=2, reserves={"minority": 1})), [a_school("A", 2), a_school("B", 1)], SEED)
    assert [award.place for award in result.awards] == ["open", "open"]
    assert [str(notice) for notice in result.notices] == [
        "Lot kit: the reserve for minority (1) finds nobody: no such applicant asks for the lot."
    ]


def test_a_kept_reserve_that_nobody_can_use_stays_empty():
    lot = a_lot(seats=2, reserves={"minority": 1}, unfilled=Unfilled.KEEP)
    assert chosen(lot, [a_school("A", 2), a_school("B", 1)]) == {"A"}


def test_nobody_applies():
    result = allocate(a_wave(a_lot(seats=3, reserves={"special": 1})), [], SEED)
    assert (result.awards, result.waiting, result.cutoffs) == ((), {"kit": ()}, ())
    assert result.certificates["kit"].n == 0


def test_a_lot_of_no_seats_leaves_everybody_waiting():
    result = allocate(a_wave(a_lot(seats=0)), [a_school("A", 1), a_school("B", 2)], SEED)
    assert (result.awards, result.waiting["kit"]) == ((), ("B", "A"))


def test_when_all_are_tied_the_tickets_decide_and_not_the_rows():
    schools = [a_school(str(code), 7) for code in range(100, 130)]
    expected = {school.school for school in by_merit(schools)[:5]}
    assert chosen(a_lot(seats=5), schools) == chosen(a_lot(seats=5), schools[::-1]) == expected
    assert expected != {str(code) for code in range(100, 105)}


def test_cutoffs_say_where_each_kind_of_place_closed():
    schools = [a_school("O1", 40), a_school("O2", 30), a_school("S1", 20, ["special"]), a_school("S2", 10, ["special"])]
    result = allocate(a_wave(a_lot(seats=2, reserves={"special": 1})), schools, SEED)
    rows = {(row.signature, row.place): row for row in result.cutoffs}
    assert {key: (row.last and row.last.points, row.chosen, row.refused) for key, row in rows.items()} == {
        ((), "open"): (40, 1, 1),
        (("special",), "open"): (None, 0, 1),
        (("special",), "reserved"): (20, 1, 1),
    }
