"""Faults that the allocation's tests must find, each put into a copy of the program by itself.

    python tests/allocation/mutants.py            the whole campaign: every mutant must be caught
    python tests/allocation/mutants.py NAME…      some of them

A mutant is one edit of one file. It is caught when one of the tests named with it fails; the same tests pass on a copy
without the edit.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
ROOM = "stemfleet/allocation"
TESTS = "tests/allocation"

# No time is spent on making a failing example small, and every run tries the same ones.
CONFTEST = """
from hypothesis import Phase, settings

settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate], database=None, derandomize=True)
settings.load_profile("mutants")
"""


class Mutant(NamedTuple):
    """`old` stands once in the room's `file` and becomes `new`; `tests` are file names with test names after `::`."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


BEST = "test_choice.py::test_the_choice_is_the_best_feasible_set"
SCARCE = "test_choice.py::test_the_choice_is_the_best_feasible_set_where_groups_overlap_and_places_are_scarce"
MOVES = "test_enough.py::test_the_stated_points_are_enough_where_places_are_scarce_and_moves_follow"
CAPS = "test_regional_caps.py"
CROSSING = "test_crossing_cap.py"
REGION = '("region", region), lot.region_cap)'

MUTANTS = (
    Mutant(
        "quotas filled one after another",
        "choice.py",
        """        for rank in candidates:
            group = group_of[rank]
            if still_open[group] and guarantees.place(group):
                reserved.append(rank)
            else:
                rest.append(rank)
""",
        """        rest = list(candidates)
        for category, places in self.lot.reserves.items():
            mine = [rank for rank in rest if category in self.groups[group_of[rank]].categories][:places]
            reserved += mine
            rest = [rank for rank in rest if rank not in mine]
        reserved.sort()
""",
        (SCARCE,),
    ),
    Mutant(
        "a school keeps the first category that had room",
        "guarantees.py",
        "movers = list(self._held[category])",
        "movers = []",
        (SCARCE,),
    ),
    Mutant(
        "overlap counted twice",
        "guarantees.py",
        """                self._count(category, group, 1)
                return True
""",
        """                for other in self._groups[group].categories:
                    if self._used[other] < self._reserves[other]:
                        self._count(other, group, 1)
                return True
""",
        (SCARCE,),
    ),
    Mutant(
        "ties by the order of rows",
        "engine.py",
        "key=drawn.__getitem__)",
        "key=range(len(applicants)).__getitem__)",
        (BEST, "test_allocation_commands.py::test_any_shuffle_and_any_hash_seed_give_the_same_bundle"),
    ),
    Mutant(
        "ties by school code",
        "engine.py",
        "key=drawn.__getitem__)",
        "key=lambda index: applicants[index].school)",
        (BEST,),
    ),
    Mutant(
        "a seed without the applicants' hash",
        "draw.py",
        "{rules_sha256}|{applicants_sha256}|{beacon}",
        "{rules_sha256}|{beacon}",
        ("test_allocation_commands.py::test_commit_then_allocate_gives_a_bundle_that_adds_up",),
    ),
    Mutant(
        "a seed without the rules' hash",
        "draw.py",
        "{rules_sha256}|{applicants_sha256}|{beacon}",
        "{applicants_sha256}|{beacon}",
        ("test_allocation_commands.py::test_commit_then_allocate_gives_a_bundle_that_adds_up",),
    ),
    Mutant(
        "reserves above merit in the open places",
        "choice.py",
        "return rest[:places]",
        "return sorted(sorted(rest, key=lambda rank: not self.groups[self.group_of[rank]].categories)[:places])",
        (BEST,),
    ),
    Mutant(
        "unfilled guaranteed places open although they are to be kept",
        "choice.py",
        "if self.lot.unfilled is Unfilled.KEEP:",
        "if False:",
        (BEST,),
    ),
    Mutant(
        "proposals without rejection",
        "proposals.py",
        "held[code] = desk.choose(candidates).all",
        "held[code] = sorted([*held[code], *(rank for rank in desk.choose(candidates).all if rank not in held[code])]"
        "[: desk.lot.seats])",
        ("test_proposals.py::test_the_outcome_is_stable",),
    ),
    Mutant(
        "open_region_cap, one too many",
        "choice.py",
        "taken.get(region, 0) < cap",
        "taken.get(region, 0) <= cap",
        (CAPS,),
    ),
    Mutant(
        "open_region_cap, one too few",
        "choice.py",
        "taken.get(region, 0) < cap",
        "taken.get(region, 0) < cap - 1",
        (CAPS,),
    ),
    Mutant(
        "category_region_caps, one too many",
        "guarantees.py",
        "self._used_pair.get(pair, 0) >= cap",
        "self._used_pair.get(pair, 0) > cap",
        (CAPS,),
    ),
    Mutant(
        "category_region_caps, one too few",
        "guarantees.py",
        "self._used_pair.get(pair, 0) >= cap",
        "self._used_pair.get(pair, 0) >= cap - 1",
        (CAPS,),
    ),
    Mutant("region_cap, one too many", "crossing.py", REGION, REGION[:-1] + " + 1)", (CROSSING,)),
    Mutant("region_cap, one too few", "crossing.py", REGION, REGION[:-1] + " - (lot.region_cap > 0))", (CROSSING,)),
    Mutant(
        "new tickets after an appeal",
        "bundle.py",
        "        applicants = after_events(inputs.rules, applicants, seed, happened)\n",
        "        applicants = after_events(inputs.rules, applicants, seed, happened)\n"
        "        seed = round_seed(committed.rules_sha256, digest(applicants_bytes(applicants)), value)\n",
        ("test_allocation_events.py", "test_verify_round.py"),
    ),
    Mutant(
        "the waiting list as the order of entry",
        "replacements.py",
        "        return entering.pop() if entering else None",
        "        return min((rank for rank in heads if rank is not None), default=None)",
        ("test_proposals.py::test_a_replacement_is_who_comes_in_when_the_round_is_rerun_without_the_holder",),
    ),
    Mutant(
        "who declined keeps its place",
        "events.py",
        "        del self._schools[event.school]\n",
        "",
        ("test_allocation_events.py",),
    ),
    Mutant(
        "enough is one point short",
        "enough.py",
        "else other.points + 1",
        "else other.points",
        ("test_enough.py::test_the_stated_points_are_enough_and_one_less_is_not",),
    ),
    Mutant(
        "enough without the moves that follow",
        "enough.py",
        "        if rank in self._holding:\n",
        "        if False:\n",
        (MOVES,),
    ),
    Mutant(
        "an explanation with the wrong place of the waiting list",
        "explanations.py",
        "enumerate(lot.waiting, start=1)",
        "enumerate(lot.waiting, start=0)",
        ("test_explanations.py",),
    ),
)


def copy(folder: Path) -> None:
    """The program and the room's tests, with nothing that asks for a database."""
    for part in ("stemfleet", "examples", TESTS, "tests/checkers", "docs"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "pytest.ini").write_text(f"[pytest]\npythonpath = . tests {TESTS}\nfilterwarnings = error\n")


def put_in(folder: Path, mutant: Mutant) -> None:
    """Edit the copy. ValueError when the text is not there exactly once."""
    file = folder / ROOM / mutant.file
    text = file.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise ValueError(f"{mutant.name}: the text stands {text.count(mutant.old)} times in {mutant.file}")
    file.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")


def passes(folder: Path, tests: Sequence[str]) -> bool:
    """Whether the tests pass on the copy; the first failure ends them."""
    named = [f"{TESTS}/{name}" for name in tests]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *named]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stdout + done.stderr)
    return done.returncode == 0


def caught(mutant: Mutant) -> bool:
    """Whether one of its tests fails when the mutant is in."""
    with tempfile.TemporaryDirectory() as made:
        copy(Path(made))
        put_in(Path(made), mutant)
        return not passes(Path(made), mutant.tests)


def main(names: Sequence[str]) -> int:
    chosen = [mutant for mutant in MUTANTS if not names or mutant.name in names]
    with tempfile.TemporaryDirectory() as made:
        copy(Path(made))
        if not passes(Path(made), sorted({test for mutant in chosen for test in mutant.tests})):
            sys.stdout.write("the tests fail without a mutant\n")
            return 2
    survivors = 0
    for mutant in chosen:
        found = caught(mutant)
        survivors += not found
        sys.stdout.write(f"{'caught  ' if found else 'SURVIVED'}  {mutant.name}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(chosen) - survivors} of {len(chosen)} caught\n")
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
