"""The figures of the action as they were published, for everybody."""

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask_babel import format_decimal

from stemfleet.catalogue.figures import Cell, FigureTable, read_figures
from stemfleet_web.language import language

blueprint = Blueprint("figures", __name__)
_HEIGHT = 100  # of the tallest column of a chart, in units of its picture


@dataclass(frozen=True)
class Part:
    """A part of a stacked column: from `top`, `height` high, in units of the picture; `tone`: a number from 1."""

    tone: int
    top: int
    height: int


@blueprint.get("/figures")
def figures() -> str:
    return render_template("figures.html", tables=read_figures(), stacks=stacks, shown=shown)


def shown(cell: Cell) -> str:
    """The words that are printed, or the number as the reader's language writes it."""
    if cell.words is not None:
        return cell.words[language()]
    return "–" if cell.value is None else str(format_decimal(cell.value))


def stacks(table: FigureTable) -> list[tuple[str, int, list[Part]]]:
    """(column, sum, parts from below) of the chart of a table with groups."""
    groups = table.by_group()
    tallest = max(table.sum(key) for key in table.adds)
    found = []
    for key in table.adds:
        parts, below = [], 0
        for tone, (_words, sums) in enumerate(groups, start=1):
            top = _HEIGHT - _HEIGHT * (below + sums[key]) // tallest
            parts.append(Part(tone, top, _HEIGHT - _HEIGHT * below // tallest - top))
            below += sums[key]
        found.append((key, table.sum(key), parts))
    return found
