"""A micro:bit pulled out while it is worked on."""

from collections.abc import Iterator

import pytest

from stemfleet.devices.bench import Bench
from stemfleet.devices.recipe import load_recipes
from stemfleet.devices.state import SlotState
from stemfleet.devices.virtual.fleet import VirtualFleet
from stemfleet.words import Outcome, Reason

pytestmark = pytest.mark.rig


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualFleet]:
    with VirtualFleet("microbit:1", tmp_path_factory.mktemp("boards")) as made:
        yield made


@pytest.mark.parametrize("phase", ["flash", "verify", "check"])
def test_pulled_out_it_is_unplugged_and_nothing_worse(fleet: VirtualFleet, phase: str) -> None:
    fleet.control("A1", "plug")

    def pull(state: SlotState) -> None:
        if state.phase == phase and not pulled and (phase != "check" or state.done):
            pulled.append(fleet.control("A1", "unplug"))

    pulled: list[str] = []
    with Bench(fleet.bench_slots(load_recipes()), station="bench-1", operator="Άρης") as bench:
        bench.subscribe(pull)
        bench.start("A1")
        assert bench.wait(60)
        (result,) = bench.results()
    assert pulled
    assert (result.record.outcome, result.record.reason) == (Outcome.ERROR, Reason.UNPLUGGED)
