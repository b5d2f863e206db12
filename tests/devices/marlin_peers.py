"""A printer's firmware at the far end of a line, with the habits of real ones: what they print, and how they read.

Each dialect holds what the firmware of that name prints (its sources were read for it, nothing is copied from them):
the words of its start, its reports, its errors, and where releases differ, whether an `ok` follows a `Resend`.
All share Marlin's way to read: bytes wait in a buffer of 128, lines in a queue of four with the one that is worked on
among them, nothing is read while that is full, and M108 and M112 are heeded on arrival only when they carry no number.
"""

import os
import re
import select
import time
from dataclasses import dataclass, field

from core_peers import Peer

from stemfleet.devices.families.gcode import numbered

RX_BUFFER = 128
QUEUE = 4
BOOTLOADER_S = 0.05
UUID = "cede2a2f-41a2-4748-9b12-c55c62f367ff"


@dataclass(frozen=True)
class Dialect:
    """What one firmware prints. `temperatures`, `heating_failed`: with the values to be filled in."""

    banner: str
    m115: str
    temperatures: str
    settings: str
    endstops: str
    unknown: str
    homing_failed: str
    heating_failed: str
    resend: str = "Resend: {number}\nok\n"
    ok: str = "ok"
    prompt: str = ""  # said before every answer, as reports and actions come when they like


ENDSTOPS = "Reporting endstop status\nx_min: open\ny_min: open\nz_min: open\n"
KILLED = "Error:Printer halted. kill() called!\n"

MARLIN_1_1 = Dialect(
    banner="start\necho:Marlin 1.1.9\n\necho: Last Updated: 2018-07-31 | Author: (none, default config)\n"
    "echo:Compiled: Oct  2 2018\necho: Free Memory: 3813  PlannerBufferBytes: 1168\n"
    "echo:Hardcoded Default Settings Loaded\necho:  G21    ; Units in mm\n\necho:SD init fail\n",
    m115="FIRMWARE_NAME:Marlin 1.1.9 (Github) SOURCE_CODE_URL:https://github.com/MarlinFirmware/Marlin "
    f"PROTOCOL_VERSION:1.0 MACHINE_TYPE:3D Printer EXTRUDER_COUNT:1 UUID:{UUID}\n"
    "Cap:SERIAL_XON_XOFF:0\nCap:EEPROM:0\nCap:AUTOREPORT_TEMP:1\nCap:THERMAL_PROTECTION:1\n",
    temperatures=" T:{hot:.2f} /{target:.2f} B:{bed:.2f} /{bed_target:.2f} @:0 B@:0",
    settings="echo:  G21    ; Units in mm\n\necho:Filament settings: Disabled\necho:  M200 D3.00\necho:  M200 D0\n"
    "echo:Steps per unit:\necho:  M92 X80.00 Y80.00 Z400.00 E500.00\n"
    "echo:Maximum feedrates (units/s):\necho:  M203 X300.00 Y300.00 Z5.00 E25.00\n"
    "echo:PID settings:\necho:  M301 P22.20 I1.08 D114.00\n",
    endstops=ENDSTOPS,
    unknown='echo:Unknown command: "{order}"\n',
    homing_failed=KILLED,
    heating_failed="Error:Heating failed, system stopped! Heater_ID: 0\n" + KILLED,
)
MARLIN_2_0_8 = Dialect(
    banner="start\nPowerUp\nMarlin 2.0.8\n\necho: Last Updated: 2021-05-15 | Author: (none, default config)\n"
    "echo:Compiled: May 20 2021\necho: Free Memory: 3571  PlannerBufferBytes: 1216\necho:EEPROM Initialized\n",
    m115="FIRMWARE_NAME:Marlin 2.0.8 (May 20 2021 10:00:00) SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin "
    f"PROTOCOL_VERSION:1.0 MACHINE_TYPE:Ender-3 V2 EXTRUDER_COUNT:1 UUID:{UUID}\nCap:THERMAL_PROTECTION:1\n",
    temperatures=" T:{hot:.2f} /{target:.2f} B:{bed:.2f} /{bed_target:.2f} T0:{hot:.2f} /{target:.2f} @:0 B@:0 @0:0",
    settings="echo:; Steps per unit:\necho: M92 X80.00 Y80.00 Z400.00 E500.00\necho:; Hotend PID:\n"
    "echo:  M301 P22.20 I1.08 D114.00\n",
    endstops=ENDSTOPS + "filament: TRIGGERED\n",
    unknown='echo:Unknown command: "{order}"\n',
    homing_failed="echo:Homing Failed\n" + KILLED,
    heating_failed="Error:Heating failed, system stopped! Heater_ID: E0\necho:Heating Failed\n" + KILLED,
    resend="Resend: {number}\n",
)
MARLIN_2_1 = Dialect(
    banner="start\n External Reset\nMarlin 2.1.2.4\n\necho: Last Updated: 2024-07-10 | Author: (none, default config)\n"
    "echo: Compiled: Jul 20 2024\necho: Free Memory: 3571  PlannerBufferBytes: 1216\n"
    "Error:EEPROM CRC mismatch - (stored) 0 != 48357 (calculated)!\necho:Hardcoded Default Settings Loaded\n"
    "//action:prompt_end\n",
    m115="FIRMWARE_NAME:Marlin 2.1.2.4 (Jul 20 2024 12:00:00) SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin "
    f"PROTOCOL_VERSION:1.0 MACHINE_TYPE:3D Printer EXTRUDER_COUNT:1 UUID:{UUID}\nCap:SERIAL_XON_XOFF:0\nCap:EEPROM:1\n"
    "Cap:EMERGENCY_PARSER:0\nCap:THERMAL_PROTECTION:1\n"
    "area:{full:{min:{x:0.0000,y:0.0000,z:0.0000},max:{x:200.0000,y:200.0000,z:200.0000}}}\n",
    temperatures=" T:{hot:.2f} /{target:.2f} B:{bed:.2f} /{bed_target:.2f} @:0 B@:0",
    settings="echo:; Linear Units:\necho:  G21 ; (mm)\necho:; Temperature Units:\necho:  M149 C ; Units in Celsius\n"
    "echo:; Steps per unit:\necho:  M92 X80.00 Y80.00 Z400.00 E500.00\necho:; Max feedrates (units/s):\n"
    "echo:  M203 X300.00 Y300.00 Z5.00 E25.00\necho:; Hotend PID:\necho:  M301 P22.20 I1.08 D114.00\n",
    endstops=ENDSTOPS + "filament: TRIGGERED\nfilament 2: open\n",
    unknown='echo:Unknown command: "{order}"\n',
    homing_failed="echo:Αποτυχία επαναφοράς\n" + KILLED,
    heating_failed="Error:Heating failed, system stopped! Heater_ID: E0\n\necho:Heating Failed\n" + KILLED,
    ok="ok N7 P15 B3",
    prompt="//action:notification Ready\n T:21.30 /0.00 B:21.10 /0.00 @:0 B@:0\n",
)
PRUSA = Dialect(
    banner="start\nstart\necho: 3.14.1-8237\necho: Last Updated: Jan 11 2025 | Author: (none, default config)\n"
    "echo: Free Memory: 2301  PlannerBufferBytes: 1760\necho:Stored settings retrieved\nadc_init\nSD card ok\n",
    m115="FIRMWARE_NAME:Prusa-Firmware 3.14.1+8237_abcdef0 based on Marlin "
    "FIRMWARE_URL:https://github.com/prusa3d/Prusa-Firmware PROTOCOL_VERSION:1.0 MACHINE_TYPE:Prusa i3 MK3S "
    "EXTRUDER_COUNT:1 UUID:00000000-0000-0000-0000-000000000000\nCap:AUTOREPORT_TEMP:1\nCap:PRUSA_MMU2:1\n",
    temperatures=" T:{hot:.1f} /{target:.1f} B:{bed:.1f} /{bed_target:.1f} T0:{hot:.1f} /{target:.1f} "
    "@:0 B@:0 P:0.0 A:28.3",
    settings="echo:Steps per unit:\necho:  M92 X80.00 Y80.00 Z400.00 E500.00\necho:Maximum feedrates (mm/s):\n"
    "echo:  M203 X200.00 Y200.00 Z12.00 E120.00\n",
    endstops="Reporting endstop status\nx_min: open\nx_max: open\ny_min: open\ny_max: open\nz_min: open\nz_max: open\n",
    unknown="Unknown M code: {order}\n",
    homing_failed="echo:Homing failed\n" + KILLED,
    heating_failed="Error: THERMAL RUNAWAY (PREHEAT HOTEND)\n",
)
DIALECTS = {"marlin-1.1": MARLIN_1_1, "marlin-2.0.8": MARLIN_2_0_8, "marlin-2.1": MARLIN_2_1, "prusa": PRUSA}


@dataclass
class Marlin:
    """The firmware, from its reset on. Times in seconds; `blocks`: an order, and how long it keeps the printer busy."""

    dialect: Dialect = MARLIN_2_1
    setup: float = 0.0  # from `start` to the first line that is read
    blocks: dict[str, float] = field(default_factory=dict)
    busy_every: float = 0.1  # real ones: 2
    stops_at: str = ""  # the order at which it stops itself,
    stops_with: str = ""  # with these words
    spoil: int | None = None  # number of the line that arrives damaged once
    hot: float = 21.3
    bed: float = 21.1
    target: float = 0.0
    rate: float = 60.0  # degrees a second of its hot end
    settles: float = 0.0  # degrees below the target at which its regulator stops
    active: str = "T0"  # the tool that M104 without a number reaches
    others: dict[str, float] = field(default_factory=dict)  # targets of its further heaters: "T1", "B" (bed), "C"
    goes_on_heating: bool = False  # whatever the target is: a heater that cannot be switched off
    heard: list[str] = field(default_factory=list)
    halted: bool = False
    _starts_at: float = 0.0
    _greeted: bool = True
    _rx: bytearray = field(default_factory=bytearray)
    _queue: list[str] = field(default_factory=list)
    _ends: float = 0.0
    _busy_at: float = 0.0
    _last: int = 0
    _said: str = ""
    _ticked: float = 0.0

    def reset(self) -> None:
        """As when its port is opened."""
        self._starts_at, self._greeted = time.monotonic() + BOOTLOADER_S, False
        self.halted, self._last, self._ends = False, 0, 0.0
        self._all_off()
        self._rx.clear()
        self._queue.clear()

    def tick(self, data: bytes) -> bytes:
        """Takes in what has come, goes on with what it does, and gives what it says."""
        now = time.monotonic()
        self._warm(now)
        if not self._greeted and now >= self._starts_at:
            self._greeted, self._said = True, self.dialect.banner
        if self._greeted:
            self._rx += data[: RX_BUFFER - len(self._rx)]
        if not self.halted and now >= self._starts_at + self.setup:
            self._read()
            self._work(now)
        said, self._said = self._said, ""
        return said.encode()

    def _warm(self, now: float) -> None:
        passed, self._ticked = now - (self._ticked or now), now
        if (self.goes_on_heating and self.target) or self.hot < self.target - self.settles:
            self.hot += self.rate * passed
        elif self.hot > max(self.target, 21.3):
            self.hot = max(self.target, 21.3, self.hot - self.rate * passed)

    def _read(self) -> None:
        while len(self._queue) < QUEUE and not self.halted and (end := self._rx.find(b"\n")) >= 0:
            text = self._rx[:end].decode().strip()
            del self._rx[: end + 1]
            if text:
                self._line(text)

    def _line(self, text: str) -> None:
        found = re.fullmatch(r"N(\d+) (.*)\*\d+", text)
        if found is None:
            self._arrived(text)
            return
        number, order = int(found[1]), found[2]
        if number == self.spoil or text != numbered(number, order):
            self.spoil = None
            self._refuse("checksum mismatch")
        elif number != self._last + 1:
            self._refuse("Line Number is not Last Line Number+1")
        else:
            self._last = number
            self.heard.append(order)
            self._queue.append(order)

    def _refuse(self, why: str) -> None:
        self._rx.clear()
        self._said += f"Error:{why}, Last Line: {self._last}\n" + self.dialect.resend.format(number=self._last + 1)

    def _arrived(self, order: str) -> None:
        self.heard.append(order)
        if order == "M112":
            self._halt(KILLED)
        elif order == "M108" and self._queue and self._queue[0].startswith(("M109", "M190")):
            self._ends = min(self._ends, time.monotonic())
        if not self.halted:
            self._queue.append(order)

    def _halt(self, words: str) -> None:
        self.halted = "kill()" in words
        self._all_off()
        self._said += words
        self._queue.clear()

    def _all_off(self) -> None:
        self.target, self.others = 0.0, dict.fromkeys(self.others, 0.0)

    def _work(self, now: float) -> None:
        while self._queue and not self.halted:
            order = self._queue[0]
            if not self._ends:
                self._ends, self._busy_at = now + self.blocks.get(order.split()[0], 0.0), now
            if now < self._ends:
                if now >= self._busy_at + self.busy_every:
                    self._busy_at = now
                    self._said += "echo:busy: processing\n"
                return
            self._ends = 0.0
            del self._queue[0]
            if self.stops_at and order.startswith(self.stops_at):
                self._halt(self.stops_with)
                return
            self._answer(order)

    def _answer(self, order: str) -> None:
        name, value = order.split(maxsplit=1)[0], re.search(r"S(\d+)", order)
        said = self.dialect.prompt
        done = self.dialect.ok
        if name == "M105":
            done += self._temperatures()
        elif name in REPORTS:
            said += getattr(self.dialect, REPORTS[name])
        elif name in HEATERS and value:
            tool = re.search(r"T\d", order)
            self._heat(HEATERS[name] or (tool[0] if tool else self.active), float(value[1]))
        elif name == "M110":
            self._last = int(order.rsplit("N", maxsplit=1)[-1])
        elif name not in KNOWN:
            said += self.dialect.unknown.format(order=order)
        self._said += f"{said}{done}\n"

    def _temperatures(self) -> str:
        """Several tools: each by its number, after the active one."""
        bed_target = self.others.get("B", 0.0)
        told = self.dialect.temperatures.format(hot=self.hot, bed=self.bed, target=self.target, bed_target=bed_target)
        further = {name: target for name, target in self.others.items() if name != "B"}
        if not further:
            return told
        return told + "".join(f" {name}:21.00 /{to:.2f}" for name, to in {"T0": self.target, **further}.items())

    def _heat(self, heater: str, target: float) -> None:
        if heater == "T0":
            self.target = target
        elif heater in self.others:
            self.others[heater] = target


HEATERS = {"M104": "", "M140": "B", "M141": "C"}  # "": the tool that is named, or the active one
REPORTS = {"M115": "m115", "M119": "endstops", "M503": "settings"}
KNOWN = {"M104", "M140", "M141", "M106", "M107", "M84", "M108", "M110", "M400", "G28", "G1", "G90", "G91"}


class Printer(Peer):
    """A printer on a line. `resets`: every opening of its port starts it anew; else it has been running."""

    def __init__(self, firmware: Marlin, *, resets: bool = True) -> None:
        self.firmware, self._resets = firmware, resets
        super().__init__(firmware.tick)

    def _play(self) -> None:
        os.close(self._far)  # so that this end sees when somebody opens the other
        self._far, opened, line = -1, False, select.poll()
        line.register(self._near, select.POLLIN)
        while not self._end.wait(0.005):
            events = dict(line.poll(0)).get(self._near, 0)
            if events & select.POLLHUP:
                opened = False
            elif not opened:
                opened = True
                if self._resets:
                    self.firmware.reset()
            heard = os.read(self._near, 4096) if events & select.POLLIN else b""
            if said := self._talks(heard):
                os.write(self._near, said)
