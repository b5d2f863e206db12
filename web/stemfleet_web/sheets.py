"""Published lists as tables in the reader's language: what their CSV, XLSX and PDF files say."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import quote

from flask_babel import format_date
from flask_babel import gettext as _

from stemfleet.catalogue import Model
from stemfleet.paper import Cell, Column, Heading, Table, csv_bytes, list_pdf, xlsx_bytes
from stemfleet.rounds import PointsList
from stemfleet.waves import Line, ResultList
from stemfleet_web.language import language
from stemfleet_web.words import label, line_anchor, points_label, prize, region_name

TICKET_DIGITS = 12  # shown; as many as in an explanation
TYPES: Mapping[str, str] = {
    "csv": "text/csv",
    "lines": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
Models = Mapping[str, Model]
Write = Callable[[], bytes]


def result_files(listed: ResultList, models: Models, address: str) -> dict[str, Write]:
    """Kind of file → what writes it. The PDF has the awards alone, by lot; the others every line that was chosen.

    `address`: of the page where the list can be checked; each school's own page lies below it. `lines` is a CSV with
    a row for each line of points.
    """
    about, pages = _about(listed, address), f"{address}/schools"

    def table() -> Table:
        if not listed.drawn:
            return _winners(listed, models, pages)
        title = _("%(wave)s: order of merit", wave=listed.wave)
        return Table(title, _result_columns(), (_result(line, models, pages) for line in listed.lines))

    def lines() -> Table:
        return _lines_table(listed.wave, listed.lines if listed.drawn else [], pages)

    return {
        "csv": lambda: csv_bytes(table()),
        "lines": lambda: csv_bytes(lines()),
        "xlsx": lambda: xlsx_bytes(table(), about, _digest(listed.digest), *([lines()] if listed.drawn else [])),
        "pdf": lambda: list_pdf(_heading(listed, address), list(_awards(listed, models))),
    }


def points_files(listed: PointsList, address: str) -> dict[str, Write]:
    """The same for the provisional points of a round; the PDF has the sums, every school, and no lines of points.

    The school's pages lie below `address`.
    """
    wave, digest = listed.round.wave_code, listed.version.sha256
    title = _("%(wave)s: points before the draw", wave=wave)
    rows = ([*_points(line), _page_of(address, line)] for line in listed.lines)
    table = Table(title, [*_points_columns(), _page_column()], rows)
    columns = [
        Column(_("Code"), 10),
        Column(_("School"), 50),
        Column(_("Level"), 26),
        Column(_("Region"), 32),
        Column(_("Points"), 8, number=True),
        Column(_("Categories"), 44),
        Column(_("Lots wanted, best first"), 30),
    ]
    printed = ([*row[:5], *row[6:8]] for row in table.rows)
    about = [
        (_("Wave"), f"{wave}: {listed.round.title}"),
        (_("When it was published"), _day_of(listed)),
        (_("Lines in this file"), f"{listed.found} / {listed.total}"),
        (_("SHA-256 of applicants.json"), digest),
        (_("Where it can be checked"), address),
    ]
    return {
        "csv": lambda: csv_bytes(table),
        "lines": lambda: csv_bytes(_lines_table(wave, listed.lines, address)),
        "xlsx": lambda: xlsx_bytes(table, about, digest, _lines_table(wave, listed.lines, address)),
        "pdf": lambda: list_pdf(_points_heading(listed, title, address), [Table(_("By points"), columns, printed)]),
    }


def _points_heading(listed: PointsList, title: str, address: str) -> Heading:
    return Heading(
        title=title,
        lines=[
            f"{listed.round.title} – {_('%(found)d of %(total)d applicants', found=listed.found, total=listed.total)}",
            _("Published on %(day)s", day=_day_of(listed)),
            _("Every line of the points: %(address)s", address=address),
        ],
        foot=[f"{_('SHA-256 of applicants.json')}: {listed.version.sha256}"],
        page=_page(),
        language=language(),
        mark=_("Taken back") if listed.taken_back else "",
    )


def _day_of(listed: PointsList) -> str:
    return str(format_date(listed.version.at, "d MMM y"))


def _lines_table(wave: str, listed: Sequence[Line], pages: str) -> Table:
    """Every line of points by itself, with the address where it stands.

    There anybody sees the line; the school and the support organisation see the records behind it, too, with file,
    row and date of import.
    """
    columns = [
        Column(_("Code"), 10),
        Column(_("School"), 46),
        Column(_("Line"), 44),
        Column(_("Name in the public files"), 34),
        Column(_("Points"), 8, number=True),
        Column(_("Where it stands, with its records"), 70, link=True),
    ]
    rows = (
        [one.school, one.name, points_label(text), text, worth, f"{_page_of(pages, one)}#{quote(line_anchor(text))}"]
        for one in listed
        for text, worth in one.lines
    )
    return Table(_("%(wave)s: lines of points", wave=wave), columns, rows)


def _page_of(pages: str, line: Line) -> str:
    return f"{pages}/{line.school}"


def _page_column() -> Column:
    return Column(_("Every line with its records"), 56, link=True)


def cutoff_files(listed: ResultList, rows: Sequence[Mapping[str, Any]], address: str) -> dict[str, Write]:
    """The rows of `cutoffs` in result.json, one by one."""
    columns = [
        Column(_("Lot"), 14),
        Column(_("Guaranteed groups of the school"), 40),
        Column(_("Region"), 24),
        Column(_("Kind of place"), 18),
        Column(_("Chosen"), 10, number=True),
        Column(_("Without a place"), 10, number=True),
        Column(_("Points of the last one"), 12, number=True),
        Column(_("Ticket of the last one"), 66),
    ]
    table = Table(_("%(wave)s: where each lot closed", wave=listed.wave), columns, map(_cutoff, rows))
    return {
        "csv": lambda: csv_bytes(table),
        "xlsx": lambda: xlsx_bytes(table, _about(listed, address), _digest(listed.digest)),
    }


def file_name(wave: str, what: str, kind: str, *, planning: bool = False) -> str:
    """A plan's files say so in their names."""
    return f"{wave}-{'PLANNING-' if planning else ''}{what}.{kind}"


def _result_columns() -> list[Column]:
    return [
        Column(_("Order of merit"), 9, number=True),
        *_points_columns(),
        Column(_("Ticket"), 66),
        Column(_("Standing"), 14),
        Column(_("Lot"), 14),
        Column(_("Equipment"), 28),
        Column(_("Place"), 18),
        Column(_("Kits"), 6, number=True),
        Column(_("Number on the waiting lists"), 24),
        _page_column(),
    ]


def _winners(listed: ResultList, models: Models, pages: str) -> Table:
    """A wave of prizes: edition and rank in the place of points and draw."""
    columns = [
        Column(_("In the list of winners"), 9, number=True),
        *_school_columns(),
        *_prize_columns(),
        Column(_("Categories"), 28),
        Column(_("Lot"), 14),
        Column(_("Equipment"), 28),
        Column(_("Kits"), 6, number=True),
        Column(_("Page of the school"), 56, link=True),
    ]
    rows = (
        [
            line.merit,
            *_school(line),
            *prize(line.lines),
            _names(line.groups),
            line.lot,
            _title(line.model, models) if line.model else None,
            line.units or None,
            _page_of(pages, line),
        ]
        for line in listed.lines
    )
    return Table(_("%(wave)s: the winners", wave=listed.wave), columns, rows)


def _prize_columns() -> list[Column]:
    return [Column(_("Contest, edition"), 12), Column(_("Rank in the contest"), 14)]


def _school_columns() -> list[Column]:
    return [
        Column(_("Code"), 10),
        Column(_("School"), 46),
        Column(_("Level"), 22),
        Column(_("Region"), 24),
    ]


def _school(line: Line) -> list[Cell]:
    return [line.school, line.name, label(line.level, "level"), region_name(line.region)]


def _points_columns() -> list[Column]:
    return [
        *_school_columns(),
        Column(_("Points"), 8, number=True),
        Column(_("Where its points come from"), 50),
        Column(_("Categories"), 28),
        Column(_("Lots wanted, best first"), 24),
        Column(_("Lots that were closed to it"), 30),
    ]


def _points(line: Line) -> list[Cell]:
    return [
        *_school(line),
        line.points,
        "; ".join(f"{points_label(text)}: {worth}" for text, worth in line.lines),
        _names(line.groups),
        ", ".join(line.preferences),
        "; ".join(f"{lot}: {label(why, 'closed').rstrip('.')}" for lot, why in line.ineligible.items()),
    ]


def _result(line: Line, models: Models, pages: str) -> list[Cell]:
    return [
        line.merit,
        *_points(line),
        line.ticket,
        label(line.standing or "", "standing"),
        line.lot,
        _title(line.model, models) if line.model else None,
        label(line.place, "place") if line.place else None,
        line.units or None,
        ", ".join(f"{lot} {number}" for lot, number in line.waiting.items()),
        _page_of(pages, line),
    ]


def _cutoff(row: Mapping[str, Any]) -> list[Cell]:
    last = row["last"] or {}
    return [
        row["lot"],
        _names(row["signature"]) or _("none"),
        region_name(row["region"]),
        label(row["place"], "place"),
        row["chosen"],
        row["refused"],
        last.get("points"),
        last.get("ticket"),
    ]


def _awards(listed: ResultList, models: Models) -> Iterator[Table]:
    """A table for each lot, the best first."""
    columns = [
        Column(_("Order"), 7, number=True),
        Column(_("Code"), 10),
        Column(_("School"), 44),
        Column(_("Level"), 25),
        Column(_("Region"), 32),
        *([Column(_("Points"), 8, number=True), Column(_("Place"), 17)] if listed.drawn else _prize_columns()),
        Column(_("Categories"), 38),
        *([Column(_("Ticket"), 18)] if listed.drawn else []),
    ]
    order = {lot.lot: place for place, lot in enumerate(listed.lots)}
    awarded = sorted((line for line in listed.lines if line.lot), key=lambda line: order[line.lot or ""])
    by_lot = {lot: list(lines) for lot, lines in groupby(awarded, key=lambda line: line.lot)}
    for lot in listed.lots:
        lines = by_lot.get(lot.lot, [])
        title = _("Lot %(lot)s: %(model)s", lot=lot.lot, model=_title(lot.model, models))
        counted = _("%(given)d of %(seats)d places given", given=len(lines), seats=lot.seats)
        yield Table(f"{title} – {counted}", columns, [_award(line, drawn=listed.drawn) for line in lines])


def _award(line: Line, *, drawn: bool) -> list[Cell]:
    return [
        line.merit,
        *_school(line),
        *([line.points, label(line.place or "", "place")] if drawn else prize(line.lines)),
        _names(line.groups),
        *([(line.ticket or "")[:TICKET_DIGITS]] if drawn else []),
    ]


def _heading(listed: ResultList, address: str) -> Heading:
    return Heading(
        title=_("%(wave)s: who got what", wave=listed.wave),
        lines=[listed.title, _("Anybody can check this list: %(address)s", address=address)],
        foot=[_digest(listed.digest), *([f"{_('Random value')}: {_beacon(listed)}"] if listed.drawn else [])],
        page=_page(),
        language=language(),
        mark=_("PLANNING: NO RESULT") if listed.planning else "",
    )


def _about(listed: ResultList, address: str) -> list[tuple[str, str]]:
    planning = [(_("PLANNING: NO RESULT"), _("Made with the fixed value for planning; it decides nothing."))]
    return [
        *(planning if listed.planning else []),
        (_("Wave"), f"{listed.wave}: {listed.title}"),
        (_("Lines in this file"), f"{listed.found} / {listed.total}"),
        (_("Digest of the bundle (SHA-256)"), listed.digest),
        *([(_("Random value"), _beacon(listed))] if listed.drawn else []),
        (_("Where it can be checked"), address),
    ]


def _title(model: str, models: Models) -> str:
    return models[model].title.get(language(), model) if model in models else model


def _names(categories: Sequence[str]) -> str:
    return ", ".join(label(name, "category") for name in categories)


def _digest(digest: str) -> str:
    return f"{_('Digest of the bundle (SHA-256)')}: {digest}"


def _beacon(listed: ResultList) -> str:
    beacon = listed.beacon
    return f"{beacon.source}, {beacon.round}: {beacon.value}" if beacon.source else str(beacon.value)


def _page() -> str:
    return str(_("page {number} of {total}"))
