"""Kits as pages and commands show them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, false, func, or_, select

from stemfleet.kits.gate import OpenPoint, boards_of, gate_of
from stemfleet.kits.override import OverrideView, overrides_of
from stemfleet.kits.tags import find_kit
from stemfleet.registers import search_words
from stemfleet.store import (
    Award,
    Board,
    BoardRun,
    HistoryEntry,
    Kit,
    KitReport,
    Person,
    School,
    Store,
    found_by,
    read_history,
)
from stemfleet.words import KitState, Role
from stemfleet.workshop import Workshop


@dataclass(frozen=True)
class KitView:
    """A kit with everything that its page shows. `runs` newest first; `history` oldest first, with names.

    `waived`: open points that an override covers; `roles`: of the persons in runs and history, by their number.
    """

    kit: Kit
    school: School | None
    award: Award | None
    boards: Sequence[Board]
    runs: Sequence[BoardRun]
    reports: Sequence[KitReport]
    history: Sequence[tuple[HistoryEntry, str]]
    open_points: Sequence[OpenPoint]
    waived: Sequence[OpenPoint]
    overrides: Sequence[OverrideView]
    roles: Mapping[int, Role]

    def as_json(self, *, names: bool = True) -> dict[str, Any]:
        """What `kit show --json` prints. Without `names`, as schools get it, persons are their roles."""

        def called(person_id: int, name: str) -> str:
            return name if names else self.roles[person_id].value

        return {
            "tag": self.kit.tag,
            "model": self.kit.model,
            "state": self.kit.state,
            "delivery_lot": self.kit.delivery_lot,
            "supplier": self.kit.supplier,
            "school": self.kit.school_code,
            "wave": self.award.wave_code if self.award else None,
            "lot": self.award.lot if self.award else None,
            "boards": [{"board_id": board.id, "recipe": board.recipe} for board in self.boards],
            "open_points": [point.as_json() for point in self.open_points],
            "waived_points": [point.as_json() for point in self.waived],
            "overrides": [_override_json(view, called) for view in self.overrides],
            "runs": [{**run.record, "operator": called(run.person_id, run.record["operator"])} for run in self.runs],
            "reports": [{"works": r.works, "note": r.note, "at": r.at.isoformat()} for r in self.reports],
            "history": [
                {
                    "at": entry.at.isoformat(),
                    "person": called(entry.person_id, name),
                    "verb": entry.verb,
                    "facts": {key: fact for key, fact in entry.facts.items() if names or key != "console"},
                }
                for entry, name in self.history
            ],
        }


def _override_json(view: OverrideView, called: Callable[[int, str], str]) -> dict[str, Any]:
    override = view.override
    return {
        "reason": override.reason,
        "points": [point.as_json() for point in view.points],
        "over": [point.as_json() for point in view.over],
        "asked_by": called(view.asked_by.id, view.asked_by.name),
        "asked": override.asked.isoformat(),
        "decided_by": called(view.decided_by.id, view.decided_by.name) if view.decided_by else None,
        "decided": override.decided.isoformat() if override.decided else None,
        "approved": override.approved,
    }


def show_kit(workshop: Workshop, tag: str) -> KitView:
    """Raises InputError for what is no tag, NotFound for a tag that nobody issued."""
    with workshop.store.read() as session:
        kit = find_kit(session, tag)
        runs = select(BoardRun).where(BoardRun.kit_tag == kit.tag).order_by(col(BoardRun.id).desc())
        gate = gate_of(session, workshop, kit)
        reports = select(KitReport).where(KitReport.kit_tag == kit.tag).order_by(col(KitReport.id).desc())
        found, history = session.exec(runs).all(), read_history(session, "kit", kit.tag)
        overrides = overrides_of(session, kit.tag, gate)
        people = {run.person_id for run in found} | {entry.person_id for entry, _name in history}
        people |= {person.id for view in overrides for person in (view.asked_by, view.decided_by) if person}
        persons = session.exec(select(Person).where(col(Person.id).in_(people)))
        return KitView(
            kit=kit,
            school=session.get(School, kit.school_code) if kit.school_code else None,
            award=session.get(Award, kit.award_id) if kit.award_id else None,
            boards=boards_of(session, kit),
            runs=found,
            reports=session.exec(reports).all(),
            history=history,
            open_points=list(gate.open),
            waived=list(gate.waived),
            overrides=overrides,
            roles={person.id: person.role for person in persons},
        )


def list_kits(
    store: Store,
    *,
    state: KitState | None = None,
    model: str | None = None,
    school: str | None = None,
    words: str = "",
    limit: int | None = None,
    offset: int = 0,
) -> Sequence[tuple[Kit, str | None]]:
    """(kit, name of its recipient), by tag; `words`: part of the tag, the recipient's code, or words of its name."""
    chosen = select(Kit, School.name).join(School, col(School.code) == Kit.school_code, isouter=True)
    if state is not None:
        chosen = chosen.where(Kit.state == state)
    if model is not None:
        chosen = chosen.where(Kit.model == model)
    if school is not None:
        chosen = chosen.where(Kit.school_code == school)
    with store.read() as session:
        if words.strip():
            chosen = chosen.where(_has(session, words.strip()))
        return session.exec(chosen.order_by(Kit.tag).offset(offset).limit(limit)).all()


def _has(session: Session, words: str) -> ColumnElement[bool]:
    text = words.upper()
    by_tag = col(Kit.tag).contains(text, autoescape=True)
    readings = search_words(words)
    by_name = found_by(session, readings) if readings else false()
    return or_(by_tag, col(Kit.school_code) == text, by_name)


def count_kits(store: Store) -> dict[KitState, int]:
    """How many kits are in each state; states without kits are left out."""
    with store.read() as session:
        counted = select(Kit.state, func.count()).group_by(col(Kit.state))
        return {KitState(state): number for state, number in session.exec(counted)}
