"""External tools: each in a process group of its own, with a time limit, its output streamed and kept (bounded)."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ToolResult:
    """`code` is the exit code (negative: the signal); `output` both streams as text, the middle cut out if endless."""

    code: int
    output: str
    seconds: float


def run_tool(
    argv: Sequence[str],
    *,
    timeout: float,
    stop: threading.Event | None = None,
    on_output: Callable[[str], None] | None = None,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> ToolResult:
    """Run to the end. `on_output` gets the output piece by piece as it comes, in this thread.

    Raises BoardTimeout(phase_timeout), BoardStopped, BoardError(tool_missing); the whole process group is gone then.
    """
    raise NotImplementedError


def tool_version(name: str) -> str:
    """Version of a tool of the table, "unknown" when it does not tell; asked once per process."""
    raise NotImplementedError
