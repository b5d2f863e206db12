"""One feed for all walls: a single thread waits on the bench, however many pages are open."""

import threading

from stemfleet.bench import LiveBench
from stemfleet.devices.state import SlotState

MOST_WALLS = 24  # live connections, each of which holds a thread of the server; further walls ask now and then
CALM_S = 0.2  # a wall is told at most so often: progress comes much faster than anybody reads
_WAIT_S = 1.0


class BenchFeed:
    """The newest state of every slot, each with the number of the change that brought it."""

    def __init__(self, bench: LiveBench) -> None:
        self._bench = bench
        self._changed = threading.Condition()
        self._newest: dict[str, tuple[int, SlotState]] = {}
        self._names: list[str] = []
        self._names_at = 0  # the number of the change that brought other slots
        self._number = 0
        self._walls = 0
        self._pumping = False
        self._closed = False

    def join(self) -> "Wall | None":
        """A live wall's place in the feed, to be left again; None when all are taken or the feed is closed."""
        with self._changed:
            if self._closed or self._walls >= MOST_WALLS:
                return None
            self._walls += 1
            self._start()
            return Wall(self)

    def leave(self) -> None:
        """Gives a place back."""
        with self._changed:
            self._walls -= 1

    @property
    def walls(self) -> int:
        """How many are live now."""
        return self._walls

    def close(self) -> None:
        """Ends every live wall."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def changes(self, after: int, timeout: float) -> tuple[int, list[SlotState], list[str] | None] | None:
        """(number, states newer than `after`, names of all slots when they are others than at `after`).

        No states and no names when `timeout` seconds brought none; None at the end.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._number > after, timeout)
            if self._closed:
                return None
            states = [state for number, state in self._newest.values() if number > after]
            return self._number, states, self._names if self._names_at > after else None

    def _start(self) -> None:
        """The thread lives while there are walls; the caller holds the lock."""
        if self._pumping:
            return
        self._pumping = True
        self._take_all(self._bench.snapshot())
        threading.Thread(target=self._pump, name="bench-feed", daemon=True).start()

    def _pump(self) -> None:
        seen = 0
        try:
            while self._wanted():
                seen, states = self._bench.wait(seen, _WAIT_S)
                with self._changed:
                    self._take_all(states)
        except BaseException:
            self._pumping = False  # the next wall tries again
            raise

    def _wanted(self) -> bool:
        """Whether to go on; the answer no is final, so that a wall that joins later starts a new thread."""
        with self._changed:
            self._pumping = not self._closed and self._walls > 0
            return self._pumping

    def _take_all(self, states: list[SlotState]) -> None:
        names = self._bench.names()
        if names != self._names:
            self._number += 1
            self._names, self._names_at = names, self._number
            self._newest = {name: known for name, known in self._newest.items() if name in names}
            self._changed.notify_all()
        for state in states:
            if state.slot in self._names:
                self._take(state)

    def _take(self, state: SlotState) -> None:
        if self._newest.get(state.slot, (0, None))[1] == state:
            return
        self._number += 1
        self._newest[state.slot] = (self._number, state)
        self._changed.notify_all()


class Wall:
    """One live wall: what it has been told already.

    `names`: all slots in their order, when the last call of `next` found others than before; else None.
    """

    def __init__(self, feed: BenchFeed) -> None:
        self._feed = feed
        self._told = 0
        self.names: list[str] | None = None

    def next(self, timeout: float) -> list[SlotState] | None:
        """The slots that changed since the last call, the newest state of each; None when the feed is closed."""
        found = self._feed.changes(self._told, timeout)
        if found is None:
            return None
        self._told, states, self.names = found
        return states
