"""One applicant of a round, put right: by a correction or an exclusion before the freeze, by an appeal after that.

What a correction would do is shown before it can be decided; the decision then carries the very values that were shown.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.allocation.events import Event
from stemfleet.allocation.values import Applicant
from stemfleet.errors import InputError, StemfleetError
from stemfleet.registers import REGIONS
from stemfleet.rounds import (
    ApplicantView,
    Correction,
    Difference,
    correct_applicant,
    exclude_school,
    find_applicants,
    preview_appeal,
    preview_correction,
    reject_appeal,
    school_names,
    show_applicant,
    show_round,
    uphold_appeal,
)
from stemfleet.store import Round
from stemfleet.words import Category, Level, Remedy, Role, RoundState
from stemfleet_web.door import the_door
from stemfleet_web.language import sentence
from stemfleet_web.pages.round_forms import read_reason
from stemfleet_web.persons import only, the_person
from stemfleet_web.problems import status_of

blueprint = Blueprint("applicants", __name__)
MOST = 50
_LINE = "line:"
_MOST_DIGITS = 7


@dataclass(frozen=True)
class Preview:
    """What a correction would do: `fields` of the applicant before the freeze; after the results, who holds what.

    `extra_seat` is the difference with that remedy, or the sentence why there is none.
    """

    fields: list[Event] = field(default_factory=list)
    reallocation: Difference | None = None
    extra_seat: Difference | None = None
    no_extra_seat: str | None = None


@blueprint.get("/rounds/<wave>/applicants")
@only(Role.NSO)
def applicants(wave: str) -> str:
    """By words of the name, or by code."""
    store, words = the_door().store, request.args.get("words", "").strip()
    found = find_applicants(store, wave, words, limit=MOST) if words else []
    view = show_round(store, wave)
    return render_template("rounds/applicants.html", round=view.round, words=words, found=found, most=MOST)


@blueprint.get("/rounds/<wave>/applicants/<school>")
@only(Role.NSO)
def applicant(wave: str, school: str) -> str:
    return _page(wave, school)


@blueprint.post("/rounds/<wave>/applicants/<school>")
@only(Role.NSO)
def decide(wave: str, school: str) -> AnyResponse | str | tuple[str, int]:
    """`decision`: preview, or one of _DECISIONS; exclusions and rejections are asked for once more."""
    decision = request.form.get("decision", "")
    try:
        if decision == "preview":
            return _page(wave, school, preview=_preview(wave, school))
        if decision not in _DECISIONS:
            raise InputError("Choose what is to be done.")
        if decision in _ASKED_AGAIN and "confirmed" not in request.form:
            return _confirmation(wave, school, decision)
        _DECISIONS[decision](wave, school)
    except StemfleetError as error:
        return _page(wave, school, problem=(decision, sentence(error))), status_of(error)
    flash(_("Done. It stands in the log of the round."), "good")
    return redirect(url_for("rounds.show", wave=wave))


def _page(wave: str, school: str, *, preview: Preview | None = None, problem: tuple[str, str] | None = None) -> str:
    view = show_applicant(the_door().store, wave, school)
    round_ = show_round(the_door().store, wave).round
    if preview is None and problem is not None and problem[0] in _WITH_CORRECTION:
        preview = _preview_or_none(wave, school)
    return render_template(
        "rounds/applicant.html",
        round=round_,
        view=view,
        typed=request.form,
        lines=_lines(view),
        categories_known=_categories(view),
        levels=Level,
        regions=REGIONS,
        may_correct=round_.state is RoundState.PROVISIONAL,
        may_appeal=round_.state in (RoundState.PUBLISHED, RoundState.APPEALS),
        preview=preview,
        names=_names(preview),
        problem=problem,
    )


def _names(preview: Preview | None) -> dict[str, str]:
    """Of the schools that a preview speaks of, by code."""
    shown = [] if preview is None else [preview.reallocation, preview.extra_seat]
    changes = [change for difference in shown if difference for change in difference.changes]
    return school_names(the_door().store, (change.school for change in changes))


def _lines(view: ApplicantView) -> dict[str, int]:
    """Every line of the points table and of the applicant, with what it has now."""
    return {**dict.fromkeys(view.labels, 0), **dict(view.applicant.lines)}


def _categories(view: ApplicantView) -> list[str]:
    """Those that can be given or taken away; a region follows from the field of its own."""
    named = {category for lot in view.rules.lots for category in (*lot.reserves, *(lot.admits or ()))}
    known = [*Category, *sorted((named | view.applicant.categories) - set(Category))]
    return [category for category in known if not category.startswith("region:")]


def _correction(wave: str, school: str) -> Correction:
    """What the form says otherwise than the applicant stands. Raises InputError."""
    view, typed = show_applicant(the_door().store, wave, school), request.form
    stands = view.applicant
    lines = {label: _points(typed, f"{_LINE}{label}", now) for label, now in _lines(view).items()}
    if label := " ".join(typed.get("label", "").split()):
        lines[label] = _points(typed, "points", 0)
    known = set(_categories(view))
    has, now = known & set(typed.getlist("category")), known & stands.categories
    return Correction(
        lines={label: points for label, points in lines.items() if points != dict(stands.lines).get(label, 0)},
        add=frozenset(has - now),
        remove=frozenset(now - has),
        level=_level(typed.get("level", ""), stands),
        region=_region(typed.get("region", ""), stands),
    )


def _points(typed: Mapping[str, str], name: str, otherwise: int) -> int:
    text = typed.get(name, "").strip()
    if not text:
        return otherwise
    if not text.isdecimal() or len(text) > _MOST_DIGITS:
        raise InputError("{text} is no number of points: give a whole number from 0.", text=text)
    return int(text)


def _level(typed: str, stands: Applicant) -> Level | None:
    return None if typed in ("", stands.level) or typed not in set(Level) else Level(typed)


def _region(typed: str, stands: Applicant) -> str | None:
    return None if typed in ("", stands.region) or typed not in REGIONS else typed


def _preview(wave: str, school: str) -> Preview:
    workshop, correction = the_door().workshop, _correction(wave, school)
    if _round(wave).state is RoundState.PROVISIONAL:
        return Preview(fields=preview_correction(workshop, wave, school, correction))
    again = preview_appeal(workshop, wave, school, correction)
    try:
        extra = preview_appeal(workshop, wave, school, correction, Remedy.EXTRA_SEAT)
    except StemfleetError as error:
        return Preview(reallocation=again, no_extra_seat=sentence(error))
    return Preview(reallocation=again, extra_seat=extra)


def _preview_or_none(wave: str, school: str) -> Preview | None:
    """For a decision that could not be taken: what was shown before it, unless that cannot be shown any more."""
    try:
        return _preview(wave, school)
    except StemfleetError:
        return None


def _round(wave: str) -> Round:
    return show_round(the_door().store, wave).round


def _confirmation(wave: str, school: str, decision: str) -> str:
    view, reason = show_applicant(the_door().store, wave, school), read_reason(request.form)
    lot = request.form.get("lot", "")
    values = [(_("School"), f"{view.name} ({school})"), (_("Reason"), reason)]
    if decision == "exclude":
        title, warning = _("Leave this school out?"), _("It can be undone only by going back to the draft.")
        values.insert(1, (_("Lot"), lot or _("All lots")))
    else:
        title, warning = _("Reject this appeal?"), _("The list stands. The decision and its reason are public.")
    return render_template(
        "confirm.html",
        title=title,
        above=(url_for(".applicant", wave=wave, school=school), view.name),
        values=values,
        sentences=[],
        warning=warning,
        hidden={"confirmed": "yes", "decision": decision, "lot": lot, "reason": reason},
        action=url_for(".decide", wave=wave, school=school),
        yes=_("Yes, leave it out") if decision == "exclude" else _("Yes, reject it"),
    )


def _correct(wave: str, school: str) -> None:
    reason = read_reason(request.form)
    correct_applicant(the_door().workshop, the_person(), wave, school, _correction(wave, school), reason)


def _exclude(wave: str, school: str) -> None:
    lot, reason = request.form.get("lot") or None, read_reason(request.form)
    exclude_school(the_door().workshop, the_person(), wave, school, lot, reason)


def _reject(wave: str, school: str) -> None:
    reject_appeal(the_door().workshop, the_person(), wave, school, read_reason(request.form))


def _uphold(remedy: Remedy) -> Callable[[str, str], None]:
    def decided(wave: str, school: str) -> None:
        correction, reason = _correction(wave, school), read_reason(request.form)
        uphold_appeal(the_door().workshop, the_person(), wave, school, correction, remedy, reason)

    return decided


_DECISIONS: Mapping[str, Callable[[str, str], None]] = {
    "correct": _correct,
    "exclude": _exclude,
    "reject": _reject,
    **{remedy.value: _uphold(remedy) for remedy in Remedy},
}
_ASKED_AGAIN = {"exclude", "reject"}
_WITH_CORRECTION = {"correct", *(remedy.value for remedy in Remedy)}


@blueprint.app_template_filter("carried")
def carried(typed: "MultiDict[str, str]") -> list[tuple[str, str]]:
    """The fields of a correction as they were typed, for the form that decides about it."""
    own = ("label", "points", "category", "level", "region")
    return [(name, value) for name, value in typed.items(multi=True) if name in own or name.startswith(_LINE)]
