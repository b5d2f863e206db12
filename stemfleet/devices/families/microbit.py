"""micro:bit: the drive takes the program (uflash), the serial port proves it and answers the self-test."""

import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from serial.tools import list_ports

from stemfleet.devices.families.firstprogram import ask_program, note_program
from stemfleet.devices.families.microbit_drive import (
    Details,
    Failure,
    mounted_drives,
    read_details,
    read_failure,
)
from stemfleet.devices.families.pytool import run_python_tool
from stemfleet.devices.families.rawrepl import RawRepl, ScriptError
from stemfleet.devices.families.steps import run_steps
from stemfleet.devices.faults import BoardError, BoardFail, BoardFault, BoardTimeout
from stemfleet.devices.line import Line, port_fault
from stemfleet.devices.run import Identity, Run
from stemfleet.devices.talk import Program
from stemfleet.resources import resource
from stemfleet.words import Reason

_LOOK_S = 0.1  # between two looks at drive or port
_PROMPT_S = 12.0
_MOUNTED_S = 8.0  # from the port of a board that was just plugged in to its mounted drive
_GONE_S = 2.0  # without drive and port, a board is no longer plugged in

T = TypeVar("T")


class MicrobitDriver:
    """One micro:bit. Settings of its recipes: docs/bench.md."""

    port_first = False  # identity comes from the drive; a port may follow the first flash

    def __init__(self, run: Run) -> None:
        self._run = run
        self._settings = run.recipe.settings
        self._volume = run.volume.absolute() if run.volume else None  # tools run in another folder
        self._unique_id = ""
        self._flashed = False

    def identify(self) -> Identity:
        """From DETAILS.TXT. Raises port_missing, drive_missing, maintenance, wrong_board; a clone is a warning."""
        self.port_first = self._run.port_exists()
        details = self._find_drive()
        if details.bootloader:
            raise BoardError(
                Reason.MAINTENANCE,
                f"{self._volume} is a micro:bit in maintenance mode. Unplug it and plug it in without holding reset.",
            )
        known = {"board_code": details.board_code, "interface_version": details.interface}
        self._run.found(details.unique_id, **known)
        if details.board_code not in self._settings["board_codes"]:
            raise BoardFail(
                Reason.WRONG_BOARD,
                f"The drive {self._volume} belongs to a board of type {details.board_code}; the recipe is for "
                f"{', '.join(self._settings['board_codes'])}. Nothing was written. Use the other recipe.",
            )
        if details.clone:
            self._run.warn(Reason.CLONE)
        self._unique_id = details.unique_id
        return Identity(details.unique_id, known)

    def flash(self) -> None:
        """uflash writes to the drive; then the drive comes back and says what became of it."""
        volume = self._drive_now()
        before = read_details(volume)
        script = self._script()
        self._run.progress(0, 100)
        told = run_python_tool(self._run, "uflash", [str(script), str(volume)])
        if told.code != 0 and read_failure(volume) is None:
            self._not_written(told.output.strip())
        self._run.progress(60, 100)
        self._await_remount(before.remounts if before else None)
        self._run.progress(90, 100)
        failure = read_failure(self._drive_now())
        if failure is not None:
            raise _refused(failure)
        self._flashed = True
        self._await_port()
        self._run.progress(100, 100)

    def verify(self) -> None:
        """Proof over serial: release of the runtime, files, sha256 of main.py. Raises verify_mismatch."""
        expected = self._run.firmware.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        self._await_port()
        with self._run.line() as line:
            repl = RawRepl(self._run, line)
            repl.enter(_PROMPT_S)
            repl.run("import os", _PROMPT_S)
            release = repl.value("os.uname().release")
            self._run.found(runtime=str(release))
            if release != self._settings["runtime"]:
                raise _differs(f"MicroPython {release} runs, not {self._settings['runtime']}")
            files = repl.value("os.listdir()")
            if files != ["main.py"]:
                raise _differs(f"the files are {files}, not only main.py")
            found = _digest(_unless_broken(repl))
            self._run.note(f"main.py on the board: sha256 {found}")
            if found != _digest(expected):
                raise _differs(f"main.py on the board has sha256 {found}")

    def check(self) -> None:
        """The self-test, a step at a time; the board restarts afterwards."""
        self._await_port()
        if not self._flashed:
            note_program(self._run, 2.0)
        with self._run.line() as line:
            repl = RawRepl(self._run, line)
            repl.enter(_PROMPT_S)
            run_steps(self._run, repl, resource("firmware", "microbit", "selftest"))
            repl.start("import microbit\nmicrobit.reset()")

    def finish(self) -> Identity | None:
        """The pupils' first program must be running, and say so; an operator's own program need not speak our lines."""
        approved = self._run.recipe.firmware
        if _digest(self._run.firmware.read_bytes()) != approved.sha256:
            note_program(self._run, 2.0)
            return None
        with self._run.line() as line:
            program = self._answering(line)
            cpu = line.ask("?id", r"^id ([0-9a-f]+)", _PROMPT_S, repeat=2.0)
        found = {"program": f"{program.name} {program.version}", "chip": program.chip, "cpu_id": cpu[1]}
        return Identity(None, found)

    def _answering(self, line: Line) -> Program:
        """The board has just proved what is on it: when nothing answers now, it is the program that does not."""
        try:
            return ask_program(line, _PROMPT_S)
        except BoardFault as fault:
            if fault.reason not in (Reason.SILENT, Reason.UNREADABLE):
                raise
            raise BoardError(
                Reason.NO_ANSWER,
                "The program is on the board, but does not answer ?fw as ours do (docs/protocol.md): it has an error, "
                "or speaks other lines. One of your own that need not answer is given with --firmware.",
            ) from fault

    def make_safe(self) -> None:
        """Nothing on a micro:bit can do harm."""

    def _script(self) -> Path:
        """The program under the name that uflash wants."""
        script = self._run.workdir / "main.py"
        script.write_bytes(self._run.firmware.read_bytes())
        return script

    def _find_drive(self) -> Details:
        """Details of the drive that was named, or of the one that belongs to the port."""
        volume = self._volume
        if volume is not None:
            details = self._patiently(lambda: read_details(volume), 3.0)
            if details is not None:
                self._same_board(details)
                return details
            self._is_anything_there(volume)
            raise BoardError(
                Reason.DRIVE_MISSING,
                f"{volume} is not a micro:bit's drive: it has no readable DETAILS.TXT. "
                "Choose the drive called MICROBIT.",
            )
        comes = self._run.port_exists() and not self._run.is_pty
        for place, details in self._patiently(self._own_drives, _MOUNTED_S if comes else 0.0).items():
            self._volume = place
            return details
        self._is_anything_there()
        raise BoardError(
            Reason.DRIVE_MISSING,
            f"No mounted MICROBIT drive belongs to {self._run.port}. Wait until the drive appears, or name it "
            "with --volume.",
        )

    def _own_drives(self) -> dict[Path, Details]:
        """The mounted drive that belongs to the port, which comes a moment after it."""
        serial_number = _serial_number(self._run.port)
        drives = mounted_drives()
        mine = {place: d for place, d in drives.items() if d.unique_id == serial_number}
        alone = len(drives) == 1 and serial_number is None and not self._run.is_pty
        return dict(drives) if alone and not mine else mine

    def _is_anything_there(self, *places: Path) -> None:
        """Raises port_missing when there is neither drive nor port: no board is plugged in."""
        if not self._run.port_exists() and not any(place.exists() for place in places):
            raise port_fault(Reason.PORT_MISSING, self._run.port)

    def _same_board(self, details: Details) -> None:
        """Windows sometimes gives a port a wrong serial number: only another drive with that number proves a mix-up."""
        serial_number = _serial_number(self._run.port)
        if serial_number in (None, details.unique_id):
            return
        for place, other in mounted_drives().items():
            if other.unique_id == serial_number:
                raise BoardError(
                    Reason.DRIVE_MISSING,
                    f"Drive {self._volume} and port {self._run.port} are two boards; the port's drive is {place}. "
                    "Nothing was written.",
                )

    def _drive_now(self) -> Path:
        """Where the drive is now: after a remount it may have another path."""
        if self._volume is None:
            raise BoardError(Reason.DRIVE_MISSING, "The MICROBIT drive is not known yet.")
        details = read_details(self._volume)
        if details is None or (self._unique_id and details.unique_id != self._unique_id):
            for place, other in mounted_drives().items():
                if other.unique_id == self._unique_id:
                    self._volume = place
        return self._volume

    def _await_remount(self, before: int | None) -> None:
        """Until the drive was away and is back, known by its count, or by the hex file's having gone."""

        def back() -> bool:
            volume = self._drive_now()
            if not volume.exists() and not self._patiently(self._is_plugged, _GONE_S):
                raise port_fault(Reason.UNPLUGGED, self._run.port)
            details = read_details(volume)
            if details is None or details.unique_id != self._unique_id:
                return False
            if before is not None and details.remounts is not None:
                return details.remounts != before
            return read_failure(volume) is not None or not any(volume.glob("*.hex"))

        if not self._patiently(back, float(self._settings["remount_s"])):
            raise BoardTimeout(
                detail=f"The drive {self._volume} did not come back after the transfer. Plug the board in again.",
                retry=True,
            )

    def _is_plugged(self) -> bool:
        return self._drive_now().exists() or self._run.port_exists()

    def _await_port(self) -> None:
        if not self._patiently(self._run.port_exists, float(self._settings["port_s"])):
            raise port_fault(Reason.PORT_MISSING, self._run.port)
        self.port_first = True  # from now on a missing port means that the board was pulled out

    def _patiently(self, look: Callable[[], T], seconds: float) -> T:
        """What `look` gives, as soon as it is true, or at the end of the time."""
        until = self._run.remaining() - seconds
        while not (seen := look()) and self._run.remaining() > until:
            self._run.wait(_LOOK_S)
        return seen

    def _not_written(self, words: str) -> None:
        if not self._drive_now().exists():
            raise port_fault(Reason.UNPLUGGED, self._run.port)
        raise BoardError(Reason.FLASH_INTERRUPTED, f"{words} Plug the board in again and retry.", retry=True)


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def _refused(failure: Failure) -> BoardFail | BoardError:
    if "target" in failure.types:
        return BoardFail(
            Reason.FLASH_REFUSED, f"The board refused the program: {_words(failure)}. Put it aside as faulty."
        )
    kinds = ", ".join(sorted(failure.types)) or "unnamed"
    return BoardError(
        Reason.FLASH_INTERRUPTED, f"The transfer failed ({kinds}): {_words(failure)}. Retry the slot.", retry=True
    )


def _words(failure: Failure) -> str:
    return failure.error.rstrip(".")


def _differs(what: str) -> BoardFail:
    return BoardFail(Reason.VERIFY_MISMATCH, f"Read back, {what}. Put the board aside.", retry=True)


def _unless_broken(repl: RawRepl) -> bytes:
    """main.py as the board reads it; a damaged file system counts as a difference."""
    try:
        return repl.file("main.py")
    except ScriptError as error:
        raise _differs(f"main.py cannot be read: {str(error).splitlines()[-1]}") from error


def _serial_number(port: str) -> str | None:
    """USB serial number of a port, which a micro:bit makes equal to its unique id; None if it has none."""
    for known in list_ports.comports():
        if known.device == port and known.serial_number and re.fullmatch("[0-9A-Fa-f]{8,64}", known.serial_number):
            return str(known.serial_number).lower()
    return None
