"""What is measured of a 3D printer, over G-code; each part is optional by the recipe's [settings].

Always: hotend, hotend2 …, bed, chamber (degrees Celsius), every endstop by its own name ("open" or "TRIGGERED"), and
thermal_protection ("on" or "off") of a firmware that tells it.
    profile     settings as M503 tells them, by order and letter: M92_X
    fan         {seconds = 3}: runs so long for a person to look and listen; "taken" or "refused"
    homing      {seconds = 90, order = "G28", away = "X5 Y5 Z5"}: "done" or "failed"; then off the switches
    warm_up     {target = 50, seconds = 60}: warm_up_rise (degrees a second), warm_up_overshoot (degrees)

Nothing is heated without all of these: every sensor within the recipe's limits, a firmware that does not deny thermal
protection, a guard that is there, a time, and an end at a temperature that cannot be meant.
"""

import time
from collections.abc import Callable
from typing import Any

from stemfleet.devices.families.gcode import Gcode
from stemfleet.devices.families.printer_reports import (
    Firmware,
    Heat,
    endstops_in,
    heaters_off,
    is_protocol_error,
    refuses,
    settings_in,
    stopped_heater,
    temperatures_in,
)
from stemfleet.devices.faults import BoardError, BoardFail, BoardFault, BoardTimeout
from stemfleet.devices.line import port_fault
from stemfleet.devices.run import Run
from stemfleet.words import MEASUREMENT_REASON, Outcome, Reason

_POLL_S = 0.5
_REACHED = 2.0  # degrees below the target: the last ones a regulator takes its time for
_LEAST_WAY = 10.0  # degrees; over less a rate says nothing
_PEAK_S = 5.0  # after the highest reading, before it counts as the peak
_LONGEST_PEAK_S = 30.0
# Degrees above the target. No regulator does that: the heater cannot be switched off, or the sensor is wrong.
_TOO_HOT = 30.0
_COOLING_S = 120.0  # for what an earlier check has warmed
_COOLS_S = 5.0  # what is warm and falls by less than this in that time does not cool
_COOLS = 0.2
_AWAY = "X5 Y5 Z5"
_AWAY_S = 30.0
PROTECTION = "thermal_protection"


class PrinterChecks:
    """The checks of one printer over one conversation. Raises BoardFault as `Gcode`.

    `guarded` tells whether somebody will switch the printer off should this program be killed.
    """

    def __init__(self, run: Run, gcode: Gcode, firmware: Firmware, guarded: Callable[[], bool]) -> None:
        self._run, self._gcode, self._firmware, self._guarded = run, gcode, firmware, guarded
        self._settings = run.recipe.settings

    def all(self) -> None:
        """Everything that the recipe asks for; a printer that cannot go home moves no more."""
        for name, heat in self._cooled().items():
            self._run.measure(name, heat.now, "°C")
        if "THERMAL_PROTECTION" in self._firmware.capabilities:
            self._run.measure(PROTECTION, "on" if self._firmware.capabilities["THERMAL_PROTECTION"] else "off")
        if "profile" in self._settings:
            self._profile()
        if "fan" in self._settings:
            self._fan(self._settings["fan"])
        if "homing" in self._settings and not self._home(self._settings["homing"]):
            return
        for name, state in endstops_in(self._gcode.send("M119")).items():
            self._run.measure(name, state)
        if "warm_up" in self._settings and self._may_heat():
            self._warm_up(self._settings["warm_up"])

    def _heat(self) -> dict[str, Heat]:
        """By sensor; empty when none was told."""
        found = temperatures_in(" ".join(self._gcode.send("M105")))
        if not found and (late := self._gcode.more(1.0)) is not None:
            found = temperatures_in(late)
        return found

    def _cooled(self) -> dict[str, Heat]:
        """What the sensors tell, once nothing heats and what is still warm from before has cooled or does not cool."""
        found = self._heat()
        if any(heat.target for heat in found.values()):
            self._run.note("The printer heats by itself: it is switched off first.")
            for order in heaters_off(found):
                self._gcode.send(order)
        until = time.monotonic() + min(_COOLING_S, self._run.remaining() / 2)
        lowest, since = self._excess(found), time.monotonic()
        while lowest > 0 and time.monotonic() < min(until, since + _COOLS_S):
            self._run.wait(_POLL_S)
            found = self._heat()
            if (excess := self._excess(found)) < lowest - _COOLS:
                lowest, since = excess, time.monotonic()
        return found

    def _excess(self, found: dict[str, Heat]) -> float:
        """Degrees by which the warmest sensor is above its limit."""
        limits = ((heat, self._run.recipe.limit(name, "°C").high) for name, heat in found.items())
        return max((heat.now - high for heat, high in limits if isinstance(high, int | float)), default=0.0)

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
        self._run.measure("fan", "refused" if refuses(answer) else "taken")

    def _home(self, plan: dict[str, Any]) -> bool:
        """A firmware whose switch does not close says so in its display's language, and stops itself."""
        began, before = time.monotonic(), len(self._gcode.errors)
        try:
            self._gcode.send(plan.get("order", "G28"), limit=float(plan["seconds"]))
            failed = not all(map(is_protocol_error, self._gcode.errors[before:]))
        except BoardTimeout as late:
            if late.reason != Reason.PHASE_TIMEOUT or self._run.remaining() <= 0:
                raise
            self._run.note(late.detail)
            failed = True
        except BoardFault:
            if not self._gcode.halted or any(map(stopped_heater, self._gcode.errors)):
                raise
            failed = True
        self._run.measure("homing", "failed" if failed else "done")
        self._run.measure("homing_time", round(time.monotonic() - began, 1), "s")
        if not failed:
            for order in ("G91", f"G1 {plan.get('away', _AWAY)} F600", "G90", "M400"):
                self._gcode.send(order, limit=_AWAY_S)
        return not failed

    def _may_heat(self) -> bool:
        """Not with a sensor out of its limits (which is the reason told then), nor unprotected, nor unguarded."""
        if self._firmware.capabilities.get("THERMAL_PROTECTION") is False:
            raise BoardFail(
                f"{MEASUREMENT_REASON}{PROTECTION}",
                "The firmware has no thermal protection: it is not heated. Give the printer another firmware.",
            )
        if not self._guarded():
            raise BoardError(
                Reason.INTERNAL, "The process that would switch the printer off has ended: it is not heated. Retry."
            )
        bad = [row.name for row in self._run.measurements if row.unit == "°C" and row.outcome is not Outcome.PASS]
        if bad:
            self._run.note(f"Not heated: {', '.join(bad)} out of limits.")
        return not bad

    def _hot_end(self) -> float:
        found = self._heat()
        if "hotend" not in found:
            raise port_fault(Reason.UNREADABLE, self._run.port)
        return found["hotend"].now

    def _warm_up(self, plan: dict[str, Any]) -> None:
        """Heats the hot end to the target, watches how far it goes beyond it, and switches it off."""
        target, seconds = float(plan["target"]), float(plan["seconds"])
        began, first = time.monotonic(), self._hot_end()
        enough = target - _REACHED
        if enough - first < _LEAST_WAY:
            self._run.note(f"Not heated: at {first:g} °C it is too warm for a rate up to {target:g} °C. Let it cool.")
            return
        self._gcode.send(f"M104 S{target:g}")
        now = first
        while now < enough and time.monotonic() - began < seconds:
            self._run.wait(_POLL_S)
            now = self._hot_end()
            self._run.progress(round(now - first), round(target - first))
        self._run.measure("warm_up_rise", round((now - first) / (time.monotonic() - began), 2), "°C/s")
        highest = self._highest(now, target) if now >= enough else now
        self._gcode.send("M104 S0")
        self._run.measure("warm_up_overshoot", round(max(0.0, highest - target), 2), "°C")

    def _highest(self, now: float, target: float) -> float:
        """The peak: until nothing higher has come for a while, or it is too hot."""
        highest, since, until = now, time.monotonic(), time.monotonic() + _LONGEST_PEAK_S
        while highest < target + _TOO_HOT and time.monotonic() < min(until, since + _PEAK_S):
            self._run.wait(_POLL_S)
            if (now := self._hot_end()) > highest:
                highest, since = now, time.monotonic()
        return highest
