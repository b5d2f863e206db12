"""Rounds as pages and commands show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from stemfleet.errors import NotFound
from stemfleet.rounds.process import MOVES, find_round
from stemfleet.store import Attachment, HistoryEntry, Offer, Round, Store, read_history
from stemfleet.words import RoundState, RoundStep


@dataclass(frozen=True)
class StepView:
    """A step of the log: when, by whom, what it published (file name → sha256), and the rest of its facts."""

    number: int
    at: datetime
    person: str
    step: str
    state: str
    published: Mapping[str, str]
    facts: Mapping[str, Any]
    sha256: str  # of the history's entry, which is bound to all entries before it

    @classmethod
    def of(cls, number: int, entry: HistoryEntry, person: str) -> "StepView":
        facts = dict(entry.facts)
        state, published = facts.pop("state", RoundState.CLOSED), facts.pop("published", {})
        return cls(number, entry.at, person, entry.verb, state, published, facts, entry.sha256)

    def as_json(self) -> dict[str, Any]:
        return {**self.__dict__, "at": self.at.isoformat()}


@dataclass(frozen=True)
class RoundView:
    """A round: its log from the first step on, what can be done next, and its offers by school."""

    round: Round
    steps: Sequence[StepView]
    offers: Sequence[Offer]

    @property
    def next_steps(self) -> list[RoundStep]:
        """The steps that the state allows; windows and deadlines may still forbid them."""
        return [] if self.round.replay else [step for step, move in MOVES.items() if self.round.state in move.before]

    def published(self, name: str) -> list[tuple[StepView, str]]:
        """(step, sha256) of every version of a file that was published, oldest first."""
        return [(step, step.published[name]) for step in self.steps if name in step.published]

    def as_json(self) -> dict[str, Any]:
        """What `round show --json` prints."""
        return {
            **round_row(self.round),
            "objections_from": _iso(self.round.objections_from),
            "objections_until": _iso(self.round.objections_until),
            "beacon": self._beacon(),
            "appeals_until": _iso(self.round.appeals_until),
            "extra_seats": self.round.extra_seats,
            "next": self.next_steps,
            "steps": [step.as_json() for step in self.steps],
            "offers": [_offer_row(offer) for offer in self.offers],
        }

    def _beacon(self) -> dict[str, Any] | None:
        if self.round.beacon_source is None:
            return None
        return {
            "source": self.round.beacon_source,
            "round": self.round.beacon_round,
            "expected": _iso(self.round.beacon_expected),
            "value": self.round.beacon_value,
        }


def list_rounds(store: Store) -> list[Round]:
    """All rounds, replays too, the newest first."""
    with store.read() as session:
        return list(session.exec(select(Round).order_by(col(Round.created).desc(), Round.wave_code)).all())


def show_round(store: Store, wave: str) -> RoundView:
    """Raises NotFound."""
    with store.read() as session:
        found = find_round(session, wave)
        log = read_history(session, "round", wave)
        steps = [StepView.of(number, entry, person) for number, (entry, person) in enumerate(log, start=1)]
        offers = session.exec(select(Offer).where(Offer.wave_code == wave).order_by(Offer.school_code, col(Offer.id)))
        return RoundView(found, steps, offers.all())


def read_published(store: Store, wave: str, step: int) -> dict[str, bytes]:
    """The files that a step of the log (from 1) published, by name. Raises NotFound when it published none."""
    view = show_round(store, wave)
    chosen = next((found for found in view.steps if found.number == step), None)
    if chosen is None or not chosen.published:
        raise NotFound("Step {step} of round {wave} published no files.", step=step, wave=wave)
    with store.read() as session:
        return {name: _content(session, sha256) for name, sha256 in chosen.published.items()}


def round_row(round_: Round) -> dict[str, Any]:
    """What `round list --json` prints for each."""
    return {
        "wave": round_.wave_code,
        "title": round_.title,
        "year": round_.year,
        "state": round_.state,
        "replay": round_.replay,
    }


def _offer_row(offer: Offer) -> dict[str, Any]:
    return {
        "school": offer.school_code,
        "lot": offer.lot,
        "state": offer.state,
        "made": _iso(offer.made),
        "deadline": _iso(offer.deadline),
        "answered": _iso(offer.answered),
    }


def _content(session: Session, sha256: str) -> bytes:
    return session.get_one(Attachment, sha256).content


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
