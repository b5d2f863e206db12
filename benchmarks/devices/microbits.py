"""Sixteen micro:bits beside one, from the flash to the end of the self-test; and what a slot costs that only waits."""

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from bench_side import boards, run_bench
from meter import Use

HERE = Path(__file__).parent


class Turn(NamedTuple):
    """`one` board and `many`: from the first that is flashed to the last that is checked."""

    one: Use
    many: Use


def turn(folder: Path, count: int) -> Turn:
    """One board, then all of them; new boards each time. Their own proof is part of it: the hash of what they hold."""
    with boards("microbit:1", folder / "one") as (_, slots):
        one = run_bench(folder / "one", slots, ("flash", "check"))
    with boards(f"microbit:{count}", folder / "many") as (_, slots):
        many = run_bench(folder / "many", slots, ("flash", "check"))
    return Turn(one.span, many.span)


class Idle(NamedTuple):
    """Percent of a core, and MiB of memory."""

    program_cpu: float
    program_memory: float
    emulator_cpu: float
    emulator_memory: float


def idle(kind: str, count: int, seconds: float) -> tuple[Idle, Idle]:
    """A bench of `count` boards that wait; and what each takes: the difference to a bench of one board, divided."""
    few, many = (_waiting(f"{kind}:{number}", seconds) for number in (1, count))
    return many, Idle(*((more - less) / (count - 1) for more, less in zip(many, few, strict=True)))


def _waiting(spec: str, seconds: float) -> Idle:
    command = [sys.executable, str(HERE / "idle.py"), spec, str(seconds)]
    told: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return Idle(**told)
