"""What the published lists read, on each database: the order of merit narrowed down, one school's line, the points."""

import pytest
from round_desk import MORE, STEPS, Desk

from stemfleet.errors import NotFound
from stemfleet.rounds import list_points, show_points, uphold_appeal
from stemfleet.waves import Absent, Chosen, Standing, Why, find_school, list_cutoffs, list_results, show_standing
from stemfleet.words import OfferState, Remedy, RoundState, RoundStep


def names(desk: Desk, chosen: Chosen, **page: int) -> list[str]:
    codes = {code: name for name, code in desk.schools.items()}
    return [codes[line.school] for line in list_results(desk.workshop.store, "R1", chosen, **page).lines]


def test_a_list_is_narrowed_down_and_cut_into_pages_by_the_database(desk: Desk) -> None:
    """best and special hold printers, second and third kits; fourth and fifth wait for both."""
    desk.reach(RoundState.OFFERS)
    assert names(desk, Chosen()) == ["best", "second", "third", "fourth", "fifth", "special"]
    assert names(desk, Chosen(), limit=2, offset=3) == ["fourth", "fifth"]
    assert names(desk, Chosen(standing="waiting")) == ["fourth", "fifth"]
    assert names(desk, Chosen(lot="kit", standing="got")) == ["second", "third"]
    assert names(desk, Chosen(lot="printer", standing="waiting")) == ["fourth", "fifth"]
    assert names(desk, Chosen(category="special", region="03", level="lower_secondary")) == ["special"]
    assert names(desk, Chosen(words=desk.schools["third"])) == ["third"]
    assert names(desk, Chosen(category='spe"c%_')) == []
    found = list_results(desk.workshop.store, "R1", Chosen(standing="got"), limit=1)
    assert (found.found, found.total, len(found.lines)) == (4, 6, 1)
    assert found.waiting == {"printer": 4, "kit": 2}


def test_a_school_that_left_is_neither_waiting_nor_closed_out(desk: Desk) -> None:
    desk.reach(RoundState.OFFERS)
    STEPS[RoundStep.DECLINED](desk)  # the best: second moves up to its printer, fourth comes in
    assert names(desk, Chosen(standing="left")) == ["best"]
    assert names(desk, Chosen(lot="printer")) == ["second", "third", "fourth", "fifth", "special"]
    assert "best" not in names(desk, Chosen(standing="waiting")) + names(desk, Chosen(standing="closed"))
    view = show_standing(desk.workshop.store, "R1", desk.schools["second"], "en")
    assert [(offer.lot, offer.state) for offer in view.offers] == [
        ("kit", OfferState.REPLACED),
        ("printer", OfferState.OPEN),
    ]
    assert [(found.step, found.lot) for found in view.happened] == [
        (RoundStep.OFFERED, "kit"),
        (RoundStep.OFFERED, "printer"),
    ]


def test_a_difference_is_told_at_the_step_that_made_it(desk: Desk) -> None:
    """The second appeal gives a seat beside the rule; what the first one changed is not told again."""
    desk.reach(RoundState.PUBLISHED)
    for name, remedy in (("fifth", Remedy.REALLOCATION), ("fourth", Remedy.EXTRA_SEAT)):
        uphold_appeal(desk.workshop, desk.niki, "R1", desk.schools[name], MORE, remedy, "why")
    desk.reach(RoundState.FINAL)
    changes = {
        name: [found.change for found in show_standing(desk.workshop.store, "R1", code, "el").happened]
        for name, code in desk.schools.items()
    }
    assert changes["fifth"] == [(None, "printer")]
    assert changes["best"] == [("printer", "kit")]
    assert changes["third"] == [("kit", None)]
    assert len(changes["fourth"]) == 1
    assert changes["special"] == []


def test_explanations_and_cut_offs_follow_every_answer(desk: Desk) -> None:
    desk.reach(RoundState.OFFERS)
    store, best = desk.workshop.store, desk.schools["best"]
    before = show_standing(store, "R1", best, "en").explanation
    STEPS[RoundStep.ACCEPTED](desk)
    after = show_standing(store, "R1", best, "en").explanation
    assert before is not None
    assert after is not None
    assert "accepted" in after
    assert "accepted" not in before
    assert {row["lot"] for row in list_cutoffs(store, "R1")[1]} == {"printer", "kit"}


def test_the_points_are_read_from_the_published_file(desk: Desk) -> None:
    desk.reach(RoundState.PROVISIONAL)
    STEPS[RoundStep.CORRECTED](desk)
    store, fifth = desk.workshop.store, desk.schools["fifth"]
    listed = list_points(store, "R1", Chosen(words=fifth))
    assert [(line.points, line.standing) for line in listed.lines] == [(20, None)]
    shown = show_points(store, "R1", fifth)
    assert [found.fields for found in shown.happened] == [
        [("lines", [["project 0-2026", 20]], [["project 0-2026", 90]]), ("points", 20, 90)]
    ]
    with pytest.raises(NotFound):
        show_points(store, "R1", "9999999")


def test_who_is_looked_for_in_vain_gets_a_reason(desk: Desk) -> None:
    desk.reach(RoundState.PUBLISHED)
    store = desk.workshop.store
    assert find_school(store, "R1", f" {desk.schools['best']} ") == desk.schools["best"]
    assert find_school(store, "R1", "9999999") == Absent("9999999", Why.UNKNOWN)
    with pytest.raises(NotFound):
        find_school(store, "R9", desk.schools["best"])
    with pytest.raises(NotFound):
        show_standing(store, "R1", "9999999", "el")
    assert list_results(store, "R1", Chosen(standing=Standing.LEFT)).lines == []
