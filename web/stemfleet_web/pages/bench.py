"""The wall of slots: live, big, for keyboard and scanner."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, stream_with_context, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.bench import LiveBench
from stemfleet.devices.state import SlotState, Status
from stemfleet.errors import InputError, NotFound, StemfleetError
from stemfleet_web.door import the_door
from stemfleet_web.feed import CALM_S, Wall
from stemfleet_web.language import language, sentence
from stemfleet_web.persons import STAFF, only, the_person

blueprint = Blueprint("bench", __name__)
LOOK_AROUND_S = 1.0
HEARTBEAT_S = 10.0  # tells a wall that the line still stands
_KIT = "kit:"  # the name of a slot's field for the kit's tag


@blueprint.get("/bench")
@only(*STAFF)
def wall() -> str:
    live = the_door().bench
    slots = [] if live is None else [(state, live.kit_of(state.slot) or "") for state in live.snapshot()]
    return render_template("bench.html", slots=slots)


@blueprint.post("/bench")
@only(*STAFF)
def act() -> AnyResponse | tuple[Response, int]:
    """`start`, `check` or `abort` names a slot, `start_all` none; `kit:<slot>` are the tags that were scanned."""
    live = _bench()
    problems = _start_all(live) if "start_all" in request.form else _one(live)
    if request.accept_mimetypes.best == "application/json":
        return jsonify(problems=problems), 409 if problems else 200
    for slot, problem in problems.items():
        flash(_("Slot %(slot)s: %(problem)s", slot=slot, problem=problem), "bad")
    return redirect(url_for(".wall"))


def _bench() -> LiveBench:
    live = the_door().bench
    if live is None:
        raise NotFound("This computer has no bench.")
    return live


def _start_all(live: LiveBench) -> dict[str, str]:
    """Every slot that is not working; one that cannot start keeps no other from it."""
    idle = [state.slot for state in live.snapshot() if state.status is not Status.RUNNING]
    return {slot: problem for slot in idle if (problem := _start(live, slot, flash=True))}


def _one(live: LiveBench) -> dict[str, str]:
    for order in ("start", "check"):
        if slot := request.form.get(order):
            problem = _start(live, slot, flash=order == "start")
            return {slot: problem} if problem else {}
    slot = request.form.get("abort", "")
    if not slot:
        raise InputError("Say which slot to start or to stop.")
    live.abort(the_person(), slot)
    return {}


def _start(live: LiveBench, slot: str, *, flash: bool) -> str | None:
    """What keeps the slot from starting, as a sentence."""
    tag = request.form.get(_KIT + slot, "").strip()
    try:
        live.start(the_person(), slot, tag or None, flash=flash)
    except StemfleetError as error:
        return sentence(error)
    return None


@blueprint.get("/bench/snapshot")
@only(*STAFF)
def snapshot() -> Response:
    """All slots as the live events give them, for a wall that found no live place."""
    return jsonify(slots=_parts(_bench().snapshot()))


@blueprint.get("/bench/events")
@only(*STAFF)
def events() -> Response | tuple[Response, int]:
    """Server-sent events; 503 when all live places are taken, and the page asks for snapshots instead."""
    feed = the_door().feed
    if feed is None:
        raise NotFound("This computer has no bench.")
    wall = feed.join()
    if wall is None:
        return jsonify(error=_("All live places are taken.")), 503
    gone = request.environ.get("waitress.client_disconnected", bool)
    response = Response(stream_with_context(_stream(wall, gone)), mimetype="text/event-stream")
    response.call_on_close(feed.leave)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _stream(wall: Wall, gone: Callable[[], bool]) -> Iterator[str]:
    """Until the feed is closed, or nobody reads any more: then the place is free within a second."""
    yield "retry: 2000\n\n"
    told = time.monotonic()
    while (states := wall.next(LOOK_AROUND_S)) is not None and not gone():
        if states:
            yield f"data: {json.dumps({'slots': _parts(states)})}\n\n"
            time.sleep(CALM_S)
        elif time.monotonic() - told < HEARTBEAT_S:
            continue
        else:
            yield "event: beat\ndata: \n\n"
        told = time.monotonic()


def _parts(states: list[SlotState]) -> list[dict[str, Any]]:
    """What a wall puts into each tile: the live part is written here, in the reader's language."""
    live = _bench()
    return [
        {
            "slot": state.slot,
            "number": state.number,
            "status": state.status,
            "outcome": state.outcome,
            "kit": live.kit_of(state.slot) or "",
            "html": _live_part(replace(state, result=None), language()),
        }
        for state in states
    ]


@lru_cache(maxsize=256)
def _live_part(state: SlotState, _language: str) -> str:
    """Rendered once for all walls of a language."""
    return render_template("_slot.html", state=state)
