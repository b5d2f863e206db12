"""What templates can say beside what pages hand them: words of the program, times, titles, the person."""

from datetime import date
from typing import Any

from flask import Flask, request
from flask_babel import format_date, format_decimal
from jinja2 import pass_context

from stemfleet.catalogue import Model
from stemfleet.words import Outcome
from stemfleet_web import words
from stemfleet_web.door import the_door
from stemfleet_web.language import LANGUAGES, language, moment, told
from stemfleet_web.menu import menu_of
from stemfleet_web.persons import is_staff, person_or_none
from stemfleet_web.words.bench import VALUES

# Shape beside colour and word: the same sign stands for the same thing on every page (see shapes.html).
_SHAPES = {Outcome.PASS: "tick", Outcome.FAIL: "cross", Outcome.ABORTED: "stop"}
_TONES = {
    "in_use": "good",
    "ready": "good",
    "delivered": "good",
    "faulty": "bad",
    "lost": "bad",
    "retired": "quiet",
    "replaced": "quiet",
    "received": "quiet",
    "shipped": "busy",
    "packed": "busy",
    "reserved": "busy",
}
_OUTCOME_TONES = {Outcome.PASS: "good", Outcome.FAIL: "bad"}


def install(app: Flask) -> None:
    app.add_template_filter(_label, "label")
    app.add_template_filter(words.points_label, "points_label")
    app.add_template_filter(words.line_anchor, "line_anchor")
    app.add_template_filter(words.prize, "prize")
    app.add_template_filter(words.region_name, "region_name")
    app.add_template_filter(moment, "moment")
    app.add_template_filter(told, "told")
    app.add_template_filter(number, "number")
    app.add_template_filter(size, "size")
    app.add_template_filter(model_title, "model_title")
    app.add_template_filter(day, "day")
    app.add_template_filter(checklist_step, "checklist_step")
    app.add_template_filter(lambda value: _SHAPES.get(value, "question"), "outcome_shape")
    app.add_template_filter(lambda value: _OUTCOME_TONES.get(value, "warn"), "outcome_tone")
    app.add_template_filter(lambda value: _TONES.get(value, "warn"), "state_tone")
    app.context_processor(_surroundings)


@pass_context
def _label(_context: Any, value: str, vocabulary: str) -> str:
    """With the context Jinja asks anew each time; otherwise it keeps the label of a constant in one language."""
    return words.label(value, vocabulary)


def size(octets: int) -> str:
    """A file's size in the units of everyday."""
    for unit, worth in (("MB", 1_000_000), ("kB", 1000)):
        if octets >= worth:
            return f"{format_decimal(octets / worth, '#,##0.0')} {unit}"
    return f"{octets} B"


def day(text: str) -> str:
    """A day, given as 2026-03-02, as people in Greece read it."""
    return str(format_date(date.fromisoformat(text), "d MMM y"))


def checklist_step(recipe: str, step: str) -> str | None:
    """What a step of a checklist says, in the reader's language; None for what is no step."""
    known = the_door().workshop.recipes.get(recipe)
    steps = known.steps if known else ()
    return next((found.title[language()] for found in steps if found.id == step), None)


def number(value: Any) -> str:
    """A measured value or limit; a text stays as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "" if value is None else str(VALUES.get(str(value).lower(), value))
    return str(format_decimal(value))


def model_title(name: str) -> str:
    """A kit model's title in the reader's language; its name when the model is no longer known."""
    model: Model | None = the_door().workshop.models.get(name)
    return name if model is None else model.title.get(language(), name)


def _surroundings() -> dict[str, Any]:
    person = person_or_none()
    door = the_door()
    return {
        "person": person,
        "staff": is_staff(person),
        "demo": door.demo,
        "has_bench": door.bench is not None,
        "menu": menu_of(person, has_bench=door.bench is not None),
        "language": language(),
        "other_languages": {code: name for code, name in LANGUAGES.items() if code != language()},
        "here": request.full_path.rstrip("?") if request.method == "GET" else "/",
    }
