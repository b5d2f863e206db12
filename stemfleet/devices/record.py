"""The record of one board: written once, at the end, and completely.

`BoardRecord.to_json()` has exactly the keys that other programs rely on (see docs/bench.md); `from_json` reads them
back. The bytes of the attachments are handed beside the record, by their sha256: `Provisioned.files`.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from stemfleet.words import Outcome

Value = float | str | None


def now() -> datetime:
    """The time, UTC, to the millisecond that the record keeps."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@dataclass(frozen=True)
class FirmwareUsed:
    """What was written (or, when nothing was written, what the board said it runs); None is "not known"."""

    name: str | None
    version: str | None
    sha256: str | None


@dataclass(frozen=True)
class PhaseResult:
    """One attempt of one phase."""

    name: str
    attempt: int
    started: datetime
    ended: datetime
    outcome: Outcome
    reason: str | None = None


@dataclass(frozen=True)
class Measurement:
    """`low` and `high` are included in the limits; a text is within them when it equals them. Outcome ERROR: the
    board gave no value."""

    name: str
    value: Value
    unit: str
    low: float | str | None
    high: float | str | None
    outcome: Outcome


@dataclass(frozen=True)
class Attachment:
    """A raw log: `type` is a media type, `sha256` the key of its bytes."""

    name: str
    type: str
    sha256: str


@dataclass(frozen=True)
class BoardRecord:
    """What was done to one board, by whom, with what, and how it came out."""

    board_id: str | None
    recipe: str
    family: str
    slot: str | None
    station: str
    operator: str
    started: datetime
    ended: datetime
    outcome: Outcome
    reason: str | None
    firmware: FirmwareUsed
    tools: dict[str, str]
    test_version: str
    phases: tuple[PhaseResult, ...]
    measurements: tuple[Measurement, ...]
    attachments: tuple[Attachment, ...]
    virtual: bool = False  # one of our emulated boards
    board_id_scanned: bool = False  # the identity is a serial number that a person scanned; the board told none
    first_program: FirmwareUsed | None = None  # what the board left with, where that is another image than the firmware

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`; times are UTC, ISO 8601."""
        plain: dict[str, Any] = _plain(self)
        return plain

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "BoardRecord":
        """The record that `to_json` wrote."""
        phases = (dict(row) for row in data["phases"])
        measured = (dict(row) for row in data["measurements"])
        return cls(
            **{
                **data,
                "started": datetime.fromisoformat(data["started"]),
                "ended": datetime.fromisoformat(data["ended"]),
                "outcome": Outcome(data["outcome"]),
                "firmware": FirmwareUsed(**data["firmware"]),
                "first_program": FirmwareUsed(**first) if (first := data.get("first_program")) else None,
                "phases": tuple(
                    PhaseResult(
                        **{
                            **row,
                            "started": datetime.fromisoformat(row["started"]),
                            "ended": datetime.fromisoformat(row["ended"]),
                            "outcome": Outcome(row["outcome"]),
                        }
                    )
                    for row in phases
                ),
                "measurements": tuple(Measurement(**{**row, "outcome": Outcome(row["outcome"])}) for row in measured),
                "attachments": tuple(Attachment(**row) for row in data["attachments"]),
            }
        )


@dataclass(frozen=True)
class Provisioned:
    """A record, the bytes of its attachments by sha256, and what a person is told about it."""

    record: BoardRecord
    files: dict[str, bytes] = field(default_factory=dict)
    detail: str = ""
    identity: dict[str, str] = field(default_factory=dict)


def attach(name: str, content: bytes, media_type: str = "text/plain") -> Attachment:
    """The attachment row for these bytes."""
    return Attachment(name, media_type, sha256(content).hexdigest())


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    if isinstance(value, Outcome):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {key: _plain(getattr(value, key)) for key in value.__dataclass_fields__}
    return dict(value) if isinstance(value, dict) else value
