"""A PDF page in Greek: the font, texts that fit their place, QR codes as vectors. Lengths in mm, type in points."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import fontpkg_noto_sans
from fpdf import FPDF
from fpdf.enums import TextMode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

_FONT = fontpkg_noto_sans.ROOT / "files" / "NotoSans[wdth,wght].ttf"
_UNDATED = datetime(2000, 1, 1, tzinfo=UTC)
QUIET_ZONE = 4  # modules of white around a QR code (ISO/IEC 18004)
_OVERLAP = 0.02  # mm, so that no white hair shows between the rows of a code
_ELLIPSIS = "…"
_SMALLEST = 0.75  # a text shrinks to this much before it is cut


class Page(FPDF):
    """An A4 document without automatic page breaks, in Noto Sans."""

    def __init__(self, title: str, made: datetime | None) -> None:
        super().__init__(format="A4", unit="mm")
        self.set_auto_page_break(False)
        self.set_margin(0)
        self.c_margin = 0.0
        self.set_title(title)
        self.set_lang("el")
        self.set_creation_date(made or _UNDATED)
        self.add_font("Noto", "", _FONT)
        self.set_font("Noto", size=9)

    @contextmanager
    def bold(self, size: float) -> Iterator[None]:
        """Bold by a stroke around the letters: cutting a bold font out of the variable one takes seconds."""
        with self.local_context(text_mode=TextMode.FILL_STROKE, line_width=size * 0.012):
            yield

    def line_of(self, x: float, y: float, width: float, text: str, size: float, *, bold: bool = False) -> None:
        """One line with its upper left corner at (x, y); shrinks a little, then loses its middle, to fit `width`."""
        height = size * 0.5
        size, text = self.fitted(text, width, size)
        self.set_font_size(size)
        self.set_xy(x, y)
        if bold:
            with self.bold(size):
                self.cell(width, height, text)
        else:
            self.cell(width, height, text)

    def fitted(self, text: str, width: float, size: float) -> tuple[float, str]:
        """(size, text) that fit `width`: as given, smaller by up to a quarter, or with «…» in the middle."""
        self.set_font_size(size)
        given = self.get_string_width(text)
        if given <= width:
            return size, text
        smaller = max(size * width / given, size * _SMALLEST)
        self.set_font_size(smaller)
        kept, cut = len(text), text
        while kept > 2 and self.get_string_width(cut) > width:
            kept -= 1
            cut = text[: (kept + 1) // 2] + _ELLIPSIS + text[len(text) - kept // 2 :]
        return smaller, cut

    def paragraph(self, x: float, y: float, width: float, text: str, size: float, most: int) -> float:
        """Up to `most` lines, broken at blanks; what does not fit ends in «…». Returns the y below the last line."""
        self.set_font_size(size)
        self.set_xy(x, y)
        lines = self.multi_cell(width, size * 0.5, text, dry_run=True, output="LINES")
        assert isinstance(lines, list)
        shown = lines[:most]
        if len(lines) > most:
            shown[-1] = self.cut(" ".join(lines[most - 1 :]), width)
        for number, line in enumerate(shown):
            self.set_xy(x, y + number * size * 0.5)
            self.cell(width, size * 0.5, line)
        return y + len(shown) * size * 0.5

    def cut(self, text: str, width: float) -> str:
        """The beginning of a text that fits at the present size, with «…» where it was longer."""
        if self.get_string_width(text) <= width:
            return text
        while text and self.get_string_width(text + _ELLIPSIS) > width:
            text = text[:-1]
        return text.rstrip() + _ELLIPSIS

    def qr(self, x: float, y: float, side: float, text: str) -> None:
        """A QR code of `text` in a square of `side`, its quiet zone included; error correction M."""
        code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE)
        code.add_data(text)
        modules: Sequence[Sequence[bool]] = code.get_matrix()
        step = side / len(modules)
        self.set_fill_color(0)
        for row, line in enumerate(modules):
            for start, length in _runs(line):
                top, left = y + row * step, x + start * step
                self.rect(left, top, length * step, step + _OVERLAP, style="F")


def _runs(line: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """(start, length) of each stretch of dark modules."""
    start = None
    for place, dark in enumerate([*line, False]):
        if dark and start is None:
            start = place
        elif not dark and start is not None:
            yield start, place - start
            start = None
