"""Pages of one register: read as one, applied as one, and every row keeps its file."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from stemfleet.cli import stemfleet
from stemfleet.errors import InputError
from stemfleet.schools import apply_import, plan_import, show_school
from stemfleet.schools.imported import list_imports
from stemfleet.store import Person, Store


def unit(code: str, **facts: Any) -> dict[str, Any]:
    common = {"category_id": 1, "state_id": 1, "unit_type_id": 2, "unit_type": "ΔΗΜ", "region_edu_admin_id": 13}
    known = {"orientation_type_id": None, "special_type_id": None, "inaccessible": False}
    return {"registry_no": code, "name": f"{code[-1]}ο Δημοτικό Σχολείο Κέρκυρας", **common, **known, **facts}


def page(folder: Path, name: str, *units: dict[str, Any], total: int = 4) -> Path:
    file = folder / name
    file.write_text(json.dumps({"data": units, "total": total, "count": len(units), "status": 200}), encoding="utf-8")
    return file


@pytest.fixture
def pages(tmp_path: Path) -> list[Path]:
    first = page(tmp_path, "page1.json", unit("9190501"), unit("9190502", special_type_id=1))
    second = page(tmp_path, "page2.json", unit("9190503", inaccessible=True), unit("9190504", state_id=3))
    return [first, second]


def test_pages_are_one_preview_and_one_import_and_each_row_keeps_its_file(
    store: Store, nso: Person, pages: list[Path]
) -> None:
    plan = plan_import(store, "schools", *pages)
    assert (plan.counts["new"], plan.skipped_counts) == (3, {"abolished": 1})
    assert "pages_missing" not in {finding.code for finding in plan.findings}
    assert [(left.sheet, left.row) for left in plan.read.skipped] == [("page2.json", 2)]
    apply_import(store, nso, plan)
    (special,), (remote,) = (show_school(store, code).sources for code in ("9190502", "9190503"))
    assert (special.category, special.file, special.row) == ("special", "page1.json", 2)
    assert (remote.category, remote.file, remote.row) == ("remote", "page2.json", 1)
    assert [run.file_name for run, _by in list_imports(store)] == ["page2.json", "page1.json"]


def test_what_a_later_page_changes_is_told_with_its_file(
    store: Store, nso: Person, pages: list[Path], tmp_path: Path
) -> None:
    apply_import(store, nso, plan_import(store, "schools", *pages))
    renamed = page(tmp_path, "new2.json", unit("9190503", inaccessible=True, name="Μετονομάστηκε"))
    plan = apply_import(store, nso, plan_import(store, "schools", pages[0], renamed))
    assert (plan.counts["changed"], plan.counts["unchanged"]) == (1, 2)
    ((change, run),) = show_school(store, "9190503").changes
    assert (run.file_name, change.row) == ("new2.json", 1)


def test_a_page_that_is_missing_is_told_only_when_all_together_are_too_few(
    store: Store, pages: list[Path], tmp_path: Path
) -> None:
    (alone,) = (f for f in plan_import(store, "schools", pages[0]).findings if f.code == "pages_missing")
    assert (alone.facts["count"], alone.facts["total"]) == (2, 4)
    third = page(tmp_path, "p1.json", unit("9190501"), total=7)
    fourth = page(tmp_path, "p3.json", unit("9190509"), total=7)
    (both,) = (f for f in plan_import(store, "schools", third, fourth).findings if f.code == "pages_missing")
    assert (both.facts["files"], both.facts["count"], both.facts["total"]) == (2, 2, 7)


def test_one_school_in_two_pages_with_other_data_refuses_all_of_them(
    store: Store, pages: list[Path], tmp_path: Path
) -> None:
    other = page(tmp_path, "page3.json", unit("9190501", name="Άλλο"))
    with pytest.raises(InputError) as refused:
        plan_import(store, "schools", *pages, other)
    assert "page3.json, row 1" in str(refused.value)
    assert "1 (page1.json)" in str(refused.value)
    same = page(tmp_path, "page4.json", unit("9190501"), unit("9190505"))
    (repeated,) = (f for f in plan_import(store, "schools", *pages, same).findings if f.code == "repeated")
    assert (repeated.sheet, repeated.row, repeated.facts["earlier"]) == ("page4.json", 1, "1 (page1.json)")


def test_files_that_do_not_belong_together_are_refused(store: Store, pages: list[Path], tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("Κωδικός;Ονομασία;Τύπος\n9190507;7ο Δημοτικό;Δημοτικό\n", encoding="utf-8")
    with pytest.raises(InputError, match="other columns"):
        plan_import(store, "schools", *pages, table)
    again = tmp_path / "again.json"
    again.write_bytes(pages[0].read_bytes())
    with pytest.raises(InputError, match=r"again\.json has the same content as page1\.json"):
        plan_import(store, "schools", *pages, again)
    with pytest.raises(InputError, match="several files"):
        plan_import(store, "evidence", *pages)


def test_the_command_takes_all_pages_at_once(tmp_path: Path, pages: list[Path]) -> None:
    call = ["--data", str(tmp_path / "data"), "import", "schools", *map(str, pages), "--apply"]
    told = CliRunner().invoke(stemfleet, [*call, "--json"])
    assert told.exit_code == 0, told.output
    plan = json.loads(told.stdout)
    assert [one["file"] for one in plan["files"]] == ["page1.json", "page2.json"]
    assert plan["counts"]["new"] == 3
    assert "page2.json, row 2: abolished" in CliRunner().invoke(stemfleet, call).output
