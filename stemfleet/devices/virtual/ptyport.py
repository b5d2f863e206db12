"""The serial end of a virtual board: a pseudo-terminal under a name that stays the same.

A pseudo-terminal has no DTR and no RTS, and what is written to it before anybody listens is thrown away by the
listener's own opening. So output waits here until the port has been open for a moment.
"""

import contextlib
import errno
import os
import select
import termios
import time
import tty
from pathlib import Path

_SETTLE_S = 0.05  # an opening program empties its input buffer first; what comes later is its to keep
_KEEP = 65536  # bytes that wait for a listener; a real UART would keep none


class PtyPort:
    """One pseudo-terminal and the symbolic link that names it. Not thread-safe: belongs to the board's thread."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.is_open = False
        self._opened_at = 0.0
        self._waiting = bytearray()
        self.master, slave = os.openpty()
        tty.setraw(slave, termios.TCSANOW)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(slave))
        os.close(slave)
        os.set_blocking(self.master, False)

    def look(self) -> bool:
        """True if the port has been opened or closed since the last look; `is_open` tells which."""
        poll = select.poll()
        poll.register(self.master, select.POLLIN)
        events = dict(poll.poll(0)).get(self.master, 0)
        now_open = not events & select.POLLHUP
        changed = now_open != self.is_open
        if changed and now_open:
            self._opened_at = time.monotonic()
        self.is_open = now_open
        return changed

    def read(self) -> bytes:
        """What the host sent; empty if nothing is there."""
        try:
            return os.read(self.master, 65536)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EIO):
                return b""
            raise

    def send(self, data: bytes) -> None:
        """To the host, now or when somebody listens. The newest bytes are lost beyond 64 kB."""
        self._waiting += data[: _KEEP - len(self._waiting)]
        self.flush()

    def flush(self) -> None:
        """Hands over what waits, if somebody listens; to be called again and again."""
        if not self._waiting or not self.is_open or time.monotonic() - self._opened_at < _SETTLE_S:
            return
        with contextlib.suppress(BlockingIOError):
            del self._waiting[: os.write(self.master, self._waiting)]

    def forget(self) -> None:
        """Throws away what waits: the board was reset."""
        self._waiting.clear()

    def close(self) -> None:
        """The cable is pulled: the port and its name are gone."""
        self.link.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            os.close(self.master)
