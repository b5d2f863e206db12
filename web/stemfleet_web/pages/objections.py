"""Objections to provisional points: a school writes what is missing, the support organisation answers."""

import io
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.allocation.events import Event
from stemfleet.errors import InputError, NotFound, StemfleetError
from stemfleet.rounds import show_applicant, show_round
from stemfleet.rounds.objection_views import count_open_objections, list_objections, read_proof, show_objection
from stemfleet.rounds.objections import (
    LONGEST_TEXT,
    Acceptance,
    NewRecord,
    accept_objection,
    make_objection,
    open_windows,
    preview_acceptance,
    refuse_objection,
    window_is_open,
    withdraw_objection,
)
from stemfleet.rounds.proofs import LARGEST, MOST_FILES
from stemfleet.store import Round
from stemfleet.words import ObjectionState, Role, RoundState
from stemfleet_web.door import the_door
from stemfleet_web.language import sentence
from stemfleet_web.persons import only, person_or_none, the_person
from stemfleet_web.problems import status_of

blueprint = Blueprint("objections", __name__)
_WITH_FILES = "objections.make"
_ROOM_FOR_TEXT = 100_000  # bytes
_MOST_DIGITS = 6


@blueprint.url_value_preprocessor
def _files_may_come(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Before anything reads the form."""
    if endpoint == _WITH_FILES:
        request.max_content_length = MOST_FILES * LARGEST + _ROOM_FOR_TEXT


@blueprint.app_context_processor
def _windows() -> dict[str, Any]:
    """`objection_windows()`: rounds to whose points the signed-in school can object; `open_objections()`: how many."""
    return {"objection_windows": _windows_of_reader, "open_objections": _waiting}


def _waiting() -> int:
    return count_open_objections(the_door().store)


def _windows_of_reader() -> list[Round]:
    person = person_or_none()
    if person is None or person.role is not Role.SCHOOL:
        return []
    return open_windows(the_door().workshop, person.school_code)


@blueprint.get("/objections")
@only(Role.NSO, Role.SCHOOL)
def objections() -> str:
    """All for the support organisation, narrowed down by wave and state; a school's own for a school."""
    wave, state = request.args.get("wave", ""), request.args.get("state", "")
    chosen = ObjectionState(state) if state in set(ObjectionState) else None
    found = list_objections(the_door().store, the_person(), wave=wave or None, state=chosen)
    return render_template("objections/objections.html", found=found, wave=wave, state=state, states=ObjectionState)


@blueprint.get("/rounds/<wave>/objections/new")
@only(Role.SCHOOL)
def new(wave: str) -> str:
    return _form(wave)


@blueprint.post("/rounds/<wave>/objections/new")
@only(Role.SCHOOL)
def make(wave: str) -> AnyResponse | tuple[str, int]:
    """What was typed stays when it cannot be taken; files have to be chosen again."""
    typed = request.form
    try:
        year = typed.get("year", "").strip()
        number = make_objection(
            the_door().workshop,
            the_person(),
            wave,
            typed.get("text", ""),
            kind=typed.get("kind") or None,
            year=_number(year) if year else None,
            proofs=_files(),
        )
    except StemfleetError as error:
        return _form(wave, sentence(error)), status_of(error)
    flash(_("Your objection has been handed in. The answer will stand on this page."), "good")
    return redirect(url_for(".objection", number=number))


def _files() -> list[tuple[str, bytes]]:
    """(name, content) of every file that was chosen."""
    found = []
    for file in request.files.getlist("proofs"):
        with file.stream:
            if file.filename:
                found.append((file.filename, file.read()))
    return found


def _form(wave: str, problem: str | None = None) -> str:
    workshop, person = the_door().workshop, the_person()
    round_ = show_round(the_door().store, wave).round
    if round_.state is not RoundState.PROVISIONAL:
        raise NotFound("There is no objection window in {wave}.", wave=wave)
    return render_template(
        "objections/new.html",
        round=round_,
        view=show_applicant(the_door().store, wave, person.school_code or ""),
        is_open=window_is_open(workshop, round_),
        kinds=workshop.evidence.kinds,
        most_files=MOST_FILES,
        largest=LARGEST >> 20,
        longest=LONGEST_TEXT,
        typed=request.form,
        problem=problem,
    )


@blueprint.get("/objections/<int:number>")
@only(Role.NSO, Role.SCHOOL)
def objection(number: int) -> str:
    return _page(number)


@blueprint.get("/objections/<int:number>/proofs/<sha256>")
@only(Role.NSO, Role.SCHOOL)
def proof(number: int, sha256: str) -> Response:
    """A proof as it was attached, to be saved: it is somebody else's file."""
    found, content = read_proof(the_door().store, the_person(), number, sha256)
    return send_file(io.BytesIO(content), found.type, as_attachment=True, download_name=found.name)


@blueprint.post("/objections/<int:number>/withdraw")
@only(Role.SCHOOL)
def withdraw(number: int) -> AnyResponse | tuple[str, int]:
    try:
        withdraw_objection(the_door().workshop, the_person(), number)
    except StemfleetError as error:
        return _page(number, problem=("withdraw", sentence(error))), status_of(error)
    flash(_("Your objection is taken back."), "good")
    return redirect(url_for(".objection", number=number))


@blueprint.post("/objections/<int:number>")
@only(Role.NSO)
def decide(number: int) -> AnyResponse | tuple[str, int] | str:
    """`decision`: preview, accept, or refuse."""
    decision, workshop, typed = request.form.get("decision", ""), the_door().workshop, request.form
    try:
        if decision == "preview":
            return _page(number, preview=preview_acceptance(workshop, number, _acceptance()))
        if decision == "accept":
            accept_objection(workshop, the_person(), number, _acceptance(), typed.get("answer", ""))
        elif decision == "refuse":
            refuse_objection(workshop, the_person(), number, typed.get("reason", ""))
        else:
            raise InputError("Choose what is to be done.")
    except StemfleetError as error:
        return _page(number, problem=(decision, sentence(error))), status_of(error)
    flash(_("Done. The school sees the answer now."), "good")
    return redirect(url_for(".objection", number=number))


def _page(number: int, *, preview: list[Event] | None = None, problem: tuple[str, str] | None = None) -> str:
    door = the_door()
    view = show_objection(door.store, the_person(), number)
    round_ = show_round(door.store, view.objection.wave_code).round
    open_ = view.objection.state is ObjectionState.OPEN and round_.state is RoundState.PROVISIONAL
    applicant = show_applicant(door.store, round_.wave_code, view.school.code) if open_ else None
    return render_template(
        "objections/objection.html",
        view=view,
        round=round_,
        open=open_,
        applicant=applicant,
        kinds=door.workshop.evidence.kinds,
        typed=request.form,
        preview=preview,
        problem=problem,
    )


def _acceptance() -> Acceptance:
    """What the form says. Raises InputError for a number that is none."""
    typed = request.form
    record = None
    if typed.get("kind"):
        record = NewRecord(
            kind=typed["kind"],
            year=_number(typed.get("year", "")),
            number=_number(typed.get("number", "1")),
            edition=typed.get("edition", "").strip() or None,
            rank=typed.get("rank", "").strip() or None,
            person=typed.get("person", "").strip() or None,
            title=typed.get("title", "").strip() or None,
        )
    label, points = typed.get("label", ""), typed.get("points", "").strip()
    return Acceptance(record, {label: _number(points)} if label and points else {})


def _number(text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise InputError("{text} is not a whole number.", text=text or "–")
    return int(text)
