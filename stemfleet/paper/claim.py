"""The claim sheet for a supplier: which boards failed, how, and by what evidence; in Greek or in English."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from stemfleet.errors import InputError

Language = Literal["el", "en"]

_LEFT, _RIGHT, _TOP, _BOTTOM = 18.0, 192.0, 16.0, 274.0
_WIDTH = _RIGHT - _LEFT
_ROW = 4.6
_SMALL = 3.6
_SIGNED = 30.0  # height of the signatures
_DECIMAL = re.compile(r"-?\d+\.\d+")
_HERE = ZoneInfo("Europe/Athens")
_TEXTS = {
    "title": ("ΠΡΩΤΟΚΟΛΛΟ ΕΛΑΤΤΩΜΑΤΙΚΩΝ", "CLAIM FOR FAULTY ITEMS"),
    "more": ("Πρωτόκολλο ελαττωματικών (συνέχεια)", "Claim for faulty items (continued)"),
    "to": ("Προς τον προμηθευτή", "To the supplier"),
    "from": ("Από", "From"),
    "lots": ("Παρτίδες παράδοσης", "Delivery lots"),
    "any": ("όλες", "all"),
    "day": ("Ημερομηνία", "Date"),
    "made": ("Συντάχθηκε από", "Drawn up by"),
    "sum": (
        "Ελέγχθηκαν {tested} τεμάχια. Πέρασαν με την πρώτη {passed}. Ελαττωματικά παραμένουν {faulty}.",
        "{tested} items were tested. {passed} passed at the first try. {faulty} remain faulty.",
    ),
    "reasons": ("Αιτίες", "Reasons"),
    "items": ("Τεμάχια και αποδεικτικά στοιχεία", "Items and evidence"),
    "lot": ("παρτίδα", "lot"),
    "tested": ("Έλεγχος", "Tested"),
    "measured": ("μετρήθηκε", "measured"),
    "allowed": ("επιτρέπεται", "allowed"),
    "to_limit": ("έως", "to"),
    "tools": ("Εργαλεία", "Tools"),
    "record": ("Πρακτικό ελέγχου, sha256", "Test record, sha256"),
    "log": ("Αρχείο", "Log"),
    "nameless": ("χωρίς ταυτότητα", "no identity"),
    "for_supplier": ("Παρελήφθη για τον προμηθευτή", "Received for the supplier"),
    "signed": ("ονοματεπώνυμο, υπογραφή, ημερομηνία", "name, signature, date"),
    "note": (
        "Κάθε πρακτικό και κάθε αρχείο καταγραφής φυλάσσεται όπως γράφτηκε και δίδεται κατά ζήτηση· το sha256 "
        "αποδεικνύει ότι δεν άλλαξε.",
        "Every record and every log is kept as it was written and is handed over on request; its sha256 proves that it "
        "was not changed.",
    ),
    "page": ("σελίδα {number} από {total}", "page {number} of {total}"),
}
_REASONS = {
    "verify_mismatch": ("Η μνήμη δεν κρατά ό,τι γράφεται", "The memory does not keep what is written"),
    "flash_refused": ("Η πλακέτα αρνείται το υλικολογισμικό", "The board refuses the firmware"),
    "measurement": ("Εκτός ορίων: {name}", "Out of its limits: {name}"),
}
_SENDER = {
    "el": "Εθνικός Οργανισμός Υποστήριξης eTwinning, ΙΤΥΕ «Διόφαντος»",
    "en": "National Support Organisation of eTwinning, CTI Diophantus",
}


@dataclass(frozen=True)
class ClaimValue:
    """A measurement out of its limits; `low` or `high` is None where there is no limit."""

    name: str
    value: str
    unit: str
    low: str | None
    high: str | None


@dataclass(frozen=True)
class ClaimItem:
    """A faulty item with its evidence. `reason` is a reason code; `logs` are (name, sha256)."""

    board_id: str | None
    kit_tag: str | None
    title: str
    lot: str | None
    reason: str
    tested: datetime
    station: str
    values: tuple[ClaimValue, ...]
    tools: tuple[str, ...]
    record_sha256: str
    logs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Claim:
    """What a supplier gets. `lot` None: all of its deliveries. `tested` and `passed` (first try) count its items."""

    supplier: str
    lot: str | None
    made_by: str
    tested: int
    passed: int
    items: tuple[ClaimItem, ...]


def claim_sheet(claim: Claim, language: Language, *, made: datetime) -> bytes:
    """The claim as A4 PDF. Raises InputError when nothing of the supplier is faulty: there is nothing to claim."""
    if not claim.items:
        raise InputError("Nothing from {supplier} is faulty: there is nothing to claim.", supplier=claim.supplier)
    return _Sheet(claim, language, made).pdf()


class _Sheet:
    """One claim on its pages; `y` is where the next line goes."""

    def __init__(self, claim: Claim, language: Language, made: datetime) -> None:
        from stemfleet.paper.page import Page  # noqa: PLC0415  the PDF library takes half a second to load

        self.claim = claim
        self.made = made
        self.language = language
        self.page = Page(self.say("title").capitalize(), made)
        self.page.set_lang(language)
        self.y = _TOP

    def say(self, key: str, **facts: object) -> str:
        return _TEXTS[key][0 if self.language == "el" else 1].format(**facts)

    def reason(self, code: str) -> str:
        kind, _, name = code.partition(":")
        if kind not in _REASONS:
            return code
        return _REASONS[kind][0 if self.language == "el" else 1].format(name=name)

    def pdf(self) -> bytes:
        self.page.add_page()
        self.head()
        self.reasons()
        self.title(self.say("items"), 2 * _ROW)
        for number, item in enumerate(self.claim.items, 1):
            self.item(number, item)
        self.room(14 + _SIGNED)
        self.y = self.page.paragraph(_LEFT, self.y + 3, _WIDTH, self.say("note"), 8.5, most=3)
        self.signatures()
        self.numbers()
        return bytes(self.page.output())

    def head(self) -> None:
        claim, page = self.claim, self.page
        page.line_of(_LEFT, _TOP, _WIDTH, self.say("title"), 18, bold=True)
        self.y = _TOP + 12
        rows = (
            (self.say("to"), claim.supplier),
            (self.say("from"), _SENDER[self.language]),
            (self.say("lots"), claim.lot or self.say("any")),
            (self.say("day"), f"{self.made.astimezone(_HERE):%d/%m/%Y}"),
            (self.say("made"), claim.made_by),
        )
        for title, text in rows:
            page.line_of(_LEFT, self.y, 42, title, 9)
            page.line_of(_LEFT + 44, self.y, _WIDTH - 44, text, 10.5, bold=title == rows[0][0])
            self.y += 6
        counts = {"tested": claim.tested, "passed": claim.passed, "faulty": len(claim.items)}
        self.y = page.paragraph(_LEFT, self.y + 3, _WIDTH, self.say("sum", **counts), 10.5, most=2) + 2

    def reasons(self) -> None:
        codes = [item.reason for item in self.claim.items]
        self.title(self.say("reasons"), 2 * _ROW)
        for code in sorted(set(codes), key=lambda code: (-codes.count(code), code)):
            self.room(_ROW)
            self.page.line_of(_LEFT, self.y, 12, f"{codes.count(code)} ×", 10)
            self.page.line_of(_LEFT + 14, self.y, _WIDTH - 14, self.reason(code), 10)
            self.y += _ROW + 0.6

    def item(self, number: int, item: ClaimItem) -> None:
        lines = self.lines(item)
        self.room(8 + _SMALL * len(lines) + 3)
        page = self.page
        page.set_fill_color(235)
        page.rect(_LEFT, self.y, _WIDTH, 6, style="F")
        page.line_of(_LEFT + 2, self.y + 0.7, 10, str(number), 9.5, bold=True)
        page.line_of(_LEFT + 12, self.y + 0.7, 92, item.board_id or self.say("nameless"), 9.5, bold=True)
        page.line_of(_LEFT + 106, self.y + 0.8, _WIDTH - 108, self.reason(item.reason), 9)
        self.y += 7.4
        for line in lines:
            page.line_of(_LEFT + 2, self.y, _WIDTH - 4, line, 7.5)
            self.y += _SMALL
        self.y += 3

    def lines(self, item: ClaimItem) -> list[str]:
        lot = f"{self.say('lot')} {item.lot}" if item.lot else None
        tested = f"{self.say('tested')} {item.tested.astimezone(_HERE):%d/%m/%Y %H:%M}, {item.station}"
        lines = [" · ".join(filter(None, [item.title, item.kit_tag, lot, tested]))]
        lines += [self.measured(value) for value in item.values]
        if item.tools:
            lines.append(f"{self.say('tools')}: {', '.join(item.tools)}")
        lines.append(f"{self.say('record')}: {item.record_sha256}")
        return lines + [f"{self.say('log')} {name}: {sha256}" for name, sha256 in item.logs]

    def measured(self, value: ClaimValue) -> str:
        found, low, high = (self.number(text) for text in (value.value, value.low, value.high))
        limits = [low] if low == high else [low or "…", self.say("to_limit"), high or "…"]
        allowed = " ".join(filter(None, [*limits, value.unit]))
        return (
            f"{value.name}: {self.say('measured')} {' '.join(filter(None, [found, value.unit]))}, "
            f"{self.say('allowed')} {allowed}"
        )

    def number(self, text: str | None) -> str | None:
        """With a decimal comma in Greek."""
        if text is not None and self.language == "el" and _DECIMAL.fullmatch(text):
            return text.replace(".", ",")
        return text

    def signatures(self) -> None:
        """A line each for who drew it up and for the supplier."""
        half = (_WIDTH - 14) / 2
        for left, who in ((_LEFT, self.say("made")), (_LEFT + half + 14, self.say("for_supplier"))):
            self.page.line_of(left, self.y + 5, half, who, 9)
            self.page.line(left, self.y + _SIGNED - 7, left + half, self.y + _SIGNED - 7)
            self.page.line_of(left, self.y + _SIGNED - 6, half, self.say("signed"), 7.5)

    def title(self, text: str, follows: float) -> None:
        self.room(9 + follows)
        self.y += 3
        self.page.line_of(_LEFT, self.y, _WIDTH, text, 12, bold=True)
        self.y += 7.5

    def room(self, height: float) -> None:
        """A new page when what comes next does not fit on this one."""
        if self.y + height > _BOTTOM and self.y > _TOP + 2:
            self.page.add_page()
            self.page.line_of(_LEFT, _TOP - 6, _WIDTH, f"{self.say('more')} · {self.claim.supplier}", 8)
            self.y = _TOP + 2

    def numbers(self) -> None:
        total = self.page.pages_count
        for number in range(1, total + 1):
            self.page.page = number
            self.page.line_of(_LEFT, 284, _WIDTH, self.say("page", number=number, total=total), 7.5)
