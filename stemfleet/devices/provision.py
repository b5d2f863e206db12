"""One board, from flash to record: the phases of its recipe, each with its limit and its attempts."""

import errno
import tempfile
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from stemfleet.devices.families import driver_of
from stemfleet.devices.families.checklist import board_id_of, check_tools_do
from stemfleet.devices.families.firstprogram import first_image
from stemfleet.devices.families.images import check_image, firmware_changed, read_image
from stemfleet.devices.faults import BoardError, BoardFail, BoardFault, BoardStopped
from stemfleet.devices.line import check_port, port_fault, port_node
from stemfleet.devices.port_claims import claim_port, release_port
from stemfleet.devices.recipe import PhasePlan
from stemfleet.devices.record import (
    Attachment,
    BoardRecord,
    FirmwareUsed,
    PhaseResult,
    Provisioned,
    attach,
    now,
)
from stemfleet.devices.run import SAFE_S, Driver, Identity, Run
from stemfleet.devices.state import Instruction, Slot, SlotState, Status, waiting
from stemfleet.words import MEASUREMENT_REASON, Outcome, Reason

Bar = Callable[[str], BoardFault | None]

PREPARE = PhasePlan("prepare", timeout_s=10.0, without_flash=True)
_NAMELESS = (
    "The board passed and told no identity of its own, so it joins no kit yet. Scan or type the serial number of the "
    "machine at its slot, then start it again."
)
# What a missing port does not explain; everything else may be the look of a board that was pulled out.
_NOT_UNPLUGGED = {
    *(Reason.TOOL_MISSING, Reason.FIRMWARE_CHANGED, Reason.BAD_IMAGE, Reason.PRACTICE_IMAGE, Reason.INTERNAL),
}


def provision(
    slot: Slot,
    *,
    station: str,
    operator: str,
    flash: bool = True,
    on_event: Callable[[SlotState], None] | None = None,
    stop: threading.Event | None = None,
    bar: Bar | None = None,
    twin: Callable[[str], str | None] | None = None,
    serial: Callable[[], str | None] | None = None,
) -> Provisioned:
    """Do everything that the recipe asks of the board in the slot; without `flash` nothing is written.

    Always returns a whole record, whatever happens to the board; stopping (`stop.set()`, from another thread or a
    signal handler) gives ABORTED. `on_event` gets each new state in this thread. `bar` tells why a board is not to be
    done here, by its id: it ends so as soon as it is known. `twin` tells where another board with the same id is now
    (FAIL duplicate_id); it is asked after each phase. `serial` tells the serial number that a person has scanned.
    Raises InputError for the recipe of a checklist, which no tool can go through.
    """
    check_tools_do(slot.recipe)
    with tempfile.TemporaryDirectory(prefix="stemfleet-board-", ignore_cleanup_errors=True) as folder:
        board = _Board(slot, Path(folder), flash, on_event, stop or threading.Event(), bar, twin, serial)
        return board.through(station, operator)


class _Board:
    """The work on one board: what was done so far."""

    def __init__(
        self,
        slot: Slot,
        workdir: Path,
        flash: bool,
        on_event: Callable[[SlotState], None] | None,
        stop: threading.Event,
        bar: Bar | None,
        twin: Callable[[str], str | None] | None,
        serial: Callable[[], str | None] | None,
    ) -> None:
        self.bar, self.twin, self.serial = bar, twin, serial
        self.scanned_id: str | None = None
        self.node: tuple[int, ...] | None = None  # the device that was last spoken with
        self.slot = slot
        self.flash = flash
        self.on_event = on_event
        planned = [plan for plan in slot.recipe.phases if flash or plan.without_flash]
        self.plans = [PREPARE, *planned]
        self.phases: list[PhaseResult] = []
        self.attachments: list[Attachment] = []
        self.files: dict[str, bytes] = {}
        image = slot.recipe.firmware
        self.firmware = FirmwareUsed(image.name, image.version, image.sha256)
        self.driver: Driver | None = None
        self.run = Run(
            recipe=slot.recipe,
            port=slot.port,
            volume=slot.volume,
            workdir=workdir,
            stop=stop,
            on_progress=lambda done, total: self.tell(done=done, total=total),
            on_instruction=self._instruct,
        )
        self.state = replace(waiting(slot), status=Status.RUNNING, phases=tuple(plan.name for plan in self.plans))

    def tell(self, **changes: Any) -> None:
        """A new state, to whoever watches."""
        self.state = replace(self.state, number=self.state.number + 1, **changes)
        if self.on_event is not None:
            self.on_event(self.state)

    def _instruct(self, text: str, facts: dict[str, str]) -> None:
        instruction = Instruction(text, tuple(facts.items()))
        self.tell(instruction=instruction, detail=str(instruction))

    def through(self, station: str, operator: str) -> Provisioned:
        """All phases, the safe end, the record."""
        started = now()
        fault: BoardFault | None = None
        try:
            self._all_phases()
        except BoardFault as happened:
            fault = happened
        except KeyboardInterrupt:
            fault = BoardStopped()
        finally:
            self._make_safe()
            release_port(self.run)
        result = self._result(started, station, operator, fault)
        record = result.record
        self.tell(
            status=Status.DONE,
            board_id=record.board_id,
            outcome=record.outcome,
            reason=record.reason,
            detail=result.detail,
            instruction=None,
            result=result,
        )
        return result

    def _all_phases(self) -> None:
        attempts: Counter[str] = Counter()
        place = 0
        while place < len(self.plans):
            plan = self.plans[place]
            attempts[plan.name] += 1
            fault = self._attempt(plan, attempts[plan.name])
            if fault is None:
                place += 1
            elif fault.retry and attempts[plan.name] < plan.attempts:
                place = self._again_from(place)
            else:
                raise fault

    def _again_from(self, place: int) -> int:
        """What was read back wrongly is written again first."""
        names = [plan.name for plan in self.plans]
        return names.index("flash") if names[place] == "verify" and "flash" in names else place

    def _attempt(self, plan: PhasePlan, attempt: int) -> BoardFault | None:
        self.run.begin(plan.timeout_s)
        self.tell(phase=plan.name, attempt=attempt, done=0, total=0, detail="", instruction=None)
        started = now()
        fault: BoardFault | None = None
        try:
            if self.run.stop.is_set():
                raise BoardStopped
            self._do(plan)
        except BoardFault as happened:
            fault = self._really(plan, happened)
        except KeyboardInterrupt:
            self.run.stop.set()
            fault = BoardStopped()
        except Exception as error:
            self.run.note(traceback.format_exc())
            fault = _defect(error)
        if fault is not None:
            self.run.note(f"{fault.outcome} {fault.reason}: {fault.detail}")
        elif self.run.spoke:
            self.node = port_node(self.run.port)
        outcome, reason = (fault.outcome, fault.reason) if fault else (Outcome.PASS, None)
        self.phases.append(PhaseResult(plan.name, attempt, started, now(), outcome, reason))
        self._keep_log(f"{plan.name}-{attempt}.log")
        return fault

    def _do(self, plan: PhasePlan) -> None:
        if plan is PREPARE:
            self._prepare()
            return
        assert self.driver is not None
        before = 0 if plan.name == "check" else len(self.run.measurements)
        del self.run.measurements[before:]
        told = getattr(self.driver, plan.name)()
        if isinstance(told, Identity):
            self.run.found(told.board_id, **told.details)
        if plan.name in {"check", "finish"} and self.run.board_id is None:
            self._take_serial()
        if self.run.board_id != self.state.board_id:  # some boards are known only after their self-test
            self.tell(board_id=self.run.board_id)
            self._refuse_barred()
        self._refuse_twin()
        self._judge(plan, before)

    def _take_serial(self) -> None:
        """The board has had its say: what a person scanned is its identity now."""
        if number := self.serial and self.serial():
            self.run.board_id = self.scanned_id = board_id_of(self.slot.recipe, number)
            self.run.note(f"The board tells no identity: {self.scanned_id} was scanned by a person.")

    def _refuse_barred(self) -> None:
        fault = self.bar(self.run.board_id) if self.bar and self.run.board_id else None
        if fault is not None:
            raise fault

    def _refuse_twin(self) -> None:
        board_id = self.run.board_id
        other = self.twin(board_id) if self.twin and board_id else None
        if other is not None:
            raise BoardFail(
                Reason.DUPLICATE_ID, f"The board in {other} has the same identity, {board_id}. Put both boards aside."
            )

    def _judge(self, plan: PhasePlan, before: int) -> None:
        if plan.name == "check":
            measured = {measurement.name for measurement in self.run.measurements}
            for limit in self.slot.recipe.checks:
                spared = limit.optional or (limit.hardware and self.run.is_pty)
                if limit.name not in measured and not spared:
                    self.run.measure(limit.name, None)
        rows = self.run.measurements[before:]
        for row in rows:
            if row.outcome is Outcome.FAIL:
                raise BoardFail(
                    f"{MEASUREMENT_REASON}{row.name}",
                    f"{row.name} is {row.value} {row.unit}; allowed is {row.low} to {row.high}. Put the board aside.",
                )
        unknown = [row.name for row in rows if row.outcome is Outcome.ERROR]
        if unknown:
            raise BoardError(Reason.UNREADABLE, f"The board gave no value for {', '.join(unknown)}. Retry the slot.")

    def _prepare(self) -> None:
        """The port is ours and the image is the approved one, before anything happens to the board."""
        kind = driver_of(self.slot.recipe.family)
        claim_port(self.run)
        if (take_over := getattr(kind, "take_over", None)) is not None:
            take_over(self.run.port)
        if getattr(kind, "port_first", True) or self.run.port_exists():
            check_port(self.run.port)
        if self.flash:
            self._approve()
            self._approve_first_program()
        self.driver = kind(self.run)

    def _approve(self) -> None:
        """Read the image once: what was hashed is what will be written."""
        image, given = self.slot.recipe.firmware, self.slot.firmware
        source = given or image.file
        if source is None:
            raise firmware_changed(f"Recipe {self.slot.recipe.name} ships no image. Give one with --firmware.")
        content = read_image(source)
        digest = sha256(content).hexdigest()
        self.run.note(f"firmware {source}: sha256 {digest}")
        if given is not None and self.slot.sha256 not in {None, digest}:
            raise firmware_changed(
                f"The firmware file {source} has sha256 {digest}, told was {self.slot.sha256}. Nothing was written. "
                "Get the file again."
            )
        if digest == image.sha256:
            if image.practice and not self.run.is_pty:  # a port in the network may lead to a real board
                raise BoardError(
                    Reason.PRACTICE_IMAGE,
                    "The practice image is for virtual boards only. Give the real one with --firmware.",
                )
        elif given is not None and image.open:
            self.firmware = FirmwareUsed(given.name, self.slot.version, digest)
            self.run.version = self.slot.version or image.version
        else:
            raise firmware_changed(
                f"The firmware file {source} has sha256 {digest}, approved is {image.sha256}. "
                "Nothing was written. Restore the file, or approve the new one in the recipe."
            )
        self.run.firmware = self.run.workdir / source.name
        self.run.firmware.write_bytes(content)
        check_image(self.slot.recipe, self.run.firmware)

    def _approve_first_program(self) -> None:
        """Also read once, before anything happens to the board."""
        program = self.slot.recipe.first_program
        if program is None:
            return
        assert program.file is not None
        content = read_image(program.file)
        digest = sha256(content).hexdigest()
        if digest != program.sha256:
            raise firmware_changed(
                f"The first program {program.file} has sha256 {digest}, approved is {program.sha256}. "
                "Nothing was written. Restore the file, or approve the new one in the recipe."
            )
        image = first_image(self.run)
        image.parent.mkdir()
        image.write_bytes(content)
        check_image(self.slot.recipe, image)

    def _left_with(self) -> FirmwareUsed | None:
        """The first program, once it was written and has answered."""
        program = self.slot.recipe.first_program
        finished = any(phase.name == "finish" and phase.outcome is Outcome.PASS for phase in self.phases)
        return FirmwareUsed(program.name, program.version, program.sha256) if program and finished else None

    def _really(self, plan: PhasePlan, fault: BoardFault) -> BoardFault:
        """A board that was pulled out looks silent or broken in many ways; the missing port tells."""
        if plan is PREPARE or not getattr(self.driver, "port_first", True):
            return fault
        could_not_tell = fault.outcome in {Outcome.ERROR, Outcome.TIMEOUT} and fault.reason not in _NOT_UNPLUGGED
        if (could_not_tell or fault.reason == Reason.VERIFY_MISMATCH) and self._is_gone(fault):
            return port_fault(Reason.UNPLUGGED, self.slot.port)
        return fault

    def _is_gone(self, fault: BoardFault) -> bool:
        """Or something else has the port's name by now; a person may switch a board off and on while a phase waits."""
        other = self.node is not None and port_node(self.run.port) != self.node
        return not self.run.port_exists() or (other and fault.reason != Reason.PHASE_TIMEOUT)

    def _make_safe(self) -> None:
        if self.driver is None:
            return
        self.run.begin(SAFE_S, heed_stop=False)
        try:
            self.driver.make_safe()
        except Exception:
            self.run.note(traceback.format_exc())
        if self.run.log():
            self._keep_log("make_safe.log")

    def _keep_log(self, name: str) -> None:
        content = self.run.log().encode()
        if not content:
            return
        attachment = attach(name, content)
        self.attachments.append(attachment)
        self.files[attachment.sha256] = content

    def _result(self, started: Any, station: str, operator: str, fault: BoardFault | None) -> Provisioned:
        details = self.run.details
        if not self.flash:
            self.firmware = FirmwareUsed(details.get("firmware"), details.get("version"), None)
        record = BoardRecord(
            board_id=self.run.board_id,
            recipe=self.slot.recipe.name,
            family=self.slot.recipe.family,
            slot=self.slot.name,
            station=station,
            operator=operator,
            started=started,
            ended=now(),
            outcome=fault.outcome if fault else Outcome.PASS,
            reason=fault.reason if fault else self.run.warning,
            firmware=self.firmware,
            tools=dict(self.run.tools),
            test_version=self.slot.recipe.test_version,
            phases=tuple(self.phases),
            measurements=tuple(self.run.measurements),
            attachments=tuple(self.attachments),
            virtual=self.slot.virtual,
            board_id_scanned=self.scanned_id is not None and self.scanned_id == self.run.board_id,
            first_program=self._left_with(),
        )
        passed = "" if record.board_id else _NAMELESS
        return Provisioned(record, self.files, fault.detail if fault else passed, dict(details))


def is_disk_full(error: BaseException) -> bool:
    """Whether the computer has no room left: no board's fault, and no defect of the program."""
    full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
    return full or "disk is full" in str(error)  # as SQLite says it


def _defect(error: Exception) -> BoardError:
    if is_disk_full(error):
        return BoardError(Reason.DISK_FULL, "The disk of this computer is full. Make room, then do the board again.")
    return BoardError(Reason.INTERNAL, "A defect of stemfleet. Please report it with the log of this phase.")
