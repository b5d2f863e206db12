"""The printer firmware on an emulated controller: G-code with checksums, real sensors, and everything that must switch
the heaters off."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from avr_peers import MEGA, PRINTER, Terminal, powered, write
from core_peers import until

from stemfleet.devices.families.gcode import numbered
from stemfleet.devices.virtual.avr import AvrBoard

pytestmark = pytest.mark.rig
HOT_END, BED, FAN = "pin B4", "pin H5", "pin H6"


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AvrBoard]:
    with powered("printer", tmp_path_factory.mktemp("printer")) as board:
        write(board, MEGA, PRINTER)
        yield board


@pytest.fixture
def printer(controller: AvrBoard) -> Iterator[Terminal]:
    """Freshly reset, in its room."""
    controller.control("adc 13 auto")
    with Terminal(controller.port) as terminal:
        terminal.until("start")
        terminal.until("echo:")
        yield terminal


@contextlib.contextmanager
def faster(board: AvrBoard) -> Iterator[None]:
    """As fast as the computer can: for what the firmware does after a long time."""
    board.control("pace max")
    try:
        yield
    finally:
        board.control("pace real")


def test_it_tells_its_name_version_and_abilities(printer: Terminal) -> None:
    answer = printer.ask("M115", "ok")
    assert answer[0].startswith("FIRMWARE_NAME:stemfleet-printer FIRMWARE_VERSION:1.1.0 ")
    assert "MACHINE_TYPE:Mega2560 RAMPS 1.4" in answer[0]
    assert "Cap:THERMAL_PROTECTION:1" in answer


@pytest.mark.parametrize(("millivolts", "celsius"), [(4775, 25.0), (3037, 98.0), (4886, 10.0)])
def test_temperatures_are_those_of_the_thermistor(
    controller: AvrBoard, printer: Terminal, millivolts: int, celsius: float
) -> None:
    """100 kΩ at 25 °C, beta 3950, 4.7 kΩ to 5 V: voltages by the data sheet's formula."""
    controller.control(f"adc 13 {millivolts}")
    told = until(lambda: near(printer, celsius))
    assert told == pytest.approx(celsius, abs=1.0)


def near(printer: Terminal, celsius: float) -> float | None:
    told = float(printer.ask("M105", "ok")[-1].split("T:")[1].split()[0])
    return told if abs(told - celsius) <= 1.0 else None


def test_an_open_thermistor_reads_far_below_any_room(controller: AvrBoard, printer: Terminal) -> None:
    controller.control("adc 13 5000")
    assert until(lambda: near(printer, -42.4)) < -15


def test_endstops_are_open_until_pressed(controller: AvrBoard, printer: Terminal) -> None:
    assert printer.ask("M119", "ok")[1:-1] == ["x_min: open", "y_min: open", "z_min: open"]
    controller.control("pin J1 0")
    pressed = printer.ask("M119", "ok")
    controller.control("pin J1 free")
    assert pressed[1:-1] == ["x_min: open", "y_min: TRIGGERED", "z_min: open"]


def test_a_good_checksum_is_taken_and_a_bad_one_asked_for_again(printer: Terminal) -> None:
    assert printer.ask(numbered(1, "M105"), "ok")[-1].startswith("ok T:")
    assert printer.ask("N2 M105*7", "ok") == ["Error:checksum mismatch, Last Line: 1", "Resend: 2", "ok"]
    assert printer.ask("N2 M105", "ok")[:2] == ["Error:No Checksum with line number, Last Line: 1", "Resend: 2"]
    assert printer.ask(numbered(2, "M105"), "ok")[-1].startswith("ok T:")


def test_a_lost_line_is_noticed_and_asked_for(controller: AvrBoard, printer: Terminal) -> None:
    printer.ask("M110 N7", "ok")
    assert printer.ask(numbered(9, "M104 S50"), "ok")[-2] == "Resend: 8"
    assert controller.control(HOT_END) == "out 0"


def test_heaters_and_fan_obey(controller: AvrBoard, printer: Terminal) -> None:
    printer.ask("M104 S60", "ok")
    printer.ask("M140 S40", "ok")
    printer.ask("M106", "ok")
    until(lambda: controller.control(HOT_END) == controller.control(BED) == controller.control(FAN) == "out 1")
    for order in ("M104 S0", "M140 S0", "M107"):
        printer.ask(order, "ok")
    assert {controller.control(pin) for pin in (HOT_END, BED, FAN)} == {"out 0"}


def test_a_heater_stops_at_its_target(controller: AvrBoard, printer: Terminal) -> None:
    printer.ask("M104 S35", "ok")
    until(lambda: near(printer, 35.0))
    until(lambda: controller.control(HOT_END) == "out 0")


def test_a_target_above_the_highest_is_refused(controller: AvrBoard, printer: Terminal) -> None:
    assert printer.ask("M104 S400", "ok")[0].startswith("Error:target out of range")
    assert controller.control(HOT_END) == "out 0"


@pytest.mark.parametrize(("millivolts", "why"), [(60, "MAXTEMP"), (5000, "MINTEMP")])
def test_an_impossible_sensor_halts_the_printer_for_good(
    controller: AvrBoard, printer: Terminal, millivolts: int, why: str
) -> None:
    """A shorted and an open thermistor, while heating: only a reset brings the heater back."""
    printer.ask("M104 S60", "ok")
    until(lambda: controller.control(HOT_END) == "out 1")
    controller.control(f"adc 13 {millivolts}")
    assert printer.until("Error:")[-1] == f"Error:Printer halted: {why}"
    controller.control("adc 13 auto")
    assert printer.ask("M104 S60", "ok")[0] == f"Error:Printer halted: {why}"
    assert printer.ask("M105", "ok")[-1].startswith("ok T:")
    assert controller.control(HOT_END) == "out 0"


def test_a_heater_that_does_not_heat_is_given_up(controller: AvrBoard, printer: Terminal) -> None:
    """Its thermistor has fallen out: the temperature stays, the heater must not."""
    controller.control("adc 13 4775")
    printer.ask("M104 S100", "ok")
    with faster(controller):
        answers: list[str] = []
        while not answers or "Heating failed" not in " ".join(answers):
            answers = printer.ask("M105", "ok")
    assert controller.control(HOT_END) == "out 0"


def test_heaters_go_off_when_the_host_is_silent(controller: AvrBoard, printer: Terminal) -> None:
    printer.ask("M104 S60", "ok")
    printer.ask("M106", "ok")
    with faster(controller):
        assert printer.until("Error:")[-1] == "Error:Host silent, heaters off"
    assert {controller.control(pin) for pin in (HOT_END, FAN)} == {"out 0"}
    assert "T:" in printer.ask("M105", "ok")[-1]


def test_the_emergency_stop_stops_everything(controller: AvrBoard, printer: Terminal) -> None:
    printer.ask("M104 S60", "ok")
    assert printer.ask("M112", "Error:") == ["Error:Printer halted: M112"]
    assert controller.control(HOT_END) == "out 0"


def test_a_reset_turns_the_heaters_off(controller: AvrBoard, printer: Terminal) -> None:
    printer.ask("M104 S60", "ok")
    until(lambda: controller.control(HOT_END) == "out 1")
    controller.control("reset")
    assert controller.control(HOT_END).endswith(" 0")


def test_motors_are_off_from_the_start(controller: AvrBoard, printer: Terminal) -> None:
    """The drivers are enabled by a low level: X, Y, Z, extruder."""
    printer.ask("M84", "ok")
    assert {controller.control(pin) for pin in ("pin D7", "pin F2", "pin K0", "pin A2")} == {"out 1"}


def test_an_unknown_order_is_named_and_the_host_goes_on(printer: Terminal) -> None:
    assert printer.ask("G29 X ; level", "ok") == ['echo:Unknown command: "G29 X"', "ok"]


def test_an_identity_is_given_once_and_becomes_the_uuid(tmp_path: Path) -> None:
    with powered("printer", tmp_path) as board:
        write(board, MEGA, PRINTER)
        with Terminal(board.port) as printer:
            printer.until("start")
            assert "UUID:" not in " ".join(printer.ask("M115", "ok"))
            assert printer.ask("M9000 00112233445566778899AABBCCDDEEFF", "ok")[-1] == "ok"
            assert printer.ask("M9000 " + "0" * 32, "ok")[0].startswith("Error:")
            assert "UUID:00112233-4455-6677-8899-aabbccddeeff" in printer.ask("M115", "ok")[0]
