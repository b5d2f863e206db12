"""The benchmark's own parts: a floor that is one, and a judge that can tell a good allocation from a bad one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "benchmarks" / "allocation"


def run(script, *arguments):
    command = [sys.executable, BENCH / script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    run("inputs.py", 700, folder)
    return folder / "rules.json", folder / "applicants.json"


@pytest.mark.parametrize("name", ["floor.py", "floor_texts.py"])
def test_the_floor_has_under_twenty_statements_and_needs_the_standard_library_only(name):
    lines = [line for line in (BENCH / name).read_text(encoding="utf-8").splitlines() if line.strip()]
    code = [line for line in lines if not line.startswith(('"""', "import "))]
    assert len(code) < 20
    assert {line for line in lines if line.startswith("import ")} == {"import json", "import sys"}


def test_the_judge_finds_nothing_in_ours_and_envy_in_the_spreadsheet(inputs, tmp_path):
    """Quotas one after another waste guarantees on 14,000 schools; on 700 they leave envy at least."""
    allocate = ("allocate", "--rules", inputs[0], "--applicants", inputs[1], "--beacon", "x", "--explanations", "none")
    command = [sys.executable, "-m", "stemfleet", *map(str, allocate), "--out", str(tmp_path / "ours")]
    subprocess.run(command, capture_output=True, check=True)
    run("quotas.py", *inputs, tmp_path / "quotas.json")
    assert json.loads(run("judge.py", *inputs, tmp_path / "ours" / "result.json")) == {
        "envy": 0,
        "wasted": 0,
        "unmet": 0,
    }
    assert json.loads(run("judge.py", *inputs, tmp_path / "quotas.json"))["envy"] > 0


def test_the_judge_counts_empty_places_and_unused_guarantees(inputs, tmp_path):
    nobody = tmp_path / "nobody.json"
    nobody.write_text(json.dumps({"awards": []}))
    seats = 3 * (700 // 50)
    found = json.loads(run("judge.py", *inputs, nobody))
    assert found["wasted"] == seats
    assert 0 < found["unmet"] <= seats
