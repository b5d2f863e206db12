"""School codes: the ministry's, 7 digits, kept as text."""

import re
from functools import lru_cache

DIGITS = 7
LEAST_DIGITS = 5  # the first two are the prefecture's: more than two lost zeros were never a code
_NOBODY = "0000000"
_NOISE = str.maketrans("", "", " '’΄`\u00a0=\"")  # Excel's CSV writes ="0501001" to keep the zero
_WIDE = {0xFF10 + digit: str(digit) for digit in range(10)}  # digits as an East Asian keyboard types them
_THOUSANDS = re.compile(r"[1-9]([.,])\d{3}\1\d{3}", re.ASCII)
_POINT = re.compile(r"[.,]0{1,2}$")  # a number with its decimals


def school_code(text: str) -> tuple[str | None, bool]:
    """(code, mended): seven digits, and whether it was written otherwise, see `mended_code`.

    The code is None for anything that is not 5 to 7 digits; with separators of thousands, for all but 7.
    """
    if len(text) == DIGITS and text.isascii() and text.isdigit() and text != _NOBODY:
        return text, False  # nearly every one
    digits = text.translate(_NOISE)
    if not digits.isascii():
        digits = digits.translate(_WIDE)
    if _THOUSANDS.fullmatch(digits):
        return digits[0] + digits[2:5] + digits[6:], True
    digits = _POINT.sub("", digits)
    if not (digits.isascii() and digits.isdigit() and LEAST_DIGITS <= len(digits) <= DIGITS and digits.strip("0")):
        return None, False
    return digits.zfill(DIGITS), len(digits) < DIGITS


def mended_code(written: str) -> tuple[str, str]:
    """What `school_code` did to a code: the kind of finding, and its sentence with {written} and {code}."""
    if _THOUSANDS.fullmatch(written.translate(_NOISE).translate(_WIDE)):
        return "code_separated", "The code {written} is written with separators of thousands: read as {code}."
    return "code_padded", "The code {written} lost its leading zeros: read as {code}."


@lru_cache(maxsize=4096)
def department_code(text: str) -> str | None:
    """`U-<number>` in its one form (a Latin U, no leading zeros), or None. `υ-7`, `U 07` and `Υ7` are U-7."""
    bare = re.sub(r"[\s\-–_]+", "", text.upper().replace("Υ", "U"))
    return f"U-{int(bare[1:])}" if re.fullmatch(r"U0*[1-9]\d{0,4}", bare, re.ASCII) else None


def recipient_code(text: str) -> tuple[str | None, bool]:
    """The code of a school or a department; see `school_code`."""
    department = department_code(text) if text[:1] in "UuΥυ" else None
    return (department, False) if department else school_code(text)
