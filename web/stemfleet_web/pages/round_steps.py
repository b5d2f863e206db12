"""Taking a step of a round. It takes two requests: a form's values are shown again, and only the confirmation counts.

Whether a step may be taken is decided by the use case, in the end as in the beginning.
"""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.errors import NotFound, StemfleetError
from stemfleet.rounds import check_step, show_round
from stemfleet.store import Person
from stemfleet.words import Role, RoundStep
from stemfleet.workshop import Workshop
from stemfleet_web.door import the_door
from stemfleet_web.language import moment, sentence
from stemfleet_web.pages.round_forms import FORMS, StepForm, Values
from stemfleet_web.pages.rounds import render_round
from stemfleet_web.persons import only, the_person
from stemfleet_web.problems import status_of
from stemfleet_web.work import Progress, start_work, task

blueprint = Blueprint("round_steps", __name__)


@blueprint.post("/rounds/<wave>/take/<step>")
@only(Role.NSO)
def take(wave: str, step: str) -> AnyResponse | str | tuple[str, int]:
    """Takes a step when it is confirmed, and asks for that first."""
    door, chosen = the_door(), _step(step)
    form, view = FORMS[chosen], show_round(door.store, wave)
    typed = {**request.form.to_dict(), "of": view.round.beacon_source or ""}
    page = url_for("rounds.show", wave=wave)
    try:
        check_step(door.workshop, the_person(), wave, chosen)
        values = {field.name: field.read(typed) for field in form.fields}
        form.check(door.workshop.clock(), values)
        if "confirmed" not in typed:
            return _confirmation(wave, chosen, form, values)
        if form.long:
            return start_work(chosen, {"wave": wave, "values": values, "page": page}, about=wave, back=page)
        form.take(door.workshop, the_person(), wave, values, lambda _step: None)
    except StemfleetError as error:
        shown = render_round(show_round(door.store, wave), step=chosen, problem=sentence(error), typed=typed)
        return shown, status_of(error)
    flash(_("Done: %(step)s", step=form.title), "good")
    return redirect(page)


def _confirmation(wave: str, step: RoundStep, form: StepForm, values: Values) -> str:
    shown = [(f.label, moment(values[f.name]) if f.kind == "time" else values[f.name]) for f in form.fields]
    return render_template(
        "confirm.html",
        title=form.title,
        above=(url_for("rounds.show", wave=wave), wave),
        values=shown,
        sentences=[form.publishes],
        warning=form.undo,
        hidden={"confirmed": "yes", **request.form.to_dict()},
        action=url_for(".take", wave=wave, step=step),
        yes=form.title,
    )


def _step(name: str) -> RoundStep:
    if name not in {step.value for step in FORMS}:
        raise NotFound("There is no step {step}.", step=name)
    return RoundStep(name)


def _long_step(step: RoundStep) -> None:
    """A task of the step's own name."""

    @task(step)
    def _take(workshop: Workshop, person: Person, facts: dict[str, Any], progress: Progress) -> str:
        FORMS[step].take(workshop, person, facts["wave"], facts["values"], progress)
        return str(facts["page"])


for _name, _form in FORMS.items():
    if _form.long:
        _long_step(_name)
