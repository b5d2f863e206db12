"""What an import does to what is known of a school, its categories above all; what its preview shows of new ones."""

import csv
from pathlib import Path

import pytest

from stemfleet.schools import ImportPlan, apply_import, plan_import, show_school
from stemfleet.store import Person, Store

TITLES = ["Κωδικός", "Ονομασία", "Τύπος", "Ειδική Αγωγή", "Δυσπρόσιτο", "Προσανατολισμός"]
CODE = "2401001"
KNOWN = ["ΝΑΙ", "ΝΑΙ", "Μειονοτικό"]
OTHER = ["2401002", "2ο ΓΕΛ", "ΓΕΛ", "ΟΧΙ", "ΟΧΙ", "Γενικός"]


def load(store: Store, person: Person, folder: Path, cells: list[str], name: str = "1ο ΓΕΛ") -> ImportPlan:
    """Imports two schools; of the first one the cells under special, remote and orientation are given."""
    file = folder / "schools.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter=";").writerows([TITLES, [CODE, name, "ΓΕΛ", *cells], OTHER])
    return apply_import(store, person, plan_import(store, "schools", file))


def categories(store: Store) -> list[str]:
    return sorted(show_school(store, CODE).categories)


@pytest.mark.parametrize(
    ("cells", "left"),
    [
        (["ίσως", "ΝΑΙ", "Μειονοτικό"], ["minority", "remote", "special"]),
        (["ίσως", "ΟΧΙ", "Μειονοτικό"], ["minority", "special"]),
        (["ΟΧΙ", "?", "Μειονοτικό"], ["minority", "remote"]),
        (["ΟΧΙ", "ΟΧΙ", "√"], ["minority"]),
        (["", "", ""], []),
    ],
)
def test_a_known_category_goes_only_when_a_cell_says_so(store: Store, nso: Person, tmp_path, cells, left) -> None:
    load(store, nso, tmp_path, KNOWN)
    assert categories(store) == ["minority", "remote", "special"]
    plan = load(store, nso, tmp_path, cells, name="1ο Γενικό Λύκειο")
    assert categories(store) == left
    unclear = [finding.row for finding in plan.findings if finding.code == "category_unclear"]
    assert unclear == ([] if not {"ίσως", "?", "√"} & set(cells) else [2])
    assert load(store, nso, tmp_path, cells, name="1ο Γενικό Λύκειο").counts["unchanged"] == 2


def test_a_category_that_is_kept_keeps_the_row_that_said_so(store: Store, nso: Person, tmp_path: Path) -> None:
    load(store, nso, tmp_path, KNOWN)
    before = {s.category: s.at for s in show_school(store, CODE).sources}
    load(store, nso, tmp_path, ["ίσως", "ΟΧΙ", "Μειονοτικό"])
    after = {s.category: s.at for s in show_school(store, CODE).sources}
    assert after["special"] == before["special"]
    assert "remote" not in after


def test_a_blank_column_of_a_table_takes_nothing_away(store: Store, nso: Person, tmp_path: Path) -> None:
    load(store, nso, tmp_path, KNOWN)
    file = tmp_path / "names.csv"
    file.write_text(f"{';'.join(TITLES)}\n{CODE};1ο Γενικό Λύκειο;ΓΕΛ;;;\n", encoding="utf-8")
    plan = apply_import(store, nso, plan_import(store, "schools", file))
    assert categories(store) == ["minority", "remote", "special"]
    assert {"special_unknown", "remoteness_unknown", "minority_unknown"} <= {f.code for f in plan.findings}


def test_a_preview_shows_the_name_and_level_of_each_new_school(store: Store, nso: Person, tmp_path: Path) -> None:
    file = tmp_path / "schools.csv"
    file.write_text("Κωδικός;Ονομασία;Τύπος\n2401001;1ο Γυμνάσιο;\n2401002;2ο ΓΕΛ;ΓΕΛ\n", encoding="utf-8")
    first = {"2401001": ("1ο Γυμνάσιο", "lower_secondary"), "2401002": ("2ο ΓΕΛ", "general_upper")}
    assert dict(plan_import(store, "schools", file).new) == first
    apply_import(store, nso, plan_import(store, "schools", file))
    file.write_text("Κωδικός;Ονομασία;Τύπος\n2401003;3ο ΓΕΛ;ΓΕΛ\n2401002;2ο ΓΕΛ;ΓΕΛ\n", encoding="utf-8")
    assert dict(plan_import(store, "schools", file).new) == {"2401003": ("3ο ΓΕΛ", "general_upper")}


def test_a_file_without_one_school_changes_nothing(store: Store, nso: Person, tmp_path: Path) -> None:
    load(store, nso, tmp_path, KNOWN)
    file = tmp_path / "titles.csv"
    file.write_text("Κωδικός;Ονομασία;Τύπος\n", encoding="utf-8")
    plan = apply_import(store, nso, plan_import(store, "schools", file))
    assert (plan.counts["new"], plan.counts["changed"], plan.counts["closed"]) == (0, 0, 0)
    assert "no_schools" in {finding.code for finding in plan.findings}
