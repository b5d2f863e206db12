"""Switches a printer off when nobody else can any more: the bench was killed, or its port was lost.

A process of its own, in a session of its own, so that a SIGKILL to the bench's whole process group does not reach it.
It holds one end of a pipe. While the bench lives and the printer may heat or move, nothing happens. The word "off" on
the pipe says that the printer is off: the guard ends. When the pipe ends without it, the guard opens the port, which
resets most controllers and so switches all off, and says the same itself, again and again, for ten minutes at the most.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import serial

from stemfleet.devices.families.printer_off import switch_off
from stemfleet.devices.line import is_url

_OFF = b"off\n"
_GIVEN_UP_S = 600.0
_GIVEN_UP_PTY_S = 3.0  # a virtual printer that is gone does not come back
_PATIENCE_S = 8.0  # opening may have reset the printer: its firmware listens again after some seconds
_AGAIN_S = 0.5
_END_S = 2.0


class Guard:
    """The guard of one port, from the side of the bench. One at a time for each port."""

    _all: dict[str, "Guard"] = {}  # noqa: RUF012  (shared on purpose)
    _lock = threading.Lock()

    def __init__(self, port: str, speed: int) -> None:
        """Begins. A guard of an earlier run that still waits for this port ends."""
        self.recall(port)
        self._port = port
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, port, str(speed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        with self._lock:
            self._all[port] = self

    @classmethod
    def recall(cls, port: str) -> None:
        """The printer is in our hands again: the guard that was left behind, if there is one, lets go of the port."""
        with cls._lock:
            left = cls._all.pop(port, None)
        if left is not None:
            left.end()

    def watches(self) -> bool:
        """Whether it is there: without it nothing is heated."""
        return self._process.poll() is None

    def end(self) -> None:
        """The printer is off."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # it may have ended, or been left behind before
            self._process.stdin.write(_OFF)
        self.leave()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        with self._lock:
            if self._all.get(self._port) is self:
                del self._all[self._port]

    def leave(self) -> None:
        """The printer could not be told: the guard goes on alone."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def wait(self, seconds: float) -> bool:
        """Whether it ends within so many seconds, having done its work or given up."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode is not None


def main(port: str, speed: int) -> None:
    """Until the pipe ends. What asks the bench to end, or a whole service, does not end the guard."""
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):  # no SIGHUP on Windows
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    is_pty = os.path.realpath(port).startswith("/dev/pts/")
    if sys.stdin.buffer.readline() == _OFF:
        return
    options = {} if is_url(port) else {"exclusive": True}
    until = time.monotonic() + (_GIVEN_UP_PTY_S if is_pty else _GIVEN_UP_S)
    while time.monotonic() < until:
        with (
            contextlib.suppress(serial.SerialException, OSError),
            serial.serial_for_url(port, speed, write_timeout=2.0, **options) as line,
        ):
            if switch_off(line, patience=_PATIENCE_S):
                return
        time.sleep(_AGAIN_S)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
