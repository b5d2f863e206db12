"""Records of a school that became another one count for it when a person decides so, and show where they came from."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from stemfleet.allocation.rules_file import parse_rules
from stemfleet.allocation.values import Rules
from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.schools import (
    apply_import,
    heirs,
    let_evidence_count,
    move_school,
    plan_import,
    show_school,
    undo_move,
)
from stemfleet.store import Person
from stemfleet.waves.evidence_lines import SchoolEvidence, lines_with_evidence
from stemfleet.waves.items import items_of, read_totals
from stemfleet.waves.points import Cut, PointsTable
from stemfleet.words import MoveKind
from stemfleet.workshop import Workshop

MakeSchool = Callable[..., str]
POINTS: list[Any] = [{"kind": "project", "points": 5, "max": 20}]
DAY = date(2026, 9, 1)
LOT = {"lot": "kit", "model": "microbit-kit", "seats": 2, "units_per_award": 1, "reserves": {}, "unfilled": "open"}
LOT |= {"admits": None, "levels": None, "open_region_cap": None, "category_region_caps": {}, "region_cap": None}


def rules() -> Rules:
    document = {"format": "stemfleet-rules/1", "wave": "W1", "title": "Δοκιμή", "lots": [LOT], "points": POINTS}
    return parse_rules(json.dumps(document | {"repeat_years": 4, "default_preferences": ["kit"]}).encode())


@pytest.fixture
def schools(workshop: Workshop, nso: Person, make_school: MakeSchool, tmp_path: Path) -> tuple[str, str]:
    """(one with three projects, one with two), not merged yet."""
    old, new = make_school(), make_school()
    file = tmp_path / "records.csv"
    file.write_text(f"code,kind,year,n\n{old},project,2024,3\n{new},project,2025,2\n", encoding="utf-8")
    apply_import(workshop.store, nso, plan_import(workshop.store, "evidence", file))
    return old, new


def totals(workshop: Workshop) -> dict[str, int]:
    with workshop.store.read() as session:
        return read_totals(session, PointsTable.read(POINTS, 2026), 2026)


def lines(workshop: Workshop, school: str, **more: Any) -> SchoolEvidence:
    return lines_with_evidence(workshop, rules(), 2026, school, **more)


def test_without_a_decision_they_stay_with_the_old_code(
    workshop: Workshop, nso: Person, schools: tuple[str, str]
) -> None:
    old, new = schools
    move_school(workshop.store, nso, old, new, MoveKind.MERGED, DAY, "ΦΕΚ 1")
    assert totals(workshop) == {old: 15, new: 10}
    assert [record.school_code for record, *_ in show_school(workshop.store, new).evidence] == [new]


def test_by_a_decision_they_count_for_the_successor_within_its_caps_and_say_where_they_came_from(
    workshop: Workshop, nso: Person, schools: tuple[str, str]
) -> None:
    old, new = schools
    move_school(workshop.store, nso, old, new, MoveKind.MERGED, DAY, "ΦΕΚ 1")
    let_evidence_count(workshop.store, nso, old, True, "Ίδιοι εκπαιδευτικοί")
    assert totals(workshop) == {new: 20}
    (line,) = lines(workshop, new).lines
    told = [(one.record.school_code, one.record.row, one.counted, one.cut) for one in line.records]
    assert told == [(new, 3, 10, None), (old, 2, 10, Cut.SCHOOL_CAP)]
    (why,) = (one.inherited for one in line.records if one.inherited)
    assert (why.kind, why.reason) == (MoveKind.MERGED, "Ίδιοι εκπαιδευτικοί")
    with workshop.store.read() as session:
        assert sum(item.number for item in items_of(session, new)) == 5
    view, before = show_school(workshop.store, new), show_school(workshop.store, old)
    assert set(view.inherited) == {old}
    assert [move.evidence_counts for move in (*view.moves, *before.moves)] == [True, True]
    assert [entry.verb for entry, _ in before.history] == ["school_moved", "evidence_counts"]
    assert [entry.verb for entry, _ in view.history] == ["school_joined", "evidence_counts"]


def test_it_can_be_decided_with_the_move_and_taken_back(
    workshop: Workshop, nso: Person, schools: tuple[str, str]
) -> None:
    old, new = schools
    move_school(workshop.store, nso, old, new, MoveKind.RENUMBERED, DAY, "Νέος κωδικός", evidence=True)
    assert totals(workshop) == {new: 20}
    let_evidence_count(workshop.store, nso, old, False, "Λάθος")
    assert totals(workshop) == {old: 15, new: 10}
    let_evidence_count(workshop.store, nso, old, True, "Σωστό τελικά")
    undo_move(workshop.store, nso, old, "Δεν έγινε")
    assert totals(workshop) == {old: 15, new: 10}


def test_a_decision_changes_nothing_that_was_published_before(
    workshop: Workshop, nso: Person, schools: tuple[str, str]
) -> None:
    old, new = schools
    move_school(workshop.store, nso, old, new, MoveKind.MERGED, DAY, "ΦΕΚ 1")
    published = workshop.clock()
    let_evidence_count(workshop.store, nso, old, True, "x")
    (line,) = lines(workshop, new, until=published).lines
    assert line.points == 10
    assert [(one.record.school_code, one.cut) for one in line.records] == [(new, None), (old, Cut.LATER)]


def test_they_follow_every_step_that_was_decided(
    workshop: Workshop, nso: Person, schools: tuple[str, str], make_school: MakeSchool
) -> None:
    (old, new), last = schools, make_school()
    move_school(workshop.store, nso, old, new, MoveKind.MERGED, DAY, "x", evidence=True)
    move_school(workshop.store, nso, new, last, MoveKind.MERGED, DAY, "x", evidence=True)
    assert totals(workshop) == {last: 20}
    with workshop.store.read() as session:
        assert heirs(session) == {old: last, new: last}
    let_evidence_count(workshop.store, nso, new, False, "x")
    assert totals(workshop) == {new: 20}


def test_what_cannot_be_decided_is_refused(workshop: Workshop, nso: Person, schools: tuple[str, str]) -> None:
    old, new = schools
    with pytest.raises(NotFound):
        let_evidence_count(workshop.store, nso, old, True, "x")
    move_school(workshop.store, nso, old, new, MoveKind.MERGED, DAY, "x")
    with pytest.raises(Refused):
        let_evidence_count(workshop.store, nso, old, False, "x")
    with pytest.raises(InputError):
        let_evidence_count(workshop.store, nso, old, True, " ")
