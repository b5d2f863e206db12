"""The MICROBIT drive: what its files say, and how the virtual one behaves when a file is dropped."""

import time
from pathlib import Path

import pytest
import uflash

from stemfleet.devices.families.microbit_drive import Failure, mounted_drives, read_details, read_failure
from stemfleet.devices.virtual.daplink import DaplinkDrive, Refusal

UNIQUE_ID = "9900360136424e45004f3016000000620000000097969901"
PLAIN_HEX = ":0400000001020304F2\n:00000001FF\n"


@pytest.fixture
def drive(tmp_path: Path) -> DaplinkDrive:
    made = DaplinkDrive(tmp_path / "MICROBIT", "A1", "v1")
    made.mount()
    return made


def details_file(folder: Path, **facts: str) -> Path:
    lines = {"Unique ID": UNIQUE_ID, "Interface Version": "0255", **{k.replace("_", " "): v for k, v in facts.items()}}
    (folder / "DETAILS.TXT").write_bytes("".join(f"{key}: {value}\r\n" for key, value in lines.items()).encode())
    return folder


def take(drive: DaplinkDrive) -> bool:
    """Whether a program is taken, once the drive sees that the file does not grow any more."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if drive.take():
            return True
        time.sleep(0.02)
    return False


def test_details_tell_board_version_interface_and_remounts(tmp_path: Path) -> None:
    details = read_details(details_file(tmp_path, Remount_count="7", Local_Mods="0"))
    assert details is not None
    assert (details.unique_id, details.board_code) == (UNIQUE_ID, "9900")
    assert (details.interface, details.remounts, details.clone, details.bootloader) == ("0255", 7, False, False)


def test_old_interface_firmware_counts_no_remounts(tmp_path: Path) -> None:
    details = read_details(details_file(tmp_path))
    assert details is not None
    assert details.remounts is None


def test_local_modifications_mean_a_copy(tmp_path: Path) -> None:
    details = read_details(details_file(tmp_path, Local_Mods="1"))
    assert details is not None
    assert details.clone


@pytest.mark.parametrize("content", [b"", b"\xff" * 300, b"Unique ID: not one\r\n", b"<html>"])
def test_a_file_that_is_not_whole_tells_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "DETAILS.TXT").write_bytes(content)
    assert read_details(tmp_path) is None


def test_a_failure_may_have_several_types(tmp_path: Path) -> None:
    assert read_failure(tmp_path) is None
    (tmp_path / "FAIL.TXT").write_bytes(b"error: The transfer timed out.\r\ntype: transient, user\r\n")
    assert read_failure(tmp_path) == Failure("The transfer timed out.", frozenset({"transient", "user"}))


def test_only_fat_volumes_with_details_count_as_drives() -> None:
    assert all((place / "DETAILS.TXT").is_file() for place in mounted_drives())


def test_the_virtual_drive_reads_like_a_real_one(drive: DaplinkDrive) -> None:
    details = read_details(drive.folder)
    assert details is not None
    assert len(details.unique_id) == 48
    assert (details.board_code, details.remounts) == ("9900", 0)


def test_a_dropped_program_is_taken_and_the_drive_comes_back_empty(drive: DaplinkDrive) -> None:
    uflash.flash(paths_to_microbits=[str(drive.folder)])
    assert take(drive)
    drive.remount()
    details = read_details(drive.folder)
    assert details is not None
    assert details.remounts == 1
    assert sorted(file.name for file in drive.folder.iterdir()) == ["DETAILS.TXT", "MICROBIT.HTM"]


def test_a_file_that_is_still_growing_is_not_taken(drive: DaplinkDrive) -> None:
    (drive.folder / "a.hex").write_text(PLAIN_HEX[:20])
    assert drive.take() is None
    (drive.folder / "a.hex").write_text(PLAIN_HEX)
    assert take(drive)


@pytest.mark.parametrize(
    ("text", "types"),
    [
        (PLAIN_HEX.replace("F2", "F3"), "transient, user"),
        (PLAIN_HEX[:20], "transient, user"),
        (":00000001FF\n", "user"),
    ],
)
def test_a_bad_file_is_refused_by_fail_txt(drive: DaplinkDrive, text: str, types: str) -> None:
    (drive.folder / "a.hex").write_text(text)
    with pytest.raises(Refusal) as refusal:
        take(drive)
    drive.remount(refusal.value)
    failure = read_failure(drive.folder)
    assert failure is not None
    assert failure.types == frozenset(types.split(", "))
