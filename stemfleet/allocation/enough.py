"""What would have been enough: the holder whom a refused school would have had to stand before.

A school that asks for one lot only gets it if and only if that lot would take it in addition to those whom the lot
holds in the stable outcome, without the school, that the *lots* like best. (Otherwise that outcome stays stable with
the school in it, and all stable outcomes serve the same schools.) As no school gains by misreporting, it holds this
lot or one that it prefers if and only if that is so for one of them. So one cut-off per lot and group answers for all
schools that hold nothing; for a school that holds something, its place comes free first, and a chain of moves follows.
"""

from bisect import insort
from collections.abc import Mapping, Sequence

from stemfleet.allocation.choice import Desk
from stemfleet.allocation.engine import SettledWave
from stemfleet.allocation.proposals import Settled
from stemfleet.allocation.replacements import Replacements

Kind = tuple[str, int]  # a lot and a group in it


class Enough:
    """Answers for one settled wave."""

    def __init__(self, wave: SettledWave) -> None:
        self._wave = wave
        self._holding = {rank for lot in wave.settled.values() for rank in lot.held}
        self._best = _best_for_lots(wave.desks, wave.settled, wave.preferences)
        self._to_beat: dict[Kind, int | None] = {}
        self._vacancies: _Vacancies | None = None

    def points(self, rank: int, code: str) -> int | None:
        """The fewest points with which the waiting school would hold lot `code` or one that it prefers to it.

        All else being equal, its ticket included. None when no number of points would be enough.
        """
        fewest: int | None = None
        for lot in self._wave.preferences[rank]:
            points = self._points_for(rank, lot)
            if points is not None and (fewest is None or points < fewest):
                fewest = points
            if lot == code:
                break
        return fewest

    def _points_for(self, rank: int, code: str) -> int | None:
        beaten = self._beaten(rank, code)
        if beaten is None:
            return None
        other = self._wave.merits[beaten]
        return other.points if self._wave.merits[rank].ticket < other.ticket else other.points + 1

    def _beaten(self, rank: int, code: str) -> int | None:
        desk = self._wave.desks[code]
        if rank in self._holding:
            return self._without(rank).beaten(desk, rank, code)
        kind = code, desk.group_of[rank]
        if kind not in self._to_beat:
            if desk.lot.region_cap is None:
                self._to_beat[kind] = _last_beaten(desk, self._best[code], self._best[code], rank)
            else:
                self._to_beat[kind] = self._beaten_under_region_cap(desk, rank, desk.lot.region_cap)
        return self._to_beat[kind]

    def _beaten_under_region_cap(self, desk: Desk, rank: int, cap: int) -> int | None:
        """A group lies in one region: of each no more than the cap can be taken, and one more for the newcomer."""
        lot = self._wave.settled[desk.lot.code]
        seen: dict[int, int] = {}
        candidates = []
        for other in sorted(lot.held + lot.waiting):
            group = desk.group_of[other]
            seen[group] = seen.get(group, 0) + 1
            if seen[group] <= cap + 1 and other != rank:
                candidates.append(other)
        return _last_beaten(desk, lot.held, candidates, rank)

    def _without(self, rank: int) -> "_Seats":
        if self._vacancies is None:
            self._vacancies = _Vacancies(self._wave, self._best)
        return self._vacancies.when_gone(rank)


class _Seats:
    """Who holds what in the outcome that the lots like best when one holder is gone."""

    def __init__(self, held: Mapping[str, list[int]]) -> None:
        self._held = held
        self._to_beat: dict[Kind, int | None] = {}

    def beaten(self, desk: Desk, rank: int, code: str) -> int | None:
        kind = code, desk.group_of[rank]
        if kind not in self._to_beat:
            self._to_beat[kind] = _last_beaten(desk, self._held[code], self._held[code], rank)
        return self._to_beat[kind]


class _Vacancies:
    """The chains of moves after a holder is gone. Holders of one group in one lot are alike unless they move in it."""

    def __init__(self, wave: SettledWave, best: Mapping[str, list[int]]) -> None:
        self._best = best
        self._desks = wave.desks
        self._holds = {rank: code for code, held in best.items() for rank in held}
        asking = {code: set(lot.waiting) for code, lot in wave.settled.items()}
        for rank, code in self._holds.items():
            wanted = wave.preferences[rank]
            for better in wanted[: wanted.index(code)]:
                asking[better].add(rank)
        settled = {code: Settled(wave.settled[code].choice, held, sorted(asking[code])) for code, held in best.items()}
        self._moves = Replacements(wave.desks, settled, wave.preferences)
        self._alike: dict[Kind, tuple[int, dict[int, str], _Seats]] = {}

    def when_gone(self, rank: int) -> _Seats:
        code = self._holds[rank]
        kind = code, self._desks[code].group_of[rank]
        if kind not in self._alike:
            _, moved = self._moves.chain(code, rank, gone=None)
            self._alike[kind] = rank, moved, self._seats(rank, moved)
        first, moved, seats = self._alike[kind]
        if rank in moved or first in moved:
            return self._seats(rank, self._moves.chain(code, rank, gone=rank)[1])
        return seats

    def _seats(self, gone: int, moved: Mapping[int, str]) -> _Seats:
        held = {code: [rank for rank in ranks if rank not in moved] for code, ranks in self._best.items()}
        for rank, code in moved.items():
            insort(held[code], rank)
        for ranks in held.values():
            if gone in ranks:
                ranks.remove(gone)
        return _Seats(held)


def _best_for_lots(
    desks: Mapping[str, Desk], settled: Mapping[str, Settled], preferences: Sequence[Sequence[str]]
) -> dict[str, list[int]]:
    """Who holds what when lots propose to those whom they would choose, and a school keeps its best offer.

    Only holders are proposed to, because all stable outcomes serve the same schools.
    """
    if len(desks) == 1:
        return {code: lot.held for code, lot in settled.items()}
    holding = sorted(rank for lot in settled.values() for rank in lot.held)
    pools = {code: [rank for rank in holding if code in preferences[rank]] for code in desks}
    changed = set(desks)
    chosen: dict[str, list[int]] = {}
    while changed:
        for code in changed:
            chosen[code] = desks[code].choose(pools[code]).all
        changed = set()
        offer: dict[int, int] = {}
        for code, ranks in chosen.items():
            for rank in ranks:
                offer[rank] = min(offer.get(rank, len(desks)), preferences[rank].index(code))
        for code, ranks in chosen.items():
            turned_down = {rank for rank in ranks if preferences[rank].index(code) > offer[rank]}
            if turned_down:
                pools[code] = [rank for rank in pools[code] if rank not in turned_down]
                changed.add(code)
    return chosen


def _last_beaten(desk: Desk, held: Sequence[int], candidates: Sequence[int], newcomer: int) -> int | None:
    """The last of those held whom a newcomer can stand before and be taken; None when no place would do.

    `candidates` are all that the lot chooses from, those held among them; the higher it stands, the better.
    """
    at = {rank: index for index, rank in enumerate(candidates)}

    def chosen(before: int) -> list[int]:
        index = at[held[before]]
        return desk.choose([*candidates[:index], newcomer, *candidates[index:]]).all

    if not held:
        return None
    best = chosen(0)
    if newcomer not in best:
        return None
    if not desk.lot.by_region:
        # Of all sets with the newcomer that use as many guarantees, the best leaves out the last holder that can be
        # left out, wherever the newcomer stands.
        (out,) = set(held).difference(best)
        return out
    low, high = 0, len(held)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if newcomer in chosen(middle) else (low, middle)
    return held[low]
