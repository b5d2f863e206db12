"""Yield: how many boards passed at the first try, what kept the others from it, and the claim to a supplier."""

from collections.abc import Iterator
from datetime import date
from typing import Literal

from flask import Blueprint, Response, render_template, request

from stemfleet.bench import (
    Chosen,
    Dimension,
    FirstRun,
    YieldRow,
    check_chosen,
    first_runs,
    known_origins,
    pareto,
    supplier_claim,
    yield_by,
)
from stemfleet.errors import InputError
from stemfleet.paper import Cell, Column, Table, csv_bytes
from stemfleet_web.door import the_door
from stemfleet_web.language import language
from stemfleet_web.persons import STAFF, only, the_person
from stemfleet_web.words import label

blueprint = Blueprint("quality", __name__)
_MOST_ROWS = 60  # the slots of a big bench, the days of two months; the CSV file has all
_COLUMNS = ("by", "value", "boards", "passed_first", "share", "runs_that_could_not_tell")


@blueprint.get("/quality")
@only(*STAFF)
def quality() -> str:
    """Charts by model, delivery lot, supplier, slot or day, for what was chosen."""
    runs, by = _runs(), _dimension(request.args.get("by") or Dimension.LOT)
    lots, suppliers = known_origins(the_door().store)
    rows = yield_by(runs, by)
    return render_template(
        "bench/quality.html",
        boards=len(runs),
        passed=sum(run.passed for run in runs),
        rows=rows[-_MOST_ROWS:] if by is Dimension.DAY else rows[:_MOST_ROWS],
        more=max(0, len(rows) - _MOST_ROWS),
        reasons=pareto(runs),
        by=by,
        dimensions=Dimension,
        chosen=request.args,
        narrowed=_narrowed,
        models=the_door().workshop.models,
        lots=lots,
        suppliers=suppliers,
    )


@blueprint.get("/quality.csv")
@only(*STAFF)
def table() -> Response:
    """The same figures for a spreadsheet: yield by every dimension, then the reasons."""
    columns = [Column(title, 20) for title in _COLUMNS]
    response = Response(csv_bytes(Table("yield", columns, _rows(_runs()))), mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=yield.csv"
    return response


@blueprint.post("/quality/claim")
@only(*STAFF)
def claim() -> Response:
    """The claim sheet for a supplier, in the reader's language."""
    supplier, lot = request.form.get("supplier", ""), request.form.get("lot") or None
    tongue: Literal["el", "en"] = "el" if language() == "el" else "en"
    content = supplier_claim(the_door().workshop, the_person(), supplier, tongue, lot, _called)
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = "inline; filename=claim.pdf"
    return response


def _called(measurement: str) -> str:
    return label(measurement, "measurement")


def _rows(runs: list[FirstRun]) -> Iterator[list[Cell]]:
    for by in Dimension:
        for row in yield_by(runs, by):
            yield [by.value, row.value, row.boards, row.passed, f"{row.share:.4f}", row.untold]
    for reason in pareto(runs):
        yield ["reason", reason.reason, reason.boards, "", f"{reason.share:.4f}", ""]


def _narrowed(by: Dimension, row: YieldRow) -> dict[str, str]:
    """What the address says when only the boards of this row are looked at, counted as before."""
    only_these = {"since": row.value, "until": row.value} if by is Dimension.DAY else {by.value: row.value}
    return {**request.args.to_dict(), "by": by.value, **only_these}


def _runs() -> list[FirstRun]:
    asked = request.args
    chosen = Chosen(
        model=asked.get("model") or None,
        lot=asked.get("lot") or None,
        supplier=asked.get("supplier") or None,
        since=_day("since"),
        until=_day("until"),
        slot=asked.get("slot") or None,
    )
    check_chosen(the_door().workshop, chosen)
    return first_runs(the_door().workshop, chosen)


def _day(name: str) -> date | None:
    text = request.args.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InputError("{text} is not a day. One looks like 2026-03-02.", text=text) from error


def _dimension(text: str) -> Dimension:
    if text not in set(Dimension):
        raise InputError("The yield is not counted by {what}.", what=text)
    return Dimension(text)
