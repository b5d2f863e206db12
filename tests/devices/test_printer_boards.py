"""A printer controller from flash to record: an emulated Mega, real avrdude, and heaters that are off at the end."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from avr_peers import MEGA, PRINTER, flash_of, image_of, powered, write
from core_peers import processes_with, until

from stemfleet.devices.provision import provision
from stemfleet.devices.recipe import Limit, Recipe, find_recipe
from stemfleet.devices.record import BoardRecord, Provisioned
from stemfleet.devices.state import Slot
from stemfleet.devices.virtual.avr import AvrBoard
from stemfleet.words import Outcome, Reason

pytestmark = pytest.mark.rig
WARM_UP = {"target": 45, "seconds": 30}


def run(board: AvrBoard, recipe: Recipe | None = None, **options: object) -> Provisioned:
    slot = Slot("A1", recipe or find_recipe("printer-mega"), board.port)
    return provision(slot, station="bench", operator="tester", **options)


def values(record: BoardRecord) -> dict[str, object]:
    return {row.name: row.value for row in record.measurements}


def with_warm_up() -> Recipe:
    recipe = find_recipe("printer-mega")
    return replace(recipe, settings={**recipe.settings, "warm_up": WARM_UP})


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AvrBoard]:
    """One that has its firmware already."""
    with powered("printer", tmp_path_factory.mktemp("printer")) as board:
        write(board, MEGA, PRINTER)
        yield board


def test_a_new_controller_gets_its_firmware_its_checks_and_an_identity(tmp_path: Path) -> None:
    with powered("printer", tmp_path) as board:
        record = run(board).record
        flash = flash_of(board)
        again = run(board, flash=False).record
    assert (record.outcome, record.reason) == (Outcome.PASS, None)
    assert [phase.name for phase in record.phases] == ["prepare", "identify", "flash", "verify", "check"]
    assert {place: flash[place] for place in image_of(PRINTER)} == image_of(PRINTER)
    assert values(record) == {
        "hotend": pytest.approx(22, abs=1.5),
        "bed": pytest.approx(22, abs=1.5),
        "thermal_protection": "on",
        "x_min": "open",
        "y_min": "open",
        "z_min": "open",
    }
    assert record.board_id is not None
    assert again.board_id == record.board_id
    assert (again.outcome, again.firmware.name) == (Outcome.PASS, "stemfleet-printer")
    assert "avrdude" in record.tools


@pytest.mark.parametrize(
    ("fault", "failing", "value"),
    [("open_thermistor", "hotend", pytest.approx(-42, abs=2)), ("endstop_stuck", "x_min", "TRIGGERED")],
)
def test_a_faulty_controller_fails_by_the_name_of_its_measurement(
    tmp_path: Path, fault: str, failing: str, value: object
) -> None:
    with powered("printer", tmp_path, fault) as board:
        write(board, MEGA, PRINTER)
        record = run(board, flash=False).record
    assert (record.outcome, record.reason) == (Outcome.FAIL, f"measurement:{failing}")
    assert values(record)[failing] == value
    assert len(record.measurements) == 6


def test_a_shorted_thermistor_fails_by_name_too(controller: AvrBoard) -> None:
    controller.control("adc 14 0")
    try:
        record = run(controller, flash=False).record
    finally:
        controller.control("adc 14 auto")
    assert (record.outcome, record.reason) == (Outcome.FAIL, "measurement:bed")


def test_a_silent_controller_is_silent(tmp_path: Path) -> None:
    with powered("printer", tmp_path, "silent") as board:
        record = run(board).record
    assert (record.outcome, record.reason) == (Outcome.TIMEOUT, Reason.SILENT)
    assert [phase.name for phase in record.phases] == ["prepare", "identify"]


def test_an_uno_in_a_printers_slot_is_the_wrong_board_and_stays_as_it_is(tmp_path: Path) -> None:
    with powered("uno", tmp_path) as board:
        before = flash_of(board)
        record = run(board).record
        assert flash_of(board) == before
    assert (record.outcome, record.reason) == (Outcome.FAIL, Reason.WRONG_BOARD)


def test_a_warm_up_is_measured_and_ends_with_the_heater_off(controller: AvrBoard) -> None:
    controller.control("adc 13 auto")
    result = run(controller, with_warm_up(), flash=False)
    assert result.record.outcome is Outcome.PASS
    found = values(result.record)
    assert 1 < float(str(found["warm_up_rise"])) < 5
    assert float(str(found["warm_up_overshoot"])) < 10
    assert controller.control("pin B4") == "out 0"


def everything() -> Recipe:
    shipped = find_recipe("printer-mega")
    asked = {"profile": "stemfleet-printer", "fan": {"seconds": 0.3}, "homing": {"seconds": 30}}
    profile = [Limit(f"M92_{axis}", "steps/mm", steps, steps) for axis, steps in (("X", 80), ("Y", 80), ("Z", 400))]
    return replace(shipped, settings=shipped.settings | asked, checks=(*shipped.checks, *profile))


def test_fan_settings_and_homing_are_checked_when_the_recipe_asks_for_them(controller: AvrBoard) -> None:
    controller.control("adc 13 auto")
    record = run(controller, everything(), flash=False).record
    assert (record.outcome, record.reason) == (Outcome.PASS, None)
    found = values(record)
    assert {name: found[name] for name in ("fan", "homing", "M92_Z", "x_min", "z_min")} == {
        "fan": "taken",
        "homing": "done",
        "M92_Z": 400.0,
        "x_min": "open",
        "z_min": "open",
    }
    assert 0.5 < float(str(found["homing_time"])) < 20
    assert controller.control("pin H6") == "out 0"  # the fan
    assert {controller.control(pin) for pin in ("pin D7", "pin F2", "pin K0")} == {"out 1"}  # the motors


BENCH = """
import sys
from dataclasses import replace
from stemfleet.devices.provision import provision
from stemfleet.devices.recipe import find_recipe
from stemfleet.devices.state import Slot

recipe = find_recipe("printer-mega")
recipe = replace(recipe, settings=recipe.settings | {"warm_up": {"target": 200, "seconds": 60}})
provision(Slot("A1", recipe, sys.argv[1]), station="s", operator="o", flash=False)
"""


def test_a_bench_killed_with_its_whole_process_group_leaves_no_heater_on(controller: AvrBoard) -> None:
    """Long before the firmware's own twenty seconds: the guard lives in a session of its own."""
    controller.control("adc 13 auto")
    with subprocess.Popen([sys.executable, "-c", BENCH, controller.port], start_new_session=True) as bench:
        until(lambda: controller.control("pin B4") == "out 1", 20)
        os.killpg(bench.pid, signal.SIGKILL)
        bench.wait()
    until(lambda: controller.control("pin B4").endswith(" 0"), 8)  # "in 0" while it starts anew
    until(lambda: len(processes_with(controller.port)) == 1, 15)  # the emulator: the guard has ended


def test_stopping_a_warm_up_turns_the_heater_off_within_the_same_run(controller: AvrBoard) -> None:
    controller.control("adc 13 auto")
    stop = threading.Event()
    results: list[Provisioned] = []
    job = threading.Thread(target=lambda: results.append(run(controller, with_warm_up(), flash=False, stop=stop)))
    job.start()
    until(lambda: controller.control("pin B4") == "out 1", 20)
    stop.set()
    job.join()
    assert controller.control("pin B4") == "out 0"
    record = results[0].record
    assert (record.outcome, record.reason) == (Outcome.ABORTED, Reason.STOPPED)
    (log,) = [row for row in record.attachments if row.name == "make_safe.log"]
    assert b"M104 S0 M140 S0 M107 M84: all answered, every target is 0" in results[0].files[log.sha256]


def test_a_port_pulled_out_while_heating_is_unplugged_and_the_firmware_ends_the_heating(tmp_path: Path) -> None:
    with powered("printer", tmp_path) as board:
        write(board, MEGA, PRINTER)
        results: list[Provisioned] = []
        job = threading.Thread(target=lambda: results.append(run(board, with_warm_up(), flash=False)))
        job.start()
        until(lambda: board.control("pin B4") == "out 1", 20)
        board.control("adc 13 4775")  # stays at 25 °C, far from the target: nothing but the silence can end it
        board.control("unplug")
        job.join()
        assert board.control("pin B4") == "out 1"
        board.control("pace max")
        until(lambda: board.control("pin B4") == "out 0", 30)
    assert (results[0].record.outcome, results[0].record.reason) == (Outcome.ERROR, Reason.UNPLUGGED)


def test_a_board_that_was_an_arduino_keeps_its_identity_as_a_printer(tmp_path: Path) -> None:
    with powered("printer", tmp_path) as board:
        as_arduino = run(board, find_recipe("arduino-mega")).record
        as_printer = run(board).record
    assert as_arduino.outcome is as_printer.outcome is Outcome.PASS
    assert str(as_printer.board_id).replace("-", "") == as_arduino.board_id
