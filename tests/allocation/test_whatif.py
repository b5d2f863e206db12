"""What if: the same applicants and tickets under other rules, and which rule changed whose place."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from allocation_cases import REGIONS, SEED, a_lot, a_school, a_wave, best_set, by_merit, fields, holders, lots
from allocation_cases import most_reserved as n
from hypothesis import given, settings
from hypothesis import strategies as st
from round_files import eight_schools, rules, rules_with_lot, write

from stemfleet.allocation.compare import (
    OverAndAbove,
    compare_over_and_above,
    compare_pure_merit,
    compare_rules,
    pure_merit,
)
from stemfleet.allocation.engine import holders_of, settle_wave
from stemfleet.allocation.other_rules import recounted, resolved, steps
from stemfleet.allocation.rules_file import parse_rules, rules_bytes
from stemfleet.allocation.values import Ineligible, Unfilled
from stemfleet.errors import InputError
from stemfleet.resources import resource
from stemfleet.words import Level

some = settings(max_examples=60, deadline=None)
TWO = ("kit", "printer")
THREE = ("kit", "printer", "robot")


@st.composite
def waves(draw, codes):
    """One or more of the lots, with caps or without."""
    chosen = draw(st.lists(st.sampled_from(codes), unique=True, min_size=1))
    made = a_wave(*(draw(lots(code, seats=3, caps=draw(st.booleans()))) for code in chosen))
    if len(chosen) == 1 and draw(st.booleans()):
        only = replace(made.lots[0], open_region_cap=None, category_region_caps={}, region_cap=draw(st.integers(0, 2)))
        return replace(made, lots=(only,))
    return made


@some
@given(waves(TWO), waves(TWO), fields(TWO, regions=REGIONS))
def test_the_steps_lead_to_the_other_rules_and_every_change_has_its_rule(base, other, schools):
    """Every step is a set of rules that `allocate` would accept, and the last one is `other`."""
    known = {lot.code for lot in base.lots}
    schools = [replace(s, preferences=tuple(code for code in s.preferences if code in known)) for s in schools]
    made = [step for _, step in steps(base, other)]
    for step in made:
        parse_rules(rules_bytes(step))
    reached = made[-1] if made else base
    assert {lot.code: lot for lot in reached.lots} == {lot.code: lot for lot in other.lots}
    assert reached.default_preferences == other.default_preferences

    compared = compare_rules(base, schools, SEED, other, "other")
    before, after = holders(base, schools), holders(other, resolved(schools, base, other))
    assert {c.school: (c.before, c.after) for c in compared.changes} == {
        school: (before.get(school), after.get(school))
        for school in before.keys() | after.keys()
        if before.get(school) != after.get(school)
    }
    said = [step.rule for step in compared.steps]
    assert all(c.by and set(c.by) <= set(said) for c in compared.changes)


@some
@given(lots(caps=True), fields(regions=REGIONS))
def test_pure_merit_is_the_best_by_points_and_ticket(lot, schools):
    compared = compare_pure_merit(a_wave(lot), schools, SEED)
    best = {school.school for school in by_merit(schools)[: lot.seats]}
    assert holders(pure_merit(a_wave(lot)), schools).keys() == best
    assert {c.school for c in compared.changes} == holders(a_wave(lot), schools).keys() ^ best


@some
@given(lots(), fields())
def test_over_and_above_gives_open_places_to_the_best_and_the_guarantees_to_the_rest(lot, schools):
    """Against brute force: the guaranteed places as a lot of their own over those without an open place."""
    held = holders_of(settle_wave(a_wave(lot), schools, SEED, OverAndAbove)).keys()
    ordered, places = by_merit(schools), sum(lot.reserves.values())
    first, rest = ordered[: lot.seats - places], ordered[lot.seats - places :]
    only = a_lot(seats=places, reserves=lot.reserves, unfilled=Unfilled.KEEP)
    guaranteed = best_set(only, rest)
    assert len(guaranteed) == n(only, rest)
    others = [school for school in rest if school.school not in guaranteed]
    left = places - len(guaranteed) if lot.unfilled is Unfilled.OPEN else 0
    assert held == {school.school for school in (*first, *others[:left])} | guaranteed


@some
@given(st.tuples(*(lots(code, seats=3, caps=True) for code in THREE)), fields(THREE, regions=REGIONS))
def test_the_ready_made_comparisons_work_across_lots_and_under_nested_caps(made, schools):
    """Deferred acceptance settles with the other choices too: the engine checks that no lot's choice depends on it."""
    for compared in (
        compare_over_and_above(a_wave(*made), schools, SEED),
        compare_pure_merit(a_wave(*made), schools, SEED),
    ):
        awards = compared.counts["lot"]
        assert sum(after for _, after in awards.values()) <= sum(lot.seats for lot in made)


def test_over_and_above_is_not_computed_beside_a_crossing_cap():
    with pytest.raises(InputError, match="region_cap"):
        compare_over_and_above(a_wave(a_lot(region_cap=1)), [], SEED)


def test_counts_and_cutoffs_stand_side_by_side():
    """One guaranteed place more: S2 comes in for O1, and the open places close higher."""
    base = a_wave(a_lot(seats=2, reserves={"special": 1}))
    schools = [
        a_school("O1", 40, region="north"),
        a_school("S1", 30, ["special"], region="north"),
        a_school("S2", 20, ["special"], region="south", level=Level.LOWER_SECONDARY),
    ]
    compared = compare_rules(base, schools, SEED, a_wave(a_lot(seats=2, reserves={"special": 2})), "two")
    rule = "kit.reserves.special: 1 -> 2"
    assert compared.as_json()["changes"] == [
        {"school": "O1", "before": "kit", "after": None, "by": [rule]},
        {"school": "S2", "before": None, "after": "kit", "by": [rule]},
    ]
    assert compared.as_json()["steps"] == [{"rule": rule, "entered": 1, "left": 1, "moved": 0}]
    assert compared.counts == {
        "region": {"north": (2, 1), "south": (0, 1)},
        "level": {"lower_secondary": (0, 1), "primary": (2, 1)},
        "category": {"special": (1, 2)},
        "lot": {"kit": (2, 2)},
    }
    assert compared.closings() == [
        ("kit", "", "", "open", 40, None),
        ("kit", "special", "", "reserved", 30, 20),
    ]


def test_a_lot_that_the_other_rules_open_is_wished_for_where_it_was_closed_only_by_the_rules():
    base = a_wave(a_lot("kit", 1, levels=(Level.UNIVERSITY,)), a_lot("printer", 1))
    other = a_wave(a_lot("kit", 1), a_lot("printer", 1))
    schools = [
        a_school("A", 3, wants=["printer"], closed={"kit": Ineligible.LEVEL}),
        a_school("B", 2, wants=["printer"], closed={"kit": Ineligible.REPEAT}),
        a_school("C", 1, wants=[], closed={"kit": Ineligible.LEVEL}),
    ]
    after = resolved(schools, base, other)
    assert [school.preferences for school in after] == [("kit", "printer"), ("printer",), ()]
    assert [dict(school.ineligible) for school in after] == [{}, {"kit": "repeat"}, {}]
    compared = compare_rules(base, schools, SEED, other, "open")
    assert [(c.school, c.after, tuple(map(str, c.by))) for c in compared.changes] == [
        ("A", "kit", (f"kit.levels: {Level.UNIVERSITY} -> nothing",)),
        ("B", "printer", (f"kit.levels: {Level.UNIVERSITY} -> nothing",)),
    ]


def test_another_points_table_is_not_used_and_said_so():
    base = a_wave(a_lot())
    compared = compare_rules(base, [], SEED, replace(base, points=({"kind": "project", "points": 9},)), "points")
    assert [str(notice) for notice in compared.notices] == [
        "points differs: it is not used here, points and closed lots are as published."
    ]
    assert compared.steps == ()


@some
@given(fields(TWO, regions=REGIONS), fields(TWO, regions=REGIONS), st.integers(-3, 3))
def test_counted_anew_takes_the_difference_of_the_rules_and_keeps_what_only_the_round_knows(own, other, corrected):
    """Without corrections it is what the other rules give; with them it is just as far from that as before."""
    base = a_wave(a_lot("kit"), a_lot("printer"))
    for now, drawn in zip(own, other, strict=False):
        then = replace(drawn, school=now.school, level=now.level, region=now.region)
        same = recounted(now, now, then, base)
        assert (same.points, same.categories, same.lines) == (then.points, then.categories, then.lines)
        published = replace(now, points=now.points + corrected, categories=now.categories | {"corrected"})
        after = recounted(published, now, then, base)
        assert after.points == then.points + corrected == sum(points for _line, points in after.lines)
        assert after.categories == then.categories | {"corrected"}


@pytest.mark.parametrize(
    ("published", "own", "other", "after"),
    [
        (Ineligible.REPEAT, Ineligible.REPEAT, None, None),
        (None, None, Ineligible.REPEAT, Ineligible.REPEAT),
        (Ineligible.REPEAT, None, None, Ineligible.REPEAT),  # of a corrected history: stays
        (Ineligible.EXCLUDED, None, Ineligible.REPEAT, Ineligible.EXCLUDED),
        (Ineligible.EXCLUDED, Ineligible.REPEAT, None, Ineligible.EXCLUDED),
    ],
)
def test_a_lot_closed_as_a_repeat_follows_the_other_rules_and_an_exclusion_stays(published, own, other, after):
    base = a_wave(a_lot("kit"), a_lot("printer"))

    def standing(reason):
        closed = {} if reason is None else {"kit": reason}
        return a_school("A", 5, wants=["printer"] if closed else ["kit", "printer"], closed=closed)

    made = recounted(standing(published), standing(own), standing(other), base)
    assert made.ineligible.get("kit") is after
    assert made.preferences == (("kit", "printer") if after is None else ("printer",))


def run(*arguments, **environment):
    command = [sys.executable, "-m", "stemfleet", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})


@pytest.fixture
def files(tmp_path):
    return (
        write(tmp_path, "r.json", rules()),
        write(tmp_path, "a.json", eight_schools()),
        write(tmp_path, "more.json", rules_with_lot(seats=4)),
    )


def test_a_bundle_and_its_input_files_give_the_same_comparison(files, tmp_path):
    own, schools, other = files
    run("allocate", "--rules", own, "--applicants", schools, "--beacon", "x", "--out", tmp_path / "b")
    inputs = ("--rules", own, "--applicants", schools, "--beacon", "x")
    from_files = run("whatif", *inputs, "--other", other, "--other-name", "μία θέση ακόμη", "--json")
    from_bundle = run("whatif", tmp_path / "b.zip", other, "--other-name", "μία θέση ακόμη", "--json")
    assert (from_files.returncode, from_files.stderr) == (0, "")
    assert from_bundle.stdout == from_files.stdout
    made = json.loads(from_files.stdout)
    assert [c["name"] for c in made["comparisons"]] == ["μία θέση ακόμη", "over and above", "pure merit"]
    assert made["comparisons"][0]["steps"][0]["rule"] == "printer.seats: 3 -> 4"
    assert (made["wave"], made["beacon_value"], made["planning"]) == ("STEM9", "x", False)

    table = run("whatif", tmp_path / "b", other)
    assert (table.returncode, table.stderr) == (0, "")
    assert "printer.seats: 3 -> 4" in table.stdout
    assert "pure merit" in table.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Nothing to compare"),
        (["--applicants", "a.json"], "--applicants needs the wave's own rules"),
        (["b.zip", "--beacon", "x"], "--beacon goes with"),
        (["nowhere"], "nowhere cannot be read"),
        (["--rules", "r.json", "--applicants", "a.json", "--other-name", "x"], "1 names for 0 files"),
        (["--rules", "r.json", "--applicants", "a.json", "--other", "a.json"], "a.json: the key"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(files, tmp_path, words, said):
    done = run("whatif", *(tmp_path / word if word.endswith(".json") else word for word in words))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_stored_wave_is_compared_by_its_code(tmp_path):
    """Against the rules that it was run by: nothing changes, and the ready-made comparisons are there."""
    data = {"STEMFLEET_DATA": str(tmp_path / "data")}
    stem1 = resource("examples", "waves", "STEM1.json")
    assert run("sample", "register", "--schools", "400", "--out", tmp_path / "register.json").returncode == 0
    assert run("import", "schools", tmp_path / "register.json", "--apply", **data).returncode == 0
    assert run("wave", "run", stem1, "--year", "2017", **data).returncode == 0
    done = run("whatif", "--wave", "STEM1", "--rules", stem1, "--json", **data)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["planning"] is True
    assert [(c["name"], bool(c["steps"])) for c in made["comparisons"]] == [
        ("STEM1", False),
        ("over and above", True),
        ("pure merit", True),
    ]
    assert made["comparisons"][0]["changes"] == []
    missing = run("whatif", "--wave", "STEM8", **data)
    assert missing.returncode == 2
    assert "STEM8" in missing.stderr
