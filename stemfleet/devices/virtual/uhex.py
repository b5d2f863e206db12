"""The micro:bit's Universal Hex, read as the interface chip of a micro:bit reads it.

A Universal Hex holds one section a board version; a section opens with a block-start record that names the board id
(9900 for V1, 9903 for V2) and its data records may carry a type of their own.
"""

import functools
from collections.abc import Iterable

from stemfleet.devices.intelhex import HexFault, Piece, pieces


@functools.lru_cache(maxsize=2)
def pieces_for(text: str, board_id: str) -> tuple[Piece, ...]:
    """The data meant for the board with this id ("9900"): all of a plain Intel Hex, one section of a Universal Hex.

    Remembered: many boards that are flashed at once are given the same file. Raises HexFault.
    """
    found = tuple(pieces(text, board_id.upper()))
    if not found:
        raise HexFault("other_board")
    return found


def image(parts: Iterable[Piece], size: int) -> bytearray:
    """Flash contents from address 0 up to `size` bytes, erased (0xFF) where nothing was given.

    Pieces outside (a micro:bit's UICR at 0x10001000) are left out. Raises nothing.
    """
    flash = bytearray(b"\xff" * size)
    for piece in parts:
        if piece.address + len(piece.data) <= size:
            flash[piece.address : piece.address + len(piece.data)] = piece.data
    return flash
