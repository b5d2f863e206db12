"""Prize waves: the winners of a contest get given equipment. Nothing is drawn; tracking is that of every wave."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from stemfleet.allocation.bundle import SUMS, sums_of, zip_files
from stemfleet.allocation.canonical import canonical, digest
from stemfleet.allocation.reading import LOT_CODE, WAVE_CODE, At, a_code
from stemfleet.catalogue import Model, find_model
from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.schools import categories_of
from stemfleet.store import Application, Award, Lot, Person, Round, School, Wave, write_history
from stemfleet.words import Place, Role
from stemfleet.workshop import Workshop

FORMAT = "stemfleet-prizes/1"
PRIZES = "prizes.json"


@dataclass(frozen=True)
class Winner:
    """A school or department that won: `edition` of the contest and `rank` in it as texts, and what it gets."""

    school: str
    model: str
    edition: str
    rank: str
    units: int = 1

    @property
    def lot(self) -> str:
        """Winners of as many units of one model share a lot."""
        return self.model if self.units == 1 else f"{self.model}-x{self.units}"

    def as_json(self) -> dict[str, Any]:
        return {
            "school": self.school,
            "model": self.model,
            "edition": self.edition,
            "rank": self.rank,
            "units": self.units,
        }


def award_prizes(
    workshop: Workshop, person: Person, code: str, title: str, year: int, winners: Sequence[Winner]
) -> str:
    """Stores a wave of prizes, in the order of the list, and its public file. Gives the digest.

    Raises Refused when there is such a wave, NotFound for an unknown school or model, InputError for a list that
    cannot be used; nothing is stored then.
    """
    person.must_be(Role.NSO)
    a_code(code, At(PRIZES).key("wave"), WAVE_CODE)
    if not title.strip():
        raise InputError("A wave of prizes has a title.")
    _check(winners)
    with workshop.store.write() as session:
        if session.get(Wave, code) is not None or session.get(Round, code) is not None:
            raise Refused("There is a wave {wave} already. Give this one another code.", wave=code)
        for winner in winners:
            _check_recipient(session, workshop.models, winner)
        listed = [winner.as_json() for winner in winners]
        document = {"format": FORMAT, "wave": code, "title": title, "year": year, "prizes": listed}
        wave = _wave(person, document)
        session.add(wave)
        session.flush()
        _keep(session, code, winners)
        write_history(session, person, "wave", code, "prizes_awarded", digest=wave.digest, awards=len(winners))
        return wave.digest


def _wave(person: Person, document: Mapping[str, Any]) -> Wave:
    """Without value and seed: nothing is drawn."""
    files = {PRIZES: canonical(document)}
    files[SUMS] = sums_of(files)
    packed = io.BytesIO()
    zip_files(packed, files)
    return Wave(
        code=document["wave"],
        title=document["title"],
        year=document["year"],
        rules={},
        result={},
        bundle=packed.getvalue(),
        digest=digest(files[SUMS]),
        planning=False,
        person_id=person.id,
    )


def _keep(session: Session, code: str, winners: Sequence[Winner]) -> None:
    """The lots, the awards, and for each winner what it came with: its place in the list instead of points."""
    lots = list(dict.fromkeys(winner.lot for winner in winners))
    for position, lot in enumerate(lots):
        of_lot = [winner for winner in winners if winner.lot == lot]
        model, units = of_lot[0].model, of_lot[0].units
        session.add(
            Lot(wave_code=code, lot=lot, position=position, model=model, seats=len(of_lot), units_per_award=units)
        )
    categories = categories_of(session, [winner.school for winner in winners])
    for place, winner in enumerate(winners, start=1):
        school = session.get_one(School, winner.school)
        session.add(
            Application(
                wave_code=code,
                school_code=school.code,
                level=school.level,
                region=school.region,
                categories=categories.get(school.code, []),
                points=0,
                lines=[[f"{winner.edition}: {winner.rank}", 0]],
                preferences=[winner.lot],
                ineligible={},
                merit=place,
            )
        )
        session.add(
            Award(
                wave_code=code,
                lot=winner.lot,
                model=winner.model,
                school_code=school.code,
                place=Place.PRIZE,
                units=winner.units,
            )
        )
    session.flush()


def _check(winners: Sequence[Winner]) -> None:
    if not winners:
        raise InputError("Name at least one winner.")
    seen: set[str] = set()
    for winner in winners:
        if winner.school in seen:
            raise InputError(
                "School {school} is among the winners twice. One wave gives it one award.", school=winner.school
            )
        if not 1 <= winner.units <= 1000:
            raise InputError(
                "School {school}: {units} kits; give a number from 1 to 1000.",
                school=winner.school,
                units=winner.units,
            )
        a_code(winner.lot, At(PRIZES).key("lot"), LOT_CODE)
        seen.add(winner.school)


def _check_recipient(session: Session, models: Mapping[str, Model], winner: Winner) -> None:
    school = session.get(School, winner.school)
    if school is None:
        raise NotFound("There is no school {code}.", code=winner.school)
    model = find_model(models, winner.model)
    if school.level not in model.levels:
        raise InputError(
            "{model} is not made for school {school} (level {level}).",
            model=model.name,
            school=school.code,
            level=school.level,
        )
