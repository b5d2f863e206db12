"""`commit` and `allocate` from the command line: what they write, print and refuse."""

import json
import os
import random
import subprocess
import sys
import zipfile
from hashlib import sha256

import pytest
from round_files import applicants, eight_schools, rules, rules_with_lot, school, write

FILES = [
    "SHA256SUMS",
    "applicants.json",
    "commitment.json",
    "explanations.el.json",
    "explanations.en.json",
    "result.json",
    "rules.json",
    "verify_round.py",
]
DRAND = "ab" * 32


def stemfleet(*arguments, **environment):
    """Run the program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "stemfleet", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.fixture
def inputs(tmp_path):
    """The arguments that name a round's two input files."""
    return (
        "--rules",
        write(tmp_path, "r.json", rules()),
        "--applicants",
        write(tmp_path, "a.json", eight_schools()),
    )


def commit(inputs, out, source="drand"):
    round_named = ("--beacon-source", source, "--beacon-round", "5000000", "--published", "2025-02-28")
    return stemfleet("commit", *inputs, *round_named, "--out", out)


def digest_of(path):
    return sha256(path.read_bytes()).hexdigest()


def test_commit_then_allocate_gives_a_bundle_that_adds_up(inputs, tmp_path):
    """Frozen files byte for byte, seed from them and the beacon value, sums of every file, digest printed."""
    committed, out = tmp_path / "committed", tmp_path / "rounds" / "stem9"
    assert commit(inputs, committed).returncode == 0
    assert sorted(path.name for path in committed.iterdir()) == ["applicants.json", "commitment.json", "rules.json"]

    done = stemfleet(
        "allocate", *inputs, "--beacon", f" {DRAND}\n", "--commitment", committed / "commitment.json", "--out", out
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in out.iterdir()) == FILES
    for name in ("applicants.json", "commitment.json", "rules.json"):
        assert (out / name).read_bytes() == (committed / name).read_bytes()
    sums = dict(reversed(line.split("  ")) for line in (out / "SHA256SUMS").read_text().splitlines())
    assert sums == {name: digest_of(out / name) for name in FILES[1:]}
    assert f"digest {digest_of(out / 'SHA256SUMS')}" in done.stdout.splitlines()

    commitment = json.loads((out / "commitment.json").read_text())
    assert commitment["beacon"] == {"source": "drand", "round": "5000000"}
    assert commitment["published"] == "2025-02-28"
    hashes = f"{digest_of(out / 'rules.json')}|{digest_of(out / 'applicants.json')}"
    result = json.loads((out / "result.json").read_text())
    assert result["seed"] == sha256(f"stemfleet/1|{hashes}|{DRAND}".encode()).hexdigest()
    assert result["beacon_value"] == DRAND
    assert {award["lot"] for award in result["awards"]} == {"printer", "kit"}


def test_without_a_commitment_beacon_and_date_are_null(inputs, tmp_path):
    out = tmp_path / "out"
    done = stemfleet("allocate", *inputs, "--beacon", "planning", "--explanations", "none", "--out", out)
    assert done.returncode == 0
    assert "PLANNING" in done.stderr
    assert sorted(path.name for path in out.iterdir()) == [name for name in FILES if "explanations" not in name]
    commitment = json.loads((out / "commitment.json").read_text())
    assert (commitment["beacon"], commitment["published"]) == (None, None)
    assert commitment["rules_sha256"] == digest_of(out / "rules.json")


def test_any_shuffle_and_any_hash_seed_give_the_same_bundle(tmp_path):
    """Rows, keys, blanks and PYTHONHASHSEED differ; every byte of the folder and the zip is the same."""
    schools = eight_schools()["applicants"]
    bundles = []
    for hash_seed in ("0", "1", "4242"):
        random.Random(hash_seed).shuffle(schools)
        folder = tmp_path / hash_seed
        folder.mkdir()
        rows = [dict(random.Random(hash_seed).sample(list(row.items()), len(row))) for row in schools]
        rules_file = write(folder, "rules.json", json.dumps(rules(), indent=int(hash_seed) % 7))
        rows_file = write(folder, "rows.json", applicants(*rows))
        done = stemfleet(
            "allocate",
            "--rules",
            rules_file,
            "--applicants",
            rows_file,
            "--beacon",
            "x",
            "--out",
            folder / "out",
            PYTHONHASHSEED=hash_seed,
        )
        assert done.returncode == 0, done.stderr
        files = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
        bundles.append((files, (folder / "out.zip").read_bytes(), done.stdout))
    assert bundles[0] == bundles[1] == bundles[2]


def test_the_zip_holds_the_files_sorted_and_without_dates(inputs, tmp_path):
    stemfleet("allocate", *inputs, "--beacon", "x", "--out", tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.namelist() == FILES
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {name: archive.read(name) for name in FILES} == {
            name: (tmp_path / "out" / name).read_bytes() for name in FILES
        }


@pytest.mark.parametrize("changed", ["rules", "applicants"])
def test_inputs_that_are_not_the_committed_ones_are_refused(inputs, tmp_path, changed):
    committed, out = tmp_path / "committed", tmp_path / "out"
    commit(inputs, committed)
    if changed == "rules":
        write(tmp_path, "r.json", rules(title="Άλλο"))
    else:
        write(tmp_path, "a.json", applicants(school("9000001", 501)))
    done = stemfleet(
        "allocate", *inputs, "--beacon", DRAND, "--commitment", committed / "commitment.json", "--out", out
    )
    assert done.returncode == 2
    assert f"{changed}.json is not the one that was committed to" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "committed", "r.json"]


@pytest.mark.parametrize(
    ("source", "value", "said"),
    [
        ("drand", "ab" * 31, "64 hex digits"),
        ("drand", "zz" * 32, "64 hex digits"),
        ("DRAND", "5F" * 32, "lower case"),
        ("nist", DRAND, "128 hex digits"),
        ("Εθνικό Λαχείο", "", "1 to 200 visible"),
        ("Εθνικό Λαχείο", "12 34", "1 to 200 visible"),
        ("Εθνικό Λαχείο", "αβγ", "1 to 200 visible"),
        ("Εθνικό Λαχείο", "7" * 201, "1 to 200 visible"),
    ],
)
def test_a_beacon_value_of_the_wrong_form_is_refused(inputs, tmp_path, source, value, said):
    commit(inputs, tmp_path / "committed", source)
    commitment = tmp_path / "committed" / "commitment.json"
    done = stemfleet("allocate", *inputs, "--beacon", value, "--commitment", commitment, "--out", tmp_path / "out")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["commit", "allocate"])
def test_a_folder_that_holds_something_is_left_alone(inputs, tmp_path, command):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    done = commit(inputs, out) if command == "commit" else stemfleet("allocate", *inputs, "--beacon", "x", "--out", out)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not empty" in done.stderr
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
    assert not (tmp_path / "out.zip").exists()


def test_an_empty_folder_is_filled_and_a_second_run_is_refused(inputs, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    assert stemfleet("allocate", *inputs, "--beacon", "x", "--out", out).returncode == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert stemfleet("allocate", *inputs, "--beacon", "y", "--out", out).returncode == 2
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_zip_of_that_name_is_not_overwritten(inputs, tmp_path):
    (tmp_path / "out.zip").write_text("mine")
    done = stemfleet("allocate", *inputs, "--beacon", "x", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert (tmp_path / "out.zip").read_text() == "mine"
    assert not (tmp_path / "out").exists()


BAD_FILES = {
    "no such file": (None, "cannot be read"),
    "reserves above seats": (rules_with_lot(seats=1), "2 places are reserved, but lot printer has 1 seats"),
    "a float": (rules_with_lot(seats=1.5), "1.5 is not a whole number"),
    "unknown key": (rules(colour=1), "'colour' is not known"),
    "half JSON": ('{"format":', "is not JSON"),
}


@pytest.mark.parametrize("command", ["commit", "allocate"])
@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_input_is_a_sentence_and_nothing_is_written(inputs, tmp_path, command, case):
    value, said = BAD_FILES[case]
    if value is None:
        (tmp_path / "r.json").unlink()
    else:
        write(tmp_path, "r.json", value)
    before = sorted(tmp_path.iterdir())
    out = tmp_path / "out"
    done = commit(inputs, out) if command == "commit" else stemfleet("allocate", *inputs, "--beacon", "x", "--out", out)
    assert (done.returncode, done.stdout) == (2, "")
    assert "r.json" in done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("out", ["r.json", "r.json/inside"])
def test_a_target_that_cannot_be_a_folder_is_refused(inputs, tmp_path, out):
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    done = stemfleet("allocate", *inputs, "--beacon", "x", "--out", tmp_path / out)
    assert (done.returncode, done.stdout) == (2, "")
    assert str(tmp_path / out) in done.stderr
    assert "Traceback" not in done.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("option", "value"),
    [("--published", "2025-02-29"), ("--published", "31/3/2025"), ("--beacon-source", " "), ("--beacon-round", "")],
)
def test_a_commitment_needs_a_source_a_round_and_a_day(inputs, tmp_path, option, value):
    given = {"--beacon-source": "drand", "--beacon-round": "5000000", "--published": "2024-02-29", option: value}
    done = stemfleet("commit", *inputs, *(word for pair in given.items() for word in pair), "--out", tmp_path / "out")
    assert done.returncode == 2
    assert option in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_reserve_that_nobody_can_use_is_noticed_on_the_error_stream(inputs, tmp_path):
    write(tmp_path, "r.json", rules_with_lot(reserves={"minority": 2}))
    done = stemfleet("allocate", *inputs, "--beacon", "x", "--out", tmp_path / "out")
    assert done.returncode == 0
    assert "Notice: Lot printer: the reserve for minority (2) finds nobody" in done.stderr
