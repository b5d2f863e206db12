"""What the micro:bit's and the ESP's tests share: a fleet of virtual boards that is worked on all at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from stemfleet.devices.bench import Bench
from stemfleet.devices.recipe import load_recipes
from stemfleet.devices.record import BoardRecord, Provisioned
from stemfleet.devices.state import Slot, SlotState
from stemfleet.devices.virtual.fleet import VirtualFleet
from stemfleet.words import Outcome


class Boards:
    """The fleet by fault (None: a good board; the first of its kind), and what came out of the first round."""

    def __init__(self, fleet: VirtualFleet) -> None:
        self.fleet = fleet
        self.slots = {str(slot.name): slot for slot in fleet.bench_slots(load_recipes())}
        self.by_fault: dict[str | None, str] = {}
        for board in fleet.slots:
            self.by_fault.setdefault(board.fault, board.slot)
        self.states: list[SlotState] = []
        self.results = self.work(list(self.slots.values()))

    def work(self, slots: list[Slot], *, flash: bool = True) -> dict[str, Provisioned]:
        """All of them at once; results by slot."""
        with Bench(slots, station="bench-1", operator="Άρης", flash=flash) as bench:
            bench.subscribe(self.states.append)
            for slot in slots:
                bench.start(str(slot.name))
            assert bench.wait(150)
            return {str(result.record.slot): result for result in bench.results()}

    def record(self, fault: str | None) -> BoardRecord:
        """Of the first board with this fault."""
        return self.results[self.by_fault[fault]].record

    def ended(self, fault: str | None) -> tuple[Outcome, str | None]:
        return self.record(fault).outcome, self.record(fault).reason

    def again(
        self,
        fault: str | None,
        *,
        flash: bool = True,
        recipe: str | None = None,
        firmware: Path | None = None,
        version: str | None = None,
    ) -> Provisioned:
        """One board once more, alone."""
        slot = replace(self.slots[self.by_fault[fault]], firmware=firmware, version=version)
        if recipe is not None:
            slot = replace(slot, recipe=load_recipes()[recipe])
        return self.work([slot], flash=flash)[str(slot.name)]


@contextmanager
def boards(spec: str, folder: Path) -> Iterator[Boards]:
    with VirtualFleet(spec, folder) as fleet:
        yield Boards(fleet)


def measured(record: BoardRecord) -> dict[str, float | str | None]:
    return {measurement.name: measurement.value for measurement in record.measurements}


def attempts(record: BoardRecord) -> list[tuple[str, int]]:
    return [(phase.name, phase.attempt) for phase in record.phases]
