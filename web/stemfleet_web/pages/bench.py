"""The wall of slots: live, big, for keyboard and scanner; and what is known of one board."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, stream_with_context, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.accounts import find_person
from stemfleet.bench import LiveBench, Seen, show_board
from stemfleet.devices.state import SlotState, Status
from stemfleet.errors import InputError, NotFound, StemfleetError
from stemfleet_web.door import the_door
from stemfleet_web.feed import CALM_S, Wall
from stemfleet_web.language import language, sentence
from stemfleet_web.persons import STAFF, only, the_person
from stemfleet_web.scans import Scan, read_scan

blueprint = Blueprint("bench", __name__)
LOOK_AROUND_S = 1.0
HEARTBEAT_S = 10.0  # tells a wall that the line still stands
_KIT = "kit:"  # the name of a slot's field for the kit's tag
_SERIAL = "serial:"  # the same for the serial number of the machine


@blueprint.get("/bench")
@only(*STAFF)
def wall() -> str:
    live = the_door().bench
    slots = [] if live is None else [(state, live.kit_of(state.slot) or "") for state in live.snapshot()]
    view = live.station_view() if live is not None and live.watches else None
    seen = {state.slot: live.seen(state.slot) for state, _kit in slots} if live is not None else {}
    bad = [sentence(recipe.error) for recipe in the_door().workshop.bad_recipes]
    return render_template("bench/bench.html", slots=slots, seen=seen, station=view, bad_recipes=bad, asks=asks_serial)


@blueprint.post("/bench")
@only(*STAFF)
def act() -> AnyResponse | tuple[Response, int]:
    """`start`, `check`, `abort`, `skip`, `expect` or `serial` names a slot, `start_all` none.

    `scan`: what was scanned at `slot`; `kit:<slot>`, `serial:<slot>`: the tags and numbers in the slots' fields.
    """
    live = _bench()
    focus, problems = None, dict[str, str]()
    if "start_all" in request.form:
        problems = _start_all(live)
    elif "scan" in request.form:
        focus, problems = _scanned(live, request.form.get("slot", ""), request.form["scan"])
    else:
        problems = _one(live)
    if request.accept_mimetypes.best == "application/json":
        return jsonify(problems=problems, focus=focus), 409 if problems else 200
    for slot, problem in problems.items():
        flash(_("Slot %(slot)s: %(problem)s", slot=slot, problem=problem), "bad")
    return redirect(url_for(".wall"))


@blueprint.get("/boards/<path:board_id>")
@only(*STAFF)
def board(board_id: str) -> str:
    """Every run of a board, whichever kit it was for."""
    return render_template("bench/board.html", view=show_board(the_door().store, board_id))


def _bench() -> LiveBench:
    live = the_door().bench
    if live is None:
        raise NotFound("This computer has no bench.")
    return live


def _start_all(live: LiveBench) -> dict[str, str]:
    """Every slot with a board that is not working; one that cannot start keeps no other from it."""
    ready = live.bench.ready()
    return {slot: problem for slot in ready if (problem := _try(partial(_start, live, slot, flash=True)))}


def _one(live: LiveBench) -> dict[str, str]:
    orders: dict[str, Callable[[str], object]] = {
        "start": lambda slot: _start(live, slot, flash=True),
        "check": lambda slot: _start(live, slot, flash=False),
        "abort": lambda slot: live.abort(the_person(), slot),
        "skip": lambda slot: live.skip(the_person(), slot),
        "expect": lambda slot: live.expect(the_person(), slot, request.form.get(_KIT + slot, "")),
        "serial": lambda slot: live.scan_serial(the_person(), slot, request.form.get(_SERIAL + slot, "")),
    }
    for order, act_on in orders.items():
        if slot := request.form.get(order):
            problem = _try(partial(act_on, slot))
            return {slot: problem} if problem else {}
    raise InputError("Say which slot to start or to stop.")


def _scanned(live: LiveBench, slot: str, text: str) -> tuple[str | None, dict[str, str]]:
    """(slot to go to, problems): a code of the printed sheet was scanned where the tag of a kit is expected."""
    try:
        scan, target = read_scan(text, live.names())
    except InputError as error:
        return slot, {slot: sentence(error)}
    person = the_person()
    if scan is Scan.SLOT:
        return target, {}
    if scan is Scan.ALL:
        return slot, _start_all(live)
    acts: dict[Scan, Callable[[], object]] = {
        Scan.START: lambda: _start(live, slot, flash=True),
        Scan.CHECK: lambda: _start(live, slot, flash=False),
        Scan.STOP: lambda: live.abort(person, slot),
        Scan.SKIP: lambda: live.skip(person, slot),
    }
    problem = _try(acts[scan])
    return slot, {slot: problem} if problem else {}


def _start(live: LiveBench, slot: str, *, flash: bool) -> None:
    tag, number = request.form.get(_KIT + slot), request.form.get(_SERIAL + slot)
    if number is not None:
        live.scan_serial(the_person(), slot, number)
    live.start(the_person(), slot, tag if tag is None else tag.strip(), flash=flash)


def _try(act: Callable[[], object]) -> str | None:
    """What keeps it from being done, as a sentence."""
    try:
        act()
    except StemfleetError as error:
        return sentence(error)
    return None


@blueprint.get("/bench/snapshot")
@only(*STAFF)
def snapshot() -> Response:
    """All slots as the live events give them, for a wall that found no live place."""
    live = _bench()
    return jsonify(slots=_parts(live.snapshot()), names=live.names())


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
    """Until the feed is closed, or nobody reads any more: then the place is free within a second.

    A person who was shut out is told nothing after the next heartbeat.
    """
    yield "retry: 2000\n\nevent: beat\ndata: \n\n"  # an empty bench has nothing else to tell
    told, reader = time.monotonic(), the_person().id
    asked = told
    while (states := wall.next(LOOK_AROUND_S)) is not None and not gone():
        if time.monotonic() - asked >= HEARTBEAT_S:
            if find_person(the_door().store, reader) is None:
                return
            asked = time.monotonic()
        if states or wall.names is not None:
            more = {} if wall.names is None else {"names": wall.names}
            yield f"data: {json.dumps({'slots': _parts(states), **more})}\n\n"
            time.sleep(CALM_S)
        elif time.monotonic() - told < HEARTBEAT_S:
            continue
        else:
            yield "event: beat\ndata: \n\n"
        told = time.monotonic()


def asks_serial(state: SlotState) -> bool:
    """Whether the slot shows the field for the serial number: its machine may tell no identity, or has told none."""
    open_ = state.board_id is None or state.serial is not None
    return state.takes_serial and open_ and state.status is not Status.EMPTY


def _parts(states: list[SlotState]) -> list[dict[str, Any]]:
    """What a wall puts into each tile: the live part is written here, in the reader's language."""
    live = _bench()
    return [
        {
            "slot": state.slot,
            "number": state.number,
            "status": state.status,
            "outcome": state.outcome,
            "title": state.title,
            "kit": live.kit_of(state.slot) or "",
            "asks": asks_serial(state),
            "serial": state.serial or "",
            "html": _live_part(replace(state, result=None), live.seen(state.slot), language()),
        }
        for state in states
    ]


@lru_cache(maxsize=256)
def _live_part(state: SlotState, seen: Seen | None, _language: str) -> str:
    """Rendered once for all walls of a language."""
    return render_template("bench/_slot.html", state=state, seen=seen)
