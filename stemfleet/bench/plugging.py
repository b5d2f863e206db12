"""Boards come and go at their positions: what is plugged in now is asked for once a second (hot-plug by polling)."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stemfleet.devices.ports import Port

POLL_S = 1.0
GONE_AFTER = 2  # looks: a board that resets itself is away for a moment

Lister = Callable[[], Sequence[Port]]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plugged:
    """What is at a place now; `recipes` those for such a USB device."""

    place: str
    port: str
    volume: Path | None
    serial_number: str
    usb: str | None
    recipes: tuple[str, ...]
    virtual: bool = False

    def is_same_board(self, other: "Plugged | None") -> bool:
        """As far as USB tells: by the serial number, or by the port where there is none."""
        if other is None or self.usb != other.usb:
            return False
        if self.serial_number or other.serial_number:
            return self.serial_number == other.serial_number
        return self.port == other.port


def place_of(port: Port) -> str | None:
    """The position on the hubs, "1-2.3": without the interface that a board of several ports has ("1-2.3:1.0").

    Where the system tells no position, the port's own name stands for it.
    """
    return port.location.partition(":")[0] if port.location else port.device


def plugged_in(ports: Sequence[Port]) -> dict[str, Plugged]:
    """What is plugged in by place; of a board with several ports the first that a recipe knows."""
    found: dict[str, Plugged] = {}
    for port in sorted(ports, key=lambda port: (not port.recipes, port.device or "")):
        place = place_of(port)
        if place and port.device and port.usb and place not in found:
            serial = (port.serial_number or "").lower()
            found[place] = Plugged(place, port.device, port.volume, serial, port.usb, port.recipes, port.virtual)
    return found


class Watch:
    """Calls `look` with what is plugged in, again and again, until it is closed. A look that fails is logged."""

    def __init__(self, ports: Lister, look: Callable[[dict[str, Plugged]], None]) -> None:
        self._ports = ports
        self._look = look
        self._end = threading.Event()
        self._failed = False
        self._thread = threading.Thread(target=self._run, name="plugging", daemon=True)

    def start(self) -> None:
        """The first look is over when this returns."""
        self._once()
        self._thread.start()

    def close(self) -> None:
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(POLL_S):
            self._once()

    def _once(self) -> None:
        try:
            self._look(plugged_in(self._ports()))
            self._failed = False
        except Exception:  # one hub that misbehaves must not end the watch over the others
            if not self._failed:
                _log.exception("Looking at the ports failed.")
            self._failed = True
