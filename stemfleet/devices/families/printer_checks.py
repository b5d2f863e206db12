"""What is measured of a 3D printer, over G-code; each part is optional by the recipe's [settings].

Always: hotend, hotend2 …, bed, chamber (degrees Celsius), and every endstop by its own name ("open" or "TRIGGERED").
    profile     settings as M503 tells them, by order and letter: M92_X
    fan         {seconds = 3}: runs so long for a person to look and listen; "taken" or "refused"
    homing      {seconds = 90, order = "G28", away = "X5 Y5 Z5"}: "done" or "failed"; then off the switches
    warm_up     {target = 50, seconds = 60}: warm_up_rise (degrees a second), warm_up_overshoot (degrees)
"""

import re
import time
from typing import Any

from stemfleet.devices.families.gcode import Gcode
from stemfleet.devices.faults import BoardFault, BoardTimeout
from stemfleet.devices.line import port_fault
from stemfleet.devices.run import Run
from stemfleet.words import Reason

_OVERSHOOT_S = 5.0
_POLL_S = 0.5
_AWAY = "X5 Y5 Z5"
_TEMPERATURE = re.compile(r"\b(T\d*|B|C):\s*(-?\d+(?:\.\d+)?)\s*/\s*(-?\d+(?:\.\d+)?)")
_ENDSTOP = re.compile(r"(\w+)\s*:\s*(open|triggered)", re.IGNORECASE)
_HEATER_STOP = re.compile(r"MAXTEMP|MINTEMP|Thermal Runaway|Heating failed", re.IGNORECASE)
_HOMING_STOP = re.compile(r"homing failed", re.IGNORECASE)
_UNKNOWN = re.compile(r"unknown command", re.IGNORECASE)
_SETTING = re.compile(r"^(?:echo:)?\s*([GM]\d+)((?:\s+[A-Z]-?\d+(?:\.\d+)?)+)\s*(?:;.*)?$")
_VALUE = re.compile(r"([A-Z])(-?\d+(?:\.\d+)?)")


class PrinterChecks:
    """The checks of one printer over one conversation. Raises BoardFault as `Gcode`."""

    def __init__(self, run: Run, gcode: Gcode) -> None:
        self._run, self._gcode = run, gcode
        self._settings = run.recipe.settings

    def all(self) -> None:
        """Everything that the recipe asks for; a printer that cannot go home moves no more."""
        self._temperatures_now()
        if "profile" in self._settings:
            self._profile()
        if "fan" in self._settings:
            self._fan(self._settings["fan"])
        if "homing" in self._settings and not self._home(self._settings["homing"]):
            return
        self._endstops()
        if "warm_up" in self._settings:
            self._warm_up(self._settings["warm_up"])

    def stopped_heater(self) -> bool:
        """A firmware that has stopped itself because of a heater: that heater's measurement is the reason it gives."""
        for error in self._gcode.errors:
            if found := _HEATER_STOP.search(error):
                self._run.measure("bed" if "bed" in error.lower() else "hotend", found[0].upper(), "°C")
                return True
        return False

    def _temperatures(self) -> dict[str, float]:
        """Sensor name → degrees; empty when none was told."""
        found = temperatures_in(" ".join(self._gcode.send("M105")))
        if not found and (late := self._gcode.more(1.0)) is not None:
            found = temperatures_in(late)
        return found

    def _temperatures_now(self) -> None:
        for name, degrees in self._temperatures().items():
            self._run.measure(name, degrees, "°C")

    def _endstops(self) -> None:
        for text in self._gcode.send("M119"):
            if found := _ENDSTOP.search(text):
                self._run.measure(found[1], "open" if found[2].lower() == "open" else "TRIGGERED")

    def _profile(self) -> None:
        """Only what the recipe has limits for: a firmware tells a hundred settings."""
        told = settings_in(self._gcode.send("M503"))
        for limit in self._run.recipe.checks:
            if limit.name in told:
                self._run.measure(limit.name, told[limit.name], limit.unit)

    def _fan(self, plan: dict[str, Any]) -> None:
        """A firmware cannot tell whether a fan turns; it can tell that it takes the order."""
        answer = self._gcode.send("M106 S255")
        self._run.wait(float(plan.get("seconds", 3.0)))
        answer += self._gcode.send("M107")
        self._run.measure("fan", "refused" if any(_UNKNOWN.search(text) for text in answer) else "taken")

    def _home(self, plan: dict[str, Any]) -> bool:
        began = time.monotonic()
        try:
            self._gcode.send(plan.get("order", "G28"), limit=float(plan["seconds"]))
            failed = any(_HOMING_STOP.search(error) for error in self._gcode.errors)
        except BoardTimeout as late:
            if late.reason != Reason.PHASE_TIMEOUT or self._run.remaining() <= 0:
                raise
            self._run.note(late.detail)
            failed = True
        except BoardFault:
            if not any(_HOMING_STOP.search(error) for error in self._gcode.errors):
                raise
            failed = True
        self._run.measure("homing", "failed" if failed else "done")
        self._run.measure("homing_time", round(time.monotonic() - began, 1), "s")
        if not failed:
            for order in ("G91", f"G1 {plan.get('away', _AWAY)} F600", "G90", "M400"):
                self._gcode.send(order)
        return not failed

    def _hot_end(self) -> float:
        found = self._temperatures()
        if "hotend" not in found:
            raise port_fault(Reason.UNREADABLE, self._run.port)
        return found["hotend"]

    def _warm_up(self, plan: dict[str, Any]) -> None:
        """Heats the hot end to the target, watches what it does afterwards, and switches it off."""
        target, seconds = float(plan["target"]), float(plan["seconds"])
        began, first = time.monotonic(), self._hot_end()
        self._gcode.send(f"M104 S{target:g}")
        now = first
        while now < target and time.monotonic() - began < seconds:
            self._run.wait(_POLL_S)
            now = self._hot_end()
            self._run.progress(round(now - first), round(target - first))
        self._run.measure("warm_up_rise", round((now - first) / (time.monotonic() - began), 2), "°C/s")
        highest, until = now, time.monotonic() + _OVERSHOOT_S
        while now >= target and time.monotonic() < until:
            self._run.wait(_POLL_S)
            highest = max(highest, self._hot_end())
        self._gcode.send("M104 S0")
        self._run.measure("warm_up_overshoot", round(max(0.0, highest - target), 2), "°C")


def temperatures_in(text: str) -> dict[str, float]:
    """From "ok T:21.30 /0.00 B:21.30 /0.00 @:0" or "T:21.30/ 0.00 B:21.30/ 0.00 @:64"; T and T0 are the same sensor."""
    return {_sensor(letter): float(now) for letter, now, _ in _TEMPERATURE.findall(text)}


def settings_in(lines: list[str]) -> dict[str, float]:
    """From "echo:  M92 X80.00 Y80.00 Z400.00 E93.00": {"M92_X": 80.0, …}; a letter told twice keeps its first value."""
    found: dict[str, float] = {}
    for line in lines:
        if setting := _SETTING.match(line.strip()):
            for letter, value in _VALUE.findall(setting[2]):
                found.setdefault(f"{setting[1]}_{letter}", float(value))
    return found


def _sensor(letter: str) -> str:
    if letter.startswith("T"):
        number = int(letter[1:] or 0)
        return "hotend" if number == 0 else f"hotend{number + 1}"
    return {"B": "bed", "C": "chamber"}[letter]
