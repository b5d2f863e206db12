"""`verify` and the stand-alone `verify_round.py`: another way of computing, and no change stays unseen."""

import ast
import json
import random
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from allocation_cases import REGIONS, SEED, a_lot, a_school, a_wave, fields, lots
from hypothesis import given, settings
from hypothesis import strategies as st
from round_files import eight_schools, rules_with_lot

from stemfleet.allocation import verify_round
from stemfleet.allocation.applicants_file import applicants_bytes, parse_applicants
from stemfleet.allocation.bundle import SUMS, _frozen, draw_round, sums_of, write_files
from stemfleet.allocation.canonical import canonical
from stemfleet.allocation.checking import read_bundle, verify_bundle, verify_files
from stemfleet.allocation.commitment import Beacon, Commitment
from stemfleet.allocation.engine import allocate
from stemfleet.allocation.result_file import result_document
from stemfleet.allocation.rules_file import parse_rules, rules_bytes
from stemfleet.allocation.values import Unfilled
from stemfleet.errors import InputError, Refused

THREE = ("kit", "printer", "robot")
many = settings(max_examples=150, deadline=None)


def check_both_ways(rules, schools):
    """The engine's result.json is what the verifier computes from the plain files."""
    result = json.loads(canonical(result_document(allocate(rules, schools, SEED), "x")))
    plain_rules = json.loads(rules_bytes(rules))
    plain_schools = json.loads(applicants_bytes(schools))["applicants"]
    computed = verify_round.compute(plain_rules, plain_schools, SEED)
    assert computed == {key: result[key] for key in computed}
    assert result.keys() - computed.keys() == {"format", "beacon_value", "seed"}


@many
@given(st.tuples(*(lots(code, seats=3) for code in THREE)), fields(THREE))
def test_the_verifier_computes_the_engines_result(made, schools):
    check_both_ways(a_wave(*made), schools)


@many
@given(st.tuples(*(lots(code, seats=3, caps=True) for code in THREE)), fields(THREE, regions=REGIONS))
def test_the_verifier_computes_the_engines_result_with_nested_caps(made, schools):
    check_both_ways(a_wave(*made), schools)


@many
@given(lots(), st.integers(0, 3), fields(regions=REGIONS))
def test_the_verifier_computes_the_engines_result_with_a_crossing_cap(lot, cap, schools):
    check_both_ways(a_wave(replace(lot, region_cap=cap)), schools)


SIX = ("active", "awarded", "minority", "remote", "second_chance", "special")


def a_large_wave(rnd, **caps):
    """Three lots with six overlapping reserves, 400 schools of 5 regions, few different points."""
    made = []
    for code in THREE:
        reserves = {category: rnd.randrange(0, 6) for category in SIX}
        seats = sum(reserves.values()) + rnd.randrange(0, 8)
        made.append(a_lot(code, seats, reserves=reserves, unfilled=rnd.choice(list(Unfilled)), **caps))
    schools = [
        a_school(
            f"{1000 + index}",
            rnd.randrange(0, 40),
            [category for category in SIX if rnd.random() < 0.2],
            wants=rnd.sample(THREE, rnd.randrange(0, 4)),
            region=rnd.choice(["a", "b", "c", "d", None]),
        )
        for index in range(400)
    ]
    return a_wave(*made), schools


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("caps", [{}, {"open_region_cap": 2}, {"category_region_caps": {"special": 1, "remote": 2}}])
def test_both_compute_the_same_for_hundreds_of_schools(seed, caps):
    """Long chains of moves, many signatures, and the certificate of every lot."""
    check_both_ways(*a_large_wave(random.Random(seed), **caps))


@pytest.mark.parametrize("seed", range(3))
def test_both_compute_the_same_for_hundreds_of_schools_under_a_crossing_cap(seed):
    rules, schools = a_large_wave(random.Random(seed))
    lot = replace(rules.lots[0], region_cap=4)
    check_both_ways(a_wave(lot), [replace(school, preferences=(lot.code,)) for school in schools])


REGION_NAMES = tuple(f"r{number:02}" for number in range(14))
GROUPS = ("minority", "remote", "second_chance", "special")


def many_categories(groups=GROUPS, **caps):
    """A lot with a reserve for each of 14 regions and for groups that overlap with them all, and 300 schools."""
    rnd = random.Random(14)
    reserves = {**{f"region:{region}": 3 for region in REGION_NAMES}, **dict.fromkeys(groups, 4)}
    schools = []
    for index in range(300):
        region = rnd.choice([*REGION_NAMES, None])
        categories = [group for group in groups if rnd.random() < 0.2] + ([f"region:{region}"] if region else [])
        schools.append(a_school(f"{1000 + index}", rnd.randrange(30), categories, region=region))
    return a_wave(a_lot(seats=80, reserves=reserves, **caps)), schools


@pytest.mark.parametrize(
    "caps",
    [
        {},
        {"open_region_cap": 2},
        {"category_region_caps": {"special": 1, "remote": 2, "region:r01": 1}},
        {"region_cap": 5},
    ],
)
def test_a_reserve_for_every_region_beside_groups_is_computed(caps):
    """18 categories: those that no school has two of decide for themselves, so that the sets of the others are few."""
    check_both_ways(*many_categories(**caps))


def test_more_overlapping_categories_than_can_be_looked_at_are_refused_with_a_sentence():
    rules, schools = many_categories(tuple(f"group{number:02}" for number in range(21)))
    plain = json.loads(rules_bytes(rules)), json.loads(applicants_bytes(schools))["applicants"]
    with pytest.raises(OSError, match="Lot kit: 21 of its categories overlap, too many to be checked"):
        verify_round.compute(*plain, SEED)


@pytest.fixture(scope="module")
def files():
    """The files of a bundle with a commitment."""
    rules = parse_rules(canonical(rules_with_lot(open_region_cap=2)))
    inputs = _frozen(rules, parse_applicants(canonical(eight_schools()), rules))
    hashes = inputs.commitment
    commitment = Commitment(hashes.rules_sha256, hashes.applicants_sha256, Beacon("drand", "4711"), "2025-02-28")
    return dict(draw_round(inputs, "ab" * 32, commitment, explained=True).files)


@pytest.fixture
def bundle(files, tmp_path):
    write_files(tmp_path / "stem9", files, zipped=True)
    return tmp_path / "stem9"


def sealed(files):
    """The files with hashes that fit them again: a forger's bundle."""
    return {**files, SUMS: sums_of(files)}


def changed(files, rnd):
    """One byte of one file is another."""
    name = rnd.choice(sorted(files))
    data = bytearray(files[name])
    data[rnd.randrange(len(data))] ^= rnd.randrange(1, 256)
    return {**files, name: bytes(data)}


def test_a_sound_bundle_is_confirmed_as_folder_and_as_zip(bundle, files):
    digest = verify_files(files).digest
    for path in (bundle, bundle.with_name("stem9.zip")):
        found = verify_bundle(path, digest)
        assert (found.digest, found.beacon_value, found.own_verifier) == (digest, "ab" * 32, True)
        assert found.commitment.beacon == Beacon("drand", "4711")


def test_a_thousand_random_changes_are_all_found(files):
    """Any byte of any file, SHA256SUMS and the verifier itself included."""
    rnd = random.Random(20250228)
    for _ in range(1000):
        with pytest.raises((Refused, InputError)):
            verify_files(changed(files, rnd))


def test_a_forger_who_mends_the_hashes_is_betrayed_by_the_digest(files):
    rnd = random.Random(4711)
    digest = verify_files(files).digest
    for _ in range(1000):
        with pytest.raises((Refused, InputError)):
            verify_files(sealed(changed({name: files[name] for name in files if name != SUMS}, rnd)), digest)


def test_a_forged_zip_is_found(bundle):
    archive = bundle.with_name("stem9.zip")
    data, rnd = archive.read_bytes(), random.Random(1)
    for _ in range(100):
        forged = bytearray(data)
        forged[rnd.randrange(len(data))] ^= rnd.randrange(1, 256)
        archive.write_bytes(forged)
        with pytest.raises((Refused, InputError)):
            verify_bundle(archive)


def forge(files, name, change):
    """The bundle with one JSON file changed by `change` in place, canonical and with hashes that fit."""
    value = json.loads(files[name])
    change(value)
    return sealed({**files, name: canonical(value)})


def swap_first_two(items):
    items[0], items[1] = items[1], items[0]


FORGERIES = {
    "another winner": ("result.json", lambda v: v["awards"][0].update(school="9000008"), "awards[0].school"),
    "another kind of place": ("result.json", lambda v: v["awards"][0].update(place="reserved"), "awards[0].place"),
    "one award more": ("result.json", lambda v: v["awards"].append(v["awards"][0]), "awards"),
    "waiting list turned": ("result.json", lambda v: swap_first_two(v["waiting"]["printer"]), "waiting.printer[0]"),
    "another replacement": (
        "result.json",
        lambda v: v["replacements"]["kit"].update(dict.fromkeys(v["replacements"]["kit"], "9000001")),
        "replacements.kit",
    ),
    "softer cut-off": ("result.json", lambda v: v["cutoffs"][0].update(chosen=99), "cutoffs[0].chosen"),
    "another ticket": (
        "result.json",
        lambda v: v["cutoffs"][0]["last"].update(ticket="0" * 64),
        "cutoffs[0].last.ticket",
    ),
    "smaller n": ("result.json", lambda v: v["certificates"]["printer"].update(n=0), "certificates.printer.n"),
    "another seed": ("result.json", lambda v: v.update(seed="0" * 64), "seed"),
    "another beacon value": ("result.json", lambda v: v.update(beacon_value="cd" * 32), "ticket"),
    "a number as text": (
        "result.json",
        lambda v: v["cutoffs"][0].update(refused=str(v["cutoffs"][0]["refused"])),
        "refused",
    ),
    "an unknown key": ("result.json", lambda v: v.update(note="x"), "note"),
    "softer words": (
        "explanations.en.json",
        lambda v: v.update({"9000002": v["9000002"].replace("400 points", "399 points")}),
        "9000002",
    ),
    "a school without words": ("explanations.el.json", lambda v: v.pop("9000008"), "9000008"),
    "more seats": ("rules.json", lambda v: v["lots"][0].update(seats=4), "rules_sha256"),
    "more points": ("applicants.json", lambda v: v["applicants"][1].update(points=900), "applicants_sha256"),
    "another commitment": ("commitment.json", lambda v: v.update(rules_sha256="0" * 64), "rules_sha256"),
}


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forgery_with_mended_hashes_is_named_by_file_and_key(files, case):
    name, change, key = FORGERIES[case]
    with pytest.raises(Refused) as refused:
        verify_files(forge(files, name, change))
    assert key in str(refused.value)
    assert "expected" in str(refused.value)


def recommitted(files, name, change):
    """Inputs changed before the draw, and a commitment and seed made to fit them."""
    forged = forge(files, name, change)
    key = name.replace(".json", "_sha256")
    forged = forge(forged, "commitment.json", lambda v: v.update({key: verify_round.sha256(forged[name])}))
    hashes = "|".join(verify_round.sha256(forged[part]) for part in ("rules.json", "applicants.json"))
    seed = verify_round.sha256(f"stemfleet/1|{hashes}|{'ab' * 32}".encode())
    return forge(forged, "result.json", lambda v: v.update(seed=seed))


def test_a_beacon_value_of_the_wrong_form_is_found(files):
    """drand's values have 64 hex digits; a consistent bundle with another value was not made by the rules."""
    rules = parse_rules(files["rules.json"])
    inputs = _frozen(rules, parse_applicants(files["applicants.json"], rules))
    loose = draw_round(inputs, "lucky7").files
    commitment = {"commitment.json": files["commitment.json"]}
    with pytest.raises(Refused, match="expected 64 hex digits in lower case from drand, found lucky7"):
        verify_files(sealed({**loose, **commitment}))


UNSOUND = {
    "points that are not their lines": (lambda v: v["applicants"][1].update(points=900), "9000002.points"),
    "a lot closed without reason": (
        lambda v: v["applicants"][1].update(preferences=["kit"], ineligible={"printer": "level"}),
        "9000002.ineligible.printer",
    ),
    "a kit that does not fit": (
        lambda v: v["applicants"][6].update(preferences=["printer", "kit"], ineligible={}),
        "9000007.ineligible.printer",
    ),
    "a school twice": (lambda v: v["applicants"].append(v["applicants"][-1]), "school"),
}


@pytest.mark.parametrize("case", UNSOUND)
def test_inputs_that_contradict_themselves_are_found_even_when_committed(files, case):
    change, key = UNSOUND[case]
    with pytest.raises(Refused, match=r"applicants\.json: ") as refused:
        verify_files(recommitted(files, "applicants.json", change))
    assert key in str(refused.value)


UNSOUND_RULES = {
    "more reserved than seats": {"reserves": {"special": 9}},
    "a negative reserve": {"reserves": {"special": 9, "remote": -9}},
    "a cap for a category without a reserve": {"category_region_caps": {"awarded": 1}},
    "a cap beside another": {"region_cap": 3},
}


@pytest.mark.parametrize("case", UNSOUND_RULES)
def test_rules_that_cannot_be_are_found_even_when_committed(files, case):
    forged = recommitted(files, "rules.json", lambda v: v["lots"][0].update(UNSOUND_RULES[case]))
    with pytest.raises(verify_round.Differs, match=r"rules\.json: lot printer: its reserves, seats and caps"):
        verify_round.verify(forged)
    with pytest.raises(Refused):
        verify_files(forged)


UNSOUND_SCHOOLS = {
    "negative points": (lambda v: v["applicants"][7].update(points=-5, lines=[["Έργα", -5]]), "9000008.points"),
    "an unknown reason": (lambda v: v["applicants"][6].update(ineligible={"printer": "wish"}), "9000007.ineligible"),
    "categories out of order": (
        lambda v: v["applicants"][3].update(categories=["special", "remote"]),
        "9000004.categories",
    ),
    "an unknown lot": (lambda v: v["applicants"][5].update(preferences=["drone"]), "9000006, unknown lots"),
}


@pytest.mark.parametrize("case", UNSOUND_SCHOOLS)
def test_the_stand_alone_verifier_refuses_schools_that_cannot_be(files, case):
    change, key = UNSOUND_SCHOOLS[case]
    with pytest.raises(verify_round.Differs, match=r"applicants\.json: ") as refused:
        verify_round.verify(recommitted(files, "applicants.json", change))
    assert key in str(refused.value)


def event(kind, school, **more):
    return {"event": kind, "school": school, **more}


def correction(school, field, old, new):
    return event("correction", school, field=field, old=old, new=new, reason="x")


IMPOSSIBLE = {
    "another code, and so another ticket": [correction("9000008", "school", "9000008", "9000009")],
    "a field that is none": [correction("9000008", "title", "a", "b")],
    "an old value that never stood there": [correction("9000008", "region", "x", "y")],
    "an acceptance of what is not held": [event("acceptance", "9000002", lot="printer")],
    "an acceptance of nothing": [event("acceptance", "9000008", lot="kit")],
    "an expiry of nothing": [event("expiry", "9000008")],
    "an expiry after the acceptance": [event("acceptance", "9000001", lot="printer"), event("expiry", "9000001")],
    "an answer after leaving": [event("decline", "9000001"), event("decline", "9000001")],
    "an unknown event": [event("prize", "9000001")],
}


def with_events(files, events):
    """A bundle without explanations whose result is what a verifier that believes the events would compute."""
    left = {name: data for name, data in files.items() if "explanations" not in name}
    return sealed({**left, "events.json": canonical({"format": "stemfleet-events/1", "events": events})})


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_an_event_that_cannot_have_happened_is_refused_by_both(files, case):
    """Before the result is looked at, and without explanations too."""
    forged = with_events(files, IMPOSSIBLE[case])
    with pytest.raises(verify_round.Differs, match=r"events\.json: events\["):
        verify_round.verify(forged)
    with pytest.raises(Refused, match=r"events\.json: events\["):
        verify_files(forged)


def redrawn(files, value, beacon):
    """The round drawn with another value, and whatever commitment goes with it."""
    rules = parse_rules(files["rules.json"])
    inputs = _frozen(rules, parse_applicants(files["applicants.json"], rules))
    drawn = dict(draw_round(inputs, value).files)
    return forge(drawn, "commitment.json", lambda v: v.update(beacon=beacon))


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ("AB" * 32, "drand"),
        ("ab" * 32, "nist"),
        ("ab" * 31, " DRAND "),
        ("planning", "lottery"),
        ("planning", "drand"),
        ("ab" * 32, "drand-2"),
    ],
)
def test_a_value_that_its_source_cannot_have_given_is_refused(files, value, source):
    forged = redrawn(files, value, {"source": source, "round": "1"})
    with pytest.raises(verify_round.Differs, match=f"beacon_value: .* from [a-z0-9]+, found {value}"):
        verify_round.verify(forged)
    with pytest.raises(Refused, match="beacon_value"):
        verify_files(forged)


def test_a_file_that_is_not_canonical_is_found(files):
    loose = json.dumps(json.loads(files["result.json"]), indent=1).encode()
    with pytest.raises(Refused, match=r"result.json: sha256"):
        verify_files(sealed({**files, "result.json": loose}))


@pytest.mark.parametrize("name", ["rules.json", "applicants.json", "commitment.json", "result.json", SUMS])
def test_a_missing_file_is_no_bundle(files, name):
    left = {key: data for key, data in files.items() if key != name}
    with pytest.raises((InputError, Refused), match=name):
        verify_files(left if name == SUMS else sealed(left))


def test_explanations_in_one_language_only_are_found(files):
    left = {name: data for name, data in files.items() if name != "explanations.en.json"}
    with pytest.raises(Refused, match=r"explanations\.en\.json is missing"):
        verify_files(sealed(left))


def test_a_bundle_without_explanations_is_whole(files):
    left = {name: data for name, data in files.items() if "explanations" not in name}
    assert verify_files(sealed(left)).own_verifier


def test_a_file_too_many_is_found(files):
    with pytest.raises(Refused, match=r"note.txt: its SHA-256 is"):
        verify_files({**files, "note.txt": b"hello"})


def run_alone(folder: Path, *arguments):
    """The bundle's own copy, isolated: no package, no environment."""
    command = [sys.executable, "-I", folder / "verify_round.py", folder, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


def test_the_bundles_own_verifier_needs_nothing_and_says_what_differs(bundle, files):
    done = run_alone(bundle)
    assert (done.returncode, done.stderr) == (0, "")
    assert "ab" * 32 in done.stdout
    assert "drand" in done.stdout
    assert "4711" in done.stdout
    assert run_alone(bundle, "--beacon", "ab" * 32).returncode == 0
    other = run_alone(bundle, "--beacon", "cd" * 32)
    assert other.returncode == 1
    assert "beacon_value" in other.stdout

    (bundle / "result.json").write_bytes(forge(files, "result.json", FORGERIES["smaller n"][1])["result.json"])
    forged = run_alone(bundle)
    assert forged.returncode == 1
    assert "result.json: certificates.printer.n: expected 2, found 0" in forged.stdout

    (bundle / "rules.json").unlink()
    missing = run_alone(bundle)
    assert (missing.returncode, missing.stdout) == (2, "rules.json is missing.\n")
    for text in ("{", "[1.5]", '{"a":NaN}', '"\\ud800"', "[" * 100_000):
        (bundle / "rules.json").write_text(text)
        broken = run_alone(bundle)
        assert (broken.returncode, broken.stderr) == (2, "")
        assert re.fullmatch(r"(rules.json is no JSON|A file does not have the form).*\.\n", broken.stdout)
    (bundle / "rules.json").write_text("[]\n")
    formless = run_alone(bundle)
    assert formless.returncode == 1
    assert "commitment.json: rules_sha256: expected" in formless.stdout


def test_a_key_too_many_is_named_without_a_word_of_python(files):
    forged = forge(files, "result.json", FORGERIES["an unknown key"][1])
    with pytest.raises(Refused, match='note: expected "nothing", found "x"'):
        verify_files(forged)


def test_a_plan_is_marked_by_both(files, tmp_path):
    write_files(tmp_path / "plan", redrawn(files, "planning", None), zipped=False)
    alone, command = run_alone(tmp_path / "plan"), stemfleet("verify", tmp_path / "plan")
    for done in (alone, command):
        assert done.returncode == 0
        assert "PLANNING: made with the fixed value for planning, not drawn. It decides nothing." in done.stdout


def test_the_verifier_is_short_and_imports_the_standard_library_only():
    source = Path(verify_round.__file__).read_text(encoding="utf-8")
    assert len(source.splitlines()) < 400
    imported = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported |= {node.module} if isinstance(node, ast.ImportFrom) else {name.name for name in node.names}
    assert imported <= sys.stdlib_module_names


def stemfleet(*arguments):
    command = [sys.executable, "-m", "stemfleet", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_confirms_and_refuses(bundle):
    """Exit 0 with the digest, 1 at a difference, 2 when there is no bundle; the bundle's own verifier is never run."""
    done = stemfleet("verify", bundle)
    assert (done.returncode, done.stderr) == (0, "")
    digest = verify_bundle(bundle).digest
    assert digest in done.stdout
    assert stemfleet("verify", bundle, "--digest", digest.upper()).returncode == 0
    other = stemfleet("verify", bundle, "--digest", "0" * 64)
    assert other.returncode == 1
    assert "The digest differs" in other.stderr

    (bundle / "verify_round.py").write_text("raise SystemExit(0)\n")
    assert stemfleet("verify", bundle).returncode == 1
    (bundle / SUMS).write_bytes(sums_of(read_bundle(bundle)))
    resealed = stemfleet("verify", bundle)
    assert resealed.returncode == 0
    assert "verify_round.py is not this version's" in resealed.stderr

    shutil.rmtree(bundle)
    missing = stemfleet("verify", bundle)
    assert missing.returncode == 2
    assert "cannot be read" in missing.stderr
