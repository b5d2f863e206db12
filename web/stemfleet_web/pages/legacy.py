"""Kits of earlier waves on lists, for the support organisation: which of them no school has confirmed yet."""

import io
from typing import Any

from flask import Blueprint, Response, render_template, request, send_file, url_for
from flask_babel import gettext as _

from stemfleet.kits.legacy_lists import LegacyChoice, ListedKit, count_legacy, legacy_counts, list_legacy
from stemfleet.paper import Cell, Column, Table, csv_bytes, xlsx_bytes
from stemfleet.registers import REGIONS
from stemfleet.words import LegacyAnswer, Role
from stemfleet_web.door import the_door
from stemfleet_web.paging import PAGE, page_asked, page_count
from stemfleet_web.persons import only
from stemfleet_web.sheets import TYPES
from stemfleet_web.templating import model_title
from stemfleet_web.words import label, region_name

blueprint = Blueprint("legacy", __name__)
_NAMES = ("model", "wave", "region", "words")


@blueprint.get("/kits/legacy")
@only(Role.NSO)
def listed() -> str:
    """Those that wait, or have the `answer` that is asked for, 100 to a page."""
    store, (chosen, typed), page = the_door().store, _chosen(), page_asked()
    found = count_legacy(store, chosen)
    return render_template(
        "kits/legacy.html",
        counts=legacy_counts(store),
        kits=list_legacy(store, chosen, limit=PAGE, offset=(page - 1) * PAGE),
        found=found,
        chosen=typed,
        answer=chosen.answer,
        answers=LegacyAnswer,
        regions=REGIONS,
        page=page,
        pages=page_count(found),
    )


@blueprint.get("/kits/legacy.<any(csv, xlsx):kind>")
@only(Role.NSO)
def file(kind: str) -> Response:
    """What is chosen, as a table with the address of each school's page."""
    chosen, typed = _chosen()
    table = Table(_("Kits of earlier waves"), _columns(), map(_row, list_legacy(the_door().store, chosen)))
    address = the_door().public_url + url_for(".listed", **typed)
    content = csv_bytes(table) if kind == "csv" else xlsx_bytes(table, [(_("Made from"), address)], "stemfleet")
    return send_file(io.BytesIO(content), TYPES[kind], as_attachment=True, download_name=f"earlier-waves.{kind}")


def _chosen() -> tuple[LegacyChoice, dict[str, Any]]:
    """(what is chosen, the same as it stands in the address); an answer that is none is none."""
    typed = {name: text for name in (*_NAMES, "answer") if (text := request.args.get(name, "").strip())}
    if typed.get("answer") not in set(LegacyAnswer):
        typed.pop("answer", None)
    answer = LegacyAnswer(typed["answer"]) if "answer" in typed else None
    return LegacyChoice(answer, *(typed.get(name, "") for name in _NAMES)), typed


def _columns() -> list[Column]:
    return [
        Column(_("Number"), 9, number=True),
        Column(_("Code"), 10),
        Column(_("School"), 46),
        Column(_("Region"), 30),
        Column(_("Model"), 30),
        Column(_("Wave"), 12),
        Column(_("Year"), 8, number=True),
        Column(_("Serial number"), 18),
        Column(_("State"), 18),
        Column(_("Answer"), 18),
        Column(_("Note"), 30),
        Column(_("File"), 26),
        Column(_("Row"), 8, number=True),
        Column(_("Page of the school"), 46, link=True),
    ]


def _row(one: ListedKit) -> list[Cell]:
    kit, school = one.kit, one.school
    return [
        kit.id,
        school.code,
        school.name,
        region_name(school.region),
        model_title(kit.model),
        kit.wave,
        kit.year,
        kit.serial,
        kit.state,
        label(kit.answer or "waits", "legacy_answer"),
        kit.note,
        one.file,
        kit.row,
        the_door().public_url + url_for("school.school", code=school.code, _anchor="legacy"),
    ]
