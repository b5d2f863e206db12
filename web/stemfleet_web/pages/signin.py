"""Signing in by a one-time link, and out again."""

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.accounts import sign_in
from stemfleet.errors import Refused
from stemfleet_web.door import the_door
from stemfleet_web.persons import enter, leave
from stemfleet_web.protection import safe_target

blueprint = Blueprint("signin", __name__)


@blueprint.get("/sign-in")
def how() -> str:
    """How to get a link."""
    return render_template("signin/signin.html", return_to=session.get("return_to"))


@blueprint.get("/sign-in/<token>")
def use(token: str) -> AnyResponse | tuple[str, int]:
    """Uses up the link. A HEAD request, as programs send that look ahead, uses up nothing."""
    if request.method == "HEAD":
        return Response()
    target = safe_target(session.get("return_to"), url_for("public.start"))
    try:
        person = sign_in(the_door().store, token)
    except Refused:
        return render_template("signin/refused.html"), 403
    enter(person)
    flash(_("Welcome, %(name)s.", name=person.name), "good")
    return redirect(target)


@blueprint.post("/sign-out")
def out() -> AnyResponse:
    leave()
    flash(_("You are signed out."), "good")
    return redirect(url_for("public.start"))
