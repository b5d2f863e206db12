"""The categories of recipients: what the register says, and what the support organisation says against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from stemfleet.errors import InputError, NotFound
from stemfleet.store import CategoryOverride, ImportRun, Person, School, SchoolCategory, Store, write_history
from stemfleet.words import Category, Role

OVERRIDABLE = (Category.SPECIAL, Category.MINORITY, Category.SECOND_CHANCE, Category.REMOTE)
LONGEST_REASON = 500


@dataclass(frozen=True)
class CategorySource:
    """Where a category comes from: a file and its row, or a person with a reason. `holds` False: a person denied it."""

    category: str
    holds: bool
    at: datetime
    file: str | None = None
    row: int | None = None
    person: str | None = None
    reason: str | None = None


def categories_of(session: Session, codes: Sequence[str] | None) -> dict[str, list[str]]:
    """Sorted categories by school, overrides applied; `None` for all schools."""
    register, overrides = select(SchoolCategory.school_code, SchoolCategory.category), select(CategoryOverride)
    if codes is not None:
        register = register.where(col(SchoolCategory.school_code).in_(codes))
        overrides = overrides.where(col(CategoryOverride.school_code).in_(codes))
    found: dict[str, list[str]] = {}
    for school, category in session.exec(register.order_by(SchoolCategory.category)):
        found.setdefault(school, []).append(category)
    for override in session.exec(overrides):
        others = [name for name in found.pop(override.school_code, []) if name != override.category]
        if override.holds or others:
            found[override.school_code] = sorted([*others, override.category] if override.holds else others)
    return found


def sources_of(session: Session, code: str) -> list[CategorySource]:
    """Of one school, by category; an override after what the register says."""
    register = select(SchoolCategory, ImportRun).join(ImportRun, col(ImportRun.id) == SchoolCategory.import_id)
    overrides = select(CategoryOverride, Person.name).join(Person, col(Person.id) == CategoryOverride.person_id)
    found = [
        CategorySource(said.category, True, run.at, run.file_name, said.row)
        for said, run in session.exec(register.where(SchoolCategory.school_code == code))
    ]
    found += [
        CategorySource(said.category, said.holds, said.at, person=name, reason=said.reason)
        for said, name in session.exec(overrides.where(CategoryOverride.school_code == code))
    ]
    return sorted(found, key=lambda source: (source.category, source.person is not None))


def override_category(store: Store, person: Person, code: str, category: str, holds: bool, reason: str) -> None:
    """The school has the category, or has it not, whatever the register says, now and after later imports.

    Raises Refused, NotFound, and InputError for another category than special, minority, second_chance and remote, or
    without a reason.
    """
    person.must_be(Role.NSO)
    reason = checked_reason(reason)
    with store.write() as session:
        override = _override(session, code, category)
        if override is None:
            override = CategoryOverride(
                school_code=code, category=category, holds=holds, reason=reason, person_id=person.id
            )
        else:
            override.holds, override.reason, override.person_id = holds, reason, person.id
        session.add(override)
        verb = "category_given" if holds else "category_taken"
        write_history(session, person, "school", code, verb, category=category, reason=reason)


def end_override(store: Store, person: Person, code: str, category: str, reason: str) -> None:
    """What the register says counts again. Raises Refused, InputError, and NotFound where nothing is overridden."""
    person.must_be(Role.NSO)
    reason = checked_reason(reason)
    with store.write() as session:
        override = _override(session, code, category)
        if override is None:
            raise NotFound(
                "The category {category} of school {code} comes from the register already.",
                category=category,
                code=code,
            )
        session.delete(override)
        write_history(session, person, "school", code, "category_of_register", category=category, reason=reason)


def _override(session: Session, code: str, category: str) -> CategoryOverride | None:
    if category not in OVERRIDABLE:
        raise InputError(
            "{category} is not a category of the register. It has: {known}.",
            category=category,
            known=", ".join(OVERRIDABLE),
        )
    if session.get(School, code) is None:
        raise NotFound("There is no school {code}.", code=code)
    return session.get(CategoryOverride, (code, category))


def checked_reason(reason: str) -> str:
    """A decision's reason without blanks around it. Raises InputError for none, or a long one."""
    kept = reason.strip()
    if not kept:
        raise InputError("Give a reason: it is shown wherever the decision is.")
    if len(kept) > LONGEST_REASON:
        raise InputError(
            "The reason has {length} characters; {most} are the most.", length=len(kept), most=LONGEST_REASON
        )
    return kept
