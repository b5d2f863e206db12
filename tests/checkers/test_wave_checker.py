"""The checker of finished waves: silent on a sound one, and it names each planted fault."""

import json
import random

import pytest
from checkers.wave_checker import repeats, violations

from stemfleet.allocation.bundle import draw_round, inputs_of
from stemfleet.allocation.draw import tickets
from stemfleet.allocation.values import Applicant, Lot, Rules, Unfilled
from stemfleet.words import Level

CATEGORIES = ("awarded", "remote", "special")
LOTS = (
    Lot("printer", "printer-3d", 12, reserves={"special": 3, "remote": 4, "awarded": 2}, levels=(Level.PRIMARY,)),
    Lot("kit", "microbit-kit", 15, reserves={"special": 4, "remote": 4}, admits=("special", "remote")),
    Lot("robot", "robot-kit-s1", 10, reserves={"awarded": 6, "special": 2}, unfilled=Unfilled.KEEP),
)
RULES = Rules("W", "Κύμα", LOTS, default_preferences=("printer", "kit", "robot"))


def schools(seed=1, count=160):
    rnd = random.Random(seed)
    made = []
    for index in range(count):
        level = rnd.choice([Level.PRIMARY, Level.PRIMARY, Level.KINDERGARTEN])
        categories = frozenset(name for name in CATEGORIES if rnd.random() < 0.3)
        closed = {lot.code: "level" for lot in LOTS if lot.levels is not None and level not in lot.levels}
        if not categories & {"special", "remote"}:
            closed["kit"] = "admits"
        points = rnd.randrange(0, 30) + (20 if not categories else 0)
        wants = rnd.sample(["printer", "kit", "robot"], rnd.randrange(1, 4))
        wants = tuple(code for code in wants if code not in closed)
        made.append(Applicant(f"{100 + index}", level, None, categories, points, (("x", points),), wants, closed))
    return made


class Wave:
    """A drawn wave as the plain values that the checker takes."""

    def __init__(self, seed=1):
        drawn = draw_round(inputs_of(RULES, schools(seed)), "beacon")
        self.rules = json.loads(drawn.files["rules.json"])
        self.applicants = json.loads(drawn.files["applicants.json"])["applicants"]
        result = json.loads(drawn.files["result.json"])
        self.awards = result["awards"]
        codes = [applicant["school"] for applicant in self.applicants]
        for applicant, ticket in zip(self.applicants, tickets(result["seed"], "W", codes), strict=True):
            applicant["ticket"] = ticket

    def found(self):
        return violations(self.rules, self.applicants, self.awards)

    def applicant(self, code):
        return next(applicant for applicant in self.applicants if applicant["school"] == code)

    def holders(self, lot):
        return [self.applicant(award["school"]) for award in self.awards if award["lot"] == lot]

    def empty_handed(self, lot):
        """Schools that want the lot and hold nothing, best first."""
        held = {award["school"] for award in self.awards}
        waiting = [a for a in self.applicants if lot in a["preferences"] and a["school"] not in held]
        return sorted(waiting, key=lambda a: (-a["points"], a["ticket"]))

    def replace_award(self, lot, old, new):
        self.awards = [award for award in self.awards if award["school"] != old] + [{"school": new, "lot": lot}]


@pytest.fixture
def wave():
    return Wave()


@pytest.mark.parametrize("seed", range(8))
def test_a_sound_wave_has_no_violations(seed):
    wave = Wave(seed)
    assert wave.awards
    assert wave.found() == []


def test_a_worse_school_of_the_same_groups_in_a_better_ones_place_is_envied(wave):
    holder = next(school for school in wave.holders("robot") if not school["categories"])
    worst = [school for school in wave.empty_handed("robot") if not school["categories"]][-1]
    wave.replace_award("robot", holder["school"], worst["school"])
    assert any(f"envies {worst['school']}" in said for said in wave.found())


def test_a_tie_that_was_decided_against_the_tickets_is_envied(wave):
    """Same points, same groups: the holder has the lower ticket, so swapping the two is a violation."""
    pairs = [
        (lot["lot"], holder, out)
        for lot in wave.rules["lots"]
        for holder in wave.holders(lot["lot"])
        for out in wave.empty_handed(lot["lot"])
        if (holder["points"], holder["categories"]) == (out["points"], out["categories"])
    ]
    lot, holder, out = pairs[0]
    wave.replace_award(lot, holder["school"], out["school"])
    assert any("envies" in said for said in wave.found())


def test_pure_merit_leaves_guarantees_unmet(wave):
    wave.awards = [award for award in wave.awards if award["lot"] != "printer"]
    wave.awards += [{"school": a["school"], "lot": "printer"} for a in wave.empty_handed("printer")[:12]]
    assert any("printer" in said and "guaranteed places are used" in said for said in wave.found())


def test_quotas_filled_one_after_another_are_found_out(wave):
    """Each category's best fill its quota in turn, then the rest by merit: the classic spreadsheet."""
    wave.awards = [award for award in wave.awards if award["lot"] != "printer"]
    left = wave.empty_handed("printer")
    lot = wave.rules["lots"][0]
    for category, places in lot["reserves"].items():
        taken = [a for a in left if category in a["categories"]][:places]
        left = [a for a in left if a not in taken]
        wave.awards += [{"school": a["school"], "lot": "printer"} for a in taken]
    free = lot["seats"] - len(wave.holders("printer"))
    wave.awards += [{"school": a["school"], "lot": "printer"} for a in left[:free]]
    assert any("printer" in said for said in wave.found())


def test_a_place_left_empty_is_wasted(wave):
    wave.awards = [award for award in wave.awards if award["school"] != wave.holders("printer")[0]["school"]]
    assert any("printer" in said and "wasted" in said for said in wave.found())


def test_one_award_too_many_is_found(wave):
    wave.awards.append({"school": wave.empty_handed("printer")[0]["school"], "lot": "printer"})
    assert "lot printer: 13 awards, but only 12 can be made" in wave.found()


def test_a_kept_place_that_was_given_away_is_found(wave):
    """With `keep` the places of a reserve that nobody can use stay empty."""
    for applicant in wave.applicants:
        applicant["categories"] = [name for name in applicant["categories"] if name != "awarded"]
    assert any("robot" in said and "can be made" in said for said in wave.found())


def test_two_awards_for_one_school_are_found(wave):
    school = wave.holders("printer")[0]["school"]
    wave.awards.append({"school": school, "lot": "robot"})
    assert f"school {school} has 2 awards" in wave.found()


def test_a_kit_that_does_not_fit_the_level_is_found(wave):
    school = wave.holders("printer")[0]
    school["level"] = "university"
    assert f"lot printer does not fit the level of school {school['school']}: university" in wave.found()


def test_a_school_that_the_lot_does_not_admit_is_found(wave):
    school = wave.holders("kit")[0]
    school["categories"] = ["awarded"]
    assert f"lot kit does not admit school {school['school']}" in wave.found()


def test_an_award_of_a_closed_or_unwanted_lot_is_found(wave):
    school = wave.holders("kit")[0]
    school["ineligible"] = {"kit": "repeat"}
    school["preferences"] = ["robot"]
    assert f"lot kit is closed to school {school['school']}: repeat" in wave.found()
    assert f"school {school['school']} has lot kit, which it does not want" in wave.found()


def test_a_lot_closed_for_a_wrong_reason_is_found(wave):
    school = next(a for a in wave.applicants if a["level"] == "primary")
    school["ineligible"] = {"printer": "level"}
    assert any(f"closed to school {school['school']} for a wrong reason" in said for said in wave.found())


def test_an_award_to_nobody_or_of_nothing_is_found(wave):
    wave.awards += [{"school": "999", "lot": "kit"}, {"school": "100", "lot": "rocket"}]
    assert "school 999 has an award but did not apply" in wave.found()
    assert "school 100 has an award of no lot: rocket" in wave.found()


def test_rules_with_a_regional_cap_are_not_judged(wave):
    wave.rules["lots"][0]["open_region_cap"] = 3
    with pytest.raises(ValueError, match="regional cap"):
        wave.found()


def past_wave(code, year, school, **lot):
    return {
        "wave": code,
        "year": year,
        "repeat_years": 4,
        "lots": [{"lot": "a", **lot}],
        "awards": [{"school": school, "lot": "a"}],
    }


@pytest.mark.parametrize(("year", "count"), [(2019, 1), (2021, 1), (2022, 0)])
def test_a_model_comes_again_only_after_the_years_of_the_rules(year, count):
    waves = [past_wave("LATE", year, "1", model="wedo-kit"), past_wave("EARLY", 2017, "1", model="wedo-kit")]
    found = repeats(waves)
    assert found == ["LATE: school 1 gets model wedo-kit again, after EARLY"][:count]


def test_a_family_counts_like_a_model_and_other_schools_and_models_do_not():
    first = past_wave("A", 2020, "1", model="microbit-kit", family="microbit")
    assert len(repeats([first, past_wave("B", 2021, "1", model="microbit-class-set", family="microbit")])) == 1
    assert repeats([first, past_wave("B", 2021, "2", model="microbit-kit", family="microbit")]) == []
    assert repeats([first, past_wave("B", 2021, "1", model="arduino-kit", family="arduino")]) == []


def test_the_checker_imports_nothing_of_the_program():
    """It must stay an independent witness."""
    from pathlib import Path

    import checkers.wave_checker as checker

    assert "stemfleet" not in Path(checker.__file__).read_text(encoding="utf-8")
