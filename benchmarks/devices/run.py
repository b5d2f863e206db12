"""`make bench-devices`: many boards at once beside one, our phases beside the tools alone. Takes about twelve minutes.

Real tools on emulated boards. All sides of a comparison take turns within one run, so that a busy machine slows all of
them; figures are medians of the runs, and what counts is their ratio. A goal that is not reached is said so, no more.
Prints the tables and writes them between the marks of docs/benchmarks.md.
"""

import argparse
import os
import platform
import re
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import meter
import microbits
import overhead
import unos
from bench_side import NotPassed
from images import Images
from meter import Use

from stemfleet.devices.tools import tool_version

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
MARKS = ("<!-- devices -->", "<!-- /devices -->")
PARTS = ("unos", "tools", "microbits", "idle")
ATTEMPTS = 3  # at a turn
SHARES = "emulators, % | tools, % | stemfleet, % | others, % | idle, %"


def goal(ratio: float, limit: float, *, at_least: bool = False) -> str:
    """A ratio, its goal, and the verdict."""
    reached = ratio >= limit if at_least else ratio <= limit
    words = f"goal: at {'least' if at_least else 'most'} {limit:g}"
    return f"{ratio:.2f} ({words}: {'reached' if reached else '**not reached**'})"


def uno_rows(turns: Sequence[unos.Turn], count: int) -> list[str]:
    alone, loop, at_once, ours, whole = (meter.median([turn[key] for turn in turns]) for key in range(5))
    slowest = statistics.median(turn.slowest for turn in turns)
    sides = (
        ("avrdude alone, one board", alone),
        (f"shell loop over {count}", loop),
        (f"{count} avrdudes at once, nothing around them", at_once),
        (f"stemfleet, {count} boards: first begins flash to last ends verify", ours),
        (f"stemfleet, {count} boards: everything, identity to record", whole),
    )
    rows = [f"| {name} | {use.wall:.2f} | {use.wall / alone.wall:.2f} | {use.shares} |" for name, use in sides]

    def ratio(part: str, whole: str) -> float:
        return statistics.median(seconds(turn, part) / seconds(turn, whole) for turn in turns)

    def seconds(turn: unos.Turn, name: str) -> float:
        found = getattr(turn, name)
        return float(found.wall if isinstance(found, Use) else found)

    return [
        *rows,
        "",
        f"- Slowest of our {count} boards, flash and verify ({slowest:.2f} s) ÷ avrdude alone: "
        + goal(ratio("slowest", "alone"), 1.10),
        f"- Shell loop ÷ ours, first begin to last end: {goal(ratio('loop', 'ours'), 10, at_least=True)}",
        f"- The floor here: {count} avrdudes at once ÷ avrdude alone: {ratio('at_once', 'alone'):.2f}; "
        f"our slowest board ÷ that floor: {ratio('slowest', 'at_once'):.2f}",
    ]


def tool_rows(turns: Sequence[dict[str, overhead.Around]]) -> list[str]:
    rows = []
    for name in turns[0]:
        phases, tools = (statistics.median(turn[name][key] for turn in turns) for key in range(2))
        percent = statistics.median(100 * (turn[name].phases / turn[name].tools - 1) for turn in turns)
        told = goal(percent, 3) if name.startswith(("avrdude", "esptool")) else f"{percent:.2f}"
        rows.append(f"| {name} | {phases:.3f} | {tools:.3f} | {1000 * (phases - tools):.0f} | {told} |")
    return rows


def microbit_rows(turns: Sequence[microbits.Turn], count: int) -> list[str]:
    one, many = (meter.median([turn[key] for turn in turns]) for key in range(2))
    ratio = statistics.median(turn.many.wall / turn.one.wall for turn in turns)
    return [
        f"| one board | {one.wall:.2f} | {one.shares} |",
        f"| {count} boards | {many.wall:.2f} | {many.shares} |",
        "",
        f"- {count} boards ÷ one: {goal(ratio, 2.5)}",
    ]


def idle_rows(found: dict[str, tuple[microbits.Idle, microbits.Idle]]) -> list[str]:
    return [
        f"| {kind} | {whole.program_cpu:.2f} | {whole.program_memory:.1f} | {each.program_cpu:.2f} "
        f"| {1024 * each.program_memory:.0f} | {each.emulator_cpu:.2f} | {each.emulator_memory:.1f} |"
        for kind, (whole, each) in found.items()
    ]


def section(parts: dict[str, list[str]], again: Sequence[str], given: argparse.Namespace) -> str:
    cores, load = os.cpu_count(), os.getloadavg()[0]
    machine = f"Python {platform.python_version()}, {platform.machine()}, {cores} cores, load {load:.1f} when it ended"
    tools = ", ".join(f"{name} {tool_version(name)}" for name in ("avrdude", "esptool", "uflash", "qemu-system-arm"))
    text = {name: "\n".join(parts.get(name, ["", "Not measured this time."])) for name in PARTS}
    spoilt = f" Begun anew because a board without a fault did not pass: {'; '.join(again)}." if again else ""
    return f"""{MARKS[0]}
## Devices

Made by `make bench-devices` on {machine};
{tools}. Median of {given.runs}, seed {given.seed}.{spoilt}

The tools are the real ones, the boards are emulated on the same cores: *emulators* is the share of all cores' time
that they used. All sides take turns within a run; every write has a new image, and afterwards the flash of every board
is compared with it, byte by byte. Our side is the bench of the warehouse, its records stored in a database, its wall
drawn; its Unos go through all phases but the last, which would write the pupils' program over the image.

{given.boards} Unos, {given.sizes[0]:,} bytes, written and verified:

| side | wall, s | ÷ alone | {SHARES} |
|---|---|---|---|---|---|---|---|
{text["unos"]}

Around each tool, one board alone: the time of its phases less the tool's own, which a small program in front of the
tool takes (`benchmarks/devices/witness.c`). A virtual ESP takes its image as fast as the computer can send it, a real
one only as fast as the line: the share is smaller there. The rest of uflash's phase is the board's, which programs
itself and mounts its drive again. ampy has no phase of its own: it runs within a conversation with the board.

| tool | phases, s | tool, s | difference, ms | difference, % of the tool |
|---|---|---|---|---|
{text["tools"]}

micro:bits, from the first that is flashed to the last that is checked:

| boards | wall, s | {SHARES} |
|---|---|---|---|---|---|---|
{text["microbits"]}

{given.idle} boards that wait to be started, and what each slot adds (the difference to a bench of one board, divided);
CPU in percent of a core:

| board | stemfleet: CPU, % | MiB | a slot: CPU, % | KiB | its emulator: CPU, % | MiB |
|---|---|---|---|---|---|---|
{text["idle"]}
{MARKS[1]}"""


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--boards", type=int, default=12, help="Unos at once")
    options.add_argument("--microbits", type=int, default=16, help="micro:bits at once")
    options.add_argument("--idle", type=int, default=16, help="boards that wait")
    options.add_argument("--idle-seconds", type=float, default=10.0)
    options.add_argument(
        "--sizes", type=int, nargs=2, default=[8192, 30720], metavar="BYTES", help="of the Unos' images"
    )
    options.add_argument("--seed", type=int, default=1, help="of the images' contents")
    options.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    options.add_argument("--page", type=Path, default=PAGE, help="where the tables go")
    return options.parse_args()


def measured(given: argparse.Namespace, folder: Path, again: list[str]) -> dict[str, list[str]]:
    """The rows of each table; `again` gets why a turn had to be begun anew."""
    images = Images(folder / "images", given.seed)
    turns: dict[str, Callable[[Path], Any]] = {
        "unos": lambda place: unos.turn(place, images, given.boards, given.sizes[0]),
        "tools": lambda place: overhead.turn(place, images, given.sizes),
        "microbits": lambda place: microbits.turn(place, given.microbits),
    }
    found: dict[str, list[Any]] = {part: [] for part in turns if part in given.parts}
    for number in range(1, given.runs + 1 if found else 1):
        for part, done in found.items():
            done.append(patiently(turns[part], folder / f"{part}-{number}", again))
        sys.stderr.write(f"run {number} of {given.runs} done\n")
    rows = {
        "unos": lambda turns: uno_rows(turns, given.boards),
        "tools": tool_rows,
        "microbits": lambda turns: microbit_rows(turns, given.microbits),
    }
    tables = {part: rows[part](done) for part, done in found.items()}
    if "idle" in given.parts:
        idle = {kind: microbits.idle(kind, given.idle, given.idle_seconds) for kind in ("microbit", "uno")}
        tables["idle"] = idle_rows(idle)
    return tables


def patiently(turn: Callable[[Path], Any], place: Path, again: list[str]) -> Any:
    """A turn that counts: all its boards passed. Ends the program when the computer is too busy for it."""
    for attempt in range(ATTEMPTS):
        try:
            return turn(place / str(attempt))
        except NotPassed as failed:
            again.append(str(failed))
            sys.stderr.write(f"again, {failed}\n")
    sys.exit("This computer is too busy to emulate so many boards.")


def write(page: Path, made: str) -> None:
    """Between the marks, which are added at the end of a page that has none yet."""
    text = page.read_text(encoding="utf-8").rstrip("\n") if page.exists() else "# Benchmarks"
    if MARKS[0] not in text:
        text += f"\n\n{MARKS[0]}\n{MARKS[1]}"
    text = re.sub(f"{MARKS[0]}.*?{MARKS[1]}", lambda _: made, text, flags=re.DOTALL)
    page.write_text(text + "\n", encoding="utf-8")


def main() -> None:
    given = arguments()
    with tempfile.TemporaryDirectory(prefix="stemfleet-bench-devices-") as folder:
        again: list[str] = []
        made = section(measured(given, Path(folder), again), again, given)
    sys.stdout.write(made + "\n")
    write(given.page, made)


if __name__ == "__main__":
    main()
