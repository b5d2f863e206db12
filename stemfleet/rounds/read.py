"""Rounds as pages and commands show them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from stemfleet.errors import NotFound
from stemfleet.rounds.process import MOVES, STANDING, find_round
from stemfleet.store import Attachment, HistoryEntry, Lot, Offer, Round, School, Store, read_history
from stemfleet.words import OfferState, RoundState, RoundStep
from stemfleet.workshop import Workshop


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

    @property
    def notices(self) -> list[str]:
        """What the step told the person who runs the round, in English."""
        return [notice["text"].format(**notice["facts"]) for notice in self.facts.get("notices", ())]

    def as_json(self) -> dict[str, Any]:
        return {**self.__dict__, "at": self.at.isoformat()}


@dataclass(frozen=True)
class RoundView:
    """A round: its log from the first step on, what can be done next, and its offers by school.

    `sizes`: bytes of each published file, by sha256; `schools`: names of the schools that log and offers speak of.
    """

    round: Round
    steps: Sequence[StepView]
    offers: Sequence[Offer]
    sizes: Mapping[str, int]
    schools: Mapping[str, str]

    @property
    def is_public(self) -> bool:
        """Whether it has published something; what was taken back since stays in the log that everybody sees."""
        return self.round.state is not RoundState.DRAFT or any(s.step == RoundStep.WITHDRAWN for s in self.steps)

    @property
    def reached(self) -> dict[str, datetime]:
        """State → when the round came to it; what was taken back is left out."""
        found: dict[str, datetime] = {}
        for step in self.steps:
            if step.step in (RoundStep.DRAFTED, RoundStep.WITHDRAWN):
                found.clear()
            found.setdefault(step.state, step.at)
        return found

    @property
    def open_offers(self) -> list[Offer]:
        return [offer for offer in self.offers if offer.state is OfferState.OPEN]

    @property
    def next_moment(self) -> datetime | None:
        """When the round's window or deadline ends, or its random value is public; None when it waits for a person."""
        moments = {
            RoundState.PROVISIONAL: self.round.objections_until,
            RoundState.FROZEN: self.round.beacon_expected,
            RoundState.PUBLISHED: self.round.appeals_until,
            RoundState.APPEALS: self.round.appeals_until,
            RoundState.OFFERS: min((offer.deadline for offer in self.open_offers), default=None),
        }
        return moments.get(self.round.state)

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


@dataclass(frozen=True)
class OfferView:
    """An offer to a school, with what it is of; `late`: its deadline is over."""

    offer: Offer
    title: str  # of the wave
    model: str
    units: int
    late: bool


def list_rounds(store: Store) -> list[Round]:
    """All rounds, replays too, the newest first."""
    with store.read() as session:
        return list(session.exec(select(Round).order_by(col(Round.created).desc(), Round.wave_code)).all())


def list_offers(workshop: Workshop, school: str) -> list[OfferView]:
    """The offers that a school can answer, or accepted and can still give back; the next deadline first."""
    chosen = (
        select(Offer, Round.title, Lot)
        .join(Round, col(Round.wave_code) == Offer.wave_code)
        .join(Lot, (col(Lot.wave_code) == Offer.wave_code) & (col(Lot.lot) == Offer.lot))
        .where(Offer.school_code == school, Round.state == RoundState.OFFERS, col(Offer.state).in_(STANDING))
        .order_by(col(Offer.deadline))
    )
    with workshop.store.read() as session:
        return [
            OfferView(offer, title, lot.model, lot.units_per_award, workshop.clock() > offer.deadline)
            for offer, title, lot in session.exec(chosen)
        ]


def show_round(store: Store, wave: str) -> RoundView:
    """Raises NotFound."""
    with store.read() as session:
        found = find_round(session, wave)
        log = read_history(session, "round", wave)
        steps = [StepView.of(number, entry, person) for number, (entry, person) in enumerate(log, start=1)]
        offers = session.exec(
            select(Offer).where(Offer.wave_code == wave).order_by(Offer.school_code, col(Offer.id))
        ).all()
        hashes = {sha256 for step in steps for sha256 in step.published.values()}
        codes = {offer.school_code for offer in offers}.union(*(_schools_of(step) for step in steps))
        return RoundView(found, steps, offers, _sizes(session, hashes), _names(session, codes))


def read_published(store: Store, wave: str, step: int) -> dict[str, bytes]:
    """The files that a step of the log (from 1) published, by name. Raises NotFound when it published none."""
    published = _published(store, wave, step)
    with store.read() as session:
        return {name: _content(session, sha256) for name, sha256 in published.items()}


def read_published_file(store: Store, wave: str, step: int, name: str) -> tuple[bytes, str]:
    """(content, sha256) of one file that a step published. Raises NotFound."""
    published = _published(store, wave, step)
    if name not in published:
        raise NotFound("Step {step} of round {wave} published no file {name}.", step=step, wave=wave, name=name)
    with store.read() as session:
        return _content(session, published[name]), published[name]


def _published(store: Store, wave: str, step: int) -> Mapping[str, str]:
    with store.read() as session:
        find_round(session, wave)
        log = read_history(session, "round", wave)
    published: Mapping[str, str] = log[step - 1][0].facts.get("published", {}) if 1 <= step <= len(log) else {}
    if not published:
        raise NotFound("Step {step} of round {wave} published no files.", step=step, wave=wave)
    return published


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


def _sizes(session: Session, hashes: set[str]) -> dict[str, int]:
    """Without reading the files: those of 14,000 applicants are megabytes."""
    sized = select(Attachment.sha256, Attachment.size).where(col(Attachment.sha256).in_(hashes))
    return dict(session.exec(sized).all())


def _schools_of(step: StepView) -> set[str]:
    facts = step.facts
    named = {facts["school"]} if "school" in facts else set()
    named.update(facts.get("schools", ()), facts.get("offers", ()), facts.get("new_offers", ()))
    return named.union(change["school"] for change in facts.get("difference", ()))


def school_names(store: Store, codes: Iterable[str]) -> dict[str, str]:
    """Name by code, of those that are known."""
    with store.read() as session:
        return _names(session, set(codes))


def _names(session: Session, codes: set[str]) -> dict[str, str]:
    return dict(session.exec(select(School.code, School.name).where(col(School.code).in_(codes))).all())


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
