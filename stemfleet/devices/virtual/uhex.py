"""Intel Hex and the micro:bit's Universal Hex, read as the interface chip of a micro:bit reads them.

A Universal Hex holds one section a board version; a section opens with a block-start record that names the board id
(9900 for V1, 9903 for V2) and its data records may carry a type of their own. Format: the micro:bit Foundation's
"Universal Hex Format Specification" 0.4.0.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_DATA, _END, _SEGMENT, _START_SEGMENT, _LINEAR, _START_LINEAR = 0x00, 0x01, 0x02, 0x03, 0x04, 0x05
_BLOCK_START, _BLOCK_END, _PADDING, _OTHER_DATA = 0x0A, 0x0B, 0x0C, 0x0D
_KNOWN = {
    _DATA,
    _END,
    _SEGMENT,
    _START_SEGMENT,
    _LINEAR,
    _START_LINEAR,
    _BLOCK_START,
    _BLOCK_END,
    _PADDING,
    _OTHER_DATA,
}
_HEADER = 4  # length, address (2), type


class HexFault(Exception):
    """The text is not a usable hex file; `kind` is "checksum", "parser", "unfinished" or "other_board"."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True)
class Piece:
    """Bytes and the absolute address where they belong."""

    address: int
    data: bytes


def is_finished(text: str) -> bool:
    """True if the end-of-file record has arrived: the moment when a drive takes the transfer as complete."""
    return text.rstrip().upper().endswith(":00000001FF")


def pieces_for(text: str, board_id: str) -> list[Piece]:
    """The data meant for the board with this id ("9900"): all of a plain Intel Hex, one section of a Universal Hex.

    Raises HexFault.
    """
    if not is_finished(text):
        raise HexFault("unfinished")
    pieces = list(_walk(_records(text.splitlines()), board_id.upper()))
    if not pieces:
        raise HexFault("other_board")
    return pieces


def image(pieces: Iterable[Piece], size: int) -> bytearray:
    """Flash contents from address 0 up to `size` bytes, erased (0xFF) where nothing was given.

    Pieces outside (a micro:bit's UICR at 0x10001000) are left out. Raises nothing.
    """
    flash = bytearray(b"\xff" * size)
    for piece in pieces:
        if piece.address + len(piece.data) <= size:
            flash[piece.address : piece.address + len(piece.data)] = piece.data
    return flash


def _records(lines: Iterable[str]) -> Iterator[bytes]:
    for line in lines:
        if not line.strip():
            continue
        if not line.startswith(":"):
            raise HexFault("parser")
        try:
            record = bytes.fromhex(line[1:].strip())
        except ValueError as error:
            raise HexFault("parser") from error
        if len(record) <= _HEADER or len(record) != record[0] + _HEADER + 1 or record[3] not in _KNOWN:
            raise HexFault("parser")
        if sum(record) & 0xFF:
            raise HexFault("checksum")
        yield record


def _walk(records: Iterable[bytes], board_id: str) -> Iterator[Piece]:
    """Follows the address records through every section, and yields what lies in ours (or in no section at all)."""
    base = 0
    section: str | None = None
    for record in records:
        kind, payload = record[3], record[_HEADER:-1]
        if kind == _LINEAR:
            base = int.from_bytes(payload, "big") << 16
        elif kind == _SEGMENT:
            base = int.from_bytes(payload, "big") << 4
        elif kind == _BLOCK_START:
            section = payload[:2].hex().upper()
        elif kind in (_DATA, _OTHER_DATA) and section in (None, board_id):
            yield Piece(base + int.from_bytes(record[1:3], "big"), payload)
        elif kind == _END:
            return
