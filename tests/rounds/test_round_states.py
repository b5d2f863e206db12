"""The states of a round: which step each allows, what is frozen, and who may do it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from round_desk import MORE, RULES, STEPS, VALUE, Desk, held, state, steps, stored

from stemfleet.allocation.bundle import APPLICANTS, COMMITMENT
from stemfleet.allocation.bundle import RULES as RULES_FILE
from stemfleet.allocation.checking import verify_files
from stemfleet.allocation.commitment import Beacon
from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.rounds import (
    accept_offer,
    close_round,
    correct_applicant,
    draft_wave,
    draw,
    expire_offers,
    finalize,
    freeze_inputs,
    go_back,
    publish_results,
    read_published,
    reject_appeal,
    show_round,
)
from stemfleet.store import Person, RoundFile, first_broken_entry
from stemfleet.waves import PLANNING, Draw, list_waves, run_wave
from stemfleet.words import RoundState, RoundStep
from stemfleet_web.words import VERBS

# Written out by hand, not read from the program.
ALLOWED = {
    RoundState.DRAFT: {RoundStep.RULES_CHANGED, RoundStep.RULES_PUBLISHED},
    RoundState.RULES_PUBLISHED: {RoundStep.POINTS_PUBLISHED, RoundStep.WITHDRAWN},
    RoundState.PROVISIONAL: {RoundStep.CORRECTED, RoundStep.EXCLUDED, RoundStep.WITHDRAWN, RoundStep.FROZEN},
    RoundState.FROZEN: {RoundStep.DRAWN},
    RoundState.DRAWN: {RoundStep.RESULTS_PUBLISHED},
    RoundState.PUBLISHED: {RoundStep.APPEAL_DECIDED, RoundStep.FINALIZED},
    RoundState.APPEALS: {RoundStep.APPEAL_DECIDED, RoundStep.FINALIZED},
    RoundState.FINAL: {RoundStep.OFFERED},
    RoundState.OFFERS: {RoundStep.ACCEPTED, RoundStep.DECLINED, RoundStep.EXPIRED, RoundStep.CLOSED},
    RoundState.CLOSED: set[RoundStep](),
}
LOTTERY = Beacon("Εθνικό Λαχείο", "2026-05-20")


def reached(desk: Desk, wanted: RoundState) -> Desk:
    if wanted is RoundState.CLOSED:
        desk.reach(RoundState.OFFERS)
        desk.wait(days=15)
        while expire_offers(desk.workshop, desk.niki, "R1"):
            desk.wait(days=15)
        close_round(desk.workshop, desk.niki, "R1")
        return desk
    if wanted is not RoundState.APPEALS:
        return desk.reach(wanted)
    desk.reach(RoundState.PUBLISHED)
    reject_appeal(desk.workshop, desk.niki, "R1", desk.schools["fifth"], "Τα σχέδια είναι του 2010.")
    return desk


@pytest.mark.parametrize("at", ALLOWED)
def test_a_state_refuses_every_step_that_it_does_not_allow(desk: Desk, at: RoundState) -> None:
    reached(desk, at)
    before, log = stored(desk), steps(desk)
    desk.wait(days=30)
    for step in STEPS.keys() - ALLOWED[at]:
        with pytest.raises(Refused, match=r"needs the state|are frozen"):
            STEPS[step](desk)
    assert (state(desk), stored(desk), steps(desk)) == (at, before, log)


@pytest.mark.parametrize(("at", "step"), [(at, step) for at, allowed in ALLOWED.items() for step in sorted(allowed)])
def test_a_state_allows_its_steps(desk: Desk, at: RoundState, step: RoundStep) -> None:
    reached(desk, at)
    assert step in show_round(desk.workshop.store, "R1").next_steps
    if step in (RoundStep.FROZEN, RoundStep.DRAWN, RoundStep.FINALIZED, RoundStep.EXPIRED):
        desk.wait(days=30)
    if step is RoundStep.CLOSED:
        for name in held(desk):
            accept_offer(desk.workshop, desk.niki, "R1", desk.schools[name])
    STEPS[step](desk)
    assert steps(desk)[-1] == step


def test_every_step_is_logged_with_person_hashes_and_the_chain_is_whole(desk: Desk) -> None:
    desk.reach(RoundState.FINAL)
    view = show_round(desk.workshop.store, "R1")
    assert [(step.step, step.state, step.person) for step in view.steps] == [
        ("drafted", "draft", "Νίκη Ν."),
        ("rules_published", "rules_published", "Νίκη Ν."),
        ("points_published", "provisional", "Νίκη Ν."),
        ("frozen", "frozen", "Νίκη Ν."),
        ("drawn", "drawn", "Άρης του γραφείου"),
        ("results_published", "published", "Νίκη Ν."),
        ("finalized", "final", "Νίκη Ν."),
    ]
    assert [sorted(step.published) for step in view.steps[1:4]] == [
        ["rules.json"],
        ["applicants.json"],
        ["applicants.json", "commitment.json", "rules.json"],
    ]
    with desk.workshop.store.read() as session:
        assert first_broken_entry(session) is None


def test_what_a_step_published_can_be_read_again(desk: Desk) -> None:
    desk.reach(RoundState.PUBLISHED)
    frozen, results = read_published(desk.workshop.store, "R1", 4), read_published(desk.workshop.store, "R1", 6)
    assert frozen.items() <= results.items()
    assert verify_files(results).digest == list_waves(desk.workshop.store)[0].digest
    with pytest.raises(NotFound):
        read_published(desk.workshop.store, "R1", 5)


def test_a_wave_is_there_only_when_its_results_are_published(desk: Desk) -> None:
    desk.reach(RoundState.DRAWN)
    assert list_waves(desk.workshop.store) == []
    STEPS[RoundStep.RESULTS_PUBLISHED](desk)
    (view,) = list_waves(desk.workshop.store)
    assert [(lot.lot.lot, lot.awards) for lot in view.lots] == [("printer", 2), ("kit", 2)]
    assert held(desk) == {"best": "printer", "special": "printer", "second": "kit", "third": "kit"}


def test_a_frozen_round_says_why_nothing_can_change(desk: Desk) -> None:
    desk.reach(RoundState.FROZEN)
    with pytest.raises(Refused, match=r"are frozen: their hashes were published on 2026-05-10 \(rules [0-9a-f]{64}"):
        correct_applicant(desk.workshop, desk.niki, "R1", desk.schools["fifth"], MORE, "why")


def test_later_imports_do_not_reach_a_frozen_round(desk: Desk, record: Callable[[str, int], None]) -> None:
    desk.reach(RoundState.FROZEN)
    record(desk.schools["fifth"], 90)
    desk._draw()
    STEPS[RoundStep.RESULTS_PUBLISHED](desk)
    assert "fifth" not in held(desk)


@pytest.mark.parametrize("name", [RULES_FILE, APPLICANTS, COMMITMENT])
def test_files_that_are_not_those_of_the_commitment_are_not_drawn(desk: Desk, name: str) -> None:
    """Past the program, in the database itself."""
    desk.reach(RoundState.FROZEN)
    old, new = {RULES_FILE: (b'"seats":2', b'"seats":3'), APPLICANTS: (b"60", b"61"), COMMITMENT: (b"a", b"b")}[name]
    with desk.workshop.store.write() as session:
        file = session.get_one(RoundFile, ("R1", name))
        assert old in file.content
        file.content = file.content.replace(old, new)
        session.add(file)
    desk.wait(days=2)
    with pytest.raises(InputError):
        draw(desk.workshop, desk.aris, "R1", VALUE)
    assert state(desk) is RoundState.FROZEN


def test_freeze_and_draw_take_two_persons(desk: Desk) -> None:
    desk.reach(RoundState.FROZEN)
    desk.wait(days=2)
    with pytest.raises(Refused, match="must be typed in by another person"):
        draw(desk.workshop, desk.niki, "R1", VALUE)
    draw(desk.workshop, desk.aris, "R1", VALUE)


def test_only_the_nso_takes_steps(desk: Desk, warehouse: Person) -> None:
    desk.niki = desk.aris = warehouse
    for step in STEPS.values():
        with pytest.raises(Refused, match="may not do this"):
            step(desk)


def test_nothing_is_frozen_before_the_objection_window_has_ended(desk: Desk) -> None:
    desk.reach(RoundState.PROVISIONAL)
    desk.wait(days=4)
    with pytest.raises(Refused, match="until 2026-05-09 09:00 UTC"):
        STEPS[RoundStep.FROZEN](desk)


def test_the_random_value_must_lie_in_the_future(desk: Desk) -> None:
    desk.reach(RoundState.PROVISIONAL)
    desk.wait(days=6)
    with pytest.raises(InputError, match="nobody can know yet"):
        freeze_inputs(desk.workshop, desk.niki, "R1", LOTTERY, desk.now)
    freeze_inputs(desk.workshop, desk.niki, "R1", LOTTERY, desk.later(hours=2))
    desk.wait(hours=1)
    with pytest.raises(Refused, match="No value can be that one before"):
        draw(desk.workshop, desk.aris, "R1", VALUE)


def test_a_commitment_names_its_random_value(desk: Desk) -> None:
    desk.reach(RoundState.PROVISIONAL)
    desk.wait(days=6)
    for beacon in (Beacon(" ", "1"), Beacon("drand", "")):
        with pytest.raises(InputError, match="Name the"):
            freeze_inputs(desk.workshop, desk.niki, "R1", beacon, desk.later(days=1))


def frozen_with(desk: Desk, source: str, round_: str, hours: float = 24) -> Beacon | None:
    desk.reach(RoundState.PROVISIONAL)
    desk.wait(days=6)
    return freeze_inputs(desk.workshop, desk.niki, "R1", Beacon(source, round_), desk.later(hours=hours)).beacon


@pytest.mark.parametrize("source", ["DRAND", " Drand ", "d rand"])
def test_a_known_source_has_one_name_however_it_is_written(desk: Desk, source: str) -> None:
    """So that its values are held to their form."""
    number = "6100166"  # 2026-05-10 18:00 UTC
    assert frozen_with(desk, source, number) == Beacon("drand", number)
    desk.wait(days=2)
    with pytest.raises(InputError, match="64 hex digits"):
        draw(desk.workshop, desk.aris, "R1", "whatever-is-liked")
    with pytest.raises(InputError, match="lower case"):
        draw(desk.workshop, desk.aris, "R1", VALUE.upper())


@pytest.mark.parametrize(
    ("source", "number", "hours", "said"),
    [
        ("drand", "five", 24, "must be its number"),
        ("drand", "4711000", 24, "at 2025-01-13 09:37 UTC. Name a round that nobody can know yet"),
        ("drand-quicknet", "6100166", 24, "at 2024-03-22 "),
        ("drand", "6100166", 1, "cannot be expected at 2026-05-10 10:00 UTC"),
        ("drand mainnet", "6100166", 24, "is not known. Known: drand, drand-quicknet, nist"),
        ("NIST Randomness Beacon", "1", 24, "is not known"),
    ],
)
def test_a_round_of_drand_is_a_number_whose_time_is_to_come(
    desk: Desk, source: str, number: str, hours: float, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        frozen_with(desk, source, number, hours)
    assert state(desk) is RoundState.PROVISIONAL


def test_a_value_of_the_wrong_form_is_not_drawn(desk: Desk) -> None:
    desk.reach(RoundState.FROZEN)
    desk.wait(days=2)
    for value in ("planning", "5f" * 31, "zz" * 32, ""):
        with pytest.raises(InputError, match="value"):
            draw(desk.workshop, desk.aris, "R1", value)
    assert state(desk) is RoundState.FROZEN


def test_the_planning_value_is_never_drawn(desk: Desk) -> None:
    desk.reach(RoundState.PROVISIONAL)
    desk.wait(days=6)
    freeze_inputs(desk.workshop, desk.niki, "R1", LOTTERY, desk.later(days=1))
    desk.wait(days=2)
    with pytest.raises(InputError, match="for planning"):
        draw(desk.workshop, desk.aris, "R1", "planning")


def test_a_code_that_can_not_be_kept_is_refused(desk: Desk) -> None:
    with pytest.raises(InputError, match="longer than 32"):
        draft_wave(desk.workshop, desk.niki, replace(RULES, wave="R" * 33), 2026)


def test_one_wave_has_one_round(desk: Desk, rules_file: Callable[..., object]) -> None:
    desk.reach(RoundState.DRAFT)
    with pytest.raises(Refused, match="already"):
        draft_wave(desk.workshop, desk.niki, RULES, 2026)
    with pytest.raises(Refused, match="step by step"):
        run_wave(desk.workshop, desk.niki, rules_file("R1", "arduino-kit"), 2026, Draw("value"))


def test_a_plan_gives_way_to_a_round(desk: Desk, rules_file: Callable[..., Path]) -> None:
    run_wave(desk.workshop, desk.niki, rules_file("R1", "arduino-kit"), 2026, Draw(PLANNING))
    desk.reach(RoundState.DRAFT)
    view = show_round(desk.workshop.store, "R1")
    assert (view.round.replay, [step.step for step in view.steps]) == (False, ["allocated", "drafted"])
    assert list_waves(desk.workshop.store) == []


def test_a_replayed_wave_is_marked_and_has_no_steps_to_take(desk: Desk, rules_file: Callable[..., object]) -> None:
    run_wave(desk.workshop, desk.niki, rules_file("W0", "arduino-kit"), 2025, Draw("value"))
    view = show_round(desk.workshop.store, "W0")
    assert (view.round.replay, view.round.state, view.next_steps) == (True, "closed", [])
    assert [step.step for step in view.steps] == ["allocated"]
    with pytest.raises(Refused, match="all at once"):
        go_back(desk.workshop, desk.niki, "W0", "why")
    with pytest.raises(Refused, match="already"):
        draft_wave(desk.workshop, desk.niki, replace(RULES, wave="W0"), 2026)


def test_appeals_have_their_time(desk: Desk) -> None:
    desk.reach(RoundState.DRAWN)
    with pytest.raises(InputError, match="is over"):
        publish_results(desk.workshop, desk.niki, "R1", appeals_until=desk.now)
    STEPS[RoundStep.RESULTS_PUBLISHED](desk)
    with pytest.raises(Refused, match="become final after that"):
        finalize(desk.workshop, desk.niki, "R1")


def test_every_step_has_a_text_for_the_pages() -> None:
    assert {str(step) for step in RoundStep} <= VERBS.keys()
