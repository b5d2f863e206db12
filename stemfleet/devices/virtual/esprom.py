"""The ROM loader of an ESP32 or ESP8266, as far as esptool needs it: registers, flash, MD5 of what was written.

Protocol: Espressif, esptool documentation, "Serial Protocol": SLIP packets, a command code, little-endian words. A stub
loader is taken and "runs": from then on the answers are the stub's, in what a tool can see of it.
"""

import hashlib
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

SYNC_HEAD = b"\xc0\x00\x08\x24\x00"  # how every tool knocks
SECTOR = 4096
_SLIP, _ESCAPE = 0xC0, 0xDB
_LONGEST = 1 << 17  # a packet beyond this is noise

_FLASH_BEGIN, _FLASH_DATA, _FLASH_END = 0x02, 0x03, 0x04
_MEM_BEGIN, _MEM_END, _MEM_DATA = 0x05, 0x06, 0x07
_SYNC, _WRITE_REG, _READ_REG = 0x08, 0x09, 0x0A
_SPI_PARAMS, _SPI_ATTACH, _READ_FLASH, _BAUD = 0x0B, 0x0D, 0x0E, 0x0F
_PACKED_BEGIN, _PACKED_DATA, _PACKED_END, _MD5 = 0x10, 0x11, 0x12, 0x13
_NOTHING_TO_DO = (_FLASH_END, _PACKED_END, _SPI_PARAMS, _SPI_ATTACH, _BAUD, _MEM_BEGIN, _MEM_DATA, _MEM_END)
_STUB_GREETING = b"\xc0OHAI\xc0"
_STUB_STATUS_BYTES = 2
_FAILED, _BAD_CHECKSUM, _UNKNOWN = 0x06, 0x07, 0x05  # the ROM's error codes

_MAGIC_REG = 0x40001000
_SPI_USER = 1 << 18  # in the SPI command register: do what the user registers say
_READ_FLASH_ID = 0x9F

_Command = Callable[[bytes, int], tuple[int, bytes]]  # body, checksum -> value, data


@dataclass(frozen=True)
class Chip:
    """What differs between chips. `status_bytes`: at the end of every answer; offsets are within the SPI block."""

    magic: int
    status_bytes: int
    spi: int
    usr2: int
    w0: int
    app_at: int  # where the first image of a flash lies
    mac_registers: Callable[[bytes], dict[int, int]]


def _esp32_mac(mac: bytes) -> dict[int, int]:
    return {0x3FF5A004: int.from_bytes(mac[2:], "big"), 0x3FF5A008: int.from_bytes(mac[:2], "big")}


def _esp8266_mac(mac: bytes) -> dict[int, int]:
    return {
        0x3FF00050: mac[5] << 24,
        0x3FF00054: 0x02000000 | mac[3] << 8 | mac[4],
        0x3FF0005C: int.from_bytes(mac[:3], "big"),
    }


CHIPS = {
    "esp32": Chip(0x00F01D83, 4, 0x3FF42000, 0x24, 0x80, 0x1000, _esp32_mac),
    "esp8266": Chip(0xFFF0C101, 2, 0x60000200, 0x24, 0x40, 0x0, _esp8266_mac),
}
# UART dividers at 115200 baud: a 40 MHz crystal beside an ESP32, 26 MHz beside an ESP8266.
_CLOCK = {0x3FF40014: 0x15B, 0x60000014: 0x1C3}


class RomError(Exception):
    """A command that the ROM answers with an error code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class RomLoader:
    """The loader and the flash chip behind it. `feed` gives what it answers; the state lives until `reset`."""

    def __init__(self, chip: Chip, mac: bytes, flash: bytearray, *, bad_flash: bool = False) -> None:
        """`mac`: 6 bytes. `bad_flash`: one bit of every block written sticks."""
        self._chip = chip
        self._flash = flash
        self._bad = bad_flash
        self._registers = {_MAGIC_REG: chip.magic} | _CLOCK | chip.mac_registers(mac)
        self._commands: dict[int, _Command] = dict.fromkeys(_NOTHING_TO_DO, self._agreed)
        self._commands |= {
            _READ_REG: self._read_register,
            _WRITE_REG: self._write_register,
            _FLASH_BEGIN: self._begin,
            _PACKED_BEGIN: self._begin_packed,
            _FLASH_DATA: self._data,
            _PACKED_DATA: self._data_packed,
            _READ_FLASH: self._read_flash,
            _MD5: self._md5,
        }
        self.reset()

    def reset(self) -> None:
        """As after power-on; the flash keeps its contents."""
        self._packet: bytearray | None = None
        self._escaped = False
        self._at = 0
        self._unpacker = zlib.decompressobj()
        self._is_stub = False

    def feed(self, data: bytes) -> bytes:
        """Bytes from the host; what the loader answers to them."""
        answers = bytearray()
        for byte in data:
            if byte == _SLIP:
                if self._packet:
                    answers += self._handle(bytes(self._packet))
                    self._packet = None
                else:
                    self._packet = bytearray()
            elif self._packet is not None:
                self._collect(byte)
        return bytes(answers)

    def _collect(self, byte: int) -> None:
        assert self._packet is not None
        if byte == _ESCAPE:
            self._escaped = True
            return
        self._packet.append({0xDC: _SLIP, 0xDD: _ESCAPE}.get(byte, byte) if self._escaped else byte)
        self._escaped = False
        if len(self._packet) > _LONGEST:
            self._packet = None

    def _handle(self, packet: bytes) -> bytes:
        if len(packet) < 8 or packet[0] != 0:
            return b""
        command, size, checksum = struct.unpack("<BHI", packet[1:8])
        body = packet[8 : 8 + size]
        if command == _SYNC:
            return self._answer(_SYNC, 0x20120707) * 8
        try:
            if command not in self._commands:
                raise RomError(_UNKNOWN)
            value, data = self._commands[command](body, checksum)
        except (RomError, struct.error, zlib.error) as error:
            return self._answer(command, error=error.code if isinstance(error, RomError) else _FAILED)
        answer = self._answer(command, value, data)
        if command == _MEM_END and not self._is_stub:
            self._is_stub = True
            answer += _STUB_GREETING
        return answer

    def _answer(self, command: int, value: int = 0, data: bytes = b"", error: int = 0) -> bytes:
        status_bytes = _STUB_STATUS_BYTES if self._is_stub else self._chip.status_bytes
        status = bytes([bool(error), error]) + bytes(status_bytes - 2)
        body = data + status
        packet = struct.pack("<BBHI", 1, command, len(body), value) + body
        return b"\xc0" + packet.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"

    @staticmethod
    def _agreed(body: bytes, checksum: int) -> tuple[int, bytes]:  # noqa: ARG004
        return 0, b""

    def _read_register(self, body: bytes, checksum: int) -> tuple[int, bytes]:  # noqa: ARG002
        (address,) = struct.unpack("<I", body[:4])
        if address == self._chip.spi:
            return 0, b""  # the SPI controller is never busy
        return self._registers.get(address, 0), b""

    def _write_register(self, body: bytes, checksum: int) -> tuple[int, bytes]:  # noqa: ARG002
        address, value = struct.unpack("<II", body[:8])
        self._registers[address] = value
        if address == self._chip.spi and value & _SPI_USER:
            asked = self._registers.get(self._chip.spi + self._chip.usr2, 0) & 0xFF
            self._registers[self._chip.spi + self._chip.w0] = self._flash_id() if asked == _READ_FLASH_ID else 0
        return 0, b""

    def _flash_id(self) -> int:
        """Maker 0x20 (XMC), device 0x40, and the size as a power of two."""
        return (len(self._flash).bit_length() - 1) << 16 | 0x4020

    def _begin(self, body: bytes, checksum: int) -> tuple[int, bytes]:  # noqa: ARG002
        size, _, self._block, self._start = struct.unpack("<IIII", body[:16])
        self._erase(self._start, size)
        return 0, b""

    def _begin_packed(self, body: bytes, checksum: int) -> tuple[int, bytes]:  # noqa: ARG002
        size, _, _, self._at = struct.unpack("<IIII", body[:16])
        self._erase(self._at, size)
        self._unpacker = zlib.decompressobj()
        return 0, b""

    def _erase(self, start: int, size: int) -> None:
        end = -(-(start + size) // SECTOR) * SECTOR
        if end > len(self._flash):
            raise RomError(_FAILED)
        self._flash[start:end] = b"\xff" * (end - start)

    def _data(self, body: bytes, checksum: int) -> tuple[int, bytes]:
        data, number = self._payload(body, checksum)
        self._program(self._start + number * self._block, data)
        return 0, b""

    def _data_packed(self, body: bytes, checksum: int) -> tuple[int, bytes]:
        packed, _ = self._payload(body, checksum)
        data = self._unpacker.decompress(packed)
        self._program(self._at, data)
        self._at += len(data)
        return 0, b""

    @staticmethod
    def _payload(body: bytes, checksum: int) -> tuple[bytes, int]:
        size, number = struct.unpack("<II", body[:8])
        data = body[16 : 16 + size]
        found = 0xEF
        for byte in data:
            found ^= byte
        if found != checksum & 0xFF:
            raise RomError(_BAD_CHECKSUM)
        return data, number

    def _program(self, at: int, data: bytes) -> None:
        if at + len(data) > len(self._flash):
            raise RomError(_FAILED)
        self._flash[at : at + len(data)] = data
        if self._bad and data:
            self._flash[at + len(data) // 2] ^= 0x10

    def _read_flash(self, body: bytes, checksum: int) -> tuple[int, bytes]:  # noqa: ARG002
        at, size = struct.unpack("<II", body[:8])
        return 0, bytes(self._flash[at : at + size]).ljust(64, b"\x00")

    def _md5(self, body: bytes, checksum: int) -> tuple[int, bytes]:  # noqa: ARG002
        at, size = struct.unpack("<II", body[:8])
        if self._chip.status_bytes == 2 and not self._is_stub:
            raise RomError(_UNKNOWN)  # an ESP8266's ROM cannot
        digest = hashlib.md5(self._flash[at : at + size], usedforsecurity=False)
        return 0, digest.digest() if self._is_stub else digest.hexdigest().encode()


def bootable(flash: bytes | bytearray, at: int) -> bool:
    """Whether an application image begins at `at` that the ROM would start: header, segments, checksum.

    Format: esptool documentation, "Firmware Image Format".
    """
    extended = 24 if at else 8  # an ESP8266 image, at 0, has the short header
    magic, segments = flash[at], flash[at + 1]
    if magic != 0xE9 or not 0 < segments <= 16:
        return False
    place, found = at + extended, 0xEF
    for _ in range(segments):
        _, size = struct.unpack_from("<II", flash, place)
        place += 8
        if place + size > len(flash):
            return False
        for byte in flash[place : place + size]:
            found ^= byte
        place += size
    stored = (place - at) // 16 * 16 + 15 + at  # the last byte of the next 16
    return stored < len(flash) and flash[stored] == found
