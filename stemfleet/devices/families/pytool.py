"""Tools that are Python packages (uflash, esptool, ampy), each run as a process of its own."""

import importlib.util
import sys
from collections.abc import Callable, Sequence

from stemfleet.devices.run import Run
from stemfleet.devices.tools import ToolResult, tool_missing


def run_python_tool(
    run: Run,
    name: str,
    arguments: Sequence[str],
    *,
    module: str | None = None,
    timeout: float | None = None,
    on_output: Callable[[str], None] | None = None,
) -> ToolResult:
    """`python -m module arguments…` with this very Python.

    `name` is the tool's name in the record, and its module unless that is given.
    Raises BoardError(tool_missing), and as `Run.tool`.
    """
    if importlib.util.find_spec((module or name).partition(".")[0]) is None:
        raise tool_missing(name)
    return run.tool([sys.executable, "-m", module or name, *arguments], timeout=timeout, on_output=on_output, name=name)
