"""Hex files, as the interface chip of a micro:bit reads them."""

import pytest
import uflash
from hypothesis import given
from hypothesis import strategies as st
from intelhex import IntelHex

from stemfleet.devices.intelhex import HexFault
from stemfleet.devices.virtual import uhex

FLASH = 0x40000
SCRIPT = b"# a script of ours\nprint('hello')\n"
V1_FILES, V2_FILES = 0x38C00, 0x6D000


@pytest.fixture(scope="module")
def universal() -> str:
    text: str = uflash.embed_fs_uhex(uflash._RUNTIME, SCRIPT)
    return text


def test_each_board_gets_its_own_section(universal: str) -> None:
    v1 = uhex.image(uhex.pieces_for(universal, "9900"), 0x80000)
    v2 = uhex.image(uhex.pieces_for(universal, "9903"), 0x80000)
    assert SCRIPT[:100] in v1[V1_FILES : V1_FILES + 256]
    assert SCRIPT[:100] in v2[V2_FILES : V2_FILES + 256]
    assert v1[:16] != v2[:16]


def test_a_board_that_no_section_is_for_is_told(universal: str) -> None:
    with pytest.raises(HexFault, match="other_board"):
        uhex.pieces_for(universal, "1234")


@given(st.dictionaries(st.integers(0, FLASH - 1), st.integers(0, 255), min_size=1, max_size=200))
def test_a_plain_hex_file_is_read_as_another_reader_reads_it(content: dict[int, int]) -> None:
    written = IntelHex(content)
    lines: list[str] = []

    class Lines:
        def write(self, text: str) -> None:
            lines.append(text)

    written.write_hex_file(Lines())
    written.padding = 0xFF
    found = uhex.image(uhex.pieces_for("".join(lines), "9900"), FLASH)
    assert all(found[address] == value for address, value in content.items())
    assert sum(byte != 0xFF for byte in found) == sum(value != 0xFF for value in content.values())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (":0400000001020304F3\n:00000001FF\n", "checksum"),
        (":0400000001020304F2\n", "unfinished"),
        ("", "unfinished"),
        ("hello\n:00000001FF\n", "parser"),
        (":04000000010203F2\n:00000001FF\n", "parser"),
        (":zz\n:00000001FF\n", "parser"),
        (":00000009F7\n:00000001FF\n", "parser"),
        (":00000001FF\n", "other_board"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(text: str, kind: str) -> None:
    with pytest.raises(HexFault) as fault:
        uhex.pieces_for(text, "9900")
    assert fault.value.kind == kind
