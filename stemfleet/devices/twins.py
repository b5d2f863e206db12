"""Two boards with one identity, plugged in at the same time: a copied EEPROM, a maker's mistake, a forgery.

The same identity in another slot is usually the same board, moved. It is another board for sure only while the first
one has not been pulled out since: its port is still the very same one.
"""

import os
import threading
from dataclasses import dataclass
from pathlib import Path

Plugged = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class _Seat:
    board_id: str
    port: str
    plugged: Plugged | None


class Twins:
    """Who sits where on one bench. Called from the threads of the slots."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seats: dict[str, _Seat] = {}

    def of(self, slot: str, port: str, board_id: str) -> str | None:
        """Notes that the board is in the slot; the name of another slot where a board with this identity still is."""
        with self._lock:
            self._seats[slot] = _Seat(board_id, port, _plugged(port))
            others = [(name, seat) for name, seat in self._seats.items() if name != slot and seat.board_id == board_id]
        for name, seat in others:
            if os.path.realpath(seat.port) != os.path.realpath(port) and _still_plugged(seat):
                return name
        return None

    def forget(self, slot: str) -> None:
        """The slot begins anew, or has another board."""
        with self._lock:
            self._seats.pop(slot, None)


def _plugged(port: str) -> Plugged | None:
    """What changes when a board is pulled out and plugged in again: the port's own entry, and the device behind it."""
    try:
        entries = (Path(port).lstat(), Path(port).stat())
    except OSError:
        return None
    return tuple((entry.st_dev, entry.st_ino) for entry in entries)


def _still_plugged(seat: _Seat) -> bool:
    return seat.plugged is not None and seat.plugged == _plugged(seat.port)
