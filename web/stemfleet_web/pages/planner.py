"""The wave planner: the rules of a wave as a form, and beside it what they would give. Only a draft is stored."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.allocation.canonical import digest
from stemfleet.allocation.events import Change
from stemfleet.allocation.rules_file import rules_bytes
from stemfleet.allocation.values import Rules
from stemfleet.errors import InputError, Refused, StemfleetError
from stemfleet.registers import REGIONS
from stemfleet.rounds import change_rules, draft_wave, drop_draft, list_rounds, rules_of, show_round
from stemfleet.waves import Plan, compare_plans, plan_wave
from stemfleet.words import Level, Role, RoundState
from stemfleet_web.door import the_door
from stemfleet_web.language import filled
from stemfleet_web.persons import only, the_person
from stemfleet_web.planning.acts import change
from stemfleet_web.planning.points import CategoryFields
from stemfleet_web.planning.problems import Problem, problem_of
from stemfleet_web.planning.rules import FIRST_YEAR, LAST_YEAR, RulesFields, fields_of_file
from stemfleet_web.planning.typed import arranged
from stemfleet_web.problems import status_of

blueprint = Blueprint("planner", __name__)
MOST_SHOWN = 50
_UNNAMED = "plan"  # a wave can be looked at before it has a code


@dataclass
class Sheet:
    """The form of one request. `saved`: the draft as it is stored, with its year; None for a wave that is none yet.

    `unsaved`: the form holds what is stored nowhere; `focus`: the field to go on with; `note`: what was done.
    """

    fields: RulesFields
    saved: tuple[Rules, int] | None
    unsaved: bool = False
    focus: str = ""
    note: str = ""
    problem: Problem | None = None

    @property
    def wave(self) -> str | None:
        return None if self.saved is None else self.saved[0].wave

    @property
    def mark(self) -> str:
        """Of the stored draft: so that nobody overwrites what somebody else saved meanwhile."""
        return "" if self.saved is None else digest(rules_bytes(self.saved[0]) + str(self.saved[1]).encode())

    def read(self, unnamed: str = "") -> tuple[Rules, int] | None:
        """The rules with their year as typed; None, with the problem noted, when they cannot be used."""
        try:
            return self.fields.rules(unnamed)
        except StemfleetError as error:
            self.refuse(error)
            return None

    def refuse(self, error: StemfleetError) -> None:
        problem = problem_of(error, self.fields)
        if problem.field == "wave" and self.saved is not None:  # a draft's code is no field
            problem = Problem("", problem.text)
        self.problem = problem


@blueprint.get("/planner")
@only(Role.NSO)
def new() -> str:
    """An empty form, or a copy of the rules of an earlier wave or round: `from`."""
    copied = request.args.get("from", "")
    fields = _copy_of(copied) if copied else RulesFields(year=str(the_door().workshop.clock().year), repeat_years="4")
    return _page(Sheet(fields, None, unsaved=bool(copied)))


@blueprint.get("/planner/<wave>")
@only(Role.NSO)
def edit(wave: str) -> str:
    saved = _saved(wave)
    return _page(Sheet(RulesFields.of(*saved), saved))


@blueprint.post("/planner")
@only(Role.NSO)
def act_on_new() -> AnyResponse:
    return _act(Sheet(RulesFields.typed(request.form), None, unsaved=True))


@blueprint.post("/planner/<wave>")
@only(Role.NSO)
def act(wave: str) -> AnyResponse:
    fields = RulesFields.typed(request.form)
    fields.wave = wave  # a draft keeps its code
    return _act(Sheet(fields, _saved(wave), unsaved=True))


def _act(sheet: Sheet) -> AnyResponse:
    """`act` is the button that was pressed; without JavaScript the whole page comes back, else what changed of it."""
    act = request.form.get("act", "preview")
    try:
        if act == "drop" and sheet.saved is not None:
            return _drop(sheet, *sheet.saved)
        if act == "import":
            return _answer(_imported(sheet), whole_form=True)
        if act in ("save", "export", "schools"):
            done = {"save": _save, "export": _export, "schools": _schools}[act](sheet)
            return done or _answer(sheet, status=400)
        if act != "preview":
            wanted = request.form.get(f"{act}.other", "").strip() or request.form.get(f"{act}.wanted", "")
            sheet.focus = change(sheet.fields, act, the_door().workshop.models, wanted)
    except StemfleetError as error:
        sheet.refuse(error)
        return _answer(sheet, status=status_of(error))
    return _answer(sheet, whole_form=act != "preview")


def _save(sheet: Sheet) -> AnyResponse | None:
    """Back to the draft when it was stored; None when what was typed cannot be used."""
    read = sheet.read()
    if read is None:
        return None
    if sheet.wave is None:
        draft_wave(the_door().workshop, the_person(), *read)
    else:
        if request.form.get("mark") != sheet.mark:
            raise Refused(
                "The draft was changed by somebody else meanwhile. Compare with it in the preview, and save again."
            )
        change_rules(the_door().workshop, the_person(), *read)
    flash(_("Saved as a draft. Nothing is published."), "good")
    return _go(url_for(".edit", wave=read[0].wave))


def _drop(sheet: Sheet, rules: Rules, year: int) -> AnyResponse:
    """The form of this button holds nothing but the reason."""
    sheet.fields, sheet.unsaved = RulesFields.of(rules, year), False
    drop_draft(the_door().workshop, the_person(), rules.wave, request.form.get("reason", ""))
    flash(_("The draft %(wave)s is dropped.", wave=rules.wave), "good")
    return _go(url_for(".new"))


def _go(address: str) -> AnyResponse:
    return jsonify(location=address) if _wants_parts() else redirect(address)


def _export(sheet: Sheet) -> AnyResponse | None:
    """The rules as a file in canonical bytes, as a round publishes them."""
    read = sheet.read()
    if read is None:
        return None
    response = Response(rules_bytes(read[0]), mimetype="application/json")
    response.headers["Content-Disposition"] = f"attachment; filename={read[0].wave}.json"
    return response


def _schools(sheet: Sheet) -> AnyResponse | None:
    """Everybody who would get a place, on a page of its own."""
    plan = _plan(sheet)
    return None if plan is None else Response(render_template("planner/schools.html", plan=plan))


def _imported(sheet: Sheet) -> Sheet:
    """A rules file in place of what was typed. Raises InputError, and what was typed stays."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise InputError("Choose a file of rules first.")
    fields = fields_of_file(file.read(), file.filename, _year_typed(sheet))
    if sheet.wave is not None:
        fields.wave = sheet.wave
    note = _("The file is in the form. Nothing is stored until you save it.")
    return Sheet(fields, sheet.saved, unsaved=True, note=note)


def _year_typed(sheet: Sheet) -> int:
    """A rules file names no year."""
    year = sheet.fields.year
    return int(year) if year.isdecimal() and len(year) == 4 else the_door().workshop.clock().year


def _copy_of(wave: str) -> RulesFields:
    """For this year, under no code yet: a wave's code is its own."""
    copy = RulesFields.of(rules_of(the_door().workshop, wave), the_door().workshop.clock().year)
    copy.wave = ""
    return copy


def _saved(wave: str) -> tuple[Rules, int]:
    """Raises NotFound, and Refused for a round whose rules cannot change any more."""
    found = show_round(the_door().store, wave).round
    if found.replay or found.state is not RoundState.DRAFT:
        raise Refused("The rules of {wave} are no draft any more. Plan another wave with a copy of them.", wave=wave)
    return rules_of(the_door().workshop, wave), found.year


def _plan(sheet: Sheet) -> Plan | None:
    """What the rules as typed would give; None without a lot, and, with the problem noted, when they cannot be used."""
    read = sheet.read(_UNNAMED)
    if read is None or not read[0].lots:
        return None
    try:
        return plan_wave(the_door().workshop, *read)
    except StemfleetError as error:
        sheet.refuse(error)
        return None


def _changes(sheet: Sheet, plan: Plan | None) -> list[tuple[str, Change]] | None:
    """Who would hold another place than by the draft as it is saved; None where there is nothing to compare with."""
    if plan is None or sheet.saved is None or (plan.rules, plan.year) == sheet.saved:
        return None
    try:
        return compare_plans(the_door().workshop, sheet.saved, (plan.rules, plan.year))
    except InputError:  # the saved rules cannot be used any more: a model is gone
        return None


def _wants_parts() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _answer(sheet: Sheet, *, whole_form: bool = False, status: int = 200) -> AnyResponse:
    if not _wants_parts():
        return Response(_page(sheet), status)
    shown = _shown(sheet)
    return jsonify(
        form=render_template("planner/form.html", **shown) if whole_form else None,
        preview=render_template("planner/preview.html", **shown),
        line=render_template("planner/line.html", **shown),
        problem=None if sheet.problem is None else {"field": sheet.problem.field, "text": sheet.problem.text},
        focus=field_id(sheet.focus),
    )


def _page(sheet: Sheet) -> str:
    rounds = list_rounds(the_door().store)
    drafts = [found for found in rounds if found.state is RoundState.DRAFT and not found.replay]
    return render_template("planner/planner.html", **_shown(sheet), rounds=rounds, drafts=drafts)


def _shown(sheet: Sheet) -> dict[str, Any]:
    """What the templates of form and preview need."""
    earlier = sheet.problem
    plan = _plan(sheet)
    sheet.problem = earlier or sheet.problem
    fields = sheet.fields
    return {
        "sheet": sheet,
        "fields": fields,
        "plan": plan,
        "changes": _changes(sheet, plan),
        "models": sorted(the_door().workshop.models),
        "kinds": fields.kinds(the_door().workshop.evidence.kinds),
        "categories": fields.categories(),
        "regions": [f"region:{number}" for number in REGIONS],
        "levels": [level.value for level in Level],
        "first_year": FIRST_YEAR,
        "last_year": LAST_YEAR,
        "most_shown": MOST_SHOWN,
    }


@blueprint.app_template_filter("field_id")
def field_id(name: str) -> str:
    """`lots[0].seats` as an element's id."""
    return "f-" + name.replace("].", "-").replace("[", "-").replace("]", "").replace(".", "-") if name else ""


@blueprint.app_template_filter("arranged")
def _arranged(known: list[str], chosen: list[str]) -> list[str]:
    return arranged(chosen, known)


@blueprint.app_template_filter("filled")
def _filled(notice: Any) -> str:
    """A notice of the allocation in the reader's language."""
    return filled(_(notice.text), notice.facts)


@blueprint.app_template_test("category_entry")
def _is_category(entry: object) -> bool:
    return isinstance(entry, CategoryFields)
