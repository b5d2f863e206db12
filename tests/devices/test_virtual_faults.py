"""The table of ordered faults: whole, orderable, and in words that records have."""

import pytest
from fault_campaign import all_faults

from stemfleet.devices.recipe import load_recipes
from stemfleet.devices.virtual import DUPLICATE, BoardSpec, parse_spec
from stemfleet.devices.virtual.faults import FAULTS, KINDS, expected
from stemfleet.errors import InputError
from stemfleet.words import MEASUREMENT_REASON, Outcome, Reason

RECIPES = {"microbit": "microbit-v1", "printer": "printer-mega", "esp32": "esp32", "esp8266": "esp8266"}
EVERYWHERE = ("bad_flash", "wrong_signature", "silent", "slow", "unplugged", "brown_out", "duplicate_id", "garbage")


@pytest.mark.parametrize("fault", [*EVERYWHERE, "failed_measurement"])
def test_a_fault_that_any_board_can_have_can_be_ordered_of_every_kind(fault: str) -> None:
    assert set(FAULTS[fault].expected) == set(KINDS)


@pytest.mark.parametrize(("kind", "fault"), all_faults())
def test_every_fault_can_be_ordered_and_has_a_reason_that_says_more_than_that_something_is_wrong(
    kind: str, fault: str
) -> None:
    assert parse_spec(f"{kind}:1,{kind}:1:{fault}")[1] == BoardSpec(kind, fault)
    wanted = expected(kind, fault)
    if wanted.reason is None:
        assert wanted.outcome is Outcome.PASS
    elif wanted.reason.startswith(MEASUREMENT_REASON):
        recipe = load_recipes()[RECIPES.get(kind, f"arduino-{kind.removesuffix('-old')}")]
        assert wanted.reason.removeprefix(MEASUREMENT_REASON) in {limit.name for limit in recipe.checks}
    else:
        assert Reason(wanted.reason) is not Reason.INTERNAL


def test_a_fault_that_such_a_board_cannot_have_is_refused_with_those_it_can() -> None:
    with pytest.raises(InputError, match=r"virtual uno has no fault open_thermistor\. Faults: bad_flash, "):
        parse_spec("uno:1:open_thermistor")


def test_a_duplicate_of_no_board_is_refused() -> None:
    with pytest.raises(InputError, match=f"uno:1,uno:1:{DUPLICATE}"):
        parse_spec(f"microbit:1,uno:1:{DUPLICATE}")
