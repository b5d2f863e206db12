"""What a recipe may ask of a printer besides sensors and endstops, in the words that real firmwares answer with."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from core_peers import Peer, until
from test_printer_gcode import M115, MARLIN_UUID, Firmware, marlin, recipe

from stemfleet.devices.families.avrdude import image_bytes
from stemfleet.devices.families.images import check_image
from stemfleet.devices.families.printer_guard import Guard
from stemfleet.devices.families.printer_reports import settings_in
from stemfleet.devices.faults import BoardError
from stemfleet.devices.provision import provision
from stemfleet.devices.recipe import Limit, Recipe, find_recipe, load_recipes, read_recipe
from stemfleet.devices.record import BoardRecord
from stemfleet.devices.state import Slot, SlotState, Status
from stemfleet.errors import InputError
from stemfleet.resources import resource
from stemfleet.words import Outcome, Reason

# As Marlin 2.0.9.5 and Prusa-Firmware 3 print it.
M503_MARLIN = """echo:; Linear Units:
echo:  G21 ; (mm)
echo:; Steps per unit:
echo: M92 X80.00 Y80.00 Z400.00 E500.00
echo:; Max feedrates (units/s):
echo:  M203 X300.00 Y300.00 Z5.00 E25.00
echo:; Hotend PID:
echo:  M301 P22.20 I1.08 D114.00
ok
"""
M503_PRUSA = "echo:Steps per unit:\necho:  M92 X100.00 Y100.00 Z400.00 E280.00\nok\n"


def asked(recipe_settings: dict[str, Any], *checks: Limit) -> Recipe:
    found = recipe()
    return replace(found, settings=found.settings | recipe_settings, checks=(*found.checks, *checks))


def done(firmware: Firmware, wanted: Recipe) -> BoardRecord:
    with Peer(firmware) as peer:
        return provision(Slot("A1", wanted, peer.port), station="s", operator="o", flash=False).record


def values(record: BoardRecord) -> dict[str, Any]:
    return {row.name: row.value for row in record.measurements}


def with_profile(name: str) -> Recipe:
    limits = [limit for limit in find_recipe(name).checks if limit.name.startswith("M92")]
    return asked({"profile": "any"}, *limits)


def test_settings_are_read_in_the_forms_that_firmwares_print_them() -> None:
    told = settings_in(M503_MARLIN.splitlines())
    assert {name: told[name] for name in ("M92_Z", "M203_E", "M301_P")} == {
        "M92_Z": 400.0,
        "M203_E": 25.0,
        "M301_P": 22.2,
    }
    assert settings_in(M503_PRUSA.splitlines())["M92_E"] == 280.0


def test_a_printer_with_the_settings_of_its_profile_passes() -> None:
    record = done(marlin(M503=M503_MARLIN), with_profile("printer-marlin-ramps"))
    assert record.outcome is Outcome.PASS
    assert values(record)["M92_E"] == 500.0


def test_a_printer_set_up_for_another_machine_fails_by_the_setting() -> None:
    record = done(marlin(M503=M503_PRUSA), with_profile("printer-marlin-ramps"))
    assert (record.outcome, record.reason) == (Outcome.FAIL, "measurement:M92_X")


def test_every_shipped_printer_has_a_profile_and_is_told_how_it_is_flashed() -> None:
    names = ("printer-marlin-ramps", "printer-prusa-mk3s", "printer-ender3-v2")
    for name in names:
        found = load_recipes()[name]
        assert {"M92_X", "M92_Y", "M92_Z", "M92_E"} <= {limit.name for limit in found.checks}
        assert ("card" in found.settings) != ("programmer" in found.settings)


def test_an_image_as_prusa_gives_it_is_taken_with_its_remark_and_the_second_image_behind(tmp_path: Path) -> None:
    """avrdude skips the one and ends before the other: PrusaSlicer writes that to another chip."""
    program = resource("firmware", "printer", "printer-atmega2560.hex")
    image = tmp_path / "prusa.hex"
    image.write_text(f"; device = mk3s\n\n{program.read_text()}:04000000FFFFFFFF00\n:00000001FF\n")
    check_image(find_recipe("printer-prusa-mk3s"), image)
    assert image_bytes(image) == image_bytes(program)
    image.write_text(f"; device = mk3s\n{program.read_text()[:-20]}")
    with pytest.raises(BoardError, match=r"cut off|no record"):
        check_image(find_recipe("printer-prusa-mk3s"), image)


def test_a_profile_that_is_nowhere_is_named_with_those_there_are(tmp_path: Path) -> None:
    text = (find_recipe("printer-marlin-ramps").path or tmp_path).read_text()
    (tmp_path / "mine.toml").write_text(text.replace('"marlin-ramps"', '"mine"'))
    with pytest.raises(InputError, match=r"profiles/mine\.toml.*anet-a8, creality-ender3"):
        read_recipe(tmp_path / "mine.toml")


def test_a_fan_that_the_firmware_does_not_know_is_refused() -> None:
    plan = asked({"fan": {"seconds": 0}}, Limit("fan", low="taken", high="taken"))
    assert done(marlin(), plan).outcome is Outcome.PASS
    record = done(marlin(M106='echo:Unknown command: "M106 S255"\nok\n'), plan)
    assert (record.outcome, record.reason) == (Outcome.FAIL, "measurement:fan")


HOMING = Limit("homing", low="done", high="done")


def test_after_homing_the_carriage_leaves_its_switches_before_they_are_looked_at() -> None:
    firmware = marlin()
    record = done(firmware, asked({"homing": {"seconds": 5}}, HOMING))
    assert record.outcome is Outcome.PASS
    at = firmware.heard.index("G28")
    assert firmware.heard[at : at + 6] == ["G28", "G91", "G1 X5 Y5 Z5 F600", "G90", "M400", "M119"]


def test_a_printer_that_does_not_find_home_fails_by_name_and_moves_no_more() -> None:
    firmware = marlin(G28="Error:Homing Failed\nError:Printer halted. kill() called!\n")
    record = done(firmware, asked({"homing": {"seconds": 5}}, HOMING))
    assert (record.outcome, record.reason) == (Outcome.FAIL, "measurement:homing")
    assert "G91" not in firmware.heard


def test_a_printer_that_goes_on_homing_beyond_its_time_fails_by_name() -> None:
    firmware = marlin(G28="echo:busy: processing\n" * 3)
    ended = threading.Event()

    def keep_busy(peer: Peer) -> None:
        import os

        until(lambda: "G28" in firmware.heard)
        while not ended.wait(0.2):
            os.write(peer._near, b"echo:busy: processing\n")

    with Peer(firmware) as peer:
        job = threading.Thread(target=keep_busy, args=(peer,))
        job.start()
        plan = asked({"homing": {"seconds": 0.7}}, HOMING)
        record = provision(Slot("A1", plan, peer.port), station="s", operator="o", flash=False).record
        ended.set()
        job.join()
    assert (record.outcome, record.reason) == (Outcome.FAIL, "measurement:homing")


def by_card(folder: Path, version: str) -> Recipe:
    found = find_recipe("printer-ender3-v2")
    (folder / "image.bin").write_bytes(b"image")
    firmware = replace(found.firmware, version=version, file=folder / "image.bin", sha256=None)
    plans = tuple(plan for plan in found.phases if plan.name in {"flash", "verify"})
    return replace(
        found, firmware=firmware, phases=plans, settings={"card": {"file": "firmware-1.bin"}, "start_s": 0.1}
    )


def test_a_printer_that_takes_its_firmware_from_a_card_is_waited_for_until_it_has_the_version(tmp_path: Path) -> None:
    told: list[SlotState] = []
    old = M115.format(uuid=MARLIN_UUID)
    firmware = marlin()

    def notice(state: SlotState) -> None:
        told.append(state)
        if state.phase == "flash" and state.detail:
            firmware.answers["M115"] = old.replace("2.0.9.5", "2.1.2")

    with Peer(firmware) as peer:
        slot = Slot("A1", by_card(tmp_path, "2.1.2"), peer.port, firmware=tmp_path / "image.bin")
        record = provision(slot, station="s", operator="o", on_event=notice).record
    assert (record.outcome, record.reason) == (Outcome.PASS, None)
    instruction = next(state.detail for state in told if state.phase == "flash" and state.detail)
    assert "firmware-1.bin onto an SD card" in instruction
    at_work = [state for state in told if state.status is Status.RUNNING]
    assert [state.instruction is not None for state in at_work] == [bool(state.detail) for state in at_work]


def test_the_version_told_for_a_given_image_is_the_one_waited_for(tmp_path: Path) -> None:
    plan = by_card(tmp_path, "2.0.8")
    with Peer(marlin()) as peer:
        slot = Slot("A1", plan, peer.port, firmware=tmp_path / "image.bin", version="2.0.9.5")
        record = provision(slot, station="s", operator="o").record
    assert record.outcome is Outcome.PASS
    assert record.firmware.version == "2.0.9.5"


def test_another_build_of_the_version_is_not_the_image_on_the_card(tmp_path: Path) -> None:
    """Marlin's binary holds the name with the second of its build, which M115 tells."""
    wanted = "Marlin 2.0.9.5 (Sep  9 2022 10:00:00)"
    other = M115.format(uuid=MARLIN_UUID)
    firmware = marlin()
    seen: list[str] = []

    def notice(state: SlotState) -> None:
        if state.phase == "flash" and state.detail:
            seen.append(state.detail)
            firmware.answers["M115"] = other.replace("Marlin 2.0.9.5 (Sep  8 2022 20:46:21)", wanted)

    plan = by_card(tmp_path, "2.0.9.5")
    (tmp_path / "image.bin").write_bytes(b"\x01" + f"FIRMWARE_NAME:{wanted} SOURCE_CODE_URL:x".encode() + b"\x00")
    with Peer(firmware) as peer:
        slot = Slot("A1", plan, peer.port, firmware=tmp_path / "image.bin")
        record = provision(slot, station="s", operator="o", on_event=notice).record
    assert record.outcome is Outcome.PASS
    assert f"until it runs {wanted}" in seen[0]


def test_a_guard_that_is_left_alone_switches_a_printer_off_as_soon_as_its_port_is_back(tmp_path: Path) -> None:
    port = tmp_path / "port"
    firmware = marlin()
    with Peer() as gone, Peer(firmware) as back:
        port.symlink_to(gone.port)
        guard = Guard(str(port), 115200)
        port.unlink()
        guard.leave()
        port.symlink_to(back.port)
        until(lambda: firmware.heard[-4:] == ["M140 S0", "M107", "M84", "M105"])
        assert "M104 S0" in firmware.heard
        assert guard.wait(10)


def test_a_guard_of_a_printer_that_is_off_touches_nothing() -> None:
    firmware = marlin()
    with Peer(firmware) as peer:
        guard = Guard(peer.port, 115200)
        guard.end()
        assert guard.wait(0)
    assert firmware.heard == []


def test_a_lost_printer_leaves_its_guard_behind() -> None:
    """It is pulled out while it heats; the record says so, and the guard goes on trying."""
    firmware = marlin()
    warm = asked({"warm_up": {"target": 60, "seconds": 30}})
    with Peer(firmware) as peer:
        results: list[BoardRecord] = []

        def work() -> None:
            slot = Slot("A1", warm, peer.port)
            results.append(provision(slot, station="s", operator="o", flash=False).record)

        job = threading.Thread(target=work)
        job.start()
        until(lambda: "M104 S60" in firmware.heard)
        peer.unplug()
        job.join()
    assert (results[0].outcome, results[0].reason) == (Outcome.ERROR, Reason.UNPLUGGED)
    assert not Guard._all[peer.port].wait(0)
    Guard.recall(peer.port)
    assert peer.port not in Guard._all
