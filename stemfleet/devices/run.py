"""What a driver sees of the one board it works on, and what the core asks of a driver."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

from stemfleet.devices.line import Line
from stemfleet.devices.recipe import Recipe
from stemfleet.devices.record import Value
from stemfleet.devices.tools import ToolResult


@dataclass(frozen=True)
class Identity:
    """`board_id` None: it cannot be known yet. `details`: what else it told (chip, versions), for the log and page."""

    board_id: str | None
    details: dict[str, str] = field(default_factory=dict)


class Driver(Protocol):
    """One class per family; the methods are the phases. Each raises BoardFault when the board does not pass.

    All waiting goes through the run (`tool`, `line`, `wait`): that is what keeps time limits and stops true.
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
    """One board on one port. `port`: device path, pty, or pyserial URL; `workdir`: private, gone afterwards."""

    recipe: Recipe
    port: str
    is_pty: bool  # no DTR/RTS there
    volume: Path | None  # the MICROBIT drive
    firmware: Path  # a private copy of the approved image: its sha256 is checked
    workdir: Path
    stop: threading.Event

    def progress(self, done: int, total: int) -> None:
        """Of this phase, in bytes or percent."""

    def note(self, text: str) -> None:
        """Into the raw log of the phase."""

    def measure(self, name: str, value: Value, unit: str = "") -> None:
        """A measurement; limits are the recipe's. None: the board could not tell (ERROR unreadable, not FAIL)."""

    def warn(self, reason: str) -> None:
        """PASS with a warning: it becomes the record's reason, e.g. clone."""

    def found(self, board_id: str | None = None, **details: str) -> None:
        """Learned later than in identify. `firmware="name"`, `version="1.0"` tell what a board runs that we did not flash."""

    def used(self, tool: str) -> None:
        """A library used in-process ("uflash"): its version goes into the record."""

    def tool(
        self,
        argv: Sequence[str],
        *,
        timeout: float | None = None,
        on_output: Callable[[str], None] | None = None,
        name: str | None = None,
    ) -> ToolResult:
        """Run a tool to its end; logged. `name` is the tool's name in the record (default: argv[0]).

        Limited by `timeout` and by what is left of the phase, whichever is shorter.
        """
        raise NotImplementedError

    def line(self, baud: int = 115200, **options: Any) -> Line:
        """Open the port; use as a context manager. `options` go to pyserial."""
        raise NotImplementedError

    def wait(self, seconds: float) -> None:
        """Sleep; raises BoardStopped when stopped, BoardTimeout past the limit."""

    def remaining(self) -> float:
        """Seconds left of this phase's limit."""
        raise NotImplementedError

    def port_exists(self) -> bool:
        """Whether the device path is there (a URL always is)."""
        raise NotImplementedError
