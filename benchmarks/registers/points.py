"""Totals of points for every school, beside the same records added up by plain sqlite3 and fetched in full.

    python benchmarks/registers/points.py --folder build/bench --schools 14000 --records 56000

One run of each in turn, five times; the medians and their ratio. `persons`: a table with a cap for each person, for
which the records are added up by school, kind, person and year, as the plain query does; `wave`: the rules of STEM 5.
"""

import argparse
import json
import random
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from stemfleet.resources import resource
from stemfleet.store import Store
from stemfleet.waves.items import read_totals
from stemfleet.waves.points import PointsTable

PLAIN = "SELECT school_code, kind, person, year, sum(number) FROM evidence GROUP BY 1, 2, 3, 4"
RUNS = 5
YEAR = 2024
KINDS = (
    "project", "project", "project", "course_completed", "course_completed", "workshop", "national_quality_label",
    "european_quality_label", "national_prize", "european_prize", "school_label", "stem_prize",
)  # fmt: skip
PERSONS = [
    {"kind": "national_prize", "points": 40, "max": 120, "last_years": 4},
    {"kind": "national_quality_label", "points": 12, "max": 60, "last_years": 4},
    {"kind": "project", "points": 5, "max": 40, "max_per_person": 15, "last_years": 4},
    {"kind": "course_completed", "points": 4, "max": 24, "max_per_person": 8, "last_years": 4},
    {"kind": "workshop", "points": 2, "max": 12, "last_years": 4, "level_percent": {"kindergarten": 150}},
]


def main() -> None:
    given = arguments()
    file = given.folder / f"points-{given.schools}-{given.records}.sqlite"
    if not file.exists():
        make(file, given.schools, given.records)
    wave = json.loads(resource("examples", "waves", "STEM5.json").read_text("utf-8"))["points"]
    for name, entries in (("persons", PERSONS), ("wave", wave)):
        table = PointsTable.read(entries, YEAR)
        report(name, file, table)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/bench"))
    parser.add_argument("--schools", type=int, default=14_000)
    parser.add_argument("--records", type=int, default=56_000)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    return given


def make(file: Path, schools: int, records: int) -> None:
    """The tables of the program, filled past it; a few schools have most of the records."""
    Store.open(f"sqlite:///{file}").close()
    dice = random.Random(1)  # noqa: S311
    database = sqlite3.connect(file)
    codes = [f"{number:07}" for number in range(1, schools + 1)]
    levels = ("kindergarten", "primary", "lower_secondary", "general_upper")
    database.execute("INSERT INTO person (id, name, role, active, created) VALUES (1, 'x', 'nso', 1, '2026-01-01')")
    database.execute(
        "INSERT INTO import_run (id, what, file_name, file_sha256, format, counts, person_id, at) "
        "VALUES (1, 'evidence', 'e.csv', '', '', '{}', 1, '2026-01-01')"
    )
    database.executemany(
        "INSERT INTO school (code, kind, name, level, status, search_name) VALUES (?, 'school', ?, ?, 'active', '')",
        ((code, f"Σχολείο {code}", dice.choice(levels)) for code in codes),
    )
    database.executemany(
        "INSERT INTO evidence (school_code, kind, year, number, person, fingerprint, import_id, row) "
        "VALUES (?, ?, ?, ?, ?, ?, 1, ?)",
        rows(dice, codes, records),
    )
    database.commit()
    database.execute("ANALYZE")
    database.close()


def rows(dice: random.Random, codes: list[str], records: int) -> Iterator[tuple[Any, ...]]:
    for number in range(records):
        school = codes[int(len(codes) * dice.random() ** 1.5)]
        person = f"P{school}{dice.randrange(4)}" if dice.random() < 0.7 else None
        year, kind = dice.randint(2014, 2025), dice.choice(KINDS)
        yield school, kind, year, dice.choice((1, 1, 1, 2)), person, f"{number:064}", number + 2


def report(name: str, file: Path, table: PointsTable) -> None:
    plain, ours, found = [], [], 0
    for _ in range(RUNS):
        took, groups = timed(lambda: fetch(file))
        plain.append(took)
        took, totals = timed(lambda: add_up(file, table))
        ours.append(took)
        found = len(totals)
    first, second = statistics.median(plain), statistics.median(ours)
    sys.stdout.write(
        f"{name}: plain {first:.2f} s ({len(groups):,} groups), totals {second:.2f} s ({found:,} schools), "
        f"ratio {second / first:.2f}\n"
    )


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def fetch(file: Path) -> list[Any]:
    database = sqlite3.connect(file)
    found = database.execute(PLAIN).fetchall()
    database.close()
    return found


def add_up(file: Path, table: PointsTable) -> dict[str, int]:
    store = Store.open(f"sqlite:///{file}")
    with store.read() as session:
        totals = read_totals(session, table, YEAR)
    store.close()
    return totals


if __name__ == "__main__":
    main()
