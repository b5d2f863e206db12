"""A round in progress on each database, with schools that have points."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from round_desk import RULES, Desk

from stemfleet.accounts import add_person
from stemfleet.allocation.rules_file import rules_bytes
from stemfleet.store import Evidence, ImportRun, Person, Store
from stemfleet.words import Level, Role
from stemfleet.workshop import Workshop


@pytest.fixture
def record(store: Store, nso: Person) -> Callable[[str, int], None]:
    """`record(school, number)` stores projects of 2024."""

    def add(school: str, number: int) -> None:
        with store.write() as session:
            run = ImportRun(
                what="evidence", file_name="e.csv", file_sha256="0" * 64, format="", counts={}, person_id=nso.id
            )
            session.add(run)
            session.flush()
            facts = {"kind": "project", "year": 2024, "number": number, "row": 2}
            session.add(Evidence(school_code=school, fingerprint=f"{run.id:064d}", import_id=run.id, **facts))

    return add


@pytest.fixture
def desk(workshop: Workshop, nso: Person, make_school: Callable[..., str], record: Callable[[str, int], None]) -> Desk:
    """Six schools by merit: best, second, third, fourth, fifth, and one special one with the fewest points."""
    names = ("best", "second", "third", "fourth", "fifth", "special")
    schools = {
        name: make_school(("special",) if name == "special" else (), level=Level.LOWER_SECONDARY) for name in names
    }
    for number, name in enumerate(reversed(names), start=1):
        record(schools[name], number)
    aris = add_person(workshop.store, nso, "Άρης του γραφείου", Role.NSO)
    made = Desk(workshop, nso, aris, schools)
    made.workshop = replace(workshop, clock=lambda: made.now)
    return made


@pytest.fixture
def rules_file(tmp_path: Path) -> Callable[..., Path]:
    """`rules_file(wave, model, seats=…)` writes the rules of a wave of one lot."""

    def write(wave: str, model: str, seats: int = 1) -> Path:
        lot = replace(RULES.lots[1], code="lot", model=model, seats=seats)
        file = tmp_path / f"{wave}.json"
        file.write_bytes(rules_bytes(replace(RULES, wave=wave, lots=(lot,), default_preferences=("lot",))))
        return file

    return write
