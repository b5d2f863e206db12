"""Schools and evidence: previewed, applied whole or not at all, repeatable."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import func, select

from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.registers.sample import sample_departments, sample_evidence, sample_register
from stemfleet.schools import ImportPlan, apply_import, find_schools, plan_import, show_school
from stemfleet.store import Evidence, HistoryEntry, ImportRun, Person, School, Store
from stemfleet.words import RecipientKind, SchoolStatus

HEADER = ["Κωδικός Υπουργείου", "Ονομασία", "Τύπος Σχολείου", "Περιφέρεια", "Διεύθυνση", "Δήμος", "ΤΚ", "e-mail"]
KERKYRA = ["2440010", "1ο Γυμνάσιο Κέρκυρας", "Γυμνάσιο", "Ιονίων Νήσων", "", "Κέρκυρας", "49100", "a@sch.gr"]
PATRA = ["0610020", "5ο Δημοτικό Σχολείο Πάτρας", "Δημοτικό", "Δυτικής Ελλάδας", "", "Πατρέων", "26221", ""]


def write_register(folder: Path, *rows: list[str], name: str = "schools.csv") -> Path:
    file = folder / name
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out, delimiter=";").writerows([HEADER, *rows])
    return file


def write_evidence(folder: Path, *rows: str) -> Path:
    file = folder / "evidence.csv"
    file.write_text("\n".join(["code,kind,year,edition,rank,n,person,title", *rows]) + "\n", encoding="utf-8")
    return file


def load(store: Store, person: Person, what: str, file: Path) -> ImportPlan:
    return apply_import(store, person, plan_import(store, what, file))


def number_of(store: Store, table: type) -> int:
    with store.read() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def test_a_preview_changes_nothing(store: Store, nso: Person, tmp_path: Path) -> None:
    plan = plan_import(store, "schools", write_register(tmp_path, KERKYRA, PATRA))
    assert plan.counts["new"] == 2
    assert number_of(store, School) == 0


def test_applying_loads_what_the_preview_showed(store: Store, nso: Person, tmp_path: Path) -> None:
    load(store, nso, "schools", write_register(tmp_path, KERKYRA, PATRA))
    view = show_school(store, "2440010")
    assert (view.school.name, view.school.level, view.school.region) == (KERKYRA[1], "lower_secondary", "13")
    with store.read() as session:
        run = session.exec(select(ImportRun)).one()
        entry = session.exec(select(HistoryEntry).where(HistoryEntry.verb == "imported")).one()
    assert (run.file_name, run.person_id, run.counts["new"]) == ("schools.csv", nso.id, 2)
    assert entry.facts["sha256"] == run.file_sha256


def test_the_same_file_again_changes_nothing(store: Store, nso: Person, tmp_path: Path) -> None:
    file = write_register(tmp_path, KERKYRA, PATRA)
    load(store, nso, "schools", file)
    plan = plan_import(store, "schools", file)
    assert (plan.counts["new"], plan.counts["changed"], plan.counts["unchanged"]) == (0, 0, 2)


def test_a_change_is_shown_field_by_field(store: Store, nso: Person, tmp_path: Path) -> None:
    load(store, nso, "schools", write_register(tmp_path, KERKYRA, PATRA))
    renamed = [KERKYRA[0], "1ο Πειραματικό Γυμνάσιο Κέρκυρας", *KERKYRA[2:]]
    file = write_register(tmp_path, renamed, PATRA)
    plan = plan_import(store, "schools", file)
    assert plan.changed == {"2440010": {"name": (KERKYRA[1], renamed[1])}}
    load(store, nso, "schools", file)
    assert show_school(store, "2440010").school.name == renamed[1]
    assert [s.code for s, _ in find_schools(store, "πειραματικο κερκ")] == ["2440010"]


def test_what_a_file_does_not_tell_is_kept(store: Store, nso: Person, tmp_path: Path) -> None:
    street = [*KERKYRA[:4], "Σπύρου Σαμάρα 1", *KERKYRA[5:]]
    load(store, nso, "schools", write_register(tmp_path, street, PATRA))
    load(store, nso, "schools", write_register(tmp_path, [*KERKYRA[:4], "Ελλάδα", *KERKYRA[5:]], PATRA))
    short = tmp_path / "short.csv"
    short.write_text("Κωδικός,Ονομασία,Τύπος\n2440010,1ο Γυμνάσιο Κέρκυρας,Γυμνάσιο\n", encoding="utf-8")
    plan = load(store, nso, "schools", short)
    assert (plan.counts["changed"], plan.counts["unchanged"]) == (0, 1)
    school = show_school(store, "2440010").school
    assert (school.address, school.municipality, school.region) == ("Σπύρου Σαμάρα 1", "Κέρκυρας", "13")


def test_a_field_that_was_emptied_in_the_register_is_emptied(store: Store, nso: Person, tmp_path: Path) -> None:
    with_mail = [*PATRA[:7], "mail@patra.sch.gr"]
    load(store, nso, "schools", write_register(tmp_path, KERKYRA, with_mail))
    load(store, nso, "schools", write_register(tmp_path, KERKYRA, PATRA))
    assert show_school(store, PATRA[0]).school.email is None


@pytest.mark.parametrize("no_value", ["#REF!", "=RIGHT(A1)", "####"])
def test_an_error_in_a_cell_leaves_what_is_stored(store: Store, nso: Person, tmp_path: Path, no_value: str) -> None:
    titles, school = "Κωδικός;Ονομασία;Τύπος;Διεύθυνση;ΤΚ;e-mail;Περιφέρεια", "2401001;{};ΓΥΜ;{};{};{};{}"
    for name, address, postal, email, region in (
        ("1ο ΓΥΜΝΑΣΙΟ", "Οδός 1", "49100", "a@b.example", "Ιονίων Νήσων"),
        ("1ο Γυμνάσιο", no_value, "", "κανένα", "Ονειρούπολης"),
    ):
        file = tmp_path / "schools.csv"
        file.write_text(f"{titles}\n{school.format(name, address, postal, email, region)}\n", encoding="utf-8")
        plan = plan_import(store, "schools", file)
        apply_import(store, nso, plan)
    assert plan.changed["2401001"] == {"name": ("1ο ΓΥΜΝΑΣΙΟ", "1ο Γυμνάσιο")}
    stored = show_school(store, "2401001").school
    assert (stored.address, stored.email, stored.region) == ("Οδός 1", "a@b.example", "13")
    assert plan_import(store, "schools", file).counts["unchanged"] == 1


def test_a_school_that_a_later_file_does_not_name_stays(store: Store, nso: Person, tmp_path: Path) -> None:
    load(store, nso, "schools", write_register(tmp_path, KERKYRA, PATRA))
    load(store, nso, "schools", write_register(tmp_path, PATRA))
    assert show_school(store, "2440010").school.status is SchoolStatus.ACTIVE


def test_conflicting_rows_of_one_code_import_nothing(store: Store, nso: Person, tmp_path: Path) -> None:
    file = write_register(tmp_path, PATRA, KERKYRA, [KERKYRA[0], "2ο Γυμνάσιο Κέρκυρας", *KERKYRA[2:]])
    with pytest.raises(InputError, match="2440010"):
        load(store, nso, "schools", file)
    assert number_of(store, School) == 0


def test_an_export_that_cannot_tell_remoteness_forgets_none(store: Store, nso: Person, tmp_path: Path) -> None:
    register = tmp_path / "register.json"
    sample_register(register, schools=400)
    load(store, nso, "schools", register)
    remote = {school.code for school, categories in find_schools(store, limit=None) if "remote" in categories}
    assert remote
    export = tmp_path / "register.csv"
    sample_register(export, schools=400)
    load(store, nso, "schools", export)
    assert {s.code for s, categories in find_schools(store, limit=None) if "remote" in categories} == remote


def test_departments_are_never_schools(store: Store, nso: Person, tmp_path: Path) -> None:
    file = tmp_path / "departments.csv"
    sample_departments(file)
    load(store, nso, "departments", file)
    assert find_schools(store, kind=RecipientKind.SCHOOL, limit=None) == []
    departments = find_schools(store, kind=RecipientKind.DEPARTMENT, limit=None)
    assert len(departments) == 23
    assert all(department.level == "university" and department.university for department, _ in departments)


def test_evidence_keeps_the_file_row_and_date_that_it_came_from(store: Store, nso: Person, tmp_path: Path) -> None:
    load(store, nso, "schools", write_register(tmp_path, KERKYRA))
    load(store, nso, "evidence", write_evidence(tmp_path, "2440010,national_prize,2023,18,1,1,,Θάλασσα"))
    before = datetime.now(UTC) - timedelta(minutes=5)
    ((evidence, file, imported),) = show_school(store, "2440010").evidence
    assert (evidence.kind, evidence.year, evidence.rank) == ("national_prize", 2023, "1")
    assert (file, evidence.row) == ("evidence.csv", 2)
    assert imported > before


def test_the_same_evidence_again_is_not_counted_twice(store: Store, nso: Person, tmp_path: Path) -> None:
    load(store, nso, "schools", write_register(tmp_path, KERKYRA))
    twice = ["2440010,project,2023,,,1,,", "2440010,project,2023,,,1,,"]
    load(store, nso, "evidence", write_evidence(tmp_path, *twice))
    assert load(store, nso, "evidence", write_evidence(tmp_path, *twice)).counts["unchanged"] == 2
    assert number_of(store, Evidence) == 2


def test_evidence_of_an_unknown_school_is_left_out_with_its_row(store: Store, nso: Person, tmp_path: Path) -> None:
    load(store, nso, "schools", write_register(tmp_path, KERKYRA))
    file = write_evidence(tmp_path, "2440010,project,2023,,,1,,", "9999999,project,2023,,,1,,")
    plan = load(store, nso, "evidence", file)
    assert plan.counts["unknown_school"] == 1
    assert [(finding.code, finding.row) for finding in plan.findings] == [("unknown_school", 3)]
    assert number_of(store, Evidence) == 1


def test_a_whole_sample_loads(store: Store, nso: Person, tmp_path: Path) -> None:
    register, evidence = tmp_path / "register.json", tmp_path / "evidence.csv"
    sample_register(register, schools=400)
    sample_evidence(register, evidence)
    plan = load(store, nso, "schools", register)
    assert plan.counts["new"] == 400
    assert plan.counts["skipped_abolished"] > 0
    steps: list[tuple[int, int]] = []
    apply_import(store, nso, plan_import(store, "evidence", evidence), lambda done, total: steps.append((done, total)))
    assert steps[-1][0] == steps[-1][1] == number_of(store, Evidence)


def test_only_the_nso_imports(store: Store, warehouse: Person, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        load(store, warehouse, "schools", write_register(tmp_path, KERKYRA))


@pytest.mark.parametrize("words", ["γυμν κερκ", "ΓΥΜΝΑΣΙΟ ΚΕΡΚΥΡΑΣ", "2440010", "24400"])
def test_a_school_is_found_by_words_or_code(store: Store, nso: Person, tmp_path: Path, words: str) -> None:
    load(store, nso, "schools", write_register(tmp_path, KERKYRA, PATRA))
    assert [school.code for school, _ in find_schools(store, words)] == ["2440010"]


def test_a_code_that_lost_its_zeros_is_found(store: Store, nso: Person, tmp_path: Path) -> None:
    load(store, nso, "schools", write_register(tmp_path, KERKYRA, PATRA))
    assert [school.code for school, _ in find_schools(store, "610020")] == ["0610020"]


def test_search_takes_wildcards_literally(store: Store, nso: Person, tmp_path: Path) -> None:
    load(store, nso, "schools", write_register(tmp_path, KERKYRA, PATRA))
    assert find_schools(store, "%") == []


def test_an_unknown_school_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        show_school(store, "0000000")
