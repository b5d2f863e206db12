"""The process that the virtual boards live in: `python -m stemfleet.devices.virtual.host FOLDER SPEC`.

Prints one JSON line per board, then {"ready": true}. Then it takes orders as lines, "A1 unplug", and answers each with
a JSON line. It ends, and every emulator with it, when its standard input ends (so however the parent dies) or on
SIGTERM or SIGINT.
"""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any, cast

from stemfleet.devices.virtual import DUPLICATE, BoardSpec, VirtualBoard, parse_spec
from stemfleet.devices.virtual.needs import all_missing
from stemfleet.errors import StemfleetError, ToolMissing

SLOTS_IN_ROW = 8


def slot_names() -> Iterator[str]:
    """A1 … A8, B1 … B8, … as on a row of hubs."""
    for row in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        for place in range(1, SLOTS_IN_ROW + 1):
            yield f"{row}{place}"


def build(spec: BoardSpec, name: str, folder: Path, serial: str | None = None) -> VirtualBoard:
    """The board for one entry of a spec; not started. `serial` is shared with another board, its duplicate."""
    if spec.kind == "microbit":
        from stemfleet.devices.virtual.microbit import MicrobitBoard  # noqa: PLC0415  (a bench of Unos needs no QEMU)

        return MicrobitBoard(name, folder, spec.fault, serial=serial)
    if spec.kind in {"esp32", "esp8266"}:
        from stemfleet.devices.virtual.esp import EspBoard  # noqa: PLC0415

        return EspBoard(name, folder, spec.fault, chip=spec.kind, serial=serial)
    from stemfleet.devices.virtual.avr import AvrBoard, Kind  # noqa: PLC0415

    return AvrBoard(cast(Kind, spec.kind), name, folder, spec.fault, serial=serial)


class Host:
    """The boards by slot. Threads stay until the end: an emulator may be tied to the life of the one that made it."""

    def __init__(self, folder: Path, specs: list[BoardSpec]) -> None:
        self._boards: dict[str, VirtualBoard] = {}
        copied = {spec.kind for spec in specs if spec.fault == DUPLICATE}
        originals: set[str] = set()
        for slot, spec in zip(slot_names(), specs, strict=False):
            original = spec.fault is None and spec.kind in copied - originals
            originals |= {spec.kind} if original else set()
            serial = f"the {spec.kind} there are two of" if original or spec.fault == DUPLICATE else None
            # A board finds its memories again, and another kind of board in the slot does not.
            own = folder / "-".join(filter(None, (slot, spec.kind, spec.fault)))
            own.mkdir(parents=True, exist_ok=True)
            self._boards[slot] = build(spec, slot, own, serial)
        self._threads = ThreadPoolExecutor(len(self._boards), thread_name_prefix="board")

    def start(self) -> None:
        """All at once, each in its thread; raises the first error."""
        self._all(lambda board: board.start())

    def stop(self) -> None:
        """All at once; one that fails does not keep the others."""
        try:
            self._all(lambda board: board.stop())
        finally:
            self._threads.shutdown()

    def tell(self) -> None:
        """One line per board."""
        for slot, board in self._boards.items():
            _say(
                slot=slot,
                recipe=board.recipe,
                port=board.port,
                volume=str(board.volume) if board.volume else None,
                fault=board.fault,
            )
        _say(ready=True)

    def obey(self, line: str) -> None:
        """An order: the slot, then what its board understands."""
        slot, _, order = line.strip().partition(" ")
        if slot not in self._boards:
            _say(slot=slot, error=f"There is no slot {slot}.")
            return
        try:
            _say(slot=slot, answer=self._boards[slot].control(order))
        except (StemfleetError, OSError, ValueError) as error:
            _say(slot=slot, error=str(error))

    def _all(self, do: Callable[[VirtualBoard], None]) -> None:
        running: list[Future[None]] = [self._threads.submit(do, board) for board in self._boards.values()]
        errors = [error for error in (future.exception() for future in running) if error is not None]
        missing = [error for error in errors if isinstance(error, ToolMissing)]
        if missing:
            raise all_missing(missing)
        if errors:
            raise errors[0]


def _say(**facts: Any) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    sys.exit(0)


def main(folder: str, spec: str) -> int:
    """Until standard input ends. Exit code 2 when a board could not be started; the reason is the last line."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    try:
        host = Host(Path(folder), parse_spec(spec))
        try:
            host.start()
            host.tell()
            for line in sys.stdin:
                host.obey(line)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            host.stop()
    except StemfleetError as error:
        _say(error=error.text, kind=type(error).__name__, facts={key: str(v) for key, v in error.facts.items()})
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
