"""The published lists: who stands where and why, where each lot closed, points before the draw, one school's line.

For anybody, without signing in. Nothing here is about persons.
"""

import io
import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from stemfleet.errors import NotFound
from stemfleet.registers import REGIONS
from stemfleet.rounds import find_points, list_points, show_points
from stemfleet.waves import (
    Absent,
    Chosen,
    SchoolStanding,
    Standing,
    find_school,
    list_cutoffs,
    list_results,
    read_bundle_file,
    show_standing,
)
from stemfleet.words import Level
from stemfleet_web.door import the_door
from stemfleet_web.language import language
from stemfleet_web.paging import PAGE, page_asked, page_count
from stemfleet_web.sheets import TYPES, Write, cutoff_files, file_name, points_files, result_files
from stemfleet_web.words import points_label

blueprint = Blueprint("lists", __name__)
# A sentence ends at a full stop before a capital letter.
_SENTENCE = re.compile(r"(?<=\.) (?=[A-ZΆ-Ω])")


@blueprint.get("/waves/<wave>/list")
def results(wave: str) -> str:
    """Every applicant in the order of merit, 100 to a page, narrowed down as chosen."""
    chosen, page = _chosen(), page_asked()
    listed = list_results(the_door().store, wave, chosen, limit=PAGE, offset=(page - 1) * PAGE)
    return render_template(
        "lists/results.html", listed=listed, standings=Standing, **_shown(chosen, page, listed.found)
    )


@blueprint.get("/waves/<wave>/list.<any(csv, xlsx, pdf):kind>")
def results_file(wave: str, kind: str) -> Response:
    """The same list as a file; the PDF has the awards alone, and all of them."""
    return _results_file(wave, Chosen(standing=Standing.GOT) if kind == "pdf" else _chosen(), kind, "list")


@blueprint.get("/waves/<wave>/lines.csv")
def result_lines(wave: str) -> Response:
    """Every line of points by itself, with the address where it stands."""
    return _results_file(wave, _chosen(), "lines", "lines")


def _results_file(wave: str, chosen: Chosen, kind: str, what: str) -> Response:
    listed = list_results(the_door().store, wave, chosen)
    files = result_files(listed, the_door().workshop.models, _address("public.wave", code=wave))
    return _file(files, kind, wave, what, planning=listed.planning)


@blueprint.get("/waves/<wave>/cutoffs")
def cutoffs(wave: str) -> str:
    """Where each lot closed, by the groups of the schools."""
    listed, rows = list_cutoffs(the_door().store, wave)
    return render_template("lists/cutoffs.html", listed=listed, closings=_closings(rows))


@blueprint.get("/waves/<wave>/cutoffs.<any(csv, xlsx):kind>")
def cutoffs_file(wave: str, kind: str) -> Response:
    listed, rows = list_cutoffs(the_door().store, wave)
    files = cutoff_files(listed, rows, _address(".cutoffs", wave=wave))
    return _file(files, kind, wave, "cutoffs", planning=listed.planning)


@blueprint.get("/waves/<wave>/bundle/<name>")
def bundle_file(wave: str, name: str) -> Response:
    """One file of the public bundle, as it is."""
    content = read_bundle_file(the_door().store, wave, name)
    kind = "application/json" if name.endswith(".json") else "text/plain"
    return send_file(io.BytesIO(content), kind, as_attachment=True, download_name=name)


@blueprint.get("/waves/<wave>/find")
def find(wave: str) -> AnyResponse | tuple[str, int] | str:
    """From a school's code to its line: in the results, or in the points as long as there are no results."""
    typed = request.args.get("code", "")
    try:
        found, endpoint = find_school(the_door().store, wave, typed), ".standing"
    except NotFound:
        found, endpoint = find_points(the_door().store, wave, typed), ".points_of"
    if isinstance(found, Absent):
        return render_template("lists/absent.html", wave=wave, absent=found), 404 if typed.strip() else 200
    return redirect(url_for(endpoint, wave=wave, code=found))


@blueprint.get("/waves/<wave>/schools/<code>")
def standing(wave: str, code: str) -> str:
    """A school's own line, why it stands there, and what happened after the draw."""
    view = show_standing(the_door().store, wave, code, language())
    labels = labels_shown(view)
    told = [] if view.explanation is None else paragraphs(view.explanation)
    reasons = [[labels(text) for text in sentences] for sentences in told]
    return render_template("lists/standing.html", view=view, reasons=reasons)


@blueprint.get("/rounds/<wave>/points")
def points(wave: str) -> str:
    """The points that a round published before its draw; `version` is a step of its log, else the newest."""
    chosen, page = _chosen(), page_asked()
    version = request.args.get("version", type=int)
    store = the_door().store
    listed = list_points(store, wave, chosen, version=version, limit=PAGE, offset=(page - 1) * PAGE)
    return render_template("lists/points.html", listed=listed, version=version, **_shown(chosen, page, listed.found))


@blueprint.get("/rounds/<wave>/points.<any(csv, xlsx, pdf):kind>")
def points_file(wave: str, kind: str) -> Response:
    return _points_file(wave, kind, "points")


@blueprint.get("/rounds/<wave>/lines.csv")
def points_lines(wave: str) -> Response:
    return _points_file(wave, "lines", "lines")


def _points_file(wave: str, kind: str, what: str) -> Response:
    listed = list_points(the_door().store, wave, _chosen(), version=request.args.get("version", type=int))
    return _file(points_files(listed, _address(".points", wave=wave)), kind, wave, what)


@blueprint.get("/rounds/<wave>/points/<code>")
def points_of(wave: str, code: str) -> str:
    """One school with every line of its points, and until when it can object."""
    return render_template("lists/standing_points.html", view=show_points(the_door().store, wave, code))


def labels_shown(view: SchoolStanding) -> Callable[[str], str]:
    """Puts the labels of the school's lines of points, which a bundle has as its files have them, as readers know them.

    Only those labels, and only where points follow; everything else of an explanation stays as it is published.
    """
    lines = list(view.line.lines)
    for happened in view.happened:
        lines += [line for name, *values in happened.fields if name == "lines" for value in values for line in value]
    labels = sorted({label for label, _points in lines}, key=len, reverse=True)
    if not labels:
        return str
    known = re.compile(rf"(?<=[( ])({'|'.join(map(re.escape, labels))})(?=: \d)")
    return lambda text: known.sub(lambda found: points_label(found[1]), text)


def paragraphs(explanation: str) -> list[list[str]]:
    """An explanation as lines of sentences; joined by blanks, and the lines by line feeds, they are its very text."""
    return [_SENTENCE.split(line) for line in explanation.split("\n")]


def _closings(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Lot → a row for each group and region, with its guaranteed and its open places side by side."""
    by_lot: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}
    for row in rows:
        key = tuple(row["signature"]), row["region"]
        facts = {"signature": row["signature"], "region": row["region"], "refused": row["refused"]}
        by_lot.setdefault(row["lot"], {}).setdefault(key, facts)[row["place"]] = row
    return {lot: list(closings.values()) for lot, closings in by_lot.items()}


def _chosen() -> Chosen:
    return Chosen(**{name: request.args.get(name, "").strip() for name in Chosen.__dataclass_fields__})


def _shown(chosen: Chosen, page: int, found: int) -> Mapping[str, Any]:
    """What the pages of a list have in common."""
    return {
        "chosen": {name: value for name, value in vars(chosen).items() if value},
        "page": page,
        "pages": page_count(found),
        "levels": Level,
        "regions": REGIONS,
    }


def _file(files: Mapping[str, Write], kind: str, wave: str, what: str, *, planning: bool = False) -> Response:
    """A PDF opens in the browser; tables are saved."""
    name = file_name(wave, what, "csv" if kind == "lines" else kind, planning=planning)
    return send_file(io.BytesIO(files[kind]()), TYPES[kind], as_attachment=kind != "pdf", download_name=name)


def _address(endpoint: str, **values: Any) -> str:
    return the_door().public_url + url_for(endpoint, **values)
