"""The short words in names of Greek schools, and what they stand for: Γ.Ε.Λ. is a ΓΕΝΙΚΟ ΛΥΚΕΙΟ, a Ν/Γ a ΝΗΠΙΑΓΩΓΕΙΟ.

Folded, without dots and slashes. Used by the search, which keeps a name with both.
"""

import re
from collections.abc import Mapping

_KINDS = {
    "ΔΣ": "ΔΗΜΟΤΙΚΟ ΣΧΟΛΕΙΟ",
    "ΓΕΛ": "ΓΕΝΙΚΟ ΛΥΚΕΙΟ",
    "ΕΠΑΛ": "ΕΠΑΓΓΕΛΜΑΤΙΚΟ ΛΥΚΕΙΟ",
    "ΕΠΑΣ": "ΕΠΑΓΓΕΛΜΑΤΙΚΗ ΣΧΟΛΗ",
    "ΣΔΕ": "ΣΧΟΛΕΙΟ ΔΕΥΤΕΡΗΣ ΕΥΚΑΙΡΙΑΣ",
    "ΕΕΕΕΚ": "ΕΡΓΑΣΤΗΡΙΟ ΕΙΔΙΚΗΣ ΕΠΑΓΓΕΛΜΑΤΙΚΗΣ ΕΚΠΑΙΔΕΥΣΗΣ ΚΑΙ ΚΑΤΑΡΤΙΣΗΣ",
    "ΕΝΕΕΓΥΛ": "ΕΝΙΑΙΟ ΕΙΔΙΚΟ ΕΠΑΓΓΕΛΜΑΤΙΚΟ ΓΥΜΝΑΣΙΟ ΛΥΚΕΙΟ",
    "ΕΚ": "ΕΡΓΑΣΤΗΡΙΑΚΟ ΚΕΝΤΡΟ",
    "ΛΤ": "ΛΥΚΕΙΑΚΕΣ ΤΑΞΕΙΣ",
}
_CLASSES = {  # a school by how many teachers it is for: 1/Θ
    f"{number}Θ": f"{word}ΘΕΣΙΟ"
    for number, word in enumerate(
        ("ΜΟΝΟ", "ΔΙ", "ΤΡΙ", "ΤΕΤΡΑ", "ΠΕΝΤΑ", "ΕΞΑ", "ΕΠΤΑ", "ΟΚΤΑ", "ΕΝΝΕΑ", "ΔΕΚΑ", "ΕΝΔΕΚΑ", "ΔΩΔΕΚΑ"), start=1
    )
}

_TELLING = {  # the one word of the whole ones that tells the short one
    "ΔΗΜΟΤΙΚΟ": "ΔΣ",
    "ΓΕΝΙΚΟ": "ΓΕΛ",
    "ΕΠΑΓΓΕΛΜΑΤΙΚΟ": "ΕΠΑΛ",
    "ΕΠΑΓΓΕΛΜΑΤΙΚΗ": "ΕΠΑΣ",
    "ΕΥΚΑΙΡΙΑΣ": "ΣΔΕ",
    "ΚΑΤΑΡΤΙΣΗΣ": "ΕΕΕΕΚ",
    "ΕΝΙΑΙΟ": "ΕΝΕΕΓΥΛ",
    "ΕΡΓΑΣΤΗΡΙΑΚΟ": "ΕΚ",
    "ΛΥΚΕΙΑΚΕΣ": "ΛΤ",
    **{word: short for short, word in _CLASSES.items()},
}
# Whoever types these finds the whole words anyway, because they begin so.
_BEGUN = {
    "ΓΥΜ": "ΓΥΜΝΑΣΙΟ",
    "ΓΥΜΝ": "ΓΥΜΝΑΣΙΟ",
    "ΛΥΚ": "ΛΥΚΕΙΟ",
    "ΝΗΠ": "ΝΗΠΙΑΓΩΓΕΙΟ",
    "ΝΗΠΙΑΓ": "ΝΗΠΙΑΓΩΓΕΙΟ",
    "ΔΗΜ": "ΔΗΜΟΤΙΚΟ",
    "ΔΗΜΟΤ": "ΔΗΜΟΤΙΚΟ",
    "ΣΧ": "ΣΧΟΛΕΙΟ",
    "ΣΧΟΛ": "ΣΧΟΛΕΙΟ",
    "ΓΕΝ": "ΓΕΝΙΚΟ",
    "ΕΠΑΓΓ": "ΕΠΑΓΓΕΛΜΑΤΙΚΟ",
    "ΕΙΔ": "ΕΙΔΙΚΟ",
    "ΗΜ": "ΗΜΕΡΗΣΙΟ",
    "ΕΣΠ": "ΕΣΠΕΡΙΝΟ",
    "ΜΟΥΣ": "ΜΟΥΣΙΚΟ",
    "ΚΑΛΛ": "ΚΑΛΛΙΤΕΧΝΙΚΟ",
    "ΠΡΟΤ": "ΠΡΟΤΥΠΟ",
    "ΠΕΙΡ": "ΠΕΙΡΑΜΑΤΙΚΟ",
    "ΜΕΙΟΝ": "ΜΕΙΟΝΟΤΙΚΟ",
    "ΔΙΑΠ": "ΔΙΑΠΟΛΙΤΙΣΜΙΚΟ",
    "ΟΛΟΗΜ": "ΟΛΟΗΜΕΡΟ",
    "ΑΓ": "ΑΓΙΟΥ ΑΓΙΑΣ ΑΓΙΩΝ",
}

# Word of a name → what it is found by besides itself.
BESIDE: Mapping[str, str] = {**_KINDS, **_CLASSES, **_TELLING, **_BEGUN}

# Of these nothing else is kept: their letters alone would find half of the register.
_INSTEAD = dict.fromkeys(("ΝΓ", "ΝΓΕΙΟ", "ΝΓΩΓΕΙΟ", "ΝΗΠΓΕΙΟ"), "ΝΗΠΙΑΓΩΓΕΙΟ") | {
    "ΓΣΙΟ": "ΓΥΜΝΑΣΙΟ",
    "ΛΚΕΙΟ": "ΛΥΚΕΙΟ",
    "ΔΣΧ": "ΔΗΜΟΤΙΚΟ ΣΧΟΛΕΙΟ",
}
_OF_CLASSES = re.compile(r"(\d{1,2})Θ(?:ΕΣ(?:ΙΟ)?)?")


def plain(folded: str) -> str:
    """A folded word as the search takes it: Ν Γ is ΝΗΠΙΑΓΩΓΕΙΟ, 6 ΘΕΣΙΟ is 6Θ; any other word stays as it is."""
    if " " not in folded and folded not in _INSTEAD:
        return folded
    joined = folded.replace(" ", "")
    if of_classes := _OF_CLASSES.fullmatch(joined):
        return f"{of_classes[1]}Θ"
    return joined if joined in _KINDS else _INSTEAD.get(joined, folded)
