"""Schools: what their phones show of a kit, what they report, and a school's own page."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.errors import InputError, StemfleetError
from stemfleet.kits import KitView, confirm_receipt, report_kit, show_kit
from stemfleet.rounds import list_offers
from stemfleet.schools import MOST_COUNTED, OVERRIDABLE, count_schools, find_schools, show_school
from stemfleet.words import MoveKind, Role
from stemfleet_web.door import the_door
from stemfleet_web.language import sentence
from stemfleet_web.pages.public import plans
from stemfleet_web.persons import STAFF, check_may_see, only, person_or_none, the_person
from stemfleet_web.problems import status_of

blueprint = Blueprint("school", __name__)
MOST = 100


@blueprint.get("/k/<tag>")
def scanned(tag: str) -> str | AnyResponse:
    """The address in the QR. Strangers learn which kit it is and how to sign in, and nothing about a school."""
    view = show_kit(the_door().workshop, tag)
    person = person_or_none()
    if person is None:
        session["return_to"] = url_for(".scanned", tag=view.kit.tag)
        return render_template("kits/scanned_stranger.html", kit=view.kit)
    check_may_see(view.kit.school_code)
    if person.role is Role.WAREHOUSE:
        return redirect(url_for("kits.kit", tag=view.kit.tag))
    return _phone(view)


def _phone(view: KitView, note: str = "", problem: str | None = None) -> str:
    return render_template("kits/scanned.html", view=view, note=note, problem=problem)


@blueprint.post("/k/<tag>/received")
@only(Role.SCHOOL, Role.NSO)
def received(tag: str) -> AnyResponse:
    _own(tag)
    confirm_receipt(the_door().store, the_person(), tag)
    flash(_("Thank you. The receipt is confirmed."), "good")
    return redirect(url_for(".scanned", tag=tag))


@blueprint.post("/k/<tag>/report")
@only(Role.SCHOOL, Role.NSO)
def report(tag: str) -> AnyResponse | tuple[str, int]:
    """`works` is yes or no; what was typed stays when the report cannot be taken."""
    view = _own(tag)
    works, note = request.form.get("works"), request.form.get("note", "")
    try:
        if works not in {"yes", "no"}:
            raise InputError("Say whether the kit works or is broken.")
        report_kit(the_door().store, the_person(), tag, works == "yes", note)
    except StemfleetError as error:
        return _phone(view, note, sentence(error)), status_of(error)
    flash(_("Thank you. The support organisation sees your report now."), "good")
    return redirect(url_for(".scanned", tag=tag))


def _own(tag: str) -> KitView:
    """The kit, unless it is another school's."""
    view = show_kit(the_door().workshop, tag)
    check_may_see(view.kit.school_code)
    return view


@blueprint.get("/schools")
@only(*STAFF)
def schools() -> str:
    """By words of the name in Greek or Latin letters, or by code."""
    store, words = the_door().store, request.args.get("words", "").strip()
    found = find_schools(store, words, limit=MOST) if words else []
    count = count_schools(store, words) if len(found) == MOST else len(found)
    return render_template("schools/schools.html", words=words, schools=found, count=count, most_counted=MOST_COUNTED)


@blueprint.get("/schools/<code>")
@only()
def school(code: str) -> str:
    """A school's page: its own for a school, any for the others."""
    return school_page(code)


def school_page(code: str, problem: tuple[str, str] | None = None, typed: Mapping[str, str] | None = None) -> str:
    """`problem`: the form that could not be taken and why; `typed`: what stood in it."""
    check_may_see(code)
    may_answer = the_person().role is not Role.WAREHOUSE
    offers = list_offers(the_door().workshop, code) if may_answer else []
    view = show_school(the_door().store, code)
    return render_template(
        "schools/school.html",
        view=view,
        offers=offers,
        problem=problem or ("", ""),
        typed=typed or {},
        overridable=OVERRIDABLE,
        move_kinds=MoveKind,
        plans=plans(),
    )
