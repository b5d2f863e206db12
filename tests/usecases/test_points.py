"""The points table: what each key of an entry does. The promises of docs/points.md."""

import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemfleet.errors import InputError
from stemfleet.waves import points
from stemfleet.waves.points import Cut, Item, PointsTable
from stemfleet.waves.points_fields import YEARS
from stemfleet.words import Level

PAGE = (Path(__file__).parents[2] / "docs" / "points.md").read_text("utf-8")


def lines(entries: list[Any], items: list[Item], year: int = 2026, level: Level | None = None) -> list[tuple[str, int]]:
    return PointsTable.read(entries, year).lines(items, level)


def test_points_are_the_sum_of_lines_within_caps_and_years() -> None:
    table = PointsTable.read(
        [
            {"kind": "project", "points": 5, "max": 12},
            {"kind": "national_prize", "points": 40, "from_year": 2020, "to_year": 2022},
            {"category": "active", "kinds": ["project"], "at_least": 2},
        ],
        2023,
    )
    items = [
        Item("project", 2010),
        Item("project", 2021, 3),
        Item("national_prize", 2019),
        Item("national_prize", 2021),
    ]
    assert table.lines(items, None) == [("project 0-2023", 12), ("national_prize 2020-2022", 40)]
    assert table.total(items, None) == 52
    assert table.categories_of(items) == {"active"}
    assert table.categories_of([Item("project", 2021)]) == set()


def test_nothing_newer_than_the_wave_counts() -> None:
    assert lines([{"kind": "project", "points": 5}], [Item("project", 2021, 3)], year=2020) == []


def test_last_years_end_with_the_year_of_the_wave() -> None:
    entry = {"kind": "project", "points": 5, "last_years": 3}
    items = [Item("project", year) for year in (2023, 2024, 2026, 2027)]
    assert lines([entry], items) == [("project 2024-2026", 10)]


def test_a_person_brings_at_most_so_much_and_the_nameless_are_one() -> None:
    entry = {"kind": "course_completed", "points": 4, "max_per_person": 8}
    items = [Item("course_completed", 2025, 1, person) for person in ("P1", "P1", "P1", "P2", None, None, None)]
    assert lines([entry], items) == [("course_completed 0-2026", 8 + 4 + 8)]
    assert lines([{**entry, "max": 15}], items) == [("course_completed 0-2026", 15)]


def test_percents_of_level_and_rank_are_rounded_down_once_for_each_item() -> None:
    entry = {"kind": "prize", "points": 15, "level_percent": {"kindergarten": 110}, "rank_percent": {"2": 75, "3": 0}}
    table = PointsTable.read([entry], 2026)
    first, second, third = (Item("prize", 2025, 2, rank=rank) for rank in ("1", "2", "3"))
    assert table.total([first], Level.PRIMARY) == 2 * 15
    assert table.total([first], Level.KINDERGARTEN) == 2 * 16  # 16.5
    assert table.total([second], Level.PRIMARY) == 2 * 11  # 11.25
    assert table.total([second], Level.KINDERGARTEN) == 2 * 12  # 12.375: not 16 × 0.75
    assert table.lines([third], Level.PRIMARY) == []


@pytest.mark.parametrize(
    ("count", "at_least", "holds"),
    [("items", 4, True), ("items", 5, False), ("kinds", 2, True), ("kinds", 3, False), ("persons", 2, True)],
)
def test_a_category_counts_items_kinds_or_persons(count: str, at_least: int, holds: bool) -> None:
    entry = {"category": "active", "kinds": ["project", "workshop", "mission"], "at_least": at_least, "count": count}
    items = [Item("project", 2025, 2, "P1"), Item("workshop", 2025, 1, "P2"), Item("workshop", 2025, 1, "P2")]
    assert PointsTable.read([entry], 2026).categories_of(items) == ({"active"} if holds else set())


def test_a_category_can_ask_for_several_things_at_once_or_for_either() -> None:
    both = {
        "category": "active",
        "all_of": [{"kinds": ["project"], "at_least": 2}, {"kinds": ["workshop"], "at_least": 1, "last_years": 2}],
    }
    prize = {"category": "active", "kinds": ["national_prize"], "at_least": 1}
    table = PointsTable.read([both, prize], 2026)
    assert table.categories_of([Item("project", 2020, 2), Item("workshop", 2025)]) == {"active"}
    assert table.categories_of([Item("project", 2020, 2), Item("workshop", 2024)]) == set()
    assert table.categories_of([Item("national_prize", 2011)]) == {"active"}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"kind": "project", "points": -1}, "entry 1: points"),
        ({"kind": "project", "points": 1, "weight": 2}, "unknown key weight"),
        ({"points": 1}, "entry 1: kind"),
        ({"category": "active", "kinds": [], "at_least": 1}, "entry 1: kinds"),
        ("project", "not an object"),
        ({"kind": "project", "points": 1, "max_per_person": 1.5}, "max_per_person"),
        ({"kind": "project", "points": 1, "level_percent": {"nursery": 100}}, "'nursery'.*kindergarten"),
        ({"kind": "project", "points": 1, "level_percent": {"primary": -5}}, "level_percent"),
        ({"kind": "project", "points": 1, "rank_percent": [100]}, "rank_percent"),
        ({"kind": "project", "points": 1, "last_years": 2, "to_year": 2020}, "Keep one way"),
        ({"category": "active", "kinds": ["project"], "at_least": 1, "count": "schools"}, "items / kinds / persons"),
        ({"category": "active", "all_of": []}, "all_of"),
        ({"category": "active", "all_of": [{"kinds": ["project"]}]}, "at_least"),
        ({"category": "active", "all_of": [{"kinds": ["a"], "at_least": 1}], "at_least": 1}, "unknown key at_least"),
    ],
)
def test_a_wrong_points_entry_is_named(entry: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        PointsTable.read([entry], 2023)


def test_a_line_stands_once() -> None:
    entry = {"kind": "project", "points": 1, "last_years": 4}
    with pytest.raises(InputError, match="entry 2: there is a line project 2020-2023"):
        PointsTable.read([entry, {"kind": "project", "points": 3, "from_year": 2020}], 2023)


ITEMS = st.builds(
    Item,
    kind=st.just("project"),
    year=st.integers(2018, 2027),
    number=st.integers(0, 4),
    person=st.sampled_from([None, "P1", "P2"]),
    rank=st.sampled_from([None, "1", "2", "3"]),
)
CAPS = st.none() | st.integers(0, 40)


@given(items=st.lists(ITEMS, max_size=12), most=CAPS, per_person=CAPS, each=st.integers(0, 12))
def test_what_the_items_bring_adds_up_to_the_line(
    items: list[Item], most: int | None, per_person: int | None, each: int
) -> None:
    entry: dict[str, Any] = {"kind": "project", "points": each, "last_years": 5, "rank_percent": {"2": 50, "3": 0}}
    entry |= {} if most is None else {"max": most}
    entry |= {} if per_person is None else {"max_per_person": per_person}
    table = PointsTable.read([entry], 2026)
    traced = table.points[0].trace(items, None)
    assert sum(counted.counted for counted in traced) == table.total(items, None)
    assert all(0 <= counted.counted <= counted.worth for counted in traced)
    assert all(counted.counted == counted.worth for counted in traced if counted.cut is None)
    assert all(item.year not in range(2022, 2027) for item, c in zip(items, traced, strict=True) if c.cut is Cut.AGE)


def blocks(text: str) -> list[str]:
    return re.findall(r"```(?:json)?\n(.*?)```", text, re.S)


GENERAL, WORKED = PAGE.split("## A worked example")


def test_every_example_of_the_page_can_be_used() -> None:
    examples = [json.loads(block) for block in blocks(GENERAL)]
    assert len(examples) == 2
    for example in examples:
        table = PointsTable.read(example, 2026)
        assert len(table.points) + len(table.categories) == len(example)


def test_the_page_computes_as_the_program_does() -> None:
    rules, items, made = blocks(WORKED)
    school = [Item(**item) for item in json.loads(items)]
    table = PointsTable.read(json.loads(rules), 2026)
    computed = table.lines(school, Level.LOWER_SECONDARY)
    total = ("total", table.total(school, Level.LOWER_SECONDARY))
    assert made.splitlines() == [f"{label} {points}" for label, points in [*computed, total]]


def test_every_key_is_on_the_page() -> None:
    read = " ".join(re.findall(r"allow\(([^)]*)\)", inspect.getsource(points)))
    keys = {*re.findall(r'"([a-z_]+)"', read), *YEARS}
    assert {"max_per_person", "all_of", "last_years"} <= keys
    assert [key for key in sorted(keys) if f"| `{key}`" not in PAGE] == []
