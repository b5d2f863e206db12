"""A virtual board is never taken for a real one, by the gate, the yield or a claim; in a demo it plays the part."""

from dataclasses import replace

import pytest

from stemfleet.audit import find_tampering
from stemfleet.bench import Chosen, LiveBench, first_runs, supplier_claim
from stemfleet.devices.state import Slot
from stemfleet.errors import InputError, Refused
from stemfleet.kits import gate_of, put_into_kit, receive_kits
from stemfleet.kits.tags import find_kit
from stemfleet.store import Person
from stemfleet.words import KitState, Outcome
from stemfleet.workshop import Workshop
from tests.support.builders import run_board

SUPPLY = "measurement:supply"


@pytest.fixture
def tag(workshop: Workshop, warehouse: Person) -> str:
    return receive_kits(workshop, warehouse, "arduino-kit", 1, supplier="Ρομποτική ΑΕ")[0]


def state(workshop: Workshop, tag: str) -> KitState:
    with workshop.store.read() as session:
        return find_kit(session, tag).state


def open_codes(workshop: Workshop, tag: str) -> list[str]:
    with workshop.store.read() as session:
        return [point.code for point in gate_of(session, workshop, find_kit(session, tag)).open]


def test_a_virtual_board_makes_no_real_kit_ready_nor_faulty(workshop: Workshop, warehouse: Person, tag: str) -> None:
    run_board(workshop, warehouse, "v1", tag, virtual=True)
    run_board(workshop, warehouse, "v2", tag, virtual=True, outcome=Outcome.FAIL, reason=SUPPLY)
    assert state(workshop, tag) is KitState.RECEIVED
    assert open_codes(workshop, tag) == ["board_missing"]
    with pytest.raises(Refused, match="v1 is a virtual one"):
        put_into_kit(workshop, warehouse, "v1", tag)


def test_a_slot_with_a_virtual_board_takes_no_tag_of_a_real_kit(
    workshop: Workshop, warehouse: Person, tag: str
) -> None:
    live = LiveBench(workshop, [Slot("A1", workshop.recipes["arduino-uno"], "/dev/none", virtual=True)], "s (virtual)")
    try:
        with pytest.raises(Refused, match="Slot A1 holds a virtual board"):
            live.start(warehouse, "A1", tag)
        live.start(warehouse, "A1", "")
        live.bench.wait(10)
        (shown,) = live.snapshot()
    finally:
        live.close()
    assert shown.virtual
    assert shown.result is not None
    assert shown.result.record.virtual


def test_in_a_demo_virtual_boards_make_kits_ready(workshop: Workshop, warehouse: Person, tag: str) -> None:
    demo = replace(workshop, demo=True)
    run_board(demo, warehouse, "v1", tag, virtual=True)
    assert state(demo, tag) is KitState.READY
    assert open_codes(demo, tag) == []
    assert open_codes(workshop, tag) == ["not_passed"]  # as soon as it is no demo any more
    assert len(first_runs(demo)) == 1


def test_yield_and_claims_are_about_real_boards_and_virtual_ones_stand_apart(
    workshop: Workshop, warehouse: Person, nso: Person, tag: str
) -> None:
    run_board(workshop, warehouse, "real", tag)
    run_board(replace(workshop, demo=True), warehouse, "v1", tag, virtual=True, outcome=Outcome.FAIL, reason=SUPPLY)
    assert [run.passed for run in first_runs(workshop)] == [True]
    assert [run.passed for run in first_runs(workshop, Chosen(virtual=True))] == [False]
    with pytest.raises(InputError, match="nothing to claim"):
        supplier_claim(workshop, nso, "Ρομποτική ΑΕ", "el")


def test_whether_a_run_was_virtual_cannot_be_changed_unseen(workshop: Workshop, warehouse: Person) -> None:
    run_board(workshop, warehouse, "v1", None, virtual=True)
    assert find_tampering(workshop.store) is None
    with workshop.store.write() as session:
        session.connection().exec_driver_sql("UPDATE board_run SET virtual = 1 = 0")
    assert "was changed" in str(find_tampering(workshop.store))
