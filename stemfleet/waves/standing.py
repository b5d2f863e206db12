"""One school in a published list: its line, why it stands there, and what happened to it after the draw."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlmodel import Session, col, select

from stemfleet.allocation.checking import unzipped, unzipped_one
from stemfleet.allocation.explaining import explain_school
from stemfleet.errors import NotFound
from stemfleet.registers import recipient_code
from stemfleet.store import HistoryEntry, Lot, Offer, Round, School, Store, Wave, read_history
from stemfleet.waves.lists import Line, find_line
from stemfleet.waves.read import find_wave, read_bundle
from stemfleet.words import RoundStep, SchoolStatus

Change = tuple[str | None, str | None]  # (lot before, lot after)
_TEXTS_KEPT = 4  # 14,000 explanations in one language take 25 MB


@dataclass(frozen=True)
class Happened:
    """A step of the round that touched the school. `change`: (lot before, lot after) when its place changed.

    `fields`: what was corrected, as (name, before, after); `lot`: what it was offered, accepted, declined or lost;
    `of_other`: it was about another school, and this one's place changed by it.
    """

    at: datetime
    step: str
    reason: str | None = None
    fields: Sequence[tuple[str, Any, Any]] = ()
    upheld: bool | None = None
    remedy: str | None = None
    lot: str | None = None
    change: Change | None = None
    of_other: bool = False


@dataclass(frozen=True)
class SchoolStanding:
    """What a school's own page of a wave shows. `explanation`: as in the bundle; None for prizes, which are given.

    `waiting`: lot → length of its waiting list; `offers`: oldest first.
    """

    wave: Wave
    lots: Sequence[Lot]
    line: Line
    waiting: Mapping[str, int]
    explanation: str | None
    happened: Sequence[Happened]
    offers: Sequence[Offer]
    replay: bool

    @property
    def models(self) -> dict[str, str]:
        """Lot → model of its kits."""
        return {lot.lot: lot.model for lot in self.lots}


class Why(StrEnum):
    """Why a code leads to no line of a list."""

    NO_CODE = "no_code"  # not the form of a code
    UNKNOWN = "unknown"  # no school of the register has it
    NOT_WORKING = "not_working"  # closed down or suspended
    LEVEL = "level"  # no lot is for its level
    NO_WINNER = "no_winner"  # of a wave of prizes
    LATER = "later"  # in the register now, and not when the list was made


@dataclass(frozen=True)
class Absent:
    """A code that was looked for in vain; `school`: the one that has it."""

    typed: str
    why: Why
    school: School | None = None


def show_standing(store: Store, wave: str, school: str, language: str) -> SchoolStanding:
    """`language` of the explanation is `el` or `en`. Raises NotFound for an unknown wave or a school not in it."""
    with store.read() as session:
        stored = find_wave(session, wave)
        line = find_line(session, stored, school)
        if line is None:
            raise NotFound("School {school} is not in the list of {wave}.", school=school, wave=wave)
        offers = select(Offer).where(Offer.wave_code == wave, Offer.school_code == school).order_by(col(Offer.id))
        round_ = session.get(Round, wave)
        return SchoolStanding(
            wave=stored,
            lots=session.exec(select(Lot).where(Lot.wave_code == wave).order_by(col(Lot.position))).all(),
            line=line,
            waiting={lot: len(schools) for lot, schools in stored.result.get("waiting", {}).items()},
            explanation=None if stored.seed is None else _explain(store, wave, stored.digest, school, language),
            happened=happened_to(session, wave, school),
            offers=session.exec(offers).all(),
            replay=round_ is None or round_.replay,
        )


def find_school(store: Store, wave: str, typed: str) -> str | Absent:
    """The code as the wave's list has it (blanks and dropped leading zeros do not matter), or why it has none.

    Raises NotFound for an unknown wave.
    """
    with store.read() as session:
        stored = find_wave(session, wave)
        code = recipient_code(typed.strip())[0]
        if code is not None and find_line(session, stored, code) is not None:
            return code
        if stored.seed is None and code is not None:
            return Absent(typed, Why.NO_WINNER, session.get(School, code))
        return why_absent(session, typed, stored.rules)


def why_absent(session: Session, typed: str, rules: Mapping[str, Any]) -> Absent:
    """Why a school is in no list that was made by the rules."""
    code = recipient_code(typed.strip())[0]
    if code is None:
        return Absent(typed, Why.NO_CODE)
    school = session.get(School, code)
    if school is None:
        return Absent(typed, Why.UNKNOWN)
    if school.status is not SchoolStatus.ACTIVE:
        return Absent(typed, Why.NOT_WORKING, school)
    fits = any(lot["levels"] is None or school.level in lot["levels"] for lot in rules["lots"])
    return Absent(typed, Why.LATER if fits else Why.LEVEL, school)


def happened_to(session: Session, wave: str, school: str) -> list[Happened]:
    """The steps of the round that touched the school, oldest first; what was taken back is left out."""
    log = [entry for entry, _person in read_history(session, "round", wave)]
    back = [number for number, entry in enumerate(log, start=1) if entry.verb == RoundStep.WITHDRAWN]
    found: list[Happened] = []
    known: Change | None = None
    for entry in log[back[-1] if back else 0 :]:
        change = _change(entry, school) if "difference" in entry.facts else known
        found += _touching(entry, school, _moved(known, change))
        known = change
    return found


def _moved(known: Change | None, change: Change | None) -> Change | None:
    """What a step changed, from the differences to the first list before and after it."""
    if known == change:
        return None
    before = known[1] if known else change and change[0]
    after = change[1] if change else known and known[0]
    return before, after


def _change(entry: HistoryEntry, school: str) -> Change | None:
    """What the school holds otherwise than on the first published list; every step tells the whole difference."""
    for row in entry.facts["difference"]:
        if row["school"] == school:
            return row["before"], row["after"]
    return None


def _touching(entry: HistoryEntry, school: str, change: Change | None) -> Iterator[Happened]:
    facts = entry.facts
    if facts.get("school") == school:
        yield Happened(
            entry.at,
            entry.verb,
            reason=facts.get("reason"),
            fields=[(name, old, new) for name, (old, new) in facts.get("fields", {}).items()],
            upheld=facts.get("upheld"),
            remedy=facts.get("remedy"),
            lot=facts.get("lot") or ", ".join(facts.get("lots", ())) or None,
            change=change,
        )
    elif change is not None:
        yield Happened(entry.at, entry.verb, change=change, of_other=entry.verb == RoundStep.APPEAL_DECIDED)
    elif school in facts.get("schools", ()):
        yield Happened(entry.at, entry.verb)
    offered = {**(facts.get("offers") or {}), **(facts.get("new_offers") or {})}
    if school in offered:
        yield Happened(entry.at, RoundStep.OFFERED, lot=offered[school])


def _explain(store: Store, wave: str, digest: str, school: str, language: str) -> str:
    texts = _texts(store, wave, digest, language)
    return (
        explain_school(unzipped(read_bundle(store, wave)[0], wave), school, language)
        if texts is None
        else texts[school]
    )


@lru_cache(maxsize=_TEXTS_KEPT)
def _texts(store: Store, wave: str, digest: str, language: str) -> Mapping[str, str] | None:  # noqa: ARG001
    """School → explanation, as published under the digest; None when the bundle is too large to have them."""
    content = unzipped_one(read_bundle(store, wave)[0], f"explanations.{language}.json")
    texts: Mapping[str, str] | None = None if content is None else json.loads(content)
    return texts
