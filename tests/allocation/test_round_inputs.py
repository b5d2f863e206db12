"""What the input files may hold: every refusal names the file, the key or school, and the value."""

import json
from dataclasses import replace

import pytest
from allocation_cases import a_lot, a_school, a_wave
from round_files import applicants, eight_schools, rules, rules_with_lot, school

from stemfleet.allocation.applicants_file import applicants_bytes, parse_applicants
from stemfleet.allocation.bundle import inputs_of
from stemfleet.allocation.canonical import canonical, parse
from stemfleet.allocation.eligibility import closed_lots, final_preferences
from stemfleet.allocation.rules_file import parse_rules, rules_bytes
from stemfleet.allocation.values import Ineligible
from stemfleet.errors import InputError
from stemfleet.words import Level


def bytes_of(value) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else json.dumps(value).encode()


def without(value, key):
    return {name: item for name, item in value.items() if name != key}


def lot_without(key):
    made = rules()
    del made["lots"][0][key]
    return made


BAD_RULES = {
    "not JSON": ("{", ["line 1", "column 2"]),
    "nothing": ("", ["line 1"]),
    "not an object": ([], ["[]", "object"]),
    "nested too deeply": ("[" * 100_000, ["nested"]),
    "another format": (rules(format="stemfleet-rules/2"), ["format", "stemfleet-rules/2", "stemfleet-rules/1"]),
    "unknown key": (rules(colour="red"), ["colour"]),
    "missing key": (without(rules(), "repeat_years"), ["repeat_years", "missing"]),
    "key twice": ('{"format": "stemfleet-rules/1", "wave": "A", "wave": "B"}', ['the key "wave"', "twice"]),
    "empty wave": (rules(wave=""), ["wave", "''"]),
    "title is a number": (rules(title=5), ["title", "5"]),
    "lots is an object": (rules(lots={}), ["lots", "list"]),
    "unknown key in a lot": (rules_with_lot(seat=3), ["lots[0]", "seat"]),
    "missing key in a lot": (lot_without("admits"), ["lots[0]", "admits"]),
    "negative seats": (rules_with_lot(seats=-1), ["lots[0].seats", "-1"]),
    "seats with a fraction": (rules_with_lot(seats=2.5), ["lots[0].seats: 2.5", "whole"]),
    "seats as a float": (rules_with_lot(seats=3.0), ["lots[0].seats: 3.0", "whole"]),
    "a float deep in the points": (
        rules(points=[{"kind": "project", "points": 1e3}]),
        ["points[0].points: 1000.0", "whole"],
    ),
    "not a number": ('{"points": [NaN]}', ["points[0]: NaN"]),
    "seats true": (rules_with_lot(seats=True), ["lots[0].seats", "True"]),
    "seats as text": (rules_with_lot(seats="3"), ["lots[0].seats", "'3'"]),
    "no units": (rules_with_lot(units_per_award=0), ["lots[0].units_per_award", "0"]),
    "more reserved than seats": (rules_with_lot(reserves={"special": 2, "remote": 2}), ["lots[0].reserves", "4", "3"]),
    "negative reserve": (rules_with_lot(reserves={"special": -2}), ["lots[0].reserves.special", "-2"]),
    "unfilled unknown": (rules_with_lot(unfilled="close"), ["lots[0].unfilled", "close"]),
    "unknown level": (rules_with_lot(levels=["primary", "nursery"]), ["lots[0].levels[1]", "nursery", "kindergarten"]),
    "level twice": (rules_with_lot(levels=["primary", "primary"]), ["lots[0].levels[1]", "primary", "twice"]),
    "admits a text": (rules_with_lot(admits="special"), ["lots[0].admits", "special"]),
    "cap without reserve": (rules_with_lot(category_region_caps={"minority": 1}), ["category_region_caps", "minority"]),
    "negative cap": (rules_with_lot(open_region_cap=-1), ["lots[0].open_region_cap", "-1"]),
    "lot twice": (rules(lots=rules()["lots"][:1] * 2), ["lots[1].lot", "printer", "twice"]),
    "crossing cap beside another": (
        rules(lots=[rules_with_lot(region_cap=1, open_region_cap=2)["lots"][0]]),
        ["lots[0].region_cap", "1", "another cap"],
    ),
    "crossing cap with two lots": (rules_with_lot(region_cap=1), ["lots[0].region_cap", "one lot", "2"]),
    "negative years": (rules(repeat_years=-4), ["repeat_years", "-4"]),
    "default of no lot": (rules(default_preferences=["printer", "robot"]), ["default_preferences[1]", "robot"]),
    "points not a list": (rules(points={"project": 50}), ["points", "list"]),
    "half a character": ('{"wave": "\\ud800"}', ["wave: ", "\\ud800", "surrogate"]),
    "two keys that are one in NFC": ('{"\\u00e9": 1, "e\\u0301": 2}', ["\\u00e9", "twice"]),
    "a huge number": ('{"wave": ' + "9" * 5000 + "}", ["rules.json: wave: 99999999999999999999…", "5000 digits"]),
    "too many seats": (rules_with_lot(seats=10**30), ["lots[0].seats", "1000000000 is the most"]),
    "too many units": (rules_with_lot(units_per_award=10**9 + 1), ["lots[0].units_per_award", "1000000001"]),
    "too large a reserve": (rules_with_lot(reserves={"special": 10**12}), ["lots[0].reserves.special", "too large"]),
    "too large a cap": (rules_with_lot(open_region_cap=10**12), ["lots[0].open_region_cap", "too large"]),
    "too many years": (rules(repeat_years=10**12), ["repeat_years", "too large"]),
    "a byte order mark": ("\ufeff{}", ["byte order mark", "UTF-8"]),
    "a zero character": ('{"wave": "A\\u0000"}', ["wave: the text", "zero character"]),
}


@pytest.mark.parametrize("case", BAD_RULES)
def test_bad_rules_are_refused_by_file_key_and_value(case):
    value, said = BAD_RULES[case]
    with pytest.raises(InputError) as refused:
        parse_rules(bytes_of(value), "in/rules.json")
    for part in ["in/rules.json", *said]:
        assert part in str(refused.value)


def two(**changes):
    return applicants(school("9000001"), school("9000002", **changes))


BAD_APPLICANTS = {
    "not a list": ({"format": "stemfleet-applicants/1", "applicants": {}}, ["applicants", "list"]),
    "unknown key": (two(name="Σχολείο"), ["applicants[1]", "name"]),
    "missing key": (applicants(without(school("9000002"), "lines")), ["applicants[0]", "lines"]),
    "code is a number": (applicants(school(9000002)), ["applicants[0].school", "9000002"]),
    "code twice": (applicants(school("9000002"), school("9000001"), school("9000002")), ["9000002", "twice"]),
    "unknown level": (two(level="nursery"), ["9000002", "level", "nursery"]),
    "level in a list": (two(level=["primary"]), ["9000002", "level", "primary"]),
    "empty region": (two(region=""), ["9000002", "region"]),
    "region is a number": (two(region=7), ["9000002", "region", "7"]),
    "categories a text": (two(categories="special"), ["9000002", "categories", "special"]),
    "category twice": (two(categories=["special", "special"]), ["9000002", "categories[1]", "special", "twice"]),
    "negative points": (two(points=-5, lines=[]), ["school 9000002: points", "-5"]),
    "a negative line": (two(points=5, lines=[["Έργα", 9], ["Ποινή", -4]]), ["school 9000002: lines[1]", "-4", "0 or"]),
    "points with a fraction": (two(points=1.5), ["school 9000002: points: 1.5", "whole"]),
    "a line with a fraction": (two(lines=[["Έργα", 1e2]]), ["school 9000002: lines[0][1]: 100.0", "whole"]),
    "too many points": (two(points=10**30, lines=[["Έργα", 10**30]]), ["school 9000002: lines[0]", "too large"]),
    "lines of too many points": (
        two(points=2 * 10**9, lines=[["Έργα", 10**9], ["Βραβεία", 10**9]]),
        ["school 9000002: points: 2000000000 is too large"],
    ),
    "lines are an object": (two(points=0, lines={}), ["school 9000002: lines: {} must be a list"]),
    "lines are a text": (two(points=0, lines=""), ["school 9000002: lines: '' must be a list"]),
    "a code with a blank": (applicants(school("900 0002")), ["'900 0002'", "blank"]),
    "a code with a line end": (applicants(school("9000001"), school("9000002\n")), ["'9000002\\n'", "line end"]),
    "a code with a bar": (applicants(school("9000001"), school("W|9000002")), ["'W|9000002'", "'|'"]),
    "points true": (two(points=True, lines=[["Έργα", 1]]), ["9000002", "points", "True"]),
    "lines do not add up": (two(points=100, lines=[["Έργα", 60], ["Βραβεία", 30]]), ["9000002", "lines", "90", "100"]),
    "a line is no pair": (two(lines=[["Έργα", 100, 1]]), ["9000002", "lines[0]", "pair"]),
    "a line's label is a number": (two(lines=[[1, 100]]), ["9000002", "lines[0]", "1"]),
    "a line's points are true": (two(points=1, lines=[["Έργα", True]]), ["9000002", "lines[0]", "True"]),
    "wants a lot that is not there": (two(preferences=["robot"]), ["9000002", "preferences", "robot"]),
    "wants a lot twice": (two(preferences=["kit", "kit"]), ["9000002", "preferences[1]", "kit", "twice"]),
    "wants a closed lot": (two(ineligible={"kit": "repeat"}), ["9000002", "preferences", "kit", "repeat"]),
    "closed lot that is not there": (two(ineligible={"robot": "repeat"}), ["9000002", "ineligible.robot", "robot"]),
    "unknown reason": (two(preferences=[], ineligible={"kit": "late"}), ["9000002", "ineligible.kit", "late"]),
    "reason is a list": (two(preferences=[], ineligible={"kit": ["level"]}), ["9000002", "ineligible.kit", "level"]),
    "level closes the lot": (two(level="university", preferences=["kit"]), ["9000002", "printer", "levels"]),
    "level does not close the lot": (
        two(preferences=["kit"], ineligible={"printer": "level"}),
        ["9000002", "ineligible.printer", "level", "primary"],
    ),
    "the lot admits everybody": (
        two(preferences=["kit"], ineligible={"printer": "admits"}),
        ["9000002", "ineligible.printer", "admits"],
    ),
    "half a character": ('{"format": "\\ud800"}', ["format: ", "surrogate"]),
    "half a character in a school": (two(region="\ud800"), ["school 9000002: region", "surrogate"]),
}


@pytest.mark.parametrize("case", BAD_APPLICANTS)
def test_bad_applicants_are_refused_by_file_school_and_value(case):
    value, said = BAD_APPLICANTS[case]
    with pytest.raises(InputError) as refused:
        parse_applicants(bytes_of(value), parse_rules(bytes_of(rules())), "in/applicants.json")
    for part in ["in/applicants.json", *said]:
        assert part in str(refused.value)


def test_a_lot_that_admits_others_must_stand_in_ineligible():
    only_special = parse_rules(bytes_of(rules_with_lot(admits=["special", "minority"])))
    with pytest.raises(InputError, match=r"school 9000001: ineligible: lot printer .* admits"):
        parse_applicants(bytes_of(applicants(school("9000001"))), only_special)


def test_a_file_that_is_not_utf8_is_refused_with_the_position():
    with pytest.raises(InputError, match=r"r.json is not UTF-8: byte 0xe1 at position 10"):
        parse_rules('{"wave": "α"}'.encode("iso8859-7"), "r.json")


def test_rules_and_applicants_come_back_byte_for_byte():
    """Reading canonical files and writing them again changes nothing."""
    rules_json = canonical(rules())
    checked = parse_rules(rules_json)
    assert rules_bytes(checked) == rules_json
    applicants_json = canonical(eight_schools())
    assert applicants_bytes(parse_applicants(applicants_json, checked)) == applicants_json


def test_order_blanks_and_decomposed_letters_do_not_change_the_bytes():
    checked = parse_rules(bytes_of(rules()))
    schools = eight_schools()["applicants"]
    shuffled = [dict(reversed(school.items())) for school in reversed(schools)]
    shuffled[4]["categories"] = ["special", "remote"]
    shuffled[0]["region"] = "Κρη\u0301τη"
    text = json.dumps(applicants(*shuffled), indent=3)
    assert applicants_bytes(parse_applicants(bytes_of(text), checked)) == canonical(eight_schools())


def test_canonical_bytes_are_those_of_the_written_definition():
    value = {"β": [1, None, True], "a": {"ώ": "\u2028"}}
    expected = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n"
    assert canonical(value) == expected.encode()
    assert parse(canonical(value), "x") == value


def test_values_that_a_program_made_are_checked_like_files():
    wave = a_wave(a_lot(seats=1))
    good = a_school("1", 5)
    assert inputs_of(wave, [good]).applicants == (good,)
    with pytest.raises(InputError, match="school 1: lines: they add up to 5, but points is 6"):
        inputs_of(wave, [replace(good, points=6)])
    with pytest.raises(InputError, match="surrogate"):
        inputs_of(wave, [replace(good, school="\ud800")])
    with pytest.raises(InputError, match="2 places are reserved, but lot kit has 1 seats"):
        inputs_of(a_wave(a_lot(seats=1, reserves={"special": 2})), [])


def test_the_rules_close_lots_by_level_and_by_admits():
    wave = a_wave(
        a_lot("kit", levels=(Level.PRIMARY,)),
        a_lot("printer", admits=("special", "remote")),
        a_lot("robot", levels=(), admits=()),
    )
    closed = closed_lots(wave, Level.KINDERGARTEN, {"remote"})
    assert closed == {"kit": Ineligible.LEVEL, "robot": Ineligible.LEVEL}
    assert closed_lots(wave, Level.PRIMARY, {"active"})["printer"] is Ineligible.ADMITS
    assert final_preferences(wave, None, closed) == ("printer",)
    assert final_preferences(wave, ["robot", "printer", "kit"], {}) == ("robot", "printer", "kit")
