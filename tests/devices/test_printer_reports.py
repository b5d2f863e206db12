"""What real firmwares print, form by form, and what it means."""

import pytest
from marlin_peers import DIALECTS, UUID

from stemfleet.devices.families.printer_reports import (
    endstops_in,
    firmware_in,
    refuses,
    settings_in,
    stopped_heater,
    temperatures_in,
)
from stemfleet.devices.families.usb import own_number

MARLIN = "SOURCE_CODE_URL:https://github.com/MarlinFirmware/Marlin PROTOCOL_VERSION:1.0"


@pytest.mark.parametrize(
    ("told", "name", "version", "machine"),
    [
        (DIALECTS["marlin-1.1"].m115, "Marlin 1.1.9 (Github)", "1.1.9", "3D Printer"),
        (DIALECTS["marlin-2.0.8"].m115, "Marlin 2.0.8 (May 20 2021 10:00:00)", "2.0.8", "Ender-3 V2"),
        (DIALECTS["prusa"].m115, "Prusa-Firmware 3.14.1+8237_abcdef0 based on Marlin", "3.14.1+8237_abcdef0", None),
        # makers' builds: without any version, with one of their own
        (f"FIRMWARE_NAME:Marlin Creality 3D {MARLIN} MACHINE_TYPE:Ender-3", "Marlin Creality 3D", "", "Ender-3"),
        (
            f"FIRMWARE_NAME:Marlin V1.0.4 (Mar  3 2021 10:00:00) {MARLIN}",
            "Marlin V1.0.4 (Mar  3 2021 10:00:00)",
            "1.0.4",
            "",
        ),
        (f"FIRMWARE_NAME:Marlin bugfix-2.1.x (Jan  1 2024 00:00:00) {MARLIN}", None, "2.1.x", ""),
    ],
)
def test_a_firmware_is_known_by_the_fields_of_m115(
    told: str, name: str | None, version: str, machine: str | None
) -> None:
    firmware = firmware_in(told.splitlines())
    assert firmware.version == version
    assert name is None or firmware.name == name
    assert machine is None or firmware.machine == machine
    assert firmware.uuid is None  # that of every Marlin, that of every Prusa, or none


def test_capabilities_are_told_apart_from_fields_whether_there_are_any_or_not() -> None:
    full = firmware_in(DIALECTS["marlin-2.1"].m115.splitlines())
    assert full.capabilities == {
        "SERIAL_XON_XOFF": False,
        "EEPROM": True,
        "EMERGENCY_PARSER": False,
        "THERMAL_PROTECTION": True,
    }
    assert firmware_in([f"FIRMWARE_NAME:Marlin 1.1.9 (Github) {MARLIN}"]).capabilities == {}


def test_a_uuid_of_its_own_is_one_and_the_common_ones_are_none() -> None:
    own = "6B2D1F0E-7a55-4a0e-9f0c-2a4dfb1e8c11"
    assert firmware_in([f"FIRMWARE_NAME:Marlin 2.1.2 UUID:{own}"]).uuid == own.lower()
    assert firmware_in([f"FIRMWARE_NAME:Marlin 2.1.2 UUID:{UUID}"]).uuid is None


@pytest.mark.parametrize(
    ("name", "version", "is_it"),
    [
        ("Marlin 2.1.2 (Jan 1 2023)", "2.1.2", True),
        ("Marlin 2.1.2.4 (Jul 20 2024)", "2.1.2", False),
        ("Marlin 12.1.2", "2.1.2", False),
        ("Prusa-Firmware 3.14.1+8237_abcdef0 based on Marlin", "3.14.1", True),
        ("Marlin V1.0.4 (Mar  3 2021)", "V1.0.4", True),
        ("Marlin V1.0.4 (Mar  3 2021)", "1.0.4", True),
        ("Marlin Creality 3D", "1.1.6", False),
    ],
)
def test_a_version_is_the_one_that_was_asked_for_or_not(name: str, version: str, is_it: bool) -> None:
    assert firmware_in([f"FIRMWARE_NAME:{name} PROTOCOL_VERSION:1.0"]).is_version(version) is is_it


@pytest.mark.parametrize(
    ("told", "now", "targets"),
    [
        ("ok T:21.30 /0.00 B:20.10 /50.00 @:0 B@:0", {"hotend": 21.3, "bed": 20.1}, [0.0, 50.0]),
        ("ok N5 P15 B3 T:21.30 /0.00 B:20.10 /0.00 @:0 B@:0", {"hotend": 21.3, "bed": 20.1}, [0.0, 0.0]),
        ("ok T:21.3/ 0.0 B:20.1/ 0.0 @:64", {"hotend": 21.3, "bed": 20.1}, [0.0, 0.0]),
        ("ok T:21.3 /0.0 B:20.1 /0.0 T0:21.3 /0.0 @:0 B@:0 P:0.0 A:28.3", {"hotend": 21.3, "bed": 20.1}, [0.0, 0.0]),
        ("ok T:20 /0 T0:20 /0 T1:19 /0 @:0 @0:0 @1:0", {"hotend": 20, "hotend2": 19}, [0.0, 0.0]),
        ("ok T:-14.00 /0.00 B:20.10 /0.00 C:22.00 /0.00", {"hotend": -14, "bed": 20.1, "chamber": 22}, [0.0, 0.0, 0.0]),
        (" T:21.30 /0.00 (1003.50) B:20.10 /0.00 (990.00) @:0", {"hotend": 21.3, "bed": 20.1}, [0.0, 0.0]),
        ("ok T:21.3 B:20.1 @:0", {"hotend": 21.3, "bed": 20.1}, [None, None]),
        ("ok T:21.30 /0.00 @:0", {"hotend": 21.3}, [0.0]),
        ("Error:No thermistors - no temperature", {}, []),
    ],
)
def test_temperatures_are_read_in_every_form(told: str, now: dict[str, float], targets: list[float | None]) -> None:
    heats = temperatures_in(told)
    assert {name: heat.now for name, heat in heats.items()} == now
    assert [heat.target for heat in heats.values()] == targets


def test_endstops_probes_and_filament_sensors_are_read_by_their_names() -> None:
    lines = ["Reporting endstop status", "x_min: TRIGGERED", "z2_max: open", "z_probe: open", "filament 2: open", "ok"]
    assert endstops_in(lines) == {"x_min": "TRIGGERED", "z2_max": "open", "z_probe": "open", "filament_2": "open"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_settings_are_read_with_and_without_words_beside_them(dialect: str) -> None:
    told = settings_in(DIALECTS[dialect].settings.splitlines())
    assert {name: told[name] for name in ("M92_X", "M92_Z", "M92_E")} == {"M92_X": 80, "M92_Z": 400, "M92_E": 500}


def test_settings_of_several_extruders_are_those_of_the_first() -> None:
    assert settings_in(["  M92 X80.00 Y80.00 Z400.00", "  M92 T0 E93.00", "  M92 T1 E99.00"])["M92_E"] == 93.0


@pytest.mark.parametrize(
    ("error", "sensor", "what"),
    [
        ("Error:MINTEMP triggered, system stopped! Heater_ID: bed", "bed", "MINTEMP"),
        ("Error:MAXTEMP triggered, system stopped! Heater_ID: 0", "hotend", "MAXTEMP"),
        ("Error:Heating failed, system stopped! Heater_ID: E1", "hotend2", "HEATING FAILED"),
        ("Error:Thermal Runaway, system stopped! Heater_ID: chamber", "chamber", "THERMAL RUNAWAY"),
        ("Error:MAXTEMP triggered, system stopped! Heater_ID: redundant E0", "hotend", "MAXTEMP"),
        ("Error:0: Heaters switched off. MINTEMP triggered!", "hotend", "MINTEMP"),
        ("Error:Heaters switched off. MAXTEMP BED triggered!", "bed", "MAXTEMP"),
        ("Error:Heaters switched off. MINTEMP AMB triggered!", "ambient", "MINTEMP"),
        ("Error: HEATBED THERMAL RUNAWAY", "bed", "THERMAL RUNAWAY"),
        ("Error: THERMAL RUNAWAY (PREHEAT HOTEND)", "hotend", "THERMAL RUNAWAY"),
        ("Error:0: Extruder switched off. MAXTEMP triggered !", "hotend", "MAXTEMP"),
        ("Error:Printer halted: MINTEMP", "hotend", "MINTEMP"),
    ],
)
def test_a_heater_that_stopped_the_printer_is_named(error: str, sensor: str, what: str) -> None:
    assert stopped_heater(error) == (sensor, what)


@pytest.mark.parametrize("error", ["Error:checksum mismatch, Last Line: 4", "Error:Printer halted. kill() called!"])
def test_other_errors_are_no_heaters(error: str) -> None:
    assert stopped_heater(error) is None


@pytest.mark.parametrize(
    "told", ['echo:Unknown command: "M106 S255"', "Unknown M code: M106 S255", "Unknown G code: G5"]
)
def test_an_order_that_is_not_known_is_refused(told: str) -> None:
    assert refuses([told, "ok"])


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("CZPX3421X004XK12345", "czpx3421x004xk12345"),
        ("7523230333535190A1B0", "7523230333535190a1b0"),
        ("0001", None),
        ("00000000001A", None),
        ("1234567890", None),
        ("0123456789ABCDEF", None),
    ],
)
def test_a_usb_serial_number_counts_if_it_is_the_devices_own(told: str, number: str | None) -> None:
    assert own_number(told) == number
