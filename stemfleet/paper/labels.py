"""Kit labels on A4 sheets of 3 × 8 stickers, 63.5 × 33.9 mm each (Avery L7159 and its equals)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from stemfleet.errors import InputError

if TYPE_CHECKING:
    from stemfleet.paper.page import Page

COLUMNS, ROWS = 3, 8
LABELS_PER_SHEET = COLUMNS * ROWS
_WIDTH, _HEIGHT = 63.5, 33.9
_LEFT, _TOP = 7.21, 12.9
_STEP = 66.04  # from one column to the next
_QR = 30.0
_MARGIN = 1.9
_FOOT = _HEIGHT - 4.9
_DETAIL = 2.7


@dataclass(frozen=True)
class KitLabel:
    """What stands on one sticker: asset tag, the address in its QR code, the model's title, a few small lines
    (those for which there is room).

    No recipient: the label is printed before anybody is chosen, and stays when the kit moves on.
    """

    tag: str
    url: str
    title: str
    details: tuple[str, ...] = ()
    wave: str | None = None
    foot: str = "eTwinning · σαρώστε με το κινητό"


def label_sheet(labels: Sequence[KitLabel], *, start: int = 1, made: datetime | None = None) -> bytes:
    """The labels as a PDF, in their order, left to right and downwards.

    `start` is the first free sticker of a sheet that was used before, 1 to 24. `made` is the file's date; without it
    the file has a fixed one. Raises InputError for no labels at all and for a `start` that is not on the sheet.
    """
    from stemfleet.paper.page import Page  # noqa: PLC0415  the PDF library takes half a second to load

    if not labels:
        raise InputError("There is no label to print: name at least one kit.")
    if not 1 <= start <= LABELS_PER_SHEET:
        raise InputError(
            "A sheet has stickers 1 to {last}; {start} is none of them.", last=LABELS_PER_SHEET, start=start
        )
    page = Page("stemfleet", made)
    for place, label in enumerate(labels, start=start - 1):
        if place % LABELS_PER_SHEET == 0 or place == start - 1:
            page.add_page()
        row, column = divmod(place % LABELS_PER_SHEET, COLUMNS)
        _draw(page, _LEFT + column * _STEP, _TOP + row * _HEIGHT, label)
    return bytes(page.output())


def _draw(page: "Page", x: float, y: float, label: KitLabel) -> None:
    page.qr(x + _MARGIN, y + (_HEIGHT - _QR) / 2, _QR, label.url)
    left = x + _MARGIN + _QR
    width = _WIDTH - _QR - 2 * _MARGIN
    page.line_of(left, y + 2.6, width, label.tag, 15, bold=True)
    below = page.paragraph(left, y + 10, width, label.title, 8, most=2) + 0.5
    if label.wave:
        page.line_of(left, below, width, label.wave, 6.5)
        below += 3.6
    room = int((y + _FOOT - below) / _DETAIL)
    for number, detail in enumerate(label.details[:room]):
        page.line_of(left, below + number * _DETAIL, width, detail, 5.5)
    page.line_of(left, y + _FOOT, width, label.foot, 5)
