"""What a driver sees of the one board it works on, and what the core asks of a driver."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, ClassVar, Protocol

from stemfleet.devices.faults import BoardStopped, BoardTimeout
from stemfleet.devices.line import Line, check_port, is_url, port_exists, port_fault
from stemfleet.devices.recipe import Limit, Recipe
from stemfleet.devices.record import Measurement, Value
from stemfleet.devices.tools import Kept, RunningTool, ToolResult, tool_version
from stemfleet.words import Reason

SAFE_S = 5.0  # what make_safe has

ProgressCall = Callable[[int, int], None]


@dataclass(frozen=True)
class Identity:
    """`board_id` None: it cannot be known yet. `details`: what else it told (chip, versions), for the log and page."""

    board_id: str | None
    details: dict[str, str] = field(default_factory=dict)


class Driver(Protocol):
    """One class per family; the methods are the phases. Each raises BoardFault when the board does not pass.

    All waiting goes through the run (`tool`, `line`, `wait`): that is what keeps time limits and stops true. A family
    may also have `take_over(port)`, a static method that is called before the port is looked at.
    """

    port_first: ClassVar[bool] = True  # False: the port may appear only after the flash (micro:bit drive)

    def __init__(self, run: "Run") -> None: ...

    def identify(self) -> Identity:
        """Who is it? A wrong board: BoardFail(WRONG_BOARD), and nothing was written."""

    def flash(self) -> None:
        """Write `run.firmware`."""

    def verify(self) -> None:
        """Read back, or proof over serial. Differs: BoardFail(VERIFY_MISMATCH, retry=True)."""

    def check(self) -> None:
        """Measure everything there is, through `run.measure`; never stop at the first bad one."""

    def finish(self) -> Identity | None:
        """The pupils' first program; the final identity if `identify` could not tell."""

    def make_safe(self) -> None:
        """Always called at the end, also on abort and error. Must not raise; has five seconds."""


class Run:
    """One board on one port. `port`: device path, pty, or pyserial URL; `workdir`: private, gone afterwards.

    `is_pty`: no DTR/RTS there. `volume`: the MICROBIT drive. `firmware`: a private copy of the approved image (its
    sha256 is checked); in a check without flash it is not there.
    """

    def __init__(
        self,
        *,
        recipe: Recipe,
        port: str,
        volume: Path | None,
        workdir: Path,
        stop: threading.Event,
        on_progress: ProgressCall | None = None,
        on_instruction: Callable[[str, dict[str, str]], None] | None = None,
    ) -> None:
        self.recipe = recipe
        self.port = _absolute(port)  # tools run in the work folder
        self.volume = volume
        self.workdir = workdir
        self.firmware = workdir / "firmware"
        self.version = recipe.firmware.version  # of that image
        self.stop = stop
        self.board_id: str | None = None
        self.details: dict[str, str] = {}
        self.tools = {"stemfleet": tool_version("stemfleet")}
        self.measurements: list[Measurement] = []
        self.warning: str | None = None
        self.spoke = False  # over the port, in this attempt
        self._on_progress = on_progress
        self._on_instruction = on_instruction
        self._heeded = stop
        self._deadline = float("inf")
        self._log = Kept()

    @property
    def is_pty(self) -> bool:
        """Whether the port is a pseudo-terminal; asked each time, because a port may come only after the flash."""
        return os.path.realpath(self.port).startswith("/dev/pts/")

    # What the core does with it

    def begin(self, timeout: float, *, heed_stop: bool = True) -> None:
        """A new attempt of a phase: its limit, and an empty log. Without `heed_stop` even a stopped run goes on."""
        self._deadline = time.monotonic() + timeout
        self._heeded = self.stop if heed_stop else threading.Event()
        self._log = Kept()
        self.spoke = False

    def log(self) -> str:
        """The raw log of the attempt so far."""
        return self._log.text()

    # What the driver does with it

    def progress(self, done: int, total: int) -> None:
        """Of this phase, in bytes or percent."""
        if self._on_progress is not None:
            self._on_progress(done, total)

    def instruct(self, text: str, **facts: str) -> None:
        """What a person has to do now for the phase to go on: a sentence with places for its facts, for translation."""
        self.note(f"for a person: {text.format(**facts)}")
        if self._on_instruction is not None:
            self._on_instruction(text, facts)

    def note(self, text: str) -> None:
        """Into the raw log of the phase, as a line of its own."""
        self._log.add(text if text.endswith("\n") else f"{text}\n")

    def measure(self, name: str, value: Value, unit: str = "") -> None:
        """A measurement; limits are the recipe's. None: the board could not tell (ERROR unreadable, not FAIL)."""
        if isinstance(value, int):
            value = float(value)
        if isinstance(value, float) and not isfinite(value):
            self.note(f"{name}: {value} is no number")
            value = None
        limit = self.recipe.limit(name, unit)
        if limit.hardware and self.is_pty:
            limit = Limit(name, limit.unit)
        measurement = limit.judge(value)
        self.measurements.append(measurement)
        self.note(f"{name}: {value} {measurement.unit} [{measurement.low} .. {measurement.high}] {measurement.outcome}")

    def warn(self, reason: str) -> None:
        """PASS with a warning: it becomes the record's reason, e.g. clone."""
        self.warning = str(reason)
        self.note(f"warning: {reason}")

    def found(self, board_id: str | None = None, **details: str) -> None:
        """Learned later than in identify.

        `firmware="name"`, `version="1.0"` tell what a board runs that we did not flash.
        """
        self.board_id = board_id or self.board_id
        self.details |= details
        for name, value in details.items():
            self.note(f"{name}: {value}")

    def used(self, tool: str) -> None:
        """A library used in-process ("uflash"): its version goes into the record."""
        if tool not in self.tools:
            self.tools[tool] = tool_version(tool)

    def tool(
        self,
        argv: Sequence[str],
        *,
        timeout: float | None = None,
        on_output: Callable[[str], None] | None = None,
        name: str | None = None,
        env: dict[str, str] | None = None,
        uses_port: bool = False,
    ) -> ToolResult:
        """Run a tool to its end in the work folder; logged. `name`: its name in the record (default: argv[0]'s).

        Limited by `timeout` and by what is left of the phase, whichever is shorter. `uses_port`: the port is checked
        before (port_missing, port_busy, port_denied) and watched: when it goes away, the tool is ended (unplugged).
        Raises as `tools.run_tool`, and what `on_output` raises; the tool is gone then.
        """
        tool = self.start_tool(argv, env=env, uses_port=uses_port)
        result = self.read_tool(tool, name or Path(argv[0]).name, timeout=timeout, on_output=on_output)
        assert result is not None
        return result

    def start_tool(
        self, argv: Sequence[str], *, env: dict[str, str] | None = None, uses_port: bool = False
    ) -> RunningTool:
        """For a tool whose work is more than one phase's: `read_tool` next, and `close` it in make_safe. As `tool`."""
        if uses_port:
            self.check_port()
        self.note(f"$ {' '.join(argv)}")
        return RunningTool(argv, watch=self._still_there if uses_port else None, cwd=self.workdir, env=env)

    def read_tool(
        self,
        tool: RunningTool,
        name: str,
        *,
        timeout: float | None = None,
        on_output: Callable[[str], None] | None = None,
        until: Callable[[], bool] | None = None,
    ) -> ToolResult | None:
        """To the tool's end; or until `until` is true after a piece of output: None, and it goes on. As `tool`."""

        def heard(piece: str) -> None:
            self._log.add(piece)
            if on_output is not None:
                on_output(piece)

        left = max(0.0, self.remaining())
        result = tool.read(
            timeout=left if timeout is None else min(timeout, left), stop=self._heeded, on_output=heard, until=until
        )
        if result is not None:
            self.used(name)
            self.note(f"[exit code {result.code} after {result.seconds:.2f} s]")
        return result

    def _still_there(self) -> None:
        if not self.port_exists():
            raise port_fault(Reason.UNPLUGGED, self.port)

    def line(self, baud: int = 115200, **options: Any) -> Line:
        """Open the port; use as a context manager. `options` go to pyserial. Raises as `line.Line`."""
        self.used("pyserial")
        self.spoke = True
        return Line(self.port, baud, stop=self._heeded, limit=self._deadline, log=self._log.add, **options)

    def check_port(self) -> None:
        """Before a tool opens the port: raises BoardError port_missing, port_denied, port_busy."""
        self.spoke = True
        check_port(self.port)

    def port_exists(self) -> bool:
        """Whether the device path is there (a URL always is)."""
        return port_exists(self.port)

    def wait(self, seconds: float) -> None:
        """Sleep; raises BoardStopped when stopped, BoardTimeout past the limit."""
        if self._heeded.wait(max(0.0, min(seconds, self.remaining()))):
            raise BoardStopped
        if self.remaining() <= 0:
            raise BoardTimeout(detail="The phase ran past its limit.")

    def remaining(self) -> float:
        """Seconds left of this phase's limit."""
        return self._deadline - time.monotonic()


def _absolute(port: str) -> str:
    named = is_url(port) or port.upper().startswith("COM")
    return port if named else str(Path(port).absolute())
