"""What we add around a tool: the time of the phase less the tool's own, by a clock that is not ours (witness.c)."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench_side import RECIPES, Done, boards, only, run_bench, with_recipe
from images import Images, with_image

from stemfleet.devices.recipe import Recipe
from stemfleet.devices.record import BoardRecord
from stemfleet.devices.state import Slot

HERE = Path(__file__).parent
WRITING = ("flash", "verify")


class Around(NamedTuple):
    """Seconds of the phases, and of the tools that ran within them."""

    phases: float
    tools: float


class Witness:
    """avrdude and the Python of uflash and esptool, each with a clock in front; for this process, while it is open."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "times.log"
        self._folder = folder
        self._avrdude = self._before("avrdude", str(shutil.which("avrdude")))
        self._python = self._before("python", sys.executable)

    def _before(self, name: str, tool: str) -> Path:
        made = self._folder / name
        facts = [f'-DTOOL="{tool}"', f'-DLOG="{self.log}"']
        subprocess.run(["gcc", "-O2", *facts, "-o", str(made), str(HERE / "witness.c")], check=True)
        return made

    @contextmanager
    def watching(self) -> Iterator[None]:
        path, python = os.environ["PATH"], sys.executable
        os.environ["PATH"], sys.executable = f"{self._folder}{os.pathsep}{path}", str(self._python)
        try:
            yield
        finally:
            os.environ["PATH"], sys.executable = path, python

    def around(self, record: BoardRecord, *phases: str) -> Around:
        """The phases of a board, and what ran while they did."""
        began, ended = (moment.timestamp() for moment in Done.moments(record, *phases))
        times = [tuple(map(float, row.split())) for row in self.log.read_text().splitlines()]
        inside = [(first, last) for first, last in times if began - 0.001 <= first <= ended]
        return Around(ended - began, sum(last - first for first, last in inside))


def turn(folder: Path, images: Images, sizes: list[int]) -> dict[str, Around]:
    """Every tool once, each board alone."""
    witness = Witness(folder / "witness")
    found = {}
    with boards("uno:1,esp32:1,microbit:1", folder / "boards") as (_, slots), witness.watching():
        uno, esp, microbit = slots
        for size in sizes:
            recipe = with_image(RECIPES["arduino-uno"], images.next(size))
            found[f"avrdude, {size:,} bytes: write and verify"] = one(witness, folder, uno, recipe, *WRITING)
        found["esptool, 98,512 bytes: write"] = one(witness, folder, esp, RECIPES["esp32"], "flash")
        found["uflash, the whole runtime"] = one(witness, folder, microbit, RECIPES["microbit-v1"], "flash")
    return found


def one(witness: Witness, folder: Path, slot: Slot, recipe: Recipe, *phases: str) -> Around:
    short = only(recipe, "identify", *phases)
    done = run_bench(folder, with_recipe([slot], short), (phases[0], phases[-1]))
    return witness.around(done.records[0], *phases)
