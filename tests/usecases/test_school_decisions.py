"""What the support organisation decides about schools: categories against the register, moves, whose the kits are."""

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.kits import hand_over_kits, show_kit
from stemfleet.kits.tags import make_tag
from stemfleet.schools import (
    apply_import,
    end_override,
    find_schools,
    move_school,
    override_category,
    plan_import,
    show_school,
    undo_move,
)
from stemfleet.store import Kit, Person, School, Store
from stemfleet.waves.applicants import Repeats
from stemfleet.words import KitState, MoveKind, SchoolStatus
from stemfleet.workshop import Workshop
from tests.support.builders import award_to

MakeSchool = Callable[..., str]
HEADER = ["Κωδικός", "Ονομασία", "Τύπος", "Κατάσταση", "Ειδικός Χαρακτηρισμός", "Δυσπρόσιτο"]


def load(store: Store, person: Person, folder: Path, *rows: list[str]) -> object:
    file = folder / "register.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([HEADER, *rows])
    return apply_import(store, person, plan_import(store, "schools", file))


def row(code: str, *, state: str = "Ενεργή", special: str = "", remote: str = "ΟΧΙ") -> list[str]:
    return [code, "1ο Γυμνάσιο", "Γυμνάσιο", state, special, remote]


def give_kit(store: Store, tag: str, school: str, state: KitState = KitState.IN_USE) -> str:
    with store.write() as session:
        session.add(Kit(tag=tag, model="microbit-kit", state=state, school_code=school))
    return tag


def verbs(store: Store, code: str) -> list[str]:
    return [entry.verb for entry, _ in show_school(store, code).history]


def test_a_category_shows_the_row_that_said_so(store: Store, nso: Person, tmp_path: Path) -> None:
    load(store, nso, tmp_path, row("0100001"), row("0100002", remote="ΝΑΙ"))
    (source,) = show_school(store, "0100002").sources
    assert (source.category, source.file, source.row, source.person) == ("remote", "register.csv", 3, None)


def test_a_type_in_words_may_say_again_what_the_register_said(store: Store, nso: Person, tmp_path: Path) -> None:
    load(store, nso, tmp_path, row("0100001", special="Ειδικό Σχολείο", remote="ΝΑΙ"), row("0100002", remote="ΝΑΙ"))
    file = tmp_path / "short.csv"
    rows = ["0100001,1ο Γυμνάσιο,Ειδικό Γυμνάσιο", "0100002,1ο Γυμνάσιο,Ειδικό Γυμνάσιο"]
    file.write_text("\n".join(["Κωδικός,Ονομασία,Τύπος", *rows]), encoding="utf-8")
    plan = apply_import(store, nso, plan_import(store, "schools", file))
    assert dict(plan.changed) == {"0100002": {"categories": (["remote"], ["remote", "special"])}}
    assert [names for _school, names in find_schools(store)] == [["remote", "special"]] * 2


def test_an_override_counts_is_shown_with_its_reason_and_survives_imports(
    store: Store, nso: Person, tmp_path: Path
) -> None:
    load(store, nso, tmp_path, row("0100001"), row("0100002", remote="ΝΑΙ", special="Ειδικό Σχολείο"))
    override_category(store, nso, "0100001", "remote", True, "Έγγραφο 12/2026 της Διεύθυνσης")
    override_category(store, nso, "0100002", "remote", False, "Έχει δρόμο πια")
    load(store, nso, tmp_path, row("0100001"), row("0100002", remote="ΝΑΙ", special="Ειδικό Σχολείο"))
    categories = {school.code: names for school, names in find_schools(store)}
    assert categories == {"0100001": ["remote"], "0100002": ["special"]}
    (override,) = show_school(store, "0100001").sources
    assert (override.holds, override.person, override.reason) == (True, "Νίκη Ν.", "Έγγραφο 12/2026 της Διεύθυνσης")
    assert verbs(store, "0100002") == ["category_taken"]


def test_an_override_that_ends_leaves_what_the_register_says(store: Store, nso: Person, tmp_path: Path) -> None:
    load(store, nso, tmp_path, row("0100001", remote="ΝΑΙ"))
    override_category(store, nso, "0100001", "remote", False, "Λάθος")
    end_override(store, nso, "0100001", "remote", "Δεν ήταν λάθος")
    assert show_school(store, "0100001").categories == ["remote"]
    with pytest.raises(NotFound):
        end_override(store, nso, "0100001", "remote", "Πάλι")


@pytest.mark.parametrize(
    ("category", "reason"), [("remote", "  "), ("awarded", "Γιατί;"), ("region:03", "Γιατί;"), ("remote", "α" * 501)]
)
def test_an_override_needs_a_reason_and_a_category_of_the_register(
    store: Store, nso: Person, make_school: MakeSchool, category: str, reason: str
) -> None:
    code = make_school()
    with pytest.raises(InputError):
        override_category(store, nso, code, category, True, reason)
    assert show_school(store, code).sources == []


def test_only_the_nso_decides(store: Store, warehouse: Person, make_school: MakeSchool) -> None:
    one, other = make_school(), make_school()
    give_kit(store, make_tag(1), one)
    for decide in (
        lambda: override_category(store, warehouse, one, "remote", True, "x"),
        lambda: move_school(store, warehouse, one, other, MoveKind.MERGED, date(2026, 9, 1), "x"),
        lambda: hand_over_kits(store, warehouse, one, other, "x"),
    ):
        with pytest.raises(Refused):
            decide()


def test_an_import_that_closes_a_school_with_kits_says_so_and_leaves_the_kits(
    store: Store, nso: Person, tmp_path: Path
) -> None:
    load(store, nso, tmp_path, row("0100001"), row("0100002"))
    give_kit(store, make_tag(1), "0100001")
    plan = load(store, nso, tmp_path, row("0100001", state="Καταργημένη"), row("0100002", state="Σε αναστολή"))
    assert plan.counts["closed"] == 2  # type: ignore[attr-defined]
    (finding,) = [found for found in plan.findings if found.code == "closed_with_kits"]  # type: ignore[attr-defined]
    assert finding.facts["code"] == "0100001"
    view = show_school(store, "0100001")
    assert view.school.status is SchoolStatus.ABOLISHED
    assert [kit.tag for kit in view.kits] == [make_tag(1)]
    ((change, run),) = view.changes
    assert (change.changes, run.file_name) == ({"status": ["active", "abolished"]}, "register.csv")


def test_what_an_import_changed_stands_with_the_school_with_file_and_row(
    store: Store, nso: Person, tmp_path: Path
) -> None:
    load(store, nso, tmp_path, row("0100001"))
    load(store, nso, tmp_path, [*row("0100001")[:1], "2ο Γυμνάσιο", *row("0100001", remote="ΝΑΙ")[2:]])
    ((change, _run),) = show_school(store, "0100001").changes
    assert change.changes == {"name": ["1ο Γυμνάσιο", "2ο Γυμνάσιο"], "categories": [[], ["remote"]]}
    assert change.row == 2


def test_a_school_that_is_no_longer_closed_works_again(store: Store, nso: Person, tmp_path: Path) -> None:
    load(store, nso, tmp_path, row("0100001"))
    load(store, nso, tmp_path, row("0100001", state="Σε αναστολή"))
    plan = load(store, nso, tmp_path, row("0100001"))
    assert plan.counts["changed"] == 1  # type: ignore[attr-defined]
    assert show_school(store, "0100001").school.status is SchoolStatus.ACTIVE


def test_a_merged_school_stays_findable_and_shows_with_its_successor(
    store: Store, nso: Person, make_school: MakeSchool
) -> None:
    old, new = make_school(), make_school()
    move_school(store, nso, old, new, MoveKind.MERGED, date(2026, 9, 1), "ΦΕΚ 1234/2026")
    assert [school.code for school, _ in find_schools(store, old)] == [old]
    for code in (old, new):
        (move,) = show_school(store, code).moves
        assert (move.school_code, move.successor, move.since, move.reason) == (
            old, new, date(2026, 9, 1), "ΦΕΚ 1234/2026",
        )  # fmt: skip
    assert show_school(store, old).school.status is SchoolStatus.ABOLISHED
    assert (verbs(store, old), verbs(store, new)) == (["school_moved"], ["school_joined"])


def test_a_moved_school_that_a_register_still_lists_stays_closed(store: Store, nso: Person, tmp_path: Path) -> None:
    load(store, nso, tmp_path, row("0100001"), row("0100002"))
    move_school(store, nso, "0100001", "0100002", MoveKind.RENUMBERED, date(2026, 9, 1), "Νέος κωδικός")
    plan = load(store, nso, tmp_path, row("0100001"), row("0100002"))
    assert [f.code for f in plan.findings if f.row == 2] == ["moved_but_listed"]  # type: ignore[attr-defined]
    assert show_school(store, "0100001").school.status is SchoolStatus.ABOLISHED


def test_nobody_follows_himself_or_two_others(store: Store, nso: Person, make_school: MakeSchool) -> None:
    one, two, three = make_school(), make_school(), make_school()
    day = date(2026, 9, 1)
    move_school(store, nso, one, two, MoveKind.MERGED, day, "x")
    move_school(store, nso, two, three, MoveKind.MERGED, day, "x")
    for code, successor, error in ((three, one, InputError), (one, one, InputError), (one, three, Refused)):
        with pytest.raises(error):
            move_school(store, nso, code, successor, MoveKind.MERGED, day, "x")
    with pytest.raises(NotFound):
        move_school(store, nso, three, "9999999", MoveKind.MERGED, day, "x")


def test_a_move_is_undone(store: Store, nso: Person, make_school: MakeSchool) -> None:
    old, new = make_school(), make_school()
    move_school(store, nso, old, new, MoveKind.MERGED, date(2026, 9, 1), "x")
    undo_move(store, nso, old, "Ήταν άλλο σχολείο")
    assert show_school(store, old).school.status is SchoolStatus.ACTIVE
    assert show_school(store, new).moves == []


def test_what_a_school_had_counts_for_its_successor(workshop: Workshop, nso: Person, make_school: MakeSchool) -> None:
    old, new = make_school(), make_school()
    award_to(workshop.store, nso, old, model="microbit-kit")
    move_school(workshop.store, nso, old, new, MoveKind.MERGED, date(2026, 9, 1), "x")
    rules = SimpleNamespace(wave="NEXT", repeat_years=4)
    with workshop.store.read() as session:
        families = Repeats.read(session, workshop.models, rules, 2026).families
    assert set(families) == {new}


def test_kits_follow_a_decision_and_both_schools_show_it(
    workshop: Workshop, nso: Person, make_school: MakeSchool
) -> None:
    store, old, new = workshop.store, make_school(), make_school()
    give_kit(store, make_tag(1), old)
    give_kit(store, make_tag(2), old, KitState.LOST)
    assert hand_over_kits(store, nso, old, new, "Συγχώνευση") == [make_tag(1)]
    view = show_kit(workshop, make_tag(1))
    assert view.kit.school_code == new
    entry, name = view.history[-1]
    assert (entry.verb, entry.facts["before"], entry.facts["reason"], name) == (
        "handed_over", old, "Συγχώνευση", "Νίκη Ν.",
    )  # fmt: skip
    assert (verbs(store, old)[-1], verbs(store, new)[-1]) == ("kits_handed_over", "kits_taken_over")


def test_kits_are_handed_over_all_or_none(store: Store, nso: Person, make_school: MakeSchool) -> None:
    old, new, third = make_school(), make_school(), make_school()
    mine, other = give_kit(store, make_tag(1), old), give_kit(store, make_tag(2), third)
    with pytest.raises(Refused, match="is not at school"):
        hand_over_kits(store, nso, old, new, "Συγχώνευση", [mine, other])
    with pytest.raises(InputError):
        hand_over_kits(store, nso, old, new, " ", [mine])
    with pytest.raises(Refused, match="no kits"):
        hand_over_kits(store, nso, new, old, "x")
    with store.write() as session:
        session.get_one(School, new).status = SchoolStatus.ABOLISHED
    with pytest.raises(Refused, match="closed"):
        hand_over_kits(store, nso, old, new, "x")
    assert [kit.tag for kit in show_school(store, old).kits] == [mine]
