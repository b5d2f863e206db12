"""Is there a bootloader at all? Asked in the bootloaders' own words, before avrdude waits its long time.

STK500 (Optiboot, ATmegaBOOT): Atmel application note AVR061, "Get sync". STK500v2 (Mega): AVR068, "Sign on".
"""

import time

from stemfleet.devices.line import Line, port_fault
from stemfleet.devices.run import Run
from stemfleet.words import Reason

QUESTIONS = {"arduino": b"0 ", "wiring": b"\x1b\x01\x00\x01\x0e\x01\x14"}  # by avrdude's name of the programmer
LISTEN_S = 2.0  # a bootloader waits one to two seconds after a reset
_AGAIN_S = 0.1
_NOISE = 200  # bytes after the first that are no answer of a bootloader, nor a greeting of ours


def knock(run: Run, programmer: str, baud: int) -> bool:
    """Whether anything at all came from the line; opening it resets the board.

    Raises BoardError unreadable when it never becomes quiet, and as `Run.line`.
    """
    with run.line(baud) as line:
        until = time.monotonic() + min(LISTEN_S, run.remaining())
        while time.monotonic() < until:
            line.write(QUESTIONS[programmer])
            if line.read(256, _AGAIN_S):
                _refuse_noise(run, line)
                return True
    return False


def _refuse_noise(run: Run, line: Line) -> None:
    heard = line.drain(quiet=0.05, limit=0.5)
    if len(heard) > _NOISE and line.read(1, 0.05):
        raise port_fault(Reason.UNREADABLE, run.port, retry=True)
