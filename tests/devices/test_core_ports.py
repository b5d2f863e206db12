"""What is plugged in: ports with their likely recipes, and the drive that belongs to the same board."""

import json
from pathlib import Path

from serial.tools.list_ports_common import ListPortInfo

from stemfleet.devices.families.microbit_drive import Details, read_details
from stemfleet.devices.ports import list_ports, pair
from stemfleet.devices.recipe import load_recipes

UNIQUE_ID = "9900360136424e45004f3016000000620000000097969901"


def port(device: str, vid: int | None = None, pid: int | None = None, serial: str | None = None) -> ListPortInfo:
    info = ListPortInfo(device, skip_link_detection=True)
    info.vid, info.pid, info.serial_number = vid, pid, serial
    info.location = "1-2.3" if vid else None
    return info


def drive(folder: Path, unique_id: str) -> tuple[Path, Details]:
    volume = folder / "MICROBIT 1"
    volume.mkdir()
    (volume / "DETAILS.TXT").write_text(
        f"# DAPLink Firmware\r\nUnique ID: {unique_id}\r\nInterface Version: 0255\r\nDaplink Mode: Interface\r\n"
    )
    details = read_details(volume)
    assert details is not None
    return volume, details


def test_a_port_names_the_recipes_of_its_usb_device() -> None:
    recipes = load_recipes()
    found = pair([port("/dev/ttyACM0", 0x2341, 0x0043), port("/dev/ttyS0")], {}, recipes)
    assert [(row.device, row.usb, row.location) for row in found] == [
        ("/dev/ttyACM0", "2341:0043", "1-2.3"),
        ("/dev/ttyS0", None, None),
    ]
    assert found[0].recipes == ("arduino-uno",)
    assert found[1].recipes == ()


def test_a_drive_goes_with_the_port_of_its_serial_number(tmp_path: Path) -> None:
    volume, details = drive(tmp_path, UNIQUE_ID)
    infos = [port("/dev/ttyACM0", 0x0D28, 0x0204, "99" * 24), port("/dev/ttyACM1", 0x0D28, 0x0204, UNIQUE_ID.upper())]
    found = pair(infos, {volume: details}, load_recipes())
    assert [(row.device, row.volume) for row in found] == [("/dev/ttyACM0", None), ("/dev/ttyACM1", volume)]


def test_a_drive_without_a_port_is_shown_with_the_recipe_of_its_board(tmp_path: Path) -> None:
    volume, details = drive(tmp_path, UNIQUE_ID)
    (row,) = pair([], {volume: details}, load_recipes())
    assert (row.device, row.volume, row.recipes) == (None, volume, ("microbit-v1",))
    assert json.loads(json.dumps(row.to_json()))["volume"] == str(volume)


def test_this_computers_ports_can_be_listed() -> None:
    assert all(row.device or row.volume for row in list_ports(load_recipes()))
