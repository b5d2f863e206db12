"""The JSON API: the same use cases, the same rights; errors are `{"error": sentence}` with a fitting status."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from stemfleet.errors import InputError, NotFound
from stemfleet.kits import show_kit
from stemfleet.shipments import ship_kits
from stemfleet.waves import list_waves
from stemfleet_web.door import the_door
from stemfleet_web.persons import STAFF, check_may_see, is_staff, only, the_person

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.get("/waves")
def waves() -> Response:
    return jsonify([view.as_json() for view in list_waves(the_door().store)])


@blueprint.get("/kits/<tag>")
@only()
def kit(tag: str) -> Response:
    view = show_kit(the_door().workshop, tag)
    check_may_see(view.kit.school_code)
    return jsonify(view.as_json(names=is_staff(the_person())))


@blueprint.post("/kits/<tag>/ship")
@only(*STAFF)
def ship(tag: str) -> Response:
    """Body: `{"to": school code}`."""
    shipment = ship_kits(the_door().workshop, the_person(), [tag], _recipient())
    return jsonify(shipment=shipment.id, to=shipment.school_code, kits=[show_kit(the_door().workshop, tag).kit.tag])


def _recipient() -> str:
    body: Any = request.get_json(silent=True)
    code = body.get("to") if isinstance(body, dict) else None
    if not isinstance(code, str) or not code.isprintable() or not code:
        raise InputError('Say to which school: {{"to": "1234567"}}')
    return code


@blueprint.get("/bench")
@only(*STAFF)
def bench() -> Response:
    """Every slot with its newest state, and the kit that its board is meant for."""
    live = the_door().bench
    if live is None:
        raise NotFound("This computer has no bench.")
    return jsonify([{**state.to_json(), "kit": live.kit_of(state.slot)} for state in live.snapshot()])
