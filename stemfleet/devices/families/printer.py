"""3D printers: Marlin and its kin, and our own small firmware, over G-code.

[settings]
    speed       baud of the firmware's line
    start_s     seconds from opening the port to the firmware's `start`, at the most
    programmer, part, signature, baud    of the bootloader, for controllers that avrdude can program
    card        for the others: {file = "firmware.bin"}, the name under which the image goes onto an SD card by hand
    profile, fan, homing, warm_up        what else is checked: printer_checks.py
"""

import contextlib
import re
import time
import uuid
from typing import ClassVar

from stemfleet.devices.families.avrdude import Avrdude, Chip
from stemfleet.devices.families.gcode import Gcode
from stemfleet.devices.families.printer_checks import PrinterChecks
from stemfleet.devices.families.printer_guard import SAFE, Guard, orders
from stemfleet.devices.faults import BoardFail, BoardFault
from stemfleet.devices.line import Line, is_url
from stemfleet.devices.run import Identity, Run
from stemfleet.words import Reason

OWN_FIRMWARE = "stemfleet-printer"
# Compiled into every Marlin whose builder did not choose another one: it tells nothing about the machine.
COMMON_UUIDS = {"cede2a2f-41a2-4748-9b12-c55c62f367ff"}
_SAFE_ANSWER_S = 1.5
_CARD_LOOK_S = 3.0  # between two looks whether the printer has its new firmware

_WHILE_RESTARTING = {
    *(Reason.SILENT, Reason.UNREADABLE, Reason.RESTARTED, Reason.UNPLUGGED, Reason.PORT_MISSING, Reason.PORT_BUSY)
}
_MOVES_OR_HEATS = {"fan", "homing", "warm_up"}
_FIELD = re.compile(r"([A-Z][A-Z0-9_]+):(.*?)(?=\s+[A-Z][A-Z0-9_]+:|$)")


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
        self._guard: Guard | None = None
        self._foreign = False  # no printer: it is not spoken to at the end

    @staticmethod
    def take_over(port: str) -> None:
        """Before the port is looked at: nobody of ours may hold it."""
        Guard.recall(port)

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
        """Through the bootloader, by avrdude; else by a person with an SD card."""
        if self._avrdude is not None:
            self._avrdude.write(self._run.firmware)
        else:
            self._by_card()

    def verify(self) -> None:
        """Read back and compare; of a printer that was flashed from a card, its M115 must tell the version."""
        if self._avrdude is not None:
            self._avrdude.verify(self._run.firmware)
            return
        with self._run.line(self._speed) as line:
            told = self._who(self._started(line)).details
        if not self._is_new(told):
            raise BoardFail(
                Reason.VERIFY_MISMATCH,
                f"The printer runs {told['firmware']}, not version {self._run.recipe.firmware.version}.",
                retry=True,
            )

    def _by_card(self) -> None:
        """Says what to do, and looks at the printer until it has the version, or the phase is over."""
        image, card = self._run.recipe.firmware, self._run.recipe.settings.get("card", {"file": "firmware.bin"})
        self._run.instruct(
            f"Copy {image.file or self._run.firmware.name} as {card['file']} onto an SD card, put it into the printer, "
            f"switch it off and on, and wait until it runs {image.version}."
        )
        while not self._has_new():
            self._run.wait(_CARD_LOOK_S)
        self._run.instruct("")

    def _has_new(self) -> bool:
        """A printer that is off, or busy with its card, is looked at again."""
        try:
            with self._run.line(self._speed) as line:
                return self._is_new(self._who(self._started(line)).details)
        except BoardFault as fault:
            if fault.reason not in _WHILE_RESTARTING:
                raise
            return False

    def _is_new(self, told: dict[str, str]) -> bool:
        return self._run.recipe.firmware.version in (told["version"], _version_in(told["firmware"]))

    def check(self) -> None:
        """Firmware, sensors, endstops, and what else the recipe asks for."""
        self._close()
        if not is_url(self._run.port) and _MOVES_OR_HEATS & self._run.recipe.settings.keys():
            self._guard = Guard(self._run.port, self._speed)
        self._open = self._run.line(self._speed)
        gcode = Gcode(self._open)
        checks = PrinterChecks(self._run, gcode)
        try:
            gcode.start(self._start_s)
            who = self._named(gcode)
            self._run.found(who.board_id, **who.details)
            checks.all()
        except BoardFault:
            if not checks.stopped_heater():
                raise

    def finish(self) -> Identity | None:
        """The firmware is what stays on a printer."""
        return None

    def make_safe(self) -> None:
        """Heaters and motors off: over the line of the check if it is open, else over a new one."""
        off = self._foreign
        try:
            off = off or (self._open is not None and self._safe_over(self._open))
            if not off:
                self._close()
                with self._run.line(self._speed) as line:
                    Gcode(line).wait_for_start(min(self._start_s, self._run.remaining() - _SAFE_ANSWER_S - 0.5))
                    off = self._safe_over(line)
        except BoardFault as fault:
            self._run.note(f"The printer could not be told to switch off: {fault}")
        finally:
            self._close()
            self._dismiss_guard(off)

    def _dismiss_guard(self, off: bool) -> None:
        if self._guard is None:
            return
        if off:
            self._guard.end()
        else:
            self._run.note("It is told so as soon as its port can be opened, for ten minutes.")
            self._guard.leave()
        self._guard = None

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _safe_over(self, line: Line) -> bool:
        """Straight to the port: after a stop the line itself refuses to talk. True when every order was answered."""
        port, answered = line.serial, 0
        with contextlib.suppress(OSError):
            port.reset_input_buffer()
            port.write(orders())
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


def _version_in(name: str) -> str:
    """ "Marlin 2.0.9.5 (Sep 8 2022)" → "2.0.9.5"."""
    found = re.search(r"\d+(?:\.\d+)+\S*", name)
    return found[0] if found else ""
