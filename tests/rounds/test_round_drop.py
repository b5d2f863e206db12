"""A draft that was begun by mistake can be taken away; nothing that was ever public can."""

import pytest
from round_desk import RULES, Desk, stored

from stemfleet.errors import NotFound, Refused
from stemfleet.rounds import draft_wave, drop_draft, go_back, list_rounds, rules_of
from stemfleet.store import Person, read_history
from stemfleet.words import RoundState


def log(desk: Desk) -> list[tuple[str, str | None]]:
    with desk.workshop.store.read() as session:
        return [(entry.verb, entry.facts.get("reason")) for entry, _person in read_history(session, "round", "R1")]


def test_a_dropped_draft_is_gone_its_log_stays_and_its_code_is_free(desk: Desk) -> None:
    desk.reach(RoundState.DRAFT)
    drop_draft(desk.workshop, desk.niki, "R1", "λάθος κωδικός")
    assert (list_rounds(desk.workshop.store), stored(desk)) == ([], {})
    assert log(desk) == [("drafted", None), ("dropped", "λάθος κωδικός")]
    draft_wave(desk.workshop, desk.niki, RULES, 2026)
    drop_draft(desk.workshop, desk.niki, "R1", "πάλι")
    with pytest.raises(NotFound):
        drop_draft(desk.workshop, desk.niki, "R1", "πάλι")


def test_what_was_published_and_taken_back_is_not_dropped(desk: Desk) -> None:
    desk.reach(RoundState.RULES_PUBLISHED)
    with pytest.raises(Refused, match="needs the state draft"):
        drop_draft(desk.workshop, desk.niki, "R1", "λάθος")
    go_back(desk.workshop, desk.niki, "R1", "άλλοι κανόνες")
    before = log(desk)
    with pytest.raises(Refused, match="published something already"):
        drop_draft(desk.workshop, desk.niki, "R1", "λάθος")
    assert log(desk) == before
    assert rules_of(desk.workshop, "R1") == RULES


def test_a_draft_is_dropped_by_the_nso_with_a_reason(desk: Desk, warehouse: Person) -> None:
    desk.reach(RoundState.DRAFT)
    with pytest.raises(Refused, match="reason"):
        drop_draft(desk.workshop, desk.niki, "R1", " ")
    with pytest.raises(Refused):
        drop_draft(desk.workshop, warehouse, "R1", "λάθος")
    assert rules_of(desk.workshop, "R1") == RULES
