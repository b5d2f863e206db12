"""A drawn wave of three schools and two places, for what is told of waves."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stemfleet.allocation.rules_file import parse_rules
from stemfleet.allocation.values import Rules
from stemfleet.store import Evidence, ImportRun, Person, Store
from stemfleet.waves import Draw, run_wave, show_wave
from stemfleet.words import Level
from stemfleet.workshop import Workshop

TABLE = [{"kind": "project", "points": 3, "from_year": 2020, "to_year": 2024}]
RULES: dict[str, Any] = {
    "format": "stemfleet-rules/1",
    "wave": "W1",
    "title": "Ένα κύμα",
    "lots": [
        {
            "lot": "arduino",
            "model": "arduino-kit",
            "seats": 2,
            "units_per_award": 1,
            "reserves": {"remote": 1},
            "unfilled": "open",
            "admits": None,
            "levels": ["lower_secondary"],
            "open_region_cap": None,
            "category_region_caps": {},
            "region_cap": None,
        }
    ],
    "points": TABLE,
    "repeat_years": 0,
    "default_preferences": ["arduino"],
}


def draw_wave(workshop: Workshop, nso: Person, make_school: Callable[..., str], folder: Path) -> dict[str, str]:
    """Codes of three schools: `best` has a place by projects, `far` by its guarantee, `refused` none."""
    best, refused, far = (make_school(level=Level.LOWER_SECONDARY, categories=c) for c in ((), (), ("remote",)))
    for school, kind, number in ((best, "project", 4), (refused, "project", 2), (far, "course", 5)):
        give_evidence(workshop.store, nso, school, kind, number)
    file = folder / "rules.json"
    file.write_text(json.dumps(RULES), "utf-8")
    run_wave(workshop, nso, file, 2024, Draw("a-public-value"))
    assert {row.school.code for row in show_wave(workshop.store, "W1")[1]} == {best, far}
    return {"best": best, "refused": refused, "far": far}


def give_evidence(store: Store, person: Person, school: str, kind: str, number: int, year: int = 2023) -> None:
    """The school has so many of a kind of evidence."""
    with store.write() as session:
        run = ImportRun(
            what="evidence", file_name="e.csv", file_sha256="0" * 64, format="", counts={}, person_id=person.id
        )
        session.add(run)
        session.flush()
        facts = {"school_code": school, "kind": kind, "year": year, "number": number}
        session.add(Evidence(**facts, fingerprint=f"{school}-{kind}-{year}", import_id=run.id, row=2))


def other_rules(**changes: Any) -> Rules:
    """The wave's rules with other values."""
    return parse_rules(json.dumps({**RULES, **changes}).encode(), "other.json")
