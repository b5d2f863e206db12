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
# Church schools: of several levels, and the name says which.
_SPANNING, _SPANNING_STEMS = "35", ("ΕΚΚΛΗΣΙΑΣΤΙΚ", "ΕΚΣΧ")
_NOT_SCHOOLS = {"14", "15", "16", "25"}  # ΔΔΕ, ΔΠΕ, ΠΔΕ, ΕΚΦΕ
_SPECIAL, _NOT_SPECIAL = {"1", "2", "4"}, {"0", "3"}
_ORIENTATIONS = {
    **{str(number): frozenset[Category]() for number in range(9)},
    "6": frozenset({Category.MINORITY}),
    "9": frozenset({Category.SECOND_CHANCE}),
}
_OTHER_ORIENTATIONS = (  # they tell that a school is neither of minority nor of second chance
    "ΔΙΑΠΟΛΙΤΙΣΜΙΚ",
    "ΜΟΥΣΙΚ",
    "ΚΑΛΛΙΤΕΧΝΙΚ",
    "ΠΡΟΤΥΠ",
    "ΠΕΙΡΑΜΑΤΙΚ",
    "ΕΥΡΩΠΑΙΚ",
    "ΕΚΚΛΗΣΙΑΣΤΙΚ",
    "ΑΘΛΗΤΙΚ",
    "ΓΕΝΙΚ",
)

# Stems of what a school is, each looked for at the beginning of a word.
SPECIAL_STEMS = ("ΕΙΔΙΚ", "ΣΜΕΑ", "ΕΕΕΕΚ", "ΕΝΕΕΓΥ", "SPECIAL")
MINORITY_STEMS = ("ΜΕΙΟΝΟΤ", "MINORITY")
REMOTE_STEMS = ("ΔΥΣΠΡΟΣΙΤ", "ΑΠΟΜΑΚΡΥΣΜΕΝ", "REMOTE", "INACCESSIBLE")
_SECOND_CHANCE_STEMS = ("ΕΥΚΑΙΡΙΑΣ", "ΣΔΕ")

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
_LEVEL_SHORT = {  # whole words again, looked for last: «Δημ.» is short for other things too
    "ΔΗΜ": Level.PRIMARY,
    "ΔΣ": Level.PRIMARY,
    "ΠΔΣ": Level.PRIMARY,
    "ΝΓ": Level.KINDERGARTEN,
}
_SHORT_TYPES = {"Ν Γ": Level.KINDERGARTEN, "Δ Σ": Level.PRIMARY}  # Ν/Γ and Δ/Σ, of a type only
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
    "ΔΙΕΚ",
    "ΣΑΕΚ",
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
    if folded.split(" ")[0] in _OTHER_UNITS:
        return SkipReason.NOT_A_SCHOOL
    return _SHORT_TYPES.get(folded) or _level_in(folded)


@lru_cache(maxsize=4096)
def spans_levels(type_id: str, type_text: str) -> bool:
    """Whether schools of the type are of several levels, so that it is their names that tell."""
    return type_id == _SPANNING or bool(says(type_text, _SPANNING_STEMS))


def _level_in(folded: str) -> Level | None:
    words = set(folded.split())
    for names, level in _LEVEL_WORDS:
        if words.intersection(names):
            return level
    for stems, level in _LEVEL_STEMS:
        if any(stem in folded for stem in stems):
            return level
    return next((level for word, level in _LEVEL_SHORT.items() if word in words), None)


@lru_cache(maxsize=4096)
def is_special(special_id: str, text: str) -> bool | None:
    """Whether a unit is one of special education, by the register's number or its words; None: neither tells."""
    if special_id in _SPECIAL or special_id in _NOT_SPECIAL:
        return special_id in _SPECIAL
    told = yes_or_no(text, SPECIAL_STEMS)
    return False if told is None and says(text, ("ΓΕΝΙΚ",)) else told


@lru_cache(maxsize=4096)
def orientation_categories(orientation_id: str, text: str) -> frozenset[Category] | None:
    """Minority, second chance or neither, by the register's number or its words; None: neither of them tells."""
    if orientation_id in _ORIENTATIONS:
        return _ORIENTATIONS[orientation_id]
    told = {
        Category.MINORITY: says(text, MINORITY_STEMS),
        Category.SECOND_CHANCE: says(text, _SECOND_CHANCE_STEMS),
    }
    if any(said is not None for said in told.values()):
        return frozenset(category for category, said in told.items() if said)
    none_of_them = says(text, _OTHER_ORIENTATIONS) is not None or yes_or_no(text) is False
    return frozenset() if none_of_them else None


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
    works = says(text, ("ΕΝΕΡΓ", "ΛΕΙΤΟΥΡΓ"))
    if any(stem in folded for stem in ("ΚΑΤΑΡΓ", "ΚΛΕΙΣ", "ΑΝΕΝΕΡΓ", "ΣΥΓΧΩΝ")) or works is False:
        return SkipReason.ABOLISHED
    if not folded or works:
        return None
    raise ValueError(text)


@lru_cache(maxsize=1024)
def is_school_category(category_id: str, text: str) -> bool:
    """Whether the register files a unit under schools (category 1)."""
    if category_id:
        return category_id == "1"
    return not text or "ΣΧΟΛ" in fold(text)


_YES = {"1", "ΝΑΙ", "TRUE", "YES", "Χ", "ΑΛΗΘΗΣ", "ΑΛΗΘΕΣ"}
_NO = {"0", "ΟΧΙ", "FALSE", "ΝΟ", "ΨΕΥΔΗΣ", "ΨΕΥΔΕΣ", "ΚΑΝΕΝΑΣ", "ΚΑΜΙΑ", "ΚΑΝΕΝΑ"}  # the Greek letters of Latin «NO»
_YES_MARKS, _NO_MARKS = {"✓", "✔", "√", "☑", "✅"}, {"-", "–", "—"}
_NOT = {"ΜΗ", "ΟΧΙ", "ΔΕΝ", "ΧΩΡΙΣ", "NOT"}
_EMOJI = "\ufe0e\ufe0f"  # whether a tick is drawn as text or as a picture


@lru_cache(maxsize=4096)
def yes_or_no(text: str, stems: tuple[str, ...] = ()) -> bool | None:
    """A tick or a word as people write it, or a word that begins with one of the stems; None where it is neither."""
    mark = text.strip(_EMOJI)
    if mark in _YES_MARKS or mark in _NO_MARKS:
        return mark in _YES_MARKS
    word = fold(f"Ω {text}")[2:]  # beside a Greek letter, Latin ones that look Greek are read so: NAI, OXI
    return True if word in _YES else False if word in _NO else says(text, stems)


@lru_cache(maxsize=4096)
def says(text: str, stems: tuple[str, ...]) -> bool | None:
    """True for «Ειδικό», False for «μη ειδικό», None where no word begins with one of the stems."""
    words = fold(text).split()
    return _NOT.isdisjoint(words) if any(word.startswith(stems) for word in words) else None
