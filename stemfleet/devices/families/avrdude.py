"""avrdude: one run for each thing that is done to an AVR, and its errors told apart.

The wordings are those of avrdude 6.3 to 7.3 (Debian 12 has 7.1).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from stemfleet.devices.families.knock import knock
from stemfleet.devices.faults import BoardError, BoardFail, BoardFault
from stemfleet.devices.intelhex import as_avrdude_reads, pieces
from stemfleet.devices.line import is_url, port_fault
from stemfleet.devices.run import Run
from stemfleet.devices.tools import RunningTool
from stemfleet.words import Reason

_BAR = 50  # marks in avrdude's progress bar
_GARBAGE_ANSWERS = 3  # answers that are not the bootloader's, before we believe that it is not there
_RESET_S = 0.2  # between two openings of a port, so that the board sees both
_LOOK_S = 4.0  # of a phase, kept for a look at a line that avrdude came to no end with
_PROBE_S = 3.0  # a bootloader that is there answers within two seconds
_PROBES = 2  # a bootloader listens for a second only: on a busy computer the first words can come too late
_SPARE_S = 1.0  # of a phase: what it takes to end a tool
_BROKEN_OFF = "The board no longer answered in the middle of the image. Try another cable or a powered hub, then retry."
_NO_CHIP = {"000000", "ffffff"}  # what a chip "answers" that is not there or not readable

_WRITING, _READING = re.compile(r"Writing \| (#*)"), re.compile(r"Reading \| (#*)")
_SIGNATURE = re.compile(r"device signature = 0x([0-9a-f]{6})", re.IGNORECASE)
_NOT_IN_SYNC = re.compile(r"not in sync: resp=0x([0-9a-f]{2})", re.IGNORECASE)
_LOST = re.compile(r"out of sync", re.IGNORECASE)
_QUIET = re.compile(r"programmer is not responding|(?:error|recv\(\)): ?timeout\b", re.IGNORECASE)
_PORT_ERRORS = (
    (re.compile(r"(?:open|port).*No such (?:file|device)", re.IGNORECASE), Reason.PORT_MISSING),
    (re.compile(r"(?:open|port).*Permission denied", re.IGNORECASE), Reason.PORT_DENIED),
    (re.compile(r"(?:open|port).*(?:resource busy|Access is denied)", re.IGNORECASE), Reason.PORT_BUSY),
    (re.compile(r"Input/output error|No such device", re.IGNORECASE), Reason.UNPLUGGED),
)


@dataclass(frozen=True)
class Chip:
    """How a chip is reached: avrdude's names of programmer and part, line speed, and the signature it must have."""

    programmer: str
    part: str
    baud: int
    signature: str

    @property
    def name(self) -> str:
        """The chip's full name, for avrdude's short ones: m328p → atmega328p."""
        return re.sub(r"^m(?=\d)", "atmega", self.part)

    @classmethod
    def of(cls, settings: dict[str, object]) -> "Chip":
        """From a recipe's [settings]: programmer, part, baud (a number or several), signature (six hex digits)."""
        speeds = settings.get("baud", 115200)
        first = speeds[0] if isinstance(speeds, list) else speeds
        return cls(
            programmer=str(settings["programmer"]),
            part=str(settings["part"]),
            baud=int(str(first)),
            signature=str(settings["signature"]).lower().removeprefix("0x"),
        )


UNO = Chip("arduino", "m328p", 115200, "1e950f")
MEGA = Chip("wiring", "m2560", 115200, "1e9801")


class Avrdude:
    """avrdude for one board. Every method raises BoardFault; what it wrote is in the phase's log."""

    def __init__(self, run: Run, chip: Chip) -> None:
        self._run = run
        self.chip = chip
        self._session: RunningTool | None = None
        self._heard = _Listener(run, chip, 0)

    def identify(self, speeds: tuple[int, ...] = ()) -> str:
        """The signature, six hex digits; nothing is written. `speeds`: other speeds that the bootloader may have.

        Another chip: BoardFail wrong_board. Silent: nobody says a byte, whichever kind of bootloader is asked for. A
        board that was heard may be tried again.
        """
        self._refuse_network()
        silent: BoardFault | None = None
        for baud in (self.chip.baud, *speeds):
            self.chip = replace(self.chip, baud=baud)
            if not knock(self._run, self.chip.programmer, baud):
                continue
            try:
                return self._signature(self._run.remaining() - _LOOK_S)
            except BoardFault as fault:
                if fault.reason == Reason.PHASE_TIMEOUT:
                    self._refuse_endless()
                if fault.reason not in {Reason.SILENT, Reason.UNREADABLE}:
                    raise
                silent = fault
        other = self._other_family()
        if silent is None and not knock(self._run, other.programmer, other.baud):
            raise port_fault(Reason.SILENT, self._run.port)
        raise silent or port_fault(Reason.SILENT, self._run.port, retry=True)

    def write(self, image: Path) -> None:
        """Write an Intel HEX file. avrdude reads the signature again first and writes nothing on a wrong one.

        It reads back in the same session, which `verify` waits for: a second one costs a second.
        """
        self._begin(["-D", "-U", f"flash:w:{image}:i"], image_bytes(image))
        self._go_on(until=lambda: self._heard.has_written)
        self._heard.bar = _READING

    def verify(self, image: Path) -> None:
        """Read back and compare with the file. Differs: BoardFail verify_mismatch, to be tried again."""
        if self._session is None or "bytes of flash verified" not in self._go_on():
            self._begin(["-U", f"flash:v:{image}:i"], image_bytes(image))
            self._heard.bar = _READING
            self._go_on()

    def close(self) -> None:
        """Nothing of avrdude is left."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _signature(self, timeout: float | None = None) -> str:
        self._begin([])
        output = self._go_on(timeout)
        found = _SIGNATURE.search(output)
        if found is None or found.group(1).lower() in _NO_CHIP:
            raise port_fault(Reason.UNREADABLE, self._run.port, retry=True)
        signature = found.group(1).lower()
        if signature != self.chip.signature:
            raise wrong_chip(signature, self.chip)
        return signature

    def _refuse_endless(self) -> None:
        """avrdude reads on until a line is quiet: raises unreadable when it never is."""
        with self._run.line(self.chip.baud) as line:
            if line.drain():
                raise port_fault(Reason.UNREADABLE, self._run.port)

    def refuse_other_protocol(self) -> None:
        """For a board that is silent: raises wrong_board when the other family of bootloaders answers."""
        other = self._other_family()
        for _ in range(_PROBES):
            self._run.wait(_RESET_S)
            seconds = min(_PROBE_S, self._run.remaining() - _SPARE_S)
            signature = self._probe(other, seconds) if seconds > 0 else None
            if signature is not None:
                raise wrong_chip(signature, self.chip)

    def _other_family(self) -> Chip:
        return MEGA if self.chip.programmer != MEGA.programmer else UNO

    def _probe(self, other: Chip, seconds: float) -> str | None:
        """The signature that the other family's bootloader gives; None when none answers."""
        try:
            return Avrdude(self._run, other)._signature(seconds)
        except BoardFault as fault:
            late = fault.reason == Reason.PHASE_TIMEOUT and self._run.remaining() > 0
            if late or fault.reason in {Reason.SILENT, Reason.UNREADABLE}:
                return None
            raise

    def _refuse_network(self) -> None:
        if is_url(self._run.port):
            raise BoardError(
                Reason.PORT_MISSING, f"avrdude cannot use {self._run.port}. Name a device, such as /dev/ttyACM0."
            )

    def _begin(self, orders: list[str], size: int = 0) -> None:
        self._refuse_network()
        self.close()
        chip = self.chip
        programmer = ["-c", chip.programmer, "-p", chip.part, "-P", self._run.port, "-b", str(chip.baud)]
        self._heard = _Listener(self._run, chip, size)
        self._session = self._run.start_tool(["avrdude", *programmer, *orders], uses_port=True)

    def _go_on(self, timeout: float | None = None, *, until: Callable[[], bool] | None = None) -> str:
        """What it said until its end; or "" when `until` came before, and it works on."""
        assert self._session is not None
        heard = self._heard
        try:
            result = self._run.read_tool(self._session, "avrdude", timeout=timeout, on_output=heard.hear, until=until)
            if result is None:
                return ""
            self._session = None
            if result.code != 0:
                raise heard.fault() or BoardError(
                    Reason.UNREADABLE, f"avrdude ended with code {result.code}. Its log tells more.", retry=True
                )
        except BoardFault as fault:
            self._session = None
            if heard.in_the_middle and fault.reason in {Reason.SILENT, Reason.UNREADABLE}:
                raise BoardError(Reason.FLASH_INTERRUPTED, _BROKEN_OFF, retry=True) from fault
            raise
        return result.output


class _Listener:
    """Follows what avrdude says: progress, and faults that would otherwise cost minutes of its own retries."""

    def __init__(self, run: Run, chip: Chip, size: int) -> None:
        self._run, self._chip, self._size = run, chip, size
        self._text = ""
        self.bar = _WRITING  # the one that tells the progress

    @property
    def has_written(self) -> bool:
        """Whether the image is on the board, and avrdude goes on to read it back."""
        return "bytes of flash written" in self._text

    @property
    def in_the_middle(self) -> bool:
        """Whether the image was being written or read back."""
        return bool(self._size) and any(bar.search(self._text) for bar in (_WRITING, _READING))

    def hear(self, piece: str) -> None:
        self._text = (self._text + piece)[-20_000:]
        if self._size and "#" in piece:
            bars = self.bar.findall(self._text)
            self._run.progress(self._size * min(len(bars[-1]) if bars else 0, _BAR) // _BAR, self._size)
        if "\n" in piece and (hopeless := self._hopeless()) is not None:
            raise hopeless

    def _hopeless(self) -> BoardFault | None:
        if _QUIET.search(self._text):
            return port_fault(Reason.SILENT, self._run.port, retry=True)
        answers = [found for found in _NOT_IN_SYNC.findall(self._text) if found != "00"]
        if len(answers) + len(_LOST.findall(self._text)) >= _GARBAGE_ANSWERS:
            return port_fault(Reason.UNREADABLE, self._run.port, retry=True)
        return None

    def fault(self) -> BoardFault | None:
        """What the errors in the output mean; None if none of them is known."""
        signature = _SIGNATURE.search(self._text)
        if "xpected signature" in self._text and signature is not None:
            if signature.group(1).lower() in _NO_CHIP:
                return port_fault(Reason.UNREADABLE, self._run.port, retry=True)
            return wrong_chip(signature.group(1).lower(), self._chip)
        if "verification mismatch" in self._text or "verification error" in self._text:
            return BoardFail(
                Reason.VERIFY_MISMATCH,
                "What was read back differs from the image. Put the board aside.",
                retry=True,
            )
        for pattern, reason in _PORT_ERRORS:
            if pattern.search(self._text):
                return port_fault(reason, self._run.port)
        if "not in sync" in self._text or "nvalid device signature" in self._text:
            return port_fault(Reason.UNREADABLE, self._run.port, retry=True)
        return None


def wrong_chip(found: str, chip: Chip) -> BoardFail:
    """`found`: the signature or the name of the chip that is there instead."""
    return BoardFail(
        Reason.WRONG_BOARD,
        f"The chip is {found}, the recipe needs {chip.signature} ({chip.name}). "
        "Nothing was written. Put the right board into the slot, or choose its recipe.",
    )


def image_bytes(image: Path) -> int:
    """Data bytes of an Intel HEX file. Raises HexFault, UnicodeDecodeError for what `check_avr_image` refuses."""
    return sum(len(piece.data) for piece in pieces(as_avrdude_reads(image.read_text(encoding="ascii"))))
