"""The commands on one port, as scripts call them: exit code, and nothing but the record on standard output."""

import json
import platform
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from core_peers import Peer

from stemfleet.devices.record import BoardRecord
from stemfleet.words import Outcome, Reason


def stemfleet(data: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "stemfleet", "--data", str(data), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_board_that_could_not_be_done_gives_a_record_and_exit_code_2(tmp_path: Path) -> None:
    done = stemfleet(tmp_path, "provision", "/dev/ttyNOTHERE", "--recipe", "arduino-uno", "--json")
    assert done.returncode == 2
    record = BoardRecord.from_json(json.loads(done.stdout))
    assert (record.outcome, record.reason) == (Outcome.ERROR, Reason.PORT_MISSING)
    assert "/dev/ttyNOTHERE is not there" in done.stderr


def test_an_unknown_recipe_is_refused_with_those_there_are(tmp_path: Path) -> None:
    done = stemfleet(tmp_path, "check", "/dev/ttyNOTHERE", "--recipe", "toaster")
    assert done.returncode == 2
    assert "arduino-uno" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_drive_for_a_board_that_has_none_is_refused(tmp_path: Path) -> None:
    done = stemfleet(tmp_path, "provision", "/dev/ttyNOTHERE", "--recipe", "arduino-uno", "--volume", str(tmp_path))
    assert done.returncode == 2
    assert "--volume" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("recipe", ["arduino-uno", "arduino-mega"])
def test_garbage_on_the_line_is_unreadable_whatever_the_tool_calls_it(tmp_path: Path, recipe: str) -> None:
    with Peer(chatter=b"\x81\x13garbage\xfe" * 20) as peer:
        done = stemfleet(tmp_path, "provision", peer.port, "--recipe", recipe, "--json")
    record = json.loads(done.stdout)
    assert (done.returncode, record["outcome"], record["reason"]) == (2, "ERROR", "unreadable")


@pytest.mark.parametrize(("recipe", "reason"), [("printer-mega", Reason.SILENT), ("arduino-uno", Reason.PORT_MISSING)])
def test_a_silent_network_port_is_named_as_what_it_is_to_its_tool(tmp_path: Path, recipe: str, reason: Reason) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = f"socket://127.0.0.1:{server.getsockname()[1]}"
        done = stemfleet(tmp_path, "check", port, "--recipe", recipe, "--json")
    assert json.loads(done.stdout)["reason"] == reason
    assert port in done.stderr


@pytest.mark.rig
def test_records_of_virtual_boards_say_so_and_are_not_of_this_computers_station(tmp_path: Path) -> None:
    done = stemfleet(tmp_path, "bench", "--virtual", "uno:1:silent", "--json")
    (record,) = json.loads(done.stdout)
    assert (done.returncode, record["reason"]) == (2, "silent")
    assert (record["virtual"], record["station"]) == (True, f"{platform.node()} (virtual)")
    real = json.loads(stemfleet(tmp_path, "check", str(tmp_path / "tty"), "--recipe", "arduino-uno", "--json").stdout)
    assert (real["virtual"], real["station"]) == (False, platform.node())
