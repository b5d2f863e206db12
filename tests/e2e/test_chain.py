"""The main job from end to end: what the demo stored is what the waves, the boards and the kits have to be."""

import json
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp

from stemfleet.catalogue import read_models
from tests.checkers.wave_checker import repeats, violations
from tests.e2e.conftest import Demo, run_stemfleet
from tests.e2e.other_rules import merit_alone, propose, quotas_in_turn

pytestmark = pytest.mark.rig

WAVES = {
    "STEM1": {110},
    "STEM2": {280},
    "STEM3": {149 + 91},
    "STEM4": {304},
    "STEM5": {100},
}


def stored_wave(demo: Demo, code: str) -> dict[str, Any]:
    """The wave as plain values, in the shapes that the independent checker reads."""
    ((rules, year),) = demo.rows(f"SELECT rules, year FROM wave WHERE code = '{code}'")
    applications = demo.rows(
        "SELECT school_code, level, region, categories, points, preferences, ineligible, ticket "
        f"FROM application WHERE wave_code = '{code}'"
    )
    awards = demo.rows(f"SELECT school_code, lot FROM award WHERE wave_code = '{code}'")
    applicants = [
        {
            "school": school,
            "level": level,
            "region": region,
            "categories": json.loads(categories),
            "points": points,
            "preferences": json.loads(preferences),
            "ineligible": json.loads(ineligible),
            "ticket": ticket,
        }
        for school, level, region, categories, points, preferences, ineligible, ticket in applications
    ]
    return {
        "rules": json.loads(rules),
        "year": year,
        "applicants": applicants,
        "awards": [{"school": school, "lot": lot} for school, lot in awards],
    }


def test_the_register_holds_14000_schools_and_23_departments(demo: Demo) -> None:
    counted = demo.rows("SELECT kind, status, count(*) FROM school GROUP BY 1, 2 ORDER BY 1")
    assert counted == [("department", "active", 23), ("school", "active", 14_000)]
    assert len(demo.json("school", "list")) == 14_000


def test_every_wave_has_as_many_schools_as_it_had(demo: Demo) -> None:
    awards = demo.rows(
        "SELECT wave_code, count(*) FROM award JOIN school ON code = school_code WHERE kind = 'school' GROUP BY 1"
    )
    assert dict(awards) == {"STEM1": 110, "STEM2": 280, "STEM3": 149 + 91, "STEM4": 304, "STEM5": 100}
    assert sum(number for _wave, number in awards) == 1034


def test_the_lots_of_the_third_and_fifth_wave_are_the_seeds(demo: Demo) -> None:
    waves = {wave["wave"]: wave["lots"] for wave in demo.json("wave", "list")}
    assert list(waves) == list(WAVES)
    assert sorted(lot["awards"] for lot in waves["STEM3"]) == [91, 149]
    assert [(lot["model"], lot["seats"], lot["units"], lot["awards"]) for lot in waves["STEM5"]] == [
        ("printer-3d", 50, 50, 50),
        ("microbit-kit", 50, 50, 50),
        ("microbit-kit", 5, 50, 5),
    ]
    departments = demo.rows("SELECT lot, units FROM award JOIN school ON code = school_code WHERE kind = 'department'")
    assert departments == [("departments", 10)] * 5


def test_the_schools_of_the_fifth_wave_are_of_the_four_groups(demo: Demo) -> None:
    categories = demo.rows(
        "SELECT s.code, group_concat(c.category) FROM award a JOIN school s ON s.code = a.school_code "
        "LEFT JOIN school_category c ON c.school_code = s.code "
        "WHERE a.wave_code = 'STEM5' AND s.kind = 'school' GROUP BY 1"
    )
    assert len(categories) == 100
    groups = {"special", "minority", "second_chance", "remote"}
    assert all(groups & set((found or "").split(",")) for _code, found in categories)


@pytest.mark.parametrize("code", WAVES)
def test_nobody_can_complain_about_a_wave(demo: Demo, code: str) -> None:
    """Seats, levels, admission, guarantees, envy and waste, by a checker that shares nothing with the engine."""
    wave = stored_wave(demo, code)
    assert violations(wave["rules"], wave["applicants"], wave["awards"]) == []


def test_no_school_got_the_same_equipment_again_too_early(demo: Demo) -> None:
    families = {model.name: model.family for model in read_models().values()}
    waves = []
    for code in WAVES:
        wave = stored_wave(demo, code)
        lots = [{"lot": x["lot"], "model": x["model"], "family": families[x["model"]]} for x in wave["rules"]["lots"]]
        repeat_years = wave["rules"]["repeat_years"]
        assert repeat_years > 0
        waves.append({**wave, "wave": code, "repeat_years": repeat_years, "lots": lots})
    assert repeats(waves) == []


@pytest.mark.parametrize("code", WAVES)
def test_neither_pure_merit_nor_quotas_in_turn_would_choose_the_same_schools(demo: Demo, code: str) -> None:
    wave = stored_wave(demo, code)
    chosen = {(award["school"], award["lot"]) for award in wave["awards"]}
    assert propose(wave["rules"], wave["applicants"], merit_alone) != chosen
    assert propose(wave["rules"], wave["applicants"], quotas_in_turn) != chosen


def test_the_published_bundle_is_what_the_files_alone_give(demo: Demo, tmp_path: Path) -> None:
    zipped = tmp_path / "STEM5.zip"
    assert demo.run("wave", "show", "STEM5", "--bundle", str(zipped)).returncode == 0
    import zipfile

    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(tmp_path / "stored")
    ((value, digest),) = demo.rows("SELECT beacon_value, digest FROM wave WHERE code = 'STEM5'")
    files = [f"--{name}={tmp_path / 'stored' / name}.json" for name in ("rules", "applicants", "commitment")]
    again = run_stemfleet("allocate", *files, f"--beacon={value}", f"--out={tmp_path / 'again'}")
    assert again.returncode == 0, again.stderr
    assert digest in again.stdout
    for file in (tmp_path / "stored").iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()


def test_six_boards_pass_and_the_two_faulty_ones_fail_with_their_reasons(demo: Demo) -> None:
    runs = demo.rows("SELECT recipe, outcome, reason FROM board_run ORDER BY slot")
    assert runs == [
        ("microbit-v1", "PASS", None),
        ("microbit-v1", "PASS", None),
        ("arduino-uno", "PASS", None),
        ("arduino-uno", "PASS", None),
        ("printer-mega", "PASS", None),
        ("esp32", "PASS", None),
        ("arduino-uno", "FAIL", "wrong_board"),
        ("microbit-v1", "FAIL", "flash_refused"),
    ]


def test_every_pass_has_its_measurements_and_its_real_tools(demo: Demo) -> None:
    tools = {"microbit-v1": "uflash", "arduino-uno": "avrdude", "printer-mega": "avrdude", "esp32": "esptool"}
    for recipe, text in demo.rows("SELECT recipe, record FROM board_run WHERE outcome = 'PASS'"):
        record = json.loads(text)
        assert tools[recipe] in record["tools"], record["tools"]
        assert record["firmware"]["sha256"]
        assert record["measurements"]
        assert {measurement["outcome"] for measurement in record["measurements"]} == {"PASS"}
        assert any(m["low"] is not None or m["high"] is not None for m in record["measurements"])
    (esp,) = (json.loads(text) for (text,) in demo.rows("SELECT record FROM board_run WHERE recipe = 'esp32'"))
    assert "ampy" in " ".join(esp["tools"])


def test_the_boards_were_worked_on_at_once(demo: Demo) -> None:
    runs = [json.loads(text) for (text,) in demo.rows("SELECT record FROM board_run")]
    assert max(run["started"] for run in runs) < min(run["ended"] for run in runs)


def test_passed_kits_are_at_awarded_schools_and_faulty_ones_are_not(demo: Demo) -> None:
    kits = demo.json("kit", "list")
    assert sorted(kit["state"] for kit in kits) == ["faulty"] * 2 + ["shipped"] * 6
    sent = demo.rows(
        "SELECT k.tag FROM kit k JOIN award a ON a.id = k.award_id "
        "WHERE k.school_code = a.school_code AND k.model = a.model AND k.shipment_id IS NOT NULL"
    )
    assert {tag for (tag,) in sent} == {kit["tag"] for kit in kits if kit["state"] == "shipped"}


def test_a_faulty_kit_is_refused_on_the_command_line(demo: Demo) -> None:
    ((school,),) = demo.rows("SELECT school_code FROM award WHERE model = 'arduino-kit' LIMIT 1")
    for (tag,) in demo.rows("SELECT tag FROM kit WHERE state = 'faulty'"):
        done = demo.run("ship", tag, "--to", school)
        assert done.returncode == 1
        assert tag in done.stderr
        assert demo.run("kit", "label", tag, "--out", str(demo.folder / "no.pdf")).returncode == 1
    assert not (demo.folder / "no.pdf").exists()
    assert demo.rows("SELECT count(*) FROM kit WHERE state = 'faulty' AND shipment_id IS NULL") == [(2,)]


def test_the_printed_labels_lead_to_the_passed_kits_and_no_others(demo: Demo) -> None:
    document = pypdfium2.PdfDocument(demo.folder / "labels.pdf")
    try:
        codes = [
            code.text
            for page in document
            for code in zxingcpp.read_barcodes(page.render(scale=3).to_pil())
            if code.format == zxingcpp.BarcodeFormat.QRCode
        ]
    finally:
        document.close()
    passed = demo.rows("SELECT tag FROM kit WHERE state = 'shipped'")
    assert sorted(codes) == sorted(f"http://127.0.0.1:8080/k/{tag}" for (tag,) in passed)


def test_every_action_carries_its_person_and_the_chain_is_whole(demo: Demo) -> None:
    done = demo.run("audit", "verify")
    assert done.returncode == 0, done.stdout
    people = dict(
        demo.rows("SELECT verb, group_concat(DISTINCT role) FROM history JOIN person p ON p.id = person_id GROUP BY 1")
    )
    assert people["allocated"] == "nso"
    assert people["board_run"] == "warehouse"
    assert people["shipped"] == "warehouse"


def test_a_link_for_each_kind_of_user_is_printed(demo: Demo) -> None:
    assert demo.printed.count("/sign-in/") == 3


def test_a_second_demo_changes_nothing(demo: Demo) -> None:
    def dump() -> list[tuple[Any, ...]]:
        tables = [name for (name,) in demo.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [row for table in sorted(tables) for row in sorted(demo.rows(f'SELECT * FROM "{table}"'), key=repr)]

    before = dump()
    again = demo.run("demo", "--no-serve")
    assert again.returncode == 0, again.stderr
    assert "nothing is done again" in again.stdout
    assert dump() == before


def test_fresh_leaves_a_folder_alone_that_is_no_demo(tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("precious")
    done = run_stemfleet("--data", str(tmp_path), "demo", "--fresh", "--no-serve")
    assert done.returncode == 2
    assert "not marked" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
