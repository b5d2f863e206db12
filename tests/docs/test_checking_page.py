"""docs/checking.md is for people who do not know the program: its commands, run as they stand, do what it says."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from stemfleet.allocation.bundle import draw_round, inputs_of, write_files
from stemfleet.allocation.commitment import Beacon, Commitment
from stemfleet.allocation.draw import tickets
from stemfleet.allocation.values import Applicant, Lot, Rules
from stemfleet.words import Level

PAGE = (Path(__file__).parents[2] / "docs" / "checking.md").read_text(encoding="utf-8")
BLOCKS = [block.strip() for block in re.findall(r"```\n(.*?)```", PAGE, re.DOTALL)]
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if line.startswith("python3")]
VALUE = "5f" * 32
SCHOOLS = ("0190123", "9240012", "9240013")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What somebody has who downloaded the bundle of a wave that was drawn as the page says."""
    lot = Lot("kit", "microbit-kit", seats=1, levels=(Level.PRIMARY,))
    rules = Rules("STEM5", "STEM 5", (lot,), (), 4, ("kit",))
    applicants = [
        Applicant(code, Level.PRIMARY, "03", frozenset(), place, (("project", place),), ("kit",), {})
        for place, code in enumerate(SCHOOLS, start=1)
    ]
    inputs = inputs_of(rules, applicants)
    hashes = inputs.commitment
    committed = Commitment(hashes.rules_sha256, hashes.applicants_sha256, Beacon("drand", "4858166"), "2025-02-28")
    write_files(tmp_path / "made" / "STEM5", draw_round(inputs, VALUE, committed, explained=True).files, zipped=True)
    (tmp_path / "made" / "STEM5.zip").rename(tmp_path / "STEM5.zip")
    return tmp_path


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    arguments = shlex.split(command)
    assert arguments[0] == "python3"
    return subprocess.run([sys.executable, *arguments[1:]], cwd=folder, capture_output=True, text=True, check=False)


def test_the_commands_of_the_page_do_what_it_says(folder: Path) -> None:
    unpack, verify, digest, with_beacon, drand_time, ticket = COMMANDS
    assert run(unpack, folder).returncode == 0
    shown = run(verify, folder)
    assert (shown.returncode, shown.stdout.strip()) == (0, BLOCKS[1])
    sums = subprocess.run(["sha256sum", "STEM5/SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=True)
    assert run(digest, folder).stdout.strip() == sums.stdout.split()[0]
    subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder / "STEM5", check=True)
    assert run(with_beacon, folder).stdout.startswith("OK\n")
    assert run(drand_time, folder).stdout.strip() == "2025-03-05 12:00:00+00:00"
    seed = json.loads((folder / "STEM5" / "result.json").read_bytes())["seed"]
    assert run(ticket.replace("CODE", SCHOOLS[0]), folder).stdout.strip() == tickets(seed, "STEM5", SCHOOLS)[0]


def test_another_value_and_another_result_are_found_as_the_page_says(folder: Path) -> None:
    unpack, verify, _digest, with_beacon, _drand_time, _ticket = COMMANDS
    run(unpack, folder)
    assert run(with_beacon.replace("5f5f", "5f5e", 1), folder).returncode == 1
    result = folder / "STEM5" / "result.json"
    result.write_text(result.read_text("utf-8").replace(SCHOOLS[2], SCHOOLS[1], 1), "utf-8")
    found = run(verify, folder)
    assert found.returncode == 1
    assert "result.json" in found.stdout
    result.unlink()
    assert run(verify, folder).returncode == 2


def test_the_greek_steps_have_the_same_commands() -> None:
    greek = PAGE.split("## Στα ελληνικά")[1]
    assert [command for command in COMMANDS[:2] if f"`{command}`" in greek] == COMMANDS[:2]
