"""Checking a published bundle: its hashes, its digest, and everything that can be computed again.

The recomputation is `verify_round` of this program, never the copy that lies in the bundle.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stemfleet.allocation import verify_round
from stemfleet.allocation.applicants_file import parse_applicants
from stemfleet.allocation.bundle import (
    APPLICANTS,
    COMMITMENT,
    EVENTS,
    RULES,
    SUMS,
    VERIFIER,
    own_verifier,
    read_file,
    sums_of,
    zip_entry,
)
from stemfleet.allocation.canonical import digest, parse
from stemfleet.allocation.commitment import Commitment, parse_commitment
from stemfleet.allocation.draw import PLANNING, beacon_value, round_seed
from stemfleet.allocation.events import after_events, parse_events
from stemfleet.allocation.explaining import findings_of
from stemfleet.allocation.explanations import explanation_files
from stemfleet.allocation.rules_file import parse_rules
from stemfleet.errors import InputError, Refused

_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)
_LISTED = 46  # bytes that the list at the end of a zip has for a file, beside its name
_ZIP_FACTS = (
    "filename",
    "date_time",
    "create_system",
    "create_version",
    "extract_version",
    "reserved",
    "flag_bits",
    "volume",
    "internal_attr",
    "external_attr",
    "extra",
    "comment",
)


@dataclass(frozen=True, slots=True)
class Verified:
    """A bundle in which nothing differs. `own_verifier`: its verify_round.py is byte for byte this program's."""

    digest: str
    commitment: Commitment
    beacon_value: str
    own_verifier: bool

    @property
    def planning(self) -> bool:
        """Whether the value is the fixed one for planning: such a result decides nothing."""
        return self.beacon_value == PLANNING


def verify_bundle(bundle: Path, expected_digest: str | None = None) -> Verified:
    """Check a bundle, a folder or its zip. Raises Refused at the first difference, InputError when it is unreadable."""
    return verify_files(read_bundle(bundle), expected_digest)


def read_bundle(bundle: Path) -> dict[str, bytes]:
    """File name → bytes, of a folder or of a zip. A zip that is not made of its files as `allocate` does is refused."""
    if bundle.is_dir():
        return {path.name: read_file(path) for path in sorted(bundle.iterdir())}
    return unzipped(read_file(bundle), str(bundle))


def unzipped(data: bytes, file: str) -> dict[str, bytes]:
    """File name → bytes, of a zip's bytes; `file` is the name that an error gives. Refused as in `read_bundle`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
            plain = _is_plain(data, archive)
    except (*_BROKEN_ZIP, EOFError, ValueError, UnicodeError) as wrong:
        raise InputError("{file} is no readable zip: {reason}.", file=file, reason=str(wrong)) from None
    if not plain:
        raise Refused("{file}: the zip is not what its files give. Unpack it and check the folder.", file=file)
    return files


def unzipped_one(data: bytes, name: str) -> bytes | None:
    """One file of a bundle's zip that this program made, or None when the bundle has no such file."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name) if name in archive.namelist() else None


def sizes_in(data: bytes) -> list[tuple[str, int]]:
    """(name, size in bytes) of every file in a bundle's zip that this program made."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(entry.filename, entry.file_size) for entry in archive.infolist()]


def _is_plain(data: bytes, archive: zipfile.ZipFile) -> bool:
    """Whether the zip is as `zip_files` writes it, however its files are packed.

    Every program then unpacks the same files from it: no name stands there twice, nothing lies between or around the
    files, and what is said before a file is what the list at the end says about it.
    """
    place, listed = 0, 0
    for entry in archive.infolist():
        header = entry.FileHeader()
        same = zip_entry(entry.orig_filename)
        if any(getattr(entry, fact) != getattr(same, fact) for fact in _ZIP_FACTS) or entry.header_offset != place:
            return False
        start, place = place + len(header), place + len(header) + entry.compress_size
        if data[start - len(header) : start] != header or not _ends_there(data[start:place], entry):
            return False
        listed += _LISTED + len(entry.filename.encode())
    names = archive.namelist()
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(names), len(names), listed, place, 0)
    return names == sorted(set(names)) and len(data) == place + listed + len(end) and data.endswith(end)


def _ends_there(content: bytes, entry: zipfile.ZipInfo) -> bool:
    """Whether a packed file's content has nothing behind its end."""
    if entry.compress_type == zipfile.ZIP_STORED:
        return entry.compress_size == entry.file_size
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    unpacker.decompress(content)
    return entry.compress_type == zipfile.ZIP_DEFLATED and unpacker.eof and not unpacker.unused_data


def verify_files(files: Mapping[str, bytes], expected_digest: str | None = None) -> Verified:
    """Check a bundle given as file name → bytes; raises as `verify_bundle`."""
    _check_sums(files)
    found = digest(files[SUMS])
    if expected_digest is not None and found != expected_digest.strip().lower():
        raise Refused(
            "The digest differs: expected {expected}, found {found}.", expected=expected_digest.strip(), found=found
        )
    try:
        _, value = verify_round.verify(dict(files))
        commitment = parse_commitment(files[COMMITMENT])
        _check_forms(files, commitment, value)
        _check_explanations(files)
    except verify_round.Differs as difference:
        raise Refused("{difference}", difference=str(difference)) from None
    except (MemoryError, RecursionError):
        raise InputError(
            "The round is too large, or a file nested too deeply, to be checked on this computer."
        ) from None
    except OSError as wrong:  # of the verifier: nothing is read from a disk here
        raise InputError("{reason}", reason=str(wrong)) from None
    except verify_round.UNREADABLE:
        _say_what_is_malformed(files)
        raise InputError("The files do not have the form of a bundle.") from None
    return Verified(found, commitment, value, files.get(VERIFIER) == own_verifier())


def _check_forms(files: Mapping[str, bytes], commitment: Commitment, value: str) -> None:
    """Keys, kinds of values and the beacon value's form, as strictly as `allocate` reads them."""
    rules = parse_rules(files[RULES])
    applicants = parse_applicants(files[APPLICANTS], rules)
    if EVENTS in files:
        seed = round_seed(commitment.rules_sha256, commitment.applicants_sha256, value)
        after_events(rules, applicants, seed, parse_events(files[EVENTS]))
    try:
        typed = beacon_value(value, None if commitment.beacon is None else commitment.beacon.source)
    except InputError as wrong:
        raise Refused("result.json: " + wrong.text, **wrong.facts) from None
    if typed != value:
        raise Refused("result.json: the beacon value {value} has blanks around it.", value=repr(value))


def _say_what_is_malformed(files: Mapping[str, bytes]) -> None:
    """Raise InputError with file and key, when a file is not of its form."""
    parse_commitment(files[COMMITMENT])
    parse_applicants(files[APPLICANTS], parse_rules(files[RULES]))
    if EVENTS in files:
        parse_events(files[EVENTS])


def _check_explanations(files: Mapping[str, bytes]) -> None:
    """Written anew and compared; a bundle has them in every language or not at all."""
    if not any(name.startswith("explanations.") for name in files):
        return
    for name, written in explanation_files(findings_of(files)).items():
        if name not in files:
            raise Refused("{name} is missing: explanations are there in every language or not at all.", name=name)
        if files[name] != written:
            verify_round.compare(name, "", parse(written, name), parse(files[name], name))
            raise Refused("{name} is not canonical JSON.", name=name)


def _check_sums(files: Mapping[str, bytes]) -> None:
    if SUMS not in files:
        raise InputError("{sums} is missing: this is no bundle, or not all of it.", sums=SUMS)
    expected, listed = sums_of(files), files[SUMS]
    if expected == listed:
        return
    lines = listed.decode(errors="replace").splitlines()
    for line in expected.decode().splitlines():
        if line not in lines:
            found, name = line.split("  ", 1)
            raise Refused("{name}: its SHA-256 is {found}; {sums} says otherwise.", name=name, found=found, sums=SUMS)
    raise Refused("{sums} lists what is not there, or is not as `sha256sum` writes it.", sums=SUMS)
