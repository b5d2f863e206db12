"""The synthetic files: read by the real readers, the same everywhere, with the country's shares."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from stemfleet.errors import InputError
from stemfleet.registers import Shape, read_departments, read_evidence, read_schools
from stemfleet.registers.sample import sample_departments, sample_evidence, sample_register
from stemfleet.words import Category, Level

COUNTRY = 14_000
PUBLISHED = [
    "55467522225aeefbb1768a38878eee2c3fbd6f49483c93b0c38dd29ab9f9a7f4",
    "9c27ddbdeb6bbdf7e94cf62dc3ad27001d1a59c5f7cdf3f8467ea09691873939",
]


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    """The register of 14,000 schools as the API gives it, and its records."""
    folder = tmp_path_factory.mktemp("country")
    sample_register(folder / "schools.json")
    sample_evidence(folder / "schools.json", folder / "evidence.csv")
    return folder


@pytest.fixture(scope="module")
def schools(country):
    return read_schools(country / "schools.json")


@pytest.fixture(scope="module")
def records(country):
    return read_evidence(country / "evidence.csv")


def share(count: int) -> float:
    return 100 * count / COUNTRY


@pytest.mark.parametrize("number", [1, 7, 500])
@pytest.mark.parametrize("ending", [".json", ".csv", ".xlsx"])
def test_exactly_the_asked_number_of_schools_work(tmp_path, ending, number) -> None:
    path = tmp_path / f"schools{ending}"
    rows = sample_register(path, schools=number)
    read = read_schools(path)
    assert len(read.rows) == number
    assert rows == number + len(read.skipped)


def test_the_three_formats_hold_the_same_schools(tmp_path) -> None:
    reads = {}
    for ending in (".json", ".csv", ".xlsx"):
        path = tmp_path / f"schools{ending}"
        sample_register(path, schools=800, seed=3)
        reads[ending] = read_schools(path)
    assert {ending: read.format.shape for ending, read in reads.items()} == {
        ".json": Shape.MM_API, ".csv": Shape.MM_EXPORT, ".xlsx": Shape.MM_EXPORT,
    }  # fmt: skip
    assert [s.code for s in reads[".json"].skipped] == [s.code for s in reads[".csv"].skipped]
    told = [(s.code, s.name, s.level, s.region, s.phone, s.postal_code, s.email) for s in reads[".json"].rows]
    for ending in (".csv", ".xlsx"):
        assert [
            (s.code, s.name, s.level, s.region, s.phone, s.postal_code, s.email) for s in reads[ending].rows
        ] == told
        assert "remoteness_unknown" in {finding.code for finding in reads[ending].findings}
        for school, known in zip(reads[ending].rows, reads[".json"].rows, strict=True):
            assert set(school.categories) == set(known.categories) - {Category.REMOTE}
            assert (school.untold, known.untold) == ((), ())
        assert (Category.REMOTE in reads[ending].known, Category.REMOTE in reads[".json"].known) == (False, True)


def test_the_country_has_its_levels(schools) -> None:
    levels = Counter(school.level for school in schools.rows)
    expected = {
        Level.KINDERGARTEN: 38, Level.PRIMARY: 32, Level.LOWER_SECONDARY: 13,
        Level.GENERAL_UPPER: 9, Level.VOCATIONAL_UPPER: 4, Level.SECOND_CHANCE: 0.5,
    }  # fmt: skip
    for level, percent in expected.items():
        assert share(levels[level]) == pytest.approx(percent, abs=1.2)
    assert levels[Level.SPECIAL_VOCATIONAL] > 0


def test_the_country_has_its_categories_and_they_overlap(schools) -> None:
    groups = Counter(category for school in schools.rows for category in school.categories)
    expected = {Category.SPECIAL: 3, Category.MINORITY: 1, Category.SECOND_CHANCE: 0.5, Category.REMOTE: 4}
    for category, percent in expected.items():
        assert share(groups[category]) == pytest.approx(percent, abs=0.2)
    overlaps = Counter(school.categories for school in schools.rows if len(school.categories) > 1)
    assert overlaps[Category.MINORITY, Category.REMOTE] >= 20
    assert overlaps[Category.REMOTE, Category.SPECIAL] >= 20
    assert sum(len(groups) == 3 for groups in overlaps) >= 1


def test_the_country_has_its_regions(schools) -> None:
    regions = Counter(school.region for school in schools.rows)
    assert share(regions["03"]) == pytest.approx(26, abs=1)
    assert share(regions["09"]) == pytest.approx(17, abs=1)
    others = set(regions) - {"03", "09", "27", None}
    assert len(others) == 11
    assert all(2 < share(regions[region]) < 9 for region in others)
    assert regions[None] > 0


def test_units_to_skip_are_among_the_schools(schools) -> None:
    assert set(schools.skipped_counts) == {"abolished", "suspended", "not_a_school", "no_code"}
    assert all(count > 10 for count in schools.skipped_counts.values())
    assert schools.closed


def test_codes_and_names_are_unique_and_addresses_reach_nobody(schools) -> None:
    codes = {school.code for school in schools.rows} | set(schools.closed)
    assert len(codes) == len(schools.rows) + len(schools.closed)
    assert len({(school.name, school.directorate) for school in schools.rows}) == COUNTRY
    assert all(school.email.endswith(".example") for school in schools.rows)


def test_a_school_that_every_manual_mentions_is_there(schools) -> None:
    assert "1ο ΓΥΜΝΑΣΙΟ ΚΕΡΚΥΡΑΣ" in {school.name for school in schools.rows}


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_a_seed_gives_the_same_bytes_whatever_the_hash_seed(tmp_path, hash_seed) -> None:
    script = (
        "import sys; from pathlib import Path; from stemfleet.registers.sample import *\n"
        "d = Path(sys.argv[1])\n"
        "for e in ('json', 'csv', 'xlsx'): sample_register(d / f's.{e}', schools=400, seed=5)\n"
        "for e in ('csv', 'xlsx'):\n"
        "    sample_evidence(d / 's.json', d / f'e.{e}', seed=5); sample_departments(d / f'd.{e}')\n"
    )
    there = {**os.environ, "PYTHONHASHSEED": hash_seed}
    (tmp_path / "other").mkdir()
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "other")], env=there, check=True)
    for ending in ("json", "csv", "xlsx"):
        sample_register(tmp_path / f"s.{ending}", schools=400, seed=5)
    for ending in ("csv", "xlsx"):
        sample_evidence(tmp_path / "s.json", tmp_path / f"e.{ending}", seed=5)
        sample_departments(tmp_path / f"d.{ending}")
    for other in (tmp_path / "other").iterdir():
        assert other.read_bytes() == (tmp_path / other.name).read_bytes(), other.name


def test_the_sample_of_seed_1_is_the_published_one(tmp_path) -> None:
    """Another hash means other schools in every demo and every replayed wave: only on purpose."""
    sample_register(tmp_path / "s.json", schools=300)
    sample_evidence(tmp_path / "s.json", tmp_path / "e.csv")
    found = [hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("s.json", "e.csv")]
    assert found == PUBLISHED


def test_another_seed_gives_other_schools(tmp_path) -> None:
    sample_register(tmp_path / "one.csv", schools=50, seed=1)
    sample_register(tmp_path / "two.csv", schools=50, seed=2)
    assert (tmp_path / "one.csv").read_bytes() != (tmp_path / "two.csv").read_bytes()


def test_the_departments_are_the_23_that_took_part(tmp_path) -> None:
    path = tmp_path / "departments.xlsx"
    assert sample_departments(path) == 23
    read = read_departments(path)
    assert [department.code for department in read.rows] == [f"U-{number}" for number in range(1, 24)]
    assert len({department.university for department in read.rows}) == 13


def test_every_record_belongs_to_a_school_or_a_department(schools, records) -> None:
    known = {school.code for school in schools.rows} | {f"U-{number}" for number in range(1, 24)}
    assert {record.code for record in records.rows} <= known
    assert records.skipped == ()
    assert {record.year for record in records.rows} == set(range(2014, 2026))


def test_the_prizes_are_those_of_the_briefing(records) -> None:
    prizes = Counter((record.kind, record.edition) for record in records.rows if record.kind.endswith("_prize"))
    assert [prizes["national_prize", edition] for edition in ("17", "18", "19", "20")] == [32, 20, 17, 19]
    assert [prizes["european_prize", year] for year in ("2022", "2023", "2024", "2025")] == [6, 5, 9, 8]
    labels = Counter(record.year for record in records.rows if record.kind == "ite_label")
    assert labels == {2024: 3, 2025: 6}


def test_one_school_in_twenty_has_won_and_one_in_five_is_active(schools, records) -> None:
    codes = {school.code for school in schools.rows}
    won = {record.code for record in records.rows if record.kind in {"national_prize", "european_prize"}} & codes
    assert share(len(won)) == pytest.approx(5, abs=0.7)
    assert share(len(_active(records, codes))) == pytest.approx(20, abs=2)


def _active(records, codes: set[str]) -> set[str]:
    """Schools with four activities or more in the four years before the last wave."""
    kinds = {"project", "national_quality_label", "european_quality_label", "course_completed", "workshop"}
    items: Counter[str] = Counter()
    for record in records.rows:
        if record.kind in kinds and 2020 <= record.year <= 2023:
            items[record.code] += record.number
    return {code for code, number in items.items() if number >= 4} & codes


def test_schools_with_guarantees_have_less_and_those_of_two_groups_more(schools, records) -> None:
    active = _active(records, {school.code for school in schools.rows})

    def active_share(groups: range) -> float:
        members = [school.code for school in schools.rows if len(school.categories) in groups]
        return sum(code in active for code in members) / len(members)

    assert active_share(range(1, 2)) < active_share(range(1)) < active_share(range(2, 4))


def test_records_do_not_depend_on_the_order_of_the_register(tmp_path) -> None:
    sample_register(tmp_path / "s.csv", schools=120)
    lines = (tmp_path / "s.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "turned.csv").write_text("".join([lines[0], *reversed(lines[1:])]), encoding="utf-8")
    for name in ("s", "turned"):
        sample_evidence(tmp_path / f"{name}.csv", tmp_path / f"{name}-evidence.csv")
    assert (tmp_path / "s-evidence.csv").read_bytes() == (tmp_path / "turned-evidence.csv").read_bytes()


@pytest.mark.parametrize("name", ["schools.txt", "schools", "schools.ods"])
def test_an_ending_that_is_no_format_is_refused(tmp_path, name) -> None:
    with pytest.raises(InputError, match="ending"):
        sample_register(tmp_path / name, schools=5)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [0, -3, 5_000_000])
def test_a_number_of_schools_that_no_code_can_hold_is_refused(tmp_path, number) -> None:
    with pytest.raises(InputError, match="give a number"):
        sample_register(tmp_path / "s.csv", schools=number)


def test_a_folder_that_is_not_there_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        sample_register(tmp_path / "nowhere" / "s.csv", schools=5)


def test_the_commands_write_the_files_and_say_what_is_in_them(tmp_path) -> None:
    def run(*words: str) -> str:
        command = [sys.executable, "-m", "stemfleet", "sample", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    register, evidence = tmp_path / "s.json", tmp_path / "e.csv"
    assert "40 schools in" in run("register", "--schools", "40", "--seed", "9", "--out", str(register))
    assert "23 departments" in run("departments", "--out", str(tmp_path / "d.csv"))
    assert "records" in run("evidence", "--register", str(register), "--out", str(evidence))
    assert len(read_schools(register).rows) == 40
    assert read_evidence(evidence).rows


def test_a_command_that_cannot_ends_with_2_and_a_sentence(tmp_path) -> None:
    command = [sys.executable, "-m", "stemfleet", "sample", "register", "--out", str(Path(tmp_path) / "s.pdf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert ".json, .csv, .xlsx" in done.stderr
