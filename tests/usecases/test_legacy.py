"""Kits of earlier waves: from a spreadsheet, counted for repeat, with a tag when their school confirms."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from stemfleet.accounts import add_person
from stemfleet.audit import find_tampering
from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.kits import confirm_legacy, deny_legacy, hand_over_kits, label_kits, report_kit, show_kit
from stemfleet.kits.legacy_lists import LegacyChoice, count_legacy, legacy_counts, list_legacy
from stemfleet.registers import search_key
from stemfleet.schools import ImportPlan, apply_import, plan_import, show_school
from stemfleet.store import Person, Store
from stemfleet.waves.applicants import Repeats
from stemfleet.words import KitState, LegacyAnswer, Role
from stemfleet.workshop import Workshop

MakeSchool = Callable[..., str]
TITLES = "school;model;wave;serial;date;state"


@pytest.fixture
def load(workshop: Workshop, nso: Person, tmp_path: Path) -> Callable[..., ImportPlan]:
    def write(*rows: str) -> ImportPlan:
        file = tmp_path / "kits.csv"
        file.write_text("\n".join([TITLES, *rows]) + "\n", encoding="utf-8")
        return apply_import(workshop.store, nso, plan_import(workshop.store, "legacy", file, models=workshop.models))

    return write


def listed(store: Store, school: str) -> list[int]:
    return [old.id for old, _file in show_school(store, school).legacy]


def test_a_list_is_loaded_with_its_rows_and_again_changes_nothing(
    store: Store, load: Callable[..., ImportPlan], make_school: MakeSchool
) -> None:
    school = make_school()
    rows = [f"{school};microbit-kit;STEM 4;MB-17;14/5/2023;καλή", f"{school};WeDo;STEM1;;;", f"{school};WeDo;STEM1;;;"]
    assert load(*rows).counts["new"] == 3
    again = load(*rows)
    assert (again.counts["new"], again.counts["unchanged"]) == (0, 3)
    (first, file), *_others = show_school(store, school).legacy
    assert (first.model, first.wave, first.serial, first.delivered, first.state) == (
        "microbit-kit", "STEM 4", "MB-17", date(2023, 5, 14), "καλή",
    )  # fmt: skip
    assert (file, first.row, first.answer) == ("kits.csv", 2, None)


def test_models_are_known_by_title_and_unknown_ones_are_told(
    workshop: Workshop, nso: Person, load: Callable[..., ImportPlan], make_school: MakeSchool
) -> None:
    school = make_school()
    title = workshop.models["microbit-kit"].title["el"].upper()
    plan = load(f"{school};{title};STEM4;;;", f"{school};Τηλεσκόπιο;STEM4;;;")
    models = [old.model for old, _file in show_school(workshop.store, school).legacy]
    assert models == ["microbit-kit", "Τηλεσκόπιο"]
    assert [f.facts["model"] for f in plan.findings if f.code == "unknown_model"] == ["Τηλεσκόπιο"]
    with pytest.raises(NotFound):
        confirm_legacy(workshop, nso, listed(workshop.store, school)[1])


def test_kits_of_nobody_and_serials_that_are_elsewhere_are_left_out(
    store: Store, load: Callable[..., ImportPlan], make_school: MakeSchool
) -> None:
    one, other = make_school(), make_school()
    load(f"{one};microbit-kit;STEM4;MB-1;;")
    plan = load(f"{other};microbit-kit;STEM4;MB-1;;", "9999999;microbit-kit;STEM4;MB-2;;")
    assert (plan.counts["elsewhere"], plan.counts["unknown_school"], plan.counts["new"]) == (1, 1, 0)
    assert {(finding.code, finding.row) for finding in plan.findings} == {("elsewhere", 2), ("unknown_school", 3)}
    assert listed(store, other) == []


def test_a_kit_of_a_day_to_come_is_left_out_and_no_finding_says_its_row_twice(
    load: Callable[..., ImportPlan], make_school: MakeSchool
) -> None:
    school = make_school()
    plan = load(f"{school};microbit-kit;STEM4;MB-1;14/5/2099;", "9999999;microbit-kit;STEM4;MB-2;;")
    assert (plan.counts["future"], plan.counts["new"]) == (1, 0)
    assert [(finding.code, finding.row) for finding in plan.findings] == [("future", 2), ("unknown_school", 3)]
    assert not any(f"row {finding.row}" in str(finding).lower() for finding in plan.findings)


def test_they_count_for_repeat_by_their_year(
    workshop: Workshop, load: Callable[..., ImportPlan], make_school: MakeSchool
) -> None:
    dated, by_wave, old, unknown = (make_school() for _ in range(4))
    plan = load(
        f"{dated};microbit-kit;Περιφέρεια;;2024-03-01;",
        f"{by_wave};microbit-kit;stem 4;;;",
        f"{old};microbit-kit;STEM1;;;",
        f"{unknown};microbit-kit;Δωρεά;;;",
    )
    rules = SimpleNamespace(wave="NEXT", repeat_years=4)
    with workshop.store.read() as session:
        families = Repeats.read(session, workshop.models, rules, 2026).families  # type: ignore[arg-type]
    assert set(families) == {dated, by_wave}
    assert [f.facts["wave"] for f in plan.findings if f.code == "unknown_year"] == ["Δωρεά"]


def test_a_state_that_changed_is_a_change_until_the_school_answers(
    workshop: Workshop, nso: Person, load: Callable[..., ImportPlan], make_school: MakeSchool
) -> None:
    school = make_school()
    load(f"{school};microbit-kit;STEM4;MB-1;;καλή")
    plan = load(f"{school};microbit-kit;STEM4;MB-1;;χαλασμένη")
    assert list(plan.changed.values()) == [{"state": ("καλή", "χαλασμένη")}]
    deny_legacy(workshop.store, nso, listed(workshop.store, school)[0], "Κλάπηκε")
    assert load(f"{school};microbit-kit;STEM4;MB-1;;καλή").counts["changed"] == 0


def test_a_school_confirms_its_kit_and_it_gets_a_tag_once(
    workshop: Workshop, nso: Person, load: Callable[..., ImportPlan], make_school: MakeSchool
) -> None:
    school, other = make_school(), make_school()
    load(f"{school};microbit-kit;STEM4;MB-1;;")
    teacher = add_person(workshop.store, nso, "Δάφνη Δ.", Role.SCHOOL, school)
    stranger = add_person(workshop.store, nso, "Ξένη Ξ.", Role.SCHOOL, other)
    (number,) = listed(workshop.store, school)
    with pytest.raises(Refused):
        confirm_legacy(workshop, stranger, number)
    tag = confirm_legacy(workshop, teacher, number)
    assert confirm_legacy(workshop, teacher, number) == tag
    view = show_kit(workshop, tag)
    assert (view.kit.legacy, view.kit.state, view.kit.school_code) == (True, KitState.IN_USE, school)
    assert view.history[0][0].facts["wave"] == "STEM4"
    assert list_legacy(workshop.store) == []
    assert [entry.verb for entry, _ in show_school(workshop.store, school).history] == ["legacy_here"]
    report_kit(workshop.store, teacher, tag, False, "Δεν ανάβει")
    assert show_kit(workshop, tag).kit.state is KitState.FAULTY
    assert find_tampering(workshop.store) is None


def test_its_label_can_be_printed_though_nobody_tested_it(
    workshop: Workshop, nso: Person, load: Callable[..., ImportPlan], make_school: MakeSchool
) -> None:
    school = make_school()
    load(f"{school};microbit-kit;STEM4;MB-1;;")
    tag = confirm_legacy(workshop, nso, listed(workshop.store, school)[0])
    assert label_kits(workshop, nso, [tag], "https://kits.example").startswith(b"%PDF")


def test_a_kit_that_is_gone_needs_a_word_and_gets_no_tag(
    workshop: Workshop, nso: Person, load: Callable[..., ImportPlan], make_school: MakeSchool
) -> None:
    school = make_school()
    load(f"{school};microbit-kit;STEM4;MB-1;;")
    (number,) = listed(workshop.store, school)
    with pytest.raises(InputError):
        deny_legacy(workshop.store, nso, number, " ")
    deny_legacy(workshop.store, nso, number, "Κλάπηκε το 2024")
    (old,) = (one.kit for one in list_legacy(workshop.store, LegacyChoice(LegacyAnswer.GONE)))
    assert (old.note, old.kit_tag) == ("Κλάπηκε το 2024", None)
    assert show_school(workshop.store, school).kits == []
    with pytest.raises(NotFound):
        deny_legacy(workshop.store, nso, 999_999, "x")


def test_listed_kits_are_handed_over_with_the_others(
    workshop: Workshop, nso: Person, load: Callable[..., ImportPlan], make_school: MakeSchool
) -> None:
    school, other = make_school(), make_school()
    row = f"{school};microbit-kit;STEM4;MB-1;;"
    load(row)
    assert hand_over_kits(workshop.store, nso, school, other, "Συγχώνευση") == []
    assert len(listed(workshop.store, other)) == 1
    assert load(row).counts["new"] == 0


def test_what_waits_for_an_answer_is_listed_by_model_wave_region_and_school(
    workshop: Workshop, nso: Person, load: Callable[..., ImportPlan], make_school: MakeSchool
) -> None:
    name = "1ο Γυμνάσιο Κέρκυρας"
    corfu = make_school(name=name, search_name=search_key(name), region="13")
    other = make_school()
    load(f"{corfu};microbit-kit;STEM4;MB-1;;", f"{corfu};WeDo;STEM1;;;", f"{other};microbit-kit;STEM1;;;")
    deny_legacy(workshop.store, nso, listed(workshop.store, other)[0], "Χάθηκε")

    def found(**chosen: str) -> list[tuple[str, str, int]]:
        choice = LegacyChoice(**chosen)
        rows = list_legacy(workshop.store, choice)
        assert count_legacy(workshop.store, choice) == len(rows)
        return [(one.kit.model, one.file, one.kit.row) for one in rows]

    microbit, wedo = ("microbit-kit", "kits.csv", 2), (listed_model(workshop.store, corfu, 1), "kits.csv", 3)
    assert found() == found(region="13") == found(words="gymn kerk") == found(words=corfu) == [microbit, wedo]
    assert found(model="microbit-kit") == found(wave="STEM4") == [microbit]
    assert found(region="03") == found(words="Χανιά") == []
    counts = legacy_counts(workshop.store)
    assert counts.answers == {None: 2, LegacyAnswer.GONE: 1}
    assert (counts.schools, counts.waves) == (1, {"STEM1": 1, "STEM4": 1})


def listed_model(store: Store, school: str, place: int) -> str:
    return show_school(store, school).legacy[place][0].model
