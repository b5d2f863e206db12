"""Who has a port open. Linux tells; elsewhere the attempt to open the port does.

A terminal device lets any number of programs open it, and the superuser may pass every lock, so a second program on
the line would go unnoticed and spoil both conversations.
"""

import contextlib
import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_PTS = Path("/dev/pts")


def port_is_held(port: str) -> bool:
    """Whether another process has the device open (Linux; as far as this user may see), or has locked it."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        device = Path(port).stat()
    except OSError:
        return False
    terminal = os.path.realpath(port)
    return _locked(device) or any(_holds(process, terminal) for process in _LOOK.around())


def port_is_exclusive(opened: Any) -> bool:
    """Whether another program has claimed this open port for itself (TIOCEXCL)."""
    if not sys.platform.startswith("linux") or getattr(opened, "fd", None) is None:
        return False
    import fcntl  # noqa: PLC0415  (not there on Windows)

    answer = bytearray(4)
    with contextlib.suppress(OSError):
        fcntl.ioctl(opened.fd, 0x80045440, answer)  # TIOCGEXCL
    return any(answer)


def is_no_terminal(port: str) -> bool:
    """Whether the device is certainly something else than a serial line (Linux tells, when /sys is there)."""
    try:
        device = Path(port).stat()
    except OSError:
        return False
    kind = Path(f"/sys/dev/char/{os.major(device.st_rdev)}:{os.minor(device.st_rdev)}/subsystem")
    return kind.exists() and kind.resolve().name != "tty"


def drop_stale_claim(opened: Any, port: str) -> bool:
    """Takes back the claim (TIOCEXCL) of a program that is gone; false when somebody still has the port.

    A real port forgets it with the last closing. A pseudo-terminal keeps it for as long as its other end lives.
    """
    if not os.path.realpath(port).startswith(f"{_PTS}/") or port_is_held(port):
        return False
    import fcntl  # noqa: PLC0415
    import termios  # noqa: PLC0415

    fcntl.ioctl(opened.fd, termios.TIOCNXCL)
    return True


def release(opened: Any) -> None:
    """Give up the lock at once: a process that is being started just now may hold a copy of the descriptor."""
    if sys.platform == "win32" or getattr(opened, "fd", None) is None:
        return
    import fcntl  # noqa: PLC0415

    fcntl.flock(opened.fd, fcntl.LOCK_UN)


@dataclass(frozen=True)
class _Process:
    """Another process, and the devices that it has open, by descriptor."""

    folder: Path
    devices: dict[str, str]


class _Look:
    """One look around serves everybody who asked before it began: many boards start at once, and it takes a while."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began = 0.0
        self._seen: list[_Process] = []

    def around(self) -> list[_Process]:
        asked = time.monotonic()
        with self._lock:
            if self._began < asked:
                self._began = time.monotonic()
                self._seen = list(_processes_with_devices())
            return self._seen


_LOOK = _Look()


def _processes_with_devices() -> Iterator[_Process]:
    for name in os.listdir(_PROC):  # noqa: PTH208 - paths as texts: thousands of them
        if not name.isdigit() or int(name) == os.getpid():
            continue
        folder = f"{_PROC}/{name}/fd"
        devices = {}
        with contextlib.suppress(OSError):  # ended meanwhile, or another user's
            for descriptor in os.listdir(folder):  # noqa: PTH208
                with contextlib.suppress(OSError):
                    target = os.readlink(f"{folder}/{descriptor}")  # noqa: PTH115
                    if target.startswith("/dev/"):
                        devices[descriptor] = target
        if devices:
            yield _Process(_PROC / name, devices)


def _holds(process: _Process, terminal: str) -> bool:
    pseudo = terminal.startswith(f"{_PTS}/")
    mine = [int(number) for number, target in process.devices.items() if target == terminal]
    # A pseudo-terminal's own maker often keeps this side open too, and its children get it as standard input.
    used = [number for number in mine if not pseudo or number > 2]
    if not used:
        return False
    masters = [number for number, target in process.devices.items() if pseudo and target.endswith("/ptmx")]
    return not any(_is_master(process.folder, number, terminal) for number in masters)


def _is_master(process: Path, descriptor: str, terminal: str) -> bool:
    try:
        told = (process / "fdinfo" / descriptor).read_text()
    except OSError:
        return False
    index = re.search(r"^tty-index:\s*(\d+)", told, re.MULTILINE)
    return index is not None and terminal == f"{_PTS}/{index.group(1)}"


def _locked(device: os.stat_result) -> bool:
    """A lock (flock) by a process that is not ours, on this very file."""
    place = f"{os.major(device.st_dev):02x}:{os.minor(device.st_dev):02x}:{device.st_ino}"
    try:
        locks = (_PROC / "locks").read_text().splitlines()
    except OSError:
        return False
    fields = (line.split() for line in locks)
    return any(len(row) > 5 and row[1] == "FLOCK" and row[5] == place and row[4] != str(os.getpid()) for row in fields)
