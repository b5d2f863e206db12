"""What was imported: which file, by whom, when, and how much of it."""

from collections.abc import Collection

from sqlmodel import col, select

from stemfleet.errors import NotFound
from stemfleet.store import ImportRun, Person, School, Store


def list_imports(store: Store, limit: int | None = None) -> list[tuple[ImportRun, str]]:
    """(import, who applied it), the newest first."""
    chosen = select(ImportRun, Person.name).join(Person, col(Person.id) == ImportRun.person_id)
    with store.read() as session:
        return list(session.exec(chosen.order_by(col(ImportRun.id).desc()).limit(limit)).all())


def show_import(store: Store, number: int) -> tuple[ImportRun, str]:
    """(import, who applied it). Raises NotFound."""
    chosen = select(ImportRun, Person.name).join(Person, col(Person.id) == ImportRun.person_id)
    with store.read() as session:
        found = session.exec(chosen.where(ImportRun.id == number)).first()
    if found is None:
        raise NotFound("There is no import {number}.", number=number)
    return found


def names_of(store: Store, codes: Collection[str]) -> dict[str, str]:
    """The stored names of these schools and departments, by code; unknown ones are left out."""
    with store.read() as session:
        return dict(session.exec(select(School.code, School.name).where(col(School.code).in_(codes))).all())
