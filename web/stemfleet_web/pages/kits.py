"""Kits for warehouse and support organisation: finding, receiving, labels, and the way to a school."""

from collections.abc import Callable

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.bench import known_origins, pieces_of
from stemfleet.errors import InputError, Refused, StemfleetError
from stemfleet.kits import BEFORE_RESERVING, KitView, label_kits, list_kits, parse_tag, receive_kits, show_kit
from stemfleet.shipments import list_open_awards, pack_kit, print_note, reserve_kit, ship_kits
from stemfleet.store import Award, School
from stemfleet.words import KitState
from stemfleet_web.door import the_door
from stemfleet_web.language import sentence
from stemfleet_web.paging import PAGE, page_asked
from stemfleet_web.persons import STAFF, check_may_see, is_staff, only, the_person
from stemfleet_web.problems import status_of

blueprint = Blueprint("kits", __name__)


@blueprint.get("/kits")
@only(*STAFF)
def kits() -> str | AnyResponse:
    """By state, model and text; a scanned tag leads straight to its kit."""
    text = request.args.get("words", "").strip()
    if tag := _scanned(text):
        return redirect(url_for(".kit", tag=tag))
    state, model = request.args.get("state", ""), request.args.get("model", "")
    page = page_asked()
    found = list_kits(
        the_door().store,
        state=_state(state),
        model=model or None,
        words=text,
        limit=PAGE + 1,
        offset=(page - 1) * PAGE,
    )
    chosen = {"state": state, "model": model, "words": text}
    return render_template(
        "kits/kits.html",
        kits=found[:PAGE],
        more=len(found) > PAGE,
        page=page,
        chosen=chosen,
        states=KitState,
        models=the_door().workshop.models,
    )


def _scanned(text: str) -> str | None:
    try:
        return parse_tag(text)
    except InputError:
        return None


def _state(value: str) -> KitState | None:
    if value and value not in set(KitState):
        raise InputError("There is no kit state {state}.", state=value)
    return KitState(value) if value else None


@blueprint.get("/kits/receive")
@only(*STAFF)
def receive_form() -> str:
    return _receive_page()


def _receive_page(problem: str | None = None) -> str:
    lots, suppliers = known_origins(the_door().store)
    models = the_door().workshop.models
    return render_template(
        "kits/receive.html", models=models, typed=request.form, lots=lots, suppliers=suppliers, problem=problem
    )


@blueprint.post("/kits/receive")
@only(*STAFF)
def receive() -> AnyResponse | tuple[str, int] | str:
    """Issues tags and shows them."""
    form = request.form
    model, lot, supplier = (form.get(name, "") for name in ("model", "lot", "supplier"))
    try:
        count = _whole(form.get("count", ""))
        tags = receive_kits(the_door().workshop, the_person(), model, count, lot=lot, supplier=supplier)
    except StemfleetError as error:
        return _receive_page(sentence(error)), status_of(error)
    return render_template("kits/received.html", tags=tags, model=model)


def _whole(text: str) -> int:
    if not text.strip().isdecimal() or len(text) > 20:
        raise InputError("{text} is not a whole number.", text=text or "–")
    return int(text)


@blueprint.get("/kits/<tag>")
@only()
def kit(tag: str) -> str:
    """Everything that is known of a kit; a school sees its own."""
    view = show_kit(the_door().workshop, tag)
    check_may_see(view.kit.school_code)
    waits = any(one.override.approved is None for one in view.overrides)
    return render_template(
        "kits/kit.html",
        view=view,
        awards=_awards(view),
        pieces=pieces_of(the_door().workshop, view),
        may_take_out=view.kit.state in BEFORE_RESERVING,
        may_override=view.kit.state in BEFORE_RESERVING and bool(view.open_points) and not waits,
    )


def _awards(view: KitView) -> list[tuple[Award, School, int]]:
    """Whom a ready kit can go to, for those who decide it."""
    if view.kit.state is not KitState.READY or not is_staff(the_person()):
        return []
    return list_open_awards(the_door().workshop, view.kit.model)


@blueprint.get("/kits/<tag>/record.json")
@only()
def record(tag: str) -> Response:
    """The kit with all its runs and its history, as a file."""
    view = show_kit(the_door().workshop, tag)
    check_may_see(view.kit.school_code)
    response = jsonify(view.as_json(names=is_staff(the_person())))
    response.headers["Content-Disposition"] = f"attachment; filename={view.kit.tag}.json"
    return response


@blueprint.post("/labels")
@only(*STAFF)
def labels() -> Response:
    """A sheet for the chosen kits; refused as a whole when one of them has not passed."""
    tags = request.form.getlist("tag")
    if not tags:
        raise InputError("Choose at least one kit for the labels.")
    pdf = label_kits(the_door().workshop, the_person(), tags, the_door().public_url)
    return _pdf(pdf, f"labels-{parse_tag(tags[0])}")


@blueprint.post("/kits/<tag>/reserve")
@only(*STAFF)
def reserve(tag: str) -> AnyResponse:
    code = request.form.get("to", "")
    door = the_door()
    return _then_back(
        tag, lambda: reserve_kit(door.workshop, the_person(), tag, code), _("Reserved for %(to)s.", to=code)
    )


@blueprint.post("/kits/<tag>/pack")
@only(*STAFF)
def pack(tag: str) -> AnyResponse:
    return _then_back(tag, lambda: pack_kit(the_door().workshop, the_person(), tag), _("Packed."))


@blueprint.get("/kits/<tag>/ship")
@only(*STAFF)
def ship_form(tag: str) -> str:
    """Asks once more, with the address."""
    return render_template("kits/ship.html", view=show_kit(the_door().workshop, tag))


@blueprint.post("/kits/<tag>/ship")
@only(*STAFF)
def ship(tag: str) -> AnyResponse:
    code = request.form.get("to", "")
    door = the_door()
    return _then_back(
        tag, lambda: ship_kits(door.workshop, the_person(), [tag], code), _("Shipped to %(to)s.", to=code)
    )


@blueprint.post("/kits/<tag>/note")
@only(*STAFF)
def note(tag: str) -> Response:
    """The delivery note of the shipment that the kit left with."""
    door, kit = the_door(), show_kit(the_door().workshop, tag).kit
    if kit.shipment_id is None:
        raise Refused("Kit {tag} has not been sent yet.", tag=kit.tag)
    return _pdf(
        print_note(door.workshop, the_person(), kit.shipment_id, door.public_url), f"delivery-{kit.shipment_id}"
    )


def _pdf(content: bytes, name: str) -> Response:
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f"inline; filename={name}.pdf"
    return response


def _then_back(tag: str, act: Callable[[], object], done: str) -> AnyResponse:
    """Back to the kit, with what was done; a refusal is answered by its own page and status."""
    act()
    flash(done, "good")
    return redirect(url_for(".kit", tag=parse_tag(tag)))
