"""The stored awards of a wave, brought to what its result and its extra seats say."""

from collections.abc import Mapping

from sqlmodel import Session, select

from stemfleet.allocation.values import Award as Drawn
from stemfleet.allocation.values import Result, Rules
from stemfleet.store import Award
from stemfleet.waves.keep import award_values
from stemfleet.words import Place


def keep_awards(session: Session, rules: Rules, result: Result, extra_seats: Mapping[str, str]) -> list[Award]:
    """Awards that go are deleted, those that stay keep their row. Gives the awards as they are then, by school."""
    drawn = {award.school: award for award in result.awards}
    drawn |= {school: Drawn(school, lot, Place.EXTRA) for school, lot in extra_seats.items()}
    stored = {award.school_code: award for award in session.exec(select(Award).where(Award.wave_code == rules.wave))}
    for school in stored.keys() - drawn.keys():
        session.delete(stored[school])
    session.flush()
    for school, award in drawn.items():
        values = award_values(rules, award)
        row = stored.setdefault(school, Award(**values))
        for column, value in values.items():
            setattr(row, column, value)
        session.add(row)
    session.flush()
    return [stored[school] for school in sorted(drawn)]
