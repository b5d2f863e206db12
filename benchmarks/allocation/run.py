"""`make bench-allocation`: the allocation's speed and memory, and what others would have given.

Every measurement is a process of its own, start-up included; floor and program take turns, so that a busy machine slows
both. Time and memory are the kernel's (`wait4`). This process itself stays small, because a child's peak begins with
it. Prints the tables and writes them to docs/benchmarks.md.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "benchmarks.md"
NO_ANSWER = 3


class Cost(NamedTuple):
    """Seconds of wall and CPU time, MiB of peak memory; `code` is the exit code, None when it was stopped."""

    wall: float
    cpu: float
    peak: float
    code: int | None = 0


def measure(command: list[object], seconds: float | None = None) -> Cost:
    """Run one process to its end, or stop it after so many seconds."""
    started = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    stopped = False
    while True:
        pid, status, used = os.wait4(process.pid, 0 if seconds is None else os.WNOHANG)
        if pid:
            break
        if time.monotonic() - started > seconds:
            process.kill()
            stopped = True
        time.sleep(0.05)
    assert process.stderr is not None
    said = process.stderr.read().decode()
    process.stderr.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    code = None if stopped else process.returncode
    if code not in (0, None, NO_ANSWER):
        raise SystemExit(f"{command} ended with {code}: {said}")
    return Cost(time.monotonic() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, code)


def medians(commands: list[Callable[[int], list[object]]], runs: int) -> list[Cost]:
    """The median costs of several commands that take turns; each is made for the number of its run."""
    costs: list[list[Cost]] = [[] for _ in commands]
    for number in range(runs):
        for command, found in zip(commands, costs, strict=True):
            found.append(measure(command(number)))
    return [
        Cost(*(statistics.median(getattr(cost, key) for cost in found) for key in ("wall", "cpu", "peak")))
        for found in costs
    ]


class Bench:
    """The folder of one run, and how each command is called."""

    def __init__(self, folder: Path, others: Path) -> None:
        self.folder, self.others = folder, others

    def inputs(self, size: int) -> list[object]:
        made = self.folder / str(size)
        if not (made / "applicants.json").exists():
            subprocess.run([sys.executable, HERE / "inputs.py", str(size), made], check=True)
        return [made / "rules.json", made / "applicants.json"]

    def floor(self, size: int) -> list[object]:
        return [sys.executable, HERE / "floor.py", *self.inputs(size)]

    def floor_texts(self, size: int, bundle: Path) -> list[object]:
        sizes = [(bundle / f"explanations.{code}.json").stat().st_size for code in ("el", "en")]
        return [sys.executable, HERE / "floor_texts.py", *self.inputs(size), *sizes, self.folder / "floor"]

    def allocate(self, size: int, name: str, *words: object) -> list[object]:
        rules, applicants = self.inputs(size)
        out = self.folder / f"{size}-{name}"
        shutil.rmtree(out, ignore_errors=True)
        out.with_name(out.name + ".zip").unlink(missing_ok=True)
        files = ["--rules", rules, "--applicants", applicants, "--out", out]
        return [sys.executable, "-m", "stemfleet", "allocate", *files, "--beacon", "benchmark", *words]

    def judged(self, size: int, result: Path) -> dict[str, int]:
        done = subprocess.run(
            [sys.executable, HERE / "judge.py", *map(str, self.inputs(size)), result], check=True, capture_output=True
        )
        return json.loads(done.stdout)

    def speed(self, size: int, runs: int) -> list[str]:
        none = ["--explanations", "none"]
        floor, allocate = medians([lambda _: self.floor(size), lambda _: self.allocate(size, "none", *none)], runs)
        rows = [
            row(f"floor, {size:,}", floor, floor),
            row(f"`allocate --explanations none`, {size:,}", allocate, floor),
        ]
        if size <= 14_000:
            bundle = self.folder / f"{size}-texts"
            measure(self.allocate(size, "texts"))
            command = self.floor_texts(size, bundle)
            floor, allocate = medians([lambda _: command, lambda _: self.allocate(size, "texts")], runs)
            rows += [
                row(f"floor that writes as many bytes, {size:,}", floor, floor),
                row(f"`allocate` with all explanations, {size:,}", allocate, floor),
            ]
        else:
            one = measure([sys.executable, "-m", "stemfleet", "explain", self.folder / f"{size}-none", "9000000"])
            rows.append(
                f"| `explain`, one school of {size:,} | {one.wall:.2f} | {one.cpu:.2f} | {one.peak:.0f} | | | |"
            )
        return rows

    def rivals(self, size: int, limit: float) -> list[str]:
        inputs = self.inputs(size)
        stemfleet = measure(self.allocate(size, "none", "--explanations", "none"))
        ways = [("stemfleet", stemfleet, self.folder / f"{size}-none" / "result.json")]
        out = self.folder / "quotas.json"
        ways.append(("quotas one after another", measure([sys.executable, HERE / "quotas.py", *inputs, out]), out))
        for method, name in (("highs", "scipy's HiGHS"), ("mincostflow", "networkx' min-cost flow")):
            out = self.folder / f"{method}.json"
            out.unlink(missing_ok=True)
            ways.append(
                (name, measure([self.others, HERE / "optimise.py", method, *inputs, limit, out], limit + 30), out)
            )
        return [self.rival(size, name, cost, result, limit) for name, cost, result in ways]

    def rival(self, size: int, name: str, cost: Cost, result: Path, limit: float) -> str:
        if cost.code != 0:
            return f"| {name} | not finished in {limit:.0f} s | {cost.peak:.0f} | | | |"
        found = self.judged(size, result)
        time_and_memory = f"{cost.wall:.2f} s ({cost.cpu:.2f} s of CPU) | {cost.peak:.0f}"
        return f"| {name} | {time_and_memory} | {found['envy']:,} | {found['wasted']:,} | {found['unmet']:,} |"


def row(name: str, cost: Cost, floor: Cost) -> str:
    ratios = [f"{mine / least:.2f}" for mine, least in zip(cost[:3], floor[:3], strict=True)]
    return f"| {name} | {cost.wall:.2f} | {cost.cpu:.2f} | {cost.peak:.0f} | {' | '.join(ratios)} |"


def page(speed: list[str], rivals: list[str], size: int, runs: int, limit: float) -> str:
    cores, load = os.cpu_count(), os.getloadavg()[0]
    machine = f"Python {platform.python_version()}, {platform.machine()}, {cores} cores, load {load:.1f} when it ended"
    return f"""# Benchmarks

Made by `make bench-allocation` on {machine}. Inputs are synthetic: 3 lots, 6
overlapping categories, a place in each lot for every 50 applicants, three quarters of them guaranteed
(`benchmarks/allocation/inputs.py`).

## Speed and memory

Files to bundle, start-up included; each in a process of its own; median of {runs}. The floor is a program of under 20
lines that loads the same two files and sorts (`benchmarks/allocation/floor.py`); `floor_texts.py` also formats and
writes as many bytes as the explanations have. Goals: at most 3 times the floor's wall time, and at most 0.7 of its peak
memory at 500,000.

| what | wall, s | CPU, s | peak, MiB | wall ÷ floor | CPU ÷ floor | peak ÷ floor |
|---|---|---|---|---|---|---|
{chr(10).join(speed)}

## What one would pick instead

{size:,} applicants. Counted by `benchmarks/allocation/judge.py`, which shares nothing with the program. *Justified
envy*: pairs of a school and a holder of fewer points whom it could replace in a lot that it would rather have, with no
guarantee used less. *Wasted*: places left empty while a school waits. *Unmet*: guaranteed places that could be used and
are not. The optimisers (time limit {limit:.0f} s, in an environment of their own) put guarantees first, then points,
then wishes.

| way | time | peak, MiB | justified envy, pairs | wasted places | unmet guarantees |
|---|---|---|---|---|---|
{chr(10).join(rivals)}
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--folder", type=Path, required=True, help="where inputs and bundles go")
    options.add_argument("--others", type=Path, required=True, help="a Python with scipy and networkx")
    options.add_argument("--sizes", type=int, nargs="+", default=[14_000, 500_000])
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--limit", type=float, default=120, help="seconds for each optimiser")
    given = options.parse_args()
    bench = Bench(given.folder, given.others)
    speed = [line for size in given.sizes for line in bench.speed(size, given.runs)]
    rivals = bench.rivals(given.sizes[0], given.limit)
    text = page(speed, rivals, given.sizes[0], given.runs, given.limit)
    sys.stdout.write(text)
    others = PAGE.read_text(encoding="utf-8").partition("\n<!-- ")[1:]  # of the other benchmarks
    PAGE.write_text("".join((text, *others)), encoding="utf-8")


if __name__ == "__main__":
    main()
