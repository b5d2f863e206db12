"""Across lots: schools propose (deferred acceptance).

Each school proposes to its lots, best first; each lot keeps its choice among all that proposed so far; the rejected
propose to their next, until nobody is rejected. The order of processing does not change the outcome.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stemfleet.allocation.choice import Choice, Desk


@dataclass(frozen=True, slots=True)
class Settled:
    """One lot when nobody is rejected any more. Ranks in order of merit."""

    choice: Choice
    held: list[int]
    waiting: list[int]  # proposed and refused


def settle(desks: Mapping[str, Desk], preferences: Sequence[Sequence[str]]) -> dict[str, Settled]:
    """Deferred acceptance. `preferences[rank]` are lot codes, best first; the result is by lot code."""
    turn = [0] * len(preferences)
    held: dict[str, list[int]] = {code: [] for code in desks}
    refused: dict[str, list[int]] = {code: [] for code in desks}
    new: dict[str, list[int]] = {code: [] for code in desks}
    _propose(range(len(preferences)), preferences, turn, new)
    while any(new.values()):
        for code, desk in desks.items():
            if not new[code]:
                continue
            candidates = sorted(held[code] + new[code])
            new[code] = []
            held[code] = desk.choose(candidates).all
            kept = set(held[code])
            rejected = [rank for rank in candidates if rank not in kept]
            refused[code] += rejected
            _propose(rejected, preferences, turn, new)
    return {code: _close(desk, held[code], sorted(refused[code])) for code, desk in desks.items()}


def _propose(
    ranks: Sequence[int],
    preferences: Sequence[Sequence[str]],
    turn: list[int],
    new: Mapping[str, list[int]],
) -> None:
    for rank in ranks:
        wanted = preferences[rank]
        if turn[rank] < len(wanted):
            new[wanted[turn[rank]]].append(rank)
            turn[rank] += 1


def _close(desk: Desk, held: list[int], refused: list[int]) -> Settled:
    """Choose once more among all that ever proposed: the same set, now with the proof over all of them."""
    choice = desk.choose(sorted(held + refused))
    assert choice.all == held, f"lot {desk.lot.code}: the choice depends on the order of proposals"
    return Settled(choice, held, refused)
