"""Synthetic inputs of any size: 3 lots, 6 overlapping categories.  python inputs.py N FOLDER

The same N gives the same bytes, always.
"""

import json
import random
import sys
from pathlib import Path

LOTS = ("microbit", "printer", "robot")
SHARES = {"special": 6, "minority": 2, "second_chance": 1, "remote": 12, "awarded": 8, "active": 25}  # of 100 schools
REGIONS = [f"{number:02}" for number in range(1, 14)]


def rules(applicants: int) -> dict:
    """One place in a lot for every 50 applicants; three quarters of the places are guaranteed."""
    seats = max(6, applicants // 50)
    reserves = dict.fromkeys(SHARES, seats // 8)
    lots = [
        {
            "lot": lot,
            "model": f"{lot}-kit",
            "seats": seats,
            "units_per_award": 1,
            "reserves": reserves,
            "unfilled": "open",
            "admits": None,
            "levels": None,
            "open_region_cap": None,
            "category_region_caps": {},
            "region_cap": None,
        }
        for lot in LOTS
    ]
    return {
        "format": "stemfleet-rules/1",
        "wave": f"BENCH{applicants}",
        "title": "Benchmark",
        "lots": lots,
        "points": [],
        "repeat_years": 0,
        "default_preferences": list(LOTS),
    }


def school(rnd: random.Random, number: int) -> dict:
    """One applicant of 0 to 300 points in three lines, each lot wanted by most."""
    lines = [
        ["labels", rnd.randrange(20) * 5],
        ["prizes", rnd.choice((0, 0, 0, 40, 80))],
        ["projects", rnd.randrange(120)],
    ]
    wanted = rnd.sample(LOTS, rnd.choice((1, 2, 3, 3, 3)))
    return {
        "school": f"{9000000 + number}",
        "level": "primary",
        "region": rnd.choice(REGIONS),
        "categories": sorted(name for name, share in SHARES.items() if rnd.randrange(100) < share),
        "points": sum(points for _, points in lines),
        "lines": lines,
        "preferences": wanted,
        "ineligible": {},
    }


def write(applicants: int, folder: Path) -> None:
    """`rules.json` and `applicants.json` in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rnd = random.Random(applicants)  # noqa: S311
    schools = [school(rnd, number) for number in range(applicants)]
    rnd.shuffle(schools)
    for name, value in (
        ("rules.json", rules(applicants)),
        ("applicants.json", {"format": "stemfleet-applicants/1", "applicants": schools}),
    ):
        (folder / name).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    write(int(sys.argv[1]), Path(sys.argv[2]))
