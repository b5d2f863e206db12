"""What pages read of a round: why a step is not possible yet, applicants as they stand, offers of a school, files."""

import hashlib
from datetime import timedelta

import pytest
from round_desk import MORE, STEPS, Desk, stored

from stemfleet.errors import NotFound, Refused
from stemfleet.rounds import (
    Correction,
    check_step,
    find_applicants,
    list_offers,
    preview_correction,
    read_published_file,
    school_names,
    show_applicant,
    show_round,
)
from stemfleet.waves import compare_wave
from stemfleet.words import OfferState, RoundState, RoundStep

EARLY = {
    RoundStep.FROZEN: (RoundState.PROVISIONAL, "Freeze them after that"),
    RoundStep.DRAWN: (RoundState.FROZEN, "must be typed in by another person"),
    RoundStep.FINALIZED: (RoundState.PUBLISHED, "become final after that"),
    RoundStep.CLOSED: (RoundState.OFFERS, "offers of R1 are open"),
}


@pytest.mark.parametrize("step", EARLY)
def test_why_a_step_is_not_possible_is_told_before_it_is_tried(desk: Desk, step: RoundStep) -> None:
    state, why = EARLY[step]
    desk.reach(state)
    with pytest.raises(Refused, match=why):
        check_step(desk.workshop, desk.niki, "R1", step)


def test_there_is_nothing_to_compare_before_the_results_and_it_says_so(desk: Desk) -> None:
    desk.reach(RoundState.DRAWN)
    with pytest.raises(Refused, match="Round R1 is in the state drawn: there is nothing to compare"):
        compare_wave(desk.workshop, "R1", [])


def test_the_second_person_may_draw_when_the_value_is_public(desk: Desk) -> None:
    desk.reach(RoundState.FROZEN)
    with pytest.raises(Refused, match="No value can be that one before"):
        check_step(desk.workshop, desk.aris, "R1", RoundStep.DRAWN)
    desk.wait(days=2)
    check_step(desk.workshop, desk.aris, "R1", RoundStep.DRAWN)


def test_an_applicant_is_shown_as_it_stands(desk: Desk) -> None:
    """With corrections before the freeze, and with what appeals changed after the draw."""
    desk.reach(RoundState.PROVISIONAL)
    fourth, fifth = desk.schools["fourth"], desk.schools["fifth"]
    STEPS[RoundStep.CORRECTED](desk)
    view = show_applicant(desk.workshop.store, "R1", fifth)
    assert (view.applicant.points, view.labels) == (90, ["project 0-2026"])
    desk.reach(RoundState.PUBLISHED)
    assert show_applicant(desk.workshop.store, "R1", fourth).applicant.points == 30
    desk.schools["fifth"] = fourth
    STEPS[RoundStep.APPEAL_DECIDED](desk)
    assert show_applicant(desk.workshop.store, "R1", fourth).applicant.points == 90


def test_there_are_no_applicants_before_the_points(desk: Desk) -> None:
    desk.reach(RoundState.RULES_PUBLISHED)
    with pytest.raises(Refused, match="are not published yet"):
        show_applicant(desk.workshop.store, "R1", desk.schools["best"])


def test_applicants_are_found_among_those_of_the_round(desk: Desk, make_school: object) -> None:
    desk.reach(RoundState.PROVISIONAL)
    late = make_school(name="Late")  # type: ignore[operator]
    found = find_applicants(desk.workshop.store, "R1", "", limit=4)
    assert [applicant.school for applicant, _name in found] == sorted(desk.schools.values())[:4]
    assert find_applicants(desk.workshop.store, "R1", late) == []
    with pytest.raises(NotFound):
        show_applicant(desk.workshop.store, "R1", late)


def test_a_preview_of_a_correction_tells_its_fields_and_stores_nothing(desk: Desk) -> None:
    desk.reach(RoundState.PROVISIONAL)
    before = stored(desk)
    fifth = desk.schools["fifth"]
    events = preview_correction(desk.workshop, "R1", fifth, Correction(lines=MORE.lines, add=frozenset({"remote"})))
    assert [(e.field, e.new) for e in events if e.field != "lines"] == [
        ("categories", ["region:03", "remote"]),
        ("points", 90),
    ]
    assert stored(desk) == before


def test_a_school_sees_what_it_can_answer_and_what_it_can_give_back(desk: Desk) -> None:
    desk.reach(RoundState.OFFERS)
    best, fifth = desk.schools["best"], desk.schools["fifth"]
    (view,) = list_offers(desk.workshop, best)
    assert (view.model, view.units, view.late, view.offer.state) == ("printer-3d", 1, False, OfferState.OPEN)
    assert list_offers(desk.workshop, fifth) == []
    desk.wait(days=15)
    assert list_offers(desk.workshop, best)[0].late
    desk.wait(days=-15)
    STEPS[RoundStep.ACCEPTED](desk)
    assert list_offers(desk.workshop, best)[0].offer.state is OfferState.ACCEPTED
    STEPS[RoundStep.DECLINED](desk)
    assert list_offers(desk.workshop, best) == []


def test_published_files_have_their_hash_and_size(desk: Desk) -> None:
    desk.reach(RoundState.FROZEN)
    view = show_round(desk.workshop.store, "R1")
    for step in view.steps:
        for name, sha256 in step.published.items():
            content, hashed = read_published_file(desk.workshop.store, "R1", step.number, name)
            assert hashlib.sha256(content).hexdigest() == hashed == sha256
            assert view.sizes[sha256] == len(content)
    with pytest.raises(NotFound, match="no file result"):
        read_published_file(desk.workshop.store, "R1", len(view.steps), "result.json")


def test_a_round_knows_when_it_came_to_each_state_since_it_last_was_a_draft(desk: Desk) -> None:
    desk.reach(RoundState.PROVISIONAL)
    STEPS[RoundStep.WITHDRAWN](desk)
    view = show_round(desk.workshop.store, "R1")
    assert (list(view.reached), view.is_public) == (["draft"], True)
    STEPS[RoundStep.RULES_PUBLISHED](desk)
    assert list(show_round(desk.workshop.store, "R1").reached) == ["draft", "rules_published"]


def test_a_round_tells_the_next_moment_that_it_waits_for(desk: Desk) -> None:
    moments = {}
    for state in (RoundState.DRAFT, RoundState.PROVISIONAL, RoundState.FROZEN, RoundState.PUBLISHED, RoundState.OFFERS):
        desk.reach(state)
        moment = show_round(desk.workshop.store, "R1").next_moment
        moments[state] = None if moment is None else moment - desk.now
    assert moments == {
        RoundState.DRAFT: None,
        RoundState.PROVISIONAL: timedelta(days=5),
        RoundState.FROZEN: timedelta(days=1),
        RoundState.PUBLISHED: timedelta(days=5),
        RoundState.OFFERS: timedelta(days=14),
    }


def test_the_log_speaks_of_schools_by_name(desk: Desk) -> None:
    desk.reach(RoundState.PROVISIONAL)
    STEPS[RoundStep.CORRECTED](desk)
    fifth = desk.schools["fifth"]
    names = {fifth: f"Σχολείο {fifth}"}
    assert show_round(desk.workshop.store, "R1").schools == names
    assert school_names(desk.workshop.store, [fifth, "0000000"]) == names
