"""The process itself: which step leads from which state to which, and how a step is taken and logged.

    draft → rules_published → provisional → frozen → drawn → published → appeals → final → offers → closed

Back goes only `withdrawn`, from rules_published or provisional to draft; nothing does once the commitment is public.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from stemfleet.allocation.applicants_file import parse_applicants
from stemfleet.allocation.bundle import APPLICANTS, COMMITMENT, EVENTS, RULES, Inputs
from stemfleet.allocation.canonical import digest
from stemfleet.allocation.commitment import Commitment, parse_commitment
from stemfleet.allocation.engine import notices_of
from stemfleet.allocation.events import Event, events_bytes, parse_events
from stemfleet.allocation.rules_file import parse_rules
from stemfleet.allocation.values import Rules
from stemfleet.errors import NotFound, Refused
from stemfleet.store import Attachment, Person, Round, RoundFile, write_history
from stemfleet.words import OfferState, RoundState, RoundStep


@dataclass(frozen=True)
class Move:
    """A step may be taken in the states `before`, and leads to `after`; None: the state stays."""

    before: frozenset[RoundState]
    after: RoundState | None


def _move(*before: RoundState, to: RoundState | None = None) -> Move:
    return Move(frozenset(before), to)


MOVES: Mapping[RoundStep, Move] = {
    RoundStep.RULES_CHANGED: _move(RoundState.DRAFT),
    RoundStep.DROPPED: _move(RoundState.DRAFT),
    RoundStep.RULES_PUBLISHED: _move(RoundState.DRAFT, to=RoundState.RULES_PUBLISHED),
    RoundStep.POINTS_PUBLISHED: _move(RoundState.RULES_PUBLISHED, to=RoundState.PROVISIONAL),
    RoundStep.CORRECTED: _move(RoundState.PROVISIONAL),
    RoundStep.EXCLUDED: _move(RoundState.PROVISIONAL),
    RoundStep.OBJECTED: _move(RoundState.PROVISIONAL),
    RoundStep.OBJECTION_DECIDED: _move(RoundState.PROVISIONAL),
    RoundStep.WITHDRAWN: _move(RoundState.RULES_PUBLISHED, RoundState.PROVISIONAL, to=RoundState.DRAFT),
    RoundStep.FROZEN: _move(RoundState.PROVISIONAL, to=RoundState.FROZEN),
    RoundStep.DRAWN: _move(RoundState.FROZEN, to=RoundState.DRAWN),
    RoundStep.RESULTS_PUBLISHED: _move(RoundState.DRAWN, to=RoundState.PUBLISHED),
    RoundStep.APPEAL_DECIDED: _move(RoundState.PUBLISHED, RoundState.APPEALS, to=RoundState.APPEALS),
    RoundStep.FINALIZED: _move(RoundState.PUBLISHED, RoundState.APPEALS, to=RoundState.FINAL),
    RoundStep.OFFERED: _move(RoundState.FINAL, to=RoundState.OFFERS),
    RoundStep.ACCEPTED: _move(RoundState.OFFERS),
    RoundStep.DECLINED: _move(RoundState.OFFERS),
    RoundStep.EXPIRED: _move(RoundState.OFFERS),
    RoundStep.CLOSED: _move(RoundState.OFFERS, to=RoundState.CLOSED),
}
# These touch what the commitment's hashes are of.
_CHANGES_INPUTS = {
    RoundStep.RULES_CHANGED,
    RoundStep.DROPPED,
    RoundStep.RULES_PUBLISHED,
    RoundStep.POINTS_PUBLISHED,
    RoundStep.CORRECTED,
    RoundStep.EXCLUDED,
    RoundStep.OBJECTION_DECIDED,
    RoundStep.WITHDRAWN,
    RoundStep.FROZEN,
}
_ORDER = list(RoundState)
STANDING = (OfferState.OPEN, OfferState.ACCEPTED)  # an offer that its school has, or can still take


def find_round(session: Session, wave: str) -> Round:
    """Raises NotFound."""
    found = session.get(Round, wave)
    if found is None:
        raise NotFound("There is no round {wave}.", wave=wave)
    return found


def must_allow(session: Session, round_: Round, step: RoundStep) -> None:
    """Raises Refused, with the reason, when the round's state does not allow the step."""
    if round_.replay:
        raise Refused("Wave {wave} was allocated all at once: its round has no steps to take.", wave=round_.wave_code)
    if round_.state in MOVES[step].before:
        return
    if step in _CHANGES_INPUTS and _ORDER.index(round_.state) >= _ORDER.index(RoundState.FROZEN):
        committed = read_commitment(session, round_)
        raise Refused(
            "The inputs of round {wave} are frozen: their hashes were published on {published} (rules {rules}, "
            "applicants {applicants}), so neither they nor anything before can change. What is found wrong now is "
            "corrected by an appeal after the results.",
            wave=round_.wave_code,
            published=committed.published,
            rules=committed.rules_sha256,
            applicants=committed.applicants_sha256,
        )
    raise Refused(
        "Round {wave} is in the state {state}. The step {step} needs the state {needed}.",
        wave=round_.wave_code,
        state=round_.state,
        step=step,
        needed=" / ".join(state for state in _ORDER if state in MOVES[step].before),
    )


def take_step(
    session: Session,
    person: Person,
    round_: Round,
    step: RoundStep,
    published: Mapping[str, bytes] | None = None,
    **facts: Any,
) -> None:
    """Takes a step: the state moves, what is published is kept under its hash, the history gets an entry.

    Raises as `must_allow`. `facts` must be JSON values and hold no personal data: they are shown to everybody.
    """
    must_allow(session, round_, step)
    round_.state = MOVES[step].after or round_.state
    session.add(round_)
    hashes = {name: keep_attachment(session, content) for name, content in sorted((published or {}).items())}
    log_step(session, person, round_, step, **facts, **({"published": hashes} if hashes else {}))


def log_step(session: Session, person: Person, round_: Round, step: RoundStep, **facts: Any) -> None:
    """The history's entry of a step; `state` is the one that it led to."""
    write_history(session, person, "round", round_.wave_code, step, state=round_.state, **facts)


def keep_attachment(session: Session, content: bytes) -> str:
    """Keeps a file under its hash, which it gives."""
    sha256 = digest(content)
    if session.get(Attachment, sha256) is None:
        session.add(Attachment(sha256=sha256, content=content, size=len(content)))
        session.flush()
    return sha256


def notices_in(inputs: Inputs) -> list[dict[str, Any]]:
    """What the person who runs the round should know before it is drawn, as facts of the log: text and its facts."""
    notices = notices_of(inputs.rules, inputs.applicants)
    return [{"text": notice.text, "facts": dict(notice.facts)} for notice in notices]


def stamp(moment: datetime) -> str:
    """A time as the log and the error sentences say it: UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def a_reason(text: str) -> str:
    """Raises Refused for a reason of nothing but blanks."""
    reason = nfc(" ".join(text.split()))
    if not reason:
        raise Refused("Give a reason. It stands in the public log of the round.")
    if reason.casefold().startswith("extra seat"):
        raise Refused(
            "A reason does not begin with {words}: so the program marks seats beside the rule.", words=reason[:10]
        )
    return reason


def nfc(text: str) -> str:
    """A typed text as published files hold it: in copied texts accents can be letters of their own."""
    return unicodedata.normalize("NFC", text)


def read_bytes(session: Session, round_: Round, name: str) -> bytes | None:
    """A file of the round as it stands now, or None when there is none yet."""
    file = session.get(RoundFile, (round_.wave_code, name))
    return None if file is None else file.content


def write_bytes(session: Session, round_: Round, name: str, content: bytes | None) -> None:
    """None removes the file."""
    file = session.get(RoundFile, (round_.wave_code, name))
    if content is None:
        if file is not None:
            session.delete(file)
    elif file is None:
        session.add(RoundFile(wave_code=round_.wave_code, name=name, content=content))
    else:
        file.content = content
        session.add(file)
    session.flush()


def read_rules(session: Session, round_: Round) -> Rules:
    return parse_rules(_there(session, round_, RULES))


def read_inputs(session: Session, round_: Round) -> Inputs:
    """The rules and applicants as they stand, byte for byte as stored."""
    rules_json, applicants_json = _there(session, round_, RULES), _there(session, round_, APPLICANTS)
    rules = parse_rules(rules_json)
    return Inputs(rules, parse_applicants(applicants_json, rules), rules_json, applicants_json)


def read_commitment(session: Session, round_: Round) -> Commitment:
    return parse_commitment(_there(session, round_, COMMITMENT))


def read_events(session: Session, round_: Round) -> tuple[Event, ...]:
    """What happened after the draw; nothing yet is an empty tuple."""
    content = read_bytes(session, round_, EVENTS)
    return () if content is None else parse_events(content)


def write_events(session: Session, round_: Round, events: tuple[Event, ...]) -> None:
    write_bytes(session, round_, EVENTS, events_bytes(events))


def _there(session: Session, round_: Round, name: str) -> bytes:
    content = read_bytes(session, round_, name)
    assert content is not None, f"a round in the state {round_.state} has {name}"
    return content
