"""A bundle's zip: packed by whatever machine it is the same bundle, and of any other form it is refused."""

import contextlib
import io
import random
import zipfile

import pytest
from allocation_cases import a_lot, a_school, a_wave

from stemfleet.allocation.bundle import draw_round, inputs_of, zip_entry, zip_files
from stemfleet.allocation.checking import sizes_in, unzipped, unzipped_one, verify_bundle, verify_files
from stemfleet.errors import InputError, Refused


@pytest.fixture(scope="module")
def files():
    schools = [a_school(str(number), number, ["special"] * (number % 2)) for number in range(1, 9)]
    return dict(
        draw_round(inputs_of(a_wave(a_lot(seats=3, reserves={"special": 1})), schools), "x", explained=True).files
    )


def packed(files):
    """The bundle's zip as it is kept and sent."""
    made = io.BytesIO()
    zip_files(made, files, packed=True)
    return made.getvalue()


def test_a_packed_zip_is_confirmed_whoever_packed_it(files, tmp_path):
    """Packers differ between machines: the same files in other bytes are the same bundle."""
    stronger = io.BytesIO()
    with zipfile.ZipFile(stronger, "w") as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zip_entry(name), data, zipfile.ZIP_DEFLATED, 9)
    digest = verify_files(files).digest
    for number, data in enumerate((packed(files), stronger.getvalue())):
        archive = tmp_path / f"{number}.zip"
        archive.write_bytes(data)
        assert verify_bundle(archive, digest).digest == digest


def test_a_change_in_a_packed_zip_is_found_or_changes_no_file(files):
    """The last bits of packed data mean nothing; whatever means something is found."""
    data, rnd = packed(files), random.Random(2)
    for _ in range(300):
        forged = bytearray(data)
        forged[rnd.randrange(len(data))] ^= rnd.randrange(1, 256)
        with contextlib.suppress(Refused, InputError):
            assert unzipped(bytes(forged), "x") == files


def twice(archive, name, data):
    with pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(zip_entry(name), data)


ZIP_FORGERIES = {
    "a name twice": twice,
    "another order": lambda archive, _name, data: archive.writestr(zip_entry("AAA"), data),
    "another date": lambda archive, _name, data: archive.writestr(zipfile.ZipInfo("zzz", (2025, 1, 1, 0, 0, 0)), data),
    "a comment": lambda archive, _name, _data: setattr(archive, "comment", b"x"),
}


@pytest.mark.parametrize("what", ZIP_FORGERIES)
def test_a_zip_of_another_form_is_refused(files, what):
    made = io.BytesIO(packed(files))
    with zipfile.ZipFile(made, "a") as archive:
        ZIP_FORGERIES[what](archive, "rules.json", files["rules.json"])
    with pytest.raises(Refused, match="not what its files give"):
        unzipped(made.getvalue(), "x")


@pytest.mark.parametrize("around", [(b"x", b""), (b"", b"x")])
def test_nothing_may_lie_around_a_zip(files, around):
    with pytest.raises((Refused, InputError)):
        unzipped(around[0] + packed(files) + around[1], "x")


def test_one_file_is_read_alone(files):
    data = packed(files)
    assert unzipped_one(data, "rules.json") == files["rules.json"]
    assert unzipped_one(data, "events.json") is None
    assert dict(sizes_in(data)) == {name: len(content) for name, content in files.items()}


def test_explanations_shrink_to_a_fraction(files):
    assert len(packed(files)) * 2 < sum(map(len, files.values()))
