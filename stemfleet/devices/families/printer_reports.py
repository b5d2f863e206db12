"""What printers report, read into values.

The forms are those that Marlin 1.1, 2.0 and 2.1, Prusa-Firmware 3 and makers' builds of them print; docs/printers.md
has the table.
"""

import re
from dataclasses import dataclass
from types import MappingProxyType

# The same in every build whose maker did not choose another one: they tell nothing about the machine.
_COMMON_UUIDS = {"cede2a2f-41a2-4748-9b12-c55c62f367ff", "00000000-0000-0000-0000-000000000000"}

_NUMBER = r"-?\d+(?:\.\d+)?"
_FIELD = re.compile(r"([A-Z][A-Z0-9_]+):(.*?)(?=\s+[A-Z][A-Z0-9_]+:|$)")
_NAME_IN_IMAGE = re.compile(rb"FIRMWARE_NAME:([ -~]{1,200}?)\s+(?:SOURCE_CODE|FIRMWARE)_URL:")
_CAPABILITY = re.compile(r"Cap:\s*(\w+):([01])")
_VERSION = re.compile(r"\d+(?:\.\d+)+\S*")
_TEMPERATURE = re.compile(rf"\b(T\d*|B|C):\s*({_NUMBER})(?:\s*/\s*({_NUMBER}))?")
_ENDSTOP = re.compile(r"(\w[\w ]*?)\s*:\s*(open|triggered)\b", re.IGNORECASE)
_SETTING = re.compile(rf"^(?:echo:)?\s*([GM]\d+)((?:\s+[A-Z]{_NUMBER})+)\s*(?:;.*)?$")
_VALUE = re.compile(rf"([A-Z])({_NUMBER})")
_UNKNOWN = re.compile(r"unknown (?:command|[GM] code)", re.IGNORECASE)
_HEATER_STOP = re.compile(r"MAXTEMP|MINTEMP|Thermal Runaway|Heating failed", re.IGNORECASE)
_HEATER_ID = re.compile(r"Heater_ID:\s*(?:redundant\s+)?E?(\w+)", re.IGNORECASE)
_HEATER_NUMBER = re.compile(r"Error:\s*(\d+)\s*:")
_HEATER_WORDS = MappingProxyType({"bed": "bed", "chamber": "chamber", "amb": "ambient"})
_TOOL = "hotend"
_OFF = MappingProxyType({"bed": "M140 S0", "chamber": "M141 S0"})
_PROTOCOL_ERROR = re.compile(r"checksum|line number", re.IGNORECASE)


@dataclass(frozen=True)
class Firmware:
    """What M115 tells. `version` "" and `uuid` None: it told none of its own; `capabilities` empty: it told none."""

    name: str
    version: str
    machine: str
    uuid: str | None
    capabilities: dict[str, bool]

    def is_version(self, version: str) -> bool:
        """Whether this is that version: "2.1.2" is not 2.1.2.4; "3.14.1" is 3.14.1+8237_abcdef0."""
        return re.search(rf"(?<![\w.]){re.escape(version)}(?![\w.])", f"{self.version} {self.name}") is not None


@dataclass(frozen=True)
class Heat:
    """Degrees Celsius of a sensor, and the target of its heater; None where the firmware tells no target."""

    now: float
    target: float | None


def firmware_in(lines: list[str]) -> Firmware:
    """From the answer to M115: one line of fields, whose values may hold blanks and addresses, then `Cap:` lines."""
    capabilities = {found[1]: found[2] == "1" for text in lines if (found := _CAPABILITY.match(text))}
    told = [text for text in lines if not text.startswith("Cap:")]
    fields = {name: value.strip() for text in told for name, value in _FIELD.findall(text)}
    name = fields.get("FIRMWARE_NAME", "")
    version = fields.get("FIRMWARE_VERSION", "") or _version_in(name)
    uuid = fields.get("UUID", "").lower()
    own = uuid if uuid and uuid not in _COMMON_UUIDS else None
    return Firmware(name, version, fields.get("MACHINE_TYPE", ""), own, capabilities)


def name_in_image(image: bytes) -> str:
    """The name that a firmware will tell in M115, read from its binary; "" of one that is packed or encrypted.

    Marlin 2 names the second of its build there, so two builds of one version are told apart.
    """
    found = _NAME_IN_IMAGE.search(image)
    return found[1].decode("ascii").strip() if found else ""


def temperatures_in(text: str) -> dict[str, Heat]:
    """By sensor: hotend, hotend2 …, bed, chamber; T and T0 are the same sensor.

    From "ok T:21.30 /0.00 B:21.30 /0.00 @:0", "T:21.30/ 0.00 B:21.30/ 0.00 @:64" or "ok T:21.3 B:21.3".
    """
    return {
        _sensor(letter): Heat(float(now), float(target) if target else None)
        for letter, now, target in _TEMPERATURE.findall(text)
    }


def heaters_off(found: dict[str, Heat]) -> list[str]:
    """The orders that switch off every heater that was reported; a printer with several tools is told each number.

    {"hotend": …, "hotend2": …, "bed": …} → ["M104 T0 S0", "M104 T1 S0", "M140 S0"].
    """
    tools = [int(name.removeprefix(_TOOL) or 1) - 1 for name in found if name.startswith(_TOOL)]
    orders = ["M104 S0"] if tools == [0] else [f"M104 T{number} S0" for number in tools]
    return orders + [order for name, order in _OFF.items() if name in found]


def endstops_in(lines: list[str]) -> dict[str, str]:
    """From "x_min: open" or "filament 2: TRIGGERED": {"x_min": "open", "filament_2": "TRIGGERED"}."""
    found = (_ENDSTOP.fullmatch(text) for text in lines)
    return {
        match[1].replace(" ", "_"): "open" if match[2].lower() == "open" else "TRIGGERED" for match in found if match
    }


def settings_in(lines: list[str]) -> dict[str, float]:
    """From "echo:  M92 X80.00 Y80.00 Z400.00 E93.00": {"M92_X": 80.0, …}; a letter told twice keeps its first value."""
    found: dict[str, float] = {}
    for line in lines:
        if setting := _SETTING.match(line.strip()):
            for letter, value in _VALUE.findall(setting[2]):
                found.setdefault(f"{setting[1]}_{letter}", float(value))
    return found


def refuses(lines: list[str]) -> bool:
    """Whether the firmware does not know the order that it was given."""
    return any(_UNKNOWN.search(text) for text in lines)


def is_protocol_error(error: str) -> bool:
    """An error of the line, which is mended by sending again; all others are of the machine."""
    return _PROTOCOL_ERROR.search(error) is not None


def stopped_heater(error: str) -> tuple[str, str] | None:
    """The sensor and the word for what was wrong, of an error by which a firmware has stopped itself.

    "Error:Heating failed, system stopped! Heater_ID: bed" → ("bed", "HEATING FAILED"). Heater_ID is a number or E and
    a number for hot ends. Prusa-Firmware: "Error:0: Heaters switched off. MINTEMP triggered!".
    """
    what = _HEATER_STOP.search(error)
    if what is None:
        return None
    number = _HEATER_ID.search(error) or _HEATER_NUMBER.search(error)
    if number is not None:
        return (_sensor(f"T{number[1]}") if number[1].isdigit() else number[1].lower()), what[0].upper()
    words = (sensor for word, sensor in _HEATER_WORDS.items() if word in error.lower())
    return next(words, "hotend"), what[0].upper()


def _version_in(name: str) -> str:
    """ "Marlin 2.0.9.5 (Sep 8 2022)" → "2.0.9.5"; "Marlin Creality 3D" → ""."""
    found = _VERSION.search(name)
    return found[0] if found else ""


def _sensor(letter: str) -> str:
    if letter.startswith("T"):
        number = int(letter[1:] or 0)
        return _TOOL if number == 0 else f"{_TOOL}{number + 1}"
    return {"B": "bed", "C": "chamber"}[letter]
