"""The table of ordered faults: whole, orderable, and in words that records have."""

import pytest
from fault_campaign import all_faults

from stemfleet.devices.recipe import load_recipes
from stemfleet.devices.virtual import DUPLICATE, MOST, BoardSpec, parse_spec
from stemfleet.devices.virtual.faults import FAULTS, KINDS, expected
from stemfleet.devices.virtual.needs import all_missing
from stemfleet.errors import InputError, ToolMissing
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


@pytest.mark.parametrize("spec", ["uno:99", "uno:999999", f"microbit:{MOST},uno:1"])
def test_more_boards_than_a_computer_can_play_are_refused_before_one_starts(spec: str) -> None:
    with pytest.raises(InputError, match="too many for one computer; at most 24"):
        parse_spec(spec)
    assert len(parse_spec(f"uno:{MOST}")) == MOST


def test_every_missing_tool_is_named_at_once_with_what_installs_it() -> None:
    wanting = (
        ("gcc", "sudo apt install gcc libc6-dev"),
        ("avr-gcc", "sudo apt install gcc-avr avr-libc"),
        ("avr-objcopy", "sudo apt install gcc-avr"),
        ("uflash", "pip install uflash"),
    )
    one, *_others = errors = [ToolMissing(tool=tool, install=install) for tool, install in wanting]
    assert str(all_missing([one])) == "gcc is not installed. Install it with: sudo apt install gcc libc6-dev"
    assert str(all_missing(errors)) == (
        "These are not installed: gcc, avr-gcc, avr-objcopy, uflash. "
        "Install them with: sudo apt install gcc libc6-dev gcc-avr avr-libc && pip install uflash"
    )
