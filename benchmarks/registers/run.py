"""`make bench-registers`: import and search of 14,000 and 500,000 schools, beside plain `sqlite3` programs.

Every measurement is a process of its own; program and floor take turns. Time and memory are the kernel's (`wait4`) and
include the start-up, except in the rows for a running program (`warm.py`). Modules are compiled beforehand, as an
installer does. Prints the tables and writes them between the marks of docs/benchmarks.md.
"""

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from math import isnan, nan
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "benchmarks.md"
MARKS = ("<!-- registers -->", "<!-- /registers -->")
SEARCHES = ("gymnasio kerkyras", "ΓΥΜΝ ΚΕΡΚ", "1ο Γυμνάσιο Κέρκυρας", "dimotiko", "nipiagogeio athinon")
TIMES = 5  # of a search within one process


class Cost(NamedTuple):
    """Seconds of wall and CPU time, MiB of peak memory."""

    wall: float
    cpu: float
    peak: float


def measure(command: list[object], env: Mapping[str, str]) -> Cost:
    """Run one process to its end."""
    started = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, env=env)
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return Cost(time.monotonic() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def median(costs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(cost[key] for cost in costs) for key in range(3)))


class Bench:
    """The folder of one run, and how each command is called."""

    def __init__(self, folder: Path, runs: int) -> None:
        self.folder, self.runs = folder, runs
        self.env = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
        self.env.pop("PYTHONDONTWRITEBYTECODE", None)
        shutil.rmtree(folder / "empty", ignore_errors=True)
        self.call("--data", folder / "empty", "school", "list")
        self.call("import", "--help")

    def command(self, *words: object) -> list[object]:
        return [sys.executable, "-m", "stemfleet", *words]

    def call(self, *words: object) -> None:
        subprocess.run(
            [str(word) for word in self.command(*words)], check=True, stdout=subprocess.DEVNULL, env=self.env
        )

    def register(self, size: int) -> Path:
        file = self.folder / f"register-{size}.csv"
        if not file.exists():
            self.call("sample", "register", "--schools", size, "--out", file)
        return file

    def data(self, size: int) -> Path:
        """A fresh folder whose database has its tables, and no school: making these is not the import's work."""
        data = self.folder / f"data-{size}"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(self.folder / "empty", data)
        return data

    def start_up(self) -> Cost:
        call = self.command("--data", self.folder / "empty", "school", "list", "--json")
        return median([measure(call, self.env) for _ in range(self.runs)])

    def imports(self, size: int) -> tuple[Cost, Cost]:
        """(the floor, the program), each as a whole process."""
        register = self.register(size)
        floor: list[object] = [sys.executable, HERE / "floor.py", register, self.folder / "floor.sqlite"]
        floors, loads = [], []
        for _ in range(self.runs):
            floors.append(measure(floor, self.env))
            load = self.command("--data", self.data(size), "import", "schools", register, "--apply")
            loads.append(measure(load, self.env))
        return median(floors), median(loads)

    def warm_imports(self, size: int) -> tuple[Cost, Cost]:
        """(the floor, the program) within a program that runs already; no memory."""
        floors, loads = [], []
        for _ in range(self.runs):
            floors.append(self.warm("plain", size, self.folder / "floor.sqlite"))
            loads.append(self.warm("stemfleet", size, self.data(size) / "stemfleet.sqlite"))
        return median(floors), median(loads)

    def warm(self, way: str, size: int, database: Path) -> Cost:
        call = [sys.executable, str(HERE / "warm.py"), way, str(self.register(size)), str(database)]
        told = json.loads(subprocess.run(call, check=True, capture_output=True, env=self.env).stdout)
        return Cost(told["wall"], told["cpu"], nan)

    def search(self, size: int, words: str) -> tuple[int, float, float]:
        """(hits shown, seconds of the program, seconds of the plain query), medians over processes that take turns."""
        database = self.folder / f"data-{size}" / "stemfleet.sqlite"
        seconds: dict[str, list[float]] = {"stemfleet": [], "plain": []}
        shown = 0
        for _ in range(self.runs):
            for way, taken in seconds.items():
                call = [sys.executable, str(HERE / "search.py"), way, str(database), words, str(TIMES)]
                told = json.loads(subprocess.run(call, check=True, capture_output=True, env=self.env).stdout)
                taken.append(statistics.median(told["seconds"]))
                shown = told["found"]
        return shown, statistics.median(seconds["stemfleet"]), statistics.median(seconds["plain"])


def import_rows(bench: Bench, sizes: list[int]) -> list[str]:
    rows, peaks = [], []
    for number, size in enumerate(sizes):
        floor, load = bench.imports(size)
        peaks.append(load.peak)
        rows += [row(f"plain `sqlite3`, {size:,}", floor), row(f"`import schools --apply`, {size:,}", load, floor)]
        if number == 0:  # where the start-up weighs
            rows.append(row("start-up alone", bench.start_up(), floor))
            floor, load = bench.warm_imports(size)
            rows += [row(f"running: plain `sqlite3`, {size:,}", floor), row(f"running: import, {size:,}", load, floor)]
    if len(peaks) > 1:
        rows.append(
            f"\nMemory at {sizes[-1]:,} ÷ memory at {sizes[0]:,}: {peaks[-1] / peaks[0]:.2f} (goal: at most 2)."
        )
    return rows


def row(what: str, cost: Cost, floor: Cost | None = None) -> str:
    peak = "" if isnan(cost.peak) else f"{cost.peak:.0f}"
    ratios = f"{cost.wall / floor.wall:.2f} | {cost.cpu / floor.cpu:.2f}" if floor else "|"
    return f"| {what} | {cost.wall:.2f} | {cost.cpu:.2f} | {peak} | {ratios} |"


def search_rows(bench: Bench, sizes: list[int]) -> list[str]:
    rows = []
    for size in sizes:
        for words in SEARCHES:
            shown, program, plain = bench.search(size, words)
            times = f"{1000 * program:.1f} | {1000 * plain:.1f} | {program / plain:.2f}"
            rows.append(f"| `{words}`, {size:,} | {shown} | {times} |")
    return rows


def section(imports: list[str], searches: list[str], runs: int) -> str:
    cores, load = os.cpu_count(), os.getloadavg()[0]
    machine = f"Python {platform.python_version()}, {platform.machine()}, {cores} cores, load {load:.1f} when it ended"
    lines = "\n"
    return f"""{MARKS[0]}
## Registers

Made by `make bench-registers` on {machine}. Median of {runs}; the registers
are those of `sample register`, in the columns of the real export (39 of them, 740 bytes a school).

Import of a CSV, with preview and apply, each in a process of its own. The floor parses the same file with `csv` and
inserts the same columns with `sqlite3` into a table with a primary key (`benchmarks/registers/floor.py`); it knows the
encoding, the separator and the columns beforehand, checks nothing, compares with nothing, and keeps no categories, no
search index, no sources and no history. Goals: at most 4 times its wall time, and at most twice the memory at 500,000.

The rows are of whole processes, the start of Python and the loading of libraries included. *Start-up alone* is the
command `school list --json` over no school, beside the floor at 14,000; nearly all of it is SQLAlchemy, pydantic and
SQLModel being loaded and the tables being declared. *Running*: the same use cases within a program that is up, as the
page calls them in the server (`benchmarks/registers/warm.py`), and the floor without the start of Python; the names
in the file are new to the program each time. Loading alone is about three times the floor at 14,000: there the import
itself reaches the goal, and the command as a whole does not.

| what | wall, s | CPU, s | peak, MiB | wall ÷ floor | CPU ÷ floor |
|---|---|---|---|---|---|
{lines.join(imports)}

Search: the program's `find_schools` beside the same ranked FTS5 query (`LIMIT 50`), the columns of the hits and their
categories in plain `sqlite3`, each rendered as lines of text (`benchmarks/registers/search.py`). Goal: at most twice
its time at 500,000.

| words | shown | program, ms | plain, ms | ratio |
|---|---|---|---|---|
{lines.join(searches)}
{MARKS[1]}"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--folder", type=Path, required=True, help="where registers and databases go")
    options.add_argument("--sizes", type=int, nargs="+", default=[14_000, 500_000])
    options.add_argument("--runs", type=int, default=5)
    given = options.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(given.folder, given.runs)
    imports = import_rows(bench, given.sizes)
    made = section(imports, search_rows(bench, given.sizes), given.runs)
    sys.stdout.write(made + "\n")
    page = PAGE.read_text(encoding="utf-8").rstrip("\n")
    if MARKS[0] not in page:
        page += f"\n\n{MARKS[0]}\n{MARKS[1]}"
    page = re.sub(f"{MARKS[0]}.*?{MARKS[1]}", lambda _: made, page, flags=re.DOTALL)
    PAGE.write_text(page + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
