"""Offers of a final round: who may answer, replacements by the rule, nothing shipped without an acceptance."""

from dataclasses import replace

import pytest
from round_desk import MORE, RULES, Desk, held, state, stored

from stemfleet.accounts import add_person
from stemfleet.allocation.bundle import EVENTS
from stemfleet.allocation.checking import verify_files
from stemfleet.allocation.engine import holders
from stemfleet.allocation.events import after_events
from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.kits import receive_kits
from stemfleet.rounds import (
    Correction,
    accept_offer,
    close_round,
    correct_applicant,
    decline_offer,
    exclude_school,
    expire_offers,
    finalize,
    make_offers,
    read_published,
    show_round,
    uphold_appeal,
)
from stemfleet.rounds.draw import seed_of
from stemfleet.rounds.process import find_round, read_events, read_inputs
from stemfleet.shipments import list_open_awards, reserve_kit, ship_kits
from stemfleet.store import Person
from stemfleet.waves import list_waves, read_bundle
from stemfleet.words import Remedy, Role, RoundState
from tests.support.builders import run_board


def offers(desk: Desk) -> dict[str, list[tuple[str, str]]]:
    """Name in the test → (lot, state) of its offers, oldest first."""
    names = {code: name for name, code in desk.schools.items()}
    found: dict[str, list[tuple[str, str]]] = {}
    for offer in show_round(desk.workshop.store, "R1").offers:
        found.setdefault(names[offer.school_code], []).append((offer.lot, str(offer.state)))
    return found


def by_rule(desk: Desk) -> dict[str, str]:
    """Name in the test → lot, as the engine gives it from the frozen files and the stored events."""
    names = {code: name for name, code in desk.schools.items()}
    with desk.workshop.store.read() as session:
        found = find_round(session, "R1")
        inputs, seed = read_inputs(session, found), seed_of(session, found)
        standing = after_events(inputs.rules, inputs.applicants, seed, read_events(session, found))
    return {names[school]: lot for school, lot in holders(inputs.rules, standing, seed).items()}


def ready_kit(desk: Desk, board: str) -> str:
    (tag,) = receive_kits(desk.workshop, desk.niki, "arduino-kit", 1)
    run_board(desk.workshop, desk.niki, board, tag)
    return tag


def test_every_award_of_a_final_round_is_offered(desk: Desk) -> None:
    desk.reach(RoundState.OFFERS)
    assert offers(desk) == {
        "best": [("printer", "open")],
        "special": [("printer", "open")],
        "second": [("kit", "open")],
        "third": [("kit", "open")],
    }
    assert {offer.deadline for offer in show_round(desk.workshop.store, "R1").offers} == {desk.later(days=14)}


def test_a_school_answers_for_itself_and_for_nobody_else(desk: Desk) -> None:
    desk.reach(RoundState.OFFERS)
    best, second = desk.schools["best"], desk.schools["second"]
    teacher = add_person(desk.workshop.store, desk.niki, "Μαρία", Role.SCHOOL, best)
    with pytest.raises(Refused, match="may not do this"):
        accept_offer(desk.workshop, teacher, "R1", second)
    with pytest.raises(Refused, match="may not do this"):
        decline_offer(desk.workshop, teacher, "R1", second)
    accept_offer(desk.workshop, teacher, "R1", best)
    accept_offer(desk.workshop, desk.niki, "R1", second)
    in_its_name = [s.facts["in_its_name"] for s in show_round(desk.workshop.store, "R1").steps if s.step == "accepted"]
    assert in_its_name == [False, True]


def test_warehouse_staff_answer_no_offers(desk: Desk, warehouse: Person) -> None:
    desk.reach(RoundState.OFFERS)
    with pytest.raises(Refused, match="may not do this"):
        accept_offer(desk.workshop, warehouse, "R1", desk.schools["best"])


def test_a_decline_moves_others_up_and_lets_one_in(desk: Desk) -> None:
    desk.reach(RoundState.OFFERS)
    answered = decline_offer(desk.workshop, desk.niki, "R1", desk.schools["best"])
    s = desk.schools
    assert answered.new_offers == {s["second"]: "printer", s["fourth"]: "kit"}
    assert held(desk) == {"second": "printer", "special": "printer", "third": "kit", "fourth": "kit"} == by_rule(desk)
    assert offers(desk) == {
        "best": [("printer", "declined")],
        "second": [("kit", "replaced"), ("printer", "open")],
        "special": [("printer", "open")],
        "third": [("kit", "open")],
        "fourth": [("kit", "open")],
    }


def test_who_accepted_stays_where_it_is(desk: Desk) -> None:
    desk.reach(RoundState.OFFERS)
    accept_offer(desk.workshop, desk.niki, "R1", desk.schools["second"])
    decline_offer(desk.workshop, desk.niki, "R1", desk.schools["best"])
    assert held(desk) == {"third": "printer", "special": "printer", "second": "kit", "fourth": "kit"} == by_rule(desk)


def test_the_seat_of_a_guarantee_goes_by_the_rule_not_down_the_waiting_list(desk: Desk) -> None:
    """With the special school gone nobody qualifies for the guarantee, and its place is open."""
    desk.reach(RoundState.OFFERS)
    decline_offer(desk.workshop, desk.niki, "R1", desk.schools["special"])
    assert held(desk) == {"best": "printer", "second": "printer", "third": "kit", "fourth": "kit"} == by_rule(desk)


def test_offers_expire_at_their_deadline_and_replacements_get_as_many_days(desk: Desk) -> None:
    desk.reach(RoundState.OFFERS)
    for name in ("special", "second", "third"):
        accept_offer(desk.workshop, desk.niki, "R1", desk.schools[name])
    desk.wait(days=14)
    assert expire_offers(desk.workshop, desk.niki, "R1") == []
    desk.wait(seconds=1)
    with pytest.raises(Refused, match="could be answered until"):
        accept_offer(desk.workshop, desk.niki, "R1", desk.schools["best"])
    assert expire_offers(desk.workshop, desk.niki, "R1") == [desk.schools["best"]]
    assert offers(desk)["best"] == [("printer", "expired")]
    assert offers(desk)["fourth"] == [("printer", "open")]
    newest = max(show_round(desk.workshop.store, "R1").offers, key=lambda offer: offer.id)
    assert newest.deadline == desk.later(days=14)


def test_several_offers_expire_at_once(desk: Desk) -> None:
    desk.reach(RoundState.OFFERS)
    desk.wait(days=15)
    gone = {desk.schools[name] for name in ("best", "special", "second", "third")}
    assert set(expire_offers(desk.workshop, desk.niki, "R1")) == gone
    assert held(desk) == {"fourth": "printer", "fifth": "printer"} == by_rule(desk)


def test_an_offer_is_answered_once(desk: Desk) -> None:
    desk.reach(RoundState.OFFERS)
    best = desk.schools["best"]
    accept_offer(desk.workshop, desk.niki, "R1", best)
    with pytest.raises(Refused, match="is answered: accepted"):
        accept_offer(desk.workshop, desk.niki, "R1", best)
    decline_offer(desk.workshop, desk.niki, "R1", best)
    for answer in (accept_offer, decline_offer):
        with pytest.raises(Refused, match="is answered: declined"):
            answer(desk.workshop, desk.niki, "R1", best)
    with pytest.raises(NotFound, match="has no offer"):
        accept_offer(desk.workshop, desk.niki, "R1", desk.schools["fifth"])


def test_days_for_an_answer_are_at_least_one(desk: Desk) -> None:
    desk.reach(RoundState.FINAL)
    with pytest.raises(InputError, match="from 1 to 365"):
        make_offers(desk.workshop, desk.niki, "R1", 0)


def test_nothing_is_set_aside_for_a_school_that_has_not_accepted(desk: Desk) -> None:
    desk.reach(RoundState.PUBLISHED)
    second, tag = desk.schools["second"], ready_kit(desk, "uno-1")
    for _ in range(2):
        with pytest.raises(Refused, match="has no award"):
            reserve_kit(desk.workshop, desk.niki, tag, second)
        with pytest.raises(Refused, match="has no award"):
            ship_kits(desk.workshop, desk.niki, [tag], second)
        assert list_open_awards(desk.workshop, "arduino-kit") == []
        if state(desk) is RoundState.PUBLISHED:
            desk._finalize()
            make_offers(desk.workshop, desk.niki, "R1", 14)
    accept_offer(desk.workshop, desk.niki, "R1", second)
    assert [school.code for _award, school, _left in list_open_awards(desk.workshop, "arduino-kit")] == [second]
    ship_kits(desk.workshop, desk.niki, [tag], second)


def test_a_school_with_a_kit_can_not_give_its_place_back(desk: Desk) -> None:
    desk.reach(RoundState.OFFERS)
    second, tag = desk.schools["second"], ready_kit(desk, "uno-1")
    accept_offer(desk.workshop, desk.niki, "R1", second)
    reserve_kit(desk.workshop, desk.niki, tag, second)
    with pytest.raises(Refused, match=f"Kit {tag} is set aside"):
        decline_offer(desk.workshop, desk.niki, "R1", second)


def test_a_round_is_closed_when_nobody_is_asked_any_more(desk: Desk) -> None:
    desk.reach(RoundState.OFFERS)
    with pytest.raises(Refused, match="4 offers of R1 are open"):
        close_round(desk.workshop, desk.niki, "R1")
    decline_offer(desk.workshop, desk.niki, "R1", desk.schools["best"])
    for name in ("special", "second", "third", "fourth"):
        accept_offer(desk.workshop, desk.niki, "R1", desk.schools[name])
    digest = close_round(desk.workshop, desk.niki, "R1")
    last = read_published(desk.workshop.store, "R1", len(show_round(desk.workshop.store, "R1").steps))
    frozen = read_published(desk.workshop.store, "R1", 4)
    assert verify_files(last, digest)
    assert {name: last[name] for name in frozen} == frozen
    assert last[EVENTS].count(b'"event"') == 5 == stored(desk)[EVENTS].count(b'"event"')
    assert list_waves(desk.workshop.store)[0].digest == digest


def test_the_bundle_follows_every_answer(desk: Desk) -> None:
    desk.reach(RoundState.OFFERS)
    answered = decline_offer(desk.workshop, desk.niki, "R1", desk.schools["best"])
    assert read_bundle(desk.workshop.store, "R1")[1] == answered.digest


def test_an_extra_seat_is_offered_and_given_back_without_touching_the_lists(desk: Desk) -> None:
    desk.reach(RoundState.PUBLISHED)
    fifth = desk.schools["fifth"]
    uphold_appeal(desk.workshop, desk.niki, "R1", fifth, MORE, Remedy.EXTRA_SEAT, "Ένσταση 3")
    desk.wait(days=6)
    finalize(desk.workshop, desk.niki, "R1")
    make_offers(desk.workshop, desk.niki, "R1", 14)
    before = held(desk)
    accept_offer(desk.workshop, desk.niki, "R1", fifth)
    assert held(desk) == before
    assert decline_offer(desk.workshop, desk.niki, "R1", fifth).new_offers == {}
    assert held(desk) == {name: lot for name, lot in before.items() if name != "fifth"} == by_rule(desk)


def test_an_offer_stands_where_a_hard_regional_cap_would_take_it_away(desk: Desk) -> None:
    """One place for each region. Without `second` in 01, `fifth` serves `special`, and 02's goes to merit."""
    lot = replace(RULES.lots[0], seats=2, reserves={"special": 1, "remote": 1}, region_cap=1)
    desk.rules = replace(RULES, lots=(lot,), default_preferences=("printer",))
    desk.reach(RoundState.PROVISIONAL)
    regions = {"best": "02", "second": "01", "third": "01", "fourth": "02", "fifth": "01", "special": "01"}
    categories = {"second": {"remote"}, "fourth": {"special"}, "fifth": {"special"}}
    for name, region in regions.items():
        correction = Correction(region=region, add=frozenset(categories.get(name, ())))
        correct_applicant(desk.workshop, desk.niki, "R1", desk.schools[name], correction, "Έλεγχος μητρώου")
    exclude_school(desk.workshop, desk.niki, "R1", desk.schools["special"], None, "Κλειστό")
    desk.reach(RoundState.OFFERS)
    assert held(desk) == {"second": "printer", "fourth": "printer"}
    decline_offer(desk.workshop, desk.niki, "R1", desk.schools["second"])
    assert by_rule(desk) == {"best": "printer", "fifth": "printer"}
    assert held(desk) == {**by_rule(desk), "fourth": "printer"}
    assert show_round(desk.workshop.store, "R1").round.extra_seats == {desk.schools["fourth"]: "printer"}
    assert offers(desk)["fourth"] == [("printer", "open")]
    accept_offer(desk.workshop, desk.niki, "R1", desk.schools["fourth"])
