"""What a register's words and numbers mean: types of school, special education, orientation, state.

Source of the numbers: the dictionaries of the mm.sch.gr register (`unit_type_id`, `special_type_id`, …).
"""

from functools import lru_cache

from stemfleet.registers.names import fold
from stemfleet.registers.values import SkipReason
from stemfleet.words import Category, Level

_LEVEL_OF_TYPE = {
    "1": Level.KINDERGARTEN,  # ΝΗΠ
    "2": Level.PRIMARY,  # ΔΗΜ
    "3": Level.LOWER_SECONDARY,  # ΓΥΜ
    "4": Level.GENERAL_UPPER,  # ΓΕΛ
    "5": Level.VOCATIONAL_UPPER,  # ΕΠΑΛ
    "6": Level.VOCATIONAL_UPPER,  # ΕΠΑΣ
    "7": Level.VOCATIONAL_UPPER,  # ΤΕΕ
    "8": Level.VOCATIONAL_UPPER,  # ΕΚ
    "11": Level.SPECIAL_VOCATIONAL,  # ΕΕΕΕΚ
    "38": Level.SECOND_CHANCE,  # ΣΔΕ
    "44": Level.SPECIAL_VOCATIONAL,  # ΕΝΕΕΓΥΛ
}
_NOT_SCHOOLS = {"14", "15", "16", "25"}  # ΔΔΕ, ΔΠΕ, ΠΔΕ, ΕΚΦΕ
_SPECIAL = {"1", "2", "4"}  # 3 is not special
_MINORITY, _SECOND_CHANCE = "6", "9"

# Looked for in this order in the folded type, then in the name. A word in full is a whole word, the others are stems.
_LEVEL_WORDS = (
    (("ΕΕΕΕΚ", "ΕΝΕΕΓΥΛ", "ΕΝΕΕΓΥ"), Level.SPECIAL_VOCATIONAL),
    (("ΣΔΕ",), Level.SECOND_CHANCE),
    (("ΕΠΑΛ", "ΕΠΑΣ", "ΤΕΕ", "ΕΚ"), Level.VOCATIONAL_UPPER),
    (("ΓΕΛ",), Level.GENERAL_UPPER),
)
_LEVEL_STEMS = (
    (("ΔΕΥΤΕΡΗΣ ΕΥΚΑΙΡΙΑΣ",), Level.SECOND_CHANCE),
    (("ΕΙΔΙΚΗΣ ΕΠΑΓΓΕΛΜΑΤΙΚΗΣ", "ΕΝΙΑΙΟ ΕΙΔΙΚΟ ΕΠΑΓΓ"), Level.SPECIAL_VOCATIONAL),
    (("ΝΗΠ",), Level.KINDERGARTEN),
    (("ΔΗΜΟΤΙΚ",), Level.PRIMARY),
    (("ΕΠΑΓΓΕΛΜΑΤΙΚ", "ΕΡΓΑΣΤΗΡΙΑΚΟ ΚΕΝΤΡΟ", "ΤΕΧΝΙΚΟ ΕΠΑΓΓ"), Level.VOCATIONAL_UPPER),
    (("ΓΥΜ", "ΜΟΥΣΙΚΟ ΣΧΟΛΕΙΟ", "ΚΑΛΛΙΤΕΧΝΙΚΟ ΣΧΟΛΕΙΟ"), Level.LOWER_SECONDARY),
    (("ΛΥΚ",), Level.GENERAL_UPPER),
)
_OTHER_UNITS = (
    "ΔΙΕΥΘΥΝΣΗ",
    "ΓΡΑΦΕΙΟ",
    "ΕΚΦΕ",
    "ΠΔΕ",
    "ΔΔΕ",
    "ΔΠΕ",
    "ΚΕΔΑΣΥ",
    "ΚΠΕ",
    "ΚΕΠΕΑ",
    "ΠΕΚΕΣ",
    "ΒΙΒΛΙΟΘΗΚΗ",
    "ΙΕΚ",
)


def level_of(type_id: str, type_text: str, name: str) -> Level | SkipReason:
    """The level of a unit, or why it has none: NOT_A_SCHOOL or UNKNOWN_TYPE.

    The register's number decides; without one, or for a type that spans levels (35, church schools; «Σχολείο»), the
    words of the type, then those of the name.
    """
    return _level_of_type(type_id, type_text) or _level_in(fold(name)) or SkipReason.UNKNOWN_TYPE


@lru_cache(maxsize=4096)
def _level_of_type(type_id: str, type_text: str) -> Level | SkipReason | None:
    if type_id in _NOT_SCHOOLS:
        return SkipReason.NOT_A_SCHOOL
    if type_text in set(Level) - {Level.UNIVERSITY}:
        return Level(type_text)
    if type_id in _LEVEL_OF_TYPE:
        return _LEVEL_OF_TYPE[type_id]
    folded = fold(type_text)
    return SkipReason.NOT_A_SCHOOL if folded.split(" ")[0] in _OTHER_UNITS else _level_in(folded)


def _level_in(folded: str) -> Level | None:
    words = set(folded.split())
    for names, level in _LEVEL_WORDS:
        if words.intersection(names):
            return level
    for stems, level in _LEVEL_STEMS:
        if any(stem in folded for stem in stems):
            return level
    return None


@lru_cache(maxsize=4096)
def is_special(special_id: str, text: str) -> bool:
    """Whether a unit is one of special education, by the register's number or its words («Ειδικό Σχολείο»)."""
    if special_id:
        return special_id in _SPECIAL
    folded = fold(text)
    return any(word.startswith("ΕΙΔΙΚ") for word in folded.split()) and not folded.startswith(("ΜΗ ", "ΟΧΙ", "ΔΕΝ "))


@lru_cache(maxsize=4096)
def orientation_categories(orientation_id: str, text: str) -> frozenset[Category]:
    """Minority, second chance or neither, by the register's number or its words."""
    folded = fold(text)
    found = set()
    if orientation_id == _MINORITY or (not orientation_id and "ΜΕΙΟΝΟΤ" in folded):
        found.add(Category.MINORITY)
    if orientation_id == _SECOND_CHANCE or (not orientation_id and "ΕΥΚΑΙΡΙΑΣ" in folded):
        found.add(Category.SECOND_CHANCE)
    return frozenset(found)


@lru_cache(maxsize=4096)
def closed_reason(state_id: str, text: str) -> SkipReason | None:
    """SUSPENDED, ABOLISHED, or None for a unit that works. Raises ValueError for a state that is not known."""
    if state_id:
        known = {"1": None, "2": SkipReason.SUSPENDED, "3": SkipReason.ABOLISHED}
        if state_id not in known:
            raise ValueError(state_id)
        return known[state_id]
    folded = fold(text)
    if "ΑΝΑΣΤ" in folded:
        return SkipReason.SUSPENDED
    if any(stem in folded for stem in ("ΚΑΤΑΡΓ", "ΚΛΕΙΣ", "ΑΝΕΝΕΡΓ", "ΣΥΓΧΩΝ")) or folded.startswith("ΜΗ "):
        return SkipReason.ABOLISHED
    if not folded or "ΕΝΕΡΓ" in folded or "ΛΕΙΤΟΥΡΓ" in folded:
        return None
    raise ValueError(text)


@lru_cache(maxsize=1024)
def is_school_category(category_id: str, text: str) -> bool:
    """Whether the register files a unit under schools (category 1)."""
    if category_id:
        return category_id == "1"
    return not text or "ΣΧΟΛ" in fold(text)


_YES = {"1", "ΝΑΙ", "TRUE", "YES", "X", "Χ", "✓", "ΔΥΣΠΡΟΣΙΤΟ", "ΔΥΣΠΡΟΣΙΤΗ", "ΑΛΗΘΗΣ"}
_NO = {"0", "ΟΧΙ", "FALSE", "NO", "ΨΕΥΔΗΣ", "-"}


def yes_or_no(text: str) -> bool | None:
    """A tick as people write it; None where it is blank or neither."""
    word = text if text in {"✓", "-"} else fold(text)
    return True if word in _YES else False if word in _NO else None
