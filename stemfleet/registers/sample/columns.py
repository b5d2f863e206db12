"""A drawn unit in the columns of the mm.sch.gr register: the fields of its API, the titles of its exports."""

from datetime import datetime, timedelta
from typing import Any

from stemfleet.registers.regions import REGIONS
from stemfleet.registers.sample.schools import Unit

# The export's titles in their order, with the API's field; "" is one of its three untitled columns.
EXPORT_TITLES: tuple[tuple[str, str], ...] = (
    ("Κωδικός ΜΜ", "mm_id"),
    ("Κωδικός ΥΠΑΙΠΘ", "registry_no"),
    ("Ονομασία", "name"),
    ("Ειδική Ονομασία", "special_name"),
    ("Τηλέφωνο Επικοινωνίας", "phone_number"),
    ("Ηλεκτρονική Αλληλογραφία", "email"),
    ("Αριθμός Τηλεομοιοτυπίας", ""),
    ("Διεύθυνση", "country"),
    ("Ταχυδρομικός Κώδικας", "postal_code"),
    ("Αριθμός Φορολογικού Μητρώου", ""),
    ("", ""),
    ("", ""),
    ("", ""),
    ("Δήμοτική Ενότητα", "municipality_community"),
    ("Γεωγραφικό Πλάτος", "latitude"),
    ("Γεωγραφικό Μήκος", "longitude"),
    ("Κτηριακή Θέση", ""),
    ("Φ.Ε.Κ. (Δημιουργίας)", ""),
    ("Ημερομηνία Τελευταίας Ενημέρωσης", "last_update"),
    ("Ημερομηνία Τελευταίου Συγχρονισμού", "last_update"),
    ("Παρατηρήσεις - Σχόλια", ""),
    ("Πρωτογενής Πηγή", "source"),
    ("Κατάσταση", "state"),
    ("Περιφέρεια", "region_edu_admin"),
    ("Διεύθυνση Εκπαίδευσης", "edu_admin"),
    ("Φορέας Υλοποίησης ", "implementation_entity"),
    ("Περιοχή Μετάθεσης", "transfer_area"),
    ("Νομός", "prefecture"),
    ("Δήμος ΟΤΑ", "municipality"),
    ("Επιπέδου Εκπαίδευσης", "education_level"),
    ("Δ.Ο.Υ.", ""),
    ("Κατηγορία", "category"),
    ("Τύπος", "unit_type"),
    ("Ωράριο Λειτουργίας", "operation_shift"),
    ("Νομικός Χαρακτήρας", "legal_character"),
    ("Προσανατολισμός", "orientation_type"),
    ("Ειδικός Χαρακτηρισμός", "special_type"),
    ("DNS Μονάδας", "dns"),
    ("ExtDNS Μονάδας", ""),
)

_TYPES = {
    1: "ΝΗΠΙΑΓΩΓΕΙΟ", 2: "ΔΗΜΟΤΙΚΟ", 3: "ΓΥΜΝΑΣΙΟ", 4: "ΓΕΝΙΚΟ ΛΥΚΕΙΟ", 5: "ΕΠΑΓΓΕΛΜΑΤΙΚΟ ΛΥΚΕΙΟ",
    8: "ΕΡΓΑΣΤΗΡΙΑΚΟ ΚΕΝΤΡΟ", 11: "ΕΕΕΕΚ", 14: "ΔΔΕ", 15: "ΔΠΕ", 25: "ΕΚΦΕ", 35: "ΕΚΣΧ", 38: "ΣΔΕ", 44: "ΕΝΕΕΓΥΛ",
}  # fmt: skip
_STATES = {1: "ΕΝΕΡΓΗ", 2: "ΣΕ ΑΝΑΣΤΟΛΗ", 3: "ΚΑΤΑΡΓΗΜΕΝΗ"}
_CATEGORIES = {1: "ΣΧΟΛΙΚΕΣ ΜΟΝΑΔΕΣ", 2: "ΔΙΟΙΚΗΤΙΚΕΣ ΜΟΝΑΔΕΣ"}
_LEVELS = {1: "ΠΡΩΤΟΒΑΘΜΙΑ", 2: "ΔΕΥΤΕΡΟΒΑΘΜΙΑ"}
_SHIFTS = {1: "ΗΜΕΡΗΣΙΟ", 2: "ΕΣΠΕΡΙΝΟ"}
_LEGAL = {1: "ΔΗΜΟΣΙΟ", 2: "ΙΔΙΩΤΙΚΟ"}
_SPECIAL = {1: "ΕΙΔΙΚΟ", 2: "ΕΙΔΙΚΟ ΕΠΑΓΓΕΛΜΑΤΙΚΟ", 4: "ΕΙΔΙΚΟ ΓΥΜΝΑΣΙΟ ΜΕ ΛΥΚΕΙΑΚΕΣ ΤΑΞΕΙΣ"}
_ORIENTATIONS = {6: "ΜΕΙΟΝΟΤΙΚΟ", 7: "ΕΚΚΛΗΣΙΑΣΤΙΚΟ", 9: "ΔΕΥΤΕΡΗΣ ΕΥΚΑΙΡΙΑΣ"}
_FIRST_UPDATE = datetime(2024, 1, 8, 9, 30)
_ACCENTS = str.maketrans("ΆΈΉΊΌΎΏ", "ΑΕΗΙΟΥΩ")


def export_cells(unit: Unit) -> list[Any]:
    """The unit's cells in the order of EXPORT_TITLES; None where there is nothing."""
    fields = api_fields(unit) | {
        "country": "ΕΛΛΑΔΑ",
        "municipality_community": unit.spot.town,
        "source": "MM",
        "implementation_entity": "ΙΤΥΕ",
        "transfer_area": unit.spot.place.name,
        "dns": unit.email.partition("@")[2],
    }
    return [fields[name] if name else None for _, name in EXPORT_TITLES]


def api_fields(unit: Unit) -> dict[str, Any]:
    """The unit as the API gives it: identifiers and their words side by side, null where there is nothing."""
    place = unit.spot.place
    primary = unit.type_id in {1, 2, 15}
    special_id = unit.kind.special_id if unit.kind else None
    orientation_id = unit.kind.orientation_id if unit.kind else None
    return {
        "mm_id": f"{unit.mm_id}",
        "registry_no": unit.code,
        "name": unit.name,
        "special_name": None,
        **_coded("category", unit.category_id, _CATEGORIES),
        **_coded("state", unit.state_id, _STATES),
        "street_address": unit.address,
        "postal_code": unit.postal,
        "phone_number": unit.phone,
        "email": unit.email,
        "region_edu_admin_id": int(unit.region) if unit.region else None,
        "region_edu_admin": _region_name(unit.region) if unit.region else None,
        "edu_admin": f"ΔΙΕΥΘΥΝΣΗ {'Π' if primary else 'Δ'}.Ε. {place.name}",
        "prefecture_id": int(place.number),
        "prefecture": place.name,
        "municipality": unit.spot.town,
        **_coded("education_level", 1 if primary else 2, _LEVELS),
        **_coded("unit_type", unit.type_id, _TYPES),
        **_coded("orientation_type", orientation_id, _ORIENTATIONS),
        **_coded("operation_shift", 2 if unit.evening else 1, _SHIFTS),
        **_coded("legal_character", 2 if unit.private else 1, _LEGAL),
        **_coded("special_type", special_id, _SPECIAL),
        "latitude": _degrees(place.latitude, unit.jitter[0]),
        "longitude": _degrees(place.longitude, unit.jitter[1]),
        "pointsCategory": unit.points,
        "inaccessible": unit.remote,
        "studentsSum": unit.students,
        "last_update": str(_FIRST_UPDATE + timedelta(days=unit.day, minutes=unit.mm_id % 480)),
    }


def _coded(name: str, number: int | None, words: dict[int, str]) -> dict[str, Any]:
    return {f"{name}_id": number, name: None if number is None else words[number]}


def _region_name(region: str) -> str:
    name = REGIONS[region].upper().translate(_ACCENTS)
    return f"ΠΕΡΙΦΕΡΕΙΑΚΗ ΔΙΕΥΘΥΝΣΗ Π/ΘΜΙΑΣ ΚΑΙ Δ/ΘΜΙΑΣ ΕΚΠΑΙΔΕΥΣΗΣ {name}"


def _degrees(centre: str, millionths: int) -> str:
    """A coordinate with six decimals, moved away from the directorate's centre; no floats, to be the same anywhere."""
    whole, _, decimals = centre.partition(".")
    total = int(whole) * 1_000_000 + int(decimals.ljust(6, "0")) + millionths
    return f"{total // 1_000_000}.{total % 1_000_000:06d}"
