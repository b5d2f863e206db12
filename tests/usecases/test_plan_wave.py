"""A plan is what the wave would be, over what is stored now, and leaves no trace."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import func, select

from stemfleet.allocation.rules_file import rules_bytes
from stemfleet.allocation.values import Lot, Rules, Unfilled
from stemfleet.errors import InputError, NotFound
from stemfleet.store import Application, Award, Evidence, HistoryEntry, ImportRun, Person, Wave
from stemfleet.waves import PLANNING, Draw, compare_plans, plan_wave, run_wave, show_wave
from stemfleet.words import Level
from stemfleet.workshop import Workshop

RULES = Rules(
    wave="W1",
    title="Δοκιμή",
    lots=(
        Lot("printer", "printer-3d", seats=2, reserves={"special": 1}, levels=(Level.PRIMARY,)),
        Lot("kit", "microbit-kit", seats=3, reserves={"active": 1, "region:06": 1}, levels=(Level.PRIMARY,)),
    ),
    points=(
        {"kind": "project", "points": 10},
        {"category": "active", "kinds": ["project"], "at_least": 3},
    ),
    repeat_years=4,
    default_preferences=("printer", "kit"),
)


@pytest.fixture
def schools(workshop: Workshop, nso: Person, make_school: Callable[..., str]) -> list[str]:
    """Eight primary schools, the first with the most projects; some tie, some are special, one has no region."""
    facts: list[tuple[int, dict[str, Any]]] = [
        (5, {}),
        (4, {"region": "06"}),
        (3, {}),
        (3, {}),
        (1, {"categories": ("special",)}),
        (1, {"categories": ("special",), "region": None}),
        (0, {"region": "06"}),
        (0, {}),
    ]
    codes = [make_school(**more) for _number, more in facts]
    with workshop.store.write() as session:
        run = ImportRun(what="x", file_name="x", file_sha256="0" * 64, format="", counts={}, person_id=nso.id)
        session.add(run)
        session.flush()
        for row, (code, (number, _more)) in enumerate(zip(codes, facts, strict=True), start=2):
            if number:
                mark = f"{row:064d}"
                record = {"kind": "project", "year": 2024, "number": number, "row": row, "fingerprint": mark}
                session.add(Evidence(school_code=code, import_id=run.id, **record))
    return codes


def rules_file(folder: Path, rules: Rules) -> Path:
    file = folder / "rules.json"
    file.write_bytes(rules_bytes(rules))
    return file


def test_a_plan_is_what_the_wave_run_with_the_planning_value_gives(
    workshop: Workshop, nso: Person, schools: list[str], tmp_path: Path
) -> None:
    plan = plan_wave(workshop, RULES, 2025)
    run_wave(workshop, nso, rules_file(tmp_path, RULES), 2025, Draw(PLANNING))
    view, rows = show_wave(workshop.store, "W1")
    stored = {(r.school.code, r.school.name, r.award.lot, r.award.place, r.application.merit) for r in rows}
    assert {(one.code, one.name, one.lot, one.place, one.merit) for one in plan.selected} == stored
    assert [lot.awards for lot in plan.lots] == [lot.awards for lot in view.lots]
    assert len(stored) == 5
    with workshop.store.read() as session:
        assert session.get_one(Wave, "W1").seed == plan.seed


def test_a_plan_stores_nothing(workshop: Workshop, schools: list[str]) -> None:
    def rows() -> list[int]:
        with workshop.store.read() as session:
            tables = (Wave, Award, Application, HistoryEntry)
            return [session.exec(select(func.count()).select_from(table)).one() for table in tables]

    before = rows()
    plan_wave(workshop, RULES, 2025)
    assert rows() == before


def test_a_plan_counts_guarantees_regions_levels_and_categories(workshop: Workshop, schools: list[str]) -> None:
    plan = plan_wave(workshop, RULES, 2025)
    printer, kit = plan.lots
    assert (printer.guaranteed, printer.reserved, printer.open, printer.unfilled) == (1, 1, 1, 0)
    (special,) = printer.reserves
    assert (special.places, special.usable, special.asking, special.holding) == (1, 1, 2, 1)
    active, crete = kit.reserves
    assert (active.category, active.asking, active.holding) == ("active", 3, 3)
    assert (crete.category, crete.asking, crete.holding) == ("region:06", 2, 1)
    assert sum(plan.by_region.values()) == plan.awards == plan.seats == 5
    assert plan.by_level == {"primary": 5}
    assert plan.by_category["active"] == 4
    assert not any(category.startswith("region:") for category in plan.by_category), "the chart by region says it"
    assert plan.departments == 0


def test_places_that_nobody_can_use_are_empty_and_said(workshop: Workshop, schools: list[str]) -> None:
    kept = replace(RULES.lots[0], seats=12, reserves={"special": 5, "minority": 2}, unfilled=Unfilled.KEEP)
    capped = replace(kept, category_region_caps={"special": 1})
    (lot,) = plan_wave(workshop, replace(RULES, lots=(kept,), default_preferences=("printer",)), 2025).lots
    assert (lot.reserved, lot.open, lot.unfilled) == (2, 5, 5)
    assert [(row.category, row.places, row.usable) for row in lot.reserves] == [("minority", 2, 0), ("special", 5, 2)]
    plan = plan_wave(workshop, replace(RULES, lots=(capped,), default_preferences=("printer",)), 2025)
    assert plan.lots[0].reserves[1].usable == 2, "one in Attica, one without a region"
    assert [notice.facts["category"] for notice in plan.notices] == ["minority"]


def test_a_plan_says_how_many_a_lot_is_closed_to_and_why(
    workshop: Workshop, make_school: Callable[..., str], schools: list[str]
) -> None:
    make_school(level=Level.LOWER_SECONDARY)
    lots = (replace(RULES.lots[0], admits=("special",)), replace(RULES.lots[1], levels=(Level.LOWER_SECONDARY,)))
    printer, kit = plan_wave(workshop, replace(RULES, lots=lots), 2025).lots
    assert (dict(printer.closed), dict(kit.closed)) == ({"level": 1, "admits": 6}, {"level": 8})


def test_a_plan_knows_at_once_what_was_stored_since_the_last_one(
    workshop: Workshop, nso: Person, schools: list[str], tmp_path: Path
) -> None:
    later = replace(RULES, wave="W2")
    first = plan_wave(workshop, later, 2026)
    assert plan_wave(workshop, later, 2026) == first
    run_wave(workshop, nso, rules_file(tmp_path, RULES), 2025, Draw("value"))
    plan = plan_wave(workshop, later, 2026)
    had = {row.school.code for row in show_wave(workshop.store, "W1")[1] if row.award.lot == "printer"}
    assert plan.lots[0].closed == {"repeat": len(had)}
    assert not had & {one.code for one in plan.selected if one.lot == "printer"}


def test_other_points_levels_years_and_codes_are_other_plans(workshop: Workshop, schools: list[str]) -> None:
    """What is remembered between plans is never that of other rules."""
    first = plan_wave(workshop, RULES, 2025)
    assert plan_wave(workshop, replace(RULES, points=()), 2025).selected[0].points == 0
    assert plan_wave(workshop, RULES, 2023).selected[0].points == 0, "the records are of 2024"
    assert plan_wave(workshop, replace(RULES, wave="W9"), 2025).seed != first.seed
    assert plan_wave(workshop, RULES, 2025) == first


def test_a_comparison_blames_the_rules_and_not_the_draw(workshop: Workshop, schools: list[str]) -> None:
    more = replace(RULES, lots=(replace(RULES.lots[0], seats=3), RULES.lots[1]), title="Άλλος τίτλος")
    before = {one.code: one.lot for one in plan_wave(workshop, RULES, 2025).selected}
    assert compare_plans(workshop, (RULES, 2025), (replace(RULES, title="Άλλος"), 2025)) == []
    changes = compare_plans(workshop, (RULES, 2025), (more, 2025))
    assert [change.before for _name, change in changes if change.after is None] == []
    assert all(change.before == before.get(change.school) for _name, change in changes)
    assert len([change for _name, change in changes if change.before is None]) == 1
    assert all(name == f"Σχολείο {change.school}" for name, change in changes)


def test_rules_that_cannot_be_used_are_refused(workshop: Workshop, schools: list[str]) -> None:
    with pytest.raises(NotFound, match="zeppelin"):
        plan_wave(workshop, replace(RULES, lots=(replace(RULES.lots[0], model="zeppelin"),)), 2025)
    with pytest.raises(InputError, match="entry 1: points"):
        plan_wave(workshop, replace(RULES, points=({"kind": "project"},)), 2025)
    university = replace(RULES.lots[0], levels=(Level.KINDERGARTEN, Level.UNIVERSITY))
    with pytest.raises(InputError, match="not made for it"):
        plan_wave(workshop, replace(RULES, lots=(university,)), 2025)


def test_a_plan_without_schools_or_lots_is_empty(workshop: Workshop) -> None:
    assert plan_wave(workshop, RULES, 2025).awards == 0
    assert plan_wave(workshop, replace(RULES, lots=(), default_preferences=()), 2025).lots == ()
