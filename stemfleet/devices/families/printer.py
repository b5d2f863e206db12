"""3D printers: Marlin and its kin, and our own small firmware, over G-code.

[settings]
    speed       baud of the firmware's line
    start_s     seconds from opening the port to the firmware's `start`, at the most
    programmer, part, signature, baud    of the bootloader, for controllers that avrdude can program; else left out
    warm_up     optional: {target = 50, seconds = 60}; heats the hot end, then off
Measurements: hotend, hotend2 …, bed, chamber (degrees Celsius), every endstop by its own name ("open" or "TRIGGERED"),
and of the warm-up: warm_up_rise (degrees a second), warm_up_overshoot (degrees above the target).
"""

import contextlib
import re
import time
import uuid
from typing import Any, ClassVar

from stemfleet.devices.families.avrdude import Avrdude, Chip
from stemfleet.devices.families.gcode import Gcode
from stemfleet.devices.faults import BoardFail, BoardFault
from stemfleet.devices.line import Line, is_url
from stemfleet.devices.run import Identity, Run
from stemfleet.words import Reason

SAFE = ("M104 S0", "M140 S0", "M107", "M84")  # heaters off, fan off, motors off
OWN_FIRMWARE = "stemfleet-printer"
# Compiled into every Marlin whose builder did not choose another one: it tells nothing about the machine.
COMMON_UUIDS = {"cede2a2f-41a2-4748-9b12-c55c62f367ff"}
_SAFE_ANSWER_S = 1.5
_OVERSHOOT_S = 5.0
_POLL_S = 0.5

_FIELD = re.compile(r"([A-Z][A-Z0-9_]+):(.*?)(?=\s+[A-Z][A-Z0-9_]+:|$)")
_TEMPERATURE = re.compile(r"\b(T\d*|B|C):\s*(-?\d+(?:\.\d+)?)\s*/\s*(-?\d+(?:\.\d+)?)")
_ENDSTOP = re.compile(r"(\w+)\s*:\s*(open|triggered)", re.IGNORECASE)
_HEATER_STOP = re.compile(r"MAXTEMP|MINTEMP|Thermal Runaway|Heating failed", re.IGNORECASE)


class PrinterDriver:
    """One printer."""

    port_first: ClassVar[bool] = True

    def __init__(self, run: Run) -> None:
        self._run = run
        settings = run.recipe.settings
        self._speed = int(settings.get("speed", 115200))
        self._start_s = float(settings.get("start_s", 4.0))
        self._avrdude = Avrdude(run, Chip.of(settings)) if "programmer" in settings else None
        self._open: Line | None = None  # held through the check: closing and opening it again would reset the board
        self._foreign = False  # no printer: it is not spoken to at the end

    def identify(self) -> Identity:
        """By the running firmware; a controller that runs none by its bootloader."""
        try:
            with self._run.line(self._speed) as line:
                return self._who(self._started(line))
        except BoardFault as fault:
            if (
                self._avrdude is None
                or is_url(self._run.port)
                or fault.reason not in {Reason.SILENT, Reason.UNREADABLE}
            ):
                raise
            silence = fault
        self._run.note("No firmware answers G-code: asking the bootloader.")
        try:
            return Identity(None, {"signature": self._signature(self._avrdude, silence)})
        except BoardFail:
            self._foreign = True
            raise

    def flash(self) -> None:
        """Through the bootloader, by avrdude."""
        self._programmer().write(self._run.firmware)

    def verify(self) -> None:
        """Read back and compare."""
        self._programmer().verify(self._run.firmware)

    def check(self) -> None:
        """Firmware, sensors, endstops, and what else the recipe asks for."""
        self._close()
        self._open = self._run.line(self._speed)
        gcode = Gcode(self._open)
        try:
            gcode.start(self._start_s)
            who = self._named(gcode)
            self._run.found(who.board_id, **who.details)
            self._measure_temperatures(gcode)
            self._measure_endstops(gcode)
            if "warm_up" in self._run.recipe.settings:
                self._warm_up(gcode, self._run.recipe.settings["warm_up"])
        except BoardFault:
            if not self._measure_stopped_heater(gcode):
                raise

    def finish(self) -> Identity | None:
        """The firmware is what stays on a printer."""
        return None

    def make_safe(self) -> None:
        """Heaters and motors off: over the line of the check if it is open, else over a new one."""
        try:
            if self._foreign or (self._open is not None and self._safe_over(self._open)):
                return
            self._close()
            with self._run.line(self._speed) as line:
                Gcode(line).wait_for_start(min(self._start_s, self._run.remaining() - _SAFE_ANSWER_S - 0.5))
                self._safe_over(line)
        except BoardFault as fault:
            self._run.note(f"The printer could not be told to switch off: {fault}")
        finally:
            self._close()

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _safe_over(self, line: Line) -> bool:
        """Straight to the port: after a stop the line itself refuses to talk. True when every order was answered."""
        port, answered = line.serial, 0
        with contextlib.suppress(OSError):
            port.reset_input_buffer()
            port.write("".join(f"{order}\n" for order in ("", *SAFE)).encode())
            until = time.monotonic() + _SAFE_ANSWER_S
            while answered < len(SAFE) and time.monotonic() < until:
                answered += port.readline().startswith(b"ok")
        self._run.note(f"{' '.join(SAFE)}: {answered} of {len(SAFE)} answered")
        return answered >= len(SAFE)

    def _signature(self, avrdude: Avrdude, silence: BoardFault) -> str:
        """By the bootloader. Neither it nor a firmware answers: another kind of board, or `silence`, or garbage."""
        try:
            return avrdude.identify()
        except BoardFault as fault:
            nobody = fault.reason == Reason.SILENT and not fault.retry
            if nobody and silence.reason == Reason.SILENT:
                self._foreign = True  # whatever is there has never said a word: there is nobody to be told to stop
                raise
            if fault.reason not in {Reason.SILENT, Reason.UNREADABLE}:
                raise
        avrdude.refuse_other_protocol()
        raise silence

    def _programmer(self) -> Avrdude:
        if self._avrdude is None:
            raise BoardFail(
                Reason.FLASH_REFUSED,
                f"Recipe {self._run.recipe.name} has no [settings] programmer: flash this printer from its SD card.",
            )
        return self._avrdude

    def _started(self, line: Line) -> Gcode:
        gcode = Gcode(line)
        gcode.start(self._start_s)
        return gcode

    def _who(self, gcode: Gcode) -> Identity:
        fields = dict(pair for text in gcode.send("M115") for pair in _FIELD.findall(text))
        name = fields.get("FIRMWARE_NAME", "").strip()
        version = fields.get("FIRMWARE_VERSION", "").strip() or _version_in(name)
        told = fields.get("UUID", "").strip().lower() or None
        if told in COMMON_UUIDS:
            self._run.note(f"UUID {told} is the same in every firmware of this kind: not taken as an identity.")
            told = None
        machine = fields.get("MACHINE_TYPE", "").strip()
        return Identity(told, {"firmware": name, "version": version, "machine": machine})

    def _named(self, gcode: Gcode) -> Identity:
        """Who it is; our own firmware without an identity is given one."""
        who = self._who(gcode)
        if who.board_id is None and who.details["firmware"] == OWN_FIRMWARE:
            gcode.send(f"M9000 {uuid.uuid4().hex}")
            who = self._who(gcode)
            self._run.note(f"The controller had no identity and was given {who.board_id}.")
        return who

    def _temperatures(self, gcode: Gcode) -> dict[str, float]:
        """Sensor name → degrees; empty when none was told."""
        found = _temperatures_in(" ".join(gcode.send("M105")))
        if not found and (late := gcode.more(1.0)) is not None:
            found = _temperatures_in(late)
        return found

    def _measure_temperatures(self, gcode: Gcode) -> None:
        for name, degrees in self._temperatures(gcode).items():
            self._run.measure(name, degrees, "°C")

    def _measure_endstops(self, gcode: Gcode) -> None:
        for text in gcode.send("M119"):
            if found := _ENDSTOP.search(text):
                self._run.measure(found[1], "open" if found[2].lower() == "open" else "TRIGGERED")

    def _measure_stopped_heater(self, gcode: Gcode) -> bool:
        """A firmware that has stopped itself because of a heater: that heater's measurement is the reason it gives."""
        for error in gcode.errors:
            if found := _HEATER_STOP.search(error):
                self._run.measure("bed" if "bed" in error.lower() else "hotend", found[0].upper(), "°C")
                return True
        return False

    def _warm_up(self, gcode: Gcode, plan: dict[str, Any]) -> None:
        """Heats the hot end to the target, watches what it does afterwards, and switches it off."""
        target, seconds = float(plan["target"]), float(plan["seconds"])
        began, first = time.monotonic(), self._temperatures(gcode)["hotend"]
        gcode.send(f"M104 S{target:g}")
        now = first
        while now < target and time.monotonic() - began < seconds:
            self._run.wait(_POLL_S)
            now = self._temperatures(gcode)["hotend"]
            self._run.progress(round(now - first), round(target - first))
        self._run.measure("warm_up_rise", round((now - first) / (time.monotonic() - began), 2), "°C/s")
        highest, until = now, time.monotonic() + _OVERSHOOT_S
        while now >= target and time.monotonic() < until:
            self._run.wait(_POLL_S)
            highest = max(highest, self._temperatures(gcode)["hotend"])
        gcode.send("M104 S0")
        self._run.measure("warm_up_overshoot", round(max(0.0, highest - target), 2), "°C")


def _temperatures_in(text: str) -> dict[str, float]:
    """From "ok T:21.30 /0.00 B:21.30 /0.00 @:0" or "T:21.30/ 0.00 B:21.30/ 0.00 @:64"; T and T0 are the same sensor."""
    return {_sensor(letter): float(now) for letter, now, _ in _TEMPERATURE.findall(text)}


def _sensor(letter: str) -> str:
    if letter.startswith("T"):
        number = int(letter[1:] or 0)
        return "hotend" if number == 0 else f"hotend{number + 1}"
    return {"B": "bed", "C": "chamber"}[letter]


def _version_in(name: str) -> str:
    """ "Marlin 2.0.9.5 (Sep 8 2022)" → "2.0.9.5"."""
    found = re.search(r"\d+(?:\.\d+)+\S*", name)
    return found[0] if found else ""
