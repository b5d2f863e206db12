"""The 13 regional directorates of education, and the one for church schools, as the register numbers them."""

from collections.abc import Mapping
from functools import lru_cache

from stemfleet.registers.names import fold

# Source: region_edu_admin_id of the mm.sch.gr register; names in the genitive, as they stand there.
REGIONS: Mapping[str, str] = {
    "01": "Δυτικής Ελλάδας",
    "02": "Πελοποννήσου",
    "03": "Αττικής",
    "04": "Νοτίου Αιγαίου",
    "05": "Στερεάς Ελλάδας",
    "06": "Κρήτης",
    "07": "Θεσσαλίας",
    "08": "Βορείου Αιγαίου",
    "09": "Κεντρικής Μακεδονίας",
    "10": "Δυτικής Μακεδονίας",
    "11": "Ηπείρου",
    "12": "Ανατολικής Μακεδονίας και Θράκης",
    "13": "Ιονίων Νήσων",
    "27": "Εκκλησιαστικής Εκπαίδευσης",
}

# Stems that all have to occur in the folded text; the first line that fits counts.
_STEMS = (
    ("27", ("ΕΚΚΛΗΣ",)),
    ("12", ("ΜΑΚΕΔ", "ΑΝΑΤ")),
    ("12", ("ΘΡΑΚ",)),
    ("10", ("ΜΑΚΕΔ", "ΔΥΤ")),
    ("09", ("ΜΑΚΕΔ",)),
    ("05", ("ΣΤΕΡΕ",)),
    ("01", ("ΕΛΛΑΔ", "ΔΥΤ")),
    ("02", ("ΠΕΛΟΠΟΝ",)),
    ("03", ("ΑΤΤΙΚ",)),
    ("04", ("ΑΙΓΑΙ", "ΝΟΤ")),
    ("08", ("ΑΙΓΑΙ", "ΒΟΡ")),
    ("06", ("ΚΡΗΤ",)),
    ("07", ("ΘΕΣΣΑΛΙ",)),
    ("11", ("ΗΠΕΙΡ",)),
    ("13", ("ΙΟΝΙ",)),
)


@lru_cache(maxsize=4096)
def region_of(text: str) -> str | None:
    """The region's two-digit number from its number or any usual way of writing its name; None if it is neither."""
    if text.isascii() and text.isdigit():
        return text.zfill(2) if text.zfill(2) in REGIONS else None
    folded = fold(text)
    return next((number for number, stems in _STEMS if all(stem in folded for stem in stems)), None)
