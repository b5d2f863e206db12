"""The steps of a round as forms: what each asks for, what it publishes, and whether it can be taken back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask_babel import lazy_gettext as _

from stemfleet.allocation.commitment import Beacon
from stemfleet.errors import InputError, Refused
from stemfleet.rounds import (
    RoundView,
    check_appeals_until,
    check_beacon,
    check_step,
    close_round,
    draw,
    expire_offers,
    finalize,
    freeze_inputs,
    go_back,
    make_offers,
    objection_window,
    public_value,
    publish_points,
    publish_results,
    publish_rules,
)
from stemfleet.store import Person
from stemfleet.words import RoundStep
from stemfleet.workshop import Workshop
from stemfleet_web.door import the_door
from stemfleet_web.language import ATHENS, sentence

Typed = Mapping[str, str]
Values = dict[str, Any]  # JSON values: a long step is given them in its own thread
KNOWN_SOURCES = ("drand", "nist")
_LONGEST = 200


@dataclass(frozen=True)
class Field:
    """What a form asks for. `kind` is how the page shows it; `read` makes the typed texts a JSON value."""

    name: str
    label: Any
    kind: str  # time, text, number, source, reason, value
    read: Callable[[Typed], Any]
    hint: Any = ""


@dataclass(frozen=True)
class StepForm:
    """`publishes` and `undo` are sentences for the page; `long` steps go on while their person does something else.

    `check` raises InputError for values that the step would refuse, so that they can be told of at the form.
    """

    title: Any
    publishes: Any
    undo: Any
    take: Callable[[Workshop, Person, str, Values, Callable[[str], None]], object]
    fields: tuple[Field, ...] = ()
    check: Callable[[datetime, Values], object] = lambda _now, _values: None
    long: bool = False
    final: bool = True  # nothing leads back


@dataclass(frozen=True)
class NextStep:
    """A step that the state allows, and why it cannot be taken just now, if so."""

    step: RoundStep
    form: StepForm
    hindrance: str | None


def read_time(typed: Typed, name: str) -> str:
    """A day and time of the clock on the wall in Greece, as UTC in ISO 8601. Raises InputError."""
    text = typed.get(name, "").strip()
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InputError("{text} is not a day and time like 2026-05-04T14:00.", text=text or "–") from None
    return (at if at.tzinfo else at.replace(tzinfo=ATHENS)).astimezone(UTC).isoformat(timespec="seconds")


def read_reason(typed: Typed) -> str:
    """Raises InputError for none."""
    reason = " ".join(typed.get("reason", "").split())
    if not reason:
        raise InputError("Give a reason. It stands in the public log of the round.")
    return reason


def _time(name: str, label: Any) -> Field:
    return Field(name, label, "time", lambda typed: read_time(typed, name), _("Athens time"))


def _read_source(typed: Typed) -> str:
    chosen, other = typed.get("source", ""), typed.get("other", "").strip()
    if chosen in KNOWN_SOURCES:
        return chosen
    if not other:
        raise InputError("Name the source and the round of the public random value that will be used.")
    return other[:_LONGEST]


def _read_round(typed: Typed) -> str:
    named = typed.get("round", "").strip()
    if not named:
        raise InputError("Name the source and the round of the public random value that will be used.")
    return named[:_LONGEST]


def _read_days(typed: Typed) -> int:
    text = typed.get("days", "").strip()
    if not text.isdecimal() or not 1 <= int(text[:9]) <= 365:
        raise InputError("{days} days for an answer: give a number from 1 to 365.", days=text or "–")
    return int(text)


def _read_value(typed: Typed) -> str:
    """The round's own source says which form it has."""
    return public_value(typed.get("value", ""), typed.get("of", ""))


def _at(values: Values, name: str) -> datetime:
    return datetime.fromisoformat(values[name])


REASON = Field("reason", _("Reason"), "reason", read_reason, _("Stands in the public log. No personal data."))
_BACK = _("You can go back to the draft until the inputs are frozen; the log keeps what was published.")
_NO_WAY_BACK = _("This cannot be undone.")
FORMS: Mapping[RoundStep, StepForm] = {
    RoundStep.RULES_PUBLISHED: StepForm(
        _("Publish the rules"),
        _("Publishes rules.json: the lots, their places and guarantees, and the points table, for everybody."),
        _BACK,
        lambda workshop, person, wave, _values, _progress: publish_rules(workshop, person, wave),
        final=False,
    ),
    RoundStep.POINTS_PUBLISHED: StepForm(
        _("Publish the provisional points"),
        _(
            "Publishes applicants.json: every school's points with every line, its categories, and the lots that are "
            "closed to it. The objection window opens at once."
        ),
        _BACK,
        lambda workshop, person, wave, values, progress: publish_points(
            workshop, person, wave, until=_at(values, "until"), progress=progress
        ),
        (_time("until", _("Objections until")),),
        check=lambda now, values: objection_window(now, None, _at(values, "until")),
        long=True,
        final=False,
    ),
    RoundStep.FROZEN: StepForm(
        _("Freeze the inputs"),
        _(
            "Publishes rules.json, applicants.json and commitment.json: the hashes of rules and applicants, together "
            "with the name of a public random value that nobody can know yet. Another person of the support "
            "organisation has to type that value in; you cannot."
        ),
        _("This cannot be undone: nothing of the inputs can change afterwards."),
        lambda workshop, person, wave, values, _progress: freeze_inputs(
            workshop, person, wave, Beacon(values["source"], values["round"]), _at(values, "expected")
        ),
        (
            Field("source", _("Who publishes the random value"), "source", _read_source),
            Field(
                "round",
                _("Which of its values"),
                "text",
                _read_round,
                _("The number of the round or pulse, or the draw of a named day."),
            ),
            _time("expected", _("When it will be public")),
        ),
        check=lambda now, values: check_beacon(now, Beacon(values["source"], values["round"]), _at(values, "expected")),
        long=True,
    ),
    RoundStep.DRAWN: StepForm(
        _("Draw"),
        _("The random value and the seed are logged for everybody. The lists are published by the next step."),
        _("This cannot be undone: there is one draw."),
        lambda workshop, person, wave, values, progress: draw(
            workshop, person, wave, values["value"], progress=progress
        ),
        (Field("value", _("The random value, as its source published it"), "value", _read_value),),
        long=True,
    ),
    RoundStep.RESULTS_PUBLISHED: StepForm(
        _("Publish the results"),
        _(
            "Publishes the whole bundle and its digest: the lists, an explanation for every school, and the program "
            "with which anybody can check them. The wave appears on the public pages."
        ),
        _("This cannot be undone. What is wrong is put right by appeals."),
        lambda workshop, person, wave, values, progress: publish_results(
            workshop, person, wave, appeals_until=_at(values, "until"), progress=progress
        ),
        (_time("until", _("Appeals until")),),
        check=lambda now, values: check_appeals_until(now, _at(values, "until")),
        long=True,
    ),
    RoundStep.FINALIZED: StepForm(
        _("Publish the final lists"),
        _("Publishes the bundle with the decisions of all appeals (events.json), and its digest."),
        _NO_WAY_BACK,
        lambda workshop, person, wave, _values, progress: finalize(workshop, person, wave, progress=progress),
        long=True,
    ),
    RoundStep.OFFERED: StepForm(
        _("Make the offers"),
        _("Every school on the final lists is offered its equipment until a deadline. Replacements get as long."),
        _NO_WAY_BACK,
        lambda workshop, person, wave, values, _progress: make_offers(workshop, person, wave, values["days"]),
        (Field("days", _("Days for an answer"), "number", _read_days),),
    ),
    RoundStep.EXPIRED: StepForm(
        _("End the offers that are late"),
        _("The schools leave the wave, and replacements get their offers by the rule. The log says which."),
        _NO_WAY_BACK,
        lambda workshop, person, wave, _values, _progress: expire_offers(workshop, person, wave),
    ),
    RoundStep.CLOSED: StepForm(
        _("Close the round"),
        _("Publishes the last bundle, with every answer, and its digest."),
        _NO_WAY_BACK,
        lambda workshop, person, wave, _values, progress: close_round(workshop, person, wave, progress=progress),
        long=True,
    ),
    RoundStep.WITHDRAWN: StepForm(
        _("Go back to the draft"),
        _(
            "Publishes your reason. Corrections and exclusions are void, because the points are worked out afresh from "
            "what is stored; the log still shows them."
        ),
        _("The rules and the points can be published again."),
        lambda workshop, person, wave, values, _progress: go_back(workshop, person, wave, values["reason"]),
        (REASON,),
        final=False,
    ),
}


def next_steps(view: RoundView, person: Person) -> list[NextStep]:
    """The forms for what the state allows, in the order of the process."""
    return [NextStep(step, FORMS[step], _hindrance(view, person, step)) for step in FORMS if step in view.next_steps]


def _hindrance(view: RoundView, person: Person, step: RoundStep) -> str | None:
    workshop = the_door().workshop
    try:
        check_step(workshop, person, view.round.wave_code, step)
    except Refused as refused:
        return sentence(refused)
    late = any(offer.deadline < workshop.clock() for offer in view.open_offers)
    return str(_("No offer is late.")) if step is RoundStep.EXPIRED and not late else None
