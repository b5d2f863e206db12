"""3D printers: Marlin and its kin, and our own small firmware, over G-code.

[settings]
    speed       baud of the firmware's line; several are tried in their order
    start_s     seconds from opening the port to the firmware's `start`, at the most
    programmer, part, signature, baud    of the bootloader, for controllers that avrdude can program
    card        for the others: {file = "firmware.bin"}, the name under which the image goes onto an SD card by hand
    profile, fan, homing, warm_up        what else is checked: printer_checks.py
"""

import uuid
from typing import ClassVar

from stemfleet.devices.families.avrdude import Avrdude, Chip
from stemfleet.devices.families.gcode import Gcode
from stemfleet.devices.families.printer_checks import PrinterChecks
from stemfleet.devices.families.printer_guard import Guard
from stemfleet.devices.families.printer_off import switch_off
from stemfleet.devices.families.printer_reports import Firmware, firmware_in, name_in_image, stopped_heater
from stemfleet.devices.families.usb import usb_serial_number
from stemfleet.devices.faults import BoardFail, BoardFault
from stemfleet.devices.line import Line, is_url
from stemfleet.devices.run import Identity, Run
from stemfleet.words import Reason

OWN_FIRMWARE = "stemfleet-printer"
_OFF_ANSWER_S = 1.5
_OFF_S = 3.5  # what being switched off takes at the most
_CARD_LOOK_S = 3.0  # between two looks whether the printer has its new firmware

_NOT_UNDERSTOOD = {Reason.SILENT, Reason.UNREADABLE}
_WHILE_RESTARTING = {
    *_NOT_UNDERSTOOD,
    *(Reason.RESTARTED, Reason.UNPLUGGED, Reason.PORT_MISSING, Reason.PORT_BUSY),
}
_MOVES_OR_HEATS = {"fan", "homing", "warm_up"}


class PrinterDriver:
    """One printer."""

    port_first: ClassVar[bool] = True

    def __init__(self, run: Run) -> None:
        self._run = run
        settings = run.recipe.settings
        speeds = settings.get("speed", 115200)
        self._speeds = [int(speed) for speed in (speeds if isinstance(speeds, list) else [speeds])]
        self._start_s = float(settings.get("start_s", 4.0))
        self._avrdude = Avrdude(run, Chip.of(settings)) if "programmer" in settings else None
        self._open: Line | None = None  # held through the check: closing and opening it again would reset the board
        self._guard: Guard | None = None
        self._foreign = False  # no printer: it is not spoken to at the end
        self._wanted = ""  # the name that firmware from a card will tell, if its image tells it
        self._killed = False  # Marlin's kill(): heaters are off, and nothing is read until a reset

    @staticmethod
    def take_over(port: str) -> None:
        """Before the port is looked at: nobody of ours may hold it."""
        Guard.recall(port)

    def identify(self) -> Identity:
        """By the running firmware; a controller that runs none by its bootloader."""
        try:
            return self._identity(self._asked())
        except BoardFault as fault:
            if self._avrdude is None or is_url(self._run.port) or fault.reason not in _NOT_UNDERSTOOD:
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
        told = self._asked()
        if not self._is_new(told):
            raise BoardFail(
                Reason.VERIFY_MISMATCH, f"The printer runs {told.name}, not {self._wanted_words()}.", retry=True
            )

    def _by_card(self) -> None:
        """Says what to do, and looks at the printer until it has the firmware, or the phase is over."""
        image, card = self._run.recipe.firmware, self._run.recipe.settings.get("card", {"file": "firmware.bin"})
        self._wanted = name_in_image(self._run.firmware.read_bytes())
        if not self._wanted:
            self._run.note("The image does not tell its name: the printer is known to have it by its version alone.")
        facts = {"image": str(image.file or self._run.firmware.name), "file": card["file"]}
        if self._wanted:
            self._run.instruct(
                "Copy {image} as {file} onto an SD card, put it into the printer, switch it off and on, and wait until "
                "it runs {name}.",
                **facts,
                name=self._wanted,
            )
        else:
            self._run.instruct(
                "Copy {image} as {file} onto an SD card, put it into the printer, switch it off and on, and wait until "
                "it runs version {version}.",
                **facts,
                version=self._run.version,
            )
        while not self._has_new():
            self._run.wait(_CARD_LOOK_S)

    def _has_new(self) -> bool:
        """A printer that is off, or busy with its card, is looked at again."""
        try:
            return self._is_new(self._asked())
        except BoardFault as fault:
            if fault.reason not in _WHILE_RESTARTING:
                raise
            return False

    def _is_new(self, told: Firmware) -> bool:
        return told.name == self._wanted if self._wanted else told.is_version(self._run.version)

    def _wanted_words(self) -> str:
        return self._wanted or f"version {self._run.version}"

    def check(self) -> None:
        """Firmware, sensors, endstops, and what else the recipe asks for."""
        gcode = self._at_its_speed()
        try:
            firmware = self._named(gcode)
            who = self._identity(firmware)
            self._run.found(who.board_id, **who.details)
            if _MOVES_OR_HEATS & self._run.recipe.settings.keys():
                self._guard = Guard(self._run.port, self._speeds[0])
            PrinterChecks(self._run, gcode, firmware, self._is_guarded).all()
        except BoardFail:
            for sensor, what in filter(None, map(stopped_heater, gcode.errors)):
                self._run.measure(sensor, what, "°C")
            raise
        finally:
            self._killed = "kill()" in gcode.halted

    def finish(self) -> Identity | None:
        """The firmware is what stays on a printer."""
        return None

    def make_safe(self) -> None:
        """Heaters and motors off: over the line of the check if it is open, else over a new one."""
        if self._avrdude is not None:
            self._avrdude.close()
        off = self._foreign
        try:
            if self._killed:
                self._run.note("The printer has halted itself, which switches its heaters off; it needs a reset.")
            elif not off and self._open is not None:
                self._open.serial.reset_input_buffer()
                off = self._switched_off(self._open, started=False)
            elif not off:
                with self._run.line(self._speeds[0]) as line:
                    started = Gcode(line).wait_for_start(min(self._start_s, self._run.remaining() - _OFF_S))
                    off = self._switched_off(line, started=started)
        except (BoardFault, OSError) as fault:
            self._run.note(f"The printer could not be told to switch off: {fault}")
        finally:
            self._close()
            self._dismiss_guard(off)

    def _switched_off(self, line: Line, *, started: bool) -> bool:
        """Straight to the port: after a stop the line itself refuses to talk. What cannot move is not halted."""
        may_stop = self._guard is not None
        how = switch_off(line.serial, patience=_OFF_ANSWER_S, may_stop=may_stop, started=started)
        self._run.note(f"switched off: {how or 'the printer did not answer'}")
        return bool(how)

    def _is_guarded(self) -> bool:
        return self._guard is not None and self._guard.watches()

    def _dismiss_guard(self, off: bool) -> None:
        if self._guard is None:
            return
        if off:
            self._guard.end()
        else:
            self._run.note("It is reset or told so as soon as its port can be opened, for ten minutes.")
            self._guard.leave()
        self._guard = None

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

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

    def _asked(self) -> Firmware:
        """What the firmware tells of itself, over a line of its own."""
        gcode = self._at_its_speed()
        try:
            return firmware_in(gcode.send("M115"))
        finally:
            self._close()

    def _at_its_speed(self) -> Gcode:
        """A conversation at the first of the recipe's speeds at which the firmware is understood."""
        self._close()
        for speed in tuple(self._speeds):
            self._open = self._run.line(speed)
            gcode = Gcode(self._open)
            try:
                gcode.start(self._start_s)
            except BoardFault as fault:
                self._close()
                if fault.reason not in _NOT_UNDERSTOOD or speed == self._speeds[-1]:
                    raise
                self._run.note(f"Not understood at {speed} baud.")
            else:
                self._speeds = [speed, *(other for other in self._speeds if other != speed)]
                return gcode
        raise AssertionError("a recipe has a speed")

    def _identity(self, firmware: Firmware) -> Identity:
        """By the UUID if it is the machine's own, else by the USB serial number."""
        board_id = firmware.uuid or usb_serial_number(self._run.port)
        capabilities = " ".join(name for name, there in firmware.capabilities.items() if there)
        told = {
            "firmware": firmware.name,
            "version": firmware.version,
            "machine": firmware.machine,
            "capabilities": capabilities,
        }
        return Identity(board_id, {name: value for name, value in told.items() if value})

    def _named(self, gcode: Gcode) -> Firmware:
        """Who it is; our own firmware without an identity is given one."""
        firmware = firmware_in(gcode.send("M115"))
        if firmware.uuid is None and firmware.name == OWN_FIRMWARE:
            gcode.send(f"M9000 {uuid.uuid4().hex}")
            firmware = firmware_in(gcode.send("M115"))
            self._run.note(f"The controller had no identity and was given {firmware.uuid}.")
        return firmware
