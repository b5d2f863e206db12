"""What a recipe's [settings] may hold, by family; docs/bench.md says what each means."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stemfleet.devices.tomltable import Table
from stemfleet.resources import resource

LONGEST_S = 7200.0  # that a recipe may let anything take
_HOTTEST = 60.0  # °C of a warm-up: a printer that is left alone with it by a power cut does no harm
_SPEEDS = (300.0, 4_000_000.0)  # baud
_WORD = re.compile(r"[a-z0-9_]{1,32}")
_SIGNATURE = re.compile(r"(?:0x)?[0-9a-f]{6}", re.IGNORECASE)
_ADDRESS = re.compile(r"0x[0-9a-f]{1,8}", re.IGNORECASE)
_BOARD_CODE = re.compile(r"[0-9A-F]{4}")
_HOMING = re.compile(r"G28(?: [A-Z]-?\d*\.?\d*){0,8}")  # nothing that heats, and one line only
_MOVE = re.compile(r"[XYZ]-?\d+(?:\.\d+)?(?: [XYZ]-?\d+(?:\.\d+)?){0,2}")
_FILE_NAME = re.compile(r"[\w][\w .-]{0,63}")

_STEP_FOLDERS = {"microbit": ("microbit", "selftest"), "esp": ("esp",)}

Reader = Callable[[Table, str], None]  # looks at a value; drivers read the file's own


@dataclass(frozen=True)
class Setting:
    """`read` looks at the key, and raises InputError with file and key when its value cannot be used."""

    read: Reader
    required: bool = False


def text(table: Table, key: str) -> None:
    table.text(key)


def texts(table: Table, key: str) -> None:
    table.texts(key)


def seconds(table: Table, key: str) -> None:
    table.between(key, 0.1, LONGEST_S)


def flag(table: Table, key: str) -> None:
    table.get(key, bool, False)


def speed(table: Table, key: str) -> None:
    _check_speed(table, key, table.get(key, int, 0))


def speeds(table: Table, key: str) -> None:
    """One speed, or several to be tried in this order."""
    if not isinstance(table.get(key, object, None), list):
        speed(table, key)
        return
    rows = table.get(key, list, [])
    if not rows:
        raise table.refuse("{file}: {key} is missing.", key)
    for row in rows:
        _check_speed(table, key, row)


def _check_speed(table: Table, key: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not _SPEEDS[0] <= value <= _SPEEDS[1]:
        raise table.refuse("{file}: {key} must be a line speed in baud, such as 115200.", key)


def one_of(*words: str) -> Reader:
    def read(table: Table, key: str) -> None:
        if table.text(key) not in words:
            raise table.refuse("{file}: {key} must be one of {names}.", key, names=", ".join(words))

    return read


def like(pattern: re.Pattern[str], example: str) -> Reader:
    def read(table: Table, key: str) -> None:
        if not pattern.fullmatch(table.text(key)):
            raise table.refuse(
                "{file}: {key} is not written as it must be; an example: {example}.", key, example=example
            )

    return read


def board_codes(table: Table, key: str) -> None:
    if not all(_BOARD_CODE.fullmatch(code) for code in table.texts(key)):
        raise table.refuse(
            "{file}: {key} is not written as it must be; an example: {example}.", key, example='["9903"]'
        )


def within(**keys: Setting) -> Reader:
    """A table of its own, with these keys."""

    def read(table: Table, key: str) -> None:
        check_keys(table.table(key), keys)

    return read


def by_step(table: Table, key: str) -> None:
    """Step → the measurements that it owes."""
    steps = table.table(key)
    for step in steps:
        steps.texts(step)


def step_limits(table: Table, key: str) -> None:
    limits = table.table(key)
    for step in limits:
        seconds(limits, step)


def degrees(table: Table, key: str) -> None:
    table.between(key, 30.0, _HOTTEST)


_AVR = {
    "programmer": Setting(one_of("arduino", "wiring")),
    "part": Setting(like(_WORD, "m328p")),
    "signature": Setting(like(_SIGNATURE, "1e950f")),
    "baud": Setting(speeds),
}
_STEPS = {
    "steps": Setting(by_step, required=True),
    "hardware_steps": Setting(by_step),
    "step_limits": Setting(step_limits),
}

SETTINGS: dict[str, Mapping[str, Setting]] = {
    "arduino": {
        **{key: Setting(setting.read, required=key != "baud") for key, setting in _AVR.items()},
        "start_s": Setting(seconds),
    },
    "printer": {
        **_AVR,
        "speed": Setting(speeds),
        "start_s": Setting(seconds),
        "card": Setting(within(file=Setting(like(_FILE_NAME, "firmware.bin"), required=True))),
        "profile": Setting(like(re.compile(r"[\w-]{1,64}"), "prusa-mk3s")),
        "fan": Setting(within(seconds=Setting(seconds))),
        "homing": Setting(
            within(
                seconds=Setting(seconds, required=True),
                order=Setting(like(_HOMING, "G28 W")),
                away=Setting(like(_MOVE, "X5 Y5 Z5")),
            )
        ),
        "warm_up": Setting(within(target=Setting(degrees, required=True), seconds=Setting(seconds, required=True))),
    },
    "microbit": {
        "board_codes": Setting(board_codes, required=True),
        "runtime": Setting(text, required=True),
        "remount_s": Setting(seconds, required=True),
        "port_s": Setting(seconds, required=True),
        **_STEPS,
    },
    "esp": {
        "chip": Setting(like(_WORD, "esp32"), required=True),
        "address": Setting(like(_ADDRESS, "0x1000"), required=True),
        "baud": Setting(speed),
        "stub": Setting(flag),
        **_STEPS,
    },
}


def check_settings(family: str, table: Table) -> None:
    """Raises InputError with file and key for a setting that the family does not have, or cannot use, or misses."""
    check_keys(table, SETTINGS[family])
    if family == "printer" and "programmer" in table:
        for key in ("part", "signature"):
            table.text(key)
    if (folder := _STEP_FOLDERS.get(family)) is not None:
        _check_steps(table, resource("firmware", *folder))


def check_keys(table: Table, settings: Mapping[str, Setting]) -> None:
    for key, setting in settings.items():
        if key in table:
            setting.read(table, key)
        elif setting.required:
            raise table.refuse("{file}: {key} is missing.", key)
        else:
            table.get(key, object, None)  # a key that may be there
    table.nothing_else()


def _check_steps(table: Table, folder: Path) -> None:
    """Each step is a file of ours, and a measurement is owed by one step only."""
    owed: set[str] = set()
    for kind in ("steps", "hardware_steps"):
        steps = table.table(kind) if kind in table else Table(table.file, "", {})
        for step in steps:
            if not (folder / f"{step}.py").is_file():
                known = ", ".join(sorted(file.stem for file in folder.glob("*.py")))
                raise steps.refuse("{file}: {key} is no step of the self-test. Steps: {names}.", step, names=known)
            for name in steps.texts(step):
                if name in owed:
                    raise steps.refuse("{file}: {key} names the measurement {name} a second time.", step, name=name)
                owed.add(name)
