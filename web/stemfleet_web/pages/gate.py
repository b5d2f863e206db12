"""What makes a kit ready beside the bench: checklists, overrides by two persons; stale kits; the files of the runs."""

from datetime import UTC, datetime

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.bench import Pieces, checklist_of, pieces_of, record_checklist
from stemfleet.devices.families.checklist import LARGEST_PHOTO, PASS, Answer
from stemfleet.devices.recipe import Recipe
from stemfleet.errors import InputError, NotFound, StemfleetError
from stemfleet.kits import (
    KitView,
    ask_override,
    decide_override,
    kit_archive,
    list_waiting_overrides,
    parse_tag,
    read_file,
    show_kit,
    stale_kits,
    take_out,
)
from stemfleet.store import BoardRun
from stemfleet.words import Outcome
from stemfleet_web.door import the_door
from stemfleet_web.language import sentence
from stemfleet_web.persons import STAFF, only, the_person
from stemfleet_web.problems import status_of
from stemfleet_web.words import label

blueprint = Blueprint("gate", __name__)
MOST_PHOTOS = 12
_UPLOADS = {"gate.check"}


@blueprint.url_value_preprocessor
def _room_for_photos(endpoint: str | None, _values: dict[str, object] | None) -> None:
    """Before anything reads the form: a checklist comes with photos."""
    if endpoint in _UPLOADS:
        request.max_content_length = MOST_PHOTOS * LARGEST_PHOTO


@blueprint.get("/kits/stale")
@only(*STAFF)
def stale() -> str:
    """Kits that were ready before the firmware or the test was released anew, and overrides that wait."""
    door = the_door()
    return render_template(
        "kits/stale.html", stale=stale_kits(door.workshop), waiting=list_waiting_overrides(door.workshop)
    )


@blueprint.post("/kits/<tag>/override")
@only(*STAFF)
def ask(tag: str) -> AnyResponse:
    ask_override(the_door().workshop, the_person(), tag, request.form.get("reason", ""))
    flash(_("Asked for. Another person has to decide."), "good")
    return redirect(url_for("kits.kit", tag=parse_tag(tag)))


@blueprint.post("/kits/<tag>/override/decide")
@only(*STAFF)
def decide(tag: str) -> AnyResponse:
    approve = request.form.get("decision") == "approve"
    decide_override(the_door().workshop, the_person(), tag, approve=approve)
    flash(_("The override is approved.") if approve else _("The override is refused."), "good")
    return redirect(url_for("kits.kit", tag=parse_tag(tag)))


@blueprint.post("/kits/<tag>/take-out")
@only(*STAFF)
def take_out_board(tag: str) -> AnyResponse:
    """The board is named by the form; its own kit is the one that it leaves."""
    board = request.form.get("board", "")
    left = take_out(the_door().workshop, the_person(), board, request.form.get("reason", ""))
    flash(_("%(board)s is not part of %(tag)s any more.", board=board, tag=left), "good")
    return redirect(url_for("kits.kit", tag=parse_tag(tag)))


@blueprint.get("/kits/<tag>/check/<recipe>")
@only(*STAFF)
def check_form(tag: str, recipe: str) -> str:
    """The steps of a checklist, for a phone or a keyboard."""
    view = show_kit(the_door().workshop, tag)
    return _check_page(view, checklist_of(the_door().workshop, recipe))


def _check_page(view: KitView, recipe: Recipe, problem: str | None = None) -> str:
    pieces = next((p for p in pieces_of(the_door().workshop, view) if p.recipe.name == recipe.name), None)
    return render_template(
        "kits/checklist.html",
        view=view,
        recipe=recipe,
        pieces=pieces or Pieces(recipe, 0, 0),
        typed=request.form,
        began=request.form.get("began") or datetime.now(UTC).isoformat(timespec="seconds"),
        problem=problem,
    )


@blueprint.post("/kits/<tag>/check/<recipe>")
@only(*STAFF)
def check(tag: str, recipe: str) -> AnyResponse | tuple[str, int]:
    """Stores the piece; on with the next one, or back to the kit when all have passed."""
    door = the_door()
    checklist = checklist_of(door.workshop, recipe)
    try:
        run = record_checklist(
            door.workshop,
            the_person(),
            tag,
            recipe,
            _answers(checklist),
            serial=request.form.get("serial", ""),
            station=request.user_agent.platform or "web",
            started=_began(),
        )
    except StemfleetError as error:
        return _check_page(show_kit(door.workshop, tag), checklist, sentence(error)), status_of(error)
    return _after(run, checklist)


def _after(run: BoardRun, checklist: Recipe) -> AnyResponse:
    words = label(run.outcome, "outcome")
    tone = "good" if run.outcome is Outcome.PASS else "bad"
    flash(_("%(board)s: %(outcome)s", board=run.board_id, outcome=words), tone)
    view = show_kit(the_door().workshop, run.kit_tag or "")
    left = [p for p in pieces_of(the_door().workshop, view) if p.recipe.name == checklist.name and p.passed < p.count]
    if left and run.outcome is Outcome.PASS:
        return redirect(url_for(".check_form", tag=view.kit.tag, recipe=checklist.name))
    return redirect(url_for("kits.kit", tag=view.kit.tag))


def _answers(recipe: Recipe) -> list[Answer]:
    answers = []
    for step in recipe.steps:
        said, photo = request.form.get(f"step:{step.id}"), _photo(request.files.get(f"photo:{step.id}"))
        if said:
            answers.append(Answer(step.id, said == PASS, photo, request.form.get(f"note:{step.id}", "")))
    return answers


def _photo(file: FileStorage | None) -> bytes | None:
    return (file.read() or None) if file is not None else None


def _began() -> datetime:
    """When the page was opened; a person's clock is not asked."""
    try:
        began = datetime.fromisoformat(request.form.get("began", ""))
    except ValueError:
        began = datetime.now(UTC)
    if began.tzinfo is None or began > datetime.now(UTC):
        raise InputError("The form was changed on its way. Open the checklist again.")
    return began


@blueprint.get("/runs/<int:run>/files/<name>")
@only(*STAFF)
def run_file(run: int, name: str) -> Response:
    """A raw log or a photo, as it was stored."""
    content, kind = read_file(the_door().store, run, name)
    response = Response(content, mimetype=kind)
    shown = "inline" if kind.startswith("image/") else "attachment"
    response.headers["Content-Disposition"] = f"{shown}; filename={run}-{name}"
    return response


@blueprint.get("/runs/<int:run>/record.json")
@only(*STAFF)
def run_record(run: int) -> Response:
    with the_door().store.read() as session:
        found = session.get(BoardRun, run)
    if found is None:
        raise NotFound("There is no run {run}.", run=run)
    response = jsonify(found.record)
    response.headers["Content-Disposition"] = f"attachment; filename=run-{run}.json"
    return response


@blueprint.get("/kits/<tag>/records.zip")
@only(*STAFF)
def archive(tag: str) -> Response:
    """All records of a kit with their logs and photos."""
    view = show_kit(the_door().workshop, tag)
    response = Response(kit_archive(the_door().store, view), mimetype="application/zip")
    response.headers["Content-Disposition"] = f"attachment; filename={view.kit.tag}.zip"
    return response
