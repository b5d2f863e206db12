"""What is claimed from a supplier: its items that are faulty now, each with the record and the logs that prove it."""

from collections.abc import Callable, Collection
from typing import Any

from sqlmodel import Session, col, select

from stemfleet.audit import record_sha256
from stemfleet.bench.quality import Chosen, first_runs, told_by_board
from stemfleet.catalogue import find_model
from stemfleet.errors import NotFound
from stemfleet.kits import counted_runs
from stemfleet.paper.claim import Claim, ClaimItem, ClaimValue, Language, claim_sheet
from stemfleet.store import BoardRun, Kit, Person, now, write_history
from stemfleet.words import Outcome, Role
from stemfleet.workshop import Workshop


def supplier_claim(
    workshop: Workshop,
    person: Person,
    supplier: str,
    language: Language,
    lot: str | None = None,
    called: Callable[[str], str] = str,
) -> bytes:
    """The claim sheet as PDF; that it was drawn up stays in the history, with the hashes of its records.

    `called`: what a measurement is called in that language, by its name; without it, its name.
    Faulty is an item of the supplier's deliveries whose newest telling run is a FAIL by its own fault (`quality`).
    Raises NotFound for a supplier (or a lot of it) that no kit came from, InputError when nothing is faulty.
    """
    person.must_be(Role.WAREHOUSE, Role.NSO)
    runs = first_runs(workshop, Chosen(supplier=supplier, lot=lot))
    delivered = col(Kit.supplier) == supplier
    if lot is not None:
        delivered &= col(Kit.delivery_lot) == lot
    with workshop.store.write() as session:
        kits = {kit.tag: kit for kit in session.exec(select(Kit).where(delivered))}
        if not kits:
            raise NotFound("No kit came from supplier {supplier} in lot {lot}.", supplier=supplier, lot=lot or "–")
        faulty = _faulty(session, workshop, kits)
        items = tuple(_item(workshop, run, kits[tag], language, called) for tag, run in faulty)
        passed = sum(run.passed for run in runs)
        sheet = claim_sheet(Claim(supplier, lot, person.name, len(runs), passed, items), language, made=now())
        facts = {"lot": lot, "items": [item.record_sha256 for item in items]}
        write_history(session, person, "supplier", supplier[:64], "claim_drawn_up", **facts)
    return sheet


def _faulty(session: Session, workshop: Workshop, kits: Collection[str]) -> list[tuple[str, BoardRun]]:
    """(tag, the run that failed) of every board of these kits, in the order of the runs."""
    boards = told_by_board(session, counted_runs(workshop))
    newest = [telling[-1] for runs in boards if (telling := [run for run in runs if run.tells])]
    failed = sorted((run.id, run.tag) for run in newest if run.tag in kits and run.outcome is Outcome.FAIL)
    return [(tag, session.get_one(BoardRun, number)) for number, tag in failed if tag]


def _item(workshop: Workshop, run: BoardRun, kit: Kit, language: Language, called: Callable[[str], str]) -> ClaimItem:
    record: dict[str, Any] = run.record
    model = find_model(workshop.models, kit.model)
    failed = [row for row in record["measurements"] if row["outcome"] == Outcome.FAIL]
    return ClaimItem(
        board_id=run.board_id,
        kit_tag=kit.tag,
        title=model.title[language],
        lot=kit.delivery_lot,
        reason=_with_name(run.reason or "", called),
        tested=run.ended,
        station=" ".join(filter(None, [run.station, run.slot])),
        values=tuple(
            ClaimValue(
                called(row["name"]), _text(row["value"]) or "–", row["unit"], _text(row["low"]), _text(row["high"])
            )
            for row in failed
        ),
        tools=tuple(f"{name} {version}" for name, version in record["tools"].items()),
        record_sha256=record_sha256(run),
        logs=tuple((row["name"], row["sha256"]) for row in record["attachments"]),
    )


def _with_name(reason: str, called: Callable[[str], str]) -> str:
    kind, colon, name = reason.partition(":")
    return f"{kind}:{called(name)}" if colon else reason


def _text(value: float | str | None) -> str | None:
    return None if value is None else f"{value:g}" if isinstance(value, float) else str(value)
