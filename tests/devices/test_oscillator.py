"""A board's clock against the host's: what is measured is the board, not the line between them."""

import time
from collections.abc import Callable

import pytest
from core_peers import Peer

from stemfleet.devices.families.arduino import clock_reading, deviation
from stemfleet.devices.line import Line
from stemfleet.devices.talk import Talk


def board_with_clock(percent_fast: float, start_ms: int) -> Callable[[bytes], bytes]:
    """A board that answers ?ms by an oscillator of its own."""
    began = time.monotonic()

    def talks(heard: bytes) -> bytes:
        if b"?ms" not in heard:
            return b""
        now = int(start_ms + (time.monotonic() - began) * 1000 * (1 + percent_fast / 100)) % 2**32
        return f"ms {now}\nend 1\n".encode()

    return talks


@pytest.mark.parametrize(
    ("percent_fast", "start_ms"),
    [(0.0, 1500), (5.0, 1500), (-5.0, 1500), (0.0, 2**32 - 500)],  # the last one's counter begins anew meanwhile
)
def test_the_deviation_is_the_boards_own(percent_fast: float, start_ms: int) -> None:
    with Peer(board_with_clock(percent_fast, start_ms)) as peer, Line(peer.port) as line:
        talk = Talk(line)
        first = clock_reading(talk)
        until = time.monotonic() + 0.45
        while time.monotonic() < until:
            clock_reading(talk)
        found = deviation(first, clock_reading(talk))
    assert found == pytest.approx(percent_fast, abs=2.0)
