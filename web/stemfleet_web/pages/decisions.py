"""What is decided about a school on its own page: categories, moves, whose the kits are, kits of earlier waves."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.errors import InputError, StemfleetError
from stemfleet.kits import confirm_legacy, deny_legacy, hand_over_kits
from stemfleet.schools import (
    end_override,
    let_evidence_count,
    move_school,
    override_category,
    show_school,
    undo_move,
)
from stemfleet.words import MoveKind, Role
from stemfleet_web.door import the_door
from stemfleet_web.language import sentence
from stemfleet_web.pages.school import school_page
from stemfleet_web.persons import check_may_see, only, the_person
from stemfleet_web.problems import status_of

blueprint = Blueprint("decisions", __name__, url_prefix="/schools/<code>")
Answer = AnyResponse | tuple[str, int]


@blueprint.post("/category")
@only(Role.NSO)
def category(code: str) -> Answer:
    """`holds` is yes, no, or register: what the register says counts again."""
    chosen, holds, reason = _typed("category"), _typed("holds"), _typed("reason")

    def decide() -> Any:
        store, person = the_door().store, the_person()
        if holds == "register":
            end_override(store, person, code, chosen, reason)
            return _("What the register says counts again.")
        if holds not in {"yes", "no"}:
            raise InputError("Say whether the school has the category.")
        override_category(store, person, code, chosen, holds == "yes", reason)
        return _("The category is set. Later imports keep it.")

    return _decided(code, "category", decide)


@blueprint.post("/move")
@only(Role.NSO)
def move(code: str) -> Answer:
    def decide() -> Any:
        since, kind = _typed("since"), _typed("kind")
        if kind not in set(MoveKind):
            raise InputError("Say whether the school was merged or got another code.")
        try:
            day = date.fromisoformat(since)
        except ValueError:
            raise InputError("{text} is not a day.", text=since) from None
        successor = _typed("successor")
        evidence = "evidence" in request.form
        move_school(
            the_door().store, the_person(), code, successor, MoveKind(kind), day, _typed("reason"), evidence=evidence
        )
        return _("The school is closed and leads to its successor. Its kits stay until you hand them over.")

    return _decided(code, "move", decide)


@blueprint.post("/move/undo")
@only(Role.NSO)
def undo(code: str) -> Answer:
    def decide() -> Any:
        undo_move(the_door().store, the_person(), code, _typed("reason"))
        return _("The school is on its own again.")

    return _decided(code, "move", decide)


@blueprint.post("/records")
@only(Role.NSO)
def records(code: str) -> Answer:
    """`counts` is yes or no: whether the records of a school that moved count for its successor."""

    def decide() -> Any:
        counts = _typed("counts") == "yes"
        let_evidence_count(the_door().store, the_person(), code, counts, _typed("reason"))
        if counts:
            return _("Its records count for the successor from now on. Published points stay as they are.")
        return _("Its records stay with it from now on. Published points stay as they are.")

    return _decided(code, "records", decide)


@blueprint.post("/kits")
@only(Role.NSO)
def hand_over(code: str) -> Answer:
    """All kits of the school, or those of the ticked `tag`s."""

    def decide() -> Any:
        tags = request.form.getlist("tag") or None
        hand_over_kits(the_door().store, the_person(), code, _typed("successor"), _typed("reason"), tags)
        return _("The kits are handed over.")

    return _decided(code, "kits", decide)


@blueprint.post("/legacy/<int:number>/here")
@only(Role.SCHOOL, Role.NSO)
def here(code: str, number: int) -> Answer:
    check_may_see(code)

    def decide() -> Any:
        tag = confirm_legacy(the_door().workshop, the_person(), number)
        return _("Thank you. The kit is %(tag)s from now on; its label comes by post.", tag=tag)

    return _decided(code, "legacy", decide)


@blueprint.post("/legacy/<int:number>/gone")
@only(Role.SCHOOL, Role.NSO)
def gone(code: str, number: int) -> Answer:
    check_may_see(code)

    def decide() -> Any:
        deny_legacy(the_door().store, the_person(), number, _typed("note"))
        return _("Thank you. The support organisation sees your answer.")

    return _decided(code, "legacy", decide)


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()


def _decided(code: str, form: str, decide: Callable[[], Any]) -> Answer:
    """Back to the school's page with the news, or the page again with the problem and what was typed."""
    show_school(the_door().store, code)  # a school that is not there is not found, whatever was typed
    try:
        news = decide()
    except StemfleetError as error:
        return school_page(code, problem=(form, sentence(error)), typed=request.form), status_of(error)
    flash(news, "good")
    return redirect(url_for("school.school", code=code, _anchor=form))
