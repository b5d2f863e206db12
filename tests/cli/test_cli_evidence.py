"""`evidence` and `objection`: what is stored and decided, on the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from stemfleet.accounts import add_person
from stemfleet.cli import stemfleet
from stemfleet.errors import InputError
from stemfleet.rounds.objections import make_objection
from stemfleet.store import Person
from stemfleet.words import Role, RoundState
from stemfleet.workshop import Workshop
from tests.rounds.round_desk import Desk, open_desk


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'stemfleet.sqlite'}"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """`run("evidence", "kinds")` gives what is printed."""
    monkeypatch.delenv("STEMFLEET_DATABASE_URL", raising=False)

    def invoke(*arguments: object) -> str:
        words = ["--data", str(tmp_path), *map(str, arguments)]
        return CliRunner().invoke(stemfleet, words, catch_exceptions=False, standalone_mode=False).stdout

    return invoke


@pytest.fixture
def desk(workshop: Workshop, nso: Person, make_school: Callable[..., str]) -> Desk:
    """With provisional points: the school `fifth` has two projects and 20 points."""
    return open_desk(workshop, nso, make_school).reach(RoundState.PROVISIONAL)


@pytest.fixture
def objected(desk: Desk) -> int:
    maria = add_person(desk.workshop.store, desk.niki, "Μαρία Μ.", Role.SCHOOL, desk.schools["fifth"])
    return make_objection(desk.workshop, maria, "R1", "Λείπει ένα έργο")


def test_own_kinds_and_courses_stand_beside_the_shipped_ones(run: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir()
    own = 'name = "robot_show"\nhas = []\n[title]\nel = "Παρουσίαση"\nen = "Show"\n'
    (tmp_path / "evidence" / "robot_show.toml").write_text(own, encoding="utf-8")
    course = '[[courses]]\ncode = "maqueen"\ngroup = "robotics"\nmodels = ["microbit-kit"]\n'
    (tmp_path / "courses.toml").write_text(course + 'title = { el = "Maqueen", en = "Maqueen" }\n', encoding="utf-8")
    known = json.loads(run("evidence", "kinds", "--json"))
    assert {"robot_show", "project"} <= {kind["name"] for kind in known["kinds"]}
    assert {"maqueen", "microbit"} <= {course["code"] for course in known["courses"]}
    assert "robot_show" in run("evidence", "kinds")


def test_lines_lead_to_file_row_and_date(run: Callable[..., str], desk: Desk) -> None:
    found = json.loads(run("evidence", "lines", "R1", desk.schools["fifth"], "--json"))
    (line,) = found["lines"]
    assert (line["label"], line["points"], line["from_records"]) == ("project 0-2026", 20, 20)
    (record,) = line["records"]
    assert (record["file"], record["row"], record["counted"]) == ("e.csv", 2, 20)
    assert "imported" in record
    assert "e.csv, row 2" in run("evidence", "lines", "R1", desk.schools["fifth"])


def test_pruning_is_previewed(run: Callable[..., str], desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nothing is deleted yet" in run("evidence", "prune")
    assert json.loads(run("evidence", "prune", "--apply", "--json"))["persons"] == 0
    monkeypatch.setenv("STEMFLEET_KEEP_YEARS", "for ever")
    with pytest.raises(InputError, match="STEMFLEET_KEEP_YEARS"):
        run("evidence", "prune")


def test_an_objection_is_accepted_after_its_preview(run: Callable[..., str], desk: Desk, objected: int) -> None:
    record: tuple[Any, ...] = ("accept", objected, "--kind", "project", "--year", 2025)
    assert "points: 20 → 30" in run("objection", *record, "--preview")
    assert json.loads(run("objection", "list", "--state", "open", "--json"))[0]["number"] == objected
    run("objection", *record, "--answer", "Ναι")
    shown = json.loads(run("objection", "show", objected, "--json"))
    assert (shown["state"], shown["answer"], shown["text"]) == ("accepted", "Ναι", "Λείπει ένα έργο")


def test_an_objection_is_refused_or_a_line_put_right(run: Callable[..., str], desk: Desk, objected: int) -> None:
    assert "lines" in run("objection", "accept", objected, "--line", "project 0-2026=25", "--preview")
    run("objection", "refuse", objected, "--reason", "Μετράει ήδη")
    assert "refused" in run("objection", "list")
    assert "Μετράει ήδη" in run("objection", "show", objected)
