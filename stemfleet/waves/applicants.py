"""Who stands in a wave, with what: from the stored schools, evidence and earlier awards to the round's applicants."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from stemfleet.allocation.eligibility import closed_by, final_preferences
from stemfleet.allocation.values import Applicant, Ineligible, Lot, Rules
from stemfleet.catalogue import Model, find_model
from stemfleet.errors import InputError
from stemfleet.schools import categories_of, successor_of, successors
from stemfleet.store import Award, LegacyKit, School, Wave
from stemfleet.waves.items import read_items
from stemfleet.waves.points import Item, PointsTable
from stemfleet.words import Level, SchoolStatus


@dataclass(frozen=True)
class Repeats:
    """Who had which family of equipment within `repeat_years` before the wave: school → families.

    Kits on lists of earlier waves count like awards. What a school had that is part of another one now, or has
    another code, counts for that one.
    """

    families: Mapping[str, frozenset[str]]

    @classmethod
    def read(cls, session: Session, models: Mapping[str, Model], rules: Rules, year: int) -> "Repeats":
        earlier = select(Award.school_code, Award.model).join(Wave, col(Wave.code) == Award.wave_code)
        drawn = (col(Wave.planning).is_(False), Wave.code != rules.wave)
        earlier = earlier.where(*drawn, Wave.year <= year, Wave.year >= year - rules.repeat_years)
        listed = select(LegacyKit.school_code, LegacyKit.model)
        listed = listed.where(col(LegacyKit.year) <= year, col(LegacyKit.year) >= year - rules.repeat_years)
        moves = successors(session)
        found: dict[str, set[str]] = {}
        for school, model in (*session.exec(earlier), *session.exec(listed)):
            found.setdefault(successor_of(moves, school), set()).add(family_of(models, model))
        return cls({school: frozenset(families) for school, families in found.items()})


def family_of(models: Mapping[str, Model], model: str) -> str:
    """A model that is no longer known counts as a family of its own."""
    return models[model].family if model in models else model


def check_models(models: Mapping[str, Model], rules: Rules) -> None:
    """Raises NotFound for an unknown model, InputError for a lot open to a level that its kit is not made for."""
    for lot in rules.lots:
        model = find_model(models, lot.model)
        unfit = sorted(set(lot.levels if lot.levels is not None else Level) - set(model.levels))
        if unfit:
            raise InputError(
                "Lot {lot} is open to the level {level}, but {model} is not made for it",
                lot=lot.code,
                level=unfit[0],
                model=model.name,
            )


@dataclass(frozen=True)
class Closing:
    """Why lots of one wave are closed to a school."""

    rules: Rules
    families: Mapping[str, str]  # of equipment, by lot
    repeats: Repeats

    @classmethod
    def read(cls, session: Session, models: Mapping[str, Model], rules: Rules, year: int) -> "Closing":
        families = {lot.code: family_of(models, lot.model) for lot in rules.lots}
        return cls(rules, families, Repeats.read(session, models, rules, year))

    def lots(self, school: str, level: Level, categories: Collection[str]) -> dict[str, Ineligible]:
        """Lot → reason, for each that is closed to a school of this level and these categories."""
        return {lot.code: why for lot in self.rules.lots if (why := self._why(lot, school, level, categories))}

    def _why(self, lot: Lot, school: str, level: Level, categories: Collection[str]) -> Ineligible | None:
        if closed := closed_by(lot, level, categories):
            return closed
        if self.families[lot.code] in self.repeats.families.get(school, frozenset()):
            return Ineligible.REPEAT
        return None


@dataclass(frozen=True)
class _Round:
    """What decides about every applicant of one wave alike."""

    rules: Rules
    table: PointsTable
    closing: Closing

    def applicant(
        self, school: str, level: Level, region: str | None, of_register: Sequence[str], items: Sequence[Item]
    ) -> Applicant:
        categories = {*of_register, *self.table.categories_of(items)}
        if region is not None:
            categories.add(f"region:{region}")
        closed = self.closing.lots(school, level, categories)
        lines = self.table.lines(items, level)
        return Applicant(
            school=school,
            level=level,
            region=region,
            categories=frozenset(categories),
            points=sum(points for _label, points in lines),
            lines=tuple(lines),
            preferences=final_preferences(self.rules, None, closed),
            ineligible=closed,
        )


def build_applicants(session: Session, models: Mapping[str, Model], rules: Rules, year: int) -> list[Applicant]:
    """Every working school or department of a level that some lot is made for, by code; everything resolved."""
    this = _Round(
        rules=rules,
        table=PointsTable.read(rules.points, year),
        closing=Closing.read(session, models, rules, year),
    )
    categories = categories_of(session, None)
    items = dict(read_items(session, this.table, year))
    levels = {level for lot in rules.lots for level in (Level if lot.levels is None else lot.levels)}
    schools = select(School.code, School.level, School.region).where(School.status == SchoolStatus.ACTIVE)
    return [
        this.applicant(code, Level(level), region, categories.get(code, ()), items.get(code, ()))
        for code, level, region in session.exec(
            schools.where(col(School.level).in_(sorted(levels))).order_by(School.code)
        )
    ]
