"""A real MicroPython (its Unix port) made to behave as on a board: soft reset, raw REPL, files in a flash of its own.

The interpreter runs on an inner pseudo-terminal. The Unix port ends on Ctrl-D where a board starts again; so does this.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import termios
import tty
from pathlib import Path

from stemfleet.errors import ToolMissing
from stemfleet.resources import resource

FLASH_SIZE = 256 * 4096  # bytes of the file system, as on a board with 4 MB
_RAW_BANNER = b"raw REPL; CTRL-B to exit"
_PROMPT = b">>> "
_ENTER_RAW = b"\x01"


def need_micropython() -> None:
    """Raises ToolMissing if the interpreter is not installed."""
    if importlib.util.find_spec("micropython_unix") is None:
        raise ToolMissing(tool="micropython", install="pip install 'stemfleet[virtual]'")


class MicroPython:
    """One interpreter; `fd` is to be watched for its output. Belongs to the thread that made it."""

    def __init__(self, flash_file: Path, heap_kb: int) -> None:
        """`flash_file` keeps the board's files; it is made, erased, if it is not there."""
        if not flash_file.exists():
            flash_file.write_bytes(b"\xff" * FLASH_SIZE)
        self._flash_file = flash_file
        self._heap_kb = heap_kb
        self._raw = False
        self._entering = False
        self._tail = b""
        self._start()

    def write(self, data: bytes) -> None:
        """From the host."""
        with contextlib.suppress(OSError):
            os.write(self.fd, data)

    def read(self) -> bytes:
        """What it prints, with a board's line ends; after its end, that of the interpreter that follows it.

        `fd` may be another one afterwards.
        """
        try:
            data = os.read(self.fd, 4096)
        except OSError:
            data = b""
        if not data:
            self.stop()
            self._start()
            return b"MPY: soft reboot\r\n"
        if self._entering:
            return self._swallow(data)
        self._watch(data)
        return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

    def stop(self) -> None:
        """Ends the interpreter."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        os.close(self.fd)

    def _start(self) -> None:
        self.fd, inner = os.openpty()
        tty.setraw(inner, termios.TCSANOW)
        modes = termios.tcgetattr(inner)
        modes[3] |= termios.ISIG  # Ctrl-C must reach a program that does not read
        termios.tcsetattr(inner, termios.TCSANOW, modes)
        environment = {"FLASH_FILE": str(self._flash_file.resolve()), "PATH": os.environ.get("PATH", "")}
        if self._raw:
            environment["RAW"] = "1"
            self._entering, self._tail = True, b""
        mortal = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        boot = str(resource("firmware", "esp", "virtual_boot.py"))
        interpreter = [sys.executable, "-m", "micropython_unix", "-X", f"heapsize={self._heap_kb}K", "-i", boot]
        # The inner terminal must be the interpreter's controlling one, or Ctrl-C would be only a byte.
        self._process = subprocess.Popen(
            [*mortal, sys.executable, "-c", _OWN_TERMINAL, *interpreter],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=environment,
            start_new_session=True,
        )
        os.close(inner)

    def _swallow(self, data: bytes) -> bytes:
        """After a soft reset in raw mode: the prompt of the new interpreter is not for the host, raw mode is."""
        self._tail = (self._tail + data)[-64:]
        if self._tail.endswith(_PROMPT):
            self._entering = False
            self.write(_ENTER_RAW)
        return b""

    def _watch(self, data: bytes) -> None:
        """Keeps track of raw mode, which must outlive a soft reset."""
        self._tail = self._tail[-64:] + data
        prompt, banner = self._tail.rfind(b"\n" + _PROMPT), self._tail.rfind(_RAW_BANNER)
        if prompt != banner:
            self._raw = banner > prompt


_OWN_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
