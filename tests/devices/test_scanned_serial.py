"""Machines that tell no identity: the serial number that a person scans at the slot stands for it, and says so."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from bench_hub import hub_recipe, hub_workshop
from click.testing import CliRunner
from core_peers import Peer, board, until
from marlin_peers import Marlin, Printer
from test_printer_dialects import recipe

from stemfleet.bench import LiveBench
from stemfleet.cli import stemfleet as command_line
from stemfleet.devices.families import FAMILIES
from stemfleet.devices.families.checklist import board_id_of
from stemfleet.devices.provision import provision
from stemfleet.devices.record import BoardRecord
from stemfleet.devices.state import Slot, SlotState
from stemfleet.errors import InputError, Refused
from stemfleet.kits import receive_kits, show_kit
from stemfleet.store import Board, Person
from stemfleet.words import KitState, Outcome, Reason
from stemfleet.workshop import Workshop

NAMELESS = board(id="id none")


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'stemfleet.sqlite'}"


@pytest.fixture(autouse=True)
def a_family(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "benchtop", "bench_hub:HubDriver")


@pytest.fixture
def shop(workshop: Workshop, tmp_path: Path) -> Workshop:
    return hub_workshop(workshop, hub_recipe(tmp_path))


class AtTheBench:
    """One board in slot A1."""

    def __init__(self, live: LiveBench, person: Person) -> None:
        self.live, self.person = live, person

    def run(self, tag: str | None = None) -> SlotState:
        self.live.start(self.person, "A1", tag)
        until(lambda: not self.live.bench.is_running("A1"), 20)
        (state,) = self.live.snapshot()
        return state


@contextmanager
def at_the_bench(shop: Workshop, person: Person, identity: str = "none") -> Iterator[AtTheBench]:
    with Peer(board(id=f"id {identity}")) as peer:
        live = LiveBench(shop, [Slot("A1", shop.recipes["benchtop"], peer.port)], "bench-pc")
        try:
            yield AtTheBench(live, person)
        finally:
            live.close()


def record(state: SlotState) -> BoardRecord:
    assert state.result is not None
    return state.result.record


def test_a_board_without_identity_passes_and_joins_its_kit_when_its_number_was_scanned(
    shop: Workshop, warehouse: Person
) -> None:
    (tag,) = receive_kits(shop, warehouse, "bench-kit", 1)
    with at_the_bench(shop, warehouse) as bench:
        nameless = bench.run(tag)
        assert (nameless.outcome, nameless.reason) == (Outcome.PASS, Reason.NO_IDENTITY)
        assert "Scan or type the serial number" in nameless.detail
        assert (record(nameless).board_id, record(nameless).reason) == (None, None)
        assert show_kit(shop, tag).kit.state is not KitState.READY

        bench.live.scan_serial(warehouse, "A1", " ab-0012 ")
        named = bench.run()
    assert (named.outcome, named.reason, named.board_id) == (Outcome.PASS, None, "benchtop:AB-0012")
    assert record(named).to_json()["board_id_scanned"] is True
    assert show_kit(shop, tag).kit.state is KitState.READY


def test_a_board_that_tells_its_identity_keeps_it_whatever_was_scanned(shop: Workshop, warehouse: Person) -> None:
    identity = "00112233445566778899aabbccddeeff"
    with at_the_bench(shop, warehouse, identity) as bench:
        bench.live.scan_serial(warehouse, "A1", "AB-0012")
        state = bench.run()
    assert (state.board_id, record(state).board_id_scanned, state.serial) == (identity, False, None)


def test_a_number_that_stands_in_another_kit_is_refused_at_the_scan_and_at_the_bench(
    shop: Workshop, warehouse: Person
) -> None:
    first, second = receive_kits(shop, warehouse, "bench-kit", 2)
    with at_the_bench(shop, warehouse) as bench:
        bench.live.scan_serial(warehouse, "A1", "AB-0012")
        bench.run(first)
        bench.live.scan_serial(warehouse, "A1", "AB-0012")
        state = bench.run(second)
        with pytest.raises(Refused, match=first):
            bench.live.scan_serial(warehouse, "A1", "ab-0012")
    assert (state.outcome, state.reason) == (Outcome.FAIL, Reason.OTHER_KIT)
    assert show_kit(shop, second).kit.state is KitState.RECEIVED


def test_a_number_stays_for_another_try_and_is_gone_when_the_machine_has_passed(
    shop: Workshop, warehouse: Person, tmp_path: Path
) -> None:
    flaky = replace(shop, recipes={"benchtop": hub_recipe(tmp_path, bad_reads=2)})
    with at_the_bench(flaky, warehouse) as bench:
        bench.live.scan_serial(warehouse, "A1", "AB-0012")
        assert bench.run().outcome is Outcome.FAIL
        assert bench.live.snapshot()[0].serial == "AB-0012"
    with at_the_bench(shop, warehouse) as bench:
        bench.live.scan_serial(warehouse, "A1", "AB-0012")
        assert bench.run().serial is None
        assert bench.run().reason == Reason.NO_IDENTITY


def test_what_is_no_serial_number_is_refused(shop: Workshop, warehouse: Person) -> None:
    (tag,) = receive_kits(shop, warehouse, "bench-kit", 1)
    with at_the_bench(shop, warehouse) as bench:
        for text in (tag, "a b", "12", "*START"):
            with pytest.raises(InputError):
                bench.live.scan_serial(warehouse, "A1", text)
        assert bench.live.snapshot()[0].serial is None
    with shop.store.read() as session:
        assert session.get(Board, f"benchtop:{tag}") is None


def test_a_number_too_long_to_be_kept_is_refused() -> None:
    with pytest.raises(InputError, match="more than 64 characters"):
        board_id_of(recipe(), "1" * 60)


def test_a_printer_with_everybodys_uuid_has_the_scanned_number_in_its_record() -> None:
    with Printer(Marlin()) as printer:
        slot = Slot("A1", recipe(), printer.port)
        done = provision(slot, station="s", operator="o", flash=False, serial=lambda: "CR-7")
    assert (done.record.board_id, done.record.board_id_scanned) == ("printer-marlin-ramps:CR-7", True)
    logs = b"".join(done.files.values()).decode()
    assert "was scanned by a person" in logs


def test_the_command_line_takes_the_number_too(tmp_path: Path) -> None:
    with Printer(Marlin()) as printer:
        command = ["--data", str(tmp_path), "check", printer.port, "--recipe", "printer-marlin-ramps", "--json"]
        told = CliRunner().invoke(command_line, [*command, "--serial", "cr-7"])
        wrong = CliRunner().invoke(command_line, [*command, "--serial", "!"])
    assert json.loads(told.stdout)["board_id"] == "printer-marlin-ramps:CR-7"
    assert isinstance(wrong.exception, InputError)
