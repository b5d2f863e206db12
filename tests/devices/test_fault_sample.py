"""A small sample of the fault campaign, drawn anew each time with a printed seed; `make faults` runs all of it."""

import random

import pytest
from fault_campaign import AT_ONCE, Tally, all_faults, kills, ordered_faults, page, unplugs

pytestmark = pytest.mark.rig

SLOW = {"slow"}  # its boards run against the limits of the recipes: minutes


@pytest.fixture
def chance() -> random.Random:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    return random.Random(seed)


def test_ordered_faults_come_out_as_the_table_says(chance: random.Random) -> None:
    quick = [(kind, fault) for kind, fault in all_faults() if fault not in SLOW]
    tally = ordered_faults(chance.sample(quick, AT_ONCE))
    assert (tally.wrong, tally.wrongly_passed) == ([], 0)
    assert tally.named == tally.injected > 0


def test_a_board_unplugged_at_any_moment_is_named_so_and_done_again(chance: random.Random) -> None:
    tally = unplugs(chance, ["micro:bit"], times=2, phases=2)
    assert (tally.wrong, tally.wrongly_passed) == ([], 0)


def test_a_killed_bench_loses_and_invents_no_record(chance: random.Random) -> None:
    tally = kills(chance, times=2, spec="microbit:2", longest=5.0)
    assert tally.wrong == []


def test_the_campaigns_page_names_what_went_wrong() -> None:
    text = page(7, [Tally("one", injected=3, named=2, wrongly_passed=1, wrong=["uno silent: PASS"])], 60, "all of it")
    assert "| one | 3 | 2 | 1 | 0 |" in text
    assert "- uno silent: PASS" in text
