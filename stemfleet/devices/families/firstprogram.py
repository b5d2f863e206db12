"""What program of ours a board runs, asked over its serial line (docs/protocol.md)."""

from pathlib import Path

from stemfleet.devices.faults import BoardFault
from stemfleet.devices.line import Line
from stemfleet.devices.run import Run
from stemfleet.devices.talk import Program
from stemfleet.words import Reason

_AGAIN_S = 0.7  # a board that is still starting hears only the next question


def first_image(run: Run) -> Path:
    """Where the run has its private copy of the recipe's first program, for recipes that have one."""
    program = run.recipe.first_program
    assert program is not None
    assert program.file is not None
    return run.workdir / "first" / program.file.name


def ask_program(line: Line, seconds: float) -> Program:
    """The program that answers within `seconds`. Raises BoardTimeout(silent), BoardError(unreadable)."""
    told = line.ask("\n?fw", r"^fw (\S+) (\S+) (\S+)", seconds, repeat=_AGAIN_S)
    line.drain(quiet=0.05)
    return Program(told[1], told[2], told[3])


def note_program(run: Run, seconds: float) -> None:
    """For a check that writes nothing: puts into the record what the board runs, if it is a program of ours."""
    try:
        with run.line() as line:
            program = ask_program(line, seconds)
    except BoardFault as fault:
        if fault.reason not in (Reason.SILENT, Reason.UNREADABLE):
            raise
        return
    run.found(firmware=program.name, version=program.version)
