"""The directorates and towns of `places.tsv`, and where a synthetic school of a kind stands."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from stemfleet.registers.sample.dice import Dice, Urn

# Per 1,000 schools, after the register's counts: Attica and Central Macedonia hold two fifths.
REGION_SHARES = {
    "01": 70, "02": 60, "03": 260, "04": 50, "05": 50, "06": 70, "07": 75,
    "08": 30, "09": 170, "10": 35, "11": 40, "12": 60, "13": 30,
}  # fmt: skip
THRACE = ("37", "42")  # Xanthi and Rodopi, where the minority schools are
_TOWN_WEIGHTS = (60, 14, 9, 7, 5, 4, 3, 3, 2, 2, 1, 1, 1, 1)
_EVEN_WEIGHTS = (14, 12, 11, 10, 9, 9, 8, 8, 7, 7)  # in a big city the districts are about equal
_CITY = ("05", "52", "19")

_LATIN = {
    "Α": "a", "Β": "v", "Γ": "g", "Δ": "d", "Ε": "e", "Ζ": "z", "Η": "i", "Θ": "th", "Ι": "i", "Ϊ": "i",
    "Κ": "k", "Λ": "l", "Μ": "m", "Ν": "n", "Ξ": "x", "Ο": "o", "Π": "p", "Ρ": "r", "Σ": "s", "Τ": "t",
    "Υ": "y", "Φ": "f", "Χ": "ch", "Ψ": "ps", "Ω": "o", " ": "-",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A directorate: `number` is its prefecture's in school codes; `remote` villages in 100."""

    region: str
    number: str
    weight: int
    name: str
    mail: str
    phone: str
    postal: str
    latitude: str
    longitude: str
    remote: int
    towns: tuple[str, ...]


@dataclass(frozen=True)
class Spot:
    """A town of a directorate; `rank` 0 is its biggest."""

    place: Place
    rank: int

    @property
    def town(self) -> str:
        return self.place.towns[self.rank]

    @property
    def remoteness(self) -> int:
        """0 for a city, more for smaller places of directorates with many remote villages."""
        return self.place.remote * self.rank


@cache
def places() -> tuple[Place, ...]:
    """The 58 directorates of education, in the file's order."""
    lines = Path(__file__).with_name("places.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(_place(line.split("|")) for line in lines if not line.startswith("#"))


def _place(cells: list[str]) -> Place:
    region, number, weight, name, mail, phone, postal, latitude, longitude, remote, towns = cells
    return Place(
        region,
        number,
        int(weight),
        name,
        mail,
        phone,
        postal,
        latitude,
        longitude,
        int(remote),
        tuple(towns.split(",")),
    )


@cache
def _urns() -> tuple[Urn, dict[str, Urn], dict[str, Urn], Urn]:
    """Regions; directorates by region; towns by directorate; the towns' directorates of Thrace."""
    by_region = {region: Urn({p.name: p.weight for p in places() if p.region == region}) for region in REGION_SHARES}
    towns = {}
    for place in places():
        weights = _EVEN_WEIGHTS if place.number in _CITY else _TOWN_WEIGHTS
        towns[place.name] = Urn({str(rank): weights[rank] for rank in range(len(place.towns))})
    thrace = Urn({place.name: place.weight for place in places() if place.number in THRACE})
    return Urn(REGION_SHARES), by_region, towns, thrace


@cache
def _by_name() -> dict[str, Place]:
    return {place.name: place for place in places()}


def somewhere(dice: Dice, *, thrace: bool = False) -> Spot:
    """A town, drawn as schools are spread over the country; with `thrace` a village where the minority lives."""
    regions, by_region, towns, in_thrace = _urns()
    if thrace:
        place = _by_name()[in_thrace.draw(dice)]
        return Spot(place, dice.below(len(place.towns)))
    place = _by_name()[by_region[regions.draw(dice)].draw(dice)]
    return Spot(place, int(towns[place.name].draw(dice)))


def latin(greek: str) -> str:
    """A name in the letters of an e-mail address."""
    return "".join(_LATIN.get(letter, "") for letter in greek)
