"""MicroPython's raw REPL over an open line: send a short program, get what it prints.

Protocol: MicroPython documentation, "The MicroPython Interactive Interpreter Mode", raw mode. A micro:bit V1 has a
receive buffer of 64 bytes and 9 kB of heap, so programs are short and are sent slowly.
"""

import ast
import re

from stemfleet.devices.faults import BoardError, BoardFault
from stemfleet.devices.line import Line
from stemfleet.devices.run import Run
from stemfleet.words import Reason

_BANNER = b"raw REPL; CTRL-B to exit\r\n>"
_INTERRUPT, _RAW, _NORMAL, _EXECUTE = b"\x03", b"\x01", b"\x02", b"\x04"
_PIECE, _PAUSE_S = 32, 0.01
_KNOCK_S = 0.7  # the first try to get a prompt; each further one is more patient
_CLAIM_S = 10.0  # a board that runs takes a program within this, even an emulated one on a busy machine
# What an interpreter, the boot loader of an ESP, or a program of ours says when it starts.
_STARTING = re.compile(rb"MicroPython v\d|\brst:0x|ets [A-Z][a-z]{2} |hello (?:first|selftest) \d")
_BLOCK = 64  # bytes of a file that are printed at once


class ScriptError(Exception):
    """The board's Python raised; the text is its traceback."""


class RawRepl:
    """A conversation with the interpreter. Faults are those of Line, besides ScriptError."""

    def __init__(self, run: Run, line: Line) -> None:
        self._run = run
        self._line = line

    def enter(self, timeout: float, *, fresh: bool = True) -> None:
        """Interrupts what runs and goes into raw mode; keeps trying for `timeout` seconds.

        `fresh`: with a soft reset, which frees what the program had. Raises BoardTimeout(silent) or
        BoardError(unreadable).
        """
        self._knock(timeout)
        if fresh:
            self._refresh()

    def _refresh(self) -> None:
        self._line.write(_EXECUTE)  # nothing to execute: a soft reset
        self._line.read_until(b"soft reboot\r\n", _CLAIM_S)
        try:
            self._line.read_until(_BANNER, _CLAIM_S)
        except BoardFault as fault:
            if fault.reason not in (Reason.SILENT, Reason.UNREADABLE):
                raise
            self._knock(_CLAIM_S)  # its main program runs after a reset, too

    def _knock(self, timeout: float) -> None:
        heard: BoardFault | None = None
        patience = _KNOCK_S
        until = self._run.remaining() - timeout
        while self._run.remaining() > max(until, 0.0):
            self._line.write(b"\r" + _INTERRUPT + _INTERRUPT)
            self._line.drain(quiet=0.05, limit=0.5)
            self._line.write(b"\r" + _RAW)
            try:
                self._line.read_until(_BANNER, patience)
                return
            except BoardFault as fault:
                if fault.reason not in (Reason.SILENT, Reason.UNREADABLE):
                    raise
                patience *= 1.5
                heard = heard if heard is not None and fault.reason == Reason.SILENT else fault
        if heard is not None:
            raise heard

    def run(self, program: str, timeout: float, *, says_anything: bool = False) -> str:
        """What the program prints. `timeout` seconds without a byte are too long.

        `says_anything`: it may print what otherwise only a board prints that starts.
        Raises ScriptError, BoardTimeout(silent), BoardError(unreadable), BoardError(restarted).
        """
        self.start(program)
        printed = self._line.read_until(_EXECUTE, timeout, start=None if says_anything else _STARTING)[:-1]
        raised = self._line.read_until(_EXECUTE + b">", _CLAIM_S)[:-2]
        if raised:
            raise ScriptError(raised.decode("utf-8", "replace").strip())
        return printed.decode("utf-8", "replace").replace("\r\n", "\n")

    def start(self, program: str) -> None:
        """Sends the program and does not wait for its end (it may reset the board)."""
        source = program.encode()
        for at in range(0, len(source), _PIECE):
            self._line.write(source[at : at + _PIECE])
            self._run.wait(_PAUSE_S)
        self._line.write(_EXECUTE)
        self._line.read_until(b"OK", _CLAIM_S, start=_STARTING)

    def leave(self) -> None:
        """Back to the ordinary prompt."""
        self._line.write(b"\r" + _NORMAL)

    def restart(self) -> None:
        """Out of raw mode and a soft reset: the board runs its main program."""
        self.leave()
        self._line.drain(quiet=0.1)
        self._line.write(_EXECUTE)

    def value(self, expression: str, timeout: float = _CLAIM_S) -> object:
        """A Python value: number, text, bytes, or lists of these. Raises BoardError(unreadable) for anything else."""
        return self._literal(self.run(f"print(repr({expression}))", timeout))

    def file(self, name: str, timeout: float = _CLAIM_S) -> bytes:
        """The contents of a file, fetched in small blocks."""
        printed = self.run(
            f"f=open({name!r},'rb')\nwhile 1:\n b=f.read({_BLOCK})\n if not b:break\n print(repr(b))\nf.close()",
            timeout,
            says_anything=True,
        )
        blocks = [self._literal(line) for line in printed.splitlines()]
        return b"".join(block for block in blocks if isinstance(block, bytes))

    @staticmethod
    def _literal(text: str) -> object:
        try:
            return ast.literal_eval(text.strip())
        except (ValueError, SyntaxError) as error:
            raise BoardError(
                Reason.UNREADABLE, f"The board answered {text.strip()[:80]!r}, which is no value. Retry the slot."
            ) from error
