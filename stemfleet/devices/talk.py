"""The line protocol of our own programs on boards, from the host's side; it is written out in docs/protocol.md."""

import re
import time
from dataclasses import dataclass

from stemfleet.devices.faults import BoardFault
from stemfleet.devices.line import Line, port_fault
from stemfleet.devices.record import Value
from stemfleet.words import Reason

LONGEST = 79  # characters of a line, by the protocol
MOST_LINES = 200  # of one answer; no program of ours comes near
_KNOWN = re.compile(r"(?:hello|fw|id|ms|m|i|e|end) ?[ -~]*")
_HELLO = re.compile(r"hello \w+ [\w.]+$")
_MEASURED = re.compile(r"m (\S+) (\S+) (\S+)")


@dataclass(frozen=True)
class Program:
    """What a board runs: "selftest" or "first", its version, and the chip it was built for."""

    name: str
    version: str
    chip: str


class Talk:
    """A conversation over an open line. Raises BoardTimeout silent, BoardError unreadable, BoardError restarted."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.heard = False  # anything at all
        self._answered = False  # before that a board may start twice: after avrdude, and by the opening of the port

    def wait_for_start(self, timeout: float) -> bool:
        """Whether the board said hello: opening the port resets most boards. Other output is thrown away."""
        until = time.monotonic() + timeout
        while (left := until - time.monotonic()) > 0:
            text = self._line.read_line(left)
            self.heard = self.heard or text is not None or self._line.pending > 0
            if text is not None and _HELLO.search(text):
                return True
        return False

    def ask(self, question: str, timeout: float = 2.0) -> list[str]:
        """The lines of the answer, without its end; what cannot be understood is asked once more."""
        try:
            return self._answer(question, timeout)
        except BoardFault as fault:
            if fault.reason != Reason.UNREADABLE:
                raise
        return self._answer(question, timeout)

    def program(self, timeout: float = 2.0) -> Program:
        """What the board runs."""
        found = self._only("?fw", r"fw (\S+) (\S+) (\S+)", timeout)
        return Program(*found.groups())

    def identity(self) -> str | None:
        """The board's identity, 32 hex digits; None while it has none."""
        found = self._only("?id", r"id ([0-9a-f]{32}|none)")
        return None if found.group(1) == "none" else found.group(1)

    def give_identity(self, identity: str) -> None:
        """Written into the board's EEPROM; only a board without one takes it."""
        self._only(f"!id {identity}", rf"id {identity}")

    def measurements(self, timeout: float = 10.0) -> list[tuple[str, Value, str]]:
        """Name, value (a number, or a word) and unit of everything the self-test measured."""
        found = (_MEASURED.fullmatch(row) for row in self.ask("?test", timeout))
        return [(match[1], _value(match[2]), "" if match[3] == "-" else match[3]) for match in found if match]

    def milliseconds(self) -> int:
        """Since the reset, by the board's own oscillator (modulo 2^32)."""
        return int(self._only("?ms", r"ms (\d+)").group(1))

    def _only(self, question: str, pattern: str, timeout: float = 2.0) -> re.Match[str]:
        for row in self.ask(question, timeout):
            if found := re.fullmatch(pattern, row):
                return found
        raise port_fault(Reason.UNREADABLE, self._line.port)

    def _answer(self, question: str, timeout: float) -> list[str]:
        self._line.write("\n")
        self._line.drain(quiet=0.05, limit=0.5)
        self._line.write(f"{question}\n")
        rows: list[str] = []
        until = time.monotonic() + timeout
        while len(rows) < MOST_LINES:
            text = self._line.read_line(max(0.0, until - time.monotonic()))
            if text is None:
                nothing = not rows and not self._line.pending
                raise port_fault(Reason.SILENT if nothing else Reason.UNREADABLE, self._line.port)
            if _HELLO.search(text):  # also in the middle of a line
                if self._answered:
                    raise port_fault(Reason.RESTARTED, self._line.port, retry=True)
                break
            if len(text) > LONGEST or not _KNOWN.fullmatch(text):
                break
            if text == f"end {len(rows)}":
                self._answered = True
                return rows
            rows.append(text)
        raise port_fault(Reason.UNREADABLE, self._line.port)


def _value(word: str) -> Value:
    try:
        return float(word)
    except ValueError:
        return word
