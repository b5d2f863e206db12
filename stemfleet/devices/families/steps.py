"""A self-test in MicroPython, run step by step: one short file a step, each with its own time limit.

A step prints lines of docs/protocol.md: `m <name> <value> <unit>` and `i <text>`. The recipe says which steps there
are and which measurements each one owes:

    [settings.steps]            [settings.hardware_steps]
    ram = ["ram_errors"]        temperature = ["temperature"]

Hardware steps are not run on a pseudo-terminal: an emulator has no such parts, and hangs or invents a value.
"""

import re
from pathlib import Path

from stemfleet.devices.families.rawrepl import RawRepl, ScriptError
from stemfleet.devices.faults import BoardFault
from stemfleet.devices.run import Run
from stemfleet.words import Reason

_MEASUREMENT = re.compile(r"m (\w+) (\S+)(?: (\S+))?")
_STEP_S = 15.0
_AFTER_HANG_S = 5.0


def run_steps(run: Run, repl: RawRepl, folder: Path) -> None:
    """Every step of the recipe, in its order; a step that hangs or raises gives None for what it owes.

    Raises BoardFault only if the port itself fails; a board that stays silent after a hang gives None for the rest.
    """
    settings = run.recipe.settings
    steps: dict[str, list[str]] = dict(settings["steps"])
    hardware: dict[str, list[str]] = settings.get("hardware_steps", {})
    if run.is_pty:
        run.note(f"not run, needs real hardware: {', '.join(hardware) or 'nothing'}")
        run.found(needs_hardware=" ".join(hardware))
    else:
        steps |= hardware
    alive = True
    for done, (step, owed) in enumerate(steps.items()):
        run.progress(done, len(steps))
        printed = _step(run, repl, folder / f"{step}.py") if alive else None
        for name in owed:
            value, unit = parse_measurements(printed or "").get(name, (None, ""))
            run.measure(name, value, unit)
        if printed is None and alive:
            alive = _recovers(run, repl)
    run.progress(len(steps), len(steps))


def parse_measurements(printed: str) -> dict[str, tuple[float | str, str]]:
    """Name → (value, unit) of the `m` lines; "-" is no unit, a value that is no number stays a word."""
    found: dict[str, tuple[float | str, str]] = {}
    for line in printed.splitlines():
        match = _MEASUREMENT.fullmatch(line.strip())
        if match:
            name, value, unit = match[1], match[2], match[3] or "-"
            found[name] = (_number(value), "" if unit == "-" else unit)
    return found


def _number(text: str) -> float | str:
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text


def _step(run: Run, repl: RawRepl, file: Path) -> str | None:
    """What a step printed, None if it hung; of a step that raised, nothing counts.

    A step's limit (default 15 s) is `[settings.step_limits]` of the recipe, in seconds.
    """
    run.note(f"step {file.stem}")
    limits: dict[str, float] = run.recipe.settings.get("step_limits", {})
    try:
        return repl.run(file.read_text(encoding="ascii"), float(limits.get(file.stem, _STEP_S)))
    except ScriptError as error:
        run.note(f"step {file.stem}: {error}")
        return ""
    except BoardFault as fault:
        if fault.reason not in (Reason.SILENT, Reason.UNREADABLE):
            raise
        run.note(f"step {file.stem}: no end within its limit")
        return None


def _recovers(run: Run, repl: RawRepl) -> bool:
    """Whether a board whose last step hung can be interrupted."""
    try:
        repl.enter(_AFTER_HANG_S)
    except BoardFault as fault:
        if fault.reason not in (Reason.SILENT, Reason.UNREADABLE):
            raise
        run.note("the board no longer answers: the steps after this one are not run")
        return False
    return True
