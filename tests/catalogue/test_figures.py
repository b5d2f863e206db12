"""The figures of the briefing: their totals are those of the briefing, or it is said where they are not."""

from pathlib import Path

import pytest

from stemfleet.catalogue import read_models
from stemfleet.catalogue.evidence import read_evidence_catalogue
from stemfleet.catalogue.figures import FigureTable, read_figures

DOCS = (Path(__file__).parents[2] / "docs" / "figures.md").read_text("utf-8")


def table(name: str) -> FigureTable:
    return next(found for found in read_figures() if found.name == name)


@pytest.mark.parametrize(
    ("name", "column", "total"),
    [
        ("courses", "2021-22", 13_314),  # 13,529 are printed
        ("courses", "2022-23", 16_557),
        ("courses", "2023-24", 19_740),
        ("courses", "2024-25", 22_714),
        ("courses", "2025-26", 26_896),
        ("moocs", "trained", 21_310),
        ("languages-european-schools", "enrolments", 88),
        ("languages-supported-countries", "enrolments", 183),
        ("webinars", "webinars", 554),
        ("webinars", "participants", 35_777),
        ("national-contests", "schools", 32 + 20 + 17 + 19),
        ("national-contests", "departments", 3),
        ("european-prizes", "schools", 28),
        ("european-prizes", "teachers", 43),
        ("european-prizes", "projects", 16),
        ("tickets", "tickets", 7_204),
        ("stem-waves", "schools", 1_034),
    ],
)
def test_a_column_adds_up_to(name: str, column: str, total: int) -> None:
    assert table(name).sum(column) == total


def test_the_totals_that_do_not_add_up_are_these_and_the_docs_name_them() -> None:
    differing = [
        (t.name, total.printed, total.computed) for t in read_figures() for total in t.totals if not total.agrees
    ]
    assert differing == [("courses", 13_529, 13_314), ("courses", 99_350, 99_221), ("ite", 1_200, 940)]
    for _name, printed, computed in differing:
        assert f"{printed:,}" in DOCS
        assert f"{computed:,}" in DOCS


def test_every_printed_total_of_the_tables_stands_beside_its_computed_one() -> None:
    printed = {t.name: [total.printed for total in t.totals] for t in read_figures() if t.totals}
    assert printed == {
        "stem-waves": [1_000],
        "courses": [13_529, 16_557, 19_740, 22_714, 26_896, 99_350],
        "moocs": [21_310],
        "languages-european-schools": [88],
        "languages-supported-countries": [183],
        "ite": [1_200],
        "webinars": [554, 35_777],
        "tickets": [7_200],
    }


def test_table_1_has_22_courses_of_which_two_numbers_stand_twice() -> None:
    numbers = [row.number for row in table("courses").rows]
    assert len(numbers) == 22
    assert sorted({n for n in numbers if numbers.count(n) > 1}) == ["16", "17"]


def test_every_course_of_the_tables_is_in_the_catalogue_and_its_kits_are_known() -> None:
    catalogue, models = read_evidence_catalogue(), read_models()
    assert len(table("courses").rows) + len(table("moocs").rows) == len(catalogue.courses) - 1  # one is new in 2026-27
    assert {model for course in catalogue.courses.values() for model in course.models} <= set(models)
    assert [course.code for course in catalogue.courses_for("arduino-kit")] == ["arduino-basic", "arduino-intermediate"]


def test_every_table_says_its_section_and_is_in_the_docs() -> None:
    for found in read_figures():
        assert f"`{found.name}`" in DOCS
        assert f"| {found.section} |" in DOCS
