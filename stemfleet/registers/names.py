"""Comparing Greek names as people write them: without accents, case, dots, or Latin letters that look Greek."""

import re
import unicodedata
from functools import lru_cache

_LOOK_ALIKE = str.maketrans("ABEZHIKMNOPTYX", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")
_ONLY_LOOK_ALIKE = re.compile(r"[ABEZHIKMNOPTYXΑ-Ω0-9]+")
_GREEK = re.compile("[Α-Ω]")
_DOTTED = re.compile(r"\b[^\W\d_]{1,3}(?:\.[^\W\d_]{1,3})+\b")
_NO_WORD = re.compile("(?:[^\\w/]|[_\u02b0-\u02ff])+")  # the last ones: quotes that Unicode counts as letters

# Written with a slash in the registers; the whole word stands elsewhere for the same place.
_SHORT = {
    "ΘΕΣ/ΝΙΚΗ": "ΘΕΣΣΑΛΟΝΙΚΗ",
    "ΘΕΣ/ΝΙΚΗΣ": "ΘΕΣΣΑΛΟΝΙΚΗΣ",
    "Δ/ΝΣΗ": "ΔΙΕΥΘΥΝΣΗ",
    "Α/ΘΜΙΑΣ": "ΠΡΩΤΟΒΑΘΜΙΑΣ",
    "Β/ΘΜΙΑΣ": "ΔΕΥΤΕΡΟΒΑΘΜΙΑΣ",
    "Π/ΘΜΙΑΣ": "ΠΡΩΤΟΒΑΘΜΙΑΣ",
    "Δ/ΘΜΙΑΣ": "ΔΕΥΤΕΡΟΒΑΘΜΙΑΣ",
    "ΕΚΠ/ΣΗΣ": "ΕΚΠΑΙΔΕΥΣΗΣ",
    "ΕΚΠΣΗΣ": "ΕΚΠΑΙΔΕΥΣΗΣ",
}


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """The form in which two spellings of one name are equal: `fold("1o Γυμν. Θεσ/νίκης") == "1Ο ΓΥΜΝ ΘΕΣΣΑΛΟΝΙΚΗΣ"`.

    Upper case without accents; dots, quotes, hyphens and runs of blanks become one blank, the dots of initials
    vanish (Γ.Ε.Λ. is ΓΕΛ). Latin letters become the Greek ones that they look like, in words made of nothing else,
    and only where the text has Greek letters at all: a purely Latin text (an e-mail, `registry_no`) stays Latin.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).upper()
    words = _NO_WORD.sub(" ", _DOTTED.sub(_initials, plain)).split()
    if _GREEK.search(plain):
        words = [word.translate(_LOOK_ALIKE) if _looks_greek(word) else word for word in words]
    return " ".join(" ".join(_SHORT.get(word, word) for word in words).replace("/", " ").split())


def _initials(dotted: re.Match[str]) -> str:
    """Γ.Ε.Λ. and ΕΝ.Ε.Ε.ΓΥ. are one word; ΑΓ.ΝΙΚ. is two."""
    parts = dotted.group().split(".")
    return ("" if any(len(part) == 1 for part in parts) else " ").join(parts)


def _looks_greek(word: str) -> bool:
    return all(_ONLY_LOOK_ALIKE.fullmatch(part) for part in word.split("/") if part)


def clean(text: str) -> str:
    """A cell's text as it is stored: NFC, runs of blanks and control characters become one blank, ends trimmed."""
    if is_clean(text):
        return text
    whole = text.encode("utf-8", "ignore").decode("utf-8")  # half a surrogate pair cannot be stored
    kept = "".join(" " if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} else c for c in whole)
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def is_clean(text: str) -> bool:
    """Whether `clean` would leave the text, or each of several joined by a blank, as it is; nearly always so."""
    return text.isprintable() and "  " not in text and text.strip() == text and unicodedata.is_normalized("NFC", text)
