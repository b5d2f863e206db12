"""Who would come in if one holder left: the chain of moves that the free place starts.

The best of the waiting enters the lot, leaving a place in a lot that it liked less, and so on, until a school enters
that held nothing, or a place finds nobody. With substitutable, size-monotone choices every stable outcome serves the
same schools, so the chain's end is the school that a full rerun without the holder would bring in.

Holders of one group are alike for their lot, so one chain, in which a place comes free but nobody is gone, answers for
all of them that do not move in it themselves. Not so under an `open_region_cap`: who of a region has a guaranteed
place, and so leaves an open one to others, depends on the merit of those who stay.
"""

from bisect import insort
from collections.abc import Mapping, Sequence

from stemfleet.allocation.choice import Desk
from stemfleet.allocation.proposals import Settled


class Replacements:
    def __init__(
        self, desks: Mapping[str, Desk], settled: Mapping[str, Settled], preferences: Sequence[Sequence[str]]
    ) -> None:
        self._desks = desks
        self._settled = settled
        self._preferences = preferences
        self._holds = {rank: code for code, lot in settled.items() for rank in lot.held}
        self._waiting = {code: self._by_group(code) for code in desks}

    def of_lot(self, code: str) -> dict[int, int | None]:
        """Holder → the school that would come in, or None; ranks."""
        lot = self._desks[code].lot
        if lot.region_cap is not None:
            return self._by_rerun(code, lot.region_cap)
        if lot.open_region_cap is not None:
            return {holder: self.chain(code, holder, gone=holder)[0] for holder in self._settled[code].held}
        members: dict[int, list[int]] = {}
        for holder in self._settled[code].held:
            members.setdefault(self._desks[code].group_of[holder], []).append(holder)
        answers: dict[int, int | None] = {}
        for alike in members.values():
            entrant, moved = self.chain(code, alike[-1], gone=None)
            for holder in alike:
                own = holder in moved or alike[-1] in moved
                answers[holder] = self.chain(code, holder, gone=holder)[0] if own else entrant
        return answers

    def _by_group(self, code: str) -> dict[int, list[int]]:
        waiting: dict[int, list[int]] = {}
        group_of = self._desks[code].group_of
        for rank in self._settled[code].waiting:
            waiting.setdefault(group_of[rank], []).append(rank)
        return waiting

    def _by_rerun(self, code: str, cap: int) -> dict[int, int | None]:
        """The best of those who come in. Under a cap that crosses the guarantees there is no shorter way.

        A group lies in one region, so that of each group no more than the cap, and one for the leaver, matter.
        """
        desk, lot = self._desks[code], self._settled[code]
        seen: dict[int, int] = {}
        candidates = []
        for rank in sorted(lot.held + lot.waiting):
            group = desk.group_of[rank]
            seen[group] = seen.get(group, 0) + 1
            if seen[group] <= cap + 1:
                candidates.append(rank)
        answers = {}
        for holder in lot.held:
            chosen = desk.choose([rank for rank in candidates if rank != holder]).all
            answers[holder] = min(set(chosen).difference(lot.held), default=None)
        return answers

    def chain(self, code: str, leaver: int, gone: int | None) -> tuple[int | None, dict[int, str]]:
        """Who comes in at last when the place of `leaver` is free, and who moved to which lot, `gone` being nowhere.

        `code` is the lot of `leaver`; `gone` is `leaver`, or None when the place comes free and nobody is gone.
        """
        moved: dict[int, str] = {}
        held: dict[str, list[int]] = {}
        vacant, left = code, leaver
        while True:
            seated = held.setdefault(vacant, self._settled[vacant].held.copy())
            seated.remove(left)
            entrant = self._entrant(vacant, seated, moved, gone)
            if entrant is None:
                return None, moved
            insort(seated, entrant)
            before = moved.get(entrant) or self._holds.get(entrant)
            moved[entrant] = vacant
            if before is None:
                return entrant, moved
            if entrant == leaver:  # who is not gone, and whose place was given away first: nothing comes free
                return None, moved
            vacant, left = before, entrant

    def _entrant(self, code: str, seated: list[int], moved: Mapping[int, str], gone: int | None) -> int | None:
        """The one school that the lot would take in addition to those seated; the best of a group stands for it."""
        heads = [
            next((rank for rank in waiting if rank != gone and self._would_come(rank, code, moved)), None)
            for waiting in self._waiting[code].values()
        ]
        candidates = sorted(seated + [rank for rank in heads if rank is not None])
        entering = set(self._desks[code].choose(candidates).all).difference(seated)
        assert len(entering) <= 1, f"lot {code}: two schools for one place"
        return entering.pop() if entering else None

    def _would_come(self, rank: int, code: str, moved: Mapping[int, str]) -> bool:
        if rank not in moved:
            return True
        wanted = self._preferences[rank]
        return wanted.index(code) < wanted.index(moved[rank])
