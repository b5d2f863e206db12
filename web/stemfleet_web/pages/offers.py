"""Offers: a school accepts or declines its own, and the NSO in its name; both are asked once more."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.errors import NotFound, StemfleetError
from stemfleet.registers import is_named
from stemfleet.rounds import Answered, OfferView, RoundView, accept_offer, decline_offer, list_offers, show_round
from stemfleet.schools import show_school
from stemfleet.store import Person
from stemfleet.words import OfferState, Role
from stemfleet.workshop import Workshop
from stemfleet_web.door import the_door
from stemfleet_web.language import moment, sentence
from stemfleet_web.persons import check_may_see, only, the_person
from stemfleet_web.problems import status_of
from stemfleet_web.templating import model_title

blueprint = Blueprint("offers", __name__)
MOST = 100
_ANSWERS: dict[str, Callable[[Workshop, Person, str, str], Answered]] = {
    "accept": accept_offer,
    "decline": decline_offer,
}


@blueprint.get("/rounds/<wave>/offers")
@only(Role.NSO)
def offers(wave: str) -> str:
    """Every offer of a round; `state` and `words` (name or code) narrow them down."""
    view = show_round(the_door().store, wave)
    state, words = request.args.get("state", ""), request.args.get("words", "")
    fitting = [o for o in view.offers if state in ("", o.state) and _named(view, o.school_code, words)]
    return render_template(
        "rounds/offers.html",
        round=view.round,
        names=view.schools,
        found=fitting[:MOST],
        more=len(fitting) > MOST,
        states=OfferState,
        state=state,
        words=words,
        now=the_door().workshop.clock(),
    )


def _named(view: RoundView, code: str, words: str) -> bool:
    """Whether the code starts with the text, or the school's name holds every word."""
    return code.startswith(words.strip().upper()) or is_named(view.schools.get(code, ""), words)


@blueprint.get("/rounds/<wave>/offers/<school>/<answer>")
@only(Role.SCHOOL, Role.NSO)
def ask(wave: str, school: str, answer: str) -> str:
    return _ask(wave, school, answer)


@blueprint.post("/rounds/<wave>/offers/<school>/<answer>")
@only(Role.SCHOOL, Role.NSO)
def take(wave: str, school: str, answer: str) -> AnyResponse | tuple[str, int]:
    """Answers, and leads back to where the person answers offers."""
    offered = _offered(wave, school, answer)
    try:
        _ANSWERS[answer](the_door().workshop, the_person(), wave, school)
    except StemfleetError as error:
        return _ask(wave, school, answer, sentence(error)), status_of(error)
    what = model_title(offered.model)
    said = _("Accepted: %(what)s.", what=what) if answer == "accept" else _("Given up: %(what)s.", what=what)
    flash(said, "good")
    return redirect(_above(wave)[0])


def _offered(wave: str, school: str, answer: str) -> OfferView:
    """The standing offer that is to be answered. Raises NotFound, NotYours."""
    check_may_see(school)
    if answer not in _ANSWERS:
        raise NotFound("An offer is answered by accept or decline.")
    for offered in list_offers(the_door().workshop, school):
        if offered.offer.wave_code == wave:
            return offered
    raise NotFound("School {school} has no offer in {wave}.", school=school, wave=wave)


def _ask(wave: str, school: str, answer: str, problem: str | None = None) -> str:
    offered = _offered(wave, school, answer)
    units = f" × {offered.units}" if offered.units > 1 else ""
    values = [
        (_("Equipment"), model_title(offered.model) + units),
        (_("School"), f"{show_school(the_door().store, school).school.name} ({school})"),
        (_("Wave"), f"{wave}: {offered.title}"),
    ]
    if offered.offer.state is OfferState.OPEN:
        values.append((_("Answer until"), moment(offered.offer.deadline)))
    return render_template(
        "confirm.html",
        above=_above(wave),
        values=values,
        hidden={},
        action=url_for(".take", wave=wave, school=school, answer=answer),
        problem=problem,
        **(_accepting() if answer == "accept" else _declining()),
    )


def _accepting() -> dict[str, object]:
    return {
        "title": _("Accept this equipment?"),
        "sentences": [_("The school takes on to carry out an eTwinning project with the equipment.")],
        "warning": _("It can be given back until a kit is set aside for the school."),
        "yes": _("Yes, accept"),
    }


def _declining() -> dict[str, object]:
    return {
        "title": _("Decline this equipment?"),
        "sentences": [_("The school leaves the wave. Its place goes to another school by the rule.")],
        "warning": _("This cannot be undone."),
        "yes": _("Yes, decline"),
    }


def _above(wave: str) -> tuple[str, str]:
    """(address, text) of the page that leads here."""
    if the_person().role is Role.SCHOOL:
        return url_for("public.start"), _("My school")
    return url_for(".offers", wave=wave, state=OfferState.OPEN), wave
