"""The support organisation: what schools report, and the persons who may sign in."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.accounts import activate_person, add_person, deactivate_person, issue_link, list_people
from stemfleet.errors import InputError, StemfleetError
from stemfleet.kits import list_reports
from stemfleet.words import Role
from stemfleet_web.door import the_door
from stemfleet_web.language import sentence
from stemfleet_web.persons import only, the_person
from stemfleet_web.problems import status_of

blueprint = Blueprint("nso", __name__)


@blueprint.get("/reports")
@only(Role.NSO)
def reports() -> str:
    return render_template("schools/reports.html", reports=list_reports(the_door().store))


@blueprint.get("/reports/newest")
@only(Role.NSO)
def newest_reports() -> AnyResponse:
    """The list alone, for a page that asks again and again; 304 as long as nothing is new."""
    limit = min(max(1, request.args.get("limit", 50, type=int)), 50)
    response = make_response(render_template("schools/_reports.html", reports=list_reports(the_door().store, limit)))
    response.add_etag()
    return response.make_conditional(request)


@blueprint.get("/people")
@only(Role.NSO)
def people() -> str:
    return _people()


def _people(problem: str | None = None, link: tuple[str, str] | None = None) -> str:
    return render_template(
        "people.html",
        people=list_people(the_door().store),
        roles=Role,
        typed=request.form if problem else {},
        problem=problem,
        link=link,
    )


@blueprint.post("/people")
@only(Role.NSO)
def add() -> AnyResponse | tuple[str, int] | str:
    """Adds a person and shows the first link, once."""
    name, code = request.form.get("name", ""), request.form.get("school", "").strip()
    try:
        added = add_person(the_door().store, the_person(), name, _role(request.form.get("role", "")), code or None)
    except StemfleetError as error:
        return _people(problem=sentence(error)), status_of(error)
    return _people(link=(added.name, _link(added.name)))


def _role(value: str) -> Role:
    if value not in set(Role):
        raise InputError("Choose what the person is.")
    return Role(value)


@blueprint.post("/people/link")
@only(Role.NSO)
def link() -> str:
    """A fresh link for a person, shown once."""
    name = request.form.get("name", "")
    return _people(link=(name, _link(name)))


@blueprint.post("/people/active")
@only(Role.NSO)
def active() -> AnyResponse:
    """Shuts a person out, signed out at once; or lets one in again."""
    name, on = request.form.get("name", ""), request.form.get("on") == "1"
    (activate_person if on else deactivate_person)(the_door().store, the_person(), name)
    told = _("%(name)s may come back, with a new link.") if on else _("%(name)s is shut out.")
    flash(told % {"name": name}, "good")
    return redirect(url_for(".people"))


def _link(name: str) -> str:
    token = issue_link(the_door().store, the_person(), name)
    return f"{the_door().public_url}/sign-in/{token}"
