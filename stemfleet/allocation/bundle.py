"""The round bundle as files: frozen inputs, commitment, result, hashes; written whole or not at all.

The format is written out for outsiders in docs/bundle.md.
"""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from stemfleet.allocation.applicants_file import applicants_bytes, parse_applicants
from stemfleet.allocation.canonical import digest
from stemfleet.allocation.commitment import Beacon, Commitment, commitment_bytes, parse_commitment
from stemfleet.allocation.draw import PLANNING, beacon_value, round_seed
from stemfleet.allocation.engine import result_of, settle_wave
from stemfleet.allocation.events import Event, after_events, events_bytes, parse_events
from stemfleet.allocation.result_file import result_bytes
from stemfleet.allocation.rules_file import parse_rules, rules_bytes
from stemfleet.allocation.values import Applicant, Result, Rules
from stemfleet.errors import InputError

if TYPE_CHECKING:
    import zipfile

RULES = "rules.json"
APPLICANTS = "applicants.json"
COMMITMENT = "commitment.json"
EVENTS = "events.json"
RESULT = "result.json"
VERIFIER = "verify_round.py"
SUMS = "SHA256SUMS"
# The zip format's first day; a bundle's zip depends on nothing but the files in it.
_NO_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a round is computed from: the values, and the canonical bytes that are hashed and published."""

    rules: Rules
    applicants: tuple[Applicant, ...]
    rules_json: bytes
    applicants_json: bytes

    @property
    def commitment(self) -> Commitment:
        """The hashes alone, without a beacon and a date."""
        return Commitment(digest(self.rules_json), digest(self.applicants_json))


@dataclass(frozen=True, slots=True)
class Round:
    """A computed round. `digest` is the SHA-256 of `SHA256SUMS`: the one number that stands for the bundle."""

    result: Result
    files: Mapping[str, bytes]

    @property
    def digest(self) -> str:
        return digest(self.files[SUMS])


def read_inputs(rules: Path, applicants: Path) -> Inputs:
    """The two input files, checked. Raises InputError that names file, key or school, and value."""
    checked = parse_rules(read_file(rules), str(rules))
    return _frozen(checked, parse_applicants(read_file(applicants), checked, str(applicants)))


def inputs_of(rules: Rules, applicants: Sequence[Applicant]) -> Inputs:
    """The same from values that a program made, checked as strictly as files are. Raises InputError."""
    checked = parse_rules(rules_bytes(rules))
    return _frozen(checked, parse_applicants(applicants_bytes(applicants), checked))


def read_commitment(path: Path) -> Commitment:
    """A commitment file, checked. Raises InputError."""
    return parse_commitment(read_file(path), str(path))


def read_events(path: Path) -> tuple[Event, ...]:
    """An events file, checked as far as it can be alone. Raises InputError."""
    return parse_events(read_file(path), str(path))


def commitment_files(inputs: Inputs, beacon: Beacon, published: str) -> dict[str, bytes]:
    """The first three files of a bundle: what is published before the draw. `published` is `YYYY-MM-DD`."""
    made = Commitment(inputs.commitment.rules_sha256, inputs.commitment.applicants_sha256, beacon, published)
    return _input_files(inputs, made)


def draw_round(
    inputs: Inputs,
    beacon: str,
    commitment: Commitment | None = None,
    events: Sequence[Event] | None = None,
    *,
    explained: bool = False,
) -> Round:
    """Compute a round and its bundle's files, with the explanations for everybody if `explained`.

    `beacon` is the public random value as typed. `events` are what happened since the draw: the inputs stay frozen, the
    tickets stay the same. Raises InputError when the value's form is wrong, the inputs are not those of the commitment,
    or an event cannot have happened.
    """
    if commitment is not None:
        _check_hashes(inputs, commitment)
    committed = commitment or inputs.commitment
    value = beacon_value(beacon, None if committed.beacon is None else committed.beacon.source)
    seed = round_seed(committed.rules_sha256, committed.applicants_sha256, value)
    files = _input_files(inputs, committed)
    applicants = inputs.applicants
    happened: tuple[Event, ...] = ()
    if events is not None:
        files[EVENTS] = events_bytes(events)
        happened = parse_events(files[EVENTS])
        applicants = after_events(inputs.rules, applicants, seed, happened)
    wave = settle_wave(inputs.rules, applicants, seed)
    result = result_of(wave)
    files[RESULT] = result_bytes(result, value)
    if explained:
        # Imported when wanted: a large round is computed without, and starting up is part of its time.
        from stemfleet.allocation.explanations import Findings, explanation_files  # noqa: PLC0415

        files.update(explanation_files(Findings(wave, happened, planning=value == PLANNING)))
    files[VERIFIER] = own_verifier()
    files[SUMS] = sums_of(files)
    return Round(result, files)


def own_verifier() -> bytes:
    """The stand-alone verifier that goes into every bundle."""
    return Path(__file__).with_name(VERIFIER).read_bytes()


def sums_of(files: Mapping[str, bytes]) -> bytes:
    """What `SHA256SUMS` must say about these files, itself left out."""
    lines = [f"{digest(data)}  {name}\n" for name, data in sorted(files.items()) if name != SUMS]
    return "".join(lines).encode()


def read_file(path: Path) -> bytes:
    """The bytes of a file, or an InputError that names it."""
    try:
        return path.read_bytes()
    except OSError as wrong:
        raise InputError("{file} cannot be read: {reason}.", file=str(path), reason=wrong.strerror) from None


def check_free(out: Path) -> None:
    """Refuse a target that holds something already, so that nothing is computed in vain."""
    try:
        if out.is_dir() and any(out.iterdir()):
            raise InputError("{out} is not empty. Name a new folder.", out=str(out))
        if out.exists() and not out.is_dir():
            raise InputError("{out} is a file. Name a new folder.", out=str(out))
    except OSError as wrong:
        raise InputError("{out} cannot be used: {reason}.", out=str(out), reason=wrong.strerror) from None


def write_files(out: Path, files: Mapping[str, bytes], *, zipped: bool) -> None:
    """Write a folder, and `OUT.zip` of it if `zipped`, whole or not at all. `out` must not exist or be empty."""
    out = out.resolve()
    archive = out.with_name(out.name + ".zip")
    check_free(out)
    if zipped and archive.exists():
        raise InputError("{archive} exists already. Name a new folder or move it away.", archive=str(archive))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as made:
            folder = Path(made) / "bundle"
            folder.mkdir()
            for name, data in files.items():
                (folder / name).write_bytes(data)
            if zipped:
                zip_files(Path(made) / "bundle.zip", files)
            folder.rename(out)
            if zipped:
                _rename_or_undo(Path(made) / "bundle.zip", archive, out)
    except OSError as wrong:
        raise InputError("{out} cannot be written: {reason}.", out=str(out), reason=wrong.strerror) from None


def _frozen(rules: Rules, applicants: tuple[Applicant, ...]) -> Inputs:
    return Inputs(rules, applicants, rules_bytes(rules), applicants_bytes(applicants))


def _input_files(inputs: Inputs, commitment: Commitment) -> dict[str, bytes]:
    return {
        RULES: inputs.rules_json,
        APPLICANTS: inputs.applicants_json,
        COMMITMENT: commitment_bytes(commitment),
    }


def _check_hashes(inputs: Inputs, commitment: Commitment) -> None:
    here = inputs.commitment
    for name, found, committed in (
        (RULES, here.rules_sha256, commitment.rules_sha256),
        (APPLICANTS, here.applicants_sha256, commitment.applicants_sha256),
    ):
        if found != committed:
            raise InputError(
                "{name} is not the one that was committed to: its hash is {found}, the commitment's {name_key} is "
                "{committed}. Use the committed file.",
                name=name,
                name_key=name.replace(".json", "_sha256"),
                found=found,
                committed=committed,
            )


def zip_files(target: Path | BinaryIO, files: Mapping[str, bytes], *, packed: bool = False) -> None:
    """The files as a zip, each by its name in order and without a date.

    Stored as they are, so that nothing is spent on packing. `packed` is for zips that are kept and sent: explanations
    shrink to a twentieth. Packers differ between machines, so that the same files may give other bytes there; the
    digest, which is of the files, does not change.
    """
    import zipfile  # noqa: PLC0415  # slow to import, and not every command zips

    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zip_entry(name), data, archive.compression)


def zip_entry(name: str) -> "zipfile.ZipInfo":
    """What a bundle's zip says about a file, beside its content."""
    import zipfile  # noqa: PLC0415

    entry = zipfile.ZipInfo(name, _NO_DATE)
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    return entry


def _rename_or_undo(made: Path, archive: Path, out: Path) -> None:
    try:
        made.rename(archive)
    except OSError:
        shutil.rmtree(out)
        raise
