"""External tools: each in a process group of its own, with a time limit, its output streamed and kept (bounded)."""

import codecs
import contextlib
import functools
import os
import platform
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from stemfleet import __version__
from stemfleet.devices.faults import BoardError, BoardStopped, BoardTimeout
from stemfleet.errors import ToolMissing
from stemfleet.words import Reason

KEEP_CHARS = 64_000  # of a tool's output, at its beginning and again at its end
_TICK_S = 0.1
_GATHER_S = 0.005  # between two looks into a tool's output
_GRACE_S = 1.0  # between asking a tool to end and killing it
_LAST_WORDS_S = 3.0  # for the thread that reads what a tool said at its end
_TOO_LONG = "The tool did not end in time. Check the cable, unplug the board, plug it in again, and retry."


@dataclass(frozen=True)
class ToolResult:
    """`code` is the exit code (negative: the signal); `output` both streams as text, the middle cut out if endless."""

    code: int
    output: str
    seconds: float


# Tool → what installs it. Python packages come with the program; a missing one means a broken installation.
_INSTALL = {
    "avrdude": "sudo apt install avrdude",
    "qemu-system-arm": "sudo apt install qemu-system-arm",
    "gcc": "sudo apt install gcc libc6-dev",
    "avr-gcc": "sudo apt install gcc-avr avr-libc",
}
_PACKAGES = {"esptool": "esptool", "uflash": "uflash", "ampy": "adafruit-ampy", "pyserial": "pyserial"}


def install_command(tool: str) -> str:
    """The command that installs a tool here."""
    if tool in _PACKAGES:
        return f"pip install {_PACKAGES[tool]}"
    if tool == "avrdude" and sys.platform == "win32":
        return "pip install avrdude-windows"
    if tool == "avrdude" and sys.platform == "darwin":
        return "brew install avrdude"
    return _INSTALL.get(tool, f"sudo apt install {tool}")


def tool_missing(tool: str) -> BoardError:
    """The fault of a board whose tool is not installed."""
    return BoardError(Reason.TOOL_MISSING, str(ToolMissing(tool=tool, install=install_command(tool))))


@functools.cache
def tool_version(name: str) -> str:
    """Version of a tool, "unknown" when it does not tell; asked once per process."""
    if name == "stemfleet":
        return f"{__version__} (Python {platform.python_version()}, {platform.platform(terse=True)})"
    if name in _PACKAGES:
        try:
            return metadata.version(_PACKAGES[name])
        except metadata.PackageNotFoundError:
            return "unknown"
    # avrdude has no --version before 7.2 and prints its version with the help of -?.
    question = "-?" if name == "avrdude" else "--version"
    try:
        told = subprocess.run(
            [name, question], capture_output=True, text=True, timeout=10, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    found = re.search(r"\d+\.\d+[\w.+-]*", told.stdout + told.stderr)
    return found.group().rstrip(".") if found else "unknown"


def run_tool(
    argv: Sequence[str],
    *,
    timeout: float,
    stop: threading.Event | None = None,
    on_output: Callable[[str], None] | None = None,
    watch: Callable[[], None] | None = None,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> ToolResult:
    """Run to the end. `on_output` gets the output piece by piece as it comes, in this thread.

    `watch` is called a few times a second; what it or `on_output` raises ends the tool.
    Raises BoardTimeout(phase_timeout), BoardStopped, BoardError(tool_missing); whatever happens, the whole process
    group is gone afterwards.
    """
    tool = RunningTool(argv, watch=watch, cwd=cwd, env=env)
    result = tool.read(timeout=timeout, stop=stop, on_output=on_output)
    assert result is not None
    return result


class RunningTool:
    """A tool at work, to be read at once, in one go or several (it may do two things, one after the other).

    `watch` is called a few times a second while it is read; what that raises ends the tool.
    Raises BoardError(tool_missing).
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        watch: Callable[[], None] | None = None,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
    ) -> None:
        self._began = time.monotonic()
        self._watch = watch
        self._process = _start(argv, cwd, env)
        self._kept = Kept()
        self._pieces = _pieces(self._process, self._in_time)

    def read(
        self,
        *,
        timeout: float,
        stop: threading.Event | None = None,
        on_output: Callable[[str], None] | None = None,
        until: Callable[[], bool] | None = None,
    ) -> ToolResult | None:
        """To the tool's end, or (None) until it has said what makes `until` true; it goes on then.

        Otherwise as `run_tool`: the tool is gone when this raises.
        """
        self._until, self._stop = time.monotonic() + timeout, stop or threading.Event()
        try:
            for piece in self._pieces:
                self._kept.add(piece)
                if on_output is not None:
                    on_output(piece)
                if until is not None and until():
                    return None
        except BaseException:
            self.close()
            raise
        return ToolResult(self._process.returncode, self._kept.text(), time.monotonic() - self._began)

    def close(self) -> None:
        """The whole process group is gone when it returns; may be called twice."""
        self._pieces.close()

    def _in_time(self) -> None:
        if self._stop.is_set():
            raise BoardStopped
        if time.monotonic() > self._until:
            raise BoardTimeout(detail=_TOO_LONG)
        if self._watch is not None:
            self._watch()


def _start(argv: Sequence[str], cwd: Path | None, env: dict[str, str] | None) -> "subprocess.Popen[bytes]":
    if shutil.which(argv[0], path=(env or os.environ).get("PATH")) is None:
        raise tool_missing(Path(argv[0]).name)
    return subprocess.Popen(
        [*_end_with_us(), *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        env=env,
        start_new_session=True,  # a group of its own: it and its children can be ended together
    )


@functools.cache
def _end_with_us() -> tuple[str, ...]:
    """A prefix that ends a tool when this program is killed, where the system can do that (Linux).

    avrdude whose port has gone would otherwise run on for ever at full speed. The signal comes when the thread ends
    that started the tool, and that thread waits for it.
    """
    setpriv = shutil.which("setpriv") if sys.platform.startswith("linux") else None
    if setpriv is None:
        return ()
    told = subprocess.run([setpriv, "--help"], capture_output=True, text=True, timeout=10, check=False)
    return (setpriv, "--pdeathsig", "KILL", "--") if "--pdeathsig" in told.stdout else ()


def _pieces(process: "subprocess.Popen[bytes]", in_time: Callable[[], None]) -> Generator[str, None, None]:
    """The output as it comes, until the tool has ended.

    A thread reads the pipe, because a pipe cannot be waited for with a limit everywhere (Windows).
    """
    pieces: queue.Queue[str | None] = queue.Queue(maxsize=64)
    reader = threading.Thread(target=_read, args=(process, pieces), name=f"tool-{process.pid}", daemon=True)
    reader.start()
    last_words: float | None = None
    try:
        while True:
            in_time()
            try:
                piece = pieces.get(timeout=_TICK_S)
            except queue.Empty:
                # Ended, but on a busy computer its last words may not have been read yet.
                if last_words is None and process.poll() is not None:
                    _end_group(process)  # a child that outlives the tool may hold the pipe open
                    last_words = time.monotonic() + _LAST_WORDS_S
                if last_words is not None and time.monotonic() > last_words:
                    break  # nobody waits for a child that has left the group
                continue
            if piece is None:
                break
            yield piece
        while process.poll() is None:
            in_time()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_TICK_S)
    finally:
        _end_group(process)
        _drain(pieces, reader)


def _read(process: "subprocess.Popen[bytes]", pieces: "queue.Queue[str | None]") -> None:
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    assert process.stdout is not None
    with process.stdout as pipe:
        while data := os.read(pipe.fileno(), 4096):
            if text := decode(data):
                pieces.put(text)
            time.sleep(_GATHER_S)  # avrdude writes each character by itself
    pieces.put(None)


def _drain(pieces: "queue.Queue[str | None]", reader: threading.Thread) -> None:
    """Let the reader end: it may be waiting for room. One whose pipe an escaped child holds open is left behind."""
    until = time.monotonic() + _GRACE_S
    while reader.is_alive() and time.monotonic() < until:
        with contextlib.suppress(queue.Empty):
            pieces.get(timeout=_TICK_S / 10)


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    """Ask the group to end, then kill what is left of it. Safe to call again."""
    if process.poll() is None:
        _signal_group(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
    if sys.platform != "win32":
        _signal_group(process, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.wait()


def _signal_group(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    if sys.platform == "win32":
        process.terminate()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


class Kept:
    """The beginning and the end of an output that may be endless."""

    def __init__(self) -> None:
        self._head = ""
        self._tail = ""
        self._cut = 0

    def add(self, piece: str) -> None:
        """One more piece."""
        room = KEEP_CHARS - len(self._head)
        self._head += piece[:room]
        self._tail += piece[max(room, 0) :]
        if len(self._tail) > 2 * KEEP_CHARS:
            self._cut += len(self._tail) - KEEP_CHARS
            self._tail = self._tail[-KEEP_CHARS:]

    def text(self) -> str:
        """What was kept; says how much was cut out."""
        gap = f"\n[... {self._cut} characters cut out ...]\n" if self._cut else ""
        return f"{self._head}{gap}{self._tail}"
