"""Evidence: kinds are data, lines lead to records, persons are forgotten in time, training of recipients is counted."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from stemfleet.allocation.rules_file import parse_rules
from stemfleet.allocation.values import Rules
from stemfleet.catalogue.evidence import read_evidence_catalogue
from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.rounds.evidence import evidence_behind
from stemfleet.schools import ImportPlan, apply_import, plan_import
from stemfleet.schools.imported import list_imports, show_import
from stemfleet.schools.retention import plan_pruning, prune
from stemfleet.schools.withdrawals import plan_withdrawal, withdraw_import
from stemfleet.store import Evidence, HistoryEntry, Person, Store
from stemfleet.waves import Draw, run_wave, show_wave
from stemfleet.waves.coverage import training_coverage
from stemfleet.waves.evidence_lines import EvidenceLine, lines_with_evidence
from stemfleet.waves.items import read_items, read_totals
from stemfleet.waves.points import Cut, PointsTable
from stemfleet.words import Level
from stemfleet.workshop import Workshop

TITLES = "code,kind,year,edition,rank,n,person,title,course"
LOT = {
    "lot": "kit",
    "model": "microbit-kit",
    "seats": 2,
    "units_per_award": 1,
    "reserves": {},
    "unfilled": "open",
    "admits": None,
    "levels": ["primary", "lower_secondary"],
    "open_region_cap": None,
    "category_region_caps": {},
    "region_cap": None,
}


def rules_of(points: list[Any], wave: str = "W1") -> bytes:
    document = {
        "format": "stemfleet-rules/1",
        "wave": wave,
        "title": "Δοκιμή",
        "lots": [LOT],
        "points": points,
        "repeat_years": 4,
        "default_preferences": ["kit"],
    }
    return json.dumps(document).encode()


def rules(points: list[Any]) -> Rules:
    return parse_rules(rules_of(points))


@pytest.fixture
def load(workshop: Workshop, nso: Person, tmp_path: Path) -> Callable[..., ImportPlan]:
    """`load("1000001,project,2024", …)` imports rows as a file of their own."""

    def imported(*rows: str, name: str = "records.csv", titles: str = TITLES) -> ImportPlan:
        file = tmp_path / name
        file.write_text("\n".join([titles, *rows]) + "\n", encoding="utf-8")
        return apply_import(
            workshop.store, nso, plan_import(workshop.store, "evidence", file, evidence=workshop.evidence)
        )

    return imported


def records(store: Store) -> list[Evidence]:
    with store.read() as session:
        return list(session.exec(select(Evidence).order_by(Evidence.id)).all())  # type: ignore[arg-type]


def codes(plan: ImportPlan) -> list[str]:
    return [finding.code for finding in plan.findings]


def test_a_list_calls_kinds_by_name_title_or_other_words(
    workshop: Workshop, make_school: Callable[..., str], load: Callable[..., ImportPlan]
) -> None:
    school = make_school()
    written = ("national_prize", "Εθνικό βραβείο", "ΕΘΝΙΚΟ ΒΡΑΒΕΙΟ ETWINNING", "National eTwinning prize")
    plan = load(*(f"{school},{kind},{2020 + number}" for number, kind in enumerate(written)))
    assert (plan.counts["new"], plan.findings) == (4, [])
    assert {record.kind for record in records(workshop.store)} == {"national_prize"}


def test_a_record_of_a_year_to_come_is_left_out_with_its_row(
    workshop: Workshop, make_school: Callable[..., str], load: Callable[..., ImportPlan]
) -> None:
    school, now = make_school(), workshop.clock().year
    plan = load(f"{school},project,{now}", f"{school},project,{now + 1}-{now + 2}", f"{school},project,2{now}")
    assert (plan.counts["new"], plan.counts["future"], plan.skipped_counts) == (1, 1, {"incomplete": 1})
    assert [(found.code, found.row, found.facts["year"]) for found in plan.findings] == [
        ("future_year", 3, str(now + 1))
    ]


def test_a_school_that_is_named_instead_of_coded_is_found_where_only_one_is_called_so(
    workshop: Workshop, make_school: Callable[..., str], load: Callable[..., ImportPlan]
) -> None:
    chania = make_school(name="1ο ΓΕΝΙΚΟ ΛΥΚΕΙΟ ΧΑΝΙΩΝ")
    twice = [make_school(name="ΔΗΜΟΤΙΚΟ ΣΧΟΛΕΙΟ ΑΓΙΟΥ ΝΙΚΟΛΑΟΥ") for _ in range(2)]
    plan = load(
        "1ο Γ.Ε.Λ. Χανίων,project,2024",
        "Δ.Σ. Αγίου Νικολάου,project,2024",
        "2ο ΓΕΛ Χανίων,project,2024",
        "abc,project,2024",
    )
    assert (plan.counts["new"], plan.counts["unknown_school"], plan.skipped_counts) == (1, 2, {"bad_code": 1})
    assert [(found.code, found.row) for found in plan.findings] == [
        ("read_by_name", 2), ("several_of_this_name", 3), ("unknown_school", 4),
    ]  # fmt: skip
    assert plan.findings[1].facts["codes"] == ", ".join(twice)
    assert [record.school_code for record in records(workshop.store)] == [chania]


def test_every_kind_of_the_issue_ships_with_titles_that_no_two_share() -> None:
    kinds = read_evidence_catalogue().kinds
    assert set(kinds) >= {
        "national_prize", "european_prize", "stem_prize", "national_quality_label", "european_quality_label",
        "school_label", "ite_label", "ite_prize", "project", "course_enrolled", "course_completed", "mooc_enrolled",
        "mooc_completed", "workshop", "mission", "conference_paper", "magazine_article", "publication",
    }  # fmt: skip
    names = [word for kind in kinds.values() for word in (*kind.title.values(), *kind.also)]
    assert len(names) == len(set(names))


def test_a_new_kind_of_evidence_needs_no_python(
    workshop: Workshop, nso: Person, tmp_path: Path, make_school: Callable[..., str]
) -> None:
    """The recipe of docs/adding.md, followed: the file, a list, a rule, the line with its record."""
    recipe = (Path(__file__).parents[2] / "docs/adding.md").read_text("utf-8").split("## a kind of evidence")[1]
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "robot_show.toml").write_text(recipe.split("```toml\n")[1].split("```")[0], "utf-8")
    known = read_evidence_catalogue(tmp_path)
    assert known.kinds["robot_show"].title["el"] == "Παρουσίαση ρομποτικής"
    school = make_school()
    file = tmp_path / "shows.csv"
    file.write_text(f"code,kind,year,n\n{school},Επίδειξη ρομπότ,2025,2\n", encoding="utf-8")
    plan = plan_import(workshop.store, "evidence", file, evidence=known)
    assert (plan.counts["new"], plan.findings) == (1, [])
    apply_import(workshop.store, nso, plan)
    (line,) = lines_with_evidence(workshop, rules([{"kind": "robot_show", "points": 7}]), 2026, school).lines
    assert (line.label, line.points) == ("robot_show 0-2026", 14)


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('name = "x"\nhas = []', "title"),
        ('name = "x"\nhas = ["colour"]\n[title]\nel = "α"\nen = "a"', "colour"),
        ('name = "x"\nhas = []\nworth = 3\n[title]\nel = "α"\nen = "a"', "unknown key worth"),
        ("name = ", "cannot be read"),
    ],
)
def test_a_kind_that_cannot_be_used_names_its_file(tmp_path: Path, toml: str, message: str) -> None:
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "x.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(InputError, match=f"x.toml.*{message}"):
        read_evidence_catalogue(tmp_path)


def test_what_nobody_knows_is_said_once_or_left_out(
    workshop: Workshop, make_school: Callable[..., str], load: Callable[..., ImportPlan]
) -> None:
    school = make_school()
    plan = load(
        f"{school},juggling,2024",
        f"{school},juggling,2025",
        f"{school},Χορός,2024",
        f"{school},course_completed,2024,,,,,,astrology",
        f"{school},school_label,2024,7,,2,P1",
    )
    assert (plan.counts["new"], plan.counts["unknown_kind"]) == (4, 1)
    assert sorted(codes(plan)) == [
        "no_such_column", "no_such_column", "not_described", "several", "unknown_course", "unknown_kind",
    ]  # fmt: skip
    label = next(record for record in records(workshop.store) if record.kind == "school_label")
    assert (label.edition, label.person) == (None, None)


@pytest.mark.parametrize(
    "written",
    ["Μαρία Παπαδοπούλου", "Papadopoulou", "maria@sch.gr", "Π12", "P 12", "01017012345", "123456789", "306912345678"],
)
def test_what_may_be_a_name_is_not_kept(
    written: str, workshop: Workshop, make_school: Callable[..., str], load: Callable[..., ImportPlan]
) -> None:
    plan = load(f"{make_school()},project,2024,,,,{written}")
    assert (plan.counts["new"], codes(plan)) == (1, ["not_an_id"])
    assert records(workshop.store)[0].person is None
    with workshop.store.read() as session:
        assert not any(written in str(entry.facts) for entry in session.exec(select(HistoryEntry)))


def test_a_corrected_row_is_told_from_a_second_record(
    workshop: Workshop, make_school: Callable[..., str], load: Callable[..., ImportPlan]
) -> None:
    school = make_school()
    prize, project = f"{school},national_prize,2024,19", f"{school},project,2024,,,3"
    load(f"{prize},1,,P1,Νησιά", f"{project},P1,Α", f"{project},P1,Β")
    plan = load(f"{prize},2,,P1,Νησιά", f"{prize},1,,P2,Νησιά", f"{project},P1,Α", f"{project},P1,Γ", name="more.csv")
    like = [finding for finding in plan.findings if finding.code == "like_stored"]
    assert [(f.row, f.facts["fields"], f.facts["file"], f.facts["earlier"]) for f in like] == [
        (2, "rank", "records.csv", 2)
    ]


def test_a_wrong_list_is_taken_back_and_stays_in_the_history(
    workshop: Workshop, nso: Person, warehouse: Person, make_school: Callable[..., str], load: Callable[..., ImportPlan]
) -> None:
    school, store = make_school(), workshop.store
    load(f"{school},project,2024,,,3")
    load(f"{school},project,2024,,,5", f"{school},mission,2024", name="wrong.csv")
    number = next(run.id for run, _ in list_imports(store) if run.file_name == "wrong.csv")
    with pytest.raises(Refused):
        withdraw_import(store, warehouse, number, "λάθος")
    with pytest.raises(InputError):
        withdraw_import(store, nso, number, " ")
    assert (plan_withdrawal(store, number).records, len(records(store))) == (2, 3)
    assert withdraw_import(store, nso, number, "λάθος αρχείο").schools == 1
    assert [(record.kind, record.number) for record in records(store)] == [("project", 3)]
    with store.read() as session:
        entry = session.exec(select(HistoryEntry).where(HistoryEntry.verb == "import_withdrawn")).one()
    assert (entry.facts["reason"], entry.facts["records"]) == ("λάθος αρχείο", 2)
    assert show_import(store, number)[0].counts["withdrawn"] == 2
    with pytest.raises(Refused):
        plan_withdrawal(store, number)
    assert load(f"{school},mission,2024", name="right.csv").counts["new"] == 1


def test_only_lists_of_records_are_taken_back(store: Store, nso: Person, tmp_path: Path) -> None:
    file = tmp_path / "schools.csv"
    file.write_text("Κωδικός;Ονομασία;Τύπος\n2401001;1ο ΓΥΜΝΑΣΙΟ;ΓΥΜ\n", encoding="utf-8")
    apply_import(store, nso, plan_import(store, "schools", file))
    with pytest.raises(InputError):
        withdraw_import(store, nso, list_imports(store)[0][0].id, "λάθος")
    with pytest.raises(NotFound):
        plan_withdrawal(store, 999)


TABLE = [
    {"kind": "course_completed", "points": 4, "max": 14, "max_per_person": 8, "last_years": 3},
    {"kind": "project", "points": 5, "level_percent": {"primary": 0}},
]


def test_each_line_leads_to_its_records_and_says_what_was_cut_off(
    workshop: Workshop, make_school: Callable[..., str], load: Callable[..., ImportPlan]
) -> None:
    school = make_school(level=Level.PRIMARY)
    load(
        f"{school},course_completed,2026,,,3,P1",
        f"{school},course_completed,2025,,,2,P2",
        f"{school},course_completed,2023,,,1,P3",
        f"{school},project,2026",
        f"{school},mission,2026",
    )
    found = lines_with_evidence(workshop, rules(TABLE), 2026, school)
    course, project = found.lines
    assert [(r.record.row, r.worth, r.counted, r.cut) for r in course.records] == [
        (2, 12, 8, Cut.PERSON_CAP),
        (3, 8, 6, Cut.SCHOOL_CAP),
        (4, 4, 0, Cut.AGE),
    ]
    assert [(r.worth, r.cut) for r in project.records] == [(0, Cut.FACTOR)]
    assert (course.points, project.points, found.total) == (14, 0, 14)
    assert {record.file for line in found.lines for record in line.records} == {"records.csv"}
    assert [record.record.kind for record in found.others] == ["mission"]
    assert [len(course.counting), len(course.cut_off)] == [2, 3]


def test_records_that_came_after_the_publication_do_not_count(
    workshop: Workshop, make_school: Callable[..., str], load: Callable[..., ImportPlan]
) -> None:
    school = make_school()
    load(f"{school},course_completed,2026,,,1,P1", name="early.csv")
    until = datetime.now(UTC)
    load(f"{school},course_completed,2026,,,1,P2", name="late.csv")

    def line(**more: Any) -> EvidenceLine:
        return lines_with_evidence(workshop, rules(TABLE), 2026, school, **more).lines[0]

    assert [(r.file, r.cut) for r in line(until=until).records] == [("early.csv", None), ("late.csv", Cut.LATER)]
    agreed = line(until=until).records[1].record.id
    assert (line(until=until).points, line(until=until, agreed=[agreed]).points, line().points) == (4, 8, 8)


def test_the_lines_of_a_wave_are_those_of_its_records(
    workshop: Workshop, nso: Person, tmp_path: Path, make_school: Callable[..., str], load: Callable[..., ImportPlan]
) -> None:
    schools = [make_school(level=Level.LOWER_SECONDARY) for _ in range(3)]
    load(*(f"{school},project,202{n},,,{n},P{n}" for school in schools for n in range(1, 6)))
    load(*(f"{school},course_completed,2025,,,{n},P{n % 2}" for school in schools for n in range(1, 4)), name="b.csv")
    file = tmp_path / "W1.json"
    file.write_bytes(rules_of(TABLE))
    run_wave(workshop, nso, file, 2025, Draw("value"))
    load(f"{schools[0]},project,2025", name="later.csv")
    for row in show_wave(workshop.store, "W1")[1]:
        behind = evidence_behind(workshop, "W1", row.school.code)
        assert not any(line.differs for line in behind.lines)
        assert [(line.label, line.published) for line in behind.lines] == [
            (label, points) for label, points in row.application.lines
        ]
    with pytest.raises(NotFound):
        evidence_behind(workshop, "W9", schools[0])


def test_totals_are_the_sums_of_the_lines(
    workshop: Workshop, make_school: Callable[..., str], load: Callable[..., ImportPlan]
) -> None:
    schools = [make_school(level=level) for level in (Level.PRIMARY, Level.LOWER_SECONDARY, Level.LOWER_SECONDARY)]
    load(*(f"{school},{kind},2025,,{n},{n},P{n}" for school in schools[:2] for kind in ("project", "course_completed")
           for n in range(1, 4)))  # fmt: skip
    table = PointsTable.read([*TABLE, {"kind": "national_prize", "points": 3, "rank_percent": {"1": 200}}], 2026)
    with workshop.store.read() as session:
        totals = read_totals(session, table, 2026)
        items = dict(read_items(session, table, 2026))
    levels = dict(zip(schools, (Level.PRIMARY, Level.LOWER_SECONDARY, None), strict=True))
    assert totals == {school: table.total(found, levels[school]) for school, found in items.items()}
    assert totals == {schools[0]: 14, schools[1]: 14 + 30}


def test_persons_are_forgotten_after_their_time_and_the_records_stay(
    workshop: Workshop, nso: Person, make_school: Callable[..., str], load: Callable[..., ImportPlan]
) -> None:
    school = make_school()
    rows = [f"{school},project,{year},,,,P{year}" for year in (2018, 2019, 2020, 2025)]
    load(*rows)
    later = replace(workshop, clock=lambda: datetime(2026, 3, 1, tzinfo=UTC))
    plan = plan_pruning(later, 6)
    assert (plan.persons, plan.last_year) == (2, 2019)
    assert [record.person for record in records(workshop.store)] == ["P2018", "P2019", "P2020", "P2025"]
    assert prune(later, nso, 6).persons == 2
    assert [record.person for record in records(workshop.store)] == [None, None, "P2020", "P2025"]
    assert load(*rows).counts["new"] == 0
    assert [record.person for record in records(workshop.store)][:2] == [None, None]
    with workshop.store.read() as session:
        entry = session.exec(select(HistoryEntry).where(HistoryEntry.verb == "pruned")).one()
    assert entry.facts["persons"] == 2
    assert prune(later, nso, 6).persons == 0


def test_only_the_nso_prunes_and_never_everything(workshop: Workshop, nso: Person, warehouse: Person) -> None:
    with pytest.raises(Refused):
        prune(workshop, warehouse, 6)
    with pytest.raises(InputError):
        prune(workshop, nso, 0)


def test_training_coverage_counts_recipients_with_somebody_who_completed_a_course_for_their_kit(
    workshop: Workshop, nso: Person, tmp_path: Path, make_school: Callable[..., str], load: Callable[..., ImportPlan]
) -> None:
    trained, other = make_school(level=Level.PRIMARY), make_school(level=Level.PRIMARY)
    load(
        f"{trained},course_completed,2024,,,1,P1,,microbit",
        f"{other},course_completed,2024,,,1,P2,Προγραμματισμός Scratch και εκπαιδευτική ρομποτική",
        f"{other},course_enrolled,2024,,,1,P2,,microbit",
    )
    file = tmp_path / "W1.json"
    file.write_bytes(rules_of([]))
    run_wave(workshop, nso, file, 2025, Draw("value"))
    (lot,) = training_coverage(workshop, "W1")
    assert (lot.courses, lot.recipients, lot.covered, lot.missing) == (("microbit",), 2, 1, (other,))
    with pytest.raises(NotFound):
        training_coverage(workshop, "W9")
