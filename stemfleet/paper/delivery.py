"""The delivery note that lies in the box: who gets it, which kits, what is in each, to tick and to sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from stemfleet.errors import InputError

if TYPE_CHECKING:
    from stemfleet.paper.page import Page

_LEFT, _RIGHT, _TOP, _BOTTOM = 18.0, 192.0, 16.0, 262.0
_WIDTH = _RIGHT - _LEFT
_SENDER = ("Εθνικός Οργανισμός Υποστήριξης eTwinning", "ΙΤΥΕ «Διόφαντος»")
_TICK = 3.2
_PART_LINE = 5.4
_KIT_HEAD = 8.0


@dataclass(frozen=True)
class NoteKit:
    """A kit in the box: asset tag, model title, the serials of its boards, and its counted parts (title, count)."""

    tag: str
    title: str
    serials: tuple[str, ...] = ()
    parts: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class DeliveryNote:
    """`recipient`: the lines of the address, the name first. `url`: where the receipt is confirmed, or None."""

    number: str
    day: date
    wave: str
    recipient_code: str
    recipient: tuple[str, ...]
    kits: tuple[NoteKit, ...]
    url: str | None = None
    sender: tuple[str, ...] = _SENDER


def delivery_note(note: DeliveryNote, *, made: datetime | None = None) -> bytes:
    """The note as A4 PDF in Greek; a kit's list is not broken over two pages unless it fills one.

    `made` is the file's date; without it the file has a fixed one. Raises InputError for a note without kits.
    """
    from stemfleet.paper.page import Page  # noqa: PLC0415  the PDF library takes half a second to load

    if not note.kits:
        raise InputError("Delivery note {number} has no kits.", number=note.number)
    page = Page(f"Δελτίο αποστολής {note.number}", made)
    page.add_page()
    y = _head(page, note)
    for kit in note.kits:
        if y + _height(kit) > _BOTTOM and y > _TOP:
            y = _next_page(page, note)
        y = _kit(page, note, kit, y)
    if y + 34 > _BOTTOM:
        y = _next_page(page, note)
    _signatures(page, y + 6)
    _number_pages(page, note)
    return bytes(page.output())


def _head(page: "Page", note: DeliveryNote) -> float:
    text_width = _WIDTH - 40
    page.line_of(_LEFT, _TOP, text_width, "ΔΕΛΤΙΟ ΑΠΟΣΤΟΛΗΣ", 18, bold=True)
    page.line_of(_LEFT, _TOP + 10, text_width, f"Αριθμός {note.number} · {note.day:%d/%m/%Y}", 10)
    page.paragraph(_LEFT, _TOP + 16, text_width, note.wave, 10, most=3)
    if note.url:
        page.qr(_RIGHT - 34, _TOP - 4, 34, note.url)
        page.set_xy(_RIGHT - 34, _TOP + 29)
        page.set_font_size(6.5)
        page.cell(34, 3, "Επιβεβαίωση παραλαβής", align="C")
    y = _TOP + 36
    half = _WIDTH / 2 - 4
    _address(page, _LEFT, y, half, "Από", note.sender)
    recipient = (*note.recipient, f"Κωδικός: {note.recipient_code}")
    _address(page, _LEFT + half + 8, y, half, "Προς", recipient)
    return y + 9 + 5.2 * max(len(note.sender), len(recipient)) + 4


def _address(page: "Page", x: float, y: float, width: float, title: str, lines: Sequence[str]) -> None:
    page.line_of(x, y, width, title, 8)
    for number, line in enumerate(lines):
        page.line_of(x, y + 5 + number * 5.2, width, line, 10, bold=number == 0)


def _height(kit: NoteKit) -> float:
    return _KIT_HEAD + 5 * len(_serial_lines(kit)) + _PART_LINE * len(kit.parts) + 4


def _serial_lines(kit: NoteKit) -> tuple[str, ...]:
    return tuple(f"Σειριακός αριθμός: {serial}" for serial in kit.serials)


def _kit(page: "Page", note: DeliveryNote, kit: NoteKit, y: float) -> float:
    page.set_fill_color(235)
    page.rect(_LEFT, y, _WIDTH, 6.4, style="F")
    page.line_of(_LEFT + 2, y + 0.7, 42, kit.tag, 10.5, bold=True)
    page.line_of(_LEFT + 46, y + 0.8, _WIDTH - 60, kit.title, 10)
    _tick_box(page, _RIGHT - 6, y + 1.6)
    y += _KIT_HEAD
    for line in _serial_lines(kit):
        page.line_of(_LEFT + 2, y, _WIDTH - 4, line, 8)
        y += 5
    for title, count in kit.parts:
        if y + _PART_LINE > _BOTTOM:
            y = _next_page(page, note)
        _tick_box(page, _LEFT + 2, y + 0.8)
        page.line_of(_LEFT + 8, y, 12, f"{count} ×", 9.5)
        page.line_of(_LEFT + 19, y, _WIDTH - 21, title, 9.5)
        y += _PART_LINE
    return y + 4


def _tick_box(page: "Page", x: float, y: float) -> None:
    page.set_draw_color(0)
    page.set_line_width(0.25)
    page.rect(x, y, _TICK, _TICK)


def _next_page(page: "Page", note: DeliveryNote) -> float:
    page.add_page()
    page.line_of(_LEFT, _TOP - 6, _WIDTH, f"Δελτίο αποστολής {note.number} (συνέχεια)", 8)
    return _TOP + 2


def _signatures(page: "Page", y: float) -> None:
    half = _WIDTH / 2 - 6
    for x, title in ((_LEFT, "Παρέδωσε"), (_LEFT + half + 12, "Παρέλαβε")):
        page.line_of(x, y, half, f"{title} (ονοματεπώνυμο, υπογραφή, σφραγίδα)", 8)
        page.set_line_width(0.2)
        page.line(x, y + 18, x + half, y + 18)
        page.line_of(x, y + 20, half, "Ημερομηνία: ____ / ____ / ________", 8)


def _number_pages(page: "Page", note: DeliveryNote) -> None:
    total = page.pages_count
    for number in range(1, total + 1):
        page.page = number
        page.line_of(_LEFT, 284, _WIDTH, f"Δελτίο {note.number} · σελίδα {number} από {total}", 7.5)
