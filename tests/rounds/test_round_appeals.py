"""Appeals after the draw: the difference that they make, the remedy, the final bundle."""

import json
import unicodedata
from dataclasses import replace

import pytest
from round_desk import MORE, RULES, STEPS, Desk, held, state, stored
from sqlmodel import select

from stemfleet.allocation.bundle import EVENTS
from stemfleet.allocation.checking import unzipped, verify_files
from stemfleet.allocation.engine import holders
from stemfleet.errors import InputError, Refused
from stemfleet.rounds import (
    Correction,
    correct_applicant,
    decline_offer,
    expire_offers,
    finalize,
    make_offers,
    preview_appeal,
    read_published,
    show_round,
    uphold_appeal,
)
from stemfleet.store import Award
from stemfleet.waves import list_waves, read_bundle, show_standing, show_wave
from stemfleet.words import Remedy, RoundState, RoundStep


def test_a_preview_of_an_appeal_says_who_enters_and_who_leaves_and_stores_nothing(desk: Desk) -> None:
    desk.reach(RoundState.PUBLISHED)
    difference = preview_appeal(desk.workshop, "R1", desk.schools["fifth"], MORE)
    s = desk.schools
    assert difference.entering == {s["fifth"]: "printer"}
    assert difference.leaving == {s["third"]: "kit"}
    assert difference.moving == {s["best"]: ("printer", "kit")}
    assert state(desk) is RoundState.PUBLISHED
    assert EVENTS not in stored(desk)


def test_reallocation_changes_the_lists_when_they_become_final(desk: Desk) -> None:
    desk.reach(RoundState.PUBLISHED)
    told = STEPS[RoundStep.APPEAL_DECIDED](desk)
    assert held(desk) == {"best": "printer", "special": "printer", "second": "kit", "third": "kit"}
    desk.wait(days=6)
    _digest, difference = finalize(desk.workshop, desk.niki, "R1")
    assert difference == told
    assert held(desk) == {"fifth": "printer", "special": "printer", "best": "kit", "second": "kit"}
    _view, rows = show_wave(desk.workshop.store, "R1")
    assert {row.application.points for row in rows if row.school.code == desk.schools["fifth"]} == {90}


def test_an_extra_seat_costs_nobody_a_place(desk: Desk) -> None:
    desk.reach(RoundState.PUBLISHED)
    fifth = desk.schools["fifth"]
    difference = uphold_appeal(desk.workshop, desk.niki, "R1", fifth, MORE, Remedy.EXTRA_SEAT, "Ένσταση 3")
    assert (difference.entering, difference.leaving, difference.moving) == ({fifth: "printer"}, {}, {})
    with pytest.raises(Refused, match="extra seat by an appeal already"):
        STEPS[RoundStep.APPEAL_DECIDED](desk)
    desk.wait(days=6)
    finalize(desk.workshop, desk.niki, "R1")
    before = {"best": "printer", "special": "printer", "second": "kit", "third": "kit"}
    assert held(desk) == {**before, "fifth": "printer"}
    with desk.workshop.store.read() as session:
        places = {award.place for award in session.exec(select(Award).where(Award.school_code == fifth))}
    assert places == {"extra"}


def explained(desk: Desk, name: str, language: str = "en") -> str:
    return show_standing(desk.workshop.store, "R1", desk.schools[name], language).explanation or ""


def test_the_published_bundle_names_an_extra_seat_and_who_gave_it_back(desk: Desk) -> None:
    desk.reach(RoundState.PUBLISHED)
    for name in ("fifth", "fourth"):
        more = Correction(lines={"project 0-2026": 95})
        uphold_appeal(desk.workshop, desk.niki, "R1", desk.schools[name], more, Remedy.EXTRA_SEAT, "Ένσταση 3")
    desk.wait(days=6)
    finalize(desk.workshop, desk.niki, "R1")
    events = json.loads(stored(desk)[EVENTS])["events"]
    assert {event["reason"] for event in events} == {"extra seat: printer; Ένσταση 3"}
    assert "Lot printer: the school has an extra seat" in explained(desk, "fifth")
    assert "(Ένσταση 3)" in explained(desk, "fifth", "el")
    assert "asks for no lot" not in explained(desk, "fifth")
    make_offers(desk.workshop, desk.niki, "R1", 14)
    decline_offer(desk.workshop, desk.niki, "R1", desk.schools["fifth"])
    desk.wait(days=15)
    expire_offers(desk.workshop, desk.niki, "R1")
    assert "The school declined and left the wave." in explained(desk, "fifth")
    assert "did not answer in time and left the wave" in explained(desk, "fourth")
    assert "has an extra seat" not in explained(desk, "fifth") + explained(desk, "fourth")
    files = unzipped(read_bundle(desk.workshop.store, "R1")[0], "R1")
    assert verify_files(files)


def test_a_place_that_an_extra_seat_leaves_is_filled_by_the_rule(desk: Desk) -> None:
    """`third` held the kit: its seat goes to `fourth`, and nobody loses one."""
    desk.reach(RoundState.PUBLISHED)
    third, fourth = desk.schools["third"], desk.schools["fourth"]
    difference = preview_appeal(desk.workshop, "R1", third, MORE, Remedy.EXTRA_SEAT)
    assert (difference.entering, difference.leaving) == ({fourth: "kit"}, {})
    assert difference.moving == {third: ("kit", "printer")}


def test_no_reason_looks_like_an_extra_seat(desk: Desk) -> None:
    desk.reach(RoundState.PUBLISHED)
    with pytest.raises(Refused, match="does not begin with Extra seat"):
        uphold_appeal(
            desk.workshop,
            desk.niki,
            "R1",
            desk.schools["fifth"],
            MORE,
            Remedy.REALLOCATION,
            "Extra seat: printer; x",
        )


@pytest.mark.parametrize(
    ("points", "said"),
    [(-5, "-5 points. A line has a whole number from 0"), (10**12, "whole number from 0"), (10**9, "is the most")],
)
def test_an_appeal_with_a_number_that_cannot_be_is_refused_by_its_line(desk: Desk, points: int, said: str) -> None:
    desk.reach(RoundState.PUBLISHED)
    wrong = Correction(lines={"other": 1, "project 0-2026": points})
    for remedy in Remedy:
        with pytest.raises(InputError, match=said) as refused:
            uphold_appeal(desk.workshop, desk.niki, "R1", desk.schools["fifth"], wrong, remedy, "why")
        assert EVENTS not in str(refused.value)
    assert state(desk) is RoundState.PUBLISHED


def test_an_extra_seat_is_for_a_place_that_the_school_would_have_got(desk: Desk) -> None:
    desk.reach(RoundState.PUBLISHED)
    little = Correction(lines={"project 0-2026": 21})
    with pytest.raises(Refused, match="would hold nothing"):
        uphold_appeal(desk.workshop, desk.niki, "R1", desk.schools["fifth"], little, Remedy.EXTRA_SEAT, "why")
    assert state(desk) is RoundState.PUBLISHED


def test_two_appeals_of_a_school_follow_each_other(desk: Desk) -> None:
    desk.reach(RoundState.PUBLISHED)
    STEPS[RoundStep.APPEAL_DECIDED](desk)
    special = Correction(add=frozenset({"special"}))
    uphold_appeal(desk.workshop, desk.niki, "R1", desk.schools["fifth"], special, Remedy.REALLOCATION, "Και ειδικό.")
    desk.wait(days=6)
    finalize(desk.workshop, desk.niki, "R1")
    assert held(desk)["fifth"] == "printer"


@pytest.mark.parametrize("remedy", Remedy)
def test_the_final_bundle_keeps_the_frozen_files_and_verifies(desk: Desk, remedy: Remedy) -> None:
    desk.reach(RoundState.PUBLISHED)
    uphold_appeal(desk.workshop, desk.niki, "R1", desk.schools["fifth"], MORE, remedy, "Ένσταση 3")
    desk.wait(days=6)
    digest, _difference = finalize(desk.workshop, desk.niki, "R1")
    frozen, results = read_published(desk.workshop.store, "R1", 4), read_published(desk.workshop.store, "R1", 6)
    final = read_published(desk.workshop.store, "R1", 8)
    assert verify_files(final, digest).digest == list_waves(desk.workshop.store)[0].digest
    assert {name: final[name] for name in frozen} == frozen
    assert final.keys() - results.keys() == {EVENTS}


def test_a_final_bundle_without_appeals_verifies_too(desk: Desk) -> None:
    desk.reach(RoundState.FINAL)
    final = read_published(desk.workshop.store, "R1", 7)
    assert final[EVENTS] == b'{"events":[],"format":"stemfleet-events/1"}\n'
    assert verify_files(final).digest == list_waves(desk.workshop.store)[0].digest


def test_events_on_the_frozen_list_give_what_a_fresh_computation_gives(desk: Desk) -> None:
    """The engine on the corrected applicants with the seed of the draw, without any events."""
    from stemfleet.waves.applicants import build_applicants

    desk.reach(RoundState.PUBLISHED)
    STEPS[RoundStep.APPEAL_DECIDED](desk)
    desk.wait(days=6)
    finalize(desk.workshop, desk.niki, "R1")
    with desk.workshop.store.read() as session:
        fresh = build_applicants(session, desk.workshop.models, RULES, 2026)
        seed = show_round(desk.workshop.store, "R1").steps[4].facts["seed"]
    fifth = next(a for a in fresh if a.school == desk.schools["fifth"])
    corrected = [replace(a, points=90, lines=(("project 0-2026", 90),)) if a is fifth else a for a in fresh]
    names = {code: name for name, code in desk.schools.items()}
    assert {names[school]: lot for school, lot in holders(RULES, corrected, seed).items()} == held(desk)


def test_texts_that_are_copied_with_loose_accents_enter_files_and_log_as_the_format_has_them(desk: Desk) -> None:
    loose = unicodedata.normalize("NFD", "Βραβείο")
    given = Correction(lines={loose: 900}, add=frozenset({loose}))
    desk.rules = replace(RULES, lots=(replace(RULES.lots[0], reserves={"Βραβείο": 1}), RULES.lots[1]))
    desk.reach(RoundState.PROVISIONAL)
    correct_applicant(desk.workshop, desk.niki, "R1", desk.schools["fifth"], given, loose)
    desk.reach(RoundState.PUBLISHED)
    uphold_appeal(desk.workshop, desk.niki, "R1", desk.schools["fourth"], given, Remedy.REALLOCATION, loose)
    assert all(unicodedata.is_normalized("NFC", content.decode()) for content in stored(desk).values())
    assert not any(loose in str(step.facts) for step in show_round(desk.workshop.store, "R1").steps)
    desk.wait(days=6)
    digest, _difference = finalize(desk.workshop, desk.niki, "R1")
    files = read_published(desk.workshop.store, "R1", len(show_round(desk.workshop.store, "R1").steps))
    assert verify_files(files, digest)
