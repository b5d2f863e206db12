"""Boards come and go on pseudo-terminals: positions have names, boards start by themselves, nothing is mixed up."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from bench_hub import SLOW, Hub, hub_recipe, hub_workshop
from core_peers import Peer, until
from sqlmodel import select

from stemfleet.bench import LiveBench, choose_recipe, forget_slot, learn_slot, read_station, set_auto_start
from stemfleet.devices.families import FAMILIES
from stemfleet.devices.recipe import load_recipes
from stemfleet.devices.state import Slot, SlotState, Status
from stemfleet.devices.virtual.fleet import VirtualFleet
from stemfleet.errors import Busy, InputError, NotFound, Refused
from stemfleet.kits import Image, approve_release, receive_kits, show_kit
from stemfleet.store import BenchStart, BoardRun, Person, Store
from stemfleet.words import KitState, Outcome, Reason
from stemfleet.workshop import Workshop

STATION = "bench-pc"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'stemfleet.sqlite'}"


@pytest.fixture(autouse=True)
def a_quick_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "benchtop", "bench_hub:HubDriver")
    monkeypatch.setattr("stemfleet.bench.plugging.POLL_S", 0.05)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as made:
        yield made


class Watched:
    """A bench that follows the hub."""

    def __init__(self, workshop: Workshop, hub: Hub | VirtualFleet) -> None:
        self.live = LiveBench(workshop, [], STATION)
        self.live.watch(hub.ports)

    def state(self, slot: str) -> SlotState | None:
        return next((state for state in self.live.snapshot() if state.slot == slot), None)

    def until(self, slot: str, status: Status) -> SlotState:
        def there() -> SlotState | None:
            state = self.state(slot)
            return state if state is not None and state.status is status else None

        found: SlotState = until(there, 20)
        return found


@pytest.fixture
def shop(workshop: Workshop, tmp_path: Path) -> Workshop:
    return hub_workshop(workshop, hub_recipe(tmp_path))


@pytest.fixture
def bench(shop: Workshop, hub: Hub) -> Iterator[Watched]:
    made = Watched(shop, hub)
    yield made
    made.live.close()


def runs(store: Store) -> list[BoardRun]:
    with store.read() as session:
        return list(session.exec(select(BoardRun).order_by(BoardRun.id)))


def test_a_position_gets_its_name_from_the_board_that_is_plugged_into_it(
    shop: Workshop, hub: Hub, bench: Watched, warehouse: Person
) -> None:
    """And keeps it: for other boards, empty, and after the program was started anew."""
    hub.plug("1-2.1", 1)
    bench.until("1-2.1", Status.WAITING)  # without a name it is called as it lies
    bench.live.begin_lesson(warehouse, "A3")
    hub.plug("1-2.3", 2)
    until(lambda: bench.live.lesson and bench.live.lesson.place == "1-2.3")
    bench.until("A3", Status.WAITING)
    hub.unplug("1-2.3")
    bench.until("A3", Status.EMPTY)
    again = Watched(shop, hub)
    try:
        assert again.live.names() == ["A3", "1-2.1"]
        hub.plug("1-2.3", 4)
        again.until("A3", Status.WAITING)
    finally:
        again.live.close()


def test_a_board_that_is_there_already_shows_its_position_when_it_is_pulled_and_plugged(
    hub: Hub, bench: Watched, warehouse: Person
) -> None:
    hub.plug("1-4", 1)
    bench.until("1-4", Status.WAITING)
    bench.live.begin_lesson(warehouse, "B1")
    hub.unplug("1-4")
    until(lambda: bench.state("1-4") is None)
    hub.plug("1-4", 1)
    bench.until("B1", Status.WAITING)
    assert bench.state("1-4") is None


def test_what_is_no_name_is_refused_and_two_persons_do_not_name_at_once(
    bench: Watched, warehouse: Person, nso: Person
) -> None:
    for wrong in ("", "A 3", "x" * 17, "-3"):
        with pytest.raises(InputError, match="A3"):
            bench.live.begin_lesson(warehouse, wrong)
    bench.live.begin_lesson(warehouse, "A3")
    with pytest.raises(Busy, match=warehouse.name):
        bench.live.begin_lesson(nso, "A4")
    bench.live.end_lesson()
    bench.live.begin_lesson(nso, "A4")


def test_a_name_moves_and_a_position_has_one_name(store: Store, warehouse: Person) -> None:
    for name, place in (("A10", "1-1"), ("A2", "1-2"), ("A2", "1-3"), ("A1", "1-1")):
        learn_slot(store, warehouse, STATION, name, place)
    assert [(slot.name, slot.place) for slot in read_station(store, STATION).slots] == [("A1", "1-1"), ("A2", "1-3")]
    forget_slot(store, warehouse, STATION, "A1")
    with pytest.raises(NotFound, match="A2"):
        forget_slot(store, warehouse, STATION, "A1")


def test_a_board_starts_as_it_is_plugged_in_when_that_is_wanted_and_for_the_kit_that_was_scanned_before(
    shop: Workshop, hub: Hub, bench: Watched, warehouse: Person
) -> None:
    """The next board in the slot is not for that kit any more."""
    learn_slot(shop.store, warehouse, STATION, "A1", "1-1")
    bench.until("A1", Status.EMPTY)
    (tag,) = receive_kits(shop, warehouse, "bench-kit", 1)
    bench.live.auto_start(warehouse, True)
    bench.live.expect(warehouse, "A1", tag)
    hub.plug("1-1", 1)
    assert bench.until("A1", Status.DONE).outcome is Outcome.PASS
    assert show_kit(shop, tag).kit.state is KitState.READY
    hub.unplug("1-1")
    assert bench.until("A1", Status.EMPTY).outcome is Outcome.PASS  # what came out stays in sight
    hub.plug("1-1", 2)
    assert bench.until("A1", Status.DONE).outcome is Outcome.PASS
    assert [(run.kit_tag, run.slot, run.person_id) for run in runs(shop.store)] == [
        (tag, "A1", warehouse.id),
        (None, "A1", warehouse.id),
    ]


def test_nothing_starts_by_itself_unless_somebody_wants_it_nor_when_the_program_starts(
    shop: Workshop, hub: Hub, bench: Watched, warehouse: Person
) -> None:
    hub.plug("1-1", 1)
    bench.until("1-1", Status.WAITING)
    set_auto_start(shop.store, warehouse, STATION, True)
    again = Watched(shop, hub)
    try:
        assert again.until("1-1", Status.WAITING)
        assert again.live.station_view().auto_start_by == warehouse
        assert runs(shop.store) == []
    finally:
        again.live.close()


def test_a_board_that_passed_without_a_kit_joins_the_kit_that_is_scanned_afterwards(
    shop: Workshop, hub: Hub, bench: Watched, warehouse: Person
) -> None:
    tag, other = receive_kits(shop, warehouse, "bench-kit", 2)
    identity = hub.plug("1-1", 1)
    bench.until("1-1", Status.WAITING)
    bench.live.start(warehouse, "1-1")
    bench.until("1-1", Status.DONE)
    bench.live.expect(warehouse, "1-1", tag)
    view = show_kit(shop, tag)
    assert (view.kit.state, [board.id for board in view.boards]) == (KitState.READY, [identity])
    with pytest.raises(Refused, match=tag):
        bench.live.expect(warehouse, "1-1", other)


def test_a_board_that_comes_back_under_another_port_keeps_what_its_slot_shows(
    hub: Hub, bench: Watched, warehouse: Person
) -> None:
    hub.plug("1-1", 1)
    bench.until("1-1", Status.WAITING)
    bench.live.start(warehouse, "1-1")
    bench.until("1-1", Status.DONE)
    hub.rename("1-1", "/dev/another")
    until(lambda: (state := bench.state("1-1")) and state.port == "/dev/another")
    assert bench.until("1-1", Status.DONE).outcome is Outcome.PASS


def test_of_several_recipes_the_board_shows_its_own_before_anything_is_written(
    workshop: Workshop, hub: Hub, tmp_path: Path, warehouse: Person
) -> None:
    """A kit that was scanned decides between those that a board cannot tell apart."""
    odd = hub_recipe(tmp_path, "odd", ending="1", flash=["false"])
    even, like_even = hub_recipe(tmp_path, "even", ending="2"), hub_recipe(tmp_path, "like-even", ending="2")
    shop = hub_workshop(workshop, even, odd, like_even)
    kinds = ("even", "like-even", "odd")
    bench = Watched(shop, hub)
    try:
        hub.plug("1-1", 1, kinds)
        hub.plug("1-2", 2, kinds)
        until(lambda: len(bench.live.names()) == 2)
        assert bench.live.start_all(warehouse) == {}
        assert bench.until("1-1", Status.DONE).recipe == "odd"
        state = bench.until("1-2", Status.DONE)
        assert (state.outcome, state.reason) == (Outcome.ERROR, Reason.UNDECIDED)
        assert "Even, Like-Even" in state.detail
        assert [run.recipe for run in runs(shop.store)] == ["odd"]
        (tag,) = receive_kits(shop, warehouse, "bench-kit", 1)
        bench.live.start(warehouse, "1-2", tag)
        assert until(lambda: len(runs(shop.store)) == 2)
        assert (runs(shop.store)[1].recipe, runs(shop.store)[1].outcome) == ("even", Outcome.PASS)
        with shop.store.read() as session:
            assert session.exec(select(BenchStart)).all() == []  # the one that could not be decided is over too
    finally:
        bench.live.close()


def test_a_position_can_be_given_its_recipe(workshop: Workshop, hub: Hub, tmp_path: Path, warehouse: Person) -> None:
    shop = hub_workshop(workshop, hub_recipe(tmp_path, "one"), hub_recipe(tmp_path, "two"))
    learn_slot(shop.store, warehouse, STATION, "A1", "1-1")
    with pytest.raises(NotFound, match="one, two"):
        choose_recipe(shop, warehouse, STATION, "A1", "three")
    hub.plug("1-1", 1, ())
    bench = Watched(shop, hub)
    try:
        assert "no recipe is for" in bench.until("A1", Status.EMPTY).detail
        choose_recipe(shop, warehouse, STATION, "A1", "two")
        assert bench.until("A1", Status.WAITING).recipe == "two"
    finally:
        bench.live.close()


def test_a_slot_that_is_left_out_is_passed_by_until_it_is_named(
    hub: Hub, bench: Watched, warehouse: Person, shop: Workshop
) -> None:
    hub.plug("1-1", 1)
    hub.plug("1-2", 2)
    until(lambda: len(bench.live.names()) == 2)
    bench.live.skip(warehouse, "1-1")
    assert bench.live.start_all(warehouse) == {}
    bench.until("1-2", Status.DONE)
    bench.until("1-1", Status.SKIPPED)
    assert len(runs(shop.store)) == 1
    bench.live.start(warehouse, "1-1")
    assert bench.until("1-1", Status.DONE).outcome is Outcome.PASS


def test_a_slot_that_works_is_stopped_when_it_is_left_out(
    workshop: Workshop, hub: Hub, tmp_path: Path, warehouse: Person
) -> None:
    shop = hub_workshop(workshop, hub_recipe(tmp_path, flash=SLOW))
    bench = Watched(shop, hub)
    try:
        hub.plug("1-1", 1)
        bench.until("1-1", Status.WAITING)
        bench.live.start(warehouse, "1-1")
        until(lambda: (state := bench.state("1-1")) and state.phase == "flash")
        bench.live.skip(warehouse, "1-1")
        assert bench.until("1-1", Status.SKIPPED).outcome is Outcome.ABORTED
    finally:
        bench.live.close()


def test_a_board_that_is_pulled_in_the_middle_is_named_and_its_slot_is_free_for_the_next(
    workshop: Workshop, hub: Hub, tmp_path: Path, warehouse: Person
) -> None:
    shop = hub_workshop(workshop, hub_recipe(tmp_path, flash=["sleep", "0.5"]))
    bench = Watched(shop, hub)
    try:
        hub.plug("1-1", 1)
        learn_slot(shop.store, warehouse, STATION, "A1", "1-1")
        bench.until("A1", Status.WAITING)
        bench.live.start(warehouse, "A1")
        until(lambda: (state := bench.state("A1")) and state.phase == "flash")
        hub.unplug("1-1")
        state = bench.until("A1", Status.EMPTY)
        assert (state.outcome, state.reason) == (Outcome.ERROR, Reason.UNPLUGGED)
        hub.plug("1-1", 3)
        bench.until("A1", Status.WAITING)
    finally:
        bench.live.close()


@pytest.mark.parametrize("speaks", [b"", b"noise\xff\xfe\n"])
def test_a_board_that_is_pulled_is_named_though_something_else_has_its_ports_name_by_then(
    workshop: Workshop, hub: Hub, tmp_path: Path, warehouse: Person, speaks: bytes
) -> None:
    """The system gives a port's name out again at once: what answers there, or not, is no word of the board."""
    shop = hub_workshop(workshop, hub_recipe(tmp_path, flash=["sleep", "0.5"]))
    bench = Watched(shop, hub)
    try:
        hub.plug("1-1", 1)
        bench.until("1-1", Status.WAITING)
        port = hub.boards["1-1"][1].device
        bench.live.start(warehouse, "1-1")
        until(lambda: (state := bench.state("1-1")) and state.phase == "flash")
        hub.unplug("1-1")
        others = []
        while not (others and others[-1].port == port) and len(others) < 20:
            others.append(Peer(chatter=speaks))
        until(lambda: not bench.live.bench.is_running("1-1"), 20)
        (run,) = runs(shop.store)
        for other in others:
            other.unplug()
        assert (run.outcome, run.reason) == (Outcome.ERROR, Reason.UNPLUGGED)
    finally:
        bench.live.close()


def test_a_board_of_another_kit_is_refused_with_that_kits_tag_and_its_past_is_shown(
    shop: Workshop, hub: Hub, bench: Watched, warehouse: Person
) -> None:
    first, second = receive_kits(shop, warehouse, "bench-kit", 2)
    hub.plug("1-1", 1)
    bench.until("1-1", Status.WAITING)
    for tag in (first, second):
        bench.live.start(warehouse, "1-1", tag)
        until(lambda: not bench.live.bench.is_running("1-1"))
    state = bench.until("1-1", Status.DONE)
    assert (state.outcome, state.reason) == (Outcome.FAIL, Reason.OTHER_KIT)
    assert first in state.detail
    states = [show_kit(shop, tag).kit.state for tag in (first, second)]
    assert states == [KitState.READY, KitState.RECEIVED]  # neither is any the worse for it
    seen = bench.live.seen("1-1")
    assert seen is not None
    assert (seen.runs, seen.outcome, seen.kit_tag) == (1, Outcome.PASS, first)
    assert [phase["name"] for phase in runs(shop.store)[1].record["phases"]] == ["prepare", "identify"]


def test_a_second_board_for_a_full_kit_is_refused_as_soon_as_it_is_known(
    shop: Workshop, hub: Hub, bench: Watched, warehouse: Person
) -> None:
    (tag,) = receive_kits(shop, warehouse, "bench-kit", 1)
    for number in (1, 2):
        hub.plug("1-1", number)
        bench.until("1-1", Status.WAITING)
        bench.live.start(warehouse, "1-1", tag)
        until(lambda: not bench.live.bench.is_running("1-1"))
        state = bench.until("1-1", Status.DONE)
        hub.unplug("1-1")
        until(lambda: "1-1" not in bench.live.names())
    assert (state.outcome, state.reason) == (Outcome.ERROR, Reason.KIT_FULL)
    view = show_kit(shop, tag)
    assert (view.kit.state, len(view.boards)) == (KitState.READY, 1)
    assert all(word in state.detail for word in (tag, view.boards[0].recipe, view.boards[0].id))
    assert "flash" not in [phase["name"] for phase in runs(shop.store)[1].record["phases"]]


def test_a_board_that_passed_when_its_kit_had_become_full_is_told_so_and_is_in_no_kit(
    shop: Workshop, hub: Hub, bench: Watched, warehouse: Person
) -> None:
    (tag,) = receive_kits(shop, warehouse, "bench-kit", 1)
    hub.plug("1-1", 1)
    hub.plug("1-2", 2)
    for slot in ("1-1", "1-2"):
        bench.until(slot, Status.WAITING)
        bench.live.start(warehouse, slot, tag)
    states = [bench.until(slot, Status.DONE) for slot in ("1-1", "1-2")]
    view = show_kit(shop, tag)
    assert (view.kit.state, len(view.boards), len(view.runs)) == (KitState.READY, 1, 1)
    inside = {board.id for board in view.boards}
    assert [state.reason for state in states if state.board_id not in inside] == [Reason.KIT_FULL]
    assert sorted(filter(None, map(bench.live.kit_of, ("1-1", "1-2")))) == [tag]


def test_a_start_that_never_began_leaves_no_trace(shop: Workshop, hub: Hub, bench: Watched, warehouse: Person) -> None:
    """A checklist's recipe at a port, a bench that is being stopped: nothing was interrupted, the kit may leave."""
    (tag,) = receive_kits(shop, warehouse, "bench-kit", 1)
    hub.plug("1-1", 1)
    bench.until("1-1", Status.WAITING)
    bench.live.start(warehouse, "1-1", tag)
    bench.until("1-1", Status.DONE)
    robots = LiveBench(shop, [Slot("W1", load_recipes()["wedo"], "/dev/ttyACM0")], STATION)
    with pytest.raises(InputError, match="checklist page"):
        robots.start(warehouse, "W1")
    robots.close()
    bench.live.bench.stop()
    with pytest.raises(Busy, match="being stopped"):
        bench.live.start(warehouse, "1-1", tag)
    with shop.store.read() as session:
        assert session.exec(select(BenchStart)).all() == []
    assert (bench.live.kit_of("1-1"), show_kit(shop, tag).kit.state) == (tag, KitState.READY)
    again = Watched(shop, hub)
    assert Status.INTERRUPTED not in {state.status for state in again.live.snapshot()}
    again.live.close()


def test_the_image_that_was_approved_last_is_written_without_being_given(
    shop: Workshop, hub: Hub, warehouse: Person, nso: Person
) -> None:
    recipe = shop.recipes["benchtop"]
    shop = replace(shop, recipes={recipe.name: replace(recipe, firmware=replace(recipe.firmware, open=True))})
    image = Image("new.bin", b"\x01 another program")
    release = approve_release(shop, nso, recipe.name, "2.1", image=image).release
    (tag,) = receive_kits(shop, warehouse, "bench-kit", 1)
    bench = Watched(shop, hub)
    hub.plug("1-1", 1)
    bench.until("1-1", Status.WAITING)
    bench.live.start(warehouse, "1-1", tag)
    assert bench.until("1-1", Status.DONE).outcome is Outcome.PASS
    firmware = runs(shop.store)[0].record["firmware"]
    assert (firmware["version"], firmware["sha256"]) == ("2.1", release.sha256)
    assert show_kit(shop, tag).kit.state is KitState.READY
    bench.live.close()


def test_a_kit_that_has_no_such_board_is_refused_before_anything_begins(
    shop: Workshop, hub: Hub, bench: Watched, warehouse: Person
) -> None:
    (tag,) = receive_kits(shop, warehouse, "arduino-kit", 1)
    hub.plug("1-1", 1)
    bench.until("1-1", Status.WAITING)
    with pytest.raises(Refused, match=tag):
        bench.live.start(warehouse, "1-1", tag)
    bench.until("1-1", Status.WAITING)
    with shop.store.read() as session:
        assert session.exec(select(BenchStart)).all() == []


@pytest.mark.rig
def test_a_virtual_board_that_is_unplugged_and_plugged_in_again_is_done_by_its_real_tools(
    workshop: Workshop, warehouse: Person, tmp_path: Path
) -> None:
    """The same path as for boards on a hub: its port goes, its slot is empty; it comes back, and starts."""
    workshop = replace(workshop, demo=True)  # elsewhere a virtual board counts for no kit
    with VirtualFleet("uno:1", tmp_path / "boards") as fleet:
        bench = Watched(workshop, fleet)
        live = bench.live
        try:
            live.auto_start(warehouse, True)
            fleet.control("A1", "unplug")
            until(lambda: bench.state("A1") is None)
            (tag,) = receive_kits(workshop, warehouse, "arduino-kit", 1)
            learn_slot(workshop.store, warehouse, STATION, "B1", "A1")
            bench.until("B1", Status.EMPTY)
            live.expect(warehouse, "B1", tag)
            fleet.control("A1", "plug")
            until(lambda: (state := bench.state("B1")) and state.status is Status.DONE, 60)
            assert (state := bench.state("B1")) is not None
            assert (state.outcome, state.reason) == (Outcome.PASS, None)
            assert show_kit(workshop, tag).kit.state is KitState.READY
        finally:
            live.close()


def test_of_two_boards_with_one_identity_the_second_is_refused(
    shop: Workshop, hub: Hub, bench: Watched, warehouse: Person
) -> None:
    hub.plug("1-1", 1)
    hub.plug("1-2", 1)
    until(lambda: len(bench.live.names()) == 2)
    for slot in ("1-1", "1-2"):
        bench.live.start(warehouse, slot)
        bench.until(slot, Status.DONE)
    assert [(run.outcome, run.reason) for run in runs(shop.store)] == [
        (Outcome.PASS, None),
        (Outcome.FAIL, Reason.DUPLICATE_ID),
    ]
