"""A fleet of virtual boards from the side of the program that uses them."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from stemfleet.devices.ports import Port
from stemfleet.devices.recipe import Recipe
from stemfleet.devices.state import Slot
from stemfleet.devices.virtual import parse_spec
from stemfleet.errors import InputError, NotFound, StemfleetError, ToolMissing, Unavailable

START_S = 120.0  # the first start compiles the AVR emulator and its bootloaders
ORDER_S = 10.0
STOP_S = 10.0


@dataclass(frozen=True)
class VirtualSlot:
    """Where a virtual board is, and the fault that was ordered for it."""

    slot: str
    recipe: str
    port: str
    volume: Path | None
    fault: str | None


class VirtualFleet:
    """Virtual boards as in "microbit:2,uno:2,uno:1:wrong_signature", in a process of their own; a context manager.

    `folder` holds their drives, sockets and logs. They end with `close`, and with the program, however it ends.
    Raises InputError for the spec, ToolMissing and Unavailable when they cannot be started.
    """

    def __init__(self, spec: str, folder: Path) -> None:
        parse_spec(spec)
        folder.mkdir(parents=True, exist_ok=True)
        self.slots: list[VirtualSlot] = []
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._log = folder / "host.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__.replace(".fleet", ".host"), str(folder), spec],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # Ctrl-C in the terminal is for the program, which then ends the boards
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        self._reader = threading.Thread(target=self._read, name="virtual-boards", daemon=True)
        self._reader.start()
        try:
            self._meet()
        except BaseException:
            self.close()
            raise

    def bench_slots(self, recipes: Mapping[str, Recipe]) -> list[Slot]:
        """The slots as a bench takes them. Raises NotFound when a board's recipe is not among those given."""
        for slot in self.slots:
            if slot.recipe not in recipes:
                raise NotFound("There is no recipe {name}.", name=slot.recipe)
        return [Slot(at.slot, recipes[at.recipe], at.port, at.volume, virtual=True) for at in self.slots]

    def ports(self) -> list[Port]:
        """The boards that are plugged in now, each at the place that its slot is called, as `list_ports` gives them."""
        return [
            Port(slot.port, "virtual board", "virtual", slot.port, slot.slot, slot.volume, (slot.recipe,), virtual=True)
            for slot in self.slots
            if Path(slot.port).exists()
        ]

    def control(self, slot: str, order: str) -> str:
        """An order to one board, e.g. "unplug"; the orders are in docs/bench.md. Raises NotFound, Unavailable."""
        with self._lock:
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(f"{slot} {order}\n")
                self._process.stdin.flush()
            except (OSError, ValueError) as gone:
                raise Unavailable("The virtual boards have ended. See {log}.", log=str(self._log)) from gone
            answer = self._next(ORDER_S)
        if "error" in answer:
            raise NotFound("Virtual board {slot}: {problem}", slot=slot, problem=answer["error"])
        return str(answer.get("answer", ""))

    def close(self) -> None:
        """All emulators are gone when it returns; may be called twice."""
        process = self._process
        if process.stdin is not None and not process.stdin.closed:
            process.stdin.close()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._reader.join()
        if process.stdout is not None:
            process.stdout.close()

    def __enter__(self) -> "VirtualFleet":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _next(self, timeout: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=timeout)
        except queue.Empty:
            line = None
        if line is None:
            raise Unavailable("The virtual boards do not answer. See {log}.", log=str(self._log))
        facts: dict[str, Any] = json.loads(line)
        return facts

    def _meet(self) -> None:
        while "ready" not in (facts := self._next(START_S)):
            if "error" in facts:
                raise _raised(facts)
            volume = facts["volume"]
            self.slots.append(VirtualSlot(**{**facts, "volume": Path(volume) if volume else None}))


def _raised(facts: dict[str, Any]) -> StemfleetError:
    kinds = {kind.__name__: kind for kind in (InputError, NotFound, ToolMissing)}
    return kinds.get(facts.get("kind", ""), Unavailable)(facts["error"], **facts.get("facts", {}))
