"""Twelve Unos: our flash (write and verify) beside avrdude on one board, a shell loop, and twelve avrdudes at once.

Every side gets a new image of the same size, writes and verifies it; then every board's flash is compared with it.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from bench_side import RECIPES, NotPassed, boards, only, run_bench, with_recipe
from images import Images, read_hex, with_image
from meter import Meter, Use

from stemfleet.devices.state import Slot
from stemfleet.devices.virtual.fleet import VirtualFleet

PHASES = ("identify", "flash", "verify", "check")  # a last one would write the pupils' program over the image
LOOP = 'image=$1; shift; for port in "$@"; do avrdude -q -c arduino -p m328p -b 115200 -D -P "$port" '
LOOP += '-U "flash:w:$image:i" || exit 1; done'


class Turn(NamedTuple):
    """One run: `alone` one avrdude on the only board; the others on all boards. `slowest`: our slowest board's time."""

    alone: Use
    loop: Use
    at_once: Use
    ours: Use
    whole: Use
    slowest: float


def turn(folder: Path, images: Images, count: int, size: int) -> Turn:
    """All sides once, one after another, on boards that are new."""
    with boards("uno:1", folder / "one") as (fleet, slots):
        alone = metered(fleet, slots, images.next(size), one_after_another)
    with boards(f"uno:{count}", folder / "all") as (fleet, slots):
        loop = metered(fleet, slots, images.next(size), one_after_another)
        at_once = metered(fleet, slots, images.next(size), all_at_once)
        image = images.next(size)
        recipe = only(with_image(RECIPES["arduino-uno"], image), *PHASES)
        done = run_bench(folder, with_recipe(slots, recipe))
        compare(fleet, slots, image)
    return Turn(alone, loop, at_once, done.span, done.whole, max(done.seconds("flash", "verify")))


def metered(fleet: VirtualFleet, slots: Sequence[Slot], image: Path, way: Callable[[Path, Sequence[str]], None]) -> Use:
    with Meter() as meter:
        way(image, [slot.port for slot in slots])
    compare(fleet, slots, image)
    return meter.use


def one_after_another(image: Path, ports: Sequence[str]) -> None:
    """The loop that one would write in a shell; with one port it is avrdude alone."""
    if subprocess.run(["sh", "-c", LOOP, "loop", str(image), *ports], check=False, **QUIET).returncode != 0:
        raise NotPassed("an avrdude of the loop failed")


def all_at_once(image: Path, ports: Sequence[str]) -> None:
    """What the computer can do at all: as many avrdudes as boards, with nothing around them."""
    running = [subprocess.Popen(["sh", "-c", LOOP, "loop", str(image), port], **QUIET) for port in ports]
    for process in running:
        if process.wait() != 0:
            raise NotPassed("one of many avrdudes failed")


QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def compare(fleet: VirtualFleet, slots: Sequence[Slot], image: Path) -> None:
    """The emulator's own copy of each board's flash, byte by byte. Ends the program at a difference."""
    expected = read_hex(image)
    for slot in slots:
        copy = Path(slot.port).with_name("read-back.bin")
        fleet.control(str(slot.name), f"flash {copy}")
        if copy.read_bytes()[: len(expected)] != expected:
            sys.exit(f"{slot.name}: what is in the flash is not {image}")
