"""School codes: the ministry's, 7 digits, kept as text."""

import re
from functools import lru_cache

DIGITS = 7
_NOBODY = "0000000"
_NOISE = str.maketrans("", "", " '’΄`\u00a0=\"")  # Excel's CSV writes ="0501001" to keep the zero


def school_code(text: str) -> tuple[str | None, bool]:
    """(code, padded): seven digits, and whether leading zeros that a spreadsheet dropped were put back.

    The code is None for anything that is not 1 to 7 digits, and for zero.
    """
    if len(text) == DIGITS and text.isascii() and text.isdigit() and text != _NOBODY:
        return text, False  # nearly every one
    digits = text.translate(_NOISE)
    if not digits.isascii():
        digits = digits.translate(_WIDE)
    if digits.endswith(".0"):
        digits = digits[:-2]
    if not (digits.isascii() and digits.isdigit()) or len(digits) > DIGITS or not digits.strip("0"):
        return None, False
    return digits.zfill(DIGITS), len(digits) < DIGITS


_WIDE = {0xFF10 + digit: str(digit) for digit in range(10)}  # digits as an East Asian keyboard types them


@lru_cache(maxsize=4096)
def department_code(text: str) -> str | None:
    """`U-<number>` in its one form (a Latin U, no leading zeros), or None. `υ-7`, `U 07` and `Υ7` are U-7."""
    bare = re.sub(r"[\s\-–_]+", "", text.upper().replace("Υ", "U"))
    return f"U-{int(bare[1:])}" if re.fullmatch(r"U0*[1-9]\d{0,4}", bare, re.ASCII) else None


def recipient_code(text: str) -> tuple[str | None, bool]:
    """The code of a school or a department; see `school_code`."""
    department = department_code(text) if text[:1] in "UuΥυ" else None
    return (department, False) if department else school_code(text)
