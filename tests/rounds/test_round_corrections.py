"""Corrections and exclusions in the provisional phase: what follows from them, and the log."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from round_desk import MORE, RULES, STEPS, Desk, state, steps, stored

from stemfleet.allocation.bundle import APPLICANTS
from stemfleet.allocation.bundle import RULES as RULES_FILE
from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.rounds import (
    Correction,
    change_rules,
    correct_applicant,
    draft_wave,
    exclude_school,
    go_back,
    rules_of,
    show_round,
)
from stemfleet.waves import Draw, run_wave
from stemfleet.words import Level, RoundState, RoundStep


def test_back_to_the_draft_the_corrections_are_void_and_the_log_keeps_them(desk: Desk) -> None:
    desk.reach(RoundState.PROVISIONAL)
    STEPS[RoundStep.CORRECTED](desk)
    with pytest.raises(Refused, match="Give a reason"):
        go_back(desk.workshop, desk.niki, "R1", "  ")
    go_back(desk.workshop, desk.niki, "R1", "Λάθος πίνακας μορίων")
    assert state(desk) is RoundState.DRAFT
    assert list(stored(desk)) == [RULES_FILE]
    change_rules(desk.workshop, desk.niki, replace(RULES, title="Νέο"), 2026)
    STEPS[RoundStep.RULES_PUBLISHED](desk)
    STEPS[RoundStep.POINTS_PUBLISHED](desk)
    assert b'"points":90' not in stored(desk)[APPLICANTS]
    assert rules_of(desk.workshop, "R1").title == "Νέο"
    assert "corrected" in steps(desk)


def test_a_correction_is_logged_with_old_new_reason_and_person(desk: Desk) -> None:
    desk.reach(RoundState.PROVISIONAL)
    after = correct_applicant(desk.workshop, desk.aris, "R1", desk.schools["fifth"], MORE, "Ένσταση 3")
    assert (after.points, after.lines) == (90, (("project 0-2026", 90),))
    step = show_round(desk.workshop.store, "R1").steps[-1]
    assert (step.person, step.facts["reason"], step.facts["school"]) == (
        "Άρης του γραφείου",
        "Ένσταση 3",
        desk.schools["fifth"],
    )
    assert step.facts["fields"] == {"points": [20, 90], "lines": [[["project 0-2026", 20]], [["project 0-2026", 90]]]}


def test_a_correction_that_changes_nothing_is_refused(desk: Desk) -> None:
    desk.reach(RoundState.PROVISIONAL)
    with pytest.raises(InputError, match="Nothing of school"):
        correct_applicant(desk.workshop, desk.niki, "R1", desk.schools["fifth"], Correction(), "why")
    with pytest.raises(NotFound, match="is not in round"):
        correct_applicant(desk.workshop, desk.niki, "R1", "0000000", MORE, "why")


def test_points_can_not_be_corrected_below_zero(desk: Desk) -> None:
    desk.reach(RoundState.PROVISIONAL)
    for lines in ({"project 0-2026": -5}, {"other": -5}):
        with pytest.raises(InputError, match=r"-5 points\. A line has a whole number from 0"):
            correct_applicant(desk.workshop, desk.niki, "R1", desk.schools["fifth"], Correction(lines=lines), "why")
    assert "corrected" not in steps(desk)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Correction(region="99"), "no region 99. Known: 01, 02"),
        (Correction(region="Κρήτη"), "no region Κρήτη"),
        (Correction(add=frozenset({"foocat"})), "no category foocat in this round. Known: special, minority"),
        (Correction(add=frozenset({"region:06"})), "region:06 follows from the region"),
        (Correction(remove=frozenset({"region:03"})), "region:03 follows from the region"),
        (Correction(lines={"project 0-2026": 10**30}), "A line has a whole number"),
    ],
)
def test_what_is_no_region_category_or_number_is_refused(desk: Desk, wrong: Correction, said: str) -> None:
    """Later no step could store it, and nothing leads back from there."""
    desk.reach(RoundState.PROVISIONAL)
    before = stored(desk)
    with pytest.raises(InputError, match=said):
        correct_applicant(desk.workshop, desk.niki, "R1", desk.schools["fifth"], wrong, "why")
    assert stored(desk) == before


def test_categories_of_the_lots_and_of_the_points_table_are_known(desk: Desk) -> None:
    lot = replace(RULES.lots[0], reserves={"island": 1})
    entry = {"category": "keen", "kinds": ["project"], "at_least": 100}
    desk.rules = replace(RULES, lots=(lot, RULES.lots[1]), points=(*RULES.points, entry))
    desk.reach(RoundState.PROVISIONAL)
    both = Correction(add=frozenset({"island", "keen"}))
    after = correct_applicant(desk.workshop, desk.niki, "R1", desk.schools["fifth"], both, "why")
    assert after.categories >= {"island", "keen"}


def test_a_reserve_that_nobody_can_use_is_told_from_the_points_on(desk: Desk) -> None:
    desk.rules = replace(RULES, lots=(replace(RULES.lots[0], reserves={"minority": 1}), RULES.lots[1]))
    desk.reach(RoundState.PROVISIONAL)
    told = ["Lot printer: the reserve for minority (1) finds nobody: no such applicant asks for the lot."]
    assert show_round(desk.workshop.store, "R1").steps[-1].notices == told
    only = Correction(add=frozenset({"minority"}))
    correct_applicant(desk.workshop, desk.niki, "R1", desk.schools["fifth"], only, "why")
    desk.reach(RoundState.FROZEN)
    assert show_round(desk.workshop.store, "R1").steps[-1].notices == []


def test_a_category_opens_and_a_level_closes_lots(desk: Desk) -> None:
    admits = replace(RULES.lots[0], admits=("special",))
    draft_wave(desk.workshop, desk.niki, replace(RULES, lots=(admits, RULES.lots[1])), 2026)
    STEPS[RoundStep.RULES_PUBLISHED](desk)
    STEPS[RoundStep.POINTS_PUBLISHED](desk)
    best = desk.schools["best"]
    special = Correction(add=frozenset({"special"}))
    opened = correct_applicant(desk.workshop, desk.niki, "R1", best, special, "Είναι ειδικό.")
    assert (opened.preferences, dict(opened.ineligible)) == (("printer", "kit"), {})
    no_kit = Correction(level=Level.KINDERGARTEN)
    closed = correct_applicant(desk.workshop, desk.niki, "R1", best, no_kit, "Νηπιαγωγείο.")
    assert (closed.preferences, dict(closed.ineligible)) == ((), {"printer": "level", "kit": "level"})


def test_a_lot_that_a_category_opens_stays_closed_to_who_had_the_same(
    desk: Desk, rules_file: Callable[..., object]
) -> None:
    """`admits` hides `repeat` in the list; correcting the category must not forget it."""
    run_wave(desk.workshop, desk.niki, rules_file("W0", "printer-3d", seats=1), 2025, Draw("value"))
    admits = replace(RULES.lots[0], admits=("special",))
    draft_wave(desk.workshop, desk.niki, replace(RULES, lots=(admits, RULES.lots[1])), 2026)
    STEPS[RoundStep.RULES_PUBLISHED](desk)
    STEPS[RoundStep.POINTS_PUBLISHED](desk)
    best, special = desk.schools["best"], Correction(add=frozenset({"special"}))
    corrected = correct_applicant(desk.workshop, desk.niki, "R1", best, special, "Είναι ειδικό.")
    assert dict(corrected.ineligible) == {"printer": "repeat"}


def test_a_lot_that_is_open_is_not_closed_by_what_other_waves_gave_meanwhile(
    desk: Desk, rules_file: Callable[..., Path]
) -> None:
    """The others of the round are not looked at again either."""
    desk.reach(RoundState.PROVISIONAL)
    run_wave(desk.workshop, desk.niki, rules_file("W0", "printer-3d", seats=6), 2026, Draw("value"))
    after = correct_applicant(desk.workshop, desk.niki, "R1", desk.schools["fifth"], MORE, "why")
    assert (after.preferences, dict(after.ineligible)) == (("printer", "kit"), {})


def test_an_excluded_school_is_out_with_a_reason_on_file(desk: Desk) -> None:
    desk.reach(RoundState.PROVISIONAL)
    best = desk.schools["best"]
    with pytest.raises(NotFound, match="no lot robot"):
        exclude_school(desk.workshop, desk.niki, "R1", best, "robot", "why")
    only = exclude_school(desk.workshop, desk.niki, "R1", best, "printer", "Κλειστό το 2026")
    assert (dict(only.ineligible), only.preferences) == ({"printer": "excluded"}, ("kit",))
    everywhere = exclude_school(desk.workshop, desk.niki, "R1", best, None, "Κλειστό το 2026")
    assert everywhere.preferences == ()
    with pytest.raises(InputError, match="not eligible there already"):
        exclude_school(desk.workshop, desk.niki, "R1", best, None, "why")
    corrected = correct_applicant(
        desk.workshop, desk.niki, "R1", best, Correction(lines={"project 0-2026": 99}), "Και τα μόρια."
    )
    assert set(corrected.ineligible.values()) == {"excluded"}
    assert show_round(desk.workshop.store, "R1").steps[-2].facts["reason"] == "Κλειστό το 2026"
