"""Whatever goes wrong, a command ends with a sentence on standard error and exit code 2, and never a stack trace."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stemfleet.store import Store

BIN = Path(sys.executable).parent / "stemfleet"


def run(data: Path, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(BIN), "--data", str(data), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, check=False)


def assert_could_not(done: subprocess.CompletedProcess[str], sentence: str) -> None:
    assert done.returncode == 2
    assert done.stdout == ""
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "stemfleet.sqlite").write_bytes(b"this is a letter, not a database" * 200)
    assert_could_not(run(tmp_path, "school", "list", "--json"), "stemfleet.sqlite cannot be opened: file is not a")


def test_a_database_of_a_newer_version_asks_for_an_update(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'stemfleet.sqlite'}")
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    assert_could_not(run(tmp_path, "kit", "list"), "made by a newer version of stemfleet")


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert_could_not(run(tmp_path / "file" / "data", "wave", "list"), "cannot be opened: Not a directory")


def test_a_database_without_its_driver_is_no_address(tmp_path: Path) -> None:
    done = run(tmp_path, "wave", "list", STEMFLEET_DATABASE_URL="mysql://stemfleet:secret@127.0.0.1/x")
    assert_could_not(done, "is not a database address")
    assert "secret" not in done.stderr


@pytest.mark.parametrize("words", [["kit", "label", "SF-00001B", "--out"], ["wave", "show", "STEM1", "--bundle"]])
def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, words: list[str]) -> None:
    assert_could_not(run(tmp_path, *words, tmp_path / "nowhere" / "x"), "x cannot be written: No such file")


def test_a_refused_label_leaves_no_file(tmp_path: Path) -> None:
    tag = run(tmp_path, "kit", "receive", "microbit-kit").stdout.strip()
    refused = run(tmp_path, "kit", "label", tag, "--out", tmp_path / "labels.pdf")
    assert refused.returncode == 1
    assert not (tmp_path / "labels.pdf").exists()


def test_a_file_that_was_there_survives_a_refused_label(tmp_path: Path) -> None:
    tag = run(tmp_path, "kit", "receive", "microbit-kit").stdout.strip()
    (tmp_path / "labels.pdf").write_text("yesterday's")
    assert run(tmp_path, "kit", "label", tag, "--out", tmp_path / "labels.pdf").returncode == 1
    assert (tmp_path / "labels.pdf").read_text() == "yesterday's"


def test_a_source_without_its_round_is_no_commitment(tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    done = run(tmp_path, "wave", "run", rules, "--year", 2017, "--beacon", "abc", "--beacon-source", "drand")
    assert_could_not(done, "--beacon-source and --beacon-round belong together")


def test_a_fault_of_the_program_is_told_without_its_stack_trace(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'stemfleet.sqlite'}")
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE kit_report")
        connection.exec_driver_sql("DROP TABLE kit")
    store.close()
    done = run(tmp_path, "kit", "list", TMPDIR=str(tmp_path))
    assert_could_not(done, "a fault of the program (OperationalError). Details: ")
    assert "no such table" in Path(done.stderr.split("Details: ")[1].strip()).read_text()
