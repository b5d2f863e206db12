"""ESP boards: esptool writes the image in the ROM loader, then ampy puts the files into the MicroPython that runs.

On a pseudo-terminal nothing can be reset by DTR and RTS, and a mere ROM loader answers: esptool is told so there.
"""

import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from stemfleet.devices.families.firstprogram import ask_program, note_program
from stemfleet.devices.families.pytool import run_python_tool
from stemfleet.devices.families.rawrepl import RawRepl
from stemfleet.devices.families.steps import run_steps
from stemfleet.devices.faults import BoardError, BoardFail, BoardFault, BoardTimeout
from stemfleet.devices.line import port_fault
from stemfleet.devices.run import Identity, Run
from stemfleet.devices.tools import ToolResult
from stemfleet.resources import resource
from stemfleet.words import Reason

_CONNECT_ATTEMPTS = "3"
_BOOT_S = 15.0  # from reset to a prompt; the first start makes the file system
_AMPY_S = 30.0
_NO_FLASH_CHANGE = ("--flash-mode", "keep", "--flash-freq", "keep", "--flash-size", "keep")
_MD5_NEEDS_STUB = "esp8266"  # its ROM cannot hash: without the stub nothing would be verified
_FILES = ("selftest.py", "first.py")

# What esptool says -> what it means; the first that fits.
_MEANINGS = (
    (r"MD5 of file does not match|Verification failed", Reason.VERIFY_MISMATCH),
    (r"No serial data received|Wrong boot mode detected", Reason.SILENT),
    (r"This chip is \S+, not|Unexpected chip ID|will not fit in|not a valid .* image for", Reason.WRONG_BOARD),
    (r"Connection refused|not known|No such file", Reason.PORT_MISSING),  # of a URL; also called "busy"
    (r"\[Errno 13\]", Reason.PORT_DENIED),
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
        self._flashed = False

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
        self._refuse_too_large(total)

        def heard(piece: str) -> None:
            done = re.findall(r"(\d+(?:\.\d+)?)%", piece)
            if done:
                self._run.progress(round(float(done[-1]) * total / 100), total)

        self._run.progress(0, total)
        arguments = ["write-flash", *_NO_FLASH_CHANGE, self._settings["address"], str(self._run.firmware)]
        told = self._esptool(arguments, after="no-reset", heard=heard)
        if told.code != 0:
            raise _fault(told, self._run.port, Reason.FLASH_INTERRUPTED)
        self._flashed = True
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
            repl.enter(_BOOT_S, fresh=False)
            repl.run("import sys", _BOOT_S)
            runtime = repl.run("print(sys.implementation[0], sys.version)", _BOOT_S).strip()
            repl.leave()
        self._run.found(runtime=runtime)

    def check(self) -> None:
        """The self-test, a step at a time; what needs the chip itself only on a real board."""
        if not self._flashed:
            note_program(self._run, 4.0)
        self._run.measure("flash_size", self._flash_mb, "MB")
        with self._run.line() as line:
            repl = RawRepl(self._run, line)
            repl.enter(_BOOT_S, fresh=False)
            run_steps(self._run, repl, _ours())
            repl.restart()

    def finish(self) -> Identity | None:
        """Self-test and first program onto the board by ampy, read back; only then does the program become main.py."""
        self._at_prompt("if 'main.py' in os.listdir('/'):\n os.remove('/main.py')")
        for name in _FILES:
            self._ampy("put", str(_ours() / name), name)
        files = self._ampy("ls", "/").output.split()
        for name in _FILES:
            if f"/{name}" not in files:
                raise _differs(f"{name} is not among the files {files}")
            self._compare(name)
        self._at_prompt("os.rename('/first.py','/main.py')")
        with self._run.line() as line:
            RawRepl(self._run, line).restart()
            line.ask("", r"^(?:>>> )?hello (\S+) (\S+)", _BOOT_S)
            program = ask_program(line, _BOOT_S)
        return Identity(None, {"program": f"{program.name} {program.version}", "platform": program.chip})

    def _refuse_too_large(self, size: int) -> None:
        end, room = int(self._settings["address"], 16) + size, round((self._flash_mb or 0) * (1 << 20))
        if room and end > room:
            raise BoardError(
                Reason.BAD_IMAGE,
                f"The image reaches up to byte {end}; the flash has {room}. Nothing was written. Give a smaller one.",
            )

    def make_safe(self) -> None:
        """Nothing on a bare ESP board can do harm."""

    def _at_prompt(self, order: str) -> None:
        """A short order at the prompt. Without main.py a soft reset, as ampy makes at every call, ends at a prompt."""
        with self._run.line() as line:
            repl = RawRepl(self._run, line)
            repl.enter(_BOOT_S, fresh=False)
            repl.run(f"import os\n{order}", _BOOT_S)
            repl.leave()

    def _compare(self, name: str) -> None:
        back = self._run.workdir / f"back-{name}"
        self._ampy("get", name, str(back))
        found, expected = _digest(back), _digest(_ours() / name)
        self._run.note(f"{name} on the board: sha256 {found}")
        if found != expected:
            raise _differs(f"{name} has sha256 {found}, not {expected}")

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

    def _ampy(self, *command: str) -> ToolResult:
        """Raises BoardTimeout(silent) when ampy waits in vain, BoardError(unreadable) when it gives up."""
        try:
            told = run_python_tool(
                self._run, "ampy", ["--port", self._run.port, *command], module="ampy.cli", timeout=_AMPY_S
            )
        except BoardTimeout as late:
            if self._run.remaining() <= 0:
                raise
            raise port_fault(Reason.SILENT, self._run.port) from late
        if told.code != 0:
            raise port_fault(Reason.UNREADABLE, self._run.port)
        return told


def _ours() -> Path:
    return resource("firmware", "esp")


def _digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


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
