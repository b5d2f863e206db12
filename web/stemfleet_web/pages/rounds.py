"""Rounds: how far each has come, what every step published, the log; for everybody, without names of persons."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, render_template, request, send_file
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.accounts import list_people
from stemfleet.allocation.bundle import zip_files
from stemfleet.allocation.draw import PLANNING
from stemfleet.errors import NotFound
from stemfleet.rounds import (
    RoundView,
    StepView,
    list_rounds,
    read_published,
    read_published_file,
    show_round,
)
from stemfleet.store import Person, Round
from stemfleet.words import Role, RoundState, RoundStep
from stemfleet_web.door import the_door
from stemfleet_web.pages.round_forms import KNOWN_SOURCES, next_steps
from stemfleet_web.persons import person_or_none

blueprint = Blueprint("rounds", __name__)
_BY_SCHOOLS = {RoundStep.OBJECTED, RoundStep.ACCEPTED, RoundStep.DECLINED}


@dataclass(frozen=True)
class Stage:
    """A state on a round's way. `mark`: past, now, skipped, to_come, or open: appeals can be made, none is decided."""

    state: RoundState
    mark: str
    at: datetime | None


def stages(view: RoundView) -> list[Stage]:
    """The whole way of a round, in order."""
    way = list(RoundState)
    here = way.index(view.round.state)
    return [Stage(state, _mark(view, state, way.index(state) - here), view.reached.get(state)) for state in way]


def _mark(view: RoundView, state: RoundState, ahead: int) -> str:
    if ahead > 0:
        return "open" if state is RoundState.APPEALS and _takes_appeals(view.round) else "to_come"
    if ahead == 0 and state is not RoundState.CLOSED:
        return "now"
    return "past" if state in view.reached else "skipped"


def _takes_appeals(found: Round) -> bool:
    until = found.appeals_until
    return found.state is RoundState.PUBLISHED and until is not None and until > the_door().workshop.clock()


def _void_until(view: RoundView) -> int:
    """The number of the last step that took back what was published before it; 0 for none."""
    return max((step.number for step in view.steps if step.step == RoundStep.WITHDRAWN), default=0)


def running_rounds() -> list[RoundView]:
    """Those that have steps to take and that the reader may see, the newest first."""
    store = the_door().store
    views = [show_round(store, found.wave_code) for found in list_rounds(store) if _is_running(found)]
    return [view for view in views if view.is_public or is_nso()]


def _is_running(found: Round) -> bool:
    return not found.replay and found.state is not RoundState.CLOSED


def is_nso() -> bool:
    person = person_or_none()
    return person is not None and person.role is Role.NSO


def visible_round(wave: str) -> RoundView:
    """The round, if it has published something or the NSO asks. Raises NotFound."""
    view = show_round(the_door().store, wave)
    if not view.is_public and not is_nso():
        raise NotFound("There is no round {wave}.", wave=wave)
    return view


@blueprint.get("/rounds")
def rounds() -> str:
    door = the_door()
    ended = [found for found in list_rounds(door.store) if not _is_running(found)]
    return render_template(
        "rounds/rounds.html", views=running_rounds(), ended=ended, now=door.workshop.clock(), planning=PLANNING
    )


@blueprint.get("/rounds/<wave>")
def show(wave: str) -> str:
    return render_round(visible_round(wave))


def render_round(
    view: RoundView,
    *,
    step: RoundStep | None = None,
    problem: str | None = None,
    typed: Mapping[str, str] | None = None,
) -> str:
    """The page of a round; with what is wrong at the form of a step, and what was typed there."""
    person = person_or_none()
    following = next_steps(view, person) if person is not None and is_nso() else []
    return render_template(
        "rounds/round.html",
        view=view,
        round=view.round,
        stages=stages(view),
        void_until=_void_until(view),
        next=following,
        now=the_door().workshop.clock(),
        step=step,
        problem=problem,
        at_form=step in {one.step for one in following},
        typed=typed or {},
        sources=KNOWN_SOURCES,
        others=_others(person) if following else [],
        planning=PLANNING,
    )


def _others(person: Person | None) -> list[str]:
    """Who of the NSO may draw what this person freezes."""
    people = list_people(the_door().store)
    return [one.name for one in people if one.active and one.role is Role.NSO and person and one.id != person.id]


@blueprint.get("/rounds/<wave>/steps/<int:step>/<name>")
def published_file(wave: str, step: int, name: str) -> AnyResponse:
    """A file as a step published it, byte for byte."""
    visible_round(wave)
    content, sha256 = read_published_file(the_door().store, wave, step, name)
    response = send_file(io.BytesIO(content), as_attachment=True, download_name=name, etag=sha256)
    return response.make_conditional(request)


@blueprint.get("/rounds/<wave>/steps/<int:step>.zip")
def published_zip(wave: str, step: int) -> Response:
    """All files of a step."""
    visible_round(wave)
    packed = io.BytesIO()
    zip_files(packed, read_published(the_door().store, wave, step), packed=True)
    packed.seek(0)
    return send_file(packed, "application/zip", as_attachment=True, download_name=f"{wave}-{step}.zip")


@blueprint.app_template_filter("by_school")
def by_school(step: StepView) -> bool:
    """Whether a step was taken by a person of a school."""
    return step.step in _BY_SCHOOLS and not step.facts.get("in_its_name")


@blueprint.app_template_filter("changed_lines")
def changed_lines(values: tuple[list[Any], list[Any]]) -> list[tuple[str, int, int]]:
    """(label, points before, points after) of the lines of points that differ."""
    before, after = (dict(lines) for lines in values)
    labels = list(before) + [label for label in after if label not in before]
    return [(x, before.get(x, 0), after.get(x, 0)) for x in labels if before.get(x, 0) != after.get(x, 0)]
