"""External tools: streamed, bounded, ended wholly."""

import re
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from core_peers import processes_with, until

from stemfleet.devices import tools
from stemfleet.devices.faults import BoardError, BoardStopped, BoardTimeout
from stemfleet.devices.tools import KEEP_CHARS, RunningTool, run_tool, tool_version
from stemfleet.words import Outcome, Reason


def python(code: str, *more: str) -> list[str]:
    return [sys.executable, "-u", "-c", code, *more]


def test_a_tool_gives_its_exit_code_and_both_streams() -> None:
    result = run_tool(python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"), timeout=10)
    assert result.code == 3
    assert {"out", "err"} <= set(result.output.split())


def test_output_comes_while_the_tool_still_runs() -> None:
    came: list[tuple[float, str]] = []
    run_tool(
        python("import time\nfor n in range(3): print('#', end='', flush=True); time.sleep(0.3)"),
        timeout=10,
        on_output=lambda piece: came.append((time.monotonic(), piece)),
    )
    assert "".join(piece for _, piece in came) == "###"
    assert came[-1][0] - came[0][0] > 0.3


def test_a_tool_past_its_limit_is_ended_with_its_children() -> None:
    mark = f"late-{time.time_ns()}"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)', '{mark}'])"
    began = time.monotonic()
    with pytest.raises(BoardTimeout) as late:
        run_tool(python(child, mark), timeout=0.7)
    assert (late.value.outcome, late.value.reason) == (Outcome.TIMEOUT, Reason.PHASE_TIMEOUT)
    assert time.monotonic() - began < 5
    until(lambda: not processes_with(mark))


def test_a_stop_ends_even_a_tool_that_ignores_being_asked() -> None:
    mark = f"stubborn-{time.time_ns()}"
    stop = threading.Event()
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(60)"
    with pytest.raises(BoardStopped) as stopped:
        run_tool(python(stubborn, mark), timeout=30, stop=stop, on_output=lambda piece: stop.set())
    assert (stopped.value.outcome, stopped.value.reason) == (Outcome.ABORTED, Reason.STOPPED)
    assert not processes_with(mark)


def test_endless_output_is_kept_bounded_with_its_beginning_and_end() -> None:
    result = run_tool(python("print('first')\nfor n in range(40_000): print('x' * 50)\nprint('last')"), timeout=30)
    assert len(result.output) < 4 * KEEP_CHARS
    assert result.output.startswith("first")
    assert result.output.rstrip().endswith("last")
    assert "cut out" in result.output


def test_a_missing_tool_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BoardError) as missing:
        run_tool(["avrdude", "-?"], timeout=5)
    assert (missing.value.outcome, missing.value.reason) == (Outcome.ERROR, Reason.TOOL_MISSING)
    assert "avrdude" in missing.value.detail
    assert "apt install avrdude" in missing.value.detail


def test_a_tool_ends_when_this_program_is_killed() -> None:
    mark = f"left-{time.time_ns()}"
    code = (
        "from stemfleet.devices.tools import run_tool; import sys;"
        f"run_tool([sys.executable, '-c', 'import time; time.sleep(60)', '{mark}'], timeout=60)"
    )
    with subprocess.Popen(python(code)) as program:
        until(lambda: [pid for pid in processes_with(mark) if pid != program.pid])
        program.kill()
    until(lambda: not processes_with(mark), 5)


def test_a_child_that_outlives_the_tool_is_not_waited_for() -> None:
    mark = f"orphan-{time.time_ns()}"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', '{mark}'])"
    began = time.monotonic()
    assert run_tool(python(code), timeout=20).code == 0
    assert time.monotonic() - began < 5
    until(lambda: not processes_with(mark))


def test_the_last_words_of_a_tool_are_read_even_when_the_computer_is_too_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    def starved(*arguments: Any) -> None:
        time.sleep(0.4)  # as long as the reading thread may be kept from its work
        read(*arguments)

    read = tools._read
    monkeypatch.setattr(tools, "_read", starved)
    assert run_tool(["echo", "signature"], timeout=10).output == "signature\n"


def test_a_fault_found_in_the_output_ends_the_tool() -> None:
    mark = f"hopeless-{time.time_ns()}"

    def hear(piece: str) -> None:
        raise BoardError(Reason.UNREADABLE, "hopeless")

    with pytest.raises(BoardError, match="hopeless"):
        run_tool(python("import time; print('bad'); time.sleep(60)", mark), timeout=30, on_output=hear)
    assert not processes_with(mark)


def test_the_versions_of_tools_are_known() -> None:
    assert re.fullmatch(r"\d+\.\d+.*", tool_version("avrdude"))
    assert re.fullmatch(r"\d+\.\d+.*", tool_version("esptool"))
    assert "Python 3." in tool_version("stemfleet")


def test_a_tool_that_does_two_things_is_read_in_two_goes_with_a_limit_each() -> None:
    heard: list[str] = []
    code = "import time; print('written', flush=True); time.sleep(0.3); print('verified')"
    tool = RunningTool(python(code))
    assert tool.read(timeout=20, on_output=heard.append, until=lambda: "written" in "".join(heard)) is None
    result = tool.read(timeout=20)
    assert result is not None
    assert (result.code, result.output.split()) == (0, ["written", "verified"])


def test_a_tool_that_is_left_in_the_middle_is_gone_when_it_is_closed() -> None:
    mark = f"left-{time.time_ns()}"
    tool = RunningTool(python("import time; print('written', flush=True); time.sleep(60)", mark))
    assert tool.read(timeout=20, until=lambda: True) is None
    tool.close()
    assert processes_with(mark) == []
    tool.close()
