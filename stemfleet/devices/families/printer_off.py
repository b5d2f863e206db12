"""The way off: what is said to a printer so that heaters, fan and motors are off, and how it is known that they are.

M104 without a number reaches only the tool that is active: every other heater that the printer's own report names is
told by its number, or by its own order. The lines carry no numbers: a firmware takes them whatever it counted before,
and Marlin heeds M108 and M112 while it is busy only if they have none. It keeps four lines, the one that it works on
among them, and reads nothing more while they are four: so only two go first, and there is room for M112.
"""

import re
import time
from collections.abc import Callable
from typing import Any

from stemfleet.devices.families.printer_reports import Heat, heaters_off, temperatures_in

FIRST = ("M108", "M104 S0")  # M108 ends a wait for a temperature; M104 is for the tool that is active
REST = ("M140 S0", "M107", "M84")  # bed, fan, motors
_ASK = "M105"  # its answer tells the targets
_STOP = "M112"
_REST_S = 1.5
_STOP_S = 1.5
_HALF_LINE_S = 0.05
_LONGEST = 4096  # bytes of one line
_BUSY_TWICE = 2

_OK = re.compile(r"ok\b")
_BUSY = re.compile(r"(?:echo:\s*)?busy\b", re.IGNORECASE)
_HALTED = re.compile(r"printer halted|kill\(\) called", re.IGNORECASE)
_START = re.compile(r"start\b")


def switch_off(line: Any, *, patience: float, may_stop: bool = True, started: bool = False) -> str:
    """How the printer was switched off, in words for the log; "" when it could not be told.

    `line`: an open pyserial port. `patience`: seconds for the first answer. A printer that is busy or silent is then
    given the emergency stop M112 if it `may_stop` so: it must be reset afterwards. One that has just `started` is not:
    its reset has switched all off. Raises serial.SerialException, OSError.
    """
    line.timeout = _HALF_LINE_S
    printer = _Printer(line, started)
    printer.say("")  # ends half a line, whose refusal would take what follows with it
    printer.hear(_HALF_LINE_S, lambda: False)
    printer.say(*FIRST)
    printer.hear(patience, lambda: printer.answered or (printer.started and not started))
    if printer.started and not started and not printer.answered:
        printer.say(*FIRST)  # the first were lost with the reset
        printer.hear(patience, lambda: printer.answered)
    if printer.oks >= len(FIRST):
        return _rest(printer)
    if printer.started:
        return "the printer started anew, which switches all off"
    if may_stop:
        printer.say(_STOP)
    if may_stop and printer.hear(_STOP_S, lambda: printer.halted):
        return "by the emergency stop M112: it must be switched off and on before it is used again"
    return ""


def _rest(printer: "_Printer") -> str:
    said = [*FIRST, *REST]
    if not printer.takes(*REST):
        return ""
    others = [order for order in heaters_off(printer.heats) if order not in said]
    if others and not printer.takes(*others):
        return ""
    if not printer.hear(_REST_S, lambda: not printer.is_heating):
        return ""
    told = "it tells no targets" if printer.is_heating is None else "every target is 0"
    return f"{' '.join(said + others)}: all answered, {told}"


class _Printer:
    """What has been heard since."""

    def __init__(self, line: Any, started: bool) -> None:
        self._line = line
        self._half = b""
        self.started = started
        self.oks = 0
        self.busies = 0
        self.halted = False
        self.heats: dict[str, Heat] = {}

    @property
    def answered(self) -> bool:
        """Done with the first orders, or certainly not going to be for a while."""
        return self.oks >= len(FIRST) or self.busies >= _BUSY_TWICE

    @property
    def is_heating(self) -> bool | None:
        """By the newest report; None when it told no targets."""
        targets = [heat.target for heat in self.heats.values() if heat.target is not None]
        return any(targets) if targets else None

    def takes(self, *orders: str) -> bool:
        """Whether all are answered; `heats` is then what the printer reported after them, if it did in time."""
        needed = self.oks + len(orders)
        self.heats = {}  # what was told before counts no more
        self.say(*orders, _ASK)
        self.hear(_REST_S, lambda: self.oks > needed)
        return self.oks >= needed

    def say(self, *orders: str) -> None:
        self._line.write("".join(f"{order}\n" for order in orders).encode())

    def hear(self, seconds: float, enough: Callable[[], bool]) -> bool:
        """Listens until it is enough, for so many seconds at the most; whether it was."""
        until = time.monotonic() + seconds
        while not (done := enough()) and time.monotonic() < until:
            *whole, half = (self._half + self._line.read(max(1, self._line.in_waiting))).split(b"\n")
            self._half = half[-_LONGEST:]
            for text in whole:
                self._note(text.decode("ascii", "replace").strip(" \t\r\x00\ufffd"))
        return done

    def _note(self, text: str) -> None:
        self.oks += _OK.match(text) is not None
        self.busies += _BUSY.match(text) is not None
        self.halted = self.halted or _HALTED.search(text) is not None
        if _START.match(text):
            self.started, self.oks = True, 0
        self.heats = temperatures_in(text) or self.heats
