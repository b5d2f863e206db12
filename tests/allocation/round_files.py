"""Input files of a small round, for the tests that go through files and commands."""

import copy
import json
from pathlib import Path

LOT = {
    "lot": "printer",
    "model": "printer-3d",
    "seats": 3,
    "units_per_award": 1,
    "reserves": {"special": 1, "remote": 1},
    "unfilled": "open",
    "admits": None,
    "levels": ["primary", "lower_secondary"],
    "open_region_cap": None,
    "category_region_caps": {},
    "region_cap": None,
}
RULES = {
    "format": "stemfleet-rules/1",
    "wave": "STEM9",
    "title": "Κύμα δοκιμών",
    "lots": [LOT, {**LOT, "lot": "kit", "model": "microbit-kit", "seats": 2, "reserves": {}, "levels": None}],
    "points": [{"kind": "project", "points": 50, "max": 200, "from_year": 2018, "to_year": 2024}],
    "repeat_years": 4,
    "default_preferences": ["printer", "kit"],
}


def rules(**changes) -> dict:
    return {**copy.deepcopy(RULES), **changes}


def rules_with_lot(**changes) -> dict:
    """The rules with their first lot changed."""
    made = rules()
    made["lots"][0].update(changes)
    return made


def school(code, points=100, **changes) -> dict:
    return {
        "school": code,
        "level": "primary",
        "region": "Κρήτη",
        "categories": [],
        "points": points,
        "lines": [["Έργα", points]],
        "preferences": ["printer", "kit"],
        "ineligible": {},
    } | changes


def applicants(*schools) -> dict:
    return {"format": "stemfleet-applicants/1", "applicants": list(schools)}


def eight_schools() -> dict:
    return applicants(
        school("9000001", 500),
        school("9000002", 400),
        school("9000003", 300, categories=["special"]),
        school("9000004", 300, categories=["remote", "special"]),
        school("9000005", 200, region=None),
        school("9000006", 200, preferences=["kit"]),
        school("9000007", 100, level="university", preferences=["kit"], ineligible={"printer": "level"}),
        school("9000008", 0, lines=[], preferences=[]),
    )


def write(folder: Path, name: str, value) -> Path:
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path
