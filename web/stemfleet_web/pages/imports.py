"""Imports: a file is sent, read and shown as a preview; then it is applied, all or nothing, or thrown away."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.errors import InputError, StemfleetError
from stemfleet.schools import ImportPlan, apply_import, plan_import
from stemfleet.schools.imported import list_imports, names_of, show_import
from stemfleet.schools.imports import PART_OF
from stemfleet.schools.withdrawals import plan_withdrawal, withdraw_import
from stemfleet.store import Person
from stemfleet.words import Role
from stemfleet.workshop import Workshop
from stemfleet_web import words
from stemfleet_web.door import the_door
from stemfleet_web.language import filled, sentence
from stemfleet_web.paging import on_page, page_asked, page_count
from stemfleet_web.persons import only, person_or_none, the_person
from stemfleet_web.problems import status_of
from stemfleet_web.uploads import MOST_BYTES, Upload, Uploads
from stemfleet_web.words.imports import IMPORT_PARTS, IMPORTS
from stemfleet_web.work import Progress, start_work, task

blueprint = Blueprint("imports", __name__)
_LISTED = 1000  # of each list of a preview; the counts are of all
_PARTS = ("changed", "new", "closed", "skipped", "findings")
_PAST = 50


@blueprint.url_value_preprocessor
def _large(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A register is larger than any other form. Before anything reads the form, and for those only who may send it."""
    person = person_or_none() if endpoint == "imports.upload" else None
    if person is not None and person.role is Role.NSO:
        request.max_content_length = MOST_BYTES


def _uploads() -> Uploads:
    return Uploads(the_door().data / "uploads")


@task("import_preview")
def read_file(workshop: Workshop, _person: Person, facts: dict[str, Any], progress: Progress) -> str:
    """Reads a file and keeps what it would change; one that cannot be read is gone at once."""
    uploads = _uploads()
    upload = uploads.show(facts["upload"])
    progress("reading")
    try:
        plan = _plan(workshop, upload, progress)
    except StemfleetError:
        uploads.drop(upload)
        raise
    uploads.keep_preview(upload, _preview(workshop, plan))
    return f"/imports/{upload.id}"


@task("import")
def apply_file(workshop: Workshop, person: Person, facts: dict[str, Any], progress: Progress) -> str:
    uploads = _uploads()
    upload = uploads.show(facts["upload"])
    progress("reading")
    plan = _plan(workshop, upload, progress)
    progress("storing")
    apply_import(workshop.store, person, plan, progress.count)
    uploads.drop(upload)
    run = next(run for run, _by in list_imports(workshop.store) if run.file_sha256 == plan.sha256s[0])
    return f"/imports/past/{run.id}"


def _plan(workshop: Workshop, upload: Upload, progress: Progress) -> ImportPlan:
    return plan_import(
        workshop.store,
        upload.what,
        *_uploads().files(upload),
        models=workshop.models,
        evidence=workshop.evidence,
        progress=progress.count,
    )


def _preview(workshop: Workshop, plan: ImportPlan) -> dict[str, Any]:
    """What the page shows of a plan: the first rows of each list, the counts of all."""
    codes = [*plan.changed, *plan.closed]
    names = names_of(workshop.store, [code for code in codes[:_LISTED] if len(code) <= 16])
    return {
        "files": [
            {
                "name": file.name,
                "sha256": sha256,
                "shape": form.shape,
                "container": form.container,
                "encoding": form.encoding,
                "delimiter": form.delimiter,
                "sheet": form.sheet,
                "titles_row": form.titles_row,
            }
            for file, sha256, form in zip(plan.files, plan.sha256s, plan.formats, strict=True)
        ],
        "counts": {name: count for name, count in plan.counts.items() if not name.startswith("skipped_")},
        "skipped_counts": plan.skipped_counts,
        "totals": {
            "new": plan.counts.get("new", 0),
            "changed": plan.counts.get("changed", 0),
            "closed": len(plan.closed),
            "skipped": len(plan.read.skipped),
            "findings": len(plan.findings),
        },
        "names": names,
        "new": [[code, *outline] for code, outline in _first(plan.new)],
        "changed": [[code, [[name, *pair] for name, pair in fields.items()]] for code, fields in _first(plan.changed)],
        "closed": _first(plan.closed),
        "skipped": [
            {"row": s.row, "sheet": s.sheet, "reason": s.reason, "code": s.code, "name": s.name, "detail": s.detail}
            for s in plan.read.skipped[:_LISTED]
        ],
        "findings": [
            {"row": f.row, "sheet": f.sheet, "weight": f.weight, "text": f.text, "facts": dict(f.facts)}
            for f in plan.findings[:_LISTED]
        ],
    }


def _first(table: Any) -> list[Any]:
    return list(table.items())[:_LISTED]


@blueprint.get("/imports")
@only(Role.NSO)
def imports() -> str:
    return _start()


def _start(problem: str | None = None) -> str:
    return render_template(
        "imports/imports.html",
        kinds=IMPORTS,
        chosen=request.form.get("what", ""),
        waiting=_uploads().waiting(),
        past=list_imports(the_door().store, _PAST),
        problem=problem,
        most=MOST_BYTES // 1_000_000,
    )


@blueprint.post("/imports")
@only(Role.NSO)
def upload() -> AnyResponse | tuple[str, int]:
    """Takes a file and reads it in the background."""
    what = request.form.get("what", "")
    try:
        if what not in IMPORTS:
            raise InputError("Choose what the file holds.")
        taken = _uploads().take(request.files.getlist("file"), what, the_person())
    except StemfleetError as error:
        return _start(sentence(error)), status_of(error)
    return start_work("import_preview", {"upload": taken.id}, about=taken.name, key=taken.id)


@blueprint.get("/imports/<upload>")
@only(Role.NSO)
def preview(upload: str) -> str:
    """What a file would change; `part` is the list that is shown, in pages."""
    uploads = _uploads()
    found = uploads.show(upload)
    plan = uploads.preview(found)
    parts = [part for part in _PARTS if plan["totals"][part]]
    part = request.args.get("part", "")
    part = part if part in parts else next(iter(parts), "")
    rows = plan.get(part, [])
    page = page_asked()
    return render_template(
        "imports/preview.html",
        upload=found,
        plan=plan,
        parts=parts,
        part=part,
        rows=on_page(rows, page),
        listed=len(rows),
        page=page,
        pages=page_count(len(rows)),
    )


@blueprint.post("/imports/<upload>/apply")
@only(Role.NSO)
def apply(upload: str) -> AnyResponse:
    """Applies it against what is stored by then, all or nothing."""
    found = _uploads().show(upload)
    return start_work("import", {"upload": found.id}, about=found.name, key=found.id)


@blueprint.post("/imports/<upload>/drop")
@only(Role.NSO)
def drop(upload: str) -> AnyResponse:
    uploads = _uploads()
    found = uploads.show(upload)
    uploads.drop(found)
    flash(_("The file %(name)s is gone. Nothing was changed.", name=found.name), "good")
    return redirect(url_for("imports.imports"))


@blueprint.get("/imports/past/<int:number>")
@only(Role.NSO)
def past(number: int) -> str:
    """An import that was applied."""
    store = the_door().store
    run, by = show_import(store, number)
    whole = show_import(store, run.counts[PART_OF])[0] if PART_OF in run.counts else None
    try:
        withdrawal = plan_withdrawal(store, number)
    except StemfleetError:
        withdrawal = None  # no list of records, or none of it is left
    return render_template("imports/past.html", run=run, by=by, order=IMPORT_PARTS, whole=whole, withdrawal=withdrawal)


@blueprint.post("/imports/past/<int:number>/withdraw")
@only(Role.NSO)
def withdraw(number: int) -> AnyResponse:
    """A list of records that was wrong is taken back."""
    withdraw_import(the_door().store, the_person(), number, request.form.get("reason", ""))
    flash(_("The list is withdrawn: its records count no more."), "good")
    return redirect(url_for("imports.past", number=number))


@blueprint.app_template_filter("finding_text")
def finding_text(finding: dict[str, Any]) -> str:
    """A finding in the reader's language."""
    text = finding["text"]
    return filled(_(text), finding["facts"])


@blueprint.app_template_filter("import_value")
def import_value(value: Any, field: str) -> str:
    """An old or a new value of a field."""
    if value is None or value == []:
        return "–"
    if isinstance(value, list):
        return ", ".join(words.label(item, "category") for item in value)
    vocabulary = {"level": "level", "status": "school_status"}.get(field)
    if field == "region":
        return words.region_name(str(value))
    return words.label(str(value), vocabulary) if vocabulary else str(value)
