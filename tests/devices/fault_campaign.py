"""The fault campaign: every fault that can be ordered, unplugging at random moments, killing the bench at random.

`make faults` runs all of it and writes docs/faults.md; the suite runs a small sample through the same functions.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from core_peers import processes_with
from sqlmodel import select

from stemfleet.audit import find_tampering
from stemfleet.bench.begun import note_interrupted
from stemfleet.cli.devices import station_name
from stemfleet.devices.bench import Bench
from stemfleet.devices.recipe import PHASES, load_recipes
from stemfleet.devices.record import BoardRecord
from stemfleet.devices.state import Slot, SlotState
from stemfleet.devices.virtual import DUPLICATE
from stemfleet.devices.virtual.faults import FAULTS, KINDS, Expected, expected
from stemfleet.devices.virtual.fleet import VirtualFleet
from stemfleet.store import BoardRun
from stemfleet.words import Outcome, Reason
from stemfleet.workshop import Workshop

AT_ONCE = 6  # boards: more would not be emulated in real time on two cores
LONGEST_S = 400.0
PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
FAMILIES = {"Arduino": "uno", "printer": "printer", "micro:bit": "microbit", "ESP": "esp32"}
KILLED_FLEET = "uno:2,microbit:2,esp32:1"


@dataclass
class Tally:
    """What one part of the campaign found; `wrong` are sentences."""

    title: str
    injected: int = 0
    named: int = 0
    wrongly_passed: int = 0
    not_reached: int = 0  # the board was done before the fault came
    wrong: list[str] = field(default_factory=list)

    def count(self, what: str, wanted: Expected, got: tuple[Outcome | None, str | None]) -> None:
        self.injected += 1
        if got == (wanted.outcome, wanted.reason):
            self.named += 1
            return
        self.wrongly_passed += got[0] is Outcome.PASS
        self.wrong.append(f"{what}: {got[0]} {got[1]}, wanted {wanted.outcome} {wanted.reason}")


@contextmanager
def fleet_of(spec: str) -> Iterator[tuple[VirtualFleet, list[Slot]]]:
    with tempfile.TemporaryDirectory(prefix="stemfleet-faults-") as folder, VirtualFleet(spec, Path(folder)) as fleet:
        yield fleet, fleet.bench_slots(load_recipes())


def all_faults() -> list[tuple[str, str]]:
    """(kind, fault) of every cell of the table."""
    return [(kind, fault.name) for fault in FAULTS.values() for kind in KINDS if kind in fault.expected]


def ordered_faults(cells: Sequence[tuple[str, str]]) -> Tally:
    """Each board with its fault, as the recipes stand."""
    tally = Tally("ordered faults")
    single = [cell for cell in cells if cell[1] != DUPLICATE]
    for begin in range(0, len(single), AT_ONCE):
        batch = single[begin : begin + AT_ONCE]
        with fleet_of(",".join(f"{kind}:1:{fault}" for kind, fault in batch)) as (_, slots):
            for (kind, fault), state in zip(batch, done(slots), strict=True):
                tally.count(f"{kind} {fault}", expected(kind, fault), (state.outcome, state.reason))
    for kind, fault in cells:
        if fault == DUPLICATE:
            duplicate(tally, kind)
    return tally


def duplicate(tally: Tally, kind: str) -> None:
    """The original first, then its duplicate beside it."""
    with fleet_of(f"{kind}:1,{kind}:1:{DUPLICATE}") as (_, slots), Bench(slots, station="s", operator="o") as bench:
        for slot in slots:
            bench.start(str(slot.name))
            bench.wait(LONGEST_S)
        original, copy = bench.snapshot()
        tally.count(f"{kind} {DUPLICATE}", expected(kind, DUPLICATE), (copy.outcome, copy.reason))
        if original.outcome is not Outcome.PASS:
            tally.wrong.append(f"{kind}, the original of a duplicate: {original.outcome} {original.reason}")


def done(slots: list[Slot]) -> list[SlotState]:
    with Bench(slots, station="campaign", operator="nobody") as bench:
        bench.start_all()
        bench.wait(LONGEST_S)
        return bench.snapshot()


class Puller:
    """Pulls one board's plug a random while after a phase has begun."""

    def __init__(self, fleet: VirtualFleet, slot: str, phase: str, delay: float) -> None:
        self._fleet, self._slot, self._phase, self._delay = fleet, slot, phase, delay
        self._thread: threading.Thread | None = None
        self.pulled_at: float | None = None
        self.out_at = 0.0

    def notice(self, state: SlotState) -> None:
        if (state.slot, state.phase) == (self._slot, self._phase) and self._thread is None:
            self._thread = threading.Thread(target=self._pull)
            self._thread.start()

    def finish(self) -> None:
        if self._thread is not None:
            self._thread.join()

    def _pull(self) -> None:
        time.sleep(self._delay)
        self.pulled_at = time.time()
        self._fleet.control(self._slot, "unplug")
        self.out_at = time.time()

    def was_late(self, record: BoardRecord) -> bool:
        """Whether all was over before the pull; a board that passed: before the plug was out for certain."""
        if self.pulled_at is None:
            return True
        if record.outcome is Outcome.PASS:
            return record.phases[-1].ended.timestamp() <= self.out_at
        return record.ended.timestamp() <= self.pulled_at


def phase_seconds(kind: str) -> dict[str, float]:
    """How long each phase of an undisturbed board takes."""
    with fleet_of(f"{kind}:1") as (_, slots):
        (state,) = done(slots)
    assert state.result is not None
    assert state.outcome is Outcome.PASS, (kind, state.reason, state.detail)
    return {p.name: (p.ended - p.started).total_seconds() for p in state.result.record.phases if p.name != "prepare"}


def unplugs(chance: random.Random, families: Sequence[str], times: int, phases: int | None = None) -> Tally:
    """`times` in each phase of each family, at a random moment of the phase; then every board is done again, whole."""
    tally = Tally("unplugged at a random moment")
    wanted = Expected(Outcome.ERROR, Reason.UNPLUGGED.value)
    for family in families:
        kind = FAMILIES[family]
        seconds = phase_seconds(kind)
        chosen = list(seconds) if phases is None else chance.sample(list(seconds), phases)
        todo = [(phase, chance.uniform(0, seconds[phase])) for phase in chosen for _ in range(times)]
        with fleet_of(f"{kind}:{min(AT_ONCE, len(todo))}") as (fleet, slots):
            for begin in range(0, len(todo), len(slots)):
                pull_batch(tally, family, fleet, slots, todo[begin : begin + len(slots)], wanted)
            for state in done(slots):
                if state.outcome is not Outcome.PASS:
                    tally.wrong.append(f"{family}, done again afterwards: {state.outcome} {state.reason}")
    return tally


def pull_batch(
    tally: Tally,
    family: str,
    fleet: VirtualFleet,
    slots: list[Slot],
    todo: list[tuple[str, float]],
    wanted: Expected,
) -> None:
    pullers = [Puller(fleet, str(slot.name), phase, delay) for slot, (phase, delay) in zip(slots, todo, strict=False)]
    used = slots[: len(todo)]
    with Bench(used, station="campaign", operator="nobody") as bench:
        for puller in pullers:
            bench.subscribe(puller.notice)
        bench.start_all()
        bench.wait(LONGEST_S)
        for puller in pullers:
            puller.finish()
        states = bench.snapshot()
    for puller, state, (phase, delay) in zip(pullers, states, todo, strict=True):
        assert state.result is not None
        if puller.was_late(state.result.record):
            tally.not_reached += 1
        else:
            tally.count(f"{family} {phase} after {delay:.2f} s", wanted, (state.outcome, state.reason))
        if puller.pulled_at is not None:
            fleet.control(state.slot, "plug")


def kills(chance: random.Random, times: int, spec: str = KILLED_FLEET, longest: float = 14.0) -> Tally:
    """The real command, killed with its whole group; then what its database holds is held against what it said."""
    tally = Tally("`kill -9` of the bench's process group")
    with tempfile.TemporaryDirectory(prefix="stemfleet-faults-") as folder:
        data = Path(folder)
        known: set[int] = set()
        for number in range(times):
            delay = chance.uniform(0.5, longest)
            said = killed_bench(data, spec, delay)
            tally.injected += 1
            problems = after_kill(data, said, known)
            tally.named += not problems
            tally.wrong += [f"kill {number + 1} after {delay:.1f} s: {problem}" for problem in problems]
        if (code := bench_process(data, spec).wait(LONGEST_S)) != 0:
            tally.wrong.append(f"the boards done again afterwards: exit code {code}")
    return tally


def bench_process(data: Path, spec: str, *more: str) -> "subprocess.Popen[str]":
    command = [str(Path(sys.executable).with_name("stemfleet")), "--data", str(data), "bench", "--virtual", spec, *more]
    with (data / "wall.txt").open("w") as wall:
        return subprocess.Popen(command, stdout=wall, text=True, start_new_session=True)


def killed_bench(data: Path, spec: str, delay: float) -> list[str]:
    """What the wall had said when it was killed; nothing of the program is left."""
    process = bench_process(data, spec, "--watch")  # it also says at once what is done
    time.sleep(delay)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    end = time.monotonic() + 10
    while left := processes_with(str(data)):
        assert time.monotonic() < end, f"still there: {left}"
        time.sleep(0.1)
    return (data / "wall.txt").read_text().splitlines()


def after_kill(data: Path, said: list[str], known: set[int]) -> list[str]:
    """What is wrong with the database; `known` are the runs of before, and grows."""
    workshop = Workshop.open(f"sqlite:///{data / 'stemfleet.sqlite'}", data)
    with workshop.store.read() as session:
        runs = [run for run in session.exec(select(BoardRun)).all() if run.id not in known]
    known |= {run.id for run in runs if run.id is not None}
    words = [(line.split()[0], line.split()) for line in said if line.strip()]
    begun = {slot for slot, rest in words if rest[-1] in PHASES}
    told = {slot for slot, rest in words if Outcome.PASS.value in rest}
    kept = {run.slot for run in runs}
    problems = [f"{slot} was told as done and has no record" for slot in sorted(told - kept)]
    problems += [f"{run.slot} has a record that was never begun" for run in runs if run.slot not in begun]
    problems += [f"{run.slot}: a record without an end" for run in runs if not run.record["phases"] or not run.ended]
    problems += [f"{run.slot}: {run.outcome} {run.reason}" for run in runs if run.outcome is not Outcome.PASS]
    if len(runs) != len(kept):
        problems.append("a board has two records")
    if tampered := find_tampering(workshop.store):
        problems.append(tampered)
    shown = {start.slot for start in note_interrupted(workshop.store, station_name(virtual=True))}
    problems += [f"{slot} was in the middle and is not shown as such" for slot in sorted(begun - kept - shown)]
    problems += [f"{slot} is shown as cut off and has its record" for slot in sorted(kept & shown)]
    workshop.store.close()
    return problems


def page(seed: int, parts: Sequence[Tally], seconds: float, extent: str) -> str:
    """docs/faults.md."""
    rows = [
        f"| {part.title} | {part.injected} | {part.named} | {part.wrongly_passed} | {part.not_reached} |"
        for part in parts
    ]
    total = (
        f"| **together** | {sum(p.injected for p in parts)} | {sum(p.named for p in parts)} "
        f"| {sum(p.wrongly_passed for p in parts)} | {sum(p.not_reached for p in parts)} |"
    )
    wrong = [f"- {sentence}" for part in parts for sentence in part.wrong] or ["None."]
    return "\n".join(
        [
            "# The fault campaign",
            "",
            "Written by `make faults` (`tests/devices/fault_campaign.py`); the table of faults and what must come out",
            "of them is in [bench.md](bench.md). Boards are virtual, the tools are the real ones.",
            "",
            f"Seed {seed}; {extent}; {seconds / 60:.0f} minutes.",
            "",
            "| | injected | correctly named | wrongly passed | too late: the board was done |",
            "|---|---|---|---|---|",
            *rows,
            total,
            "",
            "*Correctly named*: outcome and reason code are those of the table; after a kill: no record that was told",
            "is lost, none is invented, the history is whole, and every board in the middle is shown as such.",
            "*Wrongly passed* must be 0.",
            "",
            "## What went wrong",
            "",
            *wrong,
            "",
        ]
    )


def main() -> int:
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    told.add_argument("--unplugs", type=int, default=10, help="for each phase and family")
    told.add_argument("--kills", type=int, default=20)
    told.add_argument("--write", type=Path, default=PAGE)
    options = told.parse_args()
    sys.stdout.write(f"seed {options.seed}\n")
    began, chance = time.monotonic(), random.Random(options.seed)
    parts = []
    for part in (
        lambda: ordered_faults(all_faults()),
        lambda: unplugs(chance, list(FAMILIES), options.unplugs),
        lambda: kills(chance, options.kills),
    ):
        parts.append(tally := part())
        sys.stdout.write(f"{tally}\n")
        sys.stdout.flush()
    extent = f"{options.unplugs} unplugs for each phase and family, {options.kills} kills"
    options.write.write_text(page(options.seed, parts, time.monotonic() - began, extent))
    return 1 if any(part.wrong or part.wrongly_passed for part in parts) else 0


if __name__ == "__main__":
    sys.exit(main())
