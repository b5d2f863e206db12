"""Commands of the bench beside the wall: positions, stale kits, overrides, records, yield, persons who are shut out."""

import hashlib
import json
import platform
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from serial.tools.list_ports_common import ListPortInfo

from stemfleet.accounts import console_person
from stemfleet.cli import stemfleet
from stemfleet.errors import InputError, NotFound, Refused, Unavailable
from stemfleet.kits import receive_kits
from stemfleet.words import Outcome
from stemfleet.workshop import Workshop
from tests.support.builders import run_board


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., str]:
    """`run("slots", "list")` gives what the command prints; its errors are raised."""

    def ran(*words: str) -> str:
        result = CliRunner().invoke(stemfleet, ["--data", str(tmp_path), *words], standalone_mode=False)
        if result.exception:
            raise result.exception
        return result.stdout

    return ran


@pytest.fixture
def tags(tmp_path: Path) -> list[str]:
    """A kit that failed and one that passed, of one delivery."""
    workshop = Workshop.open(f"sqlite:///{tmp_path / 'stemfleet.sqlite'}", tmp_path)
    person = console_person(workshop.store)
    bad, good = receive_kits(workshop, person, "arduino-kit", 2, lot="Π-17", supplier="Ρομποτική ΑΕ")
    run_board(workshop, person, "uno-1", bad, outcome=Outcome.FAIL, reason="measurement:supply")
    run_board(workshop, person, "uno-2", good)
    workshop.store.close()
    return [bad, good]


def on_hub(place: str) -> ListPortInfo:
    info = ListPortInfo(f"/dev/tty-{place}")
    info.vid, info.pid, info.location, info.serial_number = 0x2341, 0x0043, f"{place}:1.0", f"S{place}"
    return info


def test_positions_are_named_by_plugging_boards_in_and_kept(
    run: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = [[on_hub("1-9")], [on_hub("1-9"), on_hub("1-2.3")], [on_hub("1-9"), on_hub("1-2.3"), on_hub("1-2.4")]]
    looks = iter([there[0], there[1], there[1], there[2], there[2]])
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: next(looks, there[2]))
    monkeypatch.setattr("stemfleet.cli.slots._LOOK_S", 0.01)
    assert "A4 is the position 1-2.4." in run("slots", "learn", "A3", "A4")
    run("slots", "recipe", "A4", "arduino-uno")
    run("slots", "auto-start", "on")
    told = json.loads(run("slots", "list", "--json"))
    assert told["station"] == platform.node()
    assert told["auto_start_by"].endswith("(console)")
    assert told["slots"] == [
        {"slot": "A3", "place": "1-2.3", "recipe": None, "port": "/dev/tty-1-2.3"},
        {"slot": "A4", "place": "1-2.4", "recipe": "arduino-uno", "port": "/dev/tty-1-2.4"},
    ]
    run("slots", "forget", "A3")
    assert "A3" not in run("slots", "list")
    with pytest.raises(NotFound, match="A4"):
        run("slots", "recipe", "A3", "any")
    with pytest.raises(Unavailable, match="1 seconds"):
        run("slots", "learn", "A5", "--timeout", "1")


def test_two_persons_by_name_let_a_kit_leave_and_not_both_at_one_command_line(
    run: Callable[..., str], tags: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has the command line alone is nobody by name, and its account is named in the history."""
    bad, reason = tags[0], ("--reason", "Ελέγχθηκε και με πολύμετρο")
    added = [run("user", "add", name, "--role", role) for name, role in (("Άρης", "warehouse"), ("Νίκη", "nso"))]
    first, second = (re.findall(r"/sign-in/(\S+)", printed)[0] for printed in added)
    with pytest.raises(Refused, match="by name"):
        run("kit", "override", bad, *reason)
    assert f"/kits/{bad}" in run("kit", "override", bad, *reason, "--link", first)
    with pytest.raises(Refused, match="by name"):
        run("kit", "override", bad, "--approve")
    with pytest.raises(Refused, match="same command line"):
        run("kit", "override", bad, "--approve", "--link", second)
    monkeypatch.setattr("platform.node", lambda: "office-pc")
    assert "Approved" in run("kit", "override", bad, "--approve", "--link", second)
    shown: dict[str, Any] = json.loads(run("kit", "show", bad, "--json"))
    assert (shown["state"], shown["open_points"]) == ("ready", [])
    assert shown["overrides"][0]["decided_by"] == "Νίκη"
    assert "waived by an override: failed" in run("kit", "show", bad)
    asked, decided = [e["facts"]["console"] for e in shown["history"] if e["verb"].startswith("override")]
    assert asked != decided
    assert decided.endswith("@office-pc")
    with pytest.raises(click.UsageError):
        run("kit", "override", bad)


def test_a_wrong_name_of_a_position_is_told_before_anything_is_plugged_in(run: Callable[..., str]) -> None:
    for names in (("A3", "no name"), ("A3", "A3")):
        with pytest.raises(InputError, match=names[1]):
            run("slots", "learn", *names, "--timeout", "1")


def test_a_person_approves_a_release_for_an_open_recipe(run: Callable[..., str], tmp_path: Path) -> None:
    image = tmp_path / "game.py"
    image.write_bytes(b"game = 1")
    (before,) = [row for row in json.loads(run("firmware", "list", "--json")) if row["recipe"] == "microbit-v1"]
    assert (before["open"], before["version"], before["approved_by"]) == (True, "1.0", None)
    assert "game 2.1" in run(
        "firmware", "approve", "microbit-v1", "--version", "2.1", "--name", "game", "--file", str(image)
    )
    (after,) = [row for row in json.loads(run("firmware", "list", "--json")) if row["recipe"] == "microbit-v1"]
    assert (after["version"], after["sha256"]) == ("2.1", hashlib.sha256(b"game = 1").hexdigest())
    assert "game.py" in run("firmware", "list")
    with pytest.raises(Refused, match="arduino-uno"):
        run("firmware", "approve", "arduino-uno", "--version", "2", "--sha256", "0" * 64)


def test_a_board_is_taken_out_of_its_kit_with_a_reason(run: Callable[..., str], tags: list[str]) -> None:
    assert "the kit is received" in run("kit", "take-out", "uno-2", "--reason", "Λύγισε ένας ακροδέκτης")
    assert json.loads(run("kit", "show", tags[1], "--json"))["boards"] == []


def test_a_release_of_firmware_shows_the_stale_kits(run: Callable[..., str], tags: list[str], tmp_path: Path) -> None:
    assert json.loads(run("kit", "stale", "--json")) == []
    shipped = Path("stemfleet/devices/recipes/arduino-uno.toml")
    source = (Path(__file__).parents[2] / shipped).read_text()
    own = tmp_path / "recipes"
    own.mkdir()
    image = b":00000001FF\n"
    (own / "new.hex").write_bytes(image)
    released = re.sub(r'file = "[^"]+"', 'file = "new.hex"', source)
    (own / "arduino-uno.toml").write_text(re.sub(r'sha256 = "\w+"', f'sha256 = "{"0" * 64}"', released))
    (stale,) = json.loads(run("kit", "stale", "--model", "arduino-kit", "--json"))
    assert (stale["tag"], stale["open_points"][0]["code"]) == (tags[1], "old_firmware")
    assert tags[1] in run("kit", "stale")


def test_records_and_claims_are_written_as_files(run: Callable[..., str], tags: list[str], tmp_path: Path) -> None:
    run("kit", "records", tags[1], "--out", str(tmp_path / "kit.zip"))
    assert "kit.json" in zipfile.ZipFile(tmp_path / "kit.zip").namelist()
    run("yield", "--claim", str(tmp_path / "claim.pdf"), "--supplier", "Ρομποτική ΑΕ", "--lang", "en")
    assert (tmp_path / "claim.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(NotFound):
        run("yield", "--claim", str(tmp_path / "none.pdf"), "--supplier", "Κανένας")
    assert not (tmp_path / "none.pdf").exists()


def test_the_yield_is_printed_by_what_was_asked_for(run: Callable[..., str], tags: list[str]) -> None:
    told = json.loads(run("yield", "--by", "supplier", "--json"))
    assert (told["boards"], told["passed_first"]) == (2, 1)
    assert told["rows"] == [{"value": "Ρομποτική ΑΕ", "boards": 2, "passed_first": 1, "could_not_tell": 0}]
    assert told["reasons"] == [{"reason": "measurement:supply", "boards": 1}]
    assert "50.0%" in run("yield")
    assert json.loads(run("yield", "--since", "2026-03-03", "--json"))["boards"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        ("--model", "arduino-kti"),
        ("--lot", "Π-0"),
        ("--supplier", "Κανένας"),
        ("--since", "2026-03-02", "--until", "2026-03-01"),
    ],
)
def test_a_yield_of_nothing_that_there_is_says_so(
    run: Callable[..., str], tags: list[str], wrong: tuple[str, ...]
) -> None:
    with pytest.raises(InputError):
        run("yield", *wrong)


def test_a_claim_does_not_leave_out_what_it_was_asked_for(
    run: Callable[..., str], tags: list[str], tmp_path: Path
) -> None:
    with pytest.raises(click.UsageError):
        run("yield", "--claim", str(tmp_path / "c.pdf"), "--supplier", "Ρομποτική ΑΕ", "--since", "2026-03-03")


def test_who_is_shut_out_gets_no_link_until_let_in_again(run: Callable[..., str]) -> None:
    run("user", "add", "Άρης", "--role", "warehouse")
    run("user", "deactivate", "Άρης")
    assert "shut out" in run("user", "list")
    with pytest.raises(Refused):
        run("user", "link", "Άρης")
    run("user", "activate", "Άρης")
    assert "/sign-in/" in run("user", "link", "Άρης")
