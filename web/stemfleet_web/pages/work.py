"""Long work: how far it is, and the list of one's own."""

from flask import Blueprint, current_app, jsonify, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.errors import StemfleetError, Unavailable
from stemfleet.store import Person, Work, WorkState
from stemfleet.words import Role
from stemfleet_web.door import the_door
from stemfleet_web.language import sentence
from stemfleet_web.persons import not_yours, only, the_person
from stemfleet_web.protection import safe_target

blueprint = Blueprint("work", __name__)


@blueprint.app_template_filter("problem_text")
def problem_text(work: Work) -> str | None:
    """Why a work failed, in the reader's language; None for what is a bug of ours, which the log has."""
    return sentence(StemfleetError(work.problem[0], **work.problem[1])) if work.problem else None


@blueprint.app_template_global("open_work")
def open_work(person: Person) -> list[Work]:
    """What of the person waits or runs. Every page says so, and none fails because the list cannot be read."""
    assert person.id is not None
    try:
        return the_door().work.list.open_of(person.id)
    except Unavailable:
        current_app.logger.exception("The list of work cannot be read")
        return []


@blueprint.get("/work")
@only()
def works() -> str:
    person = the_person()
    assert person.id is not None
    return render_template("work/works.html", works=the_door().work.list.of(person.id))


@blueprint.get("/work/<work>")
@only()
def show(work: str) -> str | AnyResponse:
    """How far it is; leads to its result when it is done."""
    found = _work(work)
    if found.state is WorkState.DONE:
        return redirect(_result(found))
    return render_template("work/work.html", work=found, mine=found.person_id == the_person().id)


@blueprint.get("/work/<work>/now")
@only()
def now(work: str) -> AnyResponse:
    """For a page that looks again and again: the state, a piece of the page, and the result's address once done."""
    found = _work(work)
    done = found.state is WorkState.DONE
    return make_response(
        jsonify(
            open=found.open,
            step=found.step,
            state=found.state,
            result=_result(found) if done else None,
            html=render_template("work/_work.html", work=found),
        )
    )


@blueprint.post("/work/<work>/stop")
@only()
def stop(work: str) -> AnyResponse:
    """Gives it up: nothing of it is kept."""
    the_door().work.list.give_up(_work(work).id)
    return redirect(url_for(".show", work=work), code=303)


@blueprint.post("/work/<work>/again")
@only()
def again(work: str) -> AnyResponse:
    """The same once more, for who started it. What is done, waits or runs leads to its own page."""
    found, person = _work(work), the_person()
    if found.person_id != person.id:
        raise not_yours(person)
    if found.open or found.state is WorkState.DONE:
        return redirect(url_for(".show", work=work), code=303)
    started = the_door().work.start(found.kind, found.facts, person, about=found.about, key=found.key, back=found.back)
    return redirect(url_for(".show", work=started), code=303)


def _work(work_id: str) -> Work:
    """Raises NotFound, NotYours: whoever started it sees it, and the NSO."""
    work, person = the_door().work.list.show(work_id), the_person()
    if work.person_id != person.id and person.role is not Role.NSO:
        raise not_yours(person)
    return work


def _result(work: Work) -> str:
    return safe_target(work.result, url_for("work.works"))
