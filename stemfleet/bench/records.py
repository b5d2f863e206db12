"""Records of the bench become rows: the board, the run, the logs, what it means for the kit."""

from sqlalchemy import insert
from sqlmodel import Session, col, select

from stemfleet.audit import RECORD, record_sha256, record_wrote
from stemfleet.bench.begun import end_start
from stemfleet.devices.record import BoardRecord, Provisioned
from stemfleet.kits import count_run
from stemfleet.store import Attachment, BenchStart, Board, BoardRun, Person, write_history
from stemfleet.words import Outcome
from stemfleet.workshop import Workshop


def keep_run(
    session: Session,
    workshop: Workshop,
    person: Person,
    result: Provisioned,
    kit_tag: str | None,
    start: BenchStart | None = None,
) -> BoardRun:
    """Stores a record once and whole, in the caller's transaction, and lets it count for its kit.

    `start`: the row that has said until now that the board is being done.
    """
    record = result.record
    _know_board(session, record)
    run = _row(record, person)
    session.add(run)
    session.flush()
    _keep_files(session, result.files)
    subject = record.board_id or f"run {run.id}"
    facts = {"recipe": record.recipe, "outcome": record.outcome, "reason": record.reason, "run": run.id}
    write_history(session, person, "board", subject, "board_run", **facts, **{RECORD: record_sha256(run)})
    if start is not None:
        end_start(session, start, record.board_id, kit_tag)  # before the kit is judged
    count_run(session, person, workshop, run, kit_tag)
    return run


def _know_board(session: Session, record: BoardRecord) -> None:
    """A board is of the kind as which it passed last; one that has not passed, of the first that was tried."""
    if record.board_id is None:
        return
    board = session.get(Board, record.board_id) or Board(id=record.board_id, recipe=record.recipe)
    if record.outcome is Outcome.PASS:
        board.recipe = record.recipe
    session.add(board)
    session.flush()


def _row(record: BoardRecord, person: Person) -> BoardRun:
    """The record with the columns that serve queries."""
    plain = record.to_json()
    return BoardRun(
        board_id=record.board_id,
        recipe=record.recipe,
        firmware_sha256=record.firmware.sha256,
        first_sha256=record.first_program.sha256 if record.first_program else None,
        test_version=record.test_version,
        virtual=record.virtual,
        wrote=record_wrote(plain),
        slot=record.slot,
        station=record.station,
        person_id=person.id,
        started=record.started,
        ended=record.ended,
        outcome=record.outcome,
        reason=record.reason,
        record=plain,
    )


def _keep_files(session: Session, files: dict[str, bytes]) -> None:
    """Equal bytes are kept once."""
    known = set(session.exec(select(Attachment.sha256).where(col(Attachment.sha256).in_(files))).all())
    new = {sha256: content for sha256, content in files.items() if sha256 not in known}
    rows = [{"sha256": sha256, "content": content, "size": len(content)} for sha256, content in new.items()]
    if rows:
        session.connection().execute(insert(Attachment), rows)
