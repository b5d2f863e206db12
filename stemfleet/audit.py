"""Is what is stored still what was recorded? The history's chain, and the records and states it vouches for."""

import hashlib
from collections.abc import Iterator
from typing import Any

from sqlmodel import Session, col, select

from stemfleet.store import (
    BoardRun,
    FirmwareRelease,
    GateOverride,
    HistoryEntry,
    Kit,
    Store,
    canonical,
    first_broken_entry,
)
from stemfleet.words import KitState

RECORD = "record_sha256"  # fact of a board's run in the history


def record_sha256(run: BoardRun) -> str:
    """SHA-256 hex of the record's canonical JSON; the history keeps it when the record is stored."""
    return hashlib.sha256(canonical(run.record).encode()).hexdigest()


def record_wrote(record: dict[str, Any]) -> bool:
    """Whether the flash phase began: what was on the board before is gone."""
    return any(phase["name"] == "flash" for phase in record["phases"])


def find_tampering(store: Store) -> str | None:
    """A sentence about the first thing that does not fit, or None.

    Checked: every entry of the history; every board's record and the columns made of it; every kit's state; every
    override of the gate and every release of firmware. Not found: entries cut off at the end with what they vouch
    for, or a chain computed anew.
    """
    with store.read() as session:
        broken = first_broken_entry(session)
        if broken is not None:
            return f"Entry {broken} of the history was changed, or one before it was removed."
        changed = (_changed_runs, _changed_kits, _changed_overrides, _changed_releases)
        return next((said for find in changed for said in find(session)), None)


def _changed_runs(session: Session) -> Iterator[str]:
    entries = select(HistoryEntry).where(HistoryEntry.subject == "board", HistoryEntry.verb == "board_run")
    vouched = {entry.facts["run"]: entry.facts[RECORD] for entry in session.exec(entries)}
    for run in session.exec(select(BoardRun).order_by(col(BoardRun.id))):
        if vouched.pop(run.id, None) != record_sha256(run) or not _fits(run):
            yield f"The record of run {run.id} (board {run.board_id}) was changed."
    if vouched:
        yield f"The record of run {min(vouched)} was removed."


def _fits(run: BoardRun) -> bool:
    """The columns that queries and the gate read say what the record says."""
    record = run.record
    facts = (run.board_id, run.recipe, run.outcome, run.reason, run.firmware_sha256, run.test_version)
    columns = (*facts, run.first_sha256, run.wrote, run.virtual)
    return columns == (
        record["board_id"],
        record["recipe"],
        record["outcome"],
        record["reason"],
        record["firmware"]["sha256"],
        record["test_version"],
        (record.get("first_program") or {}).get("sha256"),
        record_wrote(record),
        record.get("virtual", run.virtual),  # records of before say nothing of it
    )


def _changed_kits(session: Session) -> Iterator[str]:
    entries = select(HistoryEntry).where(HistoryEntry.subject == "kit").order_by(col(HistoryEntry.id))
    states = {entry.subject_id: entry.verb for entry in session.exec(entries) if entry.verb in set(KitState)}
    for kit in session.exec(select(Kit).order_by(Kit.tag)):
        if states.pop(kit.tag, None) != kit.state:
            yield f"The state of kit {kit.tag} was changed past its history."
    if states:
        yield f"Kit {min(states)} was removed."


def _changed_overrides(session: Session) -> Iterator[str]:
    verbs = {"override_asked": None, "override_approved": True, "override_refused": False}
    entries = select(HistoryEntry).where(HistoryEntry.subject == "kit", col(HistoryEntry.verb).in_(verbs))
    vouched = {
        entry.facts["override"]: (entry.subject_id, entry.facts["points"], entry.facts["reason"], verbs[entry.verb])
        for entry in session.exec(entries.order_by(col(HistoryEntry.id)))
    }
    for override in session.exec(select(GateOverride).order_by(col(GateOverride.id))):
        said = (override.kit_tag, override.points, override.reason, override.approved)
        if vouched.pop(override.id, None) != said:
            yield f"The override {override.id} (kit {override.kit_tag}) was changed."
    if vouched:
        yield f"The override {min(vouched)} was removed."


def _changed_releases(session: Session) -> Iterator[str]:
    entries = select(HistoryEntry).where(HistoryEntry.subject == "recipe", HistoryEntry.verb == "firmware_approved")
    vouched = {
        entry.facts["release"]: (entry.subject_id, entry.facts["firmware"], entry.facts["sha256"])
        for entry in session.exec(entries)
    }
    for release in session.exec(select(FirmwareRelease).order_by(col(FirmwareRelease.id))):
        said = (release.recipe, f"{release.name} {release.version}", release.sha256)
        if vouched.pop(release.id, None) != said:
            yield f"The firmware release {release.id} ({release.recipe}) was changed."
    if vouched:
        yield f"The firmware release {min(vouched)} was removed."
