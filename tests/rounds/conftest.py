"""A round in progress on each database, with schools that have points."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from round_desk import RULES, Desk, open_desk, record_projects

from stemfleet.allocation.rules_file import rules_bytes
from stemfleet.store import Person, Store
from stemfleet.workshop import Workshop


@pytest.fixture
def record(store: Store, nso: Person) -> Callable[[str, int], None]:
    """`record(school, number)` stores projects of 2024."""
    return lambda school, number: record_projects(store, nso, school, number)


@pytest.fixture
def desk(workshop: Workshop, nso: Person, make_school: Callable[..., str]) -> Desk:
    return open_desk(workshop, nso, make_school)


@pytest.fixture
def rules_file(tmp_path: Path) -> Callable[..., Path]:
    """`rules_file(wave, model, seats=…)` writes the rules of a wave of one lot."""

    def write(wave: str, model: str, seats: int = 1) -> Path:
        lot = replace(RULES.lots[1], code="lot", model=model, seats=seats)
        file = tmp_path / f"{wave}.json"
        file.write_bytes(rules_bytes(replace(RULES, wave=wave, lots=(lot,), default_preferences=("lot",))))
        return file

    return write
