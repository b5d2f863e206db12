"""What the bench means for boards and kits, with real provisioning on a port that is not there."""

from collections.abc import Iterator

import pytest
from sqlmodel import select

from stemfleet.bench import LiveBench
from stemfleet.devices.state import Slot, Status
from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.kits import receive_kits, show_kit
from stemfleet.kits.tags import make_tag
from stemfleet.store import BoardRun, Person
from stemfleet.words import KitState, Outcome
from stemfleet.workshop import Workshop


@pytest.fixture
def live(workshop: Workshop) -> Iterator[LiveBench]:
    slots = [Slot(name, workshop.recipes["arduino-uno"], f"/dev/no-such-{name}") for name in ("A1", "A2")]
    bench = LiveBench(workshop, slots, "test")
    yield bench
    bench.close()


def test_a_record_is_stored_before_the_wall_says_done(workshop: Workshop, live: LiveBench, warehouse: Person) -> None:
    (tag,) = receive_kits(workshop, warehouse, "arduino-kit", 1)
    live.start(warehouse, "A1", tag)
    newest, done = 0, False
    while not done:
        newest, states = live.wait(newest, 5)
        assert states, "nothing changed for five seconds"
        done = any(state.status is Status.DONE for state in states)
    with workshop.store.read() as session:
        run = session.exec(select(BoardRun)).one()
    assert (run.outcome, run.reason, run.slot, run.person_id) == (Outcome.ERROR, "port_missing", "A1", warehouse.id)
    assert run.record["operator"] == warehouse.name
    assert run.kit_tag == tag == live.kit_of("A1")


def test_a_port_that_is_missing_says_nothing_about_the_kit(
    workshop: Workshop, live: LiveBench, warehouse: Person
) -> None:
    (tag,) = receive_kits(workshop, warehouse, "arduino-kit", 1)
    live.start(warehouse, "A1", tag)
    assert live.bench.wait(10)
    assert show_kit(workshop, tag).kit.state is KitState.RECEIVED


def test_all_slots_start_and_wait_gives_what_changed_since(live: LiveBench, warehouse: Person) -> None:
    live.start_all(warehouse)
    assert live.bench.wait(10)
    newest, states = live.wait(0, 0)
    assert {state.slot for state in states} == {"A1", "A2"}
    assert live.wait(newest, 0) == (newest, [])


def test_an_unknown_slot_or_kit_starts_nothing(live: LiveBench, warehouse: Person) -> None:
    with pytest.raises(NotFound, match="A1, A2"):
        live.start(warehouse, "B7")
    with pytest.raises(InputError):
        live.start(warehouse, "A1", "rubbish")
    with pytest.raises(NotFound):
        live.start(warehouse, "A1", make_tag(9))
    assert {state.status for state in live.snapshot()} == {Status.WAITING}


def test_a_school_person_may_not_use_the_bench(live: LiveBench, warehouse: Person) -> None:
    stranger = warehouse.model_copy(update={"active": False})
    with pytest.raises(Refused):
        live.start(stranger, "A1")
    with pytest.raises(Refused):
        live.abort(stranger, "A1")
