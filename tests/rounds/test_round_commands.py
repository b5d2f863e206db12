"""A whole round through the command line: 600 schools, from the draft to the last answer, each command a process."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stemfleet.resources import resource

VALUE = "c0" * 64
BEACON = ("--beacon-source", "nist", "--beacon-round", "chain 2, pulse 1700000")


class Shell:
    """`stemfleet --data FOLDER …`, run from elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("STEMFLEET_")}
        self.environment = {**inherited, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}

    def start(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "stemfleet", "--data", str(self.folder), *map(str, arguments)],
            cwd="/",
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def run(self, *arguments: object, exits: int = 0) -> str:
        done = self.start(*arguments)
        assert done.returncode == exits, (arguments, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done.stdout if exits == 0 else done.stderr

    def open_until(self, option: str, *arguments: object) -> datetime:
        """Takes a step whose window ends soon, and gives its end: a machine too busy for 4 seconds gets more."""
        for seconds in (4, 8, 16, 32, 64):
            end = soon(seconds)
            done = self.start(*arguments, option, end.isoformat())
            if done.returncode == 0:
                return end
        raise AssertionError(done.stderr)

    def json(self, *arguments: object) -> Any:
        return json.loads(self.run(*arguments, "--json"))


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def wait_until(moment: datetime) -> None:
    while datetime.now(UTC) < moment:
        time.sleep(0.1)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A data folder with 600 schools and their eTwinning records."""
    made = Shell(tmp_path / "data")
    register, evidence = tmp_path / "register.json", tmp_path / "evidence.csv"
    made.run("sample", "register", "--schools", 600, "--out", register)
    made.run("sample", "evidence", "--register", register, "--out", evidence)
    made.run("import", "schools", register, "--apply")
    made.run("import", "evidence", evidence, "--apply")
    return made


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Those of STEM 3 with fewer seats, so that 600 schools compete."""
    read = json.loads(resource("examples", "waves", "STEM3.json").read_bytes())
    read["wave"] = "STEM6"
    for lot, seats in zip(read["lots"], (6, 5), strict=True):
        lot["seats"] = seats
        lot["reserves"] = {"special": 1, "dragons": 1}
    file = tmp_path / "STEM6.json"
    file.write_text(json.dumps(read, ensure_ascii=False), encoding="utf-8")
    return file


def to_results(shell: Shell, rules: Path) -> None:
    """From the draft to published results, with one correction, one exclusion and one way back."""
    shell.run("round", "draft", rules, "--year", 2026)
    assert "already" in shell.run("round", "draft", rules, "--year", 2026, exits=1)
    shell.run("round", "draft", rules, "--year", 2026, "--change")
    shell.run("round", "publish-rules", "STEM6")
    nobody = shell.start("round", "publish-points", "STEM6", "--until", soon(3600).isoformat()).stderr
    assert "the reserve for dragons (1) finds nobody" in nobody
    later = soon(7200).isoformat()
    assert "can be made until" in shell.run("round", "freeze", "STEM6", *BEACON, "--expected", later, exits=1)
    shell.run("round", "undo", "STEM6", "--reason", "Το παράθυρο ήταν λάθος.")
    shell.run("round", "publish-rules", "STEM6")
    window = shell.open_until("--until", "round", "publish-points", "STEM6")
    best, second = merit(shell)[:2]
    line = ("--line", "contest=500", "--reason", "Ένσταση 1")
    assert "points" in shell.run("round", "correct", "STEM6", second, *line)
    for points, said in (("-5", "A line has a whole number"), ("--5", "LABEL=POINTS"), ("9" * 5000, "LABEL=POINTS")):
        wrong = ("--line", f"contest={points}", "--reason", "Ένσταση 1")
        assert said in " ".join(shell.run("round", "correct", "STEM6", second, *wrong, exits=2).split())
    shell.run("round", "exclude", "STEM6", best, "--reason", "Κλείνει το 2026.")
    wait_until(window)
    expected = shell.open_until("--expected", "round", "freeze", "STEM6", *BEACON)
    assert "are frozen" in shell.run("round", "correct", "STEM6", second, *line, exits=1)
    assert "another person" in shell.run("round", "draw", "STEM6", "--beacon", VALUE, exits=1)
    token = shell.run("user", "add", "Άρης Α.", "--role", "nso").strip()
    wait_until(expected)
    assert "128 hex digits" in shell.run("round", "draw", "STEM6", "--beacon", "abc", "--link", token, exits=2)
    shell.run("round", "draw", "STEM6", "--beacon", VALUE, "--link", token)
    assert "has been used" in shell.run("round", "draw", "STEM6", "--beacon", VALUE, "--link", token, exits=1)
    shell.open_until("--appeals-until", "round", "publish", "STEM6")


def merit(shell: Shell) -> list[str]:
    """The applicants with most points, from the published list."""
    out = shell.folder.parent / "points"
    shell.run("round", "show", "STEM6", "--out", out)
    applicants = json.loads((out / "applicants.json").read_bytes())["applicants"]
    ranked = sorted((a for a in applicants if a["preferences"]), key=lambda a: -a["points"])
    return [applicant["school"] for applicant in ranked]


def held(shell: Shell) -> dict[str, str]:
    return {award["school"]: award["lot"] for award in shell.json("wave", "show", "STEM6")["awards"]}


def test_a_round_from_draft_to_the_last_answer(shell: Shell, rules: Path, tmp_path: Path) -> None:
    to_results(shell, rules)
    published = held(shell)
    assert len(published) == 11
    view = shell.json("round", "show", "STEM6")
    appeals_until = datetime.fromisoformat(view["appeals_until"])
    refused = json.loads((tmp_path / "points" / "applicants.json").read_bytes())["applicants"]
    outside = next(a["school"] for a in refused if a["school"] not in published and len(a["preferences"]) == 2)
    more = ("--line", "late=999")
    assert f"school {outside}: nothing ->" in shell.run("round", "appeal", "STEM6", outside, *more, "--preview")
    decision = ("--remedy", "reallocation", "--reason", "Ένσταση 2")
    shell.run("round", "appeal", "STEM6", outside, *more, *decision)
    shell.run("round", "appeal", "STEM6", outside, "--reject", "--reason", "Εκπρόθεσμη.")
    wait_until(appeals_until)
    shell.run("round", "finalize", "STEM6")
    final = held(shell)
    assert outside in final
    assert "11 offers" in shell.run("round", "offer", "STEM6", "--days", 14)
    gone = sorted(final.keys() - {outside})[0]
    assert "offer of" in shell.run("round", "decline", "STEM6", gone)
    assert "open" in shell.run("round", "close", "STEM6", exits=1)
    for school in held(shell):
        shell.run("round", "accept", "STEM6", school)
    assert shell.run("round", "expire", "STEM6").strip() == "0 offers expired"
    digest = shell.run("round", "close", "STEM6").split()[-1]
    shell.run("round", "show", "STEM6", "--out", tmp_path / "bundle")
    shell.run("verify", tmp_path / "bundle", "--digest", digest)
    shell.run("audit", "verify")
    assert shell.json("round", "list")[0]["state"] == "closed"
    people = {step["step"]: step["person"] for step in shell.json("round", "show", "STEM6")["steps"]}
    assert people["drawn"] == "Άρης Α." != people["frozen"]
