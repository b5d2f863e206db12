"""Arduino boards with a serial bootloader: Uno, Nano (old and new bootloader), Mega.

Stock bootloaders read neither EEPROM nor fuses, so a board is known by the identity that our program keeps in its
EEPROM; a board that runs none of ours is known only after the flash.

[settings]: programmer, part, signature; baud (the first is tried first; Nanos have two); start_s, the seconds from a
reset to the program's first word.
"""

import secrets
import time
from typing import ClassVar

from stemfleet.devices.families.avrdude import Avrdude, Chip, wrong_chip
from stemfleet.devices.families.firstprogram import first_image
from stemfleet.devices.faults import BoardError, BoardFail, BoardFault, BoardTimeout
from stemfleet.devices.line import Line
from stemfleet.devices.run import Identity, Run
from stemfleet.devices.talk import Talk
from stemfleet.words import Reason

SPEED = 115200  # of our programs, whatever the bootloader's is
PROGRAMS = {"selftest", "first"}  # ours, both of which can be tested
_CLOCK_S = 2.0  # between two readings of the board's clock: the line's jitter then makes less than half a percent
_READINGS = 3
_SHORT_S = 1.0  # a program that was heard starting, or never will be


class ArduinoDriver:
    """One board: signature, image, read-back, self-test, first program."""

    port_first: ClassVar[bool] = True

    def __init__(self, run: Run) -> None:
        self._run = run
        settings = run.recipe.settings
        self._avrdude = Avrdude(run, Chip.of(settings))
        speeds = settings.get("baud", SPEED)
        self._speeds = tuple(speeds[1:]) if isinstance(speeds, list) else ()
        self._tries = 0
        self._attempts = next((p.attempts for p in run.recipe.phases if p.name == "identify"), 1)
        self._start_s = float(settings.get("start_s", 3.0))

    def identify(self) -> Identity:
        """The chip by its bootloader, then the board by the program that it runs, if that is ours."""
        self._tries += 1
        try:
            signature = self._avrdude.identify(self._speeds)
        except BoardTimeout as silent:
            if silent.reason == Reason.SILENT and self._tries >= self._attempts:
                self._explain_silence()
            raise
        details = {"signature": signature, "fuses": "not readable"}  # stock bootloaders answer zeros for them
        try:
            with self._run.line(SPEED) as line:
                talk = self._ready(line)
                running = talk.program(_SHORT_S)
                details |= {"firmware": running.name, "version": running.version}
                return Identity(talk.identity(), details)
        except BoardFault as fault:
            if fault.reason not in {Reason.SILENT, Reason.UNREADABLE}:
                raise
        self._run.note("The board runs no program of ours: it is known only after the self-test.")
        return Identity(None, details)

    def _explain_silence(self) -> None:
        """A bootloader that does not answer: is it another kind of board, or garbage on the line? Raises what it is."""
        with self._run.line(SPEED) as line:
            talk = self._ready(line)
            if talk.heard:
                chip = talk.program().chip
                if chip != self._avrdude.chip.name:
                    raise wrong_chip(chip, self._avrdude.chip)
                return
        self._avrdude.refuse_other_protocol()

    def flash(self) -> None:
        """Write the image."""
        self._avrdude.write(self._run.firmware)

    def verify(self) -> None:
        """Read back and compare."""
        self._avrdude.verify(self._run.firmware)

    def check(self) -> None:
        """The self-test; a board without an identity gets one."""
        with self._run.line(SPEED) as line:
            talk = self._ready(line)
            running = talk.program()
            if running.name not in PROGRAMS:
                raise BoardError(
                    Reason.UNREADABLE, f"The board runs {running.name}, which has no self-test. Flash it first."
                )
            self._run.found(firmware=running.name, version=running.version)
            identity = talk.identity()
            if identity is None:
                identity = secrets.token_hex(16)
                talk.give_identity(identity)
                self._run.note(f"The board had no identity and was given {identity}.")
            self._run.found(identity)
            began = clock_reading(talk)
            for name, value, unit in talk.measurements():
                self._run.measure(name, value, unit)
            self._run.wait(max(0.0, _CLOCK_S - (time.monotonic() - began[0])))
            self._run.measure("oscillator", deviation(began, clock_reading(talk)), "%")

    def finish(self) -> Identity | None:
        """The recipe's first program, with which the board leaves: read back, and it must start and know the board."""
        program = self._run.recipe.first_program
        if program is None:
            return None
        image = first_image(self._run)
        self._avrdude.write(image)
        self._avrdude.verify(image)
        if program.silent:
            return None
        with self._run.line(SPEED) as line:
            talk = self._ready(line)
            running, identity = talk.program(), talk.identity()
        if running.version != program.version or identity != self._run.board_id:
            raise BoardFail(
                Reason.VERIFY_MISMATCH,
                f"The first program says that it is {running.version}, on board {identity}. Put the board aside.",
                retry=True,
            )
        return Identity(None, {"program": f"{running.name} {running.version}"})

    def make_safe(self) -> None:
        """Nothing on these boards heats or moves."""
        self._avrdude.close()

    def _ready(self, line: Line) -> Talk:
        talk = Talk(line)
        talk.wait_for_start(self._start_s)
        return talk


Reading = tuple[float, float, float]  # host's clock before and after, and the board's: seconds


def clock_reading(talk: Talk) -> Reading:
    """The quickest of a few questions: the board's clock was read between the two moments."""
    readings: list[Reading] = []
    for _ in range(_READINGS):
        before = time.monotonic()
        told = talk.milliseconds() / 1000
        readings.append((before, time.monotonic(), told))
    return min(readings, key=lambda reading: reading[1] - reading[0])


def deviation(first: Reading, last: Reading) -> float:
    """How much faster than the host's clock the board's runs, in percent; slower is negative."""
    ours = (last[0] + last[1] - first[0] - first[1]) / 2
    theirs = (last[2] - first[2]) % (2**32 / 1000)
    return round((theirs / ours - 1) * 100, 2)
