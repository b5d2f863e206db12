"""Single keys from the terminal, without Enter, as they are pressed; nothing where nobody can press any."""

import importlib
import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

Keys = Callable[[], str]  # what was pressed since the last call; "" for nothing
_ARROWS = {"\x1b[A": "up", "\x1b[B": "down", "\x1bOA": "up", "\x1bOB": "down"}


@contextmanager
def pressed(terminal: TextIO | None = None) -> Iterator[Keys]:
    """Gives the function to ask with: a character, "up" or "down". The terminal is as before at the end."""
    source = terminal or sys.stdin
    if not source.isatty():
        yield lambda: ""
    elif os.name == "nt":  # pragma: no cover  (not tried: no Windows here)
        yield _windows_key
    else:
        with _unbuffered(source.fileno()) as keys:
            yield keys


@contextmanager
def _unbuffered(descriptor: int) -> Iterator[Keys]:
    termios, tty = importlib.import_module("termios"), importlib.import_module("tty")  # not there on Windows
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)  # Ctrl-C still stops

    def byte() -> str:
        there = select.select([descriptor], [], [], 0)[0]
        return os.read(descriptor, 1).decode("latin-1") if there else ""

    def key() -> str:
        first = byte()
        return first if first != "\x1b" else _ARROWS.get(first + byte() + byte(), "")

    try:
        yield key
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _windows_key() -> str:  # pragma: no cover
    msvcrt = importlib.import_module("msvcrt")
    if not msvcrt.kbhit():
        return ""
    key = msvcrt.getwch()
    return {"H": "up", "P": "down"}.get(msvcrt.getwch(), "") if key in "\x00\xe0" else str(key)
