"""ESP boards: esptool writes the image in the ROM loader, then ampy puts the files into the MicroPython that runs.

On a pseudo-terminal nothing can be reset by DTR and RTS, and a mere ROM loader answers: esptool is told so there.
"""

import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from stemfleet.devices.families.pytool import run_python_tool
from stemfleet.devices.families.rawrepl import RawRepl
from stemfleet.devices.families.steps import parse_measurements
from stemfleet.devices.faults import BoardError, BoardFail, BoardFault, BoardTimeout
from stemfleet.devices.line import port_fault
from stemfleet.devices.run import Identity, Run
from stemfleet.devices.tools import ToolResult
from stemfleet.resources import resource
from stemfleet.words import Reason

_CONNECT_ATTEMPTS = "3"
_BOOT_S = 10.0  # from reset to a prompt; the first start makes the file system
_AMPY_S = 30.0
_NO_FLASH_CHANGE = ("--flash-mode", "keep", "--flash-freq", "keep", "--flash-size", "keep")
_MD5_NEEDS_STUB = "esp8266"  # its ROM cannot hash: without the stub nothing would be verified
# What esptool says -> what it means; the first that fits.
_MEANINGS = (
    (r"MD5 of file does not match|Verification failed", Reason.VERIFY_MISMATCH),
    (r"No serial data received|Wrong boot mode detected", Reason.SILENT),
    (r"This chip is \S+, not|Unexpected chip ID|will not fit in|not a valid .* image for", Reason.WRONG_BOARD),
    (r"Could not exclusively lock|port is busy", Reason.PORT_BUSY),
)


class EspDriver:
    """One ESP board. Settings of its recipes: docs/bench.md."""

    port_first = True

    def __init__(self, run: Run) -> None:
        self._run = run
        self._settings = run.recipe.settings
        self._chip: str = self._settings["chip"]
        self._flash_mb: float | None = None

    def identify(self) -> Identity:
        """Chip, MAC and size of the flash, from the ROM loader. Raises wrong_board, silent, unreadable."""
        told = self._esptool(["flash-id"], chip="auto", after="hard-reset")
        if told.code != 0:
            raise _fault(told, self._run.port, Reason.UNREADABLE)
        chip = _first(r"Connected to (\S+) on", told.output)
        mac = _first(r"MAC:\s+((?:[0-9a-f]{2}:){5}[0-9a-f]{2})", told.output)
        if chip is None or mac is None:
            raise port_fault(Reason.UNREADABLE, self._run.port)
        size = re.search(r"Detected flash size:\s+(\d+)([KM])B", told.output)
        self._flash_mb = int(size[1]) / (1 if size[2] == "M" else 1024) if size else None
        details = {
            "chip": _first(r"Chip type:\s+(.+)", told.output) or chip,
            "flash": f"{self._flash_mb:g} MB" if self._flash_mb else "",
        }
        board_id = mac.replace(":", "")
        self._run.found(board_id, **details)
        if chip.lower().replace("-", "") != self._chip:
            raise BoardFail(
                Reason.WRONG_BOARD,
                f"The chip is an {chip}, the recipe is for {self._chip}. Nothing was written. Use the other recipe.",
            )
        return Identity(board_id, details)

    def flash(self) -> None:
        """Writes the image; esptool compares the MD5 of every region that it wrote."""
        total = self._run.firmware.stat().st_size

        def heard(piece: str) -> None:
            done = re.findall(r"(\d+(?:\.\d+)?)%", piece)
            if done:
                self._run.progress(round(float(done[-1]) * total / 100), total)

        self._run.progress(0, total)
        arguments = ["write-flash", *_NO_FLASH_CHANGE, self._settings["address"], str(self._run.firmware)]
        told = self._esptool(arguments, after="no-reset", heard=heard)
        if told.code != 0:
            raise _fault(told, self._run.port, Reason.FLASH_INTERRUPTED)
        self._run.progress(total, total)

    def verify(self) -> None:
        """The flash against the image, and a MicroPython that starts from it. Raises verify_mismatch."""
        told = self._esptool(
            ["verify-flash", *_NO_FLASH_CHANGE, self._settings["address"], str(self._run.firmware)],
            after="hard-reset",
        )
        if told.code != 0:
            raise _fault(told, self._run.port, Reason.FLASH_INTERRUPTED)
        with self._run.line() as line:
            repl = RawRepl(self._run, line)
            repl.enter(_BOOT_S)
            repl.run("import sys", 5.0)
            runtime = repl.run("print(sys.implementation[0], sys.version)", 5.0).strip()
            repl.leave()
        self._run.found(runtime=runtime)

    def check(self) -> None:
        """The self-test, run by ampy; the part that needs the chip itself only on a real board."""
        self._run.measure("flash_size", self._flash_mb, "MB")
        self._await_python()
        tests = ["selftest.py"] if self._run.is_pty else ["selftest.py", "selftest_hardware.py"]
        if self._run.is_pty:
            self._run.found(needs_hardware="cpu_frequency wifi_networks")
        for done, test in enumerate(tests):
            self._run.progress(done, len(tests))
            told = self._ampy("run", str(_ours(test)), may_fail=True)
            for name, (value, unit) in parse_measurements(told.output).items():
                self._run.measure(name, value, unit)
        self._run.progress(len(tests), len(tests))

    def finish(self) -> Identity | None:
        """Self-test and first program onto the board, read back and compared; then the program must run."""
        self._await_python()
        for source, name in (("selftest.py", "selftest.py"), ("first.py", "main.py")):
            self._ampy("put", str(_ours(source)), name)
        files = self._ampy("ls", "/").output.split()
        for source, name in (("selftest.py", "selftest.py"), ("first.py", "main.py")):
            if f"/{name}" not in files:
                raise _differs(f"{name} is not among the files {files}")
            self._compare(name, _ours(source))
        return self._start_first_program()

    def make_safe(self) -> None:
        """Nothing on a bare ESP board can do harm."""

    def _compare(self, name: str, source: Path) -> None:
        back = self._run.workdir / f"back-{name}"
        self._ampy("get", name, str(back))
        found, expected = sha256(back.read_bytes()).hexdigest(), sha256(source.read_bytes()).hexdigest()
        self._run.note(f"{name} on the board: sha256 {found}")
        if found != expected:
            raise _differs(f"{name} has sha256 {found}, not {expected}")

    def _start_first_program(self) -> Identity:
        with self._run.line() as line:
            repl = RawRepl(self._run, line)
            repl.leave()
            line.drain(quiet=0.1)
            line.write(b"\x04")  # at the ordinary prompt: a soft reset, which runs main.py
            program = line.ask("", r"^(?:>>> )?hello (\S+) (\S+)", 8.0)
            told = line.ask("?fw", r"^fw (\S+) (\S+) (\S+)", 4.0, repeat=1.0)
        return Identity(None, {"program": f"{program[1]} {program[2]}", "platform": told[3]})

    def _await_python(self) -> None:
        """A prompt is there: ampy itself would wait for ever."""
        with self._run.line() as line:
            repl = RawRepl(self._run, line)
            repl.enter(_BOOT_S)
            repl.leave()

    def _esptool(
        self, command: list[str], *, after: str, chip: str | None = None, heard: Callable[[str], None] | None = None
    ) -> ToolResult:
        self._run.check_port()
        pty = self._run.is_pty
        stub = self._settings.get("stub", True) and not pty
        options = [
            *("--chip", chip or self._chip, "--port", self._run.port),
            *("--baud", "115200" if pty else str(self._settings.get("baud", 460800))),
            *("--before", "no-reset" if pty else "default-reset"),
            *("--after", "no-reset" if pty else after),
            *("--connect-attempts", _CONNECT_ATTEMPTS),
            *([] if stub or self._chip == _MD5_NEEDS_STUB else ["--no-stub"]),
        ]
        return run_python_tool(self._run, "esptool", [*options, *command], on_output=heard)

    def _ampy(self, *command: str, may_fail: bool = False) -> ToolResult:
        """Raises BoardTimeout(silent) when ampy waits in vain, BoardError(unreadable) when it gives up."""
        try:
            told = run_python_tool(
                self._run, "ampy", ["--port", self._run.port, *command], module="ampy.cli", timeout=_AMPY_S
            )
        except BoardTimeout as late:
            if self._run.remaining() <= 0:
                raise
            raise port_fault(Reason.SILENT, self._run.port) from late
        if told.code != 0 and not (may_fail and "exception" in told.output):
            raise port_fault(Reason.UNREADABLE, self._run.port)
        return told


def _ours(name: str) -> Path:
    return resource("firmware", "esp", name)


def _first(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return found[1].strip() if found else None


def _differs(what: str) -> BoardFail:
    return BoardFail(Reason.VERIFY_MISMATCH, f"Read back, {what}. Put the board aside.", retry=True)


def _fault(told: ToolResult, port: str, otherwise: Reason) -> BoardFault:
    """What esptool's last words mean; `otherwise` for those that are not known."""
    said = told.output
    words = _first(r"A fatal error occurred: (.+)", said) or said.strip()[-200:]
    reason = next((reason for pattern, reason in _MEANINGS if re.search(pattern, said)), otherwise)
    match reason:
        case Reason.VERIFY_MISMATCH:
            detail = "What is in the flash is not the image. Put the board aside."
            return BoardFail(reason, detail, retry=True)
        case Reason.WRONG_BOARD:
            return BoardFail(reason, f"Image and board do not fit: {words} Nothing was written.")
        case Reason.FLASH_INTERRUPTED:
            return BoardError(reason, f"esptool: {words} Plug the board in again and retry.", retry=True)
        case Reason.SILENT:
            detail = f"No ROM loader answers on port {port}. Check the cable; hold BOOT while you plug it in. Retry."
            return BoardTimeout(reason, detail)
    return port_fault(reason, port)
