"""Asset tags: `SF-` + five digits + a check letter, so that a mistyped tag is noticed and not another kit."""

import re

from sqlmodel import Session, col, func, select

from stemfleet.errors import InputError, NotFound
from stemfleet.store import Kit

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"  # 23, a prime, without I, O and Q
_GREEK_KEYS = str.maketrans("ΑΒΨΔΕΦΓΗΙΞΚΛΜΝΟΠΡΣΤΘΩςΧΥΖ", "ABCDEFGHIJKLMNOPRSTUVWXYZ")
_FORM = re.compile(rf"SF-(\d{{5,9}})([{_LETTERS}])")


def make_tag(number: int) -> str:
    return f"SF-{number:05d}{_check_letter(number)}"


def parse_tag(text: str) -> str:
    """The tag in a scan or in typed text, a label's whole address included. Raises InputError.

    A scanner types as a keyboard does: under a Greek layout its letters come as Greek ones and are put back.
    """
    typed = text.strip().rstrip("/").rpartition("/")[2]
    tag = latin_keys(typed)
    form = _FORM.fullmatch(tag)
    if form is not None and typed.endswith("Σ") and _check_letter(int(form[1])) == "W":
        return f"{tag[:-1]}W"  # both keys give this capital
    if form is None or _check_letter(int(form[1])) != form[2]:
        raise InputError("{text} is not an asset tag. One looks like {example}.", text=text, example=make_tag(1))
    return tag


def is_tag(text: str) -> bool:
    """Whether it is an asset tag, issued or not."""
    try:
        parse_tag(text)
    except InputError:
        return False
    return True


def latin_keys(text: str) -> str:
    """In capitals, as the same keys give them under a Latin layout (ISO/IEC 9995 Greek, ELOT 928)."""
    return text.translate(_GREEK_KEYS).upper().translate(_GREEK_KEYS)


def find_kit(session: Session, text: str) -> Kit:
    """Raises InputError for what is no tag, NotFound for a tag that nobody issued."""
    tag = parse_tag(text)
    kit = session.get(Kit, tag)
    if kit is None:
        raise NotFound("There is no kit {tag}.", tag=tag)
    return kit


def next_number(session: Session) -> int:
    """One more than the highest number issued; the caller's write transaction keeps others out."""
    newest = select(Kit.tag).order_by(func.length(Kit.tag).desc(), col(Kit.tag).desc()).limit(1)
    last = session.exec(newest).first()
    return int(last[3:-1]) + 1 if last else 1


def _check_letter(number: int) -> str:
    """Digits weighted by their place, modulo a prime: every wrong digit and every swap of neighbours shows."""
    total = sum(weight * int(digit) for weight, digit in enumerate(reversed(str(number)), start=1))
    return _LETTERS[total % len(_LETTERS)]
