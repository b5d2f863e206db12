"""Waves as pages and commands show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy.orm import QueryableAttribute, defer
from sqlmodel import Session, col, func, select

from stemfleet.allocation.checking import sizes_in, unzipped_one
from stemfleet.errors import NotFound
from stemfleet.store import Application, Award, Kit, Lot, School, Store, Wave
from stemfleet.words import RecipientKind

# The files of a wave of 14,000 applicants are megabytes, which a list must not read.
_WITHOUT_FILES = tuple(
    defer(cast(QueryableAttribute[Any], column)) for column in (Wave.bundle, Wave.rules, Wave.result)
)


@dataclass(frozen=True)
class LotView:
    """A lot with its awards, to schools and to departments, and how many of its kits have left."""

    lot: Lot
    awards: int
    to_departments: int
    shipped: int

    def as_json(self) -> dict[str, Any]:
        return {
            "lot": self.lot.lot,
            "model": self.lot.model,
            "seats": self.lot.seats,
            "units": self.lot.seats * self.lot.units_per_award,
            "awards": self.awards,
        }


@dataclass(frozen=True)
class WaveView:
    """A wave with its lots; `year` decides about repeats. Prizes are not `drawn` and have no random value."""

    code: str
    title: str
    year: int
    planning: bool
    drawn: bool
    digest: str
    beacon_source: str | None
    beacon_round: str | None
    beacon_value: str | None
    lots: Sequence[LotView]

    @property
    def schools(self) -> int:
        """Awards to schools: departments are never counted among them."""
        return sum(lot.awards - lot.to_departments for lot in self.lots)

    @property
    def departments(self) -> int:
        return sum(lot.to_departments for lot in self.lots)

    def as_json(self) -> dict[str, Any]:
        """What `wave list --json` prints for each wave."""
        return {
            "wave": self.code,
            "title": self.title,
            "year": self.year,
            "planning": self.planning,
            "digest": self.digest,
            "lots": [lot.as_json() for lot in self.lots],
        }


@dataclass(frozen=True)
class AwardRow:
    """Who got what, and why: the place that was taken, the points with every line, the place in the order of merit."""

    award: Award
    school: School
    application: Application

    def as_json(self) -> dict[str, Any]:
        return {
            "school": self.school.code,
            "name": self.school.name,
            "lot": self.award.lot,
            "model": self.award.model,
            "place": self.award.place,
            "units": self.award.units,
            "points": self.application.points,
            "merit": self.application.merit,
            "categories": self.application.categories,
            "lines": self.application.lines,
        }


def list_waves(store: Store) -> list[WaveView]:
    """All allocated waves, oldest first."""
    with store.read() as session:
        waves = session.exec(select(Wave).options(*_WITHOUT_FILES).order_by(col(Wave.year), Wave.code)).all()
        return [_view(session, wave) for wave in waves]


def show_wave(store: Store, code: str) -> tuple[WaveView, list[AwardRow]]:
    """The wave and its awards by lot and merit. Raises NotFound."""
    with store.read() as session:
        wave = find_wave(session, code)
        joined = (
            select(Award, School, Application)
            .join(School, col(School.code) == Award.school_code)
            .join(
                Application,
                (col(Application.wave_code) == Award.wave_code) & (col(Application.school_code) == Award.school_code),
            )
            .where(Award.wave_code == code)
            .order_by(Award.lot, col(Application.merit))
        )
        return _view(session, wave), [AwardRow(*row) for row in session.exec(joined)]


def read_bundle(store: Store, code: str) -> tuple[bytes, str]:
    """(the public bundle as a zip, its digest). Raises NotFound."""
    with store.read() as session:
        wave = find_wave(session, code)
        return wave.bundle, wave.digest


def list_bundle(store: Store, code: str) -> list[tuple[str, int]]:
    """(name, size in bytes) of every file of the bundle. Raises NotFound."""
    return sizes_in(read_bundle(store, code)[0])


def read_bundle_file(store: Store, code: str, name: str) -> bytes:
    """One file of the bundle. Raises NotFound."""
    content = unzipped_one(read_bundle(store, code)[0], name)
    if content is None:
        raise NotFound("The bundle of {wave} has no file {name}.", wave=code, name=name)
    return content


def find_wave(session: Session, code: str) -> Wave:
    """Its bundle, rules and result are read when they are asked for, within the session. Raises NotFound."""
    wave = session.get(Wave, code, options=_WITHOUT_FILES)
    if wave is None:
        raise NotFound("There is no wave {code}.", code=code)
    return wave


def _view(session: Session, wave: Wave) -> WaveView:
    lots = session.exec(select(Lot).where(Lot.wave_code == wave.code).order_by(col(Lot.position))).all()
    counted = (
        select(Award.lot, School.kind, func.count())
        .join(School, col(School.code) == Award.school_code)
        .where(Award.wave_code == wave.code)
        .group_by(Award.lot, col(School.kind))
    )
    awards = {(lot, kind): number for lot, kind, number in session.exec(counted)}
    left = (
        select(Award.lot, func.count())
        .join(Kit, col(Kit.award_id) == Award.id)
        .where(Award.wave_code == wave.code, col(Kit.shipment_id).is_not(None))
        .group_by(Award.lot)
    )
    shipped = dict(session.exec(left).all())
    return WaveView(
        code=wave.code,
        title=wave.title,
        year=wave.year,
        planning=wave.planning,
        drawn=wave.seed is not None,
        digest=wave.digest,
        beacon_source=wave.beacon_source,
        beacon_round=wave.beacon_round,
        beacon_value=wave.beacon_value,
        lots=[
            LotView(
                lot=lot,
                awards=sum(awards.get((lot.lot, kind), 0) for kind in RecipientKind),
                to_departments=awards.get((lot.lot, RecipientKind.DEPARTMENT), 0),
                shipped=shipped.get(lot.lot, 0),
            )
            for lot in lots
        ],
    )
