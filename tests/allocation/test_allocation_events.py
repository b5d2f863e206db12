"""What happens after the draw: same tickets, the whole rule again, and nobody pushed down (group 4)."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from allocation_cases import REGIONS, SEED, a_lot, a_school, a_wave, fields, holders, lots
from hypothesis import given, settings
from hypothesis import strategies as st
from round_files import eight_schools, rules, write

from stemfleet.allocation.applicants_file import applicant_document, parse_applicants
from stemfleet.allocation.bundle import draw_round, inputs_of
from stemfleet.allocation.canonical import canonical
from stemfleet.allocation.checking import verify_bundle, verify_files
from stemfleet.allocation.draw import tickets
from stemfleet.allocation.engine import allocate
from stemfleet.allocation.events import Change, Event, Kind, after_events, changes, events_bytes, parse_events
from stemfleet.allocation.rules_file import parse_rules
from stemfleet.errors import InputError

THREE = ("kit", "printer", "robot")
some = settings(max_examples=100, deadline=None)
waves = st.tuples(*(lots(code, seats=3, caps=True) for code in THREE)).map(lambda made: a_wave(*made))


def accepts(school, lot):
    return Event(Kind.ACCEPTANCE, school, lot=lot)


def declines(school):
    return Event(Kind.DECLINE, school)


def expires(school):
    return Event(Kind.EXPIRY, school)


def corrected(school, field, old, new):
    return Event(Kind.CORRECTION, school, field=field, old=old, new=new, reason="ένσταση 12")


def rank(school, lot):
    return school.preferences.index(lot) if lot is not None else len(school.preferences)


@some
@given(waves, fields(THREE, regions=REGIONS), st.data())
def test_answers_push_nobody_down_and_let_one_in_per_place_given_up(rules, schools, data):
    """Holders accept, decline or let expire one after another: who accepted keeps, the others move up only."""
    events = []
    before = holders(rules, schools)
    given_up = 0
    for _ in range(data.draw(st.integers(0, 4))):
        now = holders(rules, after_events(rules, schools, SEED, events))
        accepted = {event.school for event in events if event.kind is Kind.ACCEPTANCE}
        waiting_for_answer = sorted(now.keys() - accepted)
        if not waiting_for_answer:
            break
        school = data.draw(st.sampled_from(waiting_for_answer))
        events.append(data.draw(st.sampled_from([accepts(school, now[school]), declines(school), expires(school)])))
        given_up += events[-1].kind is not Kind.ACCEPTANCE
        after = holders(rules, after_events(rules, schools, SEED, events))
        left = {event.school for event in events if event.kind is not Kind.ACCEPTANCE}
        for one in schools:
            if one.school not in left:
                assert rank(one, after.get(one.school)) <= rank(one, now.get(one.school))
            if one.school in accepted:
                assert after[one.school] == now[one.school]
        assert len(after.keys() - now.keys()) <= 1
    final = holders(rules, after_events(rules, schools, SEED, events))
    assert len(final.keys() - before.keys()) <= given_up


@some
@given(waves, fields(THREE, regions=REGIONS), st.data())
def test_the_final_bundle_verifies_and_keeps_the_frozen_files(rules, schools, data):
    inputs = inputs_of(rules, schools)
    drawn = draw_round(inputs, "x")
    events = []
    for award in drawn.result.awards:
        kind = data.draw(st.sampled_from(Kind))
        if kind is Kind.CORRECTION:
            points = next(s.points for s in schools if s.school == award.school)
            events.append(corrected(award.school, "points", points, points + 1))
            events.append(corrected(award.school, "lines", [["projects", points]], [["projects", points + 1]]))
        elif kind is not Kind.ACCEPTANCE:
            events.append(declines(award.school))
    final = draw_round(inputs, "x", events=events)
    assert verify_files(final.files).beacon_value == "x"
    for name in ("rules.json", "applicants.json", "commitment.json"):
        assert final.files[name] == drawn.files[name]
    assert final.result.seed == drawn.result.seed


SCHOOLS = [
    a_school("A", 40, wants=["printer", "kit"]),
    a_school("B", 30, wants=["printer", "kit"]),
    a_school("C", 20, wants=["printer", "kit"]),
    a_school("D", 10, wants=["kit"]),
]
WAVE = a_wave(a_lot("kit", 1), a_lot("printer", 1))


def after(*events):
    return holders(WAVE, after_events(WAVE, SCHOOLS, SEED, events))


def test_who_has_not_answered_moves_up_and_who_accepted_stays():
    assert after() == {"A": "printer", "B": "kit"}
    assert after(declines("A")) == {"B": "printer", "C": "kit"}
    assert after(accepts("B", "kit"), declines("A")) == {"C": "printer", "B": "kit"}
    assert after(expires("A"), declines("B")) == {"C": "printer", "D": "kit"}


def test_a_correction_moves_one_school_and_leaves_every_ticket():
    """D's appeal gives it 25 points: it takes the kit from nobody but the order of merit, and tickets are as drawn."""
    events = [corrected("D", "points", 10, 35), corrected("D", "lines", [["projects", 10]], [["projects", 35]])]
    before = allocate(WAVE, SCHOOLS, SEED)
    later = allocate(WAVE, after_events(WAVE, SCHOOLS, SEED, events), SEED)
    assert changes(before, later) == (Change("B", "kit", None), Change("D", None, "kit"))
    codes = [school.school for school in SCHOOLS]
    drawn = dict(zip(codes, tickets(SEED, "W", codes), strict=True))
    assert all(row.last is None or row.last.ticket in drawn.values() for row in later.cutoffs)
    corrected_school = after_events(WAVE, SCHOOLS, SEED, events)[3]
    assert corrected_school == replace(SCHOOLS[3], points=35, lines=(("projects", 35),))


def test_every_field_of_an_applicant_can_be_corrected():
    changed = {
        "level": "university",
        "region": "Κρήτη",
        "categories": ["remote", "special"],
        "points": 11,
        "lines": [["projects", 5], ["prizes", 6]],
        "preferences": [],
        "ineligible": {"kit": "excluded"},
    }
    old = applicant_document(SCHOOLS[3])
    events = [corrected("D", field, old[field], new) for field, new in changed.items()]
    assert applicant_document(after_events(WAVE, SCHOOLS, SEED, events)[3]) == {"school": "D", **changed}


IMPOSSIBLE = {
    "unknown school": ([declines("X")], "events[0].school: school X is not in this round"),
    "left already": ([declines("A"), accepts("A", "kit")], "events[1].school: school A has left the wave already"),
    "another lot": ([accepts("A", "kit")], "events[0].lot: school A cannot accept kit: it holds printer"),
    "nothing held": ([accepts("C", "kit")], "events[0].lot: school C cannot accept kit: it holds nothing"),
    "held no more": (
        [declines("A"), accepts("B", "kit")],
        "events[1].lot: school B cannot accept kit: it holds printer",
    ),
    "nothing to expire": ([expires("C")], "events[0].school: school C has no offer that could expire"),
    "accepted before": ([accepts("A", "printer"), expires("A")], "events[1].school: school A has no offer"),
    "old is wrong": (
        [corrected("A", "points", 39, 41)],
        "events[0].old: 39 is not what stands in points of school A: 40",
    ),
    "lines do not follow": ([corrected("A", "points", 40, 41)], "school A: lines: they add up to 40, but points is 41"),
    "unsorted": ([corrected("A", "categories", [], ["z", "a"])], "events[0].new: the categories of school A must be"),
    "closed and wanted": ([corrected("A", "ineligible", {}, {"kit": "repeat"})], "school A: preferences: lot kit"),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_an_event_that_cannot_have_happened_is_refused(case):
    events, said = IMPOSSIBLE[case]
    with pytest.raises(InputError) as refused:
        after_events(WAVE, SCHOOLS, SEED, events)
    assert str(refused.value).startswith("events.json: ")
    assert said in str(refused.value)


BAD_FILES = {
    "another format": ({"format": "stemfleet-events/2", "events": []}, "stemfleet-events/2"),
    "no list": ({"format": "stemfleet-events/1", "events": {}}, "events: {} must be a list"),
    "unknown kind": ({"event": "appeal", "school": "A"}, "events[0].event: 'appeal' is not known"),
    "unknown key": ({"event": "decline", "school": "A", "lot": "kit"}, "events[0]: the key 'lot' is not known"),
    "no reason": (
        {"event": "correction", "school": "A", "field": "points", "old": 1, "new": 2, "reason": ""},
        "events[0].reason: '' must be a text",
    ),
    "field unknown": (
        {"event": "correction", "school": "A", "field": "school", "old": "A", "new": "B", "reason": "x"},
        "events[0].field: 'school' cannot be corrected",
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_events_file_is_refused_by_key_and_value(case):
    value, said = BAD_FILES[case]
    if "format" not in value:
        value = {"format": "stemfleet-events/1", "events": [value]}
    with pytest.raises(InputError) as refused:
        parse_events(canonical(value), "in/e.json")
    assert str(refused.value).startswith("in/e.json: ")
    assert said in str(refused.value)


def test_events_come_back_byte_for_byte():
    events = (corrected("A", "region", None, "Κρήτη"), accepts("A", "printer"), declines("B"), expires("C"))
    assert parse_events(events_bytes(events)) == events


def test_allocate_with_events_shows_the_difference_and_writes_a_bundle_that_verifies(tmp_path):
    """The holder of the best place declines; who moves is printed, and the bundle holds the events."""
    read = parse_rules(canonical(rules()))
    inputs = inputs_of(read, parse_applicants(canonical(eight_schools()), read))
    first = draw_round(inputs, "x").result
    holder = first.awards[0]
    entrant = first.replacements[holder.lot][holder.school]
    files = (
        ("--rules", write(tmp_path, "r.json", rules())),
        ("--applicants", write(tmp_path, "a.json", eight_schools())),
        ("--events", write(tmp_path, "e.json", events_bytes([declines(holder.school)]).decode())),
        ("--out", tmp_path / "final"),
    )
    words = [str(word) for pair in files for word in pair]
    command = [sys.executable, "-m", "stemfleet", "allocate", "--beacon", "x", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"school {holder.school}: {holder.lot} -> nothing" in done.stdout
    assert f"school {entrant}: nothing -> " in done.stdout
    assert json.loads((tmp_path / "final" / "events.json").read_text())["events"][0]["event"] == "decline"
    assert verify_bundle(tmp_path / "final").own_verifier


def test_events_that_do_not_fit_the_frozen_result_are_found(tmp_path):
    """The verifier applies the events itself."""
    inputs = inputs_of(WAVE, SCHOOLS)
    final = dict(draw_round(inputs, "x", events=[declines("A")]).files)
    del final["events.json"]
    from stemfleet.allocation.bundle import SUMS, sums_of
    from stemfleet.errors import Refused

    with pytest.raises(Refused, match=r"result\.json"):
        verify_files({**final, SUMS: sums_of(final)})
