"""Talking G-code to a printer: numbered lines with checksums, answers up to their `ok`, lines asked for again.

The forms are those of Marlin and its kin (RepRap G-code): `ok`, `Resend: N`, `Error:…`, `echo:busy: …`. They differ in
small things, so everything that is not one of these is kept as part of the answer.
"""

import re
import time
from functools import reduce

from stemfleet.devices.families.printer_reports import stopped_heater
from stemfleet.devices.faults import BoardError, BoardFail, BoardFault, BoardTimeout
from stemfleet.devices.line import Line, port_fault
from stemfleet.words import MEASUREMENT_REASON, Reason

ANSWER_S = 6.0  # for an order that is done at once
_GREETING_S = 3.0  # for the first `ok`
_SETUP_S = 20.0  # the same after `start`: display, SD card and settings come first, each for seconds
_GREET_AGAIN_S = 1.5
_QUIET_S = 0.1
_LATE_OK_S = 0.5  # for the `ok` that most firmwares say after a `Resend`, in the same breath
_MOST_RESENDS = 5
_MOST_TEXT = 32_768  # characters of one answer
_AFTER_HALT_S = 1.0

_OK = re.compile(r"ok\b")
_RESEND = re.compile(r"(?:resend|rs)\b\D*(\d+)", re.IGNORECASE)
_BUSY = re.compile(r"(?:echo:\s*)?busy\b", re.IGNORECASE)
_HALT = re.compile(
    r"printer halted|kill\(\) called|system stopped|printer stopped|heaters switched off|thermal runaway|^!!",
    re.IGNORECASE,
)
_ERROR = re.compile(r"Error:|!!")
_START = re.compile(r"(?!//).*start")  # after what it was just saying when it went down; "//action:start" is no start
_READY = re.compile(r"(?:start|wait)\b")  # some firmwares say "wait" when they have nothing to do
_GARBAGE = re.compile(r"[^\x20-\x7e\t]")


def numbered(number: int, command: str) -> str:
    """The line as it is sent: "N3 M105*36", the checksum being the exclusive or of all characters before the star."""
    text = f"N{number} {command}"
    return f"{text}*{reduce(lambda total, char: total ^ ord(char), text, 0)}"


class Gcode:
    """A conversation over an open line.

    `errors` keeps every error that the printer has told of; `halted`: what it said when it stopped itself, else "".
    Raises BoardTimeout silent, BoardError unreadable, and BoardFail measurement:<sensor> of a firmware that has stopped
    itself because of a heater.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._number = 0
        self.errors: list[str] = []
        self.halted = ""

    def start(self, timeout: float) -> None:
        """Wait for the firmware's `start` (opening the port resets most boards), then begin to number lines.

        A firmware that does not start within `timeout` is asked all the same: opening may not have reset it.
        """
        started = self.wait_for_start(timeout)
        self._number = 0
        try:
            self._greet(_SETUP_S if started else _GREETING_S)
        finally:
            self._line.drain(quiet=_QUIET_S)

    def wait_for_start(self, timeout: float) -> bool:
        """Whether the firmware said that it has started, or that it waits for orders."""
        until = time.monotonic() + timeout
        while (left := until - time.monotonic()) > 0:
            text = self._line.read_line(left)
            if text is not None and _READY.match(_plain(text)):
                return True
        return False

    def send(self, command: str, timeout: float = ANSWER_S, *, limit: float | None = None) -> list[str]:
        """Send one order; the lines of its answer, the `ok` being the last. Busy messages begin the time again.

        `limit`: an order that moves takes so many seconds at the most, whether the printer says that it is busy or not;
        raises BoardTimeout phase_timeout then.
        """
        self._number += 1
        return self._exchange(command, timeout, limit=limit)

    def more(self, timeout: float) -> str | None:
        """A line that comes after the `ok`: some firmwares answer in that order. None when none comes."""
        return self._line.read_line(timeout)

    def _greet(self, seconds: float) -> None:
        """Until the firmware answers; it may be asked before it listens, and lose what came too early."""
        answer, owed, again = _Answer(greeting=True), 0, 0.0
        until = time.monotonic() + seconds
        while not answer.complete:
            now = time.monotonic()
            if now >= until:
                raise self._no_end(answer)
            if now >= again and not answer.halted:
                self._line.write("\nM110 N0\n")
                owed, again = owed + 1, now + _GREET_AGAIN_S
            text = self._line.read_line(max(0.0, min(again, until) - now))
            until = self._hear(answer, text, until, seconds)
        while owed > 1 and (text := self._line.read_line(_LATE_OK_S)) is not None:
            owed -= _OK.match(_plain(text)) is not None

    def _exchange(self, command: str, timeout: float, *, limit: float | None = None) -> list[str]:
        answer = _Answer()
        timeout = limit or timeout
        self._write(command)
        until, asked_again = time.monotonic() + timeout, limit is not None
        while not answer.complete:
            half = until if asked_again else until - timeout / 2
            text = self._line.read_line(max(0.0, answer.next_look(half) - time.monotonic()))
            if text is None and not answer.stops_waiting_for_ok():
                if time.monotonic() >= until:
                    raise self._late(command, limit, answer)
                if not asked_again and not answer.halted and time.monotonic() >= half:
                    asked_again = True  # the line's end may have been lost; a second copy is refused by its number
                    self._write(command)
            until = self._hear(answer, text, until, None if limit else timeout)
            if (wanted := answer.wanted()) is None:
                continue
            if asked_again and wanted == self._number + 1:
                break  # it had the line already, and refused the second copy
            self._number = wanted
            self._write(command)
        return answer.lines

    def _hear(self, answer: "_Answer", text: str | None, until: float, again: float | None) -> float:
        """Takes a line in; the moment until which there is time. A busy firmware gets `again` seconds more."""
        if text is not None:
            answer.hear(_plain(text))
        self.errors += answer.errors
        answer.errors.clear()
        if answer.resends > _MOST_RESENDS or answer.length > _MOST_TEXT:
            raise port_fault(Reason.UNREADABLE, self._line.port)
        if answer.halted:
            self.halted = answer.halted
            return min(until, time.monotonic() + _AFTER_HALT_S)
        busy, answer.busy = answer.busy, False
        return time.monotonic() + again if busy and again is not None else until

    def _write(self, command: str) -> None:
        self._line.write(f"{numbered(self._number, command)}\n")

    def _late(self, command: str, limit: float | None, answer: "_Answer") -> BoardFault:
        if limit is None or answer.halted:
            return self._no_end(answer)
        return BoardTimeout(detail=f"The printer was not done with {command} within {limit:g} s.")

    def _no_end(self, answer: "_Answer") -> BoardFault:
        for sensor, what in filter(None, map(stopped_heater, self.errors)):
            if answer.halted:
                return BoardFail(
                    f"{MEASUREMENT_REASON}{sensor}", f"The printer has stopped itself: {what}, {sensor}. Put it aside."
                )
        if answer.halted:
            return BoardError(Reason.UNREADABLE, f"The printer has stopped itself: {answer.halted}")
        nothing = not answer.length and not self._line.pending
        return port_fault(Reason.SILENT if nothing else Reason.UNREADABLE, self._line.port)


class _Answer:
    """What has come of one answer."""

    def __init__(self, *, greeting: bool = False) -> None:
        """`greeting`: the firmware may still be starting, more than once."""
        self.lines: list[str] = []
        self.errors: list[str] = []
        self.complete = False
        self.busy = False
        self.halted = ""
        self.resends = 0
        self.length = 0
        self._greeting = greeting
        self._resend: int | None = None
        self._resend_at = 0.0
        self._resend_now = False

    def hear(self, text: str) -> None:
        """One line. After a `Resend` the next `ok` only says that the printer waits for the line."""
        self.length += len(text) + 1
        if found := _RESEND.match(text):
            self._resend, self._resend_at = int(found[1]), time.monotonic()
            self.resends += 1
        elif _OK.match(text):
            self._resend_now = self._resend is not None
            self.complete = not self._resend_now
            self.lines.append(text)
        elif _BUSY.match(text):
            self.busy = True
        elif _START.fullmatch(text) and not self._greeting:
            raise BoardError(
                Reason.RESTARTED,
                "The printer started anew in the middle. Check its power supply, then retry.",
                retry=True,
            )
        elif not _GARBAGE.search(text):
            self._keep(text)

    def next_look(self, at: float) -> float:
        """The moment until which a line is waited for, `at` the latest."""
        return at if self._resend is None else min(at, self._resend_at + _LATE_OK_S)

    def stops_waiting_for_ok(self) -> bool:
        """Some firmwares (Marlin 2.0.8) say no `ok` after a `Resend`: true when it is not waited for any more."""
        self._resend_now = self._resend is not None and time.monotonic() >= self._resend_at + _LATE_OK_S
        return self._resend_now

    def wanted(self) -> int | None:
        """The number under which the line is to be sent again now; None: it is not."""
        if not self._resend_now:
            return None
        wanted, self._resend, self._resend_now = self._resend, None, False
        return wanted

    def _keep(self, text: str) -> None:
        self.lines.append(text)
        if _ERROR.match(text):
            self.errors.append(text)
        if _HALT.search(text):
            self.halted = text


def _plain(text: str) -> str:
    """Without what a starting board or a wrong byte leaves at the ends."""
    return text.strip(" \t\x00\ufffd")
