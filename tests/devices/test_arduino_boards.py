"""Arduino boards end to end: the real avrdude, real bootloaders, our self-test, on emulated processors.

The boards are worked on in three rounds, all slots of a round at once.
"""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from core_peers import Peer, processes_with

from stemfleet.devices.bench import Bench
from stemfleet.devices.families.avrdude import UNO as UNO_CHIP
from stemfleet.devices.families.avrdude import Avrdude, image_bytes
from stemfleet.devices.faults import BoardFail
from stemfleet.devices.provision import provision
from stemfleet.devices.recipe import Firmware, load_recipes
from stemfleet.devices.record import BoardRecord, FirmwareUsed, Provisioned
from stemfleet.devices.run import Run
from stemfleet.devices.state import Slot, SlotState
from stemfleet.devices.virtual.fleet import VirtualFleet
from stemfleet.words import Outcome, Reason

pytestmark = pytest.mark.rig

FLEET = "uno:2,nano:1,mega:1,uno:1:wrong_signature,uno:1:failed_measurement,uno:1:silent,nano-old:1,uno:1:bad_flash"
UNO, OTHER_UNO, NANO, MEGA, WRONG, FAILING, SILENT, OLD_NANO, BAD = "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "B1"


@dataclass
class Round:
    """What came out of each slot, the states on the way, and the flash memories before."""

    results: dict[str, Provisioned] = field(default_factory=dict)
    states: dict[str, list[SlotState]] = field(default_factory=dict)
    before: dict[str, bytes] = field(default_factory=dict)

    def record(self, slot: str) -> BoardRecord:
        return self.results[slot].record

    def log(self, slot: str) -> str:
        """The raw logs, to be read when a test fails."""
        result = self.results[slot]
        parts = (f"--- {row.name}\n{result.files[row.sha256].decode()}" for row in result.record.attachments)
        return result.detail + "\n" + "\n".join(parts)

    def ended(self, slot: str) -> tuple[Outcome, str | None]:
        return self.record(slot).outcome, self.record(slot).reason


Listener = Callable[[SlotState], None]


class Boards:
    """The fleet with its recipes."""

    def __init__(self, fleet: VirtualFleet, folder: Path) -> None:
        self.fleet, self._folder = fleet, folder
        self.recipes = load_recipes()
        self.slots: dict[str | None, Slot] = {slot.name: slot for slot in fleet.bench_slots(self.recipes)}

    def flash(self, slot: str) -> bytes:
        """A copy of the board's flash memory."""
        copy = self._folder / f"{slot}.bin"
        self.fleet.control(slot, f"flash {copy}")
        return copy.read_bytes()

    def work(
        self, slots: list[Slot], *, listener: Listener = lambda state: None, check_only: tuple[str, ...] = ()
    ) -> Round:
        done = Round(before={str(slot.name): self.flash(str(slot.name)) for slot in slots})

        def notice(state: SlotState) -> None:
            done.states.setdefault(state.slot, []).append(state)
            listener(state)

        with Bench(slots, station="bench-1", operator="Άρης") as bench:
            bench.subscribe(notice)
            for slot in slots:
                bench.start(str(slot.name), flash=slot.name not in check_only)
            assert bench.wait(120)
            done.results = {str(result.record.slot): result for result in bench.results()}
        return done


@pytest.fixture(scope="module")
def boards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boards]:
    folder = tmp_path_factory.mktemp("boards")
    with VirtualFleet(FLEET, folder) as fleet:
        yield Boards(fleet, folder)


@pytest.fixture(scope="module")
def first(boards: Boards) -> Round:
    """Every board for the first time."""
    return boards.work(list(boards.slots.values()))


@pytest.fixture(scope="module")
def second(boards: Boards, first: Round) -> Round:
    """Known boards: one again, one only checked, two in slots of another model."""
    slots = [
        boards.slots[UNO],
        boards.slots[OTHER_UNO],
        replace(boards.slots[NANO], recipe=boards.recipes["arduino-mega"]),
        replace(boards.slots[MEGA], recipe=boards.recipes["arduino-uno"]),
    ]
    return boards.work(slots, check_only=(OTHER_UNO,))


@pytest.fixture(scope="module")
def third(boards: Boards, second: Round) -> Round:
    """Bad luck: one pulled out while it is written, one while it is read back."""
    pulled: set[str] = set()

    def disturb(state: SlotState) -> None:
        trouble = {NANO: "flash", OTHER_UNO: "verify"}.get(state.slot)
        if trouble == state.phase and state.done and state.slot not in pulled:
            pulled.add(state.slot)
            boards.fleet.control(state.slot, "unplug")

    done = boards.work([boards.slots[slot] for slot in (OTHER_UNO, NANO)], listener=disturb)
    assert pulled == {NANO, OTHER_UNO}
    for slot in pulled:
        boards.fleet.control(slot, "plug")
    return done


def content(image: Firmware | None) -> dict[int, int]:
    """Bytes by address of an Intel HEX image below 64 kB."""
    found: dict[int, int] = {}
    assert image is not None
    assert image.file is not None
    for line in image.file.read_text().splitlines():
        record = bytes.fromhex(line[1:])
        if record[3] == 0:
            address = int.from_bytes(record[1:3], "big")
            found |= {address + place: byte for place, byte in enumerate(record[4:-1])}
    return found


@pytest.mark.parametrize("slot", [UNO, OTHER_UNO, NANO, MEGA, OLD_NANO])
def test_a_good_board_is_flashed_verified_and_measured(boards: Boards, first: Round, slot: str) -> None:
    record = first.record(slot)
    assert (record.outcome, record.reason) == (Outcome.PASS, None), first.log(slot)
    assert [(phase.name, phase.outcome) for phase in record.phases] == [
        (name, Outcome.PASS) for name in ("prepare", "identify", "flash", "verify", "check", "finish")
    ]
    left = boards.recipes[record.recipe].first_program
    assert left is not None
    assert record.first_program == FirmwareUsed(left.name, left.version, left.sha256)
    assert record.virtual
    assert re.fullmatch(r"[0-9a-f]{32}", record.board_id or "")
    assert set(record.tools) == {"avrdude", "pyserial", "stemfleet"}
    supply = next(row for row in record.measurements if row.name == "supply")
    assert isinstance(supply.value, float)
    assert 4.9 < supply.value < 5.1


def test_what_is_on_the_board_afterwards_is_the_first_program_byte_for_byte(boards: Boards, second: Round) -> None:
    memory = second.before[OTHER_UNO]
    wanted = content(boards.recipes["arduino-uno"].first_program)
    assert len(wanted) > 1000
    assert {address: memory[address] for address in wanted} == wanted


def test_every_board_gets_an_identity_of_its_own_and_keeps_it(first: Round, second: Round) -> None:
    identities = {first.record(slot).board_id for slot in (UNO, OTHER_UNO, NANO, MEGA, FAILING)}
    assert len(identities) == 5
    assert second.record(UNO).board_id == first.record(UNO).board_id


def test_a_known_board_is_recognised_before_anything_is_written(first: Round, second: Round) -> None:
    before_flash = next(state for state in second.states[UNO] if state.phase == "flash")
    assert before_flash.board_id == first.record(UNO).board_id, second.log(UNO)


def test_progress_is_told_in_bytes_of_the_image(boards: Boards, first: Round) -> None:
    file = boards.recipes["arduino-uno"].firmware.file
    assert file is not None
    for phase in ("flash", "verify"):
        told = [(state.done, state.total) for state in first.states[UNO] if state.phase == phase and state.total]
        assert told[-1] == (image_bytes(file), image_bytes(file))
        assert len(told) > 10
        assert told == sorted(told)


def test_a_check_without_flash_leaves_the_memory_as_it_is(boards: Boards, second: Round, third: Round) -> None:
    record = second.record(OTHER_UNO)
    assert record.outcome is Outcome.PASS
    assert [phase.name for phase in record.phases] == ["prepare", "identify", "check"]
    assert (record.firmware.name, record.firmware.sha256) == ("first", None)
    assert record.first_program is None  # nothing was written
    assert third.before[OTHER_UNO] == second.before[OTHER_UNO]


def test_a_wrong_chip_fails_and_its_memory_is_untouched(boards: Boards, first: Round) -> None:
    assert first.ended(WRONG) == (Outcome.FAIL, Reason.WRONG_BOARD)
    assert [phase.name for phase in first.record(WRONG).phases] == ["prepare", "identify"]
    assert "Nothing was written" in first.results[WRONG].detail
    assert boards.flash(WRONG) == first.before[WRONG]


@pytest.mark.parametrize("slot", [NANO, MEGA])
def test_a_board_with_another_bootloader_is_the_wrong_board_and_not_silent(
    boards: Boards, second: Round, slot: str
) -> None:
    assert second.ended(slot) == (Outcome.FAIL, Reason.WRONG_BOARD)
    assert [phase.name for phase in second.record(slot).phases if phase.name == "flash"] == []


def test_a_measurement_out_of_its_limits_fails_the_board_by_name(first: Round) -> None:
    assert first.ended(FAILING) == (Outcome.FAIL, "measurement:supply")
    assert len(first.record(FAILING).measurements) == 9
    assert first.record(FAILING).board_id is not None


def test_a_silent_board_times_out_as_silent_at_the_first_attempt(first: Round) -> None:
    """Its bootloader is asked for in its own words before avrdude waits."""
    assert first.ended(SILENT) == (Outcome.TIMEOUT, Reason.SILENT)
    (prepare, identify) = first.record(SILENT).phases
    assert (prepare.name, identify.name, identify.attempt) == ("prepare", "identify", 1)


@pytest.mark.parametrize("name", ["arduino-uno", "printer-mega"])
def test_a_board_that_never_stops_talking_is_unreadable_although_avrdude_finds_no_end(name: str) -> None:
    recipe = load_recipes()[name]
    short = tuple(replace(plan, timeout_s=9.0) for plan in recipe.phases)
    with Peer(chatter=b"lots of lines\n" * 40) as peer:
        slot = Slot("A1", replace(recipe, phases=short, settings=recipe.settings | {"start_s": 0.5}), peer.port)
        record = provision(slot, station="bench-1", operator="Άρης").record
    assert (record.outcome, record.reason) == (Outcome.ERROR, Reason.UNREADABLE)


@pytest.mark.parametrize(("slot", "phase"), [(NANO, "flash"), (OTHER_UNO, "verify")])
def test_a_board_pulled_out_in_the_middle_is_unplugged(third: Round, slot: str, phase: str) -> None:
    assert third.ended(slot) == (Outcome.ERROR, Reason.UNPLUGGED)
    assert third.record(slot).phases[-1].name == phase


def test_a_board_that_was_pulled_out_can_be_done_again(boards: Boards, third: Round) -> None:
    result = provision(boards.slots[NANO], station="bench-1", operator="Άρης")
    assert result.record.outcome is Outcome.PASS, result.detail


def test_a_read_back_that_differs_is_written_again_and_then_fails(first: Round) -> None:
    assert first.ended(BAD) == (Outcome.FAIL, Reason.VERIFY_MISMATCH), first.log(BAD)
    assert [(phase.name, phase.attempt) for phase in first.record(BAD).phases[2:]] == [
        ("flash", 1),
        ("verify", 1),
        ("flash", 2),
        ("verify", 2),
    ]


def test_a_read_back_without_a_write_before_it_compares_too(boards: Boards, second: Round, tmp_path: Path) -> None:
    """Of a board that was flashed long ago: it has its first program, and not the self-test."""
    slot = boards.slots[UNO]
    run = Run(recipe=slot.recipe, port=slot.port, volume=None, workdir=tmp_path, stop=threading.Event())
    run.begin(60)
    first, selftest = slot.recipe.first_program, slot.recipe.firmware
    assert first is not None
    assert first.file is not None
    assert selftest.file is not None
    Avrdude(run, UNO_CHIP).verify(first.file)
    with pytest.raises(BoardFail) as differs:
        Avrdude(run, UNO_CHIP).verify(selftest.file)
    assert differs.value.reason == Reason.VERIFY_MISMATCH


def test_a_stop_between_write_and_read_back_leaves_no_avrdude(boards: Boards, second: Round) -> None:
    slot, stop = boards.slots[UNO], threading.Event()

    def halt(state: SlotState) -> None:
        if state.phase == "verify":
            stop.set()

    result = provision(slot, station="bench-1", operator="Άρης", on_event=halt, stop=stop)
    assert (result.record.outcome, result.record.phases[-1].name) == (Outcome.ABORTED, "verify")
    assert not processes_with(f"-P\0{slot.port}")


def test_an_image_that_was_changed_is_not_written(boards: Boards, third: Round, tmp_path: Path) -> None:
    good = boards.recipes["arduino-uno"]
    assert good.firmware.file is not None
    changed = tmp_path / "selftest.hex"
    changed.write_bytes(good.firmware.file.read_bytes() + b"\n")
    slot = replace(boards.slots[UNO], recipe=replace(good, firmware=replace(good.firmware, file=changed)))
    before = boards.flash(UNO)
    record = provision(slot, station="bench-1", operator="Άρης").record
    assert (record.outcome, record.reason) == (Outcome.ERROR, Reason.FIRMWARE_CHANGED)
    assert boards.flash(UNO) == before


def test_without_avrdude_the_command_that_installs_it_is_named(
    boards: Boards, third: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    result = provision(boards.slots[UNO], station="bench-1", operator="Άρης")
    assert (result.record.outcome, result.record.reason) == (Outcome.ERROR, Reason.TOOL_MISSING)
    assert "apt install avrdude" in result.detail


def test_a_first_program_that_is_another_one_or_says_so_keeps_the_board_in(
    boards: Boards, third: Round, tmp_path: Path
) -> None:
    slot = boards.slots[UNO]
    program = slot.recipe.first_program
    assert program is not None
    newer = replace(slot, recipe=replace(slot.recipe, first_program=replace(program, version="9.9.9")))
    record = provision(newer, station="bench-1", operator="Άρης").record
    assert (record.outcome, record.reason) == (Outcome.FAIL, Reason.VERIFY_MISMATCH)
    assert [(phase.name, phase.attempt) for phase in record.phases[-2:]] == [("finish", 1), ("finish", 2)]
    assert record.first_program is None
    (tmp_path / "first.hex").write_text(":00000001FF\n")
    before = boards.flash(UNO)
    changed = replace(slot, recipe=replace(slot.recipe, first_program=replace(program, file=tmp_path / "first.hex")))
    record = provision(changed, station="bench-1", operator="Άρης").record
    assert (record.outcome, record.reason) == (Outcome.ERROR, Reason.FIRMWARE_CHANGED)
    assert [phase.name for phase in record.phases] == ["prepare"]
    assert boards.flash(UNO) == before
