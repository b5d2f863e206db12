"""Explanations (group 8): every statement of every school is checked again from the published files alone."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest
from allocation_cases import REGIONS, SEED, a_lot, a_school, a_wave, fields, lots
from checkers.explanation_checker import Fault, check_bundle
from hypothesis import given, settings
from hypothesis import strategies as st

from stemfleet.allocation import verify_round
from stemfleet.allocation.bundle import SUMS, draw_round, inputs_of, sums_of, write_files
from stemfleet.allocation.canonical import canonical, parse
from stemfleet.allocation.engine import settle_wave
from stemfleet.allocation.events import Event, Kind
from stemfleet.allocation.explaining import explain_school
from stemfleet.allocation.explanations import Explainer, Findings
from stemfleet.allocation.sentences import ENGLISH, GREEK, LANGUAGES
from stemfleet.allocation.values import Ineligible
from stemfleet.errors import NotFound, Refused
from stemfleet.words import Level

some = settings(max_examples=50, deadline=None)
THREE = ("kit", "printer", "robot")


def a_bundle(rules, schools, beacon="x", events=None):
    return dict(draw_round(inputs_of(rules, schools), beacon, events=events, explained=True).files)


@some
@given(st.tuples(*(lots(code, seats=3) for code in THREE)), fields(THREE))
def test_every_statement_is_borne_out_by_the_files(made, schools):
    check_bundle(a_bundle(a_wave(*made), schools), verify_round)


@some
@given(st.tuples(*(lots(code, seats=3, caps=True) for code in THREE)), fields(THREE, regions=REGIONS))
def test_every_statement_is_borne_out_with_nested_caps(made, schools):
    check_bundle(a_bundle(a_wave(*made), schools), verify_round)


@some
@given(lots(), st.integers(0, 3), fields(regions=REGIONS))
def test_every_statement_is_borne_out_with_a_crossing_cap(lot, cap, schools):
    check_bundle(a_bundle(a_wave(replace(lot, region_cap=cap)), schools), verify_round)


LOT = a_lot(
    "kit", 3, reserves={"special": 1, "remote": 1}, levels=tuple(level for level in Level if level != Level.UNIVERSITY)
)
OTHER = a_lot("printer", 1, admits=("special",))
BOTH = ["printer", "kit"]
NOT_ADMITTED = {"printer": Ineligible.ADMITS}
SCHOOLS = [
    a_school("A", 40, ["special"], wants=BOTH),
    a_school("B", 30, ["remote", "special"], wants=BOTH),
    a_school("C", 20, ["special"], wants=BOTH),
    a_school("D", 15, ["remote"], wants=["kit"], closed=NOT_ADMITTED),
    a_school("E", 10, wants=["kit"], closed=NOT_ADMITTED),
    a_school("F", 1, wants=["kit"], closed=NOT_ADMITTED),
    a_school("G", 0, wants=[], closed=NOT_ADMITTED),
    a_school("U", 99, wants=[], level=Level.UNIVERSITY, closed={"kit": Ineligible.LEVEL} | NOT_ADMITTED),
]
WAVE = a_wave(LOT, OTHER, repeat_years=1)


@pytest.fixture(scope="module")
def bundle():
    return a_bundle(WAVE, SCHOOLS)


def said(files, school, language="en"):
    """The lines of one school's text, tickets taken out."""
    return re.sub(r"[0-9a-f]{12}", "…", explain_school(files, school, language)).split("\n")


def test_a_refused_school_reads_all_that_decided(bundle):
    """Its number, where the places closed, and that it would have to stand before the last open place."""
    assert said(bundle, "E") == [
        "School E: 10 points (projects: 10), ticket ….",
        "Lot kit (choice 1): no place. The school is in no group with guaranteed places here. 1 open place was given, "
        "at 15 points (ticket …). On the waiting list: number 1 (of 2). With 15 points, all else being equal, it would "
        "have had a place; with 14 points, it would not.",
        "Lot printer: closed to the school: it is only for schools of certain groups (special education).",
    ]
    assert said(bundle, "C", "el")[1] == (
        "Παρτίδα printer (προτίμηση 1): χωρίς θέση. Το σχολείο δεν ανήκει σε ομάδα με εγγυημένες θέσεις εδώ. Δόθηκε 1 "
        "ανοιχτή θέση, με 40 μόρια (κλήρος …). Σειρά στη λίστα αναμονής: 2 (σύνολο 2). Με 40 μόρια, και όλα τα άλλα "
        "ίδια, θα έπαιρνε θέση· με 39 μόρια, όχι."
    )


def test_a_selected_school_counts_towards_a_set_of_groups(bundle):
    lines = said(bundle, "B")
    assert lines[2] == (
        "Lot kit (choice 2): the school gets a place. It counts towards the guaranteed places for remote area, special "
        "education."
    )
    assert said(bundle, "B", "el")[2] == (
        "Παρτίδα kit (προτίμηση 2): το σχολείο παίρνει θέση. Μετρά στις εγγυημένες θέσεις για: απομακρυσμένη περιοχή, "
        "ειδική αγωγή."
    )


def test_a_school_that_wants_nothing_and_one_to_which_all_is_closed(bundle):
    assert said(bundle, "G")[1:] == [
        "Lot printer: closed to the school: it is only for schools of certain groups (special education).",
        "The school asks for no lot.",
    ]
    assert said(bundle, "U", "el")[1:] == [
        "Παρτίδα kit: κλειστή για το σχολείο: το υλικό δεν ταιριάζει στη βαθμίδα του (πανεπιστήμιο).",
        "Παρτίδα printer: κλειστή για το σχολείο: είναι μόνο για σχολεία ορισμένων ομάδων (ειδική αγωγή).",
    ]


def test_greek_and_english_count_one_and_many(bundle):
    assert said(bundle, "F")[0].startswith("School F: 1 point (")
    assert said(bundle, "F", "el")[0].startswith("Σχολείο F: 1 μόριο (")
    assert said(bundle, "G", "el")[0].startswith("Σχολείο G: 0 μόρια (")


def test_what_happened_after_the_draw_is_told_and_the_rest_is_the_final_state():
    events = [
        Event(Kind.CORRECTION, "E", field="points", old=10, new=100, reason="μια ετικέτα έλειπε"),
        Event(Kind.CORRECTION, "E", field="lines", old=[["projects", 10]], new=[["projects", 100]], reason="ίδιο"),
        Event(Kind.ACCEPTANCE, "B", lot="kit"),
        Event(Kind.DECLINE, "A"),
    ]
    files = a_bundle(WAVE, SCHOOLS, events=events)
    assert check_bundle(files, verify_round)
    assert said(files, "A") == ["School A.", "The school declined and left the wave."]
    assert said(files, "B", "el")[1] == "Το σχολείο αποδέχθηκε την παρτίδα kit και δεν ζητά άλλη."
    assert said(files, "E")[:3] == [
        "School E: 100 points (projects: 100), ticket ….",
        "Corrected after the draw: points, from 10 to 100 (μια ετικέτα έλειπε).",
        "Corrected after the draw: lines of points, from (projects: 10) to (projects: 100) (ίδιο).",
    ]


@pytest.mark.parametrize(
    ("field", "old", "new", "text"),
    [
        ("categories", ["remote", "special"], [], "groups, from remote area, special education to —"),
        ("preferences", ["printer", "kit"], ["kit"], "choices, from printer, kit to kit"),
        ("region", None, "03", "region, from — to 03"),
        ("level", "primary", "kindergarten", "level, from primary to kindergarten"),
        ("ineligible", {}, {"kit": "excluded"}, "closed lots, from — to kit"),
    ],
)
def test_a_corrected_field_is_told_in_words(field, old, new, text):
    event = Event(Kind.CORRECTION, "Z", field=field, old=old, new=new, reason="why")
    told = Explainer(Findings(settle_wave(WAVE, [], SEED), [event]), ENGLISH).one("Z")
    assert told == f"School Z.\nCorrected after the draw: {text} (why)."


def test_planning_is_marked_in_every_text():
    files = a_bundle(WAVE, SCHOOLS, beacon="planning")
    assert check_bundle(files, verify_round)
    assert all(text.startswith("Σχεδιασμός") for text in parse(files["explanations.el.json"], "").values())


def test_no_explanation_speaks_of_the_place_of_a_group(bundle):
    for code in LANGUAGES:
        for text in parse(bundle[f"explanations.{code}.json"], "").values():
            assert "place of special" not in text
            assert "seat" not in text


def test_both_languages_have_every_sentence_with_the_same_facts():
    def facts(text):
        return sorted(re.findall(r"\{\w+\}", text))

    for table in ("sentences", "closed", "categories", "levels", "fields"):
        english, greek = getattr(ENGLISH, table), getattr(GREEK, table)
        assert english.keys() == greek.keys()
        assert all(facts(english[key]) == facts(greek[key]) for key in english)
    assert ENGLISH.forms.keys() == GREEK.forms.keys()
    assert set(GREEK.levels) == set(Level)
    assert set(GREEK.closed) == set(Ineligible)


LIES = {
    "points": (r"given, at 15", "given, at 14"),
    "enough": (r"With 15 points(.*) with 14 points", r"With 16 points\1 with 15 points"),
    "waiting": (r"number 1 \(of 2\)", "number 2 (of 2)"),
    "group": (r"in no group with", "in some group with"),
    "ticket": (r"ticket [0-9a-f]{4}", "ticket 0000"),
}


@pytest.mark.parametrize("lie", LIES)
def test_the_checker_finds_a_false_statement(bundle, lie):
    """It is a checker only if it can fail."""
    texts = parse(bundle["explanations.en.json"], "")
    false = re.sub(*LIES[lie], texts["E"])
    assert false != texts["E"]
    with pytest.raises(Fault):
        check_bundle({**bundle, "explanations.en.json": canonical({**texts, "E": false})}, verify_round)


def run(*arguments):
    command = [sys.executable, "-m", "stemfleet", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_explain_answers_from_any_bundle_in_both_languages(bundle, tmp_path):
    """A bundle without explanations gives the same text as the file of one that has them; folder or zip."""
    bare = {name: data for name, data in bundle.items() if "explanations" not in name and name != SUMS}
    write_files(tmp_path / "bare", {**bare, SUMS: sums_of(bare)}, zipped=True)
    for code in LANGUAGES:
        text = parse(bundle[f"explanations.{code}.json"], "")["E"]
        done = run("explain", tmp_path / "bare.zip", "E", "--lang", code)
        assert (done.returncode, done.stdout, done.stderr) == (0, text + "\n", "")
    assert run("explain", tmp_path / "bare", "E", "--json").stdout.startswith('{\n  "school": "E"')
    unknown = run("explain", tmp_path / "bare", "X")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "There is no school X in this round" in unknown.stderr


def test_explaining_refuses_a_bundle_whose_inputs_are_not_those_of_its_seed(bundle):
    changed = bundle["rules.json"].replace(b'"W"', b'"V"')
    with pytest.raises(Refused, match="seed: expected"):
        explain_school({**bundle, "rules.json": changed}, "E", "en")
    with pytest.raises(NotFound):
        explain_school(bundle, "nobody", "en")
