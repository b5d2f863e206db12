"""Virtual boards: real tools on emulated processors, for the demo, for training and for the tests."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from stemfleet.devices.virtual.faults import FAULTS, KINDS, check_fault
from stemfleet.errors import InputError

__all__ = ["FAULTS", "KINDS", "BoardSpec", "VirtualBoard", "parse_spec"]


class VirtualBoard(Protocol):
    """An emulated board. `fault` is the one ordered for it.

    Constructors: AvrBoard(kind, name, folder, fault=None), MicrobitBoard(name, folder, fault=None, version="v1"),
    EspBoard(name, folder, fault=None, chip="esp32"). `folder` is the board's own, existing and empty. `serial` (of all
    three): what the identity is made from, if not from the name or by chance: two boards with one have one identity.
    """

    name: str
    recipe: str
    port: str
    volume: Path | None
    fault: str | None

    def start(self) -> None:
        """Ready for the tools when it returns. Raises ToolMissing, Unavailable."""

    def stop(self) -> None:
        """Everything of it is gone when it returns; may be called twice."""

    def control(self, line: str) -> str:
        """An order of the family's own: "reset", "adc 0 2500", "unplug". Returns the answer."""
        raise NotImplementedError


DUPLICATE = "duplicate_id"  # the fault that takes two boards
MOST = 24  # boards at once: two processor cores are full with sixteen, and each takes up to 40 MB


@dataclass(frozen=True)
class BoardSpec:
    """One board to make: `kind` as in "uno:1:wrong_signature"."""

    kind: str
    fault: str | None = None


def parse_spec(text: str) -> list[BoardSpec]:
    """ "microbit:4,uno:1:wrong_signature" → one BoardSpec per board, in order.

    Raises InputError: too many, a fault that such a board cannot have, a duplicate of no board.
    """
    boards: list[BoardSpec] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        kind, _, rest = part.partition(":")
        count, _, fault = rest.partition(":")
        if kind not in KINDS or (count and not (count.isdecimal() and len(count) < 7)):
            raise InputError(
                'Virtual boards are given as kind:number or kind:number:fault, not as "{part}". Kinds: {kinds}.',
                part=part,
                kinds=", ".join(KINDS),
            )
        check_fault(kind, fault or None)
        number = int(count or 1)
        if len(boards) + number > MOST:
            raise InputError(
                "{count} virtual boards are too many for one computer; at most {most} run at once. Ask for fewer.",
                count=len(boards) + number,
                most=MOST,
            )
        boards += [BoardSpec(kind, fault or None)] * number
    if not boards:
        raise InputError("No virtual board is asked for. Example: microbit:2,uno:2.")
    for board in boards:
        if board.fault == DUPLICATE and BoardSpec(board.kind) not in boards:
            raise InputError(
                "A duplicate needs a board to be the duplicate of: {kind}:1,{kind}:1:{fault}.",
                kind=board.kind,
                fault=DUPLICATE,
            )
    return boards
