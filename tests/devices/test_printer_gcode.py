"""The host's side of G-code, against firmwares that answer in the ways that real ones do."""

import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from core_peers import Peer

from stemfleet.devices.families.gcode import Gcode, numbered
from stemfleet.devices.faults import BoardFault
from stemfleet.devices.line import Line
from stemfleet.devices.provision import provision
from stemfleet.devices.recipe import Recipe, find_recipe
from stemfleet.devices.record import BoardRecord
from stemfleet.devices.state import Slot
from stemfleet.words import Outcome, Reason

MARLIN_UUID = "cede2a2f-41a2-4748-9b12-c55c62f367ff"
M115 = (
    "FIRMWARE_NAME:Marlin 2.0.9.5 (Sep  8 2022 20:46:21) SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin "
    "PROTOCOL_VERSION:1.0 MACHINE_TYPE:3D Printer EXTRUDER_COUNT:1 UUID:{uuid}\nCap:SERIAL_XON_XOFF:0\nok\n"
)


@dataclass
class Firmware:
    """A printer's firmware at the far end: answers by order, lines counted and checked as Marlin does."""

    answers: dict[str, str] = field(default_factory=dict)
    greeting: str = "start\necho:Marlin 2.0.9.5\n"
    spoil: int | None = None  # number of the line that arrives damaged once
    heard: list[str] = field(default_factory=list)
    _last: int = 0
    _rest: str = ""
    _greeted: bool = False

    def __call__(self, data: bytes) -> bytes:
        said = "" if self._greeted else self.greeting
        self._greeted = True
        *lines, self._rest = (self._rest + data.decode()).split("\n")
        return (said + "".join(self._line(text) for text in lines if text)).encode()

    def _line(self, text: str) -> str:
        found = re.fullmatch(r"N(\d+) (.*)\*(\d+)", text)
        if found is None:
            self.heard.append(text)
            self._last = 0 if text.startswith("M110") else self._last
            return self.answers.get(text.split(maxsplit=1)[0], "ok\n")
        number, order = int(found[1]), found[2]
        if number == self.spoil:
            self.spoil = None
            return f"Error:checksum mismatch, Last Line: {self._last}\nResend: {self._last + 1}\nok\n"
        if number != self._last + 1:
            return (
                f"Error:Line Number is not Last Line Number+1, Last Line: {self._last}\nResend: {self._last + 1}\nok\n"
            )
        assert text == numbered(number, order)
        self._last = number
        self.heard.append(order)
        return self.answers.get(order.split()[0], "ok\n")


def conversation(firmware: Callable[[bytes], bytes], talk: Callable[[Gcode], object], **options: bytes) -> object:
    with Peer(firmware, **options) as peer, Line(peer.port) as line:
        gcode = Gcode(line)
        gcode.start(0.2)
        return talk(gcode)


def marlin(**answers: str) -> Firmware:
    return Firmware(
        {
            "M115": M115.format(uuid=MARLIN_UUID),
            "M105": "ok T:21.30 /0.00 B:21.10 /0.00 @:0 B@:0\n",
            "M119": "Reporting endstop status\nx_min: open\ny_min: open\nz_min: open\nok\n",
            **answers,
        }
    )


def recipe() -> Recipe:
    """The printer's recipe, impatient, and without a bootloader behind the firmware."""
    shipped = find_recipe("printer-mega")
    return replace(shipped, settings={"speed": 115200, "start_s": 0.2})


def checked(firmware: Callable[[bytes], bytes], **options: bytes) -> BoardRecord:
    with Peer(firmware, **options) as peer:
        return provision(Slot("A1", recipe(), peer.port), station="s", operator="o", flash=False).record


def test_lines_carry_their_number_and_the_exclusive_or_of_their_characters() -> None:
    assert numbered(1, "M105") == "N1 M105*38"


def test_a_line_asked_for_again_is_sent_again_and_done_once() -> None:
    firmware = Firmware(spoil=2)
    conversation(firmware, lambda gcode: [gcode.send("M105"), gcode.send("M119"), gcode.send("M107")])
    assert firmware.heard[-3:] == ["M105", "M119", "M107"]


def test_a_firmware_that_counts_from_elsewhere_is_followed() -> None:
    firmware = Firmware()

    def talk(gcode: Gcode) -> None:
        firmware._last = 41
        gcode.send("M105")
        gcode.send("M119")

    conversation(firmware, talk)
    assert firmware.heard[-2:] == ["M105", "M119"]
    assert firmware._last == 43


def test_a_firmware_that_never_accepts_a_line_is_unreadable() -> None:
    def stubborn(data: bytes) -> bytes:
        return b"ok\n" if b"M110" in data else b"Resend: 1\nok\n" * data.count(b"\n")

    with pytest.raises(BoardFault) as fault:
        conversation(stubborn, lambda gcode: gcode.send("M105"))
    assert fault.value.reason == Reason.UNREADABLE


def test_a_busy_printer_is_waited_for_beyond_the_time_of_an_answer() -> None:
    ready = threading.Event()
    asked: list[bytes] = []

    def homing(data: bytes) -> bytes:
        asked.append(data)
        if b"G28" not in data:
            return b"ok\n"
        threading.Timer(1.2, ready.set).start()
        return b"echo:busy: processing\n"

    class Busy(Peer):
        def _play(self) -> None:
            self._chatter = b""
            super()._play()

    with Busy(homing) as peer, Line(peer.port) as line:
        gcode = Gcode(line)
        gcode.start(0.1)
        keeping = threading.Thread(target=_keep_busy, args=(peer, ready))
        keeping.start()
        assert gcode.send("G28", timeout=0.8) == ["ok"]
        keeping.join()
    assert sum(data.count(b"G28") for data in asked) == 1


def test_a_printer_that_homes_without_a_word_is_not_asked_again() -> None:
    """It would refuse the second copy by its number, at once, and that would look like the end of the first."""
    asked: list[bytes] = []

    def homing(data: bytes) -> bytes:
        asked.append(data)
        if b"G28" not in data:
            return b"ok\n"
        threading.Timer(0.9, lambda: os.write(peer._near, b"ok\n")).start()
        return b""

    with Peer(homing) as peer, Line(peer.port) as line:
        gcode = Gcode(line)
        gcode.start(0.1)
        assert gcode.send("G28", timeout=0.4, limit=5.0) == ["ok"]
    assert sum(data.count(b"G28") for data in asked) == 1


def _keep_busy(peer: Peer, ready: threading.Event) -> None:
    while not ready.wait(0.2):
        os.write(peer._near, b"echo:busy: processing\n")
    os.write(peer._near, b"ok\n")


@pytest.mark.parametrize(
    "answer",
    [
        "ok T:21.30 /0.00 B:20.10 /0.00 @:0 B@:0\n",
        "ok T:21.30/ 0.00 B:20.10/ 0.00 @:64\n",
        "ok T:21.30 /0.00 B:20.10 /0.00 T0:21.30 /0.00 @:0 B@:0 @0:0\n",
        "T:21.30 /0.00 B:20.10 /0.00 @:0 B@:0\nok\n",
        "ok\nT:21.30 /0.00 B:20.10 /0.00\n",
    ],
)
def test_every_form_of_temperature_report_is_understood(answer: str) -> None:
    record = checked(marlin(M105=answer))
    told = {row.name: row.value for row in record.measurements}
    assert (told["hotend"], told["bed"]) == (21.3, 20.1)
    assert record.outcome is Outcome.PASS


def test_a_marlin_is_known_by_its_name_and_version_but_not_by_the_uuid_that_all_marlins_share() -> None:
    record = checked(marlin())
    assert (record.firmware.name, record.firmware.version) == ("Marlin 2.0.9.5 (Sep  8 2022 20:46:21)", "2.0.9.5")
    assert record.board_id is None


def test_a_uuid_of_its_own_is_the_printers_identity() -> None:
    own = "6b2d1f0e-7a55-4a0e-9f0c-2a4dfb1e8c11"
    assert checked(marlin(M115=M115.format(uuid=own))).board_id == own


def test_a_marlin_that_stopped_itself_because_of_a_sensor_fails_by_that_sensor() -> None:
    stopped = "Error:MAXTEMP triggered, system stopped! Heater_ID: bed\nError:Printer halted. kill() called!\n"

    def killed(data: bytes) -> bytes:
        return stopped.encode() if b"M105" in data else b"ok\n"

    record = checked(killed)
    assert (record.outcome, record.reason) == (Outcome.FAIL, "measurement:bed")


@pytest.mark.parametrize("before", ["", "Reporting endst"])
def test_a_printer_that_restarts_in_the_middle_is_no_pass(before: str) -> None:
    record = checked(marlin(M119=f"{before}start\necho:Marlin 2.0.9.5\n"))
    assert (record.outcome, record.reason) == (Outcome.ERROR, Reason.RESTARTED)


def test_garbage_without_end_is_unreadable() -> None:
    record = checked(lambda heard: b"", chatter=bytes(range(128, 256)) * 8)
    assert (record.outcome, record.reason) == (Outcome.ERROR, Reason.UNREADABLE)


def test_a_printer_without_a_heated_bed_passes_without_one() -> None:
    record = checked(marlin(M105="ok T:21.30 /0.00 @:0\n"))
    assert record.outcome is Outcome.PASS
    assert "bed" not in {row.name for row in record.measurements}


def test_a_missing_hot_end_is_an_error_and_never_a_pass() -> None:
    record = checked(marlin(M105="ok B:21.30 /0.00 @:0\n"))
    assert (record.outcome, record.reason) == (Outcome.ERROR, Reason.UNREADABLE)


@pytest.mark.parametrize("broken", [{}, {"M119": "Reporting endstop status\nx_min: TRIGGERED\nok\n"}])
def test_whatever_was_found_the_printer_is_told_to_switch_off(broken: dict[str, str]) -> None:
    firmware = marlin(**broken)
    checked(firmware)
    assert firmware.heard[-6:] == ["M108", "M104 S0", "M140 S0", "M107", "M84", "M105"]
