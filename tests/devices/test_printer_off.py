"""The way off: a printer's heaters and motors, when it answers, when it is busy, and when nobody else is left."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from core_peers import processes_with, until
from marlin_peers import DIALECTS, MARLIN_2_1, Marlin, Printer
from test_printer_dialects import log_of, recipe

from stemfleet.devices.families.printer_guard import Guard
from stemfleet.devices.families.printer_off import switch_off
from stemfleet.devices.line import Line
from stemfleet.devices.provision import provision
from stemfleet.devices.record import Provisioned
from stemfleet.devices.state import Slot
from stemfleet.words import Outcome, Reason


def off(firmware: Marlin, *, patience: float = 0.5, before: str = "", resets: bool = False) -> str:
    """Switches a printer off, after an order that it is still busy with."""
    with Printer(firmware, resets=resets) as printer, Line(printer.port) as line:
        line.write(before)
        until(lambda: not before or firmware.heard)
        return switch_off(line.serial, patience=patience)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_printer_that_answers_is_off_when_its_own_report_says_so(dialect: str) -> None:
    firmware = Marlin(DIALECTS[dialect], hot=50.0, target=50.0)
    assert "every target is 0" in off(firmware)
    assert firmware.target == 0.0
    assert firmware.heard == ["M108", "M104 S0", "M140 S0", "M107", "M84", "M105"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_heater_that_a_printer_reports_is_off_whichever_tool_is_active(dialect: str) -> None:
    firmware = Marlin(
        DIALECTS[dialect], target=50.0, active="T1", others={"T1": 60.0, "T2": 40.0, "B": 55.0, "C": 45.0}
    )
    assert "every target is 0" in off(firmware)
    assert (firmware.target, firmware.others) == (0.0, {"T1": 0.0, "T2": 0.0, "B": 0.0, "C": 0.0})
    assert "M104 T2 S0" in firmware.heard


def test_a_heater_of_another_tool_that_cannot_be_switched_off_is_not_said_to_be_off() -> None:
    stuck = replace(MARLIN_2_1, prompt="", temperatures=" T:20.00 /0.00 T0:20.00 /0.00 T1:50.00 /50.00 B:21.00 /0.00")
    assert off(Marlin(stuck)) == ""


def test_a_firmware_that_tells_no_targets_is_believed_by_its_answers_and_that_is_said() -> None:
    plain = replace(MARLIN_2_1, prompt="", temperatures=" T0:20.0 T1:20.0 B:21.0")
    firmware = Marlin(plain, active="T1", target=50.0)
    assert "it tells no targets" in off(firmware)
    assert firmware.target == 0.0
    assert "M104 T1 S0" in firmware.heard


def test_a_printer_whose_target_does_not_become_0_is_not_off() -> None:
    stuck = replace(MARLIN_2_1, prompt="", temperatures=" T:50.00 /50.00 B:21.00 /0.00 @:127 B@:0")
    assert off(Marlin(stuck)) == ""


def test_a_wait_for_a_temperature_is_ended() -> None:
    firmware = Marlin(hot=40.0, target=200.0, rate=1.0, blocks={"M109": 60.0})
    assert "every target is 0" in off(firmware, before="M109 S200\n")
    assert firmware.target == 0.0


def test_a_printer_that_is_busy_gets_the_emergency_stop_though_its_queue_fills() -> None:
    firmware = Marlin(target=50.0, blocks={"G28": 60.0})
    assert "M112" in off(firmware, before="G28\n")
    assert firmware.halted
    assert firmware.target == 0.0


def test_a_printer_that_reads_nothing_any_more_is_not_said_to_be_off() -> None:
    firmware = Marlin(target=50.0, halted=True)
    assert off(firmware, patience=0.2) == ""


def test_a_printer_that_starts_anew_is_off_by_that_and_gets_no_emergency_stop() -> None:
    firmware = Marlin(setup=60.0, target=50.0)
    assert "started anew" in off(firmware, patience=0.3, resets=True)
    assert firmware.target == 0.0
    assert b"M112" not in firmware._rx


def test_a_printer_that_we_could_not_have_heated_or_moved_is_asked_but_not_halted() -> None:
    firmware = Marlin(blocks={"G28": 60.0})
    with Printer(firmware, resets=False) as printer, Line(printer.port) as line:
        line.write("G28\n")
        until(lambda: firmware.heard)
        assert switch_off(line.serial, patience=0.3, may_stop=False) == ""
    assert not firmware.halted


def test_half_a_line_that_was_under_way_takes_nothing_with_it() -> None:
    """Marlin throws away all that has come when it refuses a line."""
    firmware = Marlin(target=50.0)
    with Printer(firmware, resets=False) as printer, Line(printer.port) as line:
        line.write("N7 M10")
        assert "every target is 0" in switch_off(line.serial, patience=0.5)
    assert firmware.target == 0.0


def test_stopping_in_the_middle_of_homing_stops_the_motors() -> None:
    firmware, stop, results = Marlin(blocks={"G28": 60.0}), threading.Event(), list[Provisioned]()
    with Printer(firmware) as printer:

        def work() -> None:
            slot = Slot("A1", recipe({"homing": {"seconds": 60}}), printer.port)
            results.append(provision(slot, station="s", operator="o", flash=False, stop=stop))

        job = threading.Thread(target=work)
        job.start()
        until(lambda: "G28" in firmware.heard)
        stop.set()
        job.join()
    assert (results[0].record.outcome, results[0].record.reason) == (Outcome.ABORTED, Reason.STOPPED)
    assert firmware.halted
    assert "emergency stop" in log_of(results[0], "make_safe.log")


def test_a_guard_stops_a_printer_that_is_busy_and_not_reset_by_opening_its_port() -> None:
    firmware = Marlin(target=50.0, blocks={"G28": 60.0})
    with Printer(firmware, resets=False) as printer:
        with Line(printer.port) as line:
            line.write("G28\n")
            until(lambda: firmware.heard)
        guard = Guard(printer.port, 115200)
        assert guard.watches()
        guard.leave()
        until(lambda: firmware.halted)
        assert guard.wait(10)
    assert firmware.target == 0.0


RECIPE = """
name = "slow-marlin"
title = "Slow Marlin"
family = "printer"
test_version = "1"

[firmware]
name = "Marlin"
version = "2.1"
open = true

[settings]
start_s = 0.5
card = { file = "firmware.bin" }
warm_up = { target = 50, seconds = 60 }

[[phases]]
name = "identify"
timeout_s = 40

[[phases]]
name = "check"
timeout_s = 120
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_program_that_is_ended_in_a_warm_up_leaves_no_heater_on(tmp_path: Path, number: signal.Signals) -> None:
    """Opening this port resets nothing: what switches off is what is said. SIGKILL goes to the whole process group."""
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "slow-marlin.toml").write_text(RECIPE)
    firmware = Marlin(rate=0.1)
    with Printer(firmware, resets=False) as printer:
        command = ["-m", "stemfleet", "--data", str(tmp_path), "check", printer.port, "--recipe", "slow-marlin"]
        with subprocess.Popen(
            [sys.executable, *command], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as program:
            until(lambda: firmware.target == 50.0, 20)
            if number is signal.SIGKILL:
                os.killpg(program.pid, number)
            else:
                program.send_signal(number)
            program.wait(10)
        until(lambda: firmware.target == 0.0 and firmware.heard[-1] == "M105")
        until(lambda: not processes_with(printer.port))
    assert firmware.heard[-4:] == ["M140 S0", "M107", "M84", "M105"]


def test_a_guard_outlives_what_asks_a_whole_service_to_end() -> None:
    with Printer(Marlin()) as printer:
        guard = Guard(printer.port, 115200)
        process = guard._process.pid

        def ignores() -> bool:
            (mask,) = re.findall(r"SigIgn:\s*(\w+)", Path(f"/proc/{process}/status").read_text())
            return bool(int(mask, 16) >> (signal.SIGTERM - 1) & 1)

        until(ignores)
        os.kill(process, signal.SIGTERM)
        assert guard.watches()
        guard.end()
        assert guard.wait(0)


def test_nothing_is_heated_when_the_guard_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked at right before the heater is switched on."""
    monkeypatch.setattr("stemfleet.devices.families.printer_guard.sys.executable", "/bin/true")
    firmware = Marlin()
    with Printer(firmware) as printer:
        plan = recipe({"fan": {"seconds": 0.3}, "warm_up": {"target": 50, "seconds": 5}})
        record = provision(Slot("A1", plan, printer.port), station="s", operator="o", flash=False).record
    assert record.outcome is Outcome.ERROR
    assert "M104 S50" not in firmware.heard


def test_a_printer_behind_an_address_has_a_guard_too() -> None:
    firmware = Marlin(target=50.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        guard = Guard(f"socket://127.0.0.1:{server.getsockname()[1]}", 115200)
        guard.leave()
        far, _ = server.accept()
        with far:
            far.settimeout(0.01)
            while not guard.wait(0):
                with contextlib.suppress(TimeoutError):
                    far.sendall(firmware.tick(far.recv(4096)))
                far.sendall(firmware.tick(b""))
    assert firmware.target == 0.0
