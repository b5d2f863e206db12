"""Waves over what is stored: points from evidence, categories, closed lots, results that stand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.shipments import list_open_awards
from stemfleet.store import Evidence, ImportRun, Person
from stemfleet.waves import PLANNING, Draw, list_waves, read_bundle, run_wave, show_wave
from stemfleet.words import Level
from stemfleet.workshop import Workshop

LOT = {
    "lot": "microbit",
    "model": "microbit-kit",
    "seats": 1,
    "units_per_award": 1,
    "reserves": {},
    "unfilled": "open",
    "admits": None,
    "levels": ["primary", "lower_secondary"],
    "open_region_cap": None,
    "category_region_caps": {},
    "region_cap": None,
}
POINTS = [
    {"kind": "project", "points": 5, "max": 12},
    {"kind": "national_prize", "points": 40, "from_year": 2020, "to_year": 2022},
    {"category": "active", "kinds": ["project"], "at_least": 2},
]


@pytest.fixture
def rules_file(tmp_path: Path) -> Callable[..., Path]:
    def write(wave: str = "W1", **changes: Any) -> Path:
        lots = changes.pop("lots", [LOT])
        rules = {
            "format": "stemfleet-rules/1",
            "wave": wave,
            "title": "Δοκιμή",
            "lots": lots,
            "points": POINTS,
            "repeat_years": 4,
            "default_preferences": [lot["lot"] for lot in lots],
            **changes,
        }
        file = tmp_path / f"{wave}.json"
        file.write_text(json.dumps(rules, ensure_ascii=False), encoding="utf-8")
        return file

    return write


@pytest.fixture
def record(workshop: Workshop, nso: Person) -> Callable[..., None]:
    """`record(school, kind, year, number)` stores evidence."""

    def add(school: str, kind: str = "project", year: int = 2021, number: int = 1) -> None:
        with workshop.store.write() as session:
            run = ImportRun(
                what="evidence", file_name="e.csv", file_sha256="0" * 64, format="", counts={}, person_id=nso.id
            )
            session.add(run)
            session.flush()
            fingerprint = f"{run.id:064d}"
            session.add(
                Evidence(
                    school_code=school,
                    kind=kind,
                    year=year,
                    number=number,
                    fingerprint=fingerprint,
                    import_id=run.id,
                    row=2,
                )
            )

    return add


def winners(workshop: Workshop, code: str) -> set[str]:
    return {row.school.code for row in show_wave(workshop.store, code)[1]}


def test_the_better_school_is_chosen_and_the_wave_tells_why(
    workshop: Workshop, nso: Person, make_school: Callable[..., str], rules_file: Callable[..., Path], record: Any
) -> None:
    worse, better = make_school(), make_school()
    record(worse, number=1)
    record(better, number=2)
    run_wave(workshop, nso, rules_file(), 2023, Draw("value"))
    view, (row,) = show_wave(workshop.store, "W1")
    assert (view.schools, view.departments, view.lots[0].awards) == (1, 0, 1)
    assert (row.school.code, row.award.place, row.application.points, row.application.merit) == (better, "open", 10, 1)
    assert row.application.lines == [["project 0-2023", 10]]
    assert "active" in row.application.categories


def test_a_guarantee_goes_before_merit(
    workshop: Workshop, nso: Person, make_school: Callable[..., str], rules_file: Callable[..., Path], record: Any
) -> None:
    best, special = make_school(), make_school(categories=("special",))
    record(best, number=2)
    run_wave(workshop, nso, rules_file(lots=[{**LOT, "reserves": {"special": 1}}]), 2023, Draw("value"))
    assert winners(workshop, "W1") == {special}


def test_a_lot_is_closed_to_other_levels_and_to_those_that_had_the_same(
    workshop: Workshop, nso: Person, make_school: Callable[..., str], rules_file: Callable[..., Path], record: Any
) -> None:
    first, second, kindergarten = make_school(), make_school(), make_school(level=Level.KINDERGARTEN)
    record(first, number=3)
    record(second, number=1)
    record(kindergarten, number=9)
    run_wave(workshop, nso, rules_file("W1"), 2021, Draw("value"))
    run_wave(workshop, nso, rules_file("W2"), 2025, Draw("value"))
    run_wave(workshop, nso, rules_file("W3"), 2026, Draw("value"))
    assert winners(workshop, "W1") == {first}
    assert winners(workshop, "W2") == {second}
    assert winners(workshop, "W3") == {first}


def test_the_result_of_a_wave_stands(
    workshop: Workshop, nso: Person, make_school: Callable[..., str], rules_file: Callable[..., Path]
) -> None:
    make_school()
    run_wave(workshop, nso, rules_file(), 2023, Draw("value"))
    with pytest.raises(Refused, match="allocated already"):
        run_wave(workshop, nso, rules_file(), 2023, Draw("another"))


def test_a_plan_is_marked_as_one(
    workshop: Workshop, nso: Person, make_school: Callable[..., str], rules_file: Callable[..., Path]
) -> None:
    make_school()
    run_wave(workshop, nso, rules_file("W1"), 2023, Draw(PLANNING))
    run_wave(workshop, nso, rules_file("W2"), 2023, Draw("value"))
    assert [view.planning for view in list_waves(workshop.store)] == [True, False]


def test_a_plan_gives_way_to_the_draw_and_blocks_nobody(
    workshop: Workshop, nso: Person, make_school: Callable[..., str], rules_file: Callable[..., Path]
) -> None:
    school = make_school()
    run_wave(workshop, nso, rules_file("W1"), 2022, Draw(PLANNING))
    assert list_open_awards(workshop, LOT["model"]) == []
    run_wave(workshop, nso, rules_file("W2"), 2023, Draw(PLANNING))
    assert winners(workshop, "W2") == {school}
    run_wave(workshop, nso, rules_file("W2"), 2023, Draw("value"))
    assert [(view.code, view.planning) for view in list_waves(workshop.store)] == [("W1", True), ("W2", False)]
    assert [award.school_code for award, _school, _left in list_open_awards(workshop, LOT["model"])] == [school]


def test_the_stored_bundle_is_the_one_of_the_digest(
    workshop: Workshop, nso: Person, make_school: Callable[..., str], rules_file: Callable[..., Path]
) -> None:
    import hashlib
    import io
    import zipfile

    make_school()
    run_wave(workshop, nso, rules_file(), 2023, Draw("value", "lottery", "2023-05-02"))
    bundle, digest = read_bundle(workshop.store, "W1")
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        sums = archive.read("SHA256SUMS")
        commitment = json.loads(archive.read("commitment.json"))
    assert hashlib.sha256(sums).hexdigest() == digest
    assert commitment["beacon"] == {"round": "2023-05-02", "source": "lottery"}
    assert commitment["published"] is None, "nothing was published before this draw"


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"lots": [{**LOT, "model": "lego"}]}, NotFound, "lego"),
        ({"lots": [{**LOT, "levels": ["kindergarten"]}]}, InputError, "kindergarten"),
        ({"lots": [{**LOT, "levels": None}]}, InputError, "not made for it"),
        ({"lots": [{**LOT, "reserves": {"special": 2}}]}, InputError, "seats"),
        ({"points": [{"kind": "project"}]}, InputError, "points"),
    ],
)
def test_rules_that_cannot_be_used_store_nothing(
    workshop: Workshop,
    nso: Person,
    rules_file: Callable[..., Path],
    changes: dict[str, Any],
    kind: type[Exception],
    message: str,
) -> None:
    with pytest.raises(kind, match=message):
        run_wave(workshop, nso, rules_file(**changes), 2023, Draw("value"))
    assert list_waves(workshop.store) == []


def test_only_the_nso_runs_a_wave(workshop: Workshop, warehouse: Person, rules_file: Callable[..., Path]) -> None:
    with pytest.raises(Refused):
        run_wave(workshop, warehouse, rules_file(), 2023, Draw("value"))
