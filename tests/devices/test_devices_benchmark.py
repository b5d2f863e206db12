"""`make bench-devices` runs, tells ratios beside their goals, and would notice a board that was not written."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from avr_peers import image_of

BENCH = Path(__file__).parents[2] / "benchmarks" / "devices"


@pytest.fixture(autouse=True)
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))


@pytest.mark.rig
def test_a_small_run_writes_ratios_goals_and_the_emulators_share_into_the_page(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("# Benchmarks\n\n<!-- devices -->\nold\n<!-- /devices -->\n\n## More\n")
    small = ["--runs", "1", "--boards", "2", "--microbits", "2", "--sizes", "4096", "4224"]
    command = [sys.executable, str(BENCH / "run.py"), *small, "--parts", "unos", "tools", "microbits"]
    told = subprocess.run([*command, "--page", str(page)], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    text = page.read_text()
    assert text.endswith("<!-- /devices -->\n\n## More\n")
    assert "old" not in text.split("## More")[0].splitlines()
    assert told.stdout.strip() in text
    assert text.count("reached") == 2 + 3 + 1  # Unos; avrdude twice, esptool; micro:bits
    assert "| emulators, % |" in text
    assert "avrdude 7" in text


@pytest.mark.rig
def test_a_bench_whose_boards_wait_tells_what_it_uses() -> None:
    command = [sys.executable, str(BENCH / "idle.py"), "uno:1", "0.5"]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert told["program_memory"] > 10
    assert told["emulator_memory"] > 1
    assert 0 < told["emulator_cpu"] < 150


def test_an_image_has_the_size_asked_for_runs_and_is_never_the_same(tmp_path: Path) -> None:
    from images import SELFTEST, Images, read_hex

    images = Images(tmp_path, seed=7)
    first, second = images.next(5000), images.next(5000)
    wanted = image_of(SELFTEST)
    found = image_of(first)
    assert {address: found[address] for address in wanted} == wanted
    assert bytes(found[address] for address in range(5000)) == read_hex(first)
    assert read_hex(first) != read_hex(second)
    assert read_hex(Images(tmp_path / "again", seed=7).next(5000)) == read_hex(first)


def test_a_board_that_was_not_written_ends_the_measurement(tmp_path: Path) -> None:
    from images import Images
    from unos import compare

    from stemfleet.devices.recipe import find_recipe
    from stemfleet.devices.state import Slot

    class Erased:
        """A fleet whose boards hold nothing."""

        def control(self, slot: str, order: str) -> str:
            Path(order.removeprefix("flash ")).write_bytes(b"\xff" * 32768)
            return ""

    board: Any = Erased()
    slot = Slot("A1", find_recipe("arduino-uno"), str(tmp_path / "tty"))
    with pytest.raises(SystemExit, match="A1"):
        compare(board, [slot], Images(tmp_path / "images", 1).next(5000))


def test_the_witness_takes_a_tools_own_time_and_gives_its_exit_code(tmp_path: Path) -> None:
    from overhead import Witness

    witness = Witness(tmp_path)
    began = time.time()
    with witness.watching():
        ended = subprocess.run([sys.executable, "-c", "import time; time.sleep(0.3); raise SystemExit(3)"], check=False)
    assert ended.returncode == 3
    (row,) = witness.log.read_text().splitlines()
    first, last = map(float, row.split())
    assert began <= first < last <= time.time()
    assert last - first >= 0.3
    assert sys.executable != str(tmp_path / "python")


@pytest.mark.parametrize(
    ("ratio", "at_least", "word"), [(1.1, False, "reached"), (1.11, False, "not"), (9.9, True, "not")]
)
def test_a_goal_that_is_not_reached_is_said_so(ratio: float, at_least: bool, word: str) -> None:
    """The module is called run, as other folders' are: it is looked at where it lies."""
    code = f"import run; print(run.goal({ratio}, {10 if at_least else 1.1}, at_least={at_least}))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=BENCH)
    assert ("**not reached**" in told.stdout) is (word == "not")
