"""What anybody may see: the start page, the waves with who got what and why, the language."""

import io

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.errors import NotFound
from stemfleet.kits import count_kits, list_kits, list_reports
from stemfleet.registers import is_named
from stemfleet.rounds import list_offers
from stemfleet.schools import show_school
from stemfleet.store import Person
from stemfleet.waves import AwardRow, WaveView, list_bundle, list_results, list_waves, read_bundle, show_wave
from stemfleet.words import KitState, Role
from stemfleet_web.door import the_door
from stemfleet_web.language import COOKIE, COOKIE_SECONDS, LANGUAGES
from stemfleet_web.pages.rounds import running_rounds
from stemfleet_web.persons import person_or_none
from stemfleet_web.protection import safe_target
from stemfleet_web.sheets import file_name

blueprint = Blueprint("public", __name__)


@blueprint.get("/")
def start() -> str:
    """What the visitor most likely came for."""
    person = person_or_none()
    if person is None:
        now = the_door().workshop.clock()
        return render_template("start/public.html", waves=_newest_waves(), views=running_rounds(), now=now)
    pages = {Role.SCHOOL: _start_school, Role.WAREHOUSE: _start_warehouse, Role.NSO: _start_nso}
    return pages[person.role](person)


def _start_school(person: Person) -> str:
    assert person.school_code is not None
    view = show_school(the_door().store, person.school_code)
    offers = list_offers(the_door().workshop, person.school_code)
    return render_template("start/school.html", view=view, problem=("", ""), offers=offers, plans=plans())


def plans() -> set[str]:
    """The codes of the waves that are plans: what they give is marked so wherever it is shown."""
    return {wave.code for wave in list_waves(the_door().store) if wave.planning}


def _start_warehouse(_person: Person) -> str:
    door = the_door()
    states = (KitState.READY, KitState.RESERVED, KitState.PACKED)
    waiting = {state: list_kits(door.store, state=state, limit=12) for state in states}
    return render_template("start/warehouse.html", counts=count_kits(door.store), states=KitState, waiting=waiting)


def _start_nso(_person: Person) -> str:
    store = the_door().store
    return render_template(
        "start/nso.html",
        views=running_rounds(),
        now=the_door().workshop.clock(),
        waves=_newest_waves(),
        counts=count_kits(store),
        states=KitState,
        reports=list_reports(store, limit=6),
    )


@blueprint.get("/waves")
def waves() -> str:
    return render_template("waves/waves.html", waves=_newest_waves())


@blueprint.get("/waves/<code>")
def wave(code: str) -> str:
    """Who got what and why; `lot` and `words` (name or code) narrow it down."""
    view, rows = show_wave(the_door().store, code)
    lot, words = request.args.get("lot", ""), request.args.get("words", "")
    found = [row for row in rows if (not lot or row.award.lot == lot) and _named(row, words)]
    files = list_bundle(the_door().store, code)
    return render_template("waves/wave.html", wave=view, rows=found, total=len(rows), lot=lot, words=words, files=files)


@blueprint.get("/waves/<code>/bundle.zip")
def bundle(code: str) -> Response:
    """The public bundle from which anybody can check the wave."""
    store = the_door().store
    content, digest = read_bundle(store, code)
    planning = list_results(store, code, limit=0).planning
    name = file_name(code, "bundle", "zip", planning=True) if planning else f"{code}.zip"
    response = send_file(io.BytesIO(content), "application/zip", as_attachment=True, download_name=name)
    response.headers["X-Bundle-Digest"] = digest
    return response


@blueprint.get("/language/<code>")
def language(code: str) -> AnyResponse:
    """Chooses the language and goes back to where the reader was."""
    if code not in LANGUAGES:
        raise NotFound("There is no language {code} here.", code=code)
    response = redirect(safe_target(request.args.get("next"), url_for("public.start")))
    secure = the_door().public_url.startswith("https://")
    response.set_cookie(COOKIE, code, max_age=COOKIE_SECONDS, httponly=True, samesite="Lax", secure=secure)
    return response


def _newest_waves() -> list[WaveView]:
    return list_waves(the_door().store)[::-1]


def _named(row: AwardRow, words: str) -> bool:
    """Whether the code starts with the text, or the name holds every word."""
    text = words.strip()
    return row.school.code.startswith(text.upper()) or is_named(row.school.name, text)
