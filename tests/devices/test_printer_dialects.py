"""A whole check of each firmware that schools get: its banner, its words, its errors, its way to read."""

import os
import termios
from dataclasses import replace
from typing import Any

import pytest
from core_peers import Peer
from marlin_peers import DIALECTS, KILLED, Marlin, Printer

from stemfleet.devices.families.gcode import Gcode
from stemfleet.devices.line import Line
from stemfleet.devices.provision import provision
from stemfleet.devices.recipe import Limit, Recipe, find_recipe
from stemfleet.devices.record import BoardRecord, Provisioned
from stemfleet.devices.state import Slot
from stemfleet.words import Outcome, Reason

WARM_UP = {"warm_up": {"target": 50, "seconds": 5}}
EVERYTHING = {"profile": "marlin-ramps", "fan": {"seconds": 0.1}, "homing": {"seconds": 5}}
ROOM = (Limit("hotend", "°C", 5, 45), Limit("bed", "°C", 5, 45))


def recipe(asked: dict[str, Any] | None = None, *checks: Limit) -> Recipe:
    """Without a bootloader behind the firmware, and impatient."""
    shipped = find_recipe("printer-marlin-ramps")
    return replace(shipped, settings={"speed": 115200, "start_s": 0.3, **(asked or {})}, checks=checks or ROOM)


def done(firmware: Marlin, wanted: Recipe, *, resets: bool = True) -> Provisioned:
    with Printer(firmware, resets=resets) as printer:
        return provision(Slot("A1", wanted, printer.port), station="s", operator="o", flash=False)


def values(record: BoardRecord) -> dict[str, Any]:
    return {row.name: row.value for row in record.measurements}


def log_of(result: Provisioned, name: str) -> str:
    (log,) = [row for row in result.record.attachments if row.name == name]
    return result.files[log.sha256].decode()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_everything_that_a_recipe_may_ask_is_understood(dialect: str) -> None:
    firmware = Marlin(DIALECTS[dialect], setup=0.4, spoil=3, blocks={"G28": 0.5})
    checks = [limit for limit in find_recipe("printer-marlin-ramps").checks if "warm_up" not in limit.name]
    result = done(firmware, recipe(EVERYTHING, *checks))
    assert (result.record.outcome, result.record.reason) == (Outcome.PASS, None)
    found = values(result.record)
    assert {name: found[name] for name in ("hotend", "bed", "M92_E", "fan", "homing", "x_min")} == {
        "hotend": 21.3,
        "bed": 21.1,
        "M92_E": 500.0,
        "fan": "taken",
        "homing": "done",
        "x_min": "open",
    }
    assert 0.4 < found["homing_time"] < 2
    assert "every target is 0" in log_of(result, "make_safe.log")


def test_a_warm_up_is_measured_and_ends_with_the_heater_off() -> None:
    """Regulators come near the target and stay a little below it: that is no failure to reach it."""
    firmware = Marlin(settles=0.5, rate=40.0)
    checks = (Limit("warm_up_rise", "°C/s", 0.3), Limit("warm_up_overshoot", "°C", 0, 15))
    result = done(firmware, recipe(WARM_UP, *ROOM, *checks))
    assert result.record.outcome is Outcome.PASS
    assert 10 < values(result.record)["warm_up_rise"] < 70
    assert firmware.target == 0.0
    assert "every target is 0" in log_of(result, "make_safe.log")


@pytest.mark.parametrize("dialect", ["marlin-1.1", "marlin-2.1"])
def test_a_switch_that_homing_does_not_find_fails_by_name_in_any_language(dialect: str) -> None:
    firmware = Marlin(DIALECTS[dialect], stops_at="G28", stops_with=DIALECTS[dialect].homing_failed)
    record = done(firmware, recipe(EVERYTHING | WARM_UP)).record
    assert values(record)["homing"] == "failed"
    assert "warm_up_rise" not in values(record)
    assert "G91" not in firmware.heard


@pytest.mark.parametrize("dialect", ["marlin-2.0.8", "prusa"])
def test_a_heater_that_fails_in_the_warm_up_is_the_reason(dialect: str) -> None:
    firmware = Marlin(DIALECTS[dialect], stops_at="M104 S50", stops_with=DIALECTS[dialect].heating_failed)
    record = done(firmware, recipe(WARM_UP)).record
    assert (record.outcome, record.reason) == (Outcome.FAIL, "measurement:hotend")


@pytest.mark.parametrize("dialect", ["marlin-2.0.8", "marlin-2.1"])
def test_a_line_that_was_damaged_is_sent_again_whether_an_ok_follows_the_resend_or_not(dialect: str) -> None:
    firmware = Marlin(DIALECTS[dialect], spoil=2)
    with Printer(firmware) as printer, Line(printer.port) as line:
        gcode = Gcode(line)
        gcode.start(1.0)
        for order in ("M105", "M104 S40", "M104 S0"):
            gcode.send(order)
        assert len(gcode.send("M119")) > 3
    assert [order for order in firmware.heard if order != "M110 N0"] == ["M105", "M104 S40", "M104 S0", "M119"]


def test_a_firmware_that_shows_its_logo_first_is_waited_for_after_its_start() -> None:
    """Marlin says `start`, and reads its first line seconds later: display, SD card and settings come before."""
    firmware = Marlin(setup=2.0)
    with Printer(firmware) as printer, Line(printer.port) as line:
        gcode = Gcode(line)
        gcode.start(1.0)
        assert firmware.heard.count("M110 N0") == len(firmware.heard) >= 2
        assert gcode.send("M105")[-1].startswith("ok")
        assert gcode.send("M119")[0] == "//action:notification Ready"


def test_a_printer_that_opening_does_not_reset_is_asked_all_the_same() -> None:
    result = done(Marlin(), recipe(), resets=False)
    assert result.record.outcome is Outcome.PASS


def test_a_printer_that_stops_itself_while_it_starts_fails_by_its_sensor() -> None:
    firmware = Marlin(stops_at="M110", stops_with=f"Error:MAXTEMP triggered, system stopped! Heater_ID: bed\n{KILLED}")
    record = done(firmware, recipe()).record
    assert (record.outcome, record.reason) == (Outcome.FAIL, "measurement:bed")


def test_what_the_firmware_tells_of_itself_is_in_the_log() -> None:
    log = log_of(done(Marlin(), recipe()), "identify-1.log")
    assert "Cap:THERMAL_PROTECTION:1" in log


def test_the_second_speed_of_the_recipe_is_tried_where_the_first_gives_nonsense() -> None:
    firmware = Marlin()
    firmware.reset()

    def talks(heard: bytes) -> bytes:
        slow = termios.tcgetattr(peer._near)[5] == termios.B115200
        said = firmware.tick(b"" if slow else heard)
        return bytes(char | 0x80 for char in heard) if slow else said

    with Peer(talks) as peer:
        plan = recipe({"speed": [115200, 57600]})
        record = provision(Slot("A1", plan, peer.port), station="s", operator="o", flash=False).record
    assert record.outcome is Outcome.PASS


def test_a_hot_end_that_is_still_warm_from_before_is_waited_for() -> None:
    record = done(Marlin(hot=60.0, rate=10.0), recipe()).record
    assert record.outcome is Outcome.PASS
    assert values(record)["hotend"] <= 45


def test_a_heater_that_was_left_on_is_switched_off_before_anything_is_measured() -> None:
    firmware = Marlin(hot=60.0, target=60.0, rate=20.0)
    record = done(firmware, recipe(), resets=False).record
    assert record.outcome is Outcome.PASS
    assert firmware.heard.index("M104 S0") < firmware.heard.index("M119")


def test_a_hot_end_that_is_near_the_target_already_is_not_heated_to_measure_nothing() -> None:
    plan = recipe({"warm_up": {"target": 40, "seconds": 5}}, *ROOM, Limit("warm_up_rise", "°C/s", 0.3))
    firmware = Marlin(hot=33.0, rate=0.0)
    record = done(firmware, plan).record
    assert (record.outcome, record.reason) == (Outcome.ERROR, Reason.UNREADABLE)
    assert "M104 S40" not in firmware.heard


def test_a_sensor_that_reads_nonsense_keeps_the_heater_off() -> None:
    firmware = Marlin(hot=-14.0)
    record = done(firmware, recipe(WARM_UP)).record
    assert (record.outcome, record.reason) == (Outcome.FAIL, "measurement:hotend")
    assert "M104 S50" not in firmware.heard


def test_a_firmware_without_thermal_protection_is_not_heated() -> None:
    bare = replace(DIALECTS["marlin-2.1"], m115=DIALECTS["marlin-2.1"].m115.replace("PROTECTION:1", "PROTECTION:0"))
    firmware = Marlin(bare)
    record = done(firmware, recipe(WARM_UP)).record
    assert (record.outcome, record.reason) == (Outcome.FAIL, "measurement:thermal_protection")
    assert values(record)["thermal_protection"] == "off"
    assert "M104 S50" not in firmware.heard


def test_a_heater_that_goes_on_beyond_the_target_is_given_up() -> None:
    firmware = Marlin(goes_on_heating=True)
    plan = recipe(WARM_UP, *ROOM, Limit("warm_up_overshoot", "°C", 0, 15))
    record = done(firmware, plan).record
    assert (record.outcome, record.reason) == (Outcome.FAIL, "measurement:warm_up_overshoot")
    assert 30 <= values(record)["warm_up_overshoot"] < 80


def test_a_port_opens_at_the_speed_of_a_default_marlin() -> None:
    with Printer(Marlin()) as printer, Line(printer.port, 250_000) as line:
        gcode = Gcode(line)
        gcode.start(1.0)
        assert gcode.send("M105")[-1].startswith("ok")
        assert os.isatty(line.serial.fd)
