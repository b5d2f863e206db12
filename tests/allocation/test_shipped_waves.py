"""The rules files of the five waves that the project ships."""

from itertools import chain

import pytest

from stemfleet.allocation.rules_file import parse_rules
from stemfleet.resources import resource
from stemfleet.words import Level

YEARS = {"STEM1": 2017, "STEM2": 2019, "STEM3": 2021, "STEM4": 2023, "STEM5": 2024}
FITS = {
    "beebot-kit": {Level.KINDERGARTEN},
    "wedo-kit": {Level.PRIMARY},
    "arduino-kit": set(Level) - {Level.KINDERGARTEN, Level.PRIMARY, Level.UNIVERSITY},
    "robot-kit-s1": {Level.PRIMARY, Level.LOWER_SECONDARY, Level.GENERAL_UPPER, Level.VOCATIONAL_UPPER},
    "printer-3d": set(Level) - {Level.UNIVERSITY},
}


def wave(code):
    path = resource("examples", "waves", f"{code}.json")
    return parse_rules(path.read_bytes(), str(path))


def test_the_waves_have_the_seats_of_the_history():
    seats = {code: [lot.seats for lot in wave(code).lots] for code in YEARS}
    assert {code: sum(places) for code, places in seats.items()} == {
        "STEM1": 110,
        "STEM2": 280,
        "STEM3": 149 + 91,
        "STEM4": 304,
        "STEM5": 100 + 5,
    }
    assert seats["STEM3"] == [149, 91]
    assert seats["STEM5"] == [50, 50, 5]


def test_stem_5_is_for_four_groups_of_schools_and_for_departments():
    printer, microbit, departments = wave("STEM5").lots
    assert printer.admits == microbit.admits == ("special", "minority", "second_chance", "remote")
    assert (departments.levels, departments.units_per_award, departments.units) == ((Level.UNIVERSITY,), 10, 50)
    assert (printer.model, microbit.model) == ("printer-3d", "microbit-kit")


@pytest.mark.parametrize("code", YEARS)
def test_every_kit_goes_to_levels_that_it_fits(code):
    for lot in wave(code).lots:
        assert set(lot.levels) <= FITS.get(lot.model, set(Level))
        assert (Level.UNIVERSITY in lot.levels) == (lot.code == "departments")


@pytest.mark.parametrize("code", YEARS)
def test_points_count_what_was_there_before_the_wave(code):
    """No entry looks into the future, and the two derived categories are defined."""
    rules = wave(code)
    assert all(entry["from_year"] <= entry["to_year"] <= YEARS[code] for entry in rules.points)
    reserved = set(chain.from_iterable(lot.reserves for lot in rules.lots))
    defined = {entry["category"] for entry in rules.points if "category" in entry}
    assert reserved - defined <= {"special", "minority", "second_chance", "remote"}
    assert defined == {"awarded", "active"}


@pytest.mark.parametrize("code", YEARS)
def test_a_wave_keeps_guaranteed_and_open_places_in_its_school_lots(code):
    rules = wave(code)
    assert rules.wave == code
    assert set(rules.default_preferences) == {lot.code for lot in rules.lots}
    for lot in rules.lots:
        if lot.code != "departments":
            assert 0 < sum(lot.reserves.values()) < lot.seats
