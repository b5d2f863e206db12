"""A synthetic register of schools with true-to-life shapes: N schools that work, and units to be skipped besides.

Every name, address and code is drawn; mail addresses end in `.example`, so that nothing can reach a real school.
"""

from collections import Counter
from dataclasses import dataclass, field

from stemfleet.registers.sample.dice import Dice, apportion
from stemfleet.registers.sample.places import Spot, latin, places, somewhere

MAX_SCHOOLS = 1_000_000  # seven digits, and the closed ones have codes too


@dataclass(frozen=True)
class Kind:
    """A kind of school: share in 10,000; the register's numbers; the stretch of codes and the short name in mail."""

    share: int
    type_id: int
    name: str
    codes: str
    mail: str
    students: int
    special_id: int | None = None
    orientation_id: int | None = None


# Shares: kindergartens 38 %, primary 32 %, lower secondary 13 %, general upper 9 %, vocational 4 %, special 3 %.
KINDS = {
    "nip": Kind(3792, 1, "ΝΗΠΙΑΓΩΓΕΙΟ", "9", "nip", 32),
    "dim": Kind(3110, 2, "ΔΗΜΟΤΙΚΟ ΣΧΟΛΕΙΟ", "9", "dim", 140),
    "gym": Kind(1294, 3, "ΓΥΜΝΑΣΙΟ", "01", "gym", 170),
    "gel": Kind(896, 4, "ΓΕΝΙΚΟ ΛΥΚΕΙΟ", "50", "lyk", 190),
    "epal": Kind(380, 5, "ΕΠΑΛ", "40", "epal", 230),
    "ek": Kind(20, 8, "ΕΡΓΑΣΤΗΡΙΑΚΟ ΚΕΝΤΡΟ", "70", "ek", 0),
    "minority dim": Kind(90, 2, "ΜΕΙΟΝΟΤΙΚΟ ΔΗΜΟΤΙΚΟ ΣΧΟΛΕΙΟ", "9", "dim-meion", 60, orientation_id=6),
    "minority nip": Kind(8, 1, "ΜΕΙΟΝΟΤΙΚΟ ΝΗΠΙΑΓΩΓΕΙΟ", "9", "nip-meion", 30, orientation_id=6),
    "minority gym": Kind(6, 3, "ΜΕΙΟΝΟΤΙΚΟ ΓΥΜΝΑΣΙΟ", "01", "gym-meion", 210, orientation_id=6),
    "minority gel": Kind(4, 4, "ΜΕΙΟΝΟΤΙΚΟ ΛΥΚΕΙΟ", "50", "lyk-meion", 230, orientation_id=6),
    "special nip": Kind(70, 1, "ΕΙΔΙΚΟ ΝΗΠΙΑΓΩΓΕΙΟ", "9", "nip-eid", 9, special_id=1),
    "special dim": Kind(96, 2, "ΕΙΔΙΚΟ ΔΗΜΟΤΙΚΟ ΣΧΟΛΕΙΟ", "9", "dim-eid", 26, special_id=1),
    "special minority dim": Kind(4, 2, "ΕΙΔΙΚΟ ΔΗΜΟΤΙΚΟ ΣΧΟΛΕΙΟ", "9", "dim-eid", 18, special_id=1, orientation_id=6),
    "special gym": Kind(20, 3, "ΕΙΔΙΚΟ ΓΥΜΝΑΣΙΟ", "91", "gym-eid", 30, special_id=4),
    "special gel": Kind(10, 4, "ΕΙΔΙΚΟ ΛΥΚΕΙΟ", "91", "lyk-eid", 25, special_id=1),
    "eeeek": Kind(75, 11, "Ε.Ε.Ε.Ε.Κ.", "92", "eeeek", 45, special_id=2),
    "eneegyl": Kind(25, 44, "ΕΝ.Ε.Ε.ΓΥ.-Λ.", "93", "eneegyl", 60, special_id=2),
    "sde": Kind(50, 38, "ΣΧΟΛΕΙΟ ΔΕΥΤΕΡΗΣ ΕΥΚΑΙΡΙΑΣ", "80", "sde", 70, orientation_id=9),
    "church gym": Kind(20, 35, "ΕΚΚΛΗΣΙΑΣΤΙΚΟ ΓΥΜΝΑΣΙΟ", "95", "gym-ekkl", 50, orientation_id=7),
    "church gel": Kind(30, 35, "ΕΚΚΛΗΣΙΑΣΤΙΚΟ ΛΥΚΕΙΟ", "95", "lyk-ekkl", 60, orientation_id=7),
}
_OFFICES = {14: "ΔΙΕΥΘΥΝΣΗ Δ.Ε.", 15: "ΔΙΕΥΘΥΝΣΗ Π.Ε.", 25: "Ε.Κ.Φ.Ε."}
_REMOTE_SHARE = 40  # of 1,000
_STREETS = (
    "ΕΛΕΥΘΕΡΙΟΥ ΒΕΝΙΖΕΛΟΥ", "25ΗΣ ΜΑΡΤΙΟΥ", "28ΗΣ ΟΚΤΩΒΡΙΟΥ", "ΑΓΙΟΥ ΝΙΚΟΛΑΟΥ", "ΙΩΑΝΝΗ ΚΑΠΟΔΙΣΤΡΙΑ", "ΡΗΓΑ ΦΕΡΑΙΟΥ",
    "ΚΟΛΟΚΟΤΡΩΝΗ", "ΜΕΓΑΛΟΥ ΑΛΕΞΑΝΔΡΟΥ", "ΟΜΗΡΟΥ", "ΣΟΛΩΜΟΥ", "ΠΑΠΑΦΛΕΣΣΑ", "ΕΘΝΙΚΗΣ ΑΝΤΙΣΤΑΣΕΩΣ", "ΔΗΜΟΚΡΑΤΙΑΣ",
    "ΚΩΣΤΗ ΠΑΛΑΜΑ", "ΑΡΙΣΤΟΤΕΛΟΥΣ", "ΜΑΚΡΥΓΙΑΝΝΗ", "ΣΧΟΛΕΙΟΥ", "ΠΛΑΤΕΙΑ ΕΙΡΗΝΗΣ",
)  # fmt: skip


@dataclass
class Unit:
    """A unit of the register, before it is written in the columns of one of its formats."""

    type_id: int
    name: str
    spot: Spot
    state_id: int = 1
    category_id: int = 1
    kind: Kind | None = None
    code: str | None = None
    mm_id: int = 0
    private: bool = False
    evening: bool = False
    remote: bool = False
    points: str = "Α"
    region: str | None = None
    email: str = ""
    phone: str = ""
    postal: str = ""
    address: str = ""
    students: int = 0
    day: int = 1
    jitter: tuple[int, int] = (0, 0)


def draw_register(schools: int, seed: int) -> list[Unit]:
    """`schools` working schools and, besides, closed units, units without a code and offices; in order of `mm_id`."""
    dice = Dice(seed)
    working = _draw_schools(dice, schools, state_id=1)
    closed = _draw_schools(dice, schools // 25 + 2, state_id=3)
    for unit in closed:
        unit.state_id = 2 if dice.chance(250) else 3
    nameless = _draw_schools(dice, schools // 200 + 1, state_id=1)
    _name_units(working + closed + nameless)
    _choose_remote(dice, working)
    codes = Codes()
    for unit in working + closed:
        assert unit.kind is not None
        unit.code = codes.take(unit.spot.place.number, unit.kind.codes)
    units = working + closed + nameless + _offices(schools, codes)
    dice.shuffle(units)
    for number, unit in enumerate(units):
        unit.mm_id = 1_000_000 + 3 * number + dice.below(3)
        _furnish(dice, unit)
    return units


def _draw_schools(dice: Dice, count: int, state_id: int) -> list[Unit]:
    units = []
    for key, number in apportion(count, {key: kind.share for key, kind in KINDS.items()}).items():
        kind = KINDS[key]
        for _ in range(number):
            unit = Unit(kind.type_id, kind.name, somewhere(dice, thrace=kind.orientation_id == 6), state_id, kind=kind)
            if key in {"nip", "dim"}:
                unit.private = dice.chance(35)
            elif key in {"gym", "gel", "epal"}:
                unit.evening = dice.chance(25)
            church = "church" in key
            unit.region = "27" if church else None if dice.chance(2) else unit.spot.place.region
            units.append(unit)
    return units


def _name_units(units: list[Unit]) -> None:
    """Numbers the schools of one kind in one town: 1ο ΓΥΜΝΑΣΙΟ ΚΕΡΚΥΡΑΣ; a town's only one has no number."""

    def stem(unit: Unit) -> str:
        prefix = "ΙΔΙΩΤΙΚΟ " if unit.private else "ΕΣΠΕΡΙΝΟ " if unit.evening else ""
        return f"{prefix}{unit.name} {unit.spot.town}"

    total = Counter(stem(unit) for unit in units)
    so_far: Counter[str] = Counter()
    for unit in units:
        name = stem(unit)
        so_far[name] += 1
        number = f"{so_far[name]}ο " if total[name] > 1 else ""
        assert unit.kind is not None
        short = f"{so_far[name]}{unit.kind.mail}" if number else unit.kind.mail
        kind = "idiot-" if unit.private else "esp-" if unit.evening else ""
        town = latin(unit.spot.town)[:10].strip("-")
        unit.email = f"mail@{short}-{kind}{town}.{unit.spot.place.mail}.sch.example"
        unit.name = number + name


def _choose_remote(dice: Dice, units: list[Unit]) -> None:
    """Makes 4 % of the schools remote: villages of islands and mountains; special and minority schools among them."""
    chosen = []
    for index, unit in enumerate(units):
        assert unit.kind is not None
        often = 3 if unit.kind.special_id or unit.kind.orientation_id else 1
        if unit.spot.remoteness and not unit.private:
            chosen.append((dice.below(1 << 40) // (unit.spot.remoteness * often), index))
    for _, index in sorted(chosen)[: (len(units) * _REMOTE_SHARE + 500) // 1000]:
        units[index].remote = True


@dataclass
class Codes:
    """Hands out codes as the ministry builds them: 9NNxxxx for the primary, NNttxxx for the secondary schools."""

    _next: Counter[str] = field(default_factory=Counter)
    _taken: set[str] = field(default_factory=set)
    _spare: int = 6_000_000  # no prefecture has a number above 52: free for registers larger than the country's

    def take(self, prefecture: str, stretch: str) -> str:
        """The next free code of a stretch in a prefecture."""
        start = f"9{prefecture}" if stretch == "9" else prefecture + stretch
        self._next[start] += 1
        code = f"{start}{self._next[start]:0{7 - len(start)}d}"
        if len(code) > 7:
            self._spare += 1
            code = str(self._spare)
        assert code not in self._taken
        self._taken.add(code)
        return code


def _offices(schools: int, codes: Codes) -> list[Unit]:
    """Directorates and science-lab centres: in the register, with numbers like codes, and not schools."""
    units = []
    for place in places()[: max(2, schools // 200)]:
        for type_id, name in _OFFICES.items():
            office = Unit(type_id, f"{name} {place.name}", Spot(place, 0), category_id=1 if type_id == 25 else 2)
            office.code = codes.take(place.number, "99")
            office.region = place.region
            office.email = f"mail@{ {14: 'dide', 15: 'dipe', 25: 'ekfe'}[type_id] }.{place.mail}.sch.example"
            units.append(office)
    return units


def _furnish(dice: Dice, unit: Unit) -> None:
    place = unit.spot.place
    unit.phone = f"{place.phone}{dice.below(100_000):05d}"
    unit.postal = f"{place.postal}{dice.below(100):02d}"
    unit.address = f"{dice.pick(_STREETS)} {dice.between(1, 120)}"
    if unit.kind is not None and unit.kind.students:
        unit.students = unit.kind.students * dice.between(40, 170) // 100
    unit.points = dice.pick(("Θ", "Ι", "ΙΑ", "ΙΒ", "ΙΓ", "ΙΔ") if unit.remote else ("Α", "Β", "Γ", "Δ", "Ε", "ΣΤ"))
    unit.day = dice.between(0, 599)
    unit.jitter = (dice.between(-30_000, 30_000), dice.between(-30_000, 30_000))
