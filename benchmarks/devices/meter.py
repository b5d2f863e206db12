"""Wall time, and who used the processors meanwhile: emulated boards, tools, the program, all others."""

import os
import resource
import statistics
import time
from collections.abc import Sequence
from types import TracebackType
from typing import NamedTuple

import psutil

_HOST = "stemfleet.devices.virtual.host"


class Use(NamedTuple):
    """Seconds of wall time, and shares (0 to 1) of all cores' time. `idle`: nobody's; the rest is other programs'."""

    wall: float
    emulators: float
    tools: float
    program: float
    idle: float

    @property
    def shares(self) -> str:
        """Columns of a table: emulators, tools, program, others, idle, in percent."""
        others = max(0.0, 1 - self.emulators - self.tools - self.program - self.idle)
        parts = (self.emulators, self.tools, self.program, others, self.idle)
        return " | ".join(f"{100 * part:.0f}" for part in parts)


def median(uses: Sequence[Use]) -> Use:
    return Use(*(statistics.median(use[key] for use in uses) for key in range(len(Use._fields))))


class Meter:
    """A context manager, or begin() and end(); `use` afterwards. The boards must live through all of it."""

    use: Use

    def begin(self) -> None:
        self._began = _sample()

    def end(self) -> None:
        then, now = self._began, _sample()
        spent = [after - before for before, after in zip(then, now, strict=True)]
        whole = spent[0] * (os.cpu_count() or 1)
        self.use = Use(spent[0], *(min(1.0, part / whole) for part in spent[1:]))

    def __enter__(self) -> "Meter":
        self.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


def hosts() -> list[psutil.Process]:
    """The processes that the virtual boards of this program live in."""
    return [child for child in psutil.Process().children() if _HOST in child.cmdline()]


def emulators() -> list[psutil.Process]:
    """These processes, and those of the boards."""
    return [process for host in hosts() for process in (host, *host.children(recursive=True))]


def emulator_seconds() -> float:
    """Processor time of all virtual boards until now; those that have ended are in their parent's account."""
    total = 0.0
    for process in emulators():
        used = process.cpu_times()
        total += used.user + used.system + used.children_user + used.children_system
    return total


def _sample() -> tuple[float, ...]:
    tools = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = time.process_time()
    return time.monotonic(), emulator_seconds(), tools.ru_utime + tools.ru_stime, own, psutil.cpu_times().idle
