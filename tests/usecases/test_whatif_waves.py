"""What if over stored waves: points and repeats counted anew, and comparisons that are kept."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from stemfleet.allocation.values import Rules
from stemfleet.errors import NotFound, Refused
from stemfleet.store import Award, Person, Wave
from stemfleet.waves import compare_wave, drop_comparison, keep_comparison, list_comparisons, show_comparison
from stemfleet.words import Place
from stemfleet.workshop import Workshop
from tests.support.waves import TABLE, draw_wave, give_evidence, other_rules


@pytest.fixture
def schools(workshop: Workshop, nso: Person, make_school: Callable[..., str], tmp_path: Path) -> dict[str, str]:
    return draw_wave(workshop, nso, make_school, tmp_path)


def more_seats() -> Rules:
    rules = other_rules()
    return replace(rules, lots=(replace(rules.lots[0], seats=3),))


def test_points_are_counted_anew_under_another_table(workshop: Workshop, schools: dict[str, str]) -> None:
    """Under a table that counts courses the school with courses is first; the answer to why is the points table."""
    courses = other_rules(points=[{"kind": "course", "points": 9, "from_year": 2020, "to_year": 2024}], wave="W2")
    no_reserve = replace(courses, lots=(replace(courses.lots[0], seats=1, reserves={}),))
    _drawn, made = compare_wave(workshop, "W1", [("courses", courses), ("one", no_reserve)])
    assert [str(notice) for notice in made[0].notices] == [
        "points differs and was counted anew from what is stored: by the wave's own rules that still gives everything "
        "that was published."
    ]
    assert str(made[0].steps[0].rule) == "points"
    (change,) = (c for c in made[1].changes if c.school == schools["best"])
    assert change.after is None


def test_a_school_whose_stored_evidence_changed_keeps_what_was_published_and_is_counted(
    workshop: Workshop, nso: Person, schools: dict[str, str]
) -> None:
    """Projects that came in after the draw do not help: only the difference between the tables does."""
    give_evidence(workshop.store, nso, schools["refused"], "project", 9, 2024)
    same_worth = other_rules(points=[*TABLE, {"kind": "course", "points": 0, "from_year": 2020, "to_year": 2024}])
    _drawn, (made, *_ready) = compare_wave(workshop, "W1", [("the same", same_worth)])
    assert made.changes == ()
    (notice,) = made.notices
    assert notice.facts["number"] == 1


def test_equipment_of_an_earlier_wave_counts_when_the_other_rules_look_back(
    workshop: Workshop, nso: Person, schools: dict[str, str], tmp_path: Path
) -> None:
    """The wave itself never counts; what its schools got two years before does once `repeat_years` reaches it."""
    with workshop.store.write() as session:
        earlier = session.get_one(Wave, "W1")
        session.add(Wave(**(earlier.model_dump() | {"code": "W0", "year": 2022})))
        session.flush()
        facts = {"wave_code": "W0", "lot": "arduino", "model": "arduino-kit", "place": Place.OPEN, "units": 1}
        session.add(Award(school_code=schools["best"], **facts))
    _drawn, (made, *_ready) = compare_wave(workshop, "W1", [("look back", other_rules(repeat_years=3))])
    assert {c.school: (c.before, c.after) for c in made.changes} == {
        schools["best"]: ("arduino", None),
        schools["refused"]: (None, "arduino"),
    }
    assert [str(step.rule) for step in made.steps] == ["repeat_years: 0 -> 3"]


def test_a_comparison_is_kept_with_names_until_a_person_drops_it(
    workshop: Workshop, nso: Person, warehouse: Person, schools: dict[str, str]
) -> None:
    told: list[tuple[int, int]] = []
    kept = keep_comparison(workshop, nso, "W1", [("more", more_seats())], lambda *step: told.append(step))
    assert told[-1][0] == told[-1][1] == len(told)  # every wave that was computed, and no other
    (found, by), *rest = list_comparisons(workshop.store, "W1")
    assert (found.id, found.names, by, rest) == (kept, ["more", "over and above", "pure merit"], nso.name, [])
    document = show_comparison(workshop.store, "W1", kept)[0].document
    (change,) = document["comparisons"][0]["changes"]
    assert (change["school"], change["name"]) == (schools["refused"], f"Σχολείο {schools['refused']}")
    assert change["by"] == [{"lot": "arduino", "key": "seats", "old": 2, "new": 3}]
    with pytest.raises(Refused):
        drop_comparison(workshop.store, warehouse, "W1", kept)
    drop_comparison(workshop.store, nso, "W1", kept)
    with pytest.raises(NotFound):
        show_comparison(workshop.store, "W1", kept)


def test_only_a_wave_that_was_drawn_is_compared(workshop: Workshop, schools: dict[str, str]) -> None:
    with pytest.raises(NotFound):
        compare_wave(workshop, "W7", [])
    with workshop.store.write() as session:
        session.get_one(Wave, "W1").seed = None  # as in a wave of prizes
    with pytest.raises(Refused, match="Nothing was drawn"):
        compare_wave(workshop, "W1", [])
