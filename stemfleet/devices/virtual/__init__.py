"""Virtual boards: real tools on emulated processors, for the demo, for training and for the tests."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from stemfleet.errors import InputError


class VirtualBoard(Protocol):
    """An emulated board. `fault` is the one ordered for it.

    Constructors: AvrBoard(kind, name, folder, fault=None), MicrobitBoard(name, folder, fault=None, version="v1"),
    EspBoard(name, folder, fault=None, chip="esp32"). `folder` is the board's own, existing and empty.
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


@dataclass(frozen=True)
class BoardSpec:
    """One board to make: `kind` as in "uno:1:wrong_signature"."""

    kind: str
    fault: str | None = None


KINDS = ("microbit", "uno", "nano", "mega", "printer", "esp32", "esp8266")


def parse_spec(text: str) -> list[BoardSpec]:
    """ "microbit:4,uno:1:wrong_signature" → one BoardSpec per board, in order. Raises InputError."""
    boards: list[BoardSpec] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        kind, _, rest = part.partition(":")
        count, _, fault = rest.partition(":")
        if kind not in KINDS or (count and not count.isdigit()):
            raise InputError(
                'Virtual boards are given as kind:number or kind:number:fault, not as "{part}". Kinds: {kinds}.',
                part=part,
                kinds=", ".join(KINDS),
            )
        boards += [BoardSpec(kind, fault or None)] * int(count or 1)
    if not boards:
        raise InputError("No virtual board is asked for. Example: microbit:2,uno:2.")
    return boards
