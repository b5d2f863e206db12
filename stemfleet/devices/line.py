"""The serial line to one board: pyserial behind names for what goes wrong, and reads that always end."""

import contextlib
import errno
import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import serial

from stemfleet.devices.faults import BoardError, BoardFault, BoardStopped, BoardTimeout
from stemfleet.devices.holders import drop_stale_claim, is_no_terminal, port_is_exclusive, port_is_held, release
from stemfleet.words import Reason

LONGEST_LINE = 4096  # bytes; a board of ours never says more in one line
MOST_UNKNOWN = 65536  # bytes that are not the answer, before a line counts as garbage
_TICK_S = 0.05
# The system itself looks into a port that has just been plugged in, and a process that we are just starting holds a
# copy of all our open ports for a moment: a long one on a loaded computer.
_BUSY_PATIENCE_S = 2.0

_OPENING = {
    errno.ENOENT: Reason.PORT_MISSING,
    errno.ENXIO: Reason.PORT_MISSING,
    errno.ENODEV: Reason.PORT_MISSING,
    errno.EIO: Reason.PORT_MISSING,
    errno.EACCES: Reason.PORT_DENIED,
    errno.EPERM: Reason.PORT_DENIED,
    errno.EBUSY: Reason.PORT_BUSY,
    errno.EAGAIN: Reason.PORT_BUSY,
}
_REMEDY = {
    Reason.PORT_MISSING: "Port {port} is not there. Plug the board in, or choose another port (stemfleet ports).",
    Reason.PORT_BUSY: "Port {port} is in use by another program. Close it there and retry.",
    Reason.PORT_DENIED: "No permission for port {port}. On Debian: sudo adduser $USER dialout, then log in again.",
    Reason.UNPLUGGED: "Port {port} went away in the middle. Plug the board in again and retry.",
    Reason.SILENT: "Nothing came from port {port}. Check the cable and that the board runs, then retry.",
    Reason.RESTARTED: "The board on port {port} started anew in the middle. Its power is too weak: try another cable "
    "or a powered hub, then retry.",
    Reason.UNREADABLE: "What came from port {port} cannot be understood. Check recipe and line speed, then retry.",
}


def port_fault(reason: Reason, port: str, *, retry: bool = False) -> BoardFault:
    """The fault with its sentence for the port: port_missing, port_busy, port_denied, unplugged, silent,
    restarted, unreadable."""
    kind = BoardTimeout if reason is Reason.SILENT else BoardError
    return kind(reason, _REMEDY[reason].format(port=port), retry=retry)


def is_url(port: str) -> bool:
    """A pyserial URL ("socket://…", "rfc2217://…") and not a device."""
    return "://" in port


def port_exists(port: str) -> bool:
    """Whether the device is there; of a URL nothing is known before it is opened."""
    return is_url(port) or port.upper().startswith("COM") or Path(port).exists()


def port_node(port: str) -> tuple[int, ...] | None:
    """Which device has this name now: another value than before, and it was pulled out, and the name given away.

    None where nobody tells (a URL, Windows, a port that is not there). A pseudo-terminal's number is given out again
    with the same inode, so its time counts too; udev changes that of a real device's node soon after it came.
    """
    try:
        node = Path(port).stat()
    except OSError:
        return None
    born = node.st_ctime_ns if os.path.realpath(port).startswith("/dev/pts/") else 0
    return node.st_dev, node.st_ino, node.st_rdev, born


def check_port(port: str) -> None:
    """The port is there, ours to open, and in nobody's hands; nothing is opened, so no board is reset.

    Raises BoardError port_missing, port_denied, port_busy.
    """
    if is_url(port):
        return
    if not port_exists(port):
        raise port_fault(Reason.PORT_MISSING, port)
    if Path(port).is_file() or Path(port).is_dir() or is_no_terminal(port):
        raise BoardError(
            Reason.PORT_MISSING, f"{port} is no serial port. Choose one of those that `stemfleet ports` shows."
        )
    if Path(port).exists() and not os.access(port, os.R_OK | os.W_OK):
        raise port_fault(Reason.PORT_DENIED, port)
    until = time.monotonic() + _BUSY_PATIENCE_S
    while port_is_held(port):
        if time.monotonic() > until:
            raise port_fault(Reason.PORT_BUSY, port)
        time.sleep(_TICK_S)


class Line:
    """An open line; a context manager. Every read is bounded in time and in bytes.

    Raises BoardError port_missing, port_busy, port_denied on opening; BoardError unplugged, BoardTimeout silent,
    BoardError unreadable, BoardStopped while talking. `limit` is the moment (time.monotonic) past which it raises
    BoardTimeout phase_timeout.
    """

    def __init__(
        self,
        port: str,
        baud: int = 115200,
        *,
        stop: threading.Event | None = None,
        limit: float | None = None,
        log: Callable[[str], None] | None = None,
        **options: Any,
    ) -> None:
        self.port = port
        self._stop = stop or threading.Event()
        self._limit = limit
        self._log = log or _no_log
        self._waiting = bytearray()
        self._serial = _open(port, baud, options)

    def write(self, data: bytes | str) -> None:
        """Send; a text is sent as UTF-8, exactly as given."""
        raw = data.encode() if isinstance(data, str) else data
        self._log(f"> {_shown(raw)}\n")
        try:
            self._serial.write(raw)
        except serial.SerialTimeoutException as full:
            raise port_fault(Reason.SILENT, self.port) from full
        except (OSError, TypeError) as gone:
            raise port_fault(Reason.UNPLUGGED, self.port) from gone

    def read(self, size: int = 4096, timeout: float = 0.0) -> bytes:
        """What is there, at most `size` bytes, waiting up to `timeout` seconds for the first; b"" when nothing came."""
        if self._waiting:
            taken = bytes(self._waiting[:size])
            del self._waiting[:size]
            return taken
        return self._receive(size, time.monotonic() + timeout)

    def read_line(self, timeout: float) -> str | None:
        """The next whole line without its end, None when none came in time. Over-long: unreadable.

        Bytes that are no UTF-8 come as U+FFFD: a board that starts may say a few.
        """
        until = time.monotonic() + timeout
        while (end := self._waiting.find(b"\n")) < 0:
            if len(self._waiting) > LONGEST_LINE:
                raise port_fault(Reason.UNREADABLE, self.port)
            more = self._receive(4096, until)
            if not more:
                return None
            self._waiting += more
        raw = bytes(self._waiting[:end])
        del self._waiting[: end + 1]
        text = raw.decode("utf-8", "replace").rstrip("\r")
        self._log(f"< {text}\n")
        return text

    def read_until(
        self, mark: bytes, timeout: float, limit: int = MOST_UNKNOWN, *, start: re.Pattern[bytes] | None = None
    ) -> bytes:
        """Everything up to and with `mark`. Nothing came: silent; other things only: unreadable.

        `start`: what only a board that has just started says: restarted.
        """
        until = time.monotonic() + timeout
        while (end := self._waiting.find(mark)) < 0:
            if start is not None and start.search(self._waiting):
                raise port_fault(Reason.RESTARTED, self.port, retry=True)
            if len(self._waiting) > limit:
                raise port_fault(Reason.UNREADABLE, self.port)
            more = self._receive(4096, until)
            if not more:
                self._log(f"< {_shown(bytes(self._waiting))}\n")
                raise port_fault(Reason.UNREADABLE if self._waiting else Reason.SILENT, self.port)
            self._waiting += more
        found = bytes(self._waiting[: end + len(mark)])
        del self._waiting[: end + len(mark)]
        self._log(f"< {_shown(found)}\n")
        return found

    def ask(self, text: str, answer: str, timeout: float = 2.0, *, repeat: float | None = None) -> re.Match[str]:
        """Send a line (the newline is added) and give the first line that matches the regular expression `answer`.

        Other lines are skipped. `repeat`: send again every so many seconds (a board that is still starting).
        Nothing at all: silent; things, but never that one: unreadable.
        """
        pattern = re.compile(answer)
        until = time.monotonic() + timeout
        unknown = 0
        while (now := time.monotonic()) < until:
            self.write(text + "\n")
            again = min(until, now + repeat) if repeat else until
            while (left := again - time.monotonic()) > 0:
                line = self.read_line(left)
                if line is None:
                    break
                if match := pattern.search(line):
                    return match
                unknown += len(line) + 1
                if unknown > MOST_UNKNOWN:
                    raise port_fault(Reason.UNREADABLE, self.port)
        raise port_fault(Reason.UNREADABLE if unknown or self._waiting else Reason.SILENT, self.port)

    def drain(self, quiet: float = 0.1, limit: float = 1.0) -> bytes:
        """Throw away what is waiting until it is quiet for `quiet` seconds; returned for the log."""
        thrown = bytearray(self._waiting)
        self._waiting.clear()
        until = time.monotonic() + limit
        while time.monotonic() < until:
            more = self._receive(4096, time.monotonic() + quiet)
            if not more:
                break
            thrown += more[: MOST_UNKNOWN - len(thrown)]
        return bytes(thrown)

    @property
    def pending(self) -> int:
        """Bytes that came but are no whole line yet."""
        return len(self._waiting)

    @property
    def serial(self) -> Any:
        """The pyserial object, for libraries that need it (ampy). Faults from it are the caller's to name."""
        return self._serial

    def close(self) -> None:
        """Close; never raises."""
        with contextlib.suppress(Exception):
            release(self._serial)
        with contextlib.suppress(Exception):
            self._serial.close()

    def __enter__(self) -> "Line":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _receive(self, size: int, until: float) -> bytes:
        """The next bytes, b"" when none came before `until`."""
        while True:
            if self._stop.is_set():
                raise BoardStopped
            now = time.monotonic()
            if self._limit is not None and now > self._limit:
                raise BoardTimeout(detail=f"Port {self.port}: the phase ran past its limit.")
            try:
                self._serial.timeout = max(0.0, min(_TICK_S, until - now))
                data: bytes = self._serial.read(1)
                if data:
                    return data + bytes(self._serial.read(min(size - 1, self._serial.in_waiting)))
            except (OSError, TypeError) as gone:
                raise port_fault(Reason.UNPLUGGED, self.port) from gone
            if now >= until:
                return b""


def _open(port: str, baud: int, options: dict[str, Any]) -> Any:
    check_port(port)
    if not is_url(port):
        options = {"exclusive": True, **options}
    until = time.monotonic() + _BUSY_PATIENCE_S
    while True:
        try:
            opened = serial.serial_for_url(port, baud, timeout=_TICK_S, write_timeout=2.0, **options)
        except (OSError, ValueError) as error:
            reason = _opening_fault(error)
            if reason is not Reason.PORT_BUSY or time.monotonic() > until:
                raise port_fault(reason, port) from error
        else:
            if not port_is_exclusive(opened) or drop_stale_claim(opened, port):
                return opened
            opened.close()
            if time.monotonic() > until:
                raise port_fault(Reason.PORT_BUSY, port)
        time.sleep(_TICK_S)


def _opening_fault(error: Exception) -> Reason:
    text = str(error)
    if "PermissionError" in text or "Access is denied" in text:  # Windows: also said of a port in use
        return Reason.PORT_BUSY
    if "FileNotFoundError" in text:
        return Reason.PORT_MISSING
    return _OPENING.get(getattr(error, "errno", None) or 0, Reason.PORT_MISSING)


def _no_log(text: str) -> None:
    del text


def _shown(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace").rstrip("\r\n")
