"""A list of eTwinning records that should not have been imported is taken back; that it was stays in the history."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, delete, func, select

from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.schools.categories import checked_reason
from stemfleet.store import Evidence, ImportRun, Person, Store, write_history
from stemfleet.words import Role

WITHDRAWN = "withdrawn"  # among the counts of an import: how many of its records were taken away
_WITHDRAWABLE = "evidence"


@dataclass(frozen=True)
class Withdrawal:
    """What taking back an import means: `records` of `schools` recipients; `since` when it was applied (ISO 8601)."""

    number: int
    file: str
    since: str
    records: int
    schools: int

    def as_json(self) -> dict[str, Any]:
        return dict(self.__dict__)


def plan_withdrawal(store: Store, number: int) -> Withdrawal:
    """What `withdraw_import` would take away; nothing is.

    Raises NotFound for an unknown import, InputError for one of something else, Refused for one without records.
    """
    with store.read() as session:
        return _plan(session, number)


def withdraw_import(store: Store, person: Person, number: int, reason: str) -> Withdrawal:
    """Takes the records of a list away, with an entry in the history; the import stays listed. Published points stay.

    Raises what `plan_withdrawal` raises, and InputError for no reason.
    """
    person.must_be(Role.NSO)
    reason = checked_reason(reason)
    with store.write() as session:
        plan = _plan(session, number)
        session.connection().execute(delete(Evidence).where(col(Evidence.import_id) == number))
        run = session.get_one(ImportRun, number)
        run.counts = {**run.counts, WITHDRAWN: plan.records}
        session.add(run)
        facts = {"file": plan.file, "records": plan.records, "reason": reason}
        write_history(session, person, "import", str(number), "import_withdrawn", **facts)
        return plan


def _plan(session: Session, number: int) -> Withdrawal:
    run = session.get(ImportRun, number)
    if run is None:
        raise NotFound("There is no import {number}.", number=number)
    if run.what != _WITHDRAWABLE:
        raise InputError(
            "Only lists of eTwinning records can be withdrawn. A register is put right by importing the right one."
        )
    counted = select(func.count(), func.count(col(Evidence.school_code).distinct()))
    records, schools = session.exec(counted.where(Evidence.import_id == number)).one()
    if not records:
        raise Refused(
            "Import {number} ({file}) has no records left: it is withdrawn already, or brought none.",
            number=number,
            file=run.file_name,
        )
    return Withdrawal(number, run.file_name, run.at.isoformat(), records, schools)
