"""The published points of a round before its draw: every applicant, from the very file that was published."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlmodel import Session, col, select

from stemfleet.allocation.bundle import APPLICANTS, RULES
from stemfleet.errors import NotFound
from stemfleet.registers import recipient_code, search_words
from stemfleet.rounds.process import find_round, read_bytes
from stemfleet.store import Attachment, Round, School, Store, meant_by, read_history
from stemfleet.waves.lists import Chosen, Line, Standing, categories_in
from stemfleet.waves.standing import Absent, Happened, happened_to, why_absent
from stemfleet.words import RoundState, RoundStep

_FILES_KEPT = 4  # the rows of 14,000 applicants take 20 MB
_TAKEN_BACK = (RoundState.DRAFT, RoundState.RULES_PUBLISHED)


@dataclass(frozen=True)
class Version:
    """A publication of the points: the number of its step in the round's log, when, the file's hash.

    `frozen`: as they went into the draw.
    """

    step: int
    at: datetime
    sha256: str
    frozen: bool


@dataclass(frozen=True)
class PointsList:
    """Published points, or a page of them, by points and then code. `versions`: the newest first.

    `taken_back`: the round is a draft again, and these points are void.
    """

    round: Round
    version: Version
    versions: Sequence[Version]
    taken_back: bool
    lots: Sequence[str]
    categories: Sequence[str]
    found: int
    total: int
    lines: Sequence[Line]


@dataclass(frozen=True)
class SchoolPoints:
    """One school in the newest published points; `happened`: what was corrected since, by the log."""

    points: PointsList
    line: Line
    happened: Sequence[Happened]


def list_points(
    store: Store,
    wave: str,
    chosen: Chosen | None = None,
    *,
    version: int | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> PointsList:
    """The published points of a round; `version` is the step of the log that published them, None the newest.

    Raises NotFound for an unknown round, version, or when none were published.
    """
    chosen = chosen or Chosen()
    with store.read() as session:
        round_, versions = _versions(session, wave)
        of = next((found for found in versions if version in (None, found.step)), None)
        if of is None:
            raise NotFound("Step {step} of round {wave} published no points.", step=version, wave=wave)
        rows = _rows(store, of.sha256)
        wanted = [row for row in rows if _fits(row, chosen)]
        if chosen.words.strip():
            meant = meant_by(session, chosen.words, search_words(chosen.words))
            codes = set(session.exec(select(School.code).where(meant)))
            wanted = [row for row in wanted if row["school"] in codes]
        shown = wanted[offset : None if limit is None else offset + limit]
        rules = json.loads(read_bytes(session, round_, RULES) or b"{}")
        return PointsList(
            round=round_,
            version=of,
            versions=versions,
            taken_back=round_.state in _TAKEN_BACK,
            lots=[lot["lot"] for lot in rules["lots"]],
            categories=categories_in(rules),
            found=len(wanted),
            total=len(rows),
            lines=_lines(session, shown),
        )


def show_points(store: Store, wave: str, school: str) -> SchoolPoints:
    """One school in the newest published points. Raises NotFound."""
    points = list_points(store, wave, limit=0)
    with store.read() as session:
        row = next((row for row in _rows(store, points.version.sha256) if row["school"] == school), None)
        if row is None:
            raise NotFound("School {school} is not in the list of {wave}.", school=school, wave=wave)
        return SchoolPoints(points, _lines(session, [row])[0], happened_to(session, wave, school))


def find_points(store: Store, wave: str, typed: str) -> str | Absent:
    """The code as the newest published points have it, or why they have none. Raises NotFound."""
    points, code = list_points(store, wave, limit=0), recipient_code(typed.strip())[0]
    if any(row["school"] == code for row in _rows(store, points.version.sha256)):
        assert code is not None
        return code
    with store.read() as session:
        return why_absent(session, typed, json.loads(read_bytes(session, points.round, RULES) or b"{}"))


def _versions(session: Session, wave: str) -> tuple[Round, list[Version]]:
    round_ = find_round(session, wave)
    found = [
        Version(step, entry.at, entry.facts["published"][APPLICANTS], entry.verb == RoundStep.FROZEN)
        for step, (entry, _person) in enumerate(read_history(session, "round", wave), start=1)
        if entry.verb in (RoundStep.POINTS_PUBLISHED, RoundStep.FROZEN)
    ]
    if not found:
        raise NotFound("The points of {wave} were not published before a draw.", wave=wave)
    return round_, found[::-1]


@lru_cache(maxsize=_FILES_KEPT)
def _rows(store: Store, sha256: str) -> Sequence[Mapping[str, Any]]:
    """The applicants of a published file, most points first."""
    with store.read() as session:
        content = session.get_one(Attachment, sha256).content
    rows: list[Mapping[str, Any]] = json.loads(content)["applicants"]
    return sorted(rows, key=lambda row: (-row["points"], row["school"]))


def _fits(row: Mapping[str, Any], chosen: Chosen) -> bool:
    """`lot`: open to the school and wanted; `standing`: some lot is, or none."""
    return (
        (not chosen.standing or (chosen.standing == Standing.CLOSED) == (not row["preferences"]))
        and (not chosen.lot or chosen.lot in row["preferences"])
        and (not chosen.level or row["level"] == chosen.level)
        and (not chosen.region or row["region"] == chosen.region)
        and (not chosen.category or chosen.category in row["categories"])
    )


def _lines(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[Line]:
    codes = select(School.code, School.name)
    if len(rows) <= 1000:
        codes = codes.where(col(School.code).in_([row["school"] for row in rows]))
    names: dict[str, str] = dict(session.exec(codes).all())
    return [
        Line(
            school=row["school"],
            name=names.get(row["school"], ""),
            level=row["level"],
            region=row["region"],
            categories=row["categories"],
            points=row["points"],
            lines=row["lines"],
            preferences=row["preferences"],
            ineligible=row["ineligible"],
        )
        for row in rows
    ]
