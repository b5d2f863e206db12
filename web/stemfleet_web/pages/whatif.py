"""What if: a drawn wave beside other rules. Computed as long work, kept, found again under an address of its own."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.allocation.rules_file import parse_rules
from stemfleet.errors import NotFound, StemfleetError
from stemfleet.registers import is_named
from stemfleet.rounds import list_rounds, rules_of
from stemfleet.store import Person, WhatIf
from stemfleet.waves import (
    WaveView,
    drop_comparison,
    keep_comparison,
    list_comparisons,
    show_comparison,
    show_wave,
)
from stemfleet.words import Role
from stemfleet.workshop import Workshop
from stemfleet_web import words
from stemfleet_web.door import the_door
from stemfleet_web.language import filled, sentence
from stemfleet_web.paging import on_page, page_asked, page_count
from stemfleet_web.persons import only, the_person
from stemfleet_web.problems import status_of
from stemfleet_web.sheets import file_name
from stemfleet_web.words.whatif import ALL, COMPARISONS, NO_CAP, NOBODY
from stemfleet_web.work import Progress, start_work, task

blueprint = Blueprint("whatif", __name__)
_MOST_RULES = 8


@task("whatif")
def compare(workshop: Workshop, person: Person, facts: dict[str, Any], progress: Progress) -> str:
    progress("applicants")
    others = [(name, parse_rules(text.encode(), name)) for name, text in facts["files"]]
    others += [(wave, rules_of(workshop, wave)) for wave in facts["waves"]]

    def told(done: int, total: int) -> None:
        if done == 1:
            progress("allocation")
        progress.count(done, total)

    kept = keep_comparison(workshop, person, facts["wave"], others, told)
    return f"/waves/{facts['wave']}/whatif/{kept}"


@blueprint.get("/waves/<wave>/whatif")
@only(Role.NSO)
def show(wave: str) -> str:
    """The form, and what was compared already."""
    return _form(wave)


def _form(wave: str, problem: str | None = None) -> str:
    store = the_door().store
    view = _wave(wave)
    return render_template(
        "whatif/whatif.html",
        wave=view,
        kept=list_comparisons(store, wave),
        rounds=[found for found in list_rounds(store) if found.wave_code != wave],
        chosen=request.form.getlist("waves"),
        problem=problem,
    )


@blueprint.post("/waves/<wave>/whatif")
@only(Role.NSO)
def begin(wave: str) -> AnyResponse | tuple[str, int]:
    """Starts the comparison; files that are no rules are refused at once."""
    try:
        files = list(_files())
    except StemfleetError as error:
        return _form(wave, problem=sentence(error)), status_of(error)
    waves = request.form.getlist("waves")[:_MOST_RULES]
    about = ", ".join([_wave(wave).code, *(name for name, _text in files), *waves])
    return start_work("whatif", {"wave": wave, "files": files, "waves": waves}, about=about)


def _files() -> Iterable[tuple[str, str]]:
    """(name, text) of the uploaded rules. Raises InputError with the file's name and the key."""
    for file in request.files.getlist("rules")[:_MOST_RULES]:
        if file.filename:
            content = file.read()
            parse_rules(content, file.filename)
            yield file.filename, content.decode()


@blueprint.get("/waves/<wave>/whatif/<comparison>")
@only(Role.NSO)
def result(wave: str, comparison: str) -> str:
    """What changes under one of the other rules; `with` says which, from 0."""
    kept, by = show_comparison(the_door().store, wave, comparison)
    chosen = _chosen(kept)
    this = kept.document["comparisons"][chosen]
    rows = [change for change in this["changes"] if _fits(change)]
    page = page_asked()
    return render_template(
        "whatif/result.html",
        wave=wave,
        kept=kept,
        by=by,
        chosen=chosen,
        this=this,
        rows=on_page(rows, page),
        found=len(rows),
        page=page,
        pages=page_count(len(rows)),
        asked={name: request.args.get(name, "") for name in ("words", "change", "lot")},
        old=_digest_now(wave) != kept.digest,
    )


@blueprint.get("/waves/<wave>/whatif/<comparison>.csv")
@only(Role.NSO)
def table(wave: str, comparison: str) -> Response:
    """Every school that changes under one of the other rules, as CSV in UTF-8 with a mark that Excel understands."""
    kept, _by = show_comparison(the_door().store, wave, comparison)
    chosen = _chosen(kept)
    this = kept.document["comparisons"][chosen]
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow([_("Code"), _("School"), _("Level"), _("Region"), _("Holds"), _("Would hold"), _("By which rule")])
    for change in this["changes"]:
        rows.writerow(
            [
                change["school"],
                change["name"],
                words.label(change["level"], "level"),
                words.region_name(change["region"]),
                change["before"] or "",
                change["after"] or "",
                "; ".join(rule_text(rule) for rule in change["by"]),
            ]
        )
    name = file_name(wave, f"whatif-{chosen + 1}", "csv", planning=kept.document["planning"])
    response = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.post("/waves/<wave>/whatif/<comparison>/drop")
@only(Role.NSO)
def drop(wave: str, comparison: str) -> AnyResponse:
    """Takes a comparison away: nothing else depends on it."""
    drop_comparison(the_door().store, the_person(), wave, comparison)
    flash(_("The comparison is gone."), "good")
    return redirect(url_for("whatif.show", wave=wave))


def _wave(code: str) -> WaveView:
    """A wave that was drawn. Raises NotFound."""
    view, _awards = show_wave(the_door().store, code)
    if not view.drawn:
        raise NotFound("Nothing was drawn in {wave}: there are no other rules to compare it with.", wave=code)
    return view


def _digest_now(wave: str) -> str | None:
    """None when the wave is gone, as a plan is after the next."""
    try:
        return _wave(wave).digest
    except NotFound:
        return None


def _chosen(kept: WhatIf) -> int:
    return min(max(0, request.args.get("with", 0, type=int)), len(kept.names) - 1)


def _fits(change: Mapping[str, Any]) -> bool:
    asked, lot = request.args.get("change", ""), request.args.get("lot", "")
    if asked and asked != change_of(change):
        return False
    if lot and lot not in (change["before"], change["after"]):
        return False
    wanted = request.args.get("words", "").strip()
    return change["school"].startswith(wanted.upper()) or is_named(change["name"], wanted)


@blueprint.app_template_filter("change_of")
def change_of(change: Mapping[str, Any]) -> str:
    """entered, left or moved."""
    if change["before"] is None:
        return "entered"
    return "left" if change["after"] is None else "moved"


@blueprint.app_template_filter("rule_name")
def rule_name(rule: Mapping[str, Any]) -> str:
    """What of the rules differs, without its values: `printer: guaranteed places (Remote area)`."""
    key, _dot, category = rule["key"].partition(".")
    where = f"{rule['lot']}: " if rule["lot"] else ""
    if key == "lots":
        return words.label("added" if rule["old"] is None else "removed", "rule")
    return where + words.label(key, "rule") + (f" ({words.label(category, 'category')})" if category else "")


@blueprint.app_template_filter("rule_text")
def rule_text(rule: Mapping[str, Any]) -> str:
    """A difference between rules in words: `printer: places 40 → 50`."""
    key = rule["key"].partition(".")[0]
    if rule["old"] is None and rule["new"] is None:
        return rule_name(rule)
    if key == "lots":
        return f"{rule_name(rule)}: {rule['new'] or rule['old']}"
    return f"{rule_name(rule)}: {_value(key, rule['old'])} → {_value(key, rule['new'])}"


_NOTHING = {"reserves": "0", "levels": ALL, "admits": ALL}  # the rest are caps
_LISTED = {"levels": "level", "admits": "category"}


def _value(name: str, value: Any) -> str:
    if value is None:
        return str(_NOTHING.get(name, NO_CAP))
    if isinstance(value, list):
        items = [words.label(item, _LISTED[name]) if name in _LISTED else str(item) for item in value]
        return ", ".join(items) or str(NOBODY)
    return words.label(value, "unfilled") if name == "unfilled" else str(value)


@blueprint.app_template_filter("comparison_name")
def comparison_name(name: str) -> str:
    """Of a ready-made comparison in the reader's language; others are called as the person called them."""
    return str(COMPARISONS.get(name, name))


@blueprint.app_template_filter("notice_text")
def notice_text(notice: Mapping[str, Any]) -> str:
    """A notice of the comparison in the reader's language."""
    text, facts = notice["text"], notice["facts"]
    if "key" in facts:
        facts = {**facts, "key": words.label(facts["key"], "rule")}
    said = filled(_(text), facts)
    return said[0].upper() + said[1:]


@blueprint.app_template_filter("summary")
def summary(comparison: Mapping[str, Any]) -> dict[str, int]:
    """How many schools enter, leave and move."""
    kinds = [change_of(change) for change in comparison["changes"]]
    return {kind: kinds.count(kind) for kind in ("entered", "left", "moved")}
