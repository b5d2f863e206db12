"""The positions of this station's hubs: their names, learned by plugging a board in; what they are for; auto-start."""

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.bench import LiveBench, boards, choose_recipe, forget_slot
from stemfleet.errors import NotFound
from stemfleet.paper import KitLabel, label_sheet
from stemfleet_web.door import the_door
from stemfleet_web.persons import STAFF, only, the_person
from stemfleet_web.scans import codes
from stemfleet_web.words import label

blueprint = Blueprint("positions", __name__)


def _bench() -> LiveBench:
    live = the_door().bench
    if live is None or not live.watches:
        raise NotFound("This computer has no bench whose positions can be named.")
    return live


@blueprint.get("/bench/positions")
@only(*STAFF)
def positions() -> str:
    live = _bench()
    there = {state.slot: state for state in live.snapshot()}
    view = live.station_view()
    named = {slot.name for slot in view.slots}
    return render_template(
        "bench/positions.html",
        station=view,
        there=there,
        nameless=[name for name in there if name not in named],
        recipes=boards(the_door().workshop),
    )


@blueprint.post("/bench/positions")
@only(*STAFF)
def begin() -> AnyResponse:
    """The first step of the wizard: the name."""
    _bench().begin_lesson(the_person(), request.form.get("name", ""))
    return redirect(url_for(".lesson"))


@blueprint.get("/bench/positions/learn")
@only(*STAFF)
def lesson() -> str | AnyResponse:
    """The second step: the board. The page asks by itself, with a script or without."""
    live = _bench()
    if live.lesson is None:
        return redirect(url_for(".positions"))
    return render_template("bench/position_learn.html", lesson=live.lesson, next_name=_next_name(live.lesson.name))


@blueprint.get("/bench/positions/learn.json")
@only(*STAFF)
def lesson_state() -> Response:
    lesson = _bench().lesson
    return jsonify(place=lesson.place if lesson else None, over=lesson is None)


@blueprint.post("/bench/positions/end")
@only(*STAFF)
def end() -> AnyResponse:
    _bench().end_lesson()
    return redirect(url_for(".positions"))


@blueprint.post("/bench/positions/<name>/recipe")
@only(*STAFF)
def recipe(name: str) -> AnyResponse:
    chosen = request.form.get("recipe") or None
    choose_recipe(the_door().workshop, the_person(), _bench().station, name, chosen)
    flash(_("Position %(name)s is changed.", name=name), "good")
    return redirect(url_for(".positions"))


@blueprint.post("/bench/positions/<name>/forget")
@only(*STAFF)
def forget(name: str) -> AnyResponse:
    forget_slot(the_door().store, the_person(), _bench().station, name)
    flash(_("Position %(name)s has no name any more.", name=name), "good")
    return redirect(url_for(".positions"))


@blueprint.post("/bench/auto-start")
@only(*STAFF)
def auto_start() -> AnyResponse:
    on = request.form.get("on") == "1"
    _bench().auto_start(the_person(), on)
    flash(_("Boards start as they are plugged in.") if on else _("Boards wait for a person to start them."), "good")
    return redirect(url_for("bench.wall"))


@blueprint.get("/bench/codes.pdf")
@only(*STAFF)
def sheet() -> Response:
    """Stickers with the codes of orders and slots, for a bench without a keyboard."""
    live = the_door().bench
    if live is None:
        raise NotFound("This computer has no bench.")
    labels = [
        KitLabel(tag=code.lstrip("*").removeprefix("SLOT-"), url=code, title=_meaning(code), foot="stemfleet")
        for code in codes(live.names())
    ]
    response = Response(label_sheet(labels), mimetype="application/pdf")
    response.headers["Content-Disposition"] = "inline; filename=codes.pdf"
    return response


def _meaning(code: str) -> str:
    return label(code.lstrip("*").partition("-")[0], "scan")


def _next_name(name: str) -> str:
    """A4 after A3: most hubs are named in one go."""
    stem = name.rstrip("0123456789")
    number = name[len(stem) :]
    return f"{stem}{int(number) + 1:0{len(number)}d}" if number else ""
