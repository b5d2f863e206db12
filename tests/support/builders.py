"""Builders: a test states only what matters to it."""

import io
from datetime import UTC, datetime, timedelta

from sqlmodel import select

from stemfleet.allocation.bundle import zip_files
from stemfleet.bench.records import keep_run
from stemfleet.devices.record import BoardRecord, FirmwareUsed, Measurement, PhaseResult, Provisioned, attach
from stemfleet.store import Award, Lot, Person, Store, Wave
from stemfleet.words import Outcome, Place
from stemfleet.workshop import Workshop


def run_result(
    workshop: Workshop,
    board_id: str | None,
    *,
    recipe: str = "arduino-uno",
    outcome: Outcome = Outcome.PASS,
    reason: str | None = None,
    firmware: str | None = "current",
    test_version: str | None = None,
    minutes: int = 0,
    phases: tuple[str, ...] = (),
    measurements: tuple[Measurement, ...] = (),
    slot: str = "A1",
    virtual: bool = False,
) -> Provisioned:
    """What the bench gives for a board: `firmware` is a sha256, "current", or None for a check that wrote nothing."""
    known = workshop.recipes[recipe]
    sha256 = known.firmware.sha256 if firmware == "current" else firmware
    first = known.first_program
    left_with = FirmwareUsed(first.name, first.version, first.sha256) if first and sha256 else None
    log = attach("identify-1.log", b"avrdude said so")
    started = datetime(2026, 3, 2, 9, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    record = BoardRecord(
        board_id=board_id,
        recipe=recipe,
        family=known.family,
        slot=slot,
        station="test",
        operator="Άρης Α.",
        started=started,
        ended=started + timedelta(seconds=9),
        outcome=outcome,
        reason=reason,
        firmware=FirmwareUsed(known.firmware.name, known.firmware.version, sha256),
        tools={"avrdude": "7.1"},
        test_version=test_version or known.test_version,
        phases=tuple(PhaseResult(name, 1, started, started, outcome, reason) for name in phases),
        measurements=measurements,
        attachments=(log,),
        first_program=left_with,
        virtual=virtual,
    )
    return Provisioned(record, {log.sha256: b"avrdude said so"})


def run_board(workshop: Workshop, person: Person, board_id: str | None, kit_tag: str | None, **facts: object) -> None:
    """Stores a run as the bench does; `facts` as of `run_result`."""
    with workshop.store.write() as session:
        keep_run(session, workshop, person, run_result(workshop, board_id, **facts), kit_tag)  # type: ignore[arg-type]


def _empty_bundle() -> bytes:
    zipped = io.BytesIO()
    zip_files(zipped, {"SHA256SUMS": b""})
    return zipped.getvalue()


def award_to(store: Store, person: Person, school: str, *, model: str = "arduino-kit", units: int = 1) -> None:
    """An award of a wave of its own kind, as if allocated."""
    with store.write() as session:
        if session.exec(select(Wave).where(Wave.code == "TEST")).first() is None:
            wave = Wave(
                code="TEST",
                title="Δοκιμή",
                year=2026,
                rules={},
                beacon_value="x",
                seed="0" * 64,
                result={},
                bundle=_empty_bundle(),
                digest="0" * 64,
                planning=False,
                person_id=person.id,
            )
            session.add(wave)
            session.flush()
            session.add(Lot(wave_code="TEST", lot=model, position=0, model=model, seats=9, units_per_award=units))
        session.add(Award(wave_code="TEST", lot=model, model=model, school_code=school, place=Place.OPEN, units=units))
