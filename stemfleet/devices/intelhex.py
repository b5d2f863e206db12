"""Intel HEX: the records of a file, and the bytes that they put into a chip's memory.

Format: Intel's "Hexadecimal Object File Format Specification", revision A; the types above 5 are those of the
micro:bit Foundation's "Universal Hex Format Specification" 0.4.0.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

DATA, END, SEGMENT, START_SEGMENT, LINEAR, START_LINEAR = 0x00, 0x01, 0x02, 0x03, 0x04, 0x05
BLOCK_START, BLOCK_END, PADDING, OTHER_DATA = 0x0A, 0x0B, 0x0C, 0x0D
HEADER = 4  # length, address (2), type
_KNOWN = {
    *(DATA, END, SEGMENT, START_SEGMENT, LINEAR, START_LINEAR),
    *(BLOCK_START, BLOCK_END, PADDING, OTHER_DATA),
}


class HexFault(Exception):
    """The text is not a usable hex file; `kind` is "checksum", "parser", "unfinished" or "other_board"; `line` counts
    from 1, 0 where it is the whole file."""

    def __init__(self, kind: str, line: int = 0) -> None:
        super().__init__(kind)
        self.kind = kind
        self.line = line


@dataclass(frozen=True)
class Piece:
    """Bytes and the absolute address where they belong."""

    address: int
    data: bytes


def is_finished(text: str) -> bool:
    """True if the end-of-file record has arrived: the moment when a drive takes the transfer as complete."""
    return text.rstrip().upper().endswith(":00000001FF")


def as_avrdude_reads(text: str) -> str:
    """Without remarks, and up to the first end record: Prusa's images begin with `; device = mk3s`, and have the words
    of other languages, for another chip, behind the program."""
    lines = ["" if line.startswith(";") else line for line in text.splitlines()]
    ends = [number for number, line in enumerate(lines) if line.strip().upper() == ":00000001FF"]
    return "\n".join(lines[: ends[0] + 1] if ends else lines)


def records(lines: Iterable[str]) -> Iterator[bytes]:
    """Every record with its checksum. Raises HexFault checksum or parser."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if not line.startswith(":"):
            raise HexFault("parser", number)
        try:
            record = bytes.fromhex(line[1:].strip())
        except ValueError as error:
            raise HexFault("parser", number) from error
        if len(record) <= HEADER or len(record) != record[0] + HEADER + 1 or record[3] not in _KNOWN:
            raise HexFault("parser", number)
        if sum(record) & 0xFF:
            raise HexFault("checksum", number)
        yield record


def pieces(text: str, board_id: str = "") -> Iterator[Piece]:
    """What lies in no section at all, or in that of the board with this id. Raises HexFault."""
    if not is_finished(text):
        raise HexFault("unfinished")
    base = 0
    section: str | None = None
    for record in records(text.splitlines()):
        kind, payload = record[3], record[HEADER:-1]
        if kind == LINEAR:
            base = int.from_bytes(payload, "big") << 16
        elif kind == SEGMENT:
            base = int.from_bytes(payload, "big") << 4
        elif kind == BLOCK_START:
            section = payload[:2].hex().upper()
        elif kind in (DATA, OTHER_DATA) and section in (None, board_id):
            yield Piece(base + int.from_bytes(record[1:3], "big"), payload)
        elif kind == END:
            return
